/* classify.c - from a picture and the places of its faces to expressions.
 * SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "face/alignment.h"
#include "recognition/pipeline.h"
#include "recognition/quality.h"

mien_status pipeline_picture(const mien_picture *p, struct image *ret_image, mien_error *err)
{
    if (!p->pixels || p->width < 1 || p->height < 1 || p->width > IMAGE_MAX_SIDE ||
        p->height > IMAGE_MAX_SIDE)
        return error_set(err, MIEN_EINVAL, "a picture of %dx%d pixels: each side must be 1 to %d",
                         p->width, p->height, IMAGE_MAX_SIDE);
    if ((p->channels != 1 && p->channels != 3) ||
        p->stride < (size_t)p->width * (size_t)p->channels)
        return error_set(err, MIEN_EINVAL,
                         "%d channels in rows of %zu bytes: grey has 1 channel, RGB 3, and a row "
                         "is at least width times channels long",
                         p->channels, p->stride);
    *ret_image = image_borrow(p->pixels, p->width, p->height, p->channels, p->stride);
    return MIEN_OK;
}

static mien_status check_box(const mien_picture *p, const mien_box *box, mien_error *err)
{
    bool usable = box->w >= 1 && box->h >= 1 && box->w <= IMAGE_MAX_SIDE &&
                  box->h <= IMAGE_MAX_SIDE && box->x < (float)p->width &&
                  box->y < (float)p->height && box->x + box->w > 0 && box->y + box->h > 0;

    if (!usable) /* NaN fails every comparison */
        return error_set(err, MIEN_EINVAL,
                         "the box %g,%g,%g,%g is no part of a picture of %dx%d: give x,y,w,h in "
                         "pixels, at least 1x1",
                         (double)box->x, (double)box->y, (double)box->w, (double)box->h, p->width,
                         p->height);
    return MIEN_OK;
}

/* The face as the network's input: grey, its size, levels 0 to 255. */
static mien_status load_face(const mien_recognizer *recognizer, mien_workspace *workspace,
                             const struct image *image, const struct affine *map, float *levels,
                             mien_error *err)
{
    struct image *crop = &workspace->crop;
    mien_status status = image_warp_sharp(image, map, IMAGE_EDGE_REPLICATE, crop, err);

    if (status)
        return status;
    for (int y = 0; y < recognizer->input.H; y++)
        for (int x = 0; x < recognizer->input.W; x++)
            *levels++ = image_row(crop, y)[x];
    return MIEN_OK;
}

mien_status pipeline_classify(const mien_recognizer *recognizer, mien_workspace *workspace,
                              const mien_picture *picture, const struct image *image,
                              const struct affine *maps, size_t count, mien_face *faces,
                              mien_error *err)
{
    size_t pixels = shape_count(recognizer->input);

    for (size_t i = 0; i < count; i++) {
        mien_status status = load_face(recognizer, workspace, image, &maps[i],
                                       classifier_run_levels(workspace->run) + i * pixels, err);
        if (status)
            return status;
        faces[i].reasons = quality_reasons(&faces[i], picture, &workspace->crop);
    }
    return classifier_run_answer(workspace->run, count, faces, err);
}

static struct affine box_map(const mien_recognizer *recognizer, const mien_box *box)
{
    return (struct affine){{{(double)box->w / recognizer->input.W, 0, box->x},
                            {0, (double)box->h / recognizer->input.H, box->y}}};
}

/* The square of a face that was found, as the model's input, which need not be one. */
static mien_status aligned_map(const mien_recognizer *recognizer, const mien_face *face,
                               struct affine *ret_map, mien_error *err)
{
    const float box[4] = {face->box.x, face->box.y, face->box.w, face->box.h};
    double stretch = (double)recognizer->input.W / recognizer->input.H;
    mien_status status = alignment_map(box, face->landmarks, recognizer->input.W, ret_map, err);

    for (int i = 0; i < 2 && !status; i++)
        ret_map->m[i][1] *= stretch;
    return status;
}

mien_status pipeline_map(const mien_recognizer *recognizer, const mien_face *face,
                         struct affine *ret_map, mien_error *err)
{
    if (face->has_landmarks)
        return aligned_map(recognizer, face, ret_map, err);
    *ret_map = box_map(recognizer, &face->box);
    return MIEN_OK;
}

/* Up to PIPELINE_BATCH faces. */
static mien_status classify_boxes(const mien_recognizer *recognizer, mien_workspace *workspace,
                                  const mien_picture *picture, const struct image *image,
                                  const mien_box *boxes, size_t count, mien_face *faces,
                                  mien_error *err)
{
    struct affine maps[PIPELINE_BATCH];

    for (size_t i = 0; i < count; i++) {
        maps[i] = box_map(recognizer, &boxes[i]);
        faces[i] = (mien_face){.box = boxes[i], .confidence = 1};
    }
    return pipeline_classify(recognizer, workspace, picture, image, maps, count, faces, err);
}

mien_status mien_classify(const mien_recognizer *recognizer, mien_workspace *workspace,
                          const mien_picture *picture, const mien_box *boxes, size_t count,
                          mien_face *ret_faces, mien_error *err)
{
    struct image image;
    mien_face *faces; /* (count): the caller's stay untouched until all is well */
    mien_status status = pipeline_picture(picture, &image, err);
    size_t bytes;

    for (size_t i = 0; i < count && !status; i++)
        status = check_box(picture, &boxes[i], err);
    if (status || count == 0)
        return status;
    faces = mul_size(count, sizeof *faces, &bytes) ? malloc(bytes) : NULL;
    if (!faces)
        return error_memory(err, count * sizeof *faces);
    for (size_t first = 0; first < count && !status; first += PIPELINE_BATCH) {
        size_t here = count - first < PIPELINE_BATCH ? count - first : PIPELINE_BATCH;
        status = classify_boxes(recognizer, workspace, picture, &image, boxes + first, here,
                                faces + first, err);
    }
    if (!status)
        memcpy(ret_faces, faces, bytes);
    free(faces);
    return status;
}

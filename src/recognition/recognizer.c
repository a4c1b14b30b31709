/* recognizer.c - from a picture and its face boxes to expressions.
 * SPDX-License-Identifier: MIT */
#include "mien/mien.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "image/image.h"
#include "image/warp.h"
#include "network/model.h"
#include "network/plan.h"
#include "network/softmax.h"

#define DEFAULT_MODEL "deck"

enum { BATCH = 16 };

struct mien_recognizer {
    struct model *model;
    int output;
    struct shape input;
};

struct mien_workspace {
    struct plan *plan;
    struct image crop; /* (input.H, input.W) grey */
};

static mien_status check_model(const struct model *model, mien_error *err)
{
    const char *name = model_file_about(model->file, "name");

    if (model_label_count(model) == 0 || architecture_input(model->architecture).C != 1)
        return error_set(err, MIEN_EINVAL, "the model %s does not classify grey faces",
                         name ? name : "");
    if (model_label_count(model) > MIEN_LABELS_MAX)
        return error_set(err, MIEN_EINVAL, "the model has %zu labels, at most %d are possible",
                         model_label_count(model), MIEN_LABELS_MAX);
    return MIEN_OK;
}

mien_status mien_recognizer_open(const char *model, mien_recognizer **ret_recognizer,
                                 mien_error *err)
{
    mien_recognizer *recognizer = calloc(1, sizeof *recognizer);
    mien_status status;

    if (!recognizer)
        return error_memory(err, sizeof *recognizer);
    status = model_open(model ? model : DEFAULT_MODEL, &recognizer->model, err);
    if (!status)
        status = check_model(recognizer->model, err);
    if (status) {
        mien_recognizer_close(recognizer);
        return status;
    }
    recognizer->output = architecture_find_output(recognizer->model->architecture, "expression");
    recognizer->input = architecture_input(recognizer->model->architecture);
    *ret_recognizer = recognizer;
    return MIEN_OK;
}

void mien_recognizer_close(mien_recognizer *recognizer)
{
    if (!recognizer)
        return;
    model_close(recognizer->model);
    free(recognizer);
}

int mien_label_count(const mien_recognizer *recognizer)
{
    return (int)model_label_count(recognizer->model);
}

const char *mien_label(const mien_recognizer *recognizer, int label)
{
    return model_label(recognizer->model, (size_t)label);
}

const char *mien_model_name(const mien_recognizer *recognizer)
{
    const char *name = model_file_about(recognizer->model->file, "name");

    return name ? name : "";
}

const char *mien_model_sha256(const mien_recognizer *recognizer)
{
    return recognizer->model->file->sha256;
}

mien_status mien_workspace_new(const mien_recognizer *recognizer, mien_workspace **ret_workspace,
                               mien_error *err)
{
    struct plan_options options = {.batch = BATCH};
    mien_workspace *workspace = calloc(1, sizeof *workspace);
    mien_status status;

    if (!workspace)
        return error_memory(err, sizeof *workspace);
    status = plan_new(recognizer->model->network, &options, &workspace->plan, err);
    if (!status)
        status = image_new(recognizer->input.W, recognizer->input.H, 1, &workspace->crop, err);
    if (status)
        mien_workspace_free(workspace);
    else
        *ret_workspace = workspace;
    return status;
}

void mien_workspace_free(mien_workspace *workspace)
{
    if (!workspace)
        return;
    image_free(&workspace->crop);
    plan_free(workspace->plan);
    free(workspace);
}

static mien_status check_picture(const mien_picture *p, mien_error *err)
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

/* The face in the box as the network's input: grey, its size, levels 0 to 255. */
static mien_status load_face(const mien_recognizer *recognizer, mien_workspace *workspace,
                             const struct image *source, const mien_box *box, float *levels,
                             mien_error *err)
{
    struct image *crop = &workspace->crop;
    struct affine map = {
        {{(double)box->w / crop->width, 0, box->x}, {0, (double)box->h / crop->height, box->y}}};
    mien_status status = image_warp(source, &map, IMAGE_EDGE_REPLICATE, crop, err);

    if (status)
        return status;
    for (int y = 0; y < recognizer->input.H; y++)
        for (int x = 0; x < recognizer->input.W; x++)
            *levels++ = image_row(crop, y)[x];
    return MIEN_OK;
}

static void read_answer(const mien_recognizer *recognizer, const float *logits, const mien_box *box,
                        mien_face *face)
{
    size_t labels = model_label_count(recognizer->model);

    *face = (mien_face){.box = *box};
    softmax(logits, labels, 1, face->probabilities);
    face->expression = (int)largest_index(face->probabilities, labels);
}

mien_status mien_classify(const mien_recognizer *recognizer, mien_workspace *workspace,
                          const mien_picture *picture, const mien_box *boxes, size_t count,
                          mien_face *ret_faces, mien_error *err)
{
    struct image source;
    size_t pixels = shape_count(recognizer->input), labels = model_label_count(recognizer->model);
    mien_status status = check_picture(picture, err);

    for (size_t i = 0; i < count && !status; i++)
        status = check_box(picture, &boxes[i], err);
    if (status)
        return status;
    source = image_borrow(picture->pixels, picture->width, picture->height, picture->channels,
                          picture->stride);
    for (size_t first = 0; first < count; first += BATCH) {
        size_t here = count - first < BATCH ? count - first : BATCH;
        for (size_t i = 0; i < here && !status; i++)
            status = load_face(recognizer, workspace, &source, &boxes[first + i],
                               plan_input(workspace->plan) + i * pixels, err);
        if (status)
            return status;
        plan_forward(workspace->plan, (int)here, 0);
        for (size_t i = 0; i < here; i++)
            read_answer(recognizer, plan_output(workspace->plan, recognizer->output) + i * labels,
                        &boxes[first + i], &ret_faces[first + i]);
    }
    return MIEN_OK;
}

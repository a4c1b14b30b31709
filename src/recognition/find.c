/* find.c - from a whole picture to its faces, and on to their expressions.
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include <string.h>

#include "recognition/pipeline.h"

static const char *const reason_names[MIEN_REASONS] = {"too small",   "blurred", "dark",
                                                       "turned away", "cut off", "not a face"};

const char *mien_reason(int reason)
{
    return reason >= 0 && reason < MIEN_REASONS ? reason_names[reason] : "";
}

void mien_find_options_init(mien_find_options *options)
{
    struct detector_options usual;

    detector_options_init(&usual);
    *options = (mien_find_options){usual.threshold, usual.least};
}

static mien_face face_of(const struct detection *detection)
{
    mien_face face = {
        .box = {detection->x, detection->y, detection->w, detection->h},
        .confidence = detection->score,
        .has_landmarks = 1,
        .expression = -1,
        .uncertain = -1,
    };

    memcpy(face.landmarks, detection->landmarks, sizeof face.landmarks);
    return face;
}

mien_status mien_detect(const mien_recognizer *recognizer, mien_workspace *workspace,
                        const mien_picture *picture, const mien_find_options *options,
                        mien_face *ret_faces, size_t capacity, size_t *ret_count, mien_error *err)
{
    struct detector_options o;
    const struct detection *found;
    struct image image;
    size_t count;
    mien_status status;

    (void)recognizer;
    if (!workspace->detector)
        return error_set(err, MIEN_EUNSUPPORTED, "this library was built without a face detector");
    if (options && !(options->least_size > 0))
        return error_set(err, MIEN_EINVAL, "faces of at least %g pixels: give a size above 0",
                         (double)options->least_size);
    detector_options_init(&o);
    if (options) {
        o.threshold = options->threshold;
        o.enlarge = fmaxf(1, fminf(2, o.least / options->least_size));
        o.least = options->least_size;
    }
    status = pipeline_picture(picture, &image, err);
    if (!status)
        status = detector_find(workspace->detector, &image, &o, &found, &count, err);
    if (status)
        return status;
    *ret_count = count < capacity ? count : capacity;
    for (size_t i = 0; i < *ret_count; i++)
        ret_faces[i] = face_of(&found[i]);
    return MIEN_OK;
}

mien_status mien_recognize(const mien_recognizer *recognizer, mien_workspace *workspace,
                           const mien_picture *picture, const mien_find_options *options,
                           mien_face *ret_faces, size_t capacity, size_t *ret_count,
                           mien_error *err)
{
    struct image image;
    size_t count = 0;
    mien_status status =
        mien_detect(recognizer, workspace, picture, options, ret_faces, capacity, &count, err);

    if (!status)
        status = pipeline_picture(picture, &image, err);
    for (size_t first = 0; first < count && !status; first += PIPELINE_BATCH) {
        size_t here = count - first < PIPELINE_BATCH ? count - first : PIPELINE_BATCH;
        struct affine maps[PIPELINE_BATCH];
        for (size_t i = 0; i < here && !status; i++)
            status = pipeline_map(recognizer, &ret_faces[first + i], &maps[i], err);
        if (!status)
            status = pipeline_classify(recognizer, workspace, picture, &image, maps, here,
                                       ret_faces + first, err);
    }
    if (!status)
        *ret_count = count;
    return status;
}

/* pipeline.h - what the files of this folder share behind mien.h.
 * SPDX-License-Identifier: MIT */
#ifndef RECOGNITION_PIPELINE_H
#define RECOGNITION_PIPELINE_H

#include "face/detector.h"
#include "image/image.h"
#include "image/warp.h"
#include "mien/mien.h"
#include "network/model.h"
#include "recognition/classifier.h"

/* Faces classified at once. */
enum { PIPELINE_BATCH = 16 };

struct mien_recognizer {
    struct classifier *classifier;
    struct model *landmark_model; /* NULL: built without one */
    struct model *face_model;     /* NULL: built without a detector */
    struct shape input;           /* of the classifier */
};

struct mien_workspace {
    struct classifier_run *run;
    struct detector *detector; /* NULL as face_model is */
    struct image crop;         /* (input.H, input.W) grey */
};

/* MIEN_EINVAL and the reason if it is no picture; else a view of it. */
mien_status pipeline_picture(const mien_picture *picture, struct image *ret_image, mien_error *err);

/* Fills in the expressions of up to PIPELINE_BATCH faces; maps[i] takes the classifier's square to
 * face i in the picture. `faces` keep what else they hold. */
mien_status pipeline_classify(const mien_recognizer *recognizer, mien_workspace *workspace,
                              const mien_picture *picture, const struct image *image,
                              const struct affine *maps, size_t count, mien_face *faces,
                              mien_error *err);

/* What takes the classifier's square to this face in its picture: by its box and
 * landmarks, or by its box alone. */
mien_status pipeline_map(const mien_recognizer *recognizer, const mien_face *face,
                         struct affine *ret_map, mien_error *err);

#endif

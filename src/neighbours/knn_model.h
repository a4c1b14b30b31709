/* knn_model.h - nearest neighbours as a model file: the training pictures themselves, or their
 * principal components.
 *
 * The architecture's text is "neighbours K uniform" or "neighbours K distance". Tensors, of N
 * pictures, H x W pixels, K components: "labels" s32 (N), and either "pixels" u8 (N, H, W) or
 * "mean" f32 (H, W), "axes" f32 (K, H * W) and "features" f32 (N, K).
 * SPDX-License-Identifier: MIT */
#ifndef NEIGHBOURS_KNN_MODEL_H
#define NEIGHBOURS_KNN_MODEL_H

#include "neighbours/knn.h"
#include "network/model_file.h"

struct thread_pool;

/* What a model is made of, borrowed. */
struct knn_model_parts {
    const struct knn_vectors *pictures;
    const uint16_t *labels; /* by row, as `pictures` has them */
    size_t k;
    enum knn_weights weights;
    /* Neighbours by principal components, not by pixels: */
    size_t components;     /* K; 0: by pixels */
    const double *mean;    /* (H, W) */
    const float *axes;     /* (K, H * W) */
    const float *features; /* (N, K) of `pictures` */
};

/* Writes a model. `story` has its labels, about and history; the rest is filled in here. */
mien_status knn_model_write(const char *path, const struct knn_model_parts *parts,
                            const struct model_description *story, char *ret_sha256,
                            mien_error *err);

/* A model ready to answer. Constant: any number of threads may ask it. */
struct knn_model;

/* `file` may be closed afterwards. MIEN_ECORRUPT if its parts do not fit together. */
mien_status knn_model_new(const struct model_file *file, struct thread_pool *pool,
                          struct knn_model **ret_model, mien_error *err);
void knn_model_free(struct knn_model *model);

/* The pictures' size that the model takes, and its number of labels. */
void knn_model_shape(const struct knn_model *model, int *ret_width, int *ret_height,
                     int *ret_labels);

/* The labels' shares of the votes, `ret_shares` (count, labels), for pictures `pixels`
 * (count, height, width). */
mien_status knn_model_classify(const struct knn_model *model, const uint8_t *pixels, size_t count,
                               struct thread_pool *pool, float *ret_shares, mien_error *err);

#endif

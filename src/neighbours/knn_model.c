/* knn_model.c - nearest neighbours from a model file, ready to answer.
 * SPDX-License-Identifier: MIT */
#include "neighbours/knn_model.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

struct knn_model {
    struct knn_index *index;
    size_t components; /* K; 0: neighbours by pixels */
    float *mean;       /* (H, W) */
    float *axes;       /* (K, H, W) */
    int width, height, label_count;
    size_t k;
    enum knn_weights weights;
};

/* "neighbours 5 uniform" and a newline, or not. */
static mien_status read_architecture(const char *text, struct knn_model *model, mien_error *err)
{
    char weights[16], end;
    const int words = sscanf(text, "neighbours %10zu %15s %c", &model->k, weights, &end);

    if (words != 2 || (strcmp(weights, "uniform") != 0 && strcmp(weights, "distance") != 0))
        return error_set(err, MIEN_ECORRUPT,
                         "the architecture is \"%.60s\", not \"neighbours K uniform\" or "
                         "\"neighbours K distance\"",
                         text);
    model->weights = weights[0] == 'd' ? KNN_DISTANCE : KNN_UNIFORM;
    return MIEN_OK;
}

/* The tensor of that name, type and rank. */
static mien_status find(const struct model_file *file, const char *name, enum model_dtype dtype,
                        int rank, const struct model_tensor **ret_tensor, mien_error *err)
{
    const struct model_tensor *tensor = model_file_tensor(file, name);

    if (!tensor || tensor->dtype != dtype || tensor->rank != rank)
        return error_set(err, MIEN_ECORRUPT,
                         "nearest neighbours need a tensor \"%s\" of %s with %d dimensions", name,
                         model_dtype_name(dtype), rank);
    *ret_tensor = tensor;
    return MIEN_OK;
}

static mien_status misfit(const struct model_tensor *tensor, const char *words, mien_error *err)
{
    return error_set(err, MIEN_ECORRUPT, "tensor \"%s\": %s", tensor->name, words);
}

static mien_status read_size(const struct model_tensor *tensor, size_t height, size_t width,
                             struct knn_model *model, mien_error *err)
{
    if (height > KNN_MAX_SIDE || width > KNN_MAX_SIDE)
        return misfit(tensor, "the pictures are larger than 256 x 256", err);
    model->height = (int)height;
    model->width = (int)width;
    return MIEN_OK;
}

static mien_status read_pixels(const struct model_file *file, struct knn_model *model,
                               struct knn_vectors *ret_vectors, mien_error *err)
{
    const struct model_tensor *pixels = NULL;
    mien_status status = find(file, "pixels", MODEL_U8, 3, &pixels, err);

    if (!status)
        status = read_size(pixels, pixels->dims[1], pixels->dims[2], model, err);
    if (!status)
        *ret_vectors = (struct knn_vectors){.count = pixels->dims[0],
                                            .pixels = pixels->data,
                                            .width = model->width,
                                            .height = model->height};
    return status;
}

static mien_status copy_axes(const struct model_tensor *mean, const struct model_tensor *axes,
                             struct knn_model *model, mien_error *err)
{
    model->components = axes->dims[0];
    model->mean = memory_aligned_new(mean->bytes);
    model->axes = memory_aligned_new(axes->bytes);
    if (!model->mean || !model->axes)
        return error_memory(err, axes->bytes);
    memcpy(model->mean, mean->data, mean->bytes);
    memcpy(model->axes, axes->data, axes->bytes);
    return MIEN_OK;
}

static mien_status read_features(const struct model_file *file, struct knn_model *model,
                                 struct knn_vectors *ret_vectors, mien_error *err)
{
    const struct model_tensor *mean = NULL, *axes = NULL, *features = NULL;
    mien_status status = find(file, "mean", MODEL_F32, 2, &mean, err);

    if (!status)
        status = find(file, "axes", MODEL_F32, 2, &axes, err);
    if (!status)
        status = find(file, "features", MODEL_F32, 2, &features, err);
    if (!status)
        status = read_size(mean, mean->dims[0], mean->dims[1], model, err);
    if (status)
        return status;
    if (axes->dims[1] != mean->dims[0] * mean->dims[1] || axes->dims[0] > axes->dims[1])
        return misfit(axes, "its shape does not fit the mean's", err);
    if (features->dims[1] != axes->dims[0])
        return misfit(features, "its shape does not fit the axes'", err);
    *ret_vectors = (struct knn_vectors){
        .count = features->dims[0], .features = features->data, .dims = features->dims[1]};
    return copy_axes(mean, axes, model, err);
}

/* Labels as the index takes them. */
static mien_status read_labels(const struct model_file *file, const struct knn_vectors *vectors,
                               struct knn_model *model, uint16_t **ret_labels, mien_error *err)
{
    const struct model_tensor *tensor = NULL;
    const int32_t *numbers;
    uint16_t *labels;
    mien_status status = find(file, "labels", MODEL_S32, 1, &tensor, err);

    if (status)
        return status;
    if (tensor->dims[0] != vectors->count)
        return misfit(tensor, "their number is not that of the pictures", err);
    model->label_count = (int)file->content.label_count; /* at most MODEL_MAX_LABELS */
    numbers = tensor->data;
    for (size_t i = 0; i < vectors->count; i++)
        if (numbers[i] < 0 || numbers[i] >= model->label_count)
            return misfit(tensor, "a number is no label's", err);
    labels = calloc(vectors->count, sizeof *labels);
    if (!labels)
        return error_memory(err, vectors->count * sizeof *labels);
    for (size_t i = 0; i < vectors->count; i++)
        labels[i] = (uint16_t)numbers[i];
    *ret_labels = labels;
    return MIEN_OK;
}

static mien_status fill(const struct model_file *file, struct thread_pool *pool,
                        struct knn_model *model, mien_error *err)
{
    struct knn_vectors vectors = {0};
    uint16_t *labels = NULL;
    mien_status status = read_architecture(file->content.architecture, model, err);

    if (!status)
        status = model_file_tensor(file, "features") ? read_features(file, model, &vectors, err)
                                                     : read_pixels(file, model, &vectors, err);
    if (!status && (model->k < 1 || model->k > vectors.count))
        status = error_set(err, MIEN_ECORRUPT, "%zu neighbours of %zu training pictures", model->k,
                           vectors.count);
    if (!status)
        status = read_labels(file, &vectors, model, &labels, err);
    if (!status)
        status = knn_index_new(&vectors, labels, model->label_count, pool, &model->index, err);
    free(labels);
    return status;
}

mien_status knn_model_new(const struct model_file *file, struct thread_pool *pool,
                          struct knn_model **ret_model, mien_error *err)
{
    struct knn_model *model = calloc(1, sizeof *model);
    mien_status status;

    if (!model)
        return error_memory(err, sizeof *model);
    status = fill(file, pool, model, err);
    if (status) {
        knn_model_free(model);
        return status;
    }
    *ret_model = model;
    return MIEN_OK;
}

void knn_model_free(struct knn_model *model)
{
    if (!model)
        return;
    knn_index_free(model->index);
    free(model->mean);
    free(model->axes);
    free(model);
}

void knn_model_shape(const struct knn_model *model, int *ret_width, int *ret_height,
                     int *ret_labels)
{
    *ret_width = model->width;
    *ret_height = model->height;
    *ret_labels = model->label_count;
}

/* A picture's coordinate along one axis; the partial sums' order is fixed. */
static float project(const uint8_t *pixels, const float *mean, const float *axis, size_t size)
{
    float sums[16] = {0}, sum = 0;

    for (size_t d = 0; d < size; d++)
        sums[d % 16] += ((float)pixels[d] - mean[d]) * axis[d];
    for (size_t i = 0; i < 16; i++)
        sum += sums[i];
    return sum;
}

mien_status knn_model_classify(const struct knn_model *model, const uint8_t *pixels, size_t count,
                               struct thread_pool *pool, float *ret_shares, mien_error *err)
{
    const size_t size = (size_t)model->width * (size_t)model->height, K = model->components;
    const struct knn_options options = {&model->k, 1, model->weights};
    struct knn_vectors queries = {
        .count = count, .pixels = pixels, .width = model->width, .height = model->height};
    uint16_t *labels = calloc(count, sizeof *labels);
    float *features = calloc(count, (K + 1) * sizeof *features);
    mien_status status = MIEN_OK;

    if (!labels || !features)
        status = error_memory(err, count * K * sizeof *features);
    for (size_t i = 0; !status && i < count * K; i++) {
        features[i] = project(pixels + i / K * size, model->mean, model->axes + i % K * size, size);
        if (!isfinite(features[i]))
            status = error_set(err, MIEN_ECORRUPT, "the model's principal components overflow");
    }
    if (K)
        queries = (struct knn_vectors){.count = count, .features = features, .dims = K};
    if (!status)
        status = knn_classify(model->index, &queries, &options, pool, labels, ret_shares, err);
    free(labels);
    free(features);
    return status;
}

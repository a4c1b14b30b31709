/* knn_model_write.c - write nearest neighbours as a model file.
 * SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "neighbours/knn_model.h"

/* The tensors' contents in the order of the file; all owned. */
struct contents {
    int32_t *labels;
    uint8_t *pixels;
    float *mean;
};

static size_t row_at(const struct knn_vectors *vectors, size_t place)
{
    return vectors->rows ? vectors->rows[place] : place;
}

static mien_status gather(const struct knn_model_parts *parts, struct contents *contents,
                          mien_error *err)
{
    const struct knn_vectors *pictures = parts->pictures;
    const size_t pixels = (size_t)pictures->width * (size_t)pictures->height;

    contents->labels = calloc(pictures->count, sizeof *contents->labels);
    contents->pixels = parts->components ? NULL : calloc(pictures->count, pixels);
    contents->mean = calloc(pixels, sizeof *contents->mean);
    if (!contents->labels || (!parts->components && !contents->pixels) || !contents->mean)
        return error_memory(err, pictures->count * pixels);
    for (size_t i = 0; i < pictures->count; i++) {
        contents->labels[i] = parts->labels[row_at(pictures, i)];
        if (contents->pixels)
            memcpy(contents->pixels + i * pixels, pictures->pixels + row_at(pictures, i) * pixels,
                   pixels);
    }
    for (size_t d = 0; parts->components && d < pixels; d++)
        contents->mean[d] = (float)parts->mean[d];
    return MIEN_OK;
}

/* Fills in `ret_tensors` (4) and returns how many there are. */
static size_t list_tensors(const struct knn_model_parts *parts, const struct contents *contents,
                           struct model_tensor *ret_tensors)
{
    const size_t N = parts->pictures->count;
    const size_t H = (size_t)parts->pictures->height, W = (size_t)parts->pictures->width;

    ret_tensors[0] =
        (struct model_tensor){"labels", MODEL_S32, 1, {N, 1, 1, 1}, contents->labels, 4 * N};
    if (!parts->components) {
        ret_tensors[1] =
            (struct model_tensor){"pixels", MODEL_U8, 3, {N, H, W, 1}, contents->pixels, N * H * W};
        return 2;
    }
    ret_tensors[1] =
        (struct model_tensor){"mean", MODEL_F32, 2, {H, W, 1, 1}, contents->mean, 4 * H * W};
    ret_tensors[2] = (struct model_tensor){"axes",      MODEL_F32,
                                           2,           {parts->components, H * W, 1, 1},
                                           parts->axes, 4 * parts->components * H * W};
    ret_tensors[3] = (struct model_tensor){"features",
                                           MODEL_F32,
                                           2,
                                           {N, parts->components, 1, 1},
                                           parts->features,
                                           4 * N * parts->components};
    return 4;
}

mien_status knn_model_write(const char *path, const struct knn_model_parts *parts,
                            const struct model_description *story, char *ret_sha256,
                            mien_error *err)
{
    struct model_description description = *story;
    struct contents contents = {0};
    struct model_tensor tensors[4];
    char architecture[64];
    mien_status status = gather(parts, &contents, err);

    if (!status) {
        snprintf(architecture, sizeof architecture, "neighbours %zu %s\n", parts->k,
                 parts->weights == KNN_DISTANCE ? "distance" : "uniform");
        description.architecture = architecture;
        description.tensors = tensors;
        description.tensor_count = list_tensors(parts, &contents, tensors);
        status = model_file_write(path, &description, ret_sha256, err);
    }
    free(contents.labels);
    free(contents.pixels);
    free(contents.mean);
    return status;
}

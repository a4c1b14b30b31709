/* knn_index.c - training vectors copied, sketched and packed for the search.
 * SPDX-License-Identifier: MIT */
#include "neighbours/knn_index.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/thread_pool.h"

uint32_t byte_square(const uint8_t *bytes, size_t count)
{
    uint32_t sum = 0;

    for (size_t i = 0; i < count; i++)
        sum += (uint32_t)bytes[i] * bytes[i];
    return sum;
}

uint32_t byte_offset(const uint8_t *bytes, size_t count)
{
    uint32_t sum = 0;

    for (size_t i = 0; i < count; i++)
        sum += bytes[i];
    return byte_square(bytes, count) - 256 * sum;
}

void knn_copy_vector(const struct knn_index *index, const struct knn_vectors *vectors, size_t place,
                     uint8_t *ret_vector)
{
    const size_t bytes = index->element_count * (index->is_pictures ? 1 : sizeof(float));

    memcpy(ret_vector, knn_vector_at(vectors, place), bytes);
    memset(ret_vector + bytes, 0, index->stride - bytes);
}

double knn_sketch_vector(const struct knn_index *index, const uint8_t *vector, uint8_t *ret_sketch)
{
    if (index->is_pictures)
        return sketch_picture(&index->plan, vector, ret_sketch);
    return sketch_features(&index->plan, (const float *)(const void *)vector, ret_sketch);
}

mien_status knn_check_vectors(const struct knn_vectors *vectors, const char *what, mien_error *err)
{
    if (vectors->count < 1 || vectors->count > INT32_MAX)
        return error_set(err, MIEN_EINVAL, "%zu %s for nearest neighbours: 1 to %d are possible",
                         vectors->count, what, INT32_MAX);
    if (vectors->pixels) {
        if (vectors->width < 1 || vectors->width > KNN_MAX_SIDE || vectors->height < 1 ||
            vectors->height > KNN_MAX_SIDE)
            return error_set(err, MIEN_EINVAL,
                             "%s of %dx%d pixels: nearest neighbours take 1x1 to %dx%d", what,
                             vectors->width, vectors->height, KNN_MAX_SIDE, KNN_MAX_SIDE);
    } else if (vectors->dims < 1 || vectors->dims > KNN_MAX_FEATURES) {
        return error_set(err, MIEN_EINVAL, "%s of %zu features: nearest neighbours take 1 to %d",
                         what, vectors->dims, KNN_MAX_FEATURES);
    }
    return MIEN_OK;
}

static mien_status check_labels(const struct knn_vectors *vectors, const uint16_t *labels,
                                int label_count, mien_error *err)
{
    if (label_count < 1 || label_count > KNN_MAX_LABELS)
        return error_set(err, MIEN_EINVAL, "%d labels: nearest neighbours take 1 to %d",
                         label_count, KNN_MAX_LABELS);
    for (size_t i = 0; i < vectors->count; i++) {
        const size_t row = vectors->rows ? vectors->rows[i] : i;

        if (labels[row] >= label_count)
            return error_set(err, MIEN_EINVAL, "row %zu has label %d of %d", row, labels[row],
                             label_count);
    }
    return MIEN_OK;
}

static void plan_features(const struct knn_vectors *vectors, struct sketch_plan *ret_plan)
{
    float low = INFINITY, high = -INFINITY;

    for (size_t i = 0; i < vectors->count; i++) {
        const float *features = (const float *)(const void *)knn_vector_at(vectors, i);

        for (size_t d = 0; d < vectors->dims; d++) {
            low = features[d] < low ? features[d] : low;
            high = features[d] > high ? features[d] : high;
        }
    }
    sketch_plan_features(vectors->dims, low, high, ret_plan);
}

static size_t whole_blocks(size_t bytes)
{
    return (bytes + BYTE_BLOCK - 1) / BYTE_BLOCK * BYTE_BLOCK;
}

static void measure(struct knn_index *index, const struct knn_vectors *vectors)
{
    index->count = vectors->count;
    index->is_pictures = vectors->pixels != NULL;
    if (index->is_pictures) {
        index->element_count = (size_t)vectors->width * (size_t)vectors->height;
        index->stride = whole_blocks(index->element_count);
        sketch_plan_pictures(vectors->width, vectors->height, &index->plan);
    } else {
        index->element_count = vectors->dims;
        index->stride = whole_blocks(index->element_count * sizeof(float));
        plan_features(vectors, &index->plan);
    }
    index->panel_count = (index->count + BYTE_RIGHT - 1) / BYTE_RIGHT;
}

static mien_status allocate(struct knn_index *index, const struct knn_vectors *vectors,
                            mien_error *err)
{
    const size_t places = index->panel_count * BYTE_RIGHT; /* count is below 2^31 */
    size_t vector_bytes, panel_bytes;

    if (!mul_size(index->count, index->stride, &vector_bytes) ||
        !mul_size(places, index->plan.bytes, &panel_bytes))
        return error_memory(err, SIZE_MAX);
    index->places = knn_order_new(vectors);
    index->vectors = memory_aligned_new(vector_bytes);
    index->offsets = calloc(index->count, sizeof *index->offsets);
    index->labels = calloc(index->count, sizeof *index->labels);
    index->panels = memory_aligned_new(panel_bytes);
    index->sketch_offsets = memory_aligned_new(places * sizeof *index->sketch_offsets);
    if (!index->places || !index->vectors || !index->offsets || !index->labels || !index->panels ||
        !index->sketch_offsets)
        return error_memory(err, vector_bytes + panel_bytes);
    return MIEN_OK;
}

struct filling {
    struct knn_index *index;
    const struct knn_vectors *vectors;
    uint8_t *sketches; /* (workers, plan.bytes) */
    double *errors;    /* (panel_count) the largest of each panel */
};

/* Puts a sketch into its column of a panel. */
static void pack(const struct knn_index *index, const uint8_t *sketch, size_t at)
{
    uint8_t *panel = index->panels + at / BYTE_RIGHT * BYTE_RIGHT * index->plan.bytes +
                     at % BYTE_RIGHT * BYTE_GROUP;

    for (size_t i = 0; i < index->plan.bytes; i += BYTE_GROUP)
        memcpy(panel + i * BYTE_RIGHT, sketch + i, BYTE_GROUP);
}

static void fill_panel(void *context, int panel, int worker)
{
    const struct filling *filling = context;
    struct knn_index *index = filling->index;
    uint8_t *sketch = filling->sketches + (size_t)worker * index->plan.bytes;

    for (size_t j = 0; j < BYTE_RIGHT; j++) {
        const size_t at = (size_t)panel * BYTE_RIGHT + j;
        uint8_t *vector = index->vectors + at * index->stride;
        double error;

        if (at >= index->count) {
            index->sketch_offsets[at] = INT32_MAX;
            continue;
        }
        knn_copy_vector(index, filling->vectors, index->places[at].place, vector);
        if (index->is_pictures)
            index->offsets[at] = byte_offset(vector, index->element_count);
        error = knn_sketch_vector(index, vector, sketch);
        if (error > filling->errors[panel])
            filling->errors[panel] = error;
        index->sketch_offsets[at] = (int32_t)byte_offset(sketch, index->plan.bytes);
        pack(index, sketch, at);
    }
}

static mien_status fill(struct knn_index *index, const struct knn_vectors *vectors,
                        struct thread_pool *pool, mien_error *err)
{
    struct filling filling = {.index = index, .vectors = vectors};
    mien_status status = MIEN_OK;

    filling.sketches = calloc((size_t)thread_pool_size(pool), index->plan.bytes);
    filling.errors = calloc(index->panel_count, sizeof *filling.errors);
    if (!filling.sketches || !filling.errors) {
        status = error_memory(err, index->panel_count * sizeof *filling.errors);
        goto out;
    }
    thread_pool_run(pool, (int)index->panel_count, fill_panel, &filling);
    for (size_t panel = 0; panel < index->panel_count; panel++)
        index->error = fmax(index->error, filling.errors[panel]);
out:
    free(filling.sketches);
    free(filling.errors);
    return status;
}

static void copy_labels(struct knn_index *index, const struct knn_vectors *vectors,
                        const uint16_t *labels, int label_count)
{
    index->label_count = label_count;
    for (size_t i = 0; i < index->count; i++)
        index->labels[i] = labels[vectors->rows ? vectors->rows[i] : i];
}

mien_status knn_index_new(const struct knn_vectors *vectors, const uint16_t *labels,
                          int label_count, struct thread_pool *pool, struct knn_index **ret_index,
                          mien_error *err)
{
    mien_status status = knn_check_vectors(vectors, "training vectors", err);
    struct knn_index *index;

    if (!status)
        status = check_labels(vectors, labels, label_count, err);
    if (status)
        return status;
    index = calloc(1, sizeof *index);
    if (!index)
        return error_memory(err, sizeof *index);
    index->kernels = byte_kernels_best();
    measure(index, vectors);
    status = allocate(index, vectors, err);
    if (!status)
        status = fill(index, vectors, pool, err);
    if (status) {
        knn_index_free(index);
        return status;
    }
    copy_labels(index, vectors, labels, label_count);
    *ret_index = index;
    return MIEN_OK;
}

void knn_index_free(struct knn_index *index)
{
    if (!index)
        return;
    free(index->places);
    free(index->vectors);
    free(index->offsets);
    free(index->labels);
    free(index->panels);
    free(index->sketch_offsets);
    free(index);
}

void knn_index_set_kernels(struct knn_index *index, const struct byte_kernels *kernels)
{
    index->kernels = kernels;
}

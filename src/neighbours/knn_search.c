/* knn_search.c - exact nearest neighbours by filter and refinement (Seidl, Kriegel, "Optimal
 * multi-step k-nearest neighbor search", SIGMOD 1998): the sketches' products, dense and cheap,
 * rule out nearly all pairs; what is left gets its true distance. A pair is ruled out only where
 * its lower bound is above the K-th distance so far, so that nothing is missed.
 * SPDX-License-Identifier: MIT */
#include "neighbours/knn_search.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/thread_pool.h"

/* A block of queries meets the training vectors a few panels at a time, so that both stay in the
 * second-level cache. */
enum { BLOCK_QUERIES = 512, STEP_PANELS = 4, STEP_ROWS = STEP_PANELS * BYTE_RIGHT };

/* Float sums of squares and the bound's own arithmetic are this exact, and much better. */
static const double margin = 1 + 1e-4;

/* What one worker needs for a block of queries. */
struct block {
    const struct knn_index *index;
    const struct knn_place *queries; /* (count) which ones */
    size_t count;
    uint8_t *vectors; /* (BLOCK_QUERIES, stride) */
    int8_t *sketches; /* (BLOCK_QUERIES, plan.bytes), less 128 */
    uint8_t *sketch;  /* (plan.bytes) */
    double errors[BLOCK_QUERIES];
    uint32_t squares[BLOCK_QUERIES];       /* of pictures */
    int32_t sketch_squares[BLOCK_QUERIES]; /* of their sketches */
    struct neighbour_heap heaps[BLOCK_QUERIES];
    uint64_t *keys;    /* (BLOCK_QUERIES, k) */
    int32_t *products; /* (BYTE_LEFT, BYTE_RIGHT) */
    uint32_t candidates[BYTE_LEFT][STEP_ROWS + 3];
    size_t candidate_count[BYTE_LEFT];
    int32_t limits[BYTE_LEFT]; /* filter_limit of the queries that meet panels */
};

static void block_free(struct block *block)
{
    if (!block)
        return;
    free(block->vectors);
    free(block->sketches);
    free(block->sketch);
    free(block->keys);
    free(block->products);
    free(block);
}

static struct block *block_new(const struct knn_index *index, size_t k)
{
    struct block *block = calloc(1, sizeof *block);

    if (!block)
        return NULL;
    block->index = index;
    block->vectors = memory_aligned_new(BLOCK_QUERIES * index->stride);
    block->sketches = memory_aligned_new(BLOCK_QUERIES * index->plan.bytes);
    block->sketch = malloc(index->plan.bytes);
    block->keys = calloc(BLOCK_QUERIES * k, sizeof *block->keys);
    block->products = memory_aligned_new(BYTE_LEFT * BYTE_RIGHT * sizeof *block->products);
    if (!block->vectors || !block->sketches || !block->sketch || !block->keys || !block->products) {
        block_free(block);
        return NULL;
    }
    return block;
}

static void prepare_query(struct block *block, const struct knn_vectors *queries, size_t q,
                          size_t k)
{
    const struct knn_index *index = block->index;
    uint8_t *vector = block->vectors + q * index->stride;
    int8_t *sketch = block->sketches + q * index->plan.bytes;

    knn_copy_vector(index, queries, block->queries[q].place, vector);
    block->errors[q] = knn_sketch_vector(index, vector, block->sketch);
    block->sketch_squares[q] = (int32_t)byte_square(block->sketch, index->plan.bytes);
    for (size_t i = 0; i < index->plan.bytes; i++)
        sketch[i] = (int8_t)(block->sketch[i] - 128);
    if (index->is_pictures)
        block->squares[q] = byte_square(vector, index->element_count);
    block->heaps[q] = (struct neighbour_heap){block->keys + q * k, 0, k};
}

static float as_float(uint32_t bits)
{
    float value;

    memcpy(&value, &bits, sizeof value);
    return value;
}

/* Bits of a float that is not negative: they order as the number does. */
static uint32_t as_bits(float value)
{
    uint32_t bits;

    memcpy(&bits, &value, sizeof bits);
    return bits;
}

double knn_key_distance(const struct knn_index *index, uint64_t key)
{
    const uint32_t distance = neighbour_distance(key);

    return sqrt(index->is_pictures ? distance : (double)as_float(distance));
}

/* What |q - p|^2 - |q|^2 of sketches must not exceed for a pair to be looked at. */
static int32_t filter_limit(const struct block *block, size_t q)
{
    const struct knn_index *index = block->index;
    const struct neighbour_heap *heap = &block->heaps[q];
    double bound, square;

    if (q >= block->count)
        return INT32_MIN;
    if (heap->count < heap->capacity)
        return INT32_MAX - 1;
    bound = knn_key_distance(index, heap->keys[0]) * margin / index->plan.step +
            (block->errors[q] + index->error) * margin;
    square = bound * bound + 1;
    if (square > INT32_MAX - 1)
        return INT32_MAX - 1;
    return (int32_t)square - block->sketch_squares[q];
}

static void collect(struct block *block, size_t panel)
{
    const struct knn_index *index = block->index;
    const int32_t *offsets = index->sketch_offsets + panel * BYTE_RIGHT;

    for (size_t i = 0; i < BYTE_LEFT; i++) {
        uint64_t bits =
            index->kernels->within(offsets, block->products + i * BYTE_RIGHT, block->limits[i]);
        size_t count = block->candidate_count[i];

        for (; bits; bits &= bits - 1)
            block->candidates[i][count++] =
                (uint32_t)(panel * BYTE_RIGHT) + (uint32_t)__builtin_ctzll(bits);
        block->candidate_count[i] = count;
    }
}

/* Squared distance of features; the partial sums' order is fixed. */
static float feature_distance(const float *a, const float *b, size_t stride_floats)
{
    float sums[16] = {0}, sum = 0;

    for (size_t d = 0; d < stride_floats; d += 16) {
        for (size_t i = 0; i < 16; i++) {
            const float difference = a[d + i] - b[d + i];

            sums[i] += difference * difference;
        }
    }
    for (size_t i = 0; i < 16; i++)
        sum += sums[i];
    return sum;
}

/* Squared distances of query `q` and four training vectors. */
static void distances4(const struct block *block, size_t q, const uint32_t at[4],
                       uint32_t ret_distances[4])
{
    const struct knn_index *index = block->index;
    const uint8_t *query = block->vectors + q * index->stride;
    const uint8_t *rows[4];

    for (int i = 0; i < 4; i++)
        rows[i] = index->vectors + at[i] * index->stride;
    if (index->is_pictures) {
        index->kernels->dot4(query, rows, index->stride, ret_distances);
        for (int i = 0; i < 4; i++)
            ret_distances[i] = block->squares[q] + index->offsets[at[i]] - 2 * ret_distances[i];
    } else {
        for (int i = 0; i < 4; i++)
            ret_distances[i] = as_bits(feature_distance((const float *)(const void *)query,
                                                        (const float *)(const void *)rows[i],
                                                        index->stride / sizeof(float)));
    }
}

static void refine(struct block *block, size_t q, uint32_t *candidates, size_t count)
{
    struct neighbour_heap *heap = &block->heaps[q];
    const struct knn_place *places = block->index->places;

    if (!count)
        return;
    for (size_t i = count; i % 4; i++)
        candidates[i] = candidates[count - 1];
    for (size_t i = 0; i < count; i += 4) {
        uint32_t distances[4];

        distances4(block, q, candidates + i, distances);
        for (size_t j = i; j < i + 4 && j < count; j++)
            if (distances[j - i] <= neighbour_heap_limit(heap))
                neighbour_heap_offer(heap,
                                     neighbour_key(distances[j - i], places[candidates[j]].place));
    }
}

/* BYTE_LEFT queries from `first` against the panels first_panel..end_panel - 1. */
static void meet(struct block *block, size_t first, size_t first_panel, size_t end_panel)
{
    const struct knn_index *index = block->index;
    const struct byte_left left = {block->sketches + first * index->plan.bytes, index->plan.bytes,
                                   BYTE_GROUP};

    memset(block->candidate_count, 0, sizeof block->candidate_count);
    for (size_t i = 0; i < BYTE_LEFT; i++)
        block->limits[i] = filter_limit(block, first + i);
    for (size_t panel = first_panel; panel < end_panel; panel++) {
        index->kernels->tile(&left, index->panels + panel * BYTE_RIGHT * index->plan.bytes,
                             index->plan.bytes / BYTE_GROUP, block->products);
        collect(block, panel);
    }
    for (size_t i = 0; i < BYTE_LEFT; i++)
        refine(block, first + i, block->candidates[i], block->candidate_count[i]);
}

struct search {
    const struct knn_index *index;
    const struct knn_vectors *queries;
    size_t k;
    struct knn_place *order; /* (queries->count) */
    struct block **blocks;   /* (workers) */
    knn_receiver *receiver;
    void *context;
};

/* The step of panels that begins nearest below the level. */
static size_t step_at(const struct knn_index *index, double level)
{
    const size_t rows = STEP_PANELS * BYTE_RIGHT;
    size_t step = 0;

    while ((step + 1) * rows < index->count && index->places[(step + 1) * rows].level <= level)
        step++;
    return step;
}

static void meet_step(struct block *block, size_t step)
{
    const size_t first = step * STEP_PANELS, left = block->index->panel_count - first;
    const size_t end = first + (left < STEP_PANELS ? left : STEP_PANELS);

    for (size_t q = 0; q < block->count; q += BYTE_LEFT)
        meet(block, q, first, end);
}

/* All steps, from the queries' own level outwards. */
static void meet_all(struct block *block)
{
    const size_t steps = (block->index->panel_count + STEP_PANELS - 1) / STEP_PANELS;
    const size_t start = step_at(block->index, block->queries[block->count / 2].level);

    for (size_t away = 0; away < steps; away++) {
        if (start + away < steps)
            meet_step(block, start + away);
        if (away > 0 && away <= start)
            meet_step(block, start - away);
    }
}

static void search_block(void *context, int task, int worker)
{
    const struct search *search = context;
    struct block *block = search->blocks[worker];
    const size_t first = (size_t)task * BLOCK_QUERIES, left = search->queries->count - first;

    block->queries = search->order + first;
    block->count = left < BLOCK_QUERIES ? left : BLOCK_QUERIES;
    for (size_t q = 0; q < block->count; q++)
        prepare_query(block, search->queries, q, search->k);
    meet_all(block);
    for (size_t q = 0; q < block->count; q++) {
        neighbour_heap_sort(&block->heaps[q]);
        search->receiver(search->context, block->queries[q].place, block->heaps[q].keys, worker);
    }
}

static mien_status check_queries(const struct knn_index *index, const struct knn_vectors *queries,
                                 size_t k, mien_error *err)
{
    mien_status status = knn_check_vectors(queries, "queries", err);

    if (status)
        return status;
    if (k < 1 || k > index->count)
        return error_set(err, MIEN_EINVAL,
                         "k of %zu: 1 to %zu neighbours are possible, the "
                         "number of training pictures",
                         k, index->count);
    if (index->is_pictures != (queries->pixels != NULL))
        return error_set(err, MIEN_EINVAL, "queries are %s, the training vectors are %s",
                         queries->pixels ? "pictures" : "features",
                         index->is_pictures ? "pictures" : "features");
    if (index->is_pictures
            ? queries->width != index->plan.width || queries->height != index->plan.height
            : queries->dims != index->plan.dims)
        return error_set(err, MIEN_EINVAL, "queries and training vectors differ in size");
    return MIEN_OK;
}

mien_status knn_search_each(const struct knn_index *index, const struct knn_vectors *queries,
                            size_t k, struct thread_pool *pool, knn_receiver *receiver,
                            void *context, mien_error *err)
{
    struct search search = {index, queries, k, NULL, NULL, receiver, context};
    const size_t tasks = (queries->count + BLOCK_QUERIES - 1) / BLOCK_QUERIES;
    const int workers = thread_pool_size(pool);
    mien_status status = check_queries(index, queries, k, err);

    if (status)
        return status;
    search.order = knn_order_new(queries);
    search.blocks = calloc((size_t)workers, sizeof *search.blocks);
    if (!search.order || !search.blocks)
        status = error_memory(err, queries->count * sizeof *search.order);
    for (int worker = 0; worker < workers && !status; worker++) {
        search.blocks[worker] = block_new(index, k);
        if (!search.blocks[worker])
            status = error_memory(err, BLOCK_QUERIES * (index->stride + k * sizeof(uint64_t)));
    }
    if (!status)
        thread_pool_run(pool, (int)tasks, search_block, &search);
    for (int worker = 0; search.blocks && worker < workers; worker++)
        block_free(search.blocks[worker]);
    free(search.blocks);
    free(search.order);
    return status;
}

struct found {
    const struct knn_index *index;
    size_t k;
    uint32_t *places;
    double *distances;
};

static void keep(void *context, size_t query, const uint64_t *keys, int worker)
{
    const struct found *found = context;

    (void)worker;
    for (size_t i = 0; i < found->k; i++) {
        found->places[query * found->k + i] = neighbour_row(keys[i]);
        if (found->distances)
            found->distances[query * found->k + i] = knn_key_distance(found->index, keys[i]);
    }
}

mien_status knn_search(const struct knn_index *index, const struct knn_vectors *queries, size_t k,
                       struct thread_pool *pool, uint32_t *ret_places, double *ret_distances,
                       mien_error *err)
{
    struct found found = {index, k, ret_places, ret_distances};

    return knn_search_each(index, queries, k, pool, keep, &found, err);
}

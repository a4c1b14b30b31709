/* knn.h - k nearest neighbours: exact, Euclidean, of grey pictures or of features.
 * N training vectors, Q queries, D elements a vector.
 *
 * Distances between pictures are exact integers. Ties go to the training vector that was given
 * first, equal votes to the smaller label. The answer is the same at any thread count and on any
 * processor.
 * SPDX-License-Identifier: MIT */
#ifndef NEIGHBOURS_KNN_H
#define NEIGHBOURS_KNN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct thread_pool;

/* Pictures of up to 256 x 256: their squared distances fit 32 bits. */
enum { KNN_MAX_SIDE = 256, KNN_MAX_FEATURES = 16384, KNN_MAX_LABELS = 1024 };

/* Vectors, borrowed: either pictures or features. Vector i is row rows[i], or row i where `rows`
 * is NULL. */
struct knn_vectors {
    size_t count;          /* at least 1, at most INT32_MAX */
    const uint32_t *rows;  /* (count) */
    const uint8_t *pixels; /* (rows, height, width), or NULL */
    int width, height;     /* 1 to KNN_MAX_SIDE */
    const float *features; /* (rows, dims), finite; used where `pixels` is NULL */
    size_t dims;           /* 1 to KNN_MAX_FEATURES */
};

/* The training vectors, arranged for searching. Constant once made: any number of threads may
 * search it. Keeps its own copy of everything (72 MB for FER2013's 28,709 pictures). */
struct knn_index;

/* `labels` by row, as `vectors` has them, each below `label_count` (1 to KNN_MAX_LABELS). */
mien_status knn_index_new(const struct knn_vectors *vectors, const uint16_t *labels,
                          int label_count, struct thread_pool *pool, struct knn_index **ret_index,
                          mien_error *err);
void knn_index_free(struct knn_index *index);

/* The nearest `k` (1 to N) of each query, nearest first: their places 0..N-1 among the training
 * vectors in `ret_places` (Q, k), and their Euclidean distances in `ret_distances` (Q, k), which
 * may be NULL. MIEN_EINVAL if the queries' kind or size is not the index's. */
mien_status knn_search(const struct knn_index *index, const struct knn_vectors *queries, size_t k,
                       struct thread_pool *pool, uint32_t *ret_places, double *ret_distances,
                       mien_error *err);

enum knn_weights {
    KNN_UNIFORM, /* every neighbour has one vote */
    KNN_DISTANCE /* 1 / distance; neighbours at distance 0, if any, alone, one vote each */
};

struct knn_options {
    const size_t *k; /* (k_count), ascending, each 1 to N */
    size_t k_count;
    enum knn_weights weights;
};

/* The label that the neighbours vote for, for every k by one search: `ret_labels` (Q, k_count).
 * `ret_shares` (Q, k_count, label_count), each label's share of the votes, may be NULL. */
mien_status knn_classify(const struct knn_index *index, const struct knn_vectors *queries,
                         const struct knn_options *options, struct thread_pool *pool,
                         uint16_t *ret_labels, float *ret_shares, mien_error *err);

#endif

/* knn_search.h - one search under knn_search and knn_classify: blocks of queries, each handed to
 * a receiver with its neighbours.
 * SPDX-License-Identifier: MIT */
#ifndef NEIGHBOURS_KNN_SEARCH_H
#define NEIGHBOURS_KNN_SEARCH_H

#include "neighbours/knn_index.h"
#include "neighbours/neighbour_heap.h"

/* Query `query` has the neighbours `keys` (K), nearest first. Called once for each query, by any
 * worker of the pool. */
typedef void knn_receiver(void *context, size_t query, const uint64_t *keys, int worker);

mien_status knn_search_each(const struct knn_index *index, const struct knn_vectors *queries,
                            size_t k, struct thread_pool *pool, knn_receiver *receiver,
                            void *context, mien_error *err);

/* The Euclidean distance that a key stands for. */
double knn_key_distance(const struct knn_index *index, uint64_t key);

#endif

/* knn_order.h - vectors ordered by their level: the brightness of pictures, the first number of
 * features. Near vectors have near levels, so that a search which begins at its queries' level
 * soon knows how near the nearest are, and rules out the more of the others.
 * SPDX-License-Identifier: MIT */
#ifndef NEIGHBOURS_KNN_ORDER_H
#define NEIGHBOURS_KNN_ORDER_H

#include "neighbours/knn.h"

struct knn_place {
    double level;
    uint32_t place; /* the vector's number, 0..count-1 */
};

/* Vector `place`: bytes of a picture or floats of features. */
const uint8_t *knn_vector_at(const struct knn_vectors *vectors, size_t place);

/* All places (count) by ascending level, equal levels by place; the caller frees them. NULL if
 * memory runs out. */
struct knn_place *knn_order_new(const struct knn_vectors *vectors);

#endif

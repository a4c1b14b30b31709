/* knn_index.h - what an index of nearest neighbours is made of.
 * SPDX-License-Identifier: MIT */
#ifndef NEIGHBOURS_KNN_INDEX_H
#define NEIGHBOURS_KNN_INDEX_H

#include "neighbours/byte_kernels.h"
#include "neighbours/knn.h"
#include "neighbours/knn_order.h"
#include "neighbours/sketch.h"

struct knn_index {
    const struct byte_kernels *kernels;
    size_t count; /* N */
    bool is_pictures;
    size_t element_count, stride; /* of a vector: elements; bytes, a multiple of BYTE_BLOCK */
    struct knn_place *places;     /* (N) by level: all below is in this order, but the labels */
    uint8_t *vectors;             /* (N, stride): bytes or floats, then zeros */
    uint32_t *offsets;            /* (N) of pictures: see byte_offset */
    uint16_t *labels;             /* (N), by place */
    int label_count;

    struct sketch_plan plan;
    size_t panel_count;      /* N by BYTE_RIGHT, rounded up */
    uint8_t *panels;         /* (panel_count, plan.bytes / BYTE_GROUP, BYTE_RIGHT, BYTE_GROUP) */
    int32_t *sketch_offsets; /* (panel_count, BYTE_RIGHT); INT32_MAX beyond N */
    double error;            /* the largest of the sketches */
};

/* With products of the query q, taken as q - 128, the squared distance to the row r is
 * |q|^2 + byte_offset(r) - 2 products. Modulo 2^32. */
uint32_t byte_offset(const uint8_t *bytes, size_t count);
uint32_t byte_square(const uint8_t *bytes, size_t count);

/* Copies vector `place` to `ret_vector` (stride bytes, zeros behind it). */
void knn_copy_vector(const struct knn_index *index, const struct knn_vectors *vectors, size_t place,
                     uint8_t *ret_vector);

/* Sketches a vector as knn_copy_vector gave it and returns the sketch's error. */
double knn_sketch_vector(const struct knn_index *index, const uint8_t *vector, uint8_t *ret_sketch);

/* Refuses vectors whose bounds are wrong; `what` names them. */
mien_status knn_check_vectors(const struct knn_vectors *vectors, const char *what, mien_error *err);

/* The index's parts that differ by kernels, for tests: searching goes on with these. */
void knn_index_set_kernels(struct knn_index *index, const struct byte_kernels *kernels);

#endif

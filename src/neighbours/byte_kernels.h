/* byte_kernels.h - exact integer products of bytes, the arithmetic under the nearest neighbours
 * and the covariance: plain C, AVX2 and AVX-512 with VNNI, chosen at run time.
 *
 * One side of a product is unsigned (u, 0..255), the other signed (s = v - 128 for a byte v), as
 * VNNI wants it: u . v = u . s + 128 sum(u). Sums are int32 and exact while fewer than 65,793
 * products are added up.
 * SPDX-License-Identifier: MIT */
#ifndef NEIGHBOURS_BYTE_KERNELS_H
#define NEIGHBOURS_BYTE_KERNELS_H

#include <stddef.h>
#include <stdint.h>

/* A tile is the products of BYTE_LEFT signed vectors with BYTE_RIGHT unsigned ones. */
enum { BYTE_LEFT = 8, BYTE_RIGHT = 48, BYTE_GROUP = 4, BYTE_BLOCK = 64 };

/* 4 bytes that stand one after the other in a vector are a group. Unsigned vectors are packed by
 * BYTE_RIGHT: a panel (groups, BYTE_RIGHT, BYTE_GROUP). */
enum { BYTE_PANEL_GROUP = BYTE_RIGHT * BYTE_GROUP };

/* Where the tile's signed vectors are: group g of vector i starts at
 * data + i * vector_stride + g * group_stride. */
struct byte_left {
    const int8_t *data;
    size_t vector_stride, group_stride;
};

struct byte_kernels {
    const char *name;

    /* ret_products (BYTE_LEFT, BYTE_RIGHT) over `groups` groups; aligned to MEMORY_ALIGNMENT. */
    void (*tile)(const struct byte_left *left, const uint8_t *panel, size_t groups,
                 int32_t *ret_products);

    /* Bit j is set where offsets[j] - 2 * products[j] <= limit, j < BYTE_RIGHT. */
    uint64_t (*within)(const int32_t *offsets, const int32_t *products, int32_t limit);

    /* The products of the query v (bytes), taken as v - 128, with four rows u (bytes), modulo
     * 2^32. `bytes` is a multiple of BYTE_BLOCK. */
    void (*dot4)(const uint8_t *query, const uint8_t *const rows[4], size_t bytes,
                 uint32_t ret_products[4]);
};

extern const struct byte_kernels byte_kernels_c;

/* The kernels by number, fastest first and plain C last; NULL where this processor lacks them or
 * there is none of that number. For tests. */
const struct byte_kernels *byte_kernels_get(int number);

/* The fastest of this processor. */
const struct byte_kernels *byte_kernels_best(void);

enum { BYTE_KERNELS = 3 };

#endif

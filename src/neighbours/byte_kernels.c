/* byte_kernels.c - products of bytes in plain C, and the choice of the kernels.
 * SPDX-License-Identifier: MIT */
#include "neighbours/byte_kernels.h"

#include <string.h>

#include "neighbours/byte_kernels_x86.h"

static void tile_c(const struct byte_left *left, const uint8_t *panel, size_t groups,
                   int32_t *ret_products)
{
    memset(ret_products, 0, BYTE_LEFT * BYTE_RIGHT * sizeof *ret_products);
    for (size_t g = 0; g < groups; g++, panel += BYTE_PANEL_GROUP) {
        for (size_t i = 0; i < BYTE_LEFT; i++) {
            const int8_t *s = left->data + i * left->vector_stride + g * left->group_stride;
            int32_t *sums = ret_products + i * BYTE_RIGHT;

            for (size_t j = 0; j < BYTE_RIGHT; j++) {
                const uint8_t *u = panel + j * BYTE_GROUP;

                sums[j] += s[0] * u[0] + s[1] * u[1] + s[2] * u[2] + s[3] * u[3];
            }
        }
    }
}

static uint64_t within_c(const int32_t *offsets, const int32_t *products, int32_t limit)
{
    uint64_t bits = 0;

    for (int j = 0; j < BYTE_RIGHT; j++)
        bits |= (uint64_t)(offsets[j] - 2 * products[j] <= limit) << j;
    return bits;
}

static uint32_t dot_c(const uint8_t *query, const uint8_t *row, size_t bytes)
{
    uint32_t sum = 0;

    for (size_t i = 0; i < bytes; i++)
        sum += (uint32_t)((query[i] - 128) * row[i]);
    return sum;
}

static void dot4_c(const uint8_t *query, const uint8_t *const rows[4], size_t bytes,
                   uint32_t ret_products[4])
{
    for (int r = 0; r < 4; r++)
        ret_products[r] = dot_c(query, rows[r], bytes);
}

const struct byte_kernels byte_kernels_c = {"c", tile_c, within_c, dot4_c};

#ifdef BYTE_KERNELS_X86
const struct byte_kernels *byte_kernels_get(int number)
{
    __builtin_cpu_init();
    switch (number) {
    case 0:
        return __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vnni")
                   ? &byte_kernels_avx512
                   : NULL;
    case 1:
        return __builtin_cpu_supports("avx2") ? &byte_kernels_avx2 : NULL;
    case 2:
        return &byte_kernels_c;
    default:
        return NULL;
    }
}
#else
const struct byte_kernels *byte_kernels_get(int number)
{
    return number == BYTE_KERNELS - 1 ? &byte_kernels_c : NULL;
}
#endif

const struct byte_kernels *byte_kernels_best(void)
{
    int number = 0;

    while (!byte_kernels_get(number))
        number++;
    return byte_kernels_get(number);
}

/* byte_kernels_avx512.c - products of bytes with AVX-512 VNNI: vpdpbusd adds four of them to each
 * of sixteen sums, exactly.
 * SPDX-License-Identifier: MIT */
#include "neighbours/byte_kernels_x86.h"

#ifdef BYTE_KERNELS_X86
#include <immintrin.h>
#include <string.h>

#define AVX512 __attribute__((target("avx512f,avx512bw,avx512vnni")))

enum { LANES = 16, COLUMNS = BYTE_RIGHT / LANES };

AVX512 static inline __m512i group_of(const int8_t *group)
{
    int32_t word;

    memcpy(&word, group, sizeof word);
    return _mm512_set1_epi32(word);
}

/* The 24 sums of a tile stay in registers, with the panel's three vectors beside them. */
AVX512 static void tile_avx512(const struct byte_left *left, const uint8_t *panel, size_t groups,
                               int32_t *ret_products)
{
    const int8_t *s = left->data;
    const size_t stride = left->vector_stride;
    __m512i sums[BYTE_LEFT][COLUMNS];

#pragma GCC unroll 8
    for (int i = 0; i < BYTE_LEFT; i++)
#pragma GCC unroll 3
        for (int j = 0; j < COLUMNS; j++)
            sums[i][j] = _mm512_setzero_si512();
    for (size_t g = 0; g < groups; g++, panel += BYTE_PANEL_GROUP, s += left->group_stride) {
        const __m512i u0 = _mm512_load_si512(panel);
        const __m512i u1 = _mm512_load_si512(panel + 64);
        const __m512i u2 = _mm512_load_si512(panel + 128);

#pragma GCC unroll 8
        for (int i = 0; i < BYTE_LEFT; i++) {
            const __m512i group = group_of(s + (size_t)i * stride);

            sums[i][0] = _mm512_dpbusd_epi32(sums[i][0], u0, group);
            sums[i][1] = _mm512_dpbusd_epi32(sums[i][1], u1, group);
            sums[i][2] = _mm512_dpbusd_epi32(sums[i][2], u2, group);
        }
    }
#pragma GCC unroll 8
    for (int i = 0; i < BYTE_LEFT; i++)
#pragma GCC unroll 3
        for (int j = 0; j < COLUMNS; j++)
            _mm512_store_si512(ret_products + i * BYTE_RIGHT + j * LANES, sums[i][j]);
}

AVX512 static uint64_t within_avx512(const int32_t *offsets, const int32_t *products, int32_t limit)
{
    const __m512i limits = _mm512_set1_epi32(limit);
    uint64_t bits = 0;

    for (int j = 0; j < COLUMNS; j++) {
        const __m512i product = _mm512_load_si512(products + j * LANES);
        const __m512i value = _mm512_sub_epi32(_mm512_load_si512(offsets + j * LANES),
                                               _mm512_add_epi32(product, product));

        bits |= (uint64_t)_mm512_cmple_epi32_mask(value, limits) << (j * LANES);
    }
    return bits;
}

AVX512 static void dot4_avx512(const uint8_t *query, const uint8_t *const rows[4], size_t bytes,
                               uint32_t ret_products[4])
{
    const __m512i flip = _mm512_set1_epi8((char)0x80); /* v - 128 of a byte, as a signed one */
    __m512i sum0 = _mm512_setzero_si512(), sum1 = sum0, sum2 = sum0, sum3 = sum0;

    for (size_t i = 0; i < bytes; i += BYTE_BLOCK) {
        const __m512i s = _mm512_xor_si512(_mm512_loadu_si512(query + i), flip);

        sum0 = _mm512_dpbusd_epi32(sum0, _mm512_loadu_si512(rows[0] + i), s);
        sum1 = _mm512_dpbusd_epi32(sum1, _mm512_loadu_si512(rows[1] + i), s);
        sum2 = _mm512_dpbusd_epi32(sum2, _mm512_loadu_si512(rows[2] + i), s);
        sum3 = _mm512_dpbusd_epi32(sum3, _mm512_loadu_si512(rows[3] + i), s);
    }
    ret_products[0] = (uint32_t)_mm512_reduce_add_epi32(sum0);
    ret_products[1] = (uint32_t)_mm512_reduce_add_epi32(sum1);
    ret_products[2] = (uint32_t)_mm512_reduce_add_epi32(sum2);
    ret_products[3] = (uint32_t)_mm512_reduce_add_epi32(sum3);
}

const struct byte_kernels byte_kernels_avx512 = {"avx512_vnni", tile_avx512, within_avx512,
                                                 dot4_avx512};
#endif

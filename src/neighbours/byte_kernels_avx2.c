/* byte_kernels_avx2.c - products of bytes with AVX2. vpmaddubsw would saturate at 16 bits, so the
 * bytes are widened first: even and odd ones of each group apart, then vpmaddwd.
 * SPDX-License-Identifier: MIT */
#include "neighbours/byte_kernels_x86.h"

#ifdef BYTE_KERNELS_X86
#include <immintrin.h>
#include <string.h>

#define AVX2 __attribute__((target("avx2")))

enum { LANES = 8, VECTORS = 4 }; /* signed vectors at a time */

/* The even and the odd bytes of a signed group, widened, in every lane. */
struct widened {
    __m256i even, odd;
};

AVX2 static inline struct widened widen_signed(const int8_t *group)
{
    int32_t word;
    __m256i all;

    memcpy(&word, group, sizeof word);
    all = _mm256_set1_epi32(word);
    return (struct widened){_mm256_srai_epi16(_mm256_slli_epi16(all, 8), 8),
                            _mm256_srai_epi16(all, 8)};
}

AVX2 static inline struct widened widen_unsigned(__m256i bytes)
{
    return (struct widened){_mm256_and_si256(bytes, _mm256_set1_epi16(0xff)),
                            _mm256_srli_epi16(bytes, 8)};
}

AVX2 static inline __m256i add_products(__m256i sum, struct widened a, struct widened b)
{
    return _mm256_add_epi32(
        sum, _mm256_add_epi32(_mm256_madd_epi16(a.even, b.even), _mm256_madd_epi16(a.odd, b.odd)));
}

/* VECTORS signed vectors by one register of unsigned ones. */
AVX2 static void column(const struct byte_left *left, size_t first, const uint8_t *panel,
                        size_t groups, int32_t *ret_products)
{
    const int8_t *s = left->data + first * left->vector_stride;
    __m256i sum0 = _mm256_setzero_si256(), sum1 = sum0, sum2 = sum0, sum3 = sum0;

    for (size_t g = 0; g < groups; g++, panel += BYTE_PANEL_GROUP, s += left->group_stride) {
        const struct widened u = widen_unsigned(_mm256_load_si256((const __m256i *)panel));

        sum0 = add_products(sum0, u, widen_signed(s));
        sum1 = add_products(sum1, u, widen_signed(s + left->vector_stride));
        sum2 = add_products(sum2, u, widen_signed(s + 2 * left->vector_stride));
        sum3 = add_products(sum3, u, widen_signed(s + 3 * left->vector_stride));
    }
    _mm256_store_si256((__m256i *)ret_products, sum0);
    _mm256_store_si256((__m256i *)(ret_products + BYTE_RIGHT), sum1);
    _mm256_store_si256((__m256i *)(ret_products + 2 * BYTE_RIGHT), sum2);
    _mm256_store_si256((__m256i *)(ret_products + 3 * BYTE_RIGHT), sum3);
}

AVX2 static void tile_avx2(const struct byte_left *left, const uint8_t *panel, size_t groups,
                           int32_t *ret_products)
{
    for (size_t i = 0; i < BYTE_LEFT; i += VECTORS)
        for (size_t j = 0; j < BYTE_RIGHT; j += LANES)
            column(left, i, panel + j * BYTE_GROUP, groups, ret_products + i * BYTE_RIGHT + j);
}

AVX2 static uint64_t within_avx2(const int32_t *offsets, const int32_t *products, int32_t limit)
{
    const __m256i limits = _mm256_set1_epi32(limit);
    uint64_t bits = 0;

    for (int j = 0; j < BYTE_RIGHT; j += LANES) {
        const __m256i product = _mm256_load_si256((const __m256i *)(products + j));
        const __m256i offset = _mm256_load_si256((const __m256i *)(offsets + j));
        const __m256i value = _mm256_sub_epi32(offset, _mm256_add_epi32(product, product));
        const __m256i above = _mm256_cmpgt_epi32(value, limits);

        bits |= (uint64_t)(~_mm256_movemask_ps(_mm256_castsi256_ps(above)) & 0xff) << j;
    }
    return bits;
}

AVX2 static inline uint32_t add_lanes(__m256i sum)
{
    __m128i four = _mm_add_epi32(_mm256_castsi256_si128(sum), _mm256_extracti128_si256(sum, 1));

    four = _mm_add_epi32(four, _mm_shuffle_epi32(four, 0x4e));
    return (uint32_t)_mm_cvtsi128_si32(_mm_add_epi32(four, _mm_shuffle_epi32(four, 0xb1)));
}

AVX2 static void dot4_avx2(const uint8_t *query, const uint8_t *const rows[4], size_t bytes,
                           uint32_t ret_products[4])
{
    const __m256i flip = _mm256_set1_epi8((char)0x80); /* v - 128 of a byte, as a signed one */
    __m256i sums[4] = {_mm256_setzero_si256(), _mm256_setzero_si256(), _mm256_setzero_si256(),
                       _mm256_setzero_si256()};

    for (size_t i = 0; i < bytes; i += 32) {
        const __m256i v = _mm256_loadu_si256((const __m256i *)(query + i));
        const __m256i s = _mm256_xor_si256(v, flip);
        const struct widened query_parts = {_mm256_srai_epi16(_mm256_slli_epi16(s, 8), 8),
                                            _mm256_srai_epi16(s, 8)};

#pragma GCC unroll 4
        for (int r = 0; r < 4; r++) {
            const __m256i u = _mm256_loadu_si256((const __m256i *)(rows[r] + i));

            sums[r] = add_products(sums[r], widen_unsigned(u), query_parts);
        }
    }
    for (int r = 0; r < 4; r++)
        ret_products[r] = add_lanes(sums[r]);
}

const struct byte_kernels byte_kernels_avx2 = {"avx2", tile_avx2, within_avx2, dot4_avx2};
#endif

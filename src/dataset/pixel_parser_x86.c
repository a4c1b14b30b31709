/* pixel_parser_x86.c - grey values from text, 64 characters at a time, with AVX2 or AVX-512.
 *
 * Every position is treated as if a number ended right in front of it: with the characters c3, c2
 * and c1 in front of it, that number is c1 + 10 c2 + 100 c3, where c2 and c3 count only if they
 * belong to it. The three come from loads that are shifted by a byte each, the products from
 * 16-entry tables that are looked up by a character's low four bits, in which a space (0x20) is a
 * zero. The bytes at the positions of spaces are then packed together.
 *
 * A block is irregular, and left to the plain parser, if it holds anything but digits and spaces,
 * two neighbouring spaces, a run of four digits, or a number above 255.
 * SPDX-License-Identifier: MIT */
#include "dataset/pixel_parser_x86.h"

#ifdef __x86_64__

#include <immintrin.h>
#include <pthread.h>
#include <stdbool.h>
#include <string.h>

enum { BLOCK = 64, BEFORE = 3, MOST_NUMBERS = BLOCK / 2 };

#define AVX512 __attribute__((target("avx512f,avx512bw,avx512vl,avx512vbmi2,popcnt,lzcnt,bmi")))
#define AVX2 __attribute__((target("avx2,popcnt,lzcnt,bmi")))

/* By digit: ten times it, and a hundred times it, where 255 stands for what no grey value has. */
#define TENS 0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 0, 0, 0, 0, 0, 0
#define HUNDREDS 0, 100, -56, -1, -1, -1, -1, -1, -1, -1, 0, 0, 0, 0, 0, 0

/* What a block is made of, the first character in bit 0. */
struct block {
    uint64_t digits, spaces;
};

/* Parses the characters at `at` (BLOCK, and BEFORE in front of them). `last` holds the digits of
 * the block before. Writes the numbers that end in front of a space to `pixels` (MOST_NUMBERS).
 * Returns whether the block was regular. */
typedef bool block_parser(const uint8_t *at, uint64_t last, struct block *ret_block,
                          uint8_t *pixels);

static inline bool is_regular(const struct block *block, uint64_t last)
{
    uint64_t digits = block->digits;
    uint64_t before1 = digits << 1 | last >> 63;
    uint64_t before2 = digits << 2 | last >> 62;
    uint64_t before3 = digits << 3 | last >> 61;
    uint64_t two_spaces = ~(digits | before1), four_digits = digits & before1 & before2 & before3;

    return !(~(digits | block->spaces) | two_spaces | four_digits);
}

AVX512 static inline bool block_avx512(const uint8_t *at, uint64_t last, struct block *ret_block,
                                       uint8_t *pixels)
{
    const __m512i tens_table = _mm512_broadcast_i32x4(_mm_setr_epi8(TENS));
    const __m512i hundreds_table = _mm512_broadcast_i32x4(_mm_setr_epi8(HUNDREDS));
    __m512i c0 = _mm512_loadu_si512(at), c1 = _mm512_loadu_si512(at - 1);
    __m512i c2 = _mm512_loadu_si512(at - 2), c3 = _mm512_loadu_si512(at - 3);
    __mmask64 spaces = _mm512_cmpeq_epi8_mask(c0, _mm512_set1_epi8(' '));
    __mmask64 digits =
        _mm512_cmplt_epu8_mask(_mm512_sub_epi8(c0, _mm512_set1_epi8('0')), _mm512_set1_epi8(10));
    __mmask64 three = spaces & (digits << 2 | last >> 62);
    __m512i hundreds = _mm512_maskz_shuffle_epi8(three, hundreds_table, c3);
    __m512i rest = _mm512_add_epi8(_mm512_and_si512(c1, _mm512_set1_epi8(15)),
                                   _mm512_shuffle_epi8(tens_table, c2));
    __m512i value = _mm512_add_epi8(hundreds, rest);
    __mmask64 large = _mm512_cmpgt_epu8_mask(hundreds, _mm512_set1_epi8(-56)) |
                      _mm512_cmplt_epu8_mask(value, hundreds);
    __m512i packed = _mm512_maskz_compress_epi8(spaces, value);

    _mm256_storeu_si256((__m256i *)pixels, _mm512_castsi512_si256(packed));
    *ret_block = (struct block){digits, spaces};
    return is_regular(ret_block, last) && !large;
}

/* For each pattern of spaces among eight characters: the positions of the first four, in the
 * bytes from low to high. There are no more in a regular block. */
static uint32_t packing[256];
static pthread_once_t packing_once = PTHREAD_ONCE_INIT;

static void fill_packing(void)
{
    for (unsigned pattern = 0; pattern < 256; pattern++) {
        unsigned shift = 0;
        for (unsigned position = 0; position < 8 && shift < 32; position++) {
            if (pattern >> position & 1) {
                packing[pattern] |= position << shift;
                shift += 8;
            }
        }
    }
}

/* Packs the 16 values whose bits are set in `spaces` into `pixels`; returns how many. */
AVX2 static inline int pack_16(__m128i values, unsigned spaces, uint8_t *pixels)
{
    __m128i low = _mm_cvtsi32_si128((int)packing[spaces & 255]);
    __m128i high = _mm_cvtsi32_si128((int)(packing[spaces >> 8] + 0x08080808));
    int first = __builtin_popcount(spaces & 255);
    int packed_low = _mm_cvtsi128_si32(_mm_shuffle_epi8(values, low));
    int packed_high = _mm_cvtsi128_si32(_mm_shuffle_epi8(values, high));

    memcpy(pixels, &packed_low, 4);
    memcpy(pixels + first, &packed_high, 4);
    return first + __builtin_popcount(spaces >> 8);
}

struct half {
    uint32_t digits, spaces;
    bool large;
    __m256i values;
};

AVX2 static inline struct half half_avx2(const uint8_t *at)
{
    const __m256i tens_table = _mm256_broadcastsi128_si256(_mm_setr_epi8(TENS));
    const __m256i hundreds_table = _mm256_broadcastsi128_si256(_mm_setr_epi8(HUNDREDS));
    __m256i c0 = _mm256_loadu_si256((const __m256i *)at);
    __m256i c1 = _mm256_loadu_si256((const __m256i *)(at - 1));
    __m256i c2 = _mm256_loadu_si256((const __m256i *)(at - 2));
    __m256i c3 = _mm256_loadu_si256((const __m256i *)(at - 3));
    __m256i space = _mm256_cmpeq_epi8(c0, _mm256_set1_epi8(' '));
    __m256i digit = _mm256_and_si256(_mm256_cmpgt_epi8(c0, _mm256_set1_epi8('0' - 1)),
                                     _mm256_cmpgt_epi8(_mm256_set1_epi8('9' + 1), c0));
    __m256i three = _mm256_and_si256(space, _mm256_cmpgt_epi8(c2, _mm256_set1_epi8(' ')));
    __m256i hundreds = _mm256_and_si256(three, _mm256_shuffle_epi8(hundreds_table, c3));
    __m256i rest = _mm256_add_epi8(_mm256_and_si256(c1, _mm256_set1_epi8(15)),
                                   _mm256_shuffle_epi8(tens_table, c2));
    __m256i value = _mm256_add_epi8(hundreds, rest);
    /* Too large: the sum saturates although it must not, or the hundreds are above 200. */
    __m256i large = _mm256_or_si256(_mm256_xor_si256(value, _mm256_adds_epu8(hundreds, rest)),
                                    _mm256_subs_epu8(hundreds, _mm256_set1_epi8(-56)));

    return (struct half){(uint32_t)_mm256_movemask_epi8(digit),
                         (uint32_t)_mm256_movemask_epi8(space), !_mm256_testz_si256(large, large),
                         value};
}

AVX2 static inline bool block_avx2(const uint8_t *at, uint64_t last, struct block *ret_block,
                                   uint8_t *pixels)
{
    struct half a = half_avx2(at), b = half_avx2(at + BLOCK / 2);

    *ret_block =
        (struct block){a.digits | (uint64_t)b.digits << 32, a.spaces | (uint64_t)b.spaces << 32};
    if (!is_regular(ret_block, last) || a.large || b.large)
        return false;
    pixels += pack_16(_mm256_castsi256_si128(a.values), a.spaces & 0xffff, pixels);
    pixels += pack_16(_mm256_extracti128_si256(a.values, 1), a.spaces >> 16, pixels);
    pixels += pack_16(_mm256_castsi256_si128(b.values), b.spaces & 0xffff, pixels);
    pack_16(_mm256_extracti128_si256(b.values, 1), b.spaces >> 16, pixels);
    return true;
}

/* The first block is parsed from a copy that has spaces in front of it. */
static inline __attribute__((always_inline)) const uint8_t *
parse_blocks(block_parser *parse, const uint8_t *text, const uint8_t *end, uint8_t *pixels,
             size_t count, size_t *ret_parsed)
{
    const uint8_t *number = text; /* the first that was not parsed */
    uint8_t first[BEFORE + BLOCK] = {' ', ' ', ' '};
    const uint8_t *source = first + BEFORE;
    uint64_t last = 0;
    struct block block;
    size_t parsed = 0;

    if (end - text >= BLOCK)
        memcpy(first + BEFORE, text, BLOCK);
    for (; end - text >= BLOCK && parse(source, last, &block, pixels + parsed); source = text) {
        size_t numbers = (size_t)__builtin_popcountll(block.spaces);
        if (parsed + numbers > count)
            break;
        parsed += numbers;
        number = text + (BLOCK - __builtin_clzll(block.spaces));
        last = block.digits;
        text += BLOCK;
    }
    *ret_parsed = parsed;
    return number;
}

AVX512 static const uint8_t *blocks_avx512(const uint8_t *text, const uint8_t *end, uint8_t *pixels,
                                           size_t count, size_t *ret_parsed)
{
    return parse_blocks(block_avx512, text, end, pixels, count, ret_parsed);
}

AVX2 static const uint8_t *blocks_avx2(const uint8_t *text, const uint8_t *end, uint8_t *pixels,
                                       size_t count, size_t *ret_parsed)
{
    return parse_blocks(block_avx2, text, end, pixels, count, ret_parsed);
}

size_t pixel_kernels_x86(struct pixel_kernel *ret_kernels)
{
    size_t count = 0;

    if (__builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
        __builtin_cpu_supports("avx512vbmi2"))
        ret_kernels[count++] = (struct pixel_kernel){"avx512", blocks_avx512};
    if (__builtin_cpu_supports("avx2")) {
        pthread_once(&packing_once, fill_packing);
        ret_kernels[count++] = (struct pixel_kernel){"avx2", blocks_avx2};
    }
    return count;
}

#else

size_t pixel_kernels_x86(struct pixel_kernel *ret_kernels)
{
    (void)ret_kernels;
    return 0;
}

#endif

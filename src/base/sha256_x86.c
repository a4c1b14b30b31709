/* sha256_x86.c - SHA-256 with the SHA extensions of x86 (Intel, "Intel SHA extensions", 2013).
 * They keep the eight working variables in two registers, (a b e f) and (c d g h), and do two
 * rounds an instruction.
 * SPDX-License-Identifier: MIT */
#include "base/sha256_kernel.h"

#ifdef __x86_64__

#include <cpuid.h>
#include <immintrin.h>
#include <stdbool.h>

#define SHA __attribute__((target("sha,sse4.1,ssse3")))

/* The 64 words of the message schedule, four a register. */
SHA static inline void expand_schedule(const uint8_t block[64], __m128i w[16])
{
    const __m128i big_endian = _mm_setr_epi8(3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12);

    for (int i = 0; i < 4; i++)
        w[i] = _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)block + i), big_endian);
    for (int i = 4; i < 16; i++) {
        __m128i seven_before = _mm_alignr_epi8(w[i - 1], w[i - 2], 4);
        __m128i sum = _mm_add_epi32(_mm_sha256msg1_epu32(w[i - 4], w[i - 3]), seven_before);
        w[i] = _mm_sha256msg2_epu32(sum, w[i - 1]);
    }
}

SHA static void compress(uint32_t state[8], const uint8_t *blocks, size_t count)
{
    const __m128i *constants = (const __m128i *)sha256_round_constants;
    __m128i *memory = (__m128i *)state;
    __m128i badc = _mm_shuffle_epi32(_mm_loadu_si128(memory), 0xb1);
    __m128i hgfe = _mm_shuffle_epi32(_mm_loadu_si128(memory + 1), 0x1b);
    __m128i abef = _mm_alignr_epi8(badc, hgfe, 8), cdgh = _mm_blend_epi16(hgfe, badc, 0xf0);

    for (; count; count--, blocks += 64) {
        __m128i w[16], abef_before = abef, cdgh_before = cdgh;
        expand_schedule(blocks, w);
        for (int i = 0; i < 16; i++) {
            __m128i added = _mm_add_epi32(w[i], _mm_loadu_si128(constants + i));
            cdgh = _mm_sha256rnds2_epu32(cdgh, abef, added);
            abef = _mm_sha256rnds2_epu32(abef, cdgh, _mm_shuffle_epi32(added, 0x0e));
        }
        abef = _mm_add_epi32(abef, abef_before);
        cdgh = _mm_add_epi32(cdgh, cdgh_before);
    }
    abef = _mm_shuffle_epi32(abef, 0x1b);
    cdgh = _mm_shuffle_epi32(cdgh, 0xb1);
    _mm_storeu_si128(memory, _mm_blend_epi16(abef, cdgh, 0xf0));
    _mm_storeu_si128(memory + 1, _mm_alignr_epi8(cdgh, abef, 8));
}

/* CPUID directly: the compilers' __builtin_cpu_supports() does not know "sha" before GCC 13. */
static bool processor_has_sha(void)
{
    const unsigned needed = bit_SSSE3 | bit_SSE4_1;
    unsigned eax, ebx, ecx, edx;

    if (!__get_cpuid(1, &eax, &ebx, &ecx, &edx) || (ecx & needed) != needed)
        return false;
    return __get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx) && (ebx & bit_SHA);
}

sha256_compress *sha256_compress_x86(void)
{
    return processor_has_sha() ? compress : NULL;
}

#else

sha256_compress *sha256_compress_x86(void)
{
    return NULL;
}

#endif

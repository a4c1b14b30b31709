/* memory.h - sizes that cannot overflow, and memory that suits vector units.
 * SPDX-License-Identifier: MIT */
#ifndef BASE_MEMORY_H
#define BASE_MEMORY_H

#include <stdbool.h>
#include <stddef.h>

/* Cache line and AVX-512 register: what every tensor is aligned to. */
#define MEMORY_ALIGNMENT 64

static inline bool mul_size(size_t a, size_t b, size_t *ret_product)
{
    return !__builtin_mul_overflow(a, b, ret_product);
}

static inline bool add_size(size_t a, size_t b, size_t *ret_sum)
{
    return !__builtin_add_overflow(a, b, ret_sum);
}

/* Rounds up to a multiple of MEMORY_ALIGNMENT. */
static inline size_t memory_aligned_size(size_t bytes)
{
    return (bytes + MEMORY_ALIGNMENT - 1) & ~(size_t)(MEMORY_ALIGNMENT - 1);
}

/* `bytes` of zeroed memory aligned to MEMORY_ALIGNMENT, or NULL; free() releases it. */
void *memory_aligned_new(size_t bytes);

#endif

/* bf16.c - convert whole arrays.
 * SPDX-License-Identifier: MIT */
#include "network/bf16.h"

#include "base/vector.h"

VECTOR_LOOP static void narrow(const float *restrict from, uint16_t *restrict to, size_t count)
{
    for (size_t i = 0; i < count; i++)
        to[i] = bf16_from_float(from[i]);
}

VECTOR_LOOP static void widen(const uint16_t *restrict from, float *restrict to, size_t count)
{
    for (size_t i = 0; i < count; i++)
        to[i] = bf16_to_float(from[i]);
}

void bf16_from_floats(const float *from, uint16_t *to, size_t count)
{
    narrow(from, to, count);
}

void bf16_to_floats(const uint16_t *from, float *to, size_t count)
{
    widen(from, to, count);
}

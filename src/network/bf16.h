/* bf16.h - the upper half of an f32: its sign, its exponent and seven digits of the fraction; and
 * numbers that are either.
 * SPDX-License-Identifier: MIT */
#ifndef NETWORK_BF16_H
#define NETWORK_BF16_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

static inline float bf16_to_float(uint16_t value)
{
    uint32_t bits = (uint32_t)value << 16;
    float result;

    memcpy(&result, &bits, sizeof result);
    return result;
}

/* Rounds to the nearest, to even between two; infinities and the processor's own NaN stay. */
static inline uint16_t bf16_from_float(float value)
{
    uint32_t bits;

    memcpy(&bits, &value, sizeof bits);
    return (uint16_t)((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

void bf16_from_floats(const float *from, uint16_t *to, size_t count);
void bf16_to_floats(const uint16_t *from, float *to, size_t count);

/* --- arrays whose elements are bf16 or f32 --- */

static inline size_t number_bytes(bool bf16)
{
    return bf16 ? sizeof(uint16_t) : sizeof(float);
}

static inline float number_at(const void *numbers, size_t i, bool bf16)
{
    return bf16 ? bf16_to_float(((const uint16_t *)numbers)[i]) : ((const float *)numbers)[i];
}

static inline void number_set(void *numbers, size_t i, bool bf16, float value)
{
    if (bf16)
        ((uint16_t *)numbers)[i] = bf16_from_float(value);
    else
        ((float *)numbers)[i] = value;
}

/* Where element `i` lies. */
static inline const void *number_from(const void *numbers, size_t i, bool bf16)
{
    return (const char *)numbers + i * number_bytes(bf16);
}

static inline void *number_to(void *numbers, size_t i, bool bf16)
{
    return (char *)numbers + i * number_bytes(bf16);
}

#endif

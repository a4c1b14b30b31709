/* bf16.h - the upper half of an f32: its sign, its exponent and seven digits of the fraction.
 * SPDX-License-Identifier: MIT */
#ifndef NETWORK_BF16_H
#define NETWORK_BF16_H

#include <stdint.h>
#include <string.h>

static inline float bf16_to_float(uint16_t value)
{
    uint32_t bits = (uint32_t)value << 16;
    float result;

    memcpy(&result, &bits, sizeof result);
    return result;
}

/* Rounds to the nearest, to even between two. Finite numbers only. */
static inline uint16_t bf16_from_float(float value)
{
    uint32_t bits;

    memcpy(&bits, &value, sizeof bits);
    return (uint16_t)((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

#endif

/* random.c - Mersenne Twister as NumPy uses it, and helpers of the counter-based generator.
 * SPDX-License-Identifier: MIT */
#include "base/random.h"

#include <math.h>

enum { STATE_SIZE = 624, SHIFT_SIZE = 397 };

void mersenne_twister_seed(struct mersenne_twister *generator, uint32_t seed)
{
    uint32_t *state = generator->state;

    state[0] = seed;
    for (uint32_t i = 1; i < STATE_SIZE; i++)
        state[i] = UINT32_C(1812433253) * (state[i - 1] ^ (state[i - 1] >> 30)) + i;
    generator->position = STATE_SIZE;
}

static void refill(uint32_t *state)
{
    for (int i = 0; i < STATE_SIZE; i++) {
        uint32_t y = (state[i] & UINT32_C(0x80000000)) |
                     (state[(i + 1) % STATE_SIZE] & UINT32_C(0x7fffffff));
        state[i] =
            state[(i + SHIFT_SIZE) % STATE_SIZE] ^ (y >> 1) ^ (y & 1 ? UINT32_C(0x9908b0df) : 0);
    }
}

uint32_t mersenne_twister_next(struct mersenne_twister *generator)
{
    uint32_t y;

    if (generator->position == STATE_SIZE) {
        refill(generator->state);
        generator->position = 0;
    }
    y = generator->state[generator->position++];
    y ^= y >> 11;
    y ^= (y << 7) & UINT32_C(0x9d2c5680);
    y ^= (y << 15) & UINT32_C(0xefc60000);
    return y ^ (y >> 18);
}

double mersenne_twister_uniform(struct mersenne_twister *generator)
{
    uint32_t high = mersenne_twister_next(generator) >> 5;
    uint32_t low = mersenne_twister_next(generator) >> 6;

    return (high * 67108864.0 + low) / 9007199254740992.0;
}

uint32_t mersenne_twister_interval(struct mersenne_twister *generator, uint32_t max)
{
    uint32_t mask = max, value;

    if (max == 0)
        return 0;
    for (int shift = 1; shift <= 16; shift *= 2)
        mask |= mask >> shift;
    do
        value = mersenne_twister_next(generator) & mask;
    while (value > max);
    return value;
}

void mersenne_twister_permutation(struct mersenne_twister *generator, size_t count,
                                  uint32_t *ret_order)
{
    for (size_t i = 0; i < count; i++)
        ret_order[i] = (uint32_t)i;
    for (size_t i = count; i-- > 1;) {
        uint32_t j = mersenne_twister_interval(generator, (uint32_t)i);
        uint32_t swapped = ret_order[i];
        ret_order[i] = ret_order[j];
        ret_order[j] = swapped;
    }
}

float random_normal(uint64_t key, uint64_t counter)
{
    float radius = sqrtf(-2.0f * logf(1.0f - random_uniform(key, 2 * counter)));

    return radius * cosf(6.28318531f * random_uniform(key, 2 * counter + 1));
}

void random_shuffle(uint64_t key, uint32_t *order, size_t count)
{
    for (size_t i = count; i-- > 1;) {
        size_t j = (size_t)(((random_bits(key, i) >> 32) * (uint64_t)(i + 1)) >> 32);
        uint32_t swapped = order[i];
        order[i] = order[j];
        order[j] = swapped;
    }
}

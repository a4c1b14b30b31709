/* random.h - random numbers: NumPy's legacy generator for splits that match scikit-learn's, and
 * a counter-based one for training, where any thread can compute any element's number.
 * SPDX-License-Identifier: MIT */
#ifndef BASE_RANDOM_H
#define BASE_RANDOM_H

#include <stddef.h>
#include <stdint.h>

/* MT19937, seeded as NumPy's RandomState(seed) is. Not for two threads at once.
 * Matsumoto, Nishimura: "Mersenne Twister", ACM TOMACS 8(1), 1998. */
struct mersenne_twister {
    uint32_t state[624];
    int position;
};

void mersenne_twister_seed(struct mersenne_twister *generator, uint32_t seed);
uint32_t mersenne_twister_next(struct mersenne_twister *generator);

/* Uniform in [0, 1) with 53 random bits: NumPy's RandomState.random_sample(). */
double mersenne_twister_uniform(struct mersenne_twister *generator);

/* Uniform in 0..max inclusive by masked rejection: NumPy's legacy random_interval(). */
uint32_t mersenne_twister_interval(struct mersenne_twister *generator, uint32_t max);

/* NumPy's RandomState.permutation(count): 0..count-1 shuffled into `ret_order` (count). */
void mersenne_twister_permutation(struct mersenne_twister *generator, size_t count,
                                  uint32_t *ret_order);

/* A counter-based generator (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3",
 * SC 2011): number `counter` of the stream `key`, with no state to share or to save. The mixing
 * function is the 64-bit finalizer of SplitMix64 (Steele, Lea, Flood, OOPSLA 2014). */
static inline uint64_t random_mix(uint64_t x)
{
    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return x ^ (x >> 31);
}

static inline uint64_t random_bits(uint64_t key, uint64_t counter)
{
    return random_mix(random_mix(key) + (counter + 1) * UINT64_C(0x9e3779b97f4a7c15));
}

/* A stream of its own for (seed, purpose), e.g. random_key(seed, epoch * 1000 + layer). */
static inline uint64_t random_key(uint64_t seed, uint64_t purpose)
{
    return random_bits(seed, purpose);
}

/* Uniform in [0, 1), 24 bits. */
static inline float random_uniform(uint64_t key, uint64_t counter)
{
    return (float)(random_bits(key, counter) >> 40) * 0x1p-24f;
}

/* Uniform in [low, high). */
static inline float random_range(uint64_t key, uint64_t counter, float low, float high)
{
    return low + (high - low) * random_uniform(key, counter);
}

/* Standard normal (Box and Muller, 1958). */
float random_normal(uint64_t key, uint64_t counter);

/* Shuffles `order` (count) in place (Fisher and Yates), the same for the same key. */
void random_shuffle(uint64_t key, uint32_t *order, size_t count);

#endif

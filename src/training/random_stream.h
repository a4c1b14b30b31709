/* random_stream.h - random numbers one after another from a counter-based stream, for a task that
 * draws as many as it happens to need.
 * SPDX-License-Identifier: MIT */
#ifndef TRAINING_RANDOM_STREAM_H
#define TRAINING_RANDOM_STREAM_H

#include <math.h>
#include <stdbool.h>

#include "base/random.h"

#define PI 3.14159265f /* angles are drawn in radians */

/* One thread at a time. Starts as {key, 0}. */
struct random_stream {
    uint64_t key, counter;
};

/* Uniform in [low, high). */
static inline float random_stream_range(struct random_stream *stream, float low, float high)
{
    return random_range(stream->key, stream->counter++, low, high);
}

/* Uniform in the logarithm, in [low, high); both above 0. */
static inline float random_stream_log_range(struct random_stream *stream, float low, float high)
{
    return low * powf(high / low, random_uniform(stream->key, stream->counter++));
}

/* True with the probability `share`. */
static inline bool random_stream_chance(struct random_stream *stream, float share)
{
    return random_uniform(stream->key, stream->counter++) < share;
}

/* One of 0..count-1; count at least 1 and below 2^32. */
static inline size_t random_stream_index(struct random_stream *stream, size_t count)
{
    return (size_t)(((random_bits(stream->key, stream->counter++) >> 32) * (uint64_t)count) >> 32);
}

#endif

/* stopwatch.h - seconds that only go forward, for what commands tell of their speed.
 * SPDX-License-Identifier: MIT */
#ifndef CLI_STOPWATCH_H
#define CLI_STOPWATCH_H

#include <time.h>

static inline double stopwatch_seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

#endif

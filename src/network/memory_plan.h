/* memory_plan.h - give buffers that are never alive together the same place.
 * SPDX-License-Identifier: MIT */
#ifndef NETWORK_MEMORY_PLAN_H
#define NETWORK_MEMORY_PLAN_H

#include <stddef.h>

/* A buffer that holds something from step `first` to step `last`, both included. */
struct memory_request {
    size_t bytes;
    int first, last;
    size_t ret_offset; /* multiple of MEMORY_ALIGNMENT */
};

/* Places `count` buffers; returns the bytes needed in all. Greedy by size: the largest first, each
 * at the lowest place where it meets nobody (Pisarchyk, Lee: "Efficient memory management for deep
 * neural net inference", 2020). Takes O(count^3) at worst; `order` (count) is scratch. */
size_t memory_plan(struct memory_request *requests, int count, int *order);

#endif

/* neighbour_heap.h - the K nearest so far: a max-heap of keys, the farthest on top.
 * A key is a squared distance and, below it, a row, so that of equal distances the smaller row
 * is the nearer one.
 * SPDX-License-Identifier: MIT */
#ifndef NEIGHBOURS_NEIGHBOUR_HEAP_H
#define NEIGHBOURS_NEIGHBOUR_HEAP_H

#include <stddef.h>
#include <stdint.h>

struct neighbour_heap {
    uint64_t *keys; /* (capacity), borrowed */
    size_t count, capacity;
};

static inline uint64_t neighbour_key(uint32_t distance, uint32_t row)
{
    return (uint64_t)distance << 32 | row;
}

static inline uint32_t neighbour_distance(uint64_t key)
{
    return (uint32_t)(key >> 32);
}

static inline uint32_t neighbour_row(uint64_t key)
{
    return (uint32_t)key;
}

/* The farthest distance that may still enter: UINT32_MAX until the heap is full. */
static inline uint32_t neighbour_heap_limit(const struct neighbour_heap *heap)
{
    return heap->count < heap->capacity ? UINT32_MAX : neighbour_distance(heap->keys[0]);
}

/* Takes the key in if it is among the nearest, and drops the farthest for it. */
void neighbour_heap_offer(struct neighbour_heap *heap, uint64_t key);

/* Orders the keys from near to far; ends the heap. */
void neighbour_heap_sort(struct neighbour_heap *heap);

#endif

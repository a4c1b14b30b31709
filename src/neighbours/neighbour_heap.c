/* neighbour_heap.c - a binary max-heap of neighbours.
 * SPDX-License-Identifier: MIT */
#include "neighbours/neighbour_heap.h"

/* Moves the hole at the top down to where `key` belongs. */
static void sink(uint64_t *keys, size_t count, uint64_t key)
{
    size_t hole = 0, child;

    while ((child = 2 * hole + 1) < count) {
        if (child + 1 < count && keys[child + 1] > keys[child])
            child++;
        if (keys[child] <= key)
            break;
        keys[hole] = keys[child];
        hole = child;
    }
    keys[hole] = key;
}

static void rise(uint64_t *keys, size_t hole, uint64_t key)
{
    while (hole && keys[(hole - 1) / 2] < key) {
        keys[hole] = keys[(hole - 1) / 2];
        hole = (hole - 1) / 2;
    }
    keys[hole] = key;
}

void neighbour_heap_offer(struct neighbour_heap *heap, uint64_t key)
{
    if (heap->count < heap->capacity)
        rise(heap->keys, heap->count++, key);
    else if (key < heap->keys[0])
        sink(heap->keys, heap->count, key);
}

void neighbour_heap_sort(struct neighbour_heap *heap)
{
    while (heap->count > 1) {
        const uint64_t last = heap->keys[--heap->count];
        const uint64_t farthest = heap->keys[0];

        sink(heap->keys, heap->count, last);
        heap->keys[heap->count] = farthest;
    }
}

/* memory_plan.c - greedy placement by size.
 * SPDX-License-Identifier: MIT */
#include "network/memory_plan.h"

#include <stdbool.h>

#include "base/memory.h"

static void sort_largest_first(const struct memory_request *requests, int count, int *order)
{
    for (int i = 0; i < count; i++) {
        int j = i;
        for (; j > 0 && requests[order[j - 1]].bytes < requests[i].bytes; j--)
            order[j] = order[j - 1];
        order[j] = i;
    }
}

static bool alive_together(const struct memory_request *a, const struct memory_request *b)
{
    return a->first <= b->last && b->first <= a->last;
}

/* The lowest offset for order[placed] that meets none of the placed ones. */
static size_t find_place(const struct memory_request *requests, const int *order, int placed)
{
    const struct memory_request *wanted = &requests[order[placed]];
    size_t offset = 0, bytes = memory_aligned_size(wanted->bytes);

    for (int i = 0; i < placed; i++) {
        const struct memory_request *other = &requests[order[i]];
        size_t end = other->ret_offset + memory_aligned_size(other->bytes);
        if (alive_together(wanted, other) && offset < end && other->ret_offset < offset + bytes) {
            offset = end;
            i = -1; /* moved: look at all again */
        }
    }
    return offset;
}

size_t memory_plan(struct memory_request *requests, int count, int *order)
{
    size_t total = 0;

    sort_largest_first(requests, count, order);
    for (int i = 0; i < count; i++) {
        struct memory_request *request = &requests[order[i]];
        size_t end;
        request->ret_offset = find_place(requests, order, i);
        end = request->ret_offset + memory_aligned_size(request->bytes);
        total = end > total ? end : total;
    }
    return total;
}

/* memory.c - aligned, zeroed memory.
 * SPDX-License-Identifier: MIT */
#include "base/memory.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

void *memory_aligned_new(size_t bytes)
{
    void *memory;
    size_t rounded;

    if (bytes > SIZE_MAX - MEMORY_ALIGNMENT)
        return NULL;
    rounded = memory_aligned_size(bytes ? bytes : 1);
    memory = aligned_alloc(MEMORY_ALIGNMENT, rounded);
    if (memory)
        memset(memory, 0, rounded);
    return memory;
}

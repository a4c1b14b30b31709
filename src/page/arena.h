/* arena.h - memory that lives as long as a page: many small pieces, freed together.
 * SPDX-License-Identifier: MIT */
#ifndef PAGE_ARENA_H
#define PAGE_ARENA_H

#include <stdbool.h>
#include <stddef.h>

/* Starts as {0}. One thread at a time. */
struct arena {
    struct arena_piece *pieces;
    bool failed; /* memory ran out once; told once, at the end, for texts */
};

/* `count` zeroed items of `size` bytes, or NULL. */
void *arena_new(struct arena *arena, size_t count, size_t size);

/* Formatted text; "" if memory runs out. */
const char *arena_text(struct arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

void arena_free(struct arena *arena);

#endif

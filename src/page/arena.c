/* arena.c - a chain of allocations.
 * SPDX-License-Identifier: MIT */
#include "page/arena.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"

struct arena_piece {
    struct arena_piece *next;
    max_align_t start[]; /* what the caller gets */
};

void *arena_new(struct arena *arena, size_t count, size_t size)
{
    struct arena_piece *piece = NULL;
    size_t bytes;

    if (mul_size(count, size, &bytes) && add_size(bytes, sizeof *piece, &bytes))
        piece = calloc(1, bytes);
    if (!piece) {
        arena->failed = true;
        return NULL;
    }
    piece->next = arena->pieces;
    arena->pieces = piece;
    return piece->start;
}

const char *arena_text(struct arena *arena, const char *format, ...)
{
    va_list args;
    int length;
    char *text;

    va_start(args, format);
    length = vsnprintf(NULL, 0, format, args);
    va_end(args);
    text = length < 0 ? NULL : arena_new(arena, (size_t)length + 1, 1);
    if (!text) {
        arena->failed = true;
        return "";
    }
    va_start(args, format);
    vsnprintf(text, (size_t)length + 1, format, args);
    va_end(args);
    return text;
}

void arena_free(struct arena *arena)
{
    while (arena->pieces) {
        struct arena_piece *next = arena->pieces->next;
        free(arena->pieces);
        arena->pieces = next;
    }
    *arena = (struct arena){0};
}

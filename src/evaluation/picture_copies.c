/* picture_copies.c - one block of pixels, filled by tasks of a picture each.
 * SPDX-License-Identifier: MIT */
#include "evaluation/picture_copies.h"

#include <stdlib.h>

#include "base/memory.h"

mien_status picture_copies_new(const struct dataset *source, const uint32_t *rows, size_t count,
                               struct picture_copies *ret_copies, mien_error *err)
{
    size_t picture = (size_t)source->width * (size_t)source->height, bytes = 0;
    struct picture_copies c = {.source = source, .source_rows = rows};

    if (mul_size(count, picture, &bytes))
        c.pixels = malloc(bytes);
    c.statuses = calloc(count, sizeof *c.statuses);
    c.rows = malloc(count * sizeof *c.rows);
    if (!c.pixels || !c.statuses || !c.rows) {
        picture_copies_free(&c);
        return error_memory(err, bytes);
    }
    for (size_t i = 0; i < count; i++)
        c.rows[i] = (uint32_t)i;
    c.copies = (struct dataset){
        .count = count, .width = source->width, .height = source->height, .pixels = c.pixels};
    *ret_copies = c;
    return MIEN_OK;
}

void picture_copies_free(struct picture_copies *copies)
{
    free(copies->pixels);
    free(copies->statuses);
    free(copies->rows);
}

struct making {
    struct picture_copies *copies;
    picture_change *change;
    const void *context;
};

static void make_task(void *context, int index, int worker)
{
    const struct making *m = context;
    struct picture_copies *c = m->copies;
    const struct dataset *source = c->source;
    uint32_t row = c->source_rows[index];
    struct image picture = image_borrow(dataset_picture(source, row), source->width, source->height,
                                        1, (size_t)source->width);
    struct image copy = picture;

    (void)worker;
    copy.pixels = c->pixels + (size_t)index * (size_t)source->width * (size_t)source->height;
    c->statuses[index] = m->change(m->context, row, &picture, &copy);
}

mien_status picture_copies_make(struct picture_copies *copies, struct thread_pool *pool,
                                picture_change *change, const void *context, mien_error *err)
{
    struct making making = {copies, change, context};

    thread_pool_run(pool, (int)copies->copies.count, make_task, &making);
    for (size_t i = 0; i < copies->copies.count; i++)
        if (copies->statuses[i])
            return error_set(err, copies->statuses[i], "picture %zu cannot be changed", i);
    return MIEN_OK;
}

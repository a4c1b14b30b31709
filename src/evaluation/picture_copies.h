/* picture_copies.h - changed copies of the pictures of a data set, themselves a data set that a
 * network can be asked about.
 * SPDX-License-Identifier: MIT */
#ifndef EVALUATION_PICTURE_COPIES_H
#define EVALUATION_PICTURE_COPIES_H

#include "base/thread_pool.h"
#include "dataset/dataset.h"
#include "image/image.h"

struct picture_copies {
    const struct dataset *source; /* borrowed, as the rows */
    const uint32_t *source_rows;  /* (N) */
    struct dataset copies;        /* N pictures */
    uint32_t *rows;               /* (N) of `copies`: 0, 1, 2, ... */
    uint8_t *pixels;              /* (N, H, W) */
    mien_status *statuses;        /* (N) of the last change */
};

/* Room for copies of rows (N at least 1) of a data set; both are borrowed. */
mien_status picture_copies_new(const struct dataset *source, const uint32_t *rows, size_t count,
                               struct picture_copies *ret_copies, mien_error *err);

/* Accepts a zeroed struct. */
void picture_copies_free(struct picture_copies *copies);

/* Fills `copy`, of the same size and grey, with row `row`, `picture`, changed. Threads call it at
 * once, each for another row. */
typedef mien_status picture_change(const void *context, uint32_t row, const struct image *picture,
                                   struct image *copy);

/* Makes every copy anew from its picture. */
mien_status picture_copies_make(struct picture_copies *copies, struct thread_pool *pool,
                                picture_change *change, const void *context, mien_error *err);

#endif

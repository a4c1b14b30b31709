/* csv_reader.h - the rows of a FER2013 CSV from text that comes in windows.
 * SPDX-License-Identifier: MIT */
#ifndef DATASET_CSV_READER_H
#define DATASET_CSV_READER_H

#include "dataset/dataset_builder.h"
#include "dataset/pixel_parser.h"

/* A good first line, for messages. */
#define CSV_HEADER_EXAMPLE "emotion,pixels,Usage"

/* One thread at a time. */
struct csv_reader {
    const char *name;                /* the file, for messages; borrowed */
    struct dataset_builder *builder; /* gets the rows; borrowed */
    bool skip_bad;
    struct pixel_kernel kernel;
    int columns;                /* in the header */
    int emotion, pixels, usage; /* which of them, from 0; usage may be -1 */
    size_t line;                /* of the next row, from 1; not kept up behind a bad row */
    bool skipping;              /* the next bytes belong to a bad row that was passed over */
    mien_error first_bad;       /* what was wrong with the first of them */
};

void csv_reader_init(struct csv_reader *reader, const char *name, struct dataset_builder *builder,
                     bool skip_bad);

/* The most bytes that a row may have: a window that holds more than that is never incomplete. */
size_t csv_reader_row_bytes(const struct csv_reader *reader);

/* Finds the columns in the first line of `text` (bytes), where the file begins. `last`: no more
 * text follows. `ret_used` is where the rows begin. */
mien_status csv_reader_header(struct csv_reader *reader, const uint8_t *text, size_t bytes,
                              bool last, size_t *ret_used, mien_error *err);

/* Adds the rows of a window. `ret_used` bytes were read; a row that the window cuts off is not
 * among them: the next window has to begin with it. If `last`, all are used. */
mien_status csv_reader_rows(struct csv_reader *reader, const uint8_t *text, size_t bytes, bool last,
                            size_t *ret_used, mien_error *err);

/* After the last window: MIEN_ECORRUPT if there was no good row at all. */
mien_status csv_reader_finish(const struct csv_reader *reader, mien_error *err);

#endif

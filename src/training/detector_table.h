/* detector_table.h - rows of a CSV table: a file's name and numbers, or a file's name and a word.
 * SPDX-License-Identifier: MIT */
#ifndef TRAINING_DETECTOR_TABLE_H
#define TRAINING_DETECTOR_TABLE_H

#include <stdbool.h>

#include "base/file.h"
#include "dataset/csv_cell.h"

/* One thread at a time. */
struct detector_table {
    char *path;
    const char *header; /* "file,x,y,w,h" */
    struct file_map map;
    struct csv_cursor cursor;
    const uint8_t *line_start;
    size_t line; /* of the row that was read last, from 1; the header's is 1 */
};

/* Opens `name` in `folder` and reads its first line, which must be `header` (borrowed). Whatever
 * it returns, detector_table_close() is due.
 * @return MIEN_EIO, MIEN_ENOMEM, or MIEN_ECORRUPT for another header */
mien_status detector_table_open(const char *folder, const char *name, const char *header,
                                struct detector_table *ret_table, mien_error *err);
void detector_table_close(struct detector_table *table);

/* Steps to the next row, over empty lines; false at the end. Read all of a row's cells. */
bool detector_table_next(struct detector_table *table);

/* The row's next cell. MIEN_ECORRUPT where the row has no more, or, if `last`, has another. */
mien_status detector_table_word(struct detector_table *table, bool last, struct csv_cell *ret_cell,
                                mien_error *err);

/* The row's last `count` cells, finite numbers no further from 0 than a picture can be wide. */
mien_status detector_table_numbers(struct detector_table *table, int count, float *ret_numbers,
                                   mien_error *err);

/* Writes "path:line:column: " and `words` about the cell, for which "%s" in `words` stands. */
mien_status detector_table_fail(const struct detector_table *table, const struct csv_cell *cell,
                                const char *words, mien_error *err);

#endif

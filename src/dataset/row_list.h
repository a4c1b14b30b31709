/* row_list.h - lists of row numbers in text files: what `mien split` and `mien audit` write, and
 * what --exclude reads.
 *
 *     # anything behind a '#' is for people
 *     17
 *     42   # the same picture as row 5
 * SPDX-License-Identifier: MIT */
#ifndef DATASET_ROW_LIST_H
#define DATASET_ROW_LIST_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/* Reads the row numbers in `path`, one a line, each below `count`, the data set's rows. They come
 * sorted, each once; the caller frees `ret_rows`.
 * MIEN_EIO: cannot be read. MIEN_ECORRUPT: a line is no row number, or beyond the data set; the
 * message names file and line. */
mien_status row_list_read(const char *path, size_t count, uint32_t **ret_rows, size_t *ret_count,
                          mien_error *err);

/* Takes the rows of `excluded` (sorted, as row_list_read() gives them) out of `rows` (count), the
 * rest in its order, and returns how many are left. */
size_t row_list_exclude(uint32_t *rows, size_t count, const uint32_t *excluded,
                        size_t excluded_count);

#endif

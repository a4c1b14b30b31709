/* info_history.h - a model's training history as a table of cells.
 * SPDX-License-Identifier: MIT */
#ifndef CLI_INFO_HISTORY_H
#define CLI_INFO_HISTORY_H

#include <stddef.h>

#include "base/error.h"

/* Row 0 is the heading; `rows` does not count it, and is 0 for a model without a history. */
struct info_history {
    char *text;   /* the cells' memory */
    char **cells; /* (rows + 1, columns) */
    size_t rows, columns;
};

/* `csv` is the text that a model file holds: plain cells, no quotes. MIEN_ECORRUPT if a row has
 * more or fewer cells than the heading. */
mien_status info_history_parse(const char *csv, struct info_history *ret_history, mien_error *err);
void info_history_free(struct info_history *history);

/* A cell; row 0 is the heading. */
const char *info_history_cell(const struct info_history *history, size_t row, size_t column);

/* The row whose weights training kept: the first with the highest validation accuracy. 0 if the
 * history does not say. */
size_t info_history_best(const struct info_history *history);

#endif

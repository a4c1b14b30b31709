/* csv_cell.h - the cells of a line of CSV (RFC 4180), spaces around them trimmed.
 * SPDX-License-Identifier: MIT */
#ifndef DATASET_CSV_CELL_H
#define DATASET_CSV_CELL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A stretch of text. `end` is a bound, not a terminator: nothing at or behind it is read. */
struct csv_cursor {
    const uint8_t *at, *end;
};

/* What is inside a cell, without its quotes and the spaces at its ends; "" inside quotes stays. */
struct csv_cell {
    const uint8_t *text;
    size_t length;
};

/* Steps over the spaces and the quote that may open a cell; tells whether there was a quote. */
bool csv_cell_open(struct csv_cursor *cursor);

/* Steps over the quote, if there was one to open, and the spaces that close a cell. False if the
 * quote is missing. */
bool csv_cell_close(struct csv_cursor *cursor, bool quoted);

/* Reads a whole cell. The cursor is then at what follows it: normally a comma, the end of the
 * line, or `end`. False if a quote is not closed before `end`. */
bool csv_cell_read(struct csv_cursor *cursor, struct csv_cell *ret_cell);

/* Whether the cursor is at a line's end: LF, CR LF or `end`. */
bool csv_line_ends(const struct csv_cursor *cursor);

/* Steps over LF or CR LF. */
void csv_line_step(struct csv_cursor *cursor);

/* Whether the cell holds `word`, upper and lower case being the same. */
bool csv_cell_is(const struct csv_cell *cell, const char *word);

enum { CSV_CELL_SHOWN = 32 };

/* The beginning of a cell for a message, what cannot be printed as "?". */
void csv_cell_show(const struct csv_cell *cell, char ret_text[CSV_CELL_SHOWN]);

#endif

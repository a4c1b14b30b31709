/* csv_reader.c - a FER2013 CSV's header and rows.
 * Untrusted input: a row is bounded, and everything in it is checked before it counts.
 * SPDX-License-Identifier: MIT */
#include "dataset/csv_reader.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "dataset/csv_cell.h"
#include "dataset/dataset_names.h"

/* Room in a row for what is not pixels. */
enum { OTHER_CELLS_BYTES = 1 << 16 };

/* A row while it is read. */
struct row {
    const uint8_t *start;
    struct csv_cursor cursor;
    const uint8_t *cell; /* that is read; the row after a bad one begins below its first line */
    bool is_open;        /* a quote is not closed */
    int label;
    enum dataset_part part;
};

void csv_reader_init(struct csv_reader *reader, const char *name, struct dataset_builder *builder,
                     bool skip_bad)
{
    struct pixel_kernel kernels[PIXEL_KERNELS_MAX];

    pixel_kernels(kernels);
    *reader = (struct csv_reader){
        .name = name, .builder = builder, .skip_bad = skip_bad, .kernel = kernels[0], .line = 1};
}

static size_t picture_pixels(const struct csv_reader *reader)
{
    return (size_t)reader->builder->data.width * (size_t)reader->builder->data.height;
}

size_t csv_reader_row_bytes(const struct csv_reader *reader)
{
    return OTHER_CELLS_BYTES + sizeof("255") * picture_pixels(reader);
}

/* Says what is wrong at `where` in the line that begins at `line`; false, for a tail call. */
static bool __attribute__((format(printf, 5, 6)))
fail(const struct csv_reader *reader, const uint8_t *line, const uint8_t *where, mien_error *err,
     const char *format, ...)
{
    char message[512];
    va_list args;

    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    error_set(err, MIEN_ECORRUPT, "%s:%zu:%zu: %s", reader->name, reader->line,
              (size_t)(where - line) + 1, message);
    return false;
}

/* A cell that is not what it should be: `what` names it, `right` says what would do. */
static bool fail_cell(const struct csv_reader *reader, const struct row *row,
                      const struct csv_cell *cell, const char *what, const char *right,
                      mien_error *err)
{
    const uint8_t *nul = memchr(cell->text, 0, cell->length);
    char shown[CSV_CELL_SHOWN];

    if (nul)
        return fail(reader, row->start, nul, err, "a NUL byte: damaged, or not a text file");
    csv_cell_show(cell, shown);
    return fail(reader, row->start, cell->text, err, "%s \"%s\", but %s", what, shown, right);
}

static bool read_cell(const struct csv_reader *reader, struct row *row, struct csv_cell *ret_cell,
                      mien_error *err)
{
    struct csv_cursor opened = row->cursor;

    if (csv_cell_read(&row->cursor, ret_cell))
        return true;
    csv_cell_open(&opened);
    row->is_open = true;
    return fail(reader, row->start, opened.at - 1, err, "a quote is not closed");
}

static bool read_label(const struct csv_reader *reader, struct row *row, mien_error *err)
{
    struct csv_cell cell;

    if (!read_cell(reader, row, &cell, err))
        return false;
    row->label = cell.length == 1 ? cell.text[0] - '0' : -1;
    if (row->label < 0 || row->label >= DATASET_EXPRESSIONS)
        return fail_cell(reader, row, &cell, "label", "labels are 0 (angry) to 6 (neutral)", err);
    return true;
}

static bool read_part(const struct csv_reader *reader, struct row *row, mien_error *err)
{
    struct csv_cell cell;
    char name[CSV_CELL_SHOWN];
    int part;

    if (!read_cell(reader, row, &cell, err))
        return false;
    csv_cell_show(&cell, name);
    part = dataset_part_find(name);
    if (part < 0)
        return fail_cell(reader, row, &cell, "Usage", "it is Training, PublicTest or PrivateTest",
                         err);
    row->part = (enum dataset_part)part;
    return true;
}

/* A cell that nobody needs, which may have lines of its own inside quotes. */
static bool skip_cell(const struct csv_reader *reader, struct row *row, size_t *lines,
                      mien_error *err)
{
    struct csv_cell cell;
    const uint8_t *at, *end;

    if (!read_cell(reader, row, &cell, err))
        return false;
    end = cell.text + cell.length;
    for (at = cell.text; (at = memchr(at, '\n', (size_t)(end - at))); at++)
        (*lines)++;
    return true;
}

/* The word at `at`, which is no pixel. */
static bool fail_pixel(const struct csv_reader *reader, const struct row *row, const uint8_t *at,
                       size_t parsed, mien_error *err)
{
    struct csv_cell word = {at, 0};
    char what[32];

    while (!pixel_word_ends(at + word.length, row->cursor.end))
        word.length++;
    snprintf(what, sizeof what, "pixel %zu is", parsed + 1);
    return fail_cell(reader, row, &word, what, "pixels are whole numbers from 0 to 255", err);
}

static bool read_pixels(const struct csv_reader *reader, struct row *row, uint8_t *pixels,
                        mien_error *err)
{
    size_t count = picture_pixels(reader), parsed;
    int width = reader->builder->data.width;
    bool quoted = csv_cell_open(&row->cursor);
    const uint8_t *end = row->cursor.end, *stop;

    parsed = pixel_parse(&reader->kernel, row->cursor.at, end, pixels, count, &stop);
    row->cursor.at = stop;
    if (!pixel_word_ends(stop, end)) {
        if (parsed < count || *stop < '0' || *stop > '9')
            return fail_pixel(reader, row, stop, parsed, err);
        return fail(reader, row->start, stop, err,
                    "more than %zu pixels, but pictures of %dx%d have %zu", count, width, width,
                    count);
    }
    if (parsed < count)
        return fail(reader, row->start, stop, err, "%zu pixels, but pictures of %dx%d have %zu",
                    parsed, width, width, count);
    if (csv_cell_close(&row->cursor, quoted))
        return true;
    return fail(reader, row->start, row->cursor.at, err, "a quote is not closed");
}

/* A cell is followed by a comma if it is not the last one, and by the line's end if it is. */
static bool read_separator(const struct csv_reader *reader, struct row *row, int column,
                           mien_error *err)
{
    const uint8_t *at = row->cursor.at;
    bool ends = csv_line_ends(&row->cursor), comma = !ends && *at == ',';

    if (column + 1 < reader->columns) {
        row->cursor.at += comma;
        if (comma)
            return true;
        if (ends)
            return fail(reader, row->start, at, err, "%d %s, but the header names %d columns",
                        column + 1, column ? "cells" : "cell", reader->columns);
    }
    if (comma)
        return fail(reader, row->start, at, err, "more cells than the header's %d columns",
                    reader->columns);
    return ends || fail(reader, row->start, at, err, "a comma or the line's end is missing here");
}

/* Reads a row up to its line's end. `lines` counts the line ends inside. */
static bool read_cells(const struct csv_reader *reader, struct row *row, uint8_t *pixels,
                       size_t *lines, mien_error *err)
{
    for (int column = 0; column < reader->columns; column++) {
        bool good;
        row->cell = row->cursor.at;
        if (column == reader->pixels)
            good = read_pixels(reader, row, pixels, err);
        else if (column == reader->emotion)
            good = read_label(reader, row, err);
        else if (column == reader->usage)
            good = read_part(reader, row, err);
        else
            good = skip_cell(reader, row, lines, err);
        if (!good || !read_separator(reader, row, column, err))
            return false;
    }
    return true;
}

static bool is_blank(struct csv_cursor *cursor)
{
    struct csv_cursor start = *cursor;

    if (!csv_cell_open(cursor) && csv_line_ends(cursor))
        return true;
    *cursor = start;
    return false;
}

/* To the next line; the rest of the window if it does not end in there. */
static const uint8_t *pass_over(struct csv_reader *reader, const uint8_t *at, const uint8_t *end)
{
    const uint8_t *newline = memchr(at, '\n', (size_t)(end - at));

    reader->skipping = !newline;
    return newline ? newline + 1 : end;
}

/* Deals with a bad row as `skip_bad` says. `at` becomes the start of the next. */
static mien_status handle_bad(struct csv_reader *reader, const struct row *row,
                              const mien_error *fault, const uint8_t **at, const uint8_t *end,
                              mien_error *err)
{
    if (!reader->skip_bad) {
        if (err)
            *err = *fault;
        return fault->status;
    }
    if (reader->builder->data.skipped++ == 0)
        reader->first_bad = *fault;
    *at = pass_over(reader, row->cell, end);
    return MIEN_OK;
}

/* Reads the row at `at`. Leaves `at` where it is if the window cuts the row off. */
static mien_status read_row(struct csv_reader *reader, const uint8_t **at, const uint8_t *end,
                            bool last, mien_error *err)
{
    size_t limit = csv_reader_row_bytes(reader), lines = 1;
    bool bounded = (size_t)(end - *at) >= limit;
    struct row row = {.start = *at, .cursor = {*at, bounded ? *at + limit : end}, .cell = *at};
    mien_status status;
    mien_error fault;
    uint8_t *pixels;
    bool good, blank = is_blank(&row.cursor);

    status = dataset_builder_pixels(reader->builder, &pixels, err);
    if (status)
        return status;
    good = blank || read_cells(reader, &row, pixels, &lines, &fault);
    if (row.cursor.at == row.cursor.end && (bounded || !last)) {
        if (!bounded)
            return MIEN_OK;
        if (!row.is_open)
            good = fail(reader, row.start, row.cursor.end, &fault,
                        "the line is longer than %zu bytes, but no picture of %dx%d takes as many",
                        limit, reader->builder->data.width, reader->builder->data.height);
    }
    if (!good)
        return handle_bad(reader, &row, &fault, at, end, err);
    csv_line_step(&row.cursor);
    if (row.cursor.at == end && row.cursor.at[-1] == '\r' && !last)
        return MIEN_OK;
    if (!blank)
        dataset_builder_add(reader->builder, row.label, row.part);
    reader->line += lines;
    *at = row.cursor.at;
    return MIEN_OK;
}

mien_status csv_reader_rows(struct csv_reader *reader, const uint8_t *text, size_t bytes, bool last,
                            size_t *ret_used, mien_error *err)
{
    const uint8_t *at = text, *end = text + bytes, *before = NULL;
    mien_status status = MIEN_OK;

    if (reader->skipping)
        at = pass_over(reader, at, end);
    while (!status && at < end && at != before) {
        before = at;
        status = read_row(reader, &at, end, last, err);
    }
    *ret_used = (size_t)(at - text);
    return status;
}

mien_status csv_reader_finish(const struct csv_reader *reader, mien_error *err)
{
    const struct dataset *data = &reader->builder->data;

    if (data->count)
        return MIEN_OK;
    if (data->skipped) {
        if (err)
            *err = reader->first_bad;
        return error_prefix(err, MIEN_ECORRUPT, "all %zu rows are bad, the first", data->skipped);
    }
    return error_set(err, MIEN_ECORRUPT, "%s:%zu:1: no row follows the header", reader->name,
                     reader->line);
}

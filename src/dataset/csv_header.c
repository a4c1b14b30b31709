/* csv_header.c - find the columns of a FER2013 CSV by their names.
 * SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/text.h"
#include "dataset/csv_cell.h"
#include "dataset/csv_reader.h"

static mien_status check_beginning(const struct csv_reader *reader, const uint8_t *text,
                                   size_t bytes, mien_error *err)
{
    if (bytes == 0)
        return error_set(
            err, MIEN_ECORRUPT,
            "%s:1:1: empty, but a data set begins with a line like " CSV_HEADER_EXAMPLE,
            reader->name);
    if (bytes >= 2 && (!memcmp(text, "\xff\xfe", 2) || !memcmp(text, "\xfe\xff", 2)))
        return error_set(err, MIEN_ECORRUPT, "%s:1:1: UTF-16 text, but it has to be UTF-8",
                         reader->name);
    return MIEN_OK;
}

/* Notes a column if it is one of those that are needed. */
static mien_status note_column(struct csv_reader *reader, const struct csv_cell *name,
                               size_t position, mien_error *err)
{
    int *column = csv_cell_is(name, "emotion")  ? &reader->emotion
                  : csv_cell_is(name, "pixels") ? &reader->pixels
                  : csv_cell_is(name, "Usage")  ? &reader->usage
                                                : NULL;
    char shown[CSV_CELL_SHOWN];

    if (column && *column >= 0) {
        csv_cell_show(name, shown);
        return error_set(err, MIEN_ECORRUPT,
                         "%s:1:%zu: a second column \"%s\", but a data set has one", reader->name,
                         position, shown);
    }
    if (column)
        *column = reader->columns;
    reader->columns++;
    return MIEN_OK;
}

/* What the header names, for a message; the first few columns are enough to see what is wrong. */
static void list_columns(struct csv_cursor cursor, struct text *list)
{
    struct csv_cell name;
    char shown[CSV_CELL_SHOWN];

    for (int column = 0; csv_cell_read(&cursor, &name); column++, cursor.at++) {
        csv_cell_show(&name, shown);
        text_add(list, "%s\"%s\"", column ? ", " : "", shown);
        if (column == 5)
            text_add(list, ", ...");
        if (column == 5 || csv_line_ends(&cursor))
            return;
    }
}

static mien_status require_column(const struct csv_reader *reader, int column, const char *name,
                                  struct csv_cursor header, mien_error *err)
{
    struct text list = {0};

    if (column >= 0)
        return MIEN_OK;
    list_columns(header, &list);
    error_set(err, MIEN_ECORRUPT,
              "%s:1:1: no column \"%s\" among %s, but the first line has to name the columns, "
              "like " CSV_HEADER_EXAMPLE,
              reader->name, name, list.data ? list.data : "the columns");
    text_free(&list);
    return MIEN_ECORRUPT;
}

static mien_status read_names(struct csv_reader *reader, const uint8_t *line,
                              struct csv_cursor *cursor, mien_error *err)
{
    struct csv_cell name;
    mien_status status = MIEN_OK;
    bool closed, ends = false;

    while (!status && !ends) {
        size_t position = (size_t)(cursor->at - line) + 1;
        closed = csv_cell_read(cursor, &name);
        ends = csv_line_ends(cursor);
        if (memchr(name.text, 0, name.length))
            return error_set(err, MIEN_ECORRUPT,
                             "%s:1:%zu: a NUL byte: damaged, or not a text file", reader->name,
                             position);
        if (!closed || (!ends && *cursor->at != ','))
            return error_set(err, MIEN_ECORRUPT, "%s:1:%zu: %s", reader->name, position,
                             closed ? "text follows a quoted name" : "a quote is not closed");
        status = note_column(reader, &name, position, err);
        cursor->at += !ends;
    }
    return status;
}

mien_status csv_reader_header(struct csv_reader *reader, const uint8_t *text, size_t bytes,
                              bool last, size_t *ret_used, mien_error *err)
{
    struct csv_cursor cursor = {text, text + bytes}, header;
    mien_status status = check_beginning(reader, text, bytes, err);

    if (status)
        return status;
    if (bytes >= 3 && !memcmp(text, "\xef\xbb\xbf", 3)) /* UTF-8's byte order mark */
        cursor.at += 3;
    header = cursor;
    reader->columns = 0;
    reader->emotion = reader->pixels = reader->usage = -1;
    status = read_names(reader, text, &cursor, err);
    if (!status && cursor.at == cursor.end && !last)
        status = error_set(err, MIEN_ECORRUPT,
                           "%s:1:%zu: the first line goes on and on, but it has to name the "
                           "columns, like " CSV_HEADER_EXAMPLE,
                           reader->name, bytes);
    if (!status)
        status = require_column(reader, reader->emotion, "emotion", header, err);
    if (!status)
        status = require_column(reader, reader->pixels, "pixels", header, err);
    if (status)
        return status;
    csv_line_step(&cursor);
    reader->line = 2;
    *ret_used = (size_t)(cursor.at - text);
    return MIEN_OK;
}

/* detector_table.c - rows of a CSV table, each cell checked as it is read.
 * SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "training/detector_table.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "image/image.h"

mien_status detector_table_fail(const struct detector_table *table, const struct csv_cell *cell,
                                const char *words, mien_error *err)
{
    char shown[CSV_CELL_SHOWN];

    csv_cell_show(cell, shown);
    return error_set(err, MIEN_ECORRUPT, "%s:%zu:%zu: \"%s\" %s", table->path, table->line,
                     (size_t)(cell->text - table->line_start) + 1, shown, words);
}

static mien_status read_header(struct detector_table *table, mien_error *err)
{
    const struct csv_cursor *cursor = &table->cursor;
    size_t length = strlen(table->header);
    const uint8_t *at = cursor->at;

    if ((size_t)(cursor->end - at) >= length && !memcmp(at, table->header, length)) {
        table->cursor.at += length;
        if (csv_line_ends(cursor)) {
            csv_line_step(&table->cursor);
            return MIEN_OK;
        }
    }
    return error_set(err, MIEN_ECORRUPT, "%s:1:1: the first line must be %s", table->path,
                     table->header);
}

mien_status detector_table_open(const char *folder, const char *name, const char *header,
                                struct detector_table *ret_table, mien_error *err)
{
    mien_status status;

    *ret_table = (struct detector_table){.header = header, .line = 1};
    if (asprintf(&ret_table->path, "%s/%s", folder, name) < 0) {
        ret_table->path = NULL;
        return error_memory(err, strlen(folder) + strlen(name));
    }
    status = file_map_open(ret_table->path, &ret_table->map, err);
    if (status)
        return status;
    ret_table->cursor =
        (struct csv_cursor){ret_table->map.data, ret_table->map.data + ret_table->map.bytes};
    return read_header(ret_table, err);
}

void detector_table_close(struct detector_table *table)
{
    file_map_close(&table->map);
    free(table->path);
    table->path = NULL;
}

bool detector_table_next(struct detector_table *table)
{
    do {
        if (table->cursor.at == table->cursor.end)
            return false;
        table->line++;
        table->line_start = table->cursor.at;
        if (!csv_line_ends(&table->cursor))
            return true;
        csv_line_step(&table->cursor);
    } while (true);
}

mien_status detector_table_word(struct detector_table *table, bool last, struct csv_cell *ret_cell,
                                mien_error *err)
{
    struct csv_cursor *cursor = &table->cursor;
    bool whole = csv_cell_read(cursor, ret_cell);
    bool ends = csv_line_ends(cursor);

    if (!whole || (!ends && *cursor->at != ','))
        return detector_table_fail(table, ret_cell, "is no cell: its quotes are wrong", err);
    if (memchr(ret_cell->text, 0, ret_cell->length))
        return detector_table_fail(table, ret_cell, "has a zero byte: this is no text", err);
    if (ends != last)
        return error_set(err, MIEN_ECORRUPT, "%s:%zu: too %s cells; a row is %s", table->path,
                         table->line, ends ? "few" : "many", table->header);
    if (ends)
        csv_line_step(cursor);
    else
        cursor->at++;
    return MIEN_OK;
}

static bool parse_number(const struct csv_cell *cell, float *ret_number)
{
    char text[32], *end;

    if (cell->length == 0 || cell->length >= sizeof text)
        return false;
    memcpy(text, cell->text, cell->length);
    text[cell->length] = 0;
    if (strspn(text, "+-.0123456789eE") != cell->length) /* strtof also knows "inf", "0x1p3" */
        return false;
    *ret_number = strtof(text, &end);
    return !*end && fabsf(*ret_number) <= IMAGE_MAX_SIDE;
}

mien_status detector_table_numbers(struct detector_table *table, int count, float *ret_numbers,
                                   mien_error *err)
{
    for (int i = 0; i < count; i++) {
        struct csv_cell cell;
        mien_status status = detector_table_word(table, i == count - 1, &cell, err);
        if (status)
            return status;
        if (!parse_number(&cell, &ret_numbers[i]))
            return detector_table_fail(table, &cell, "is no position in pixels", err);
    }
    return MIEN_OK;
}

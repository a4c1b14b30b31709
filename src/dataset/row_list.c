/* row_list.c - row numbers from text, one a line.
 * SPDX-License-Identifier: MIT */
#include "dataset/row_list.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"

struct reader {
    const char *path;
    const char *at, *end; /* the text that is left */
    size_t line;          /* from 1 */
    size_t count;         /* rows of the data set */
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static const char *skip_blanks(const char *at, const char *end)
{
    while (at < end && is_blank(*at))
        at++;
    return at;
}

/* The row that the line from `at` to `end` names; `ret_any` is false for an empty one. */
static mien_status read_line(const struct reader *reader, const char *at, const char *end,
                             bool *ret_any, uint32_t *ret_row, mien_error *err)
{
    const char *comment = memchr(at, '#', (size_t)(end - at)), *digits;
    uint64_t row = 0;

    end = comment ? comment : end;
    digits = at = skip_blanks(at, end);
    *ret_any = at < end;
    for (; at < end && *at >= '0' && *at <= '9' && row <= UINT32_MAX; at++)
        row = row * 10 + (uint64_t)(*at - '0');
    if (!*ret_any)
        return MIEN_OK;
    if (at == digits || (skip_blanks(at, end) != end && row <= UINT32_MAX))
        return error_set(err, MIEN_ECORRUPT,
                         "%s:%zu: \"%.*s\" is no row number; a line is one, then perhaps a "
                         "comment behind '#'",
                         reader->path, reader->line, end - digits < 40 ? (int)(end - digits) : 40,
                         digits);
    if (row >= reader->count)
        return error_set(err, MIEN_ECORRUPT,
                         "%s:%zu: row %.*s is beyond the data set, whose rows are 0 to %zu",
                         reader->path, reader->line, (int)(at - digits), digits, reader->count - 1);
    *ret_row = (uint32_t)row;
    return MIEN_OK;
}

/* Marks the rows that the text names in `named` (count of the data set). */
static mien_status read_lines(struct reader *reader, bool *named, mien_error *err)
{
    while (reader->at < reader->end) {
        const char *newline = memchr(reader->at, '\n', (size_t)(reader->end - reader->at));
        const char *end = newline ? newline : reader->end;
        uint32_t row = 0;
        bool any;
        mien_status status = read_line(reader, reader->at, end, &any, &row, err);

        if (status)
            return status;
        if (any)
            named[row] = true;
        reader->at = newline ? newline + 1 : end;
        reader->line++;
    }
    return MIEN_OK;
}

static mien_status collect(const bool *named, size_t count, uint32_t **ret_rows, size_t *ret_count,
                           mien_error *err)
{
    size_t total = 0;
    uint32_t *rows;

    for (size_t row = 0; row < count; row++)
        total += named[row];
    rows = malloc((total ? total : 1) * sizeof *rows);
    if (!rows)
        return error_memory(err, total * sizeof *rows);
    total = 0;
    for (size_t row = 0; row < count; row++)
        if (named[row])
            rows[total++] = (uint32_t)row;
    *ret_rows = rows;
    *ret_count = total;
    return MIEN_OK;
}

mien_status row_list_read(const char *path, size_t count, uint32_t **ret_rows, size_t *ret_count,
                          mien_error *err)
{
    struct file_map map;
    struct reader reader;
    bool *named;
    mien_status status = file_map_open(path, &map, err);

    if (status)
        return status;
    named = calloc(count, sizeof *named);
    reader =
        (struct reader){path, (const char *)map.data, (const char *)map.data + map.bytes, 1, count};
    status = named ? read_lines(&reader, named, err) : error_memory(err, count * sizeof *named);
    if (!status)
        status = collect(named, count, ret_rows, ret_count, err);
    free(named);
    file_map_close(&map);
    return status;
}

static int by_number(const void *left, const void *right)
{
    uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;

    return a < b ? -1 : a > b;
}

size_t row_list_exclude(uint32_t *rows, size_t count, const uint32_t *excluded,
                        size_t excluded_count)
{
    size_t kept = 0;

    if (excluded_count == 0)
        return count;
    for (size_t i = 0; i < count; i++)
        if (!bsearch(&rows[i], excluded, excluded_count, sizeof *excluded, by_number))
            rows[kept++] = rows[i];
    return kept;
}

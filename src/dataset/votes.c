/* votes.c - read FER+'s table of votes.
 * SPDX-License-Identifier: MIT */
#include "dataset/votes.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/memory.h"
#include "dataset/csv_cell.h"
#include "dataset/dataset_names.h"

/* Columns that a file may have, ours among them. */
enum { MOST_COLUMNS = 64 };

#define HEADER_EXAMPLE "Usage,Image name,neutral,happiness,...,contempt,unknown,NF"

struct reader {
    const char *path;
    struct csv_cursor cursor;
    size_t line;               /* from 1 */
    int meaning[MOST_COLUMNS]; /* of each column: 0 to VOTES_COLUMNS - 1, or -1 */
    int columns;
};

static int meaning_of(const struct csv_cell *cell)
{
    char name[CSV_CELL_SHOWN];

    if (csv_cell_is(cell, "unknown"))
        return VOTES_UNKNOWN;
    if (csv_cell_is(cell, "NF"))
        return VOTES_NOT_A_FACE;
    csv_cell_show(cell, name);
    return dataset_expression_find(name);
}

/* Steps behind the cell that was read: over its comma, or to the line's end. */
static bool step_on(struct reader *reader, mien_error *err)
{
    if (csv_line_ends(&reader->cursor))
        return true;
    if (*reader->cursor.at == ',') {
        reader->cursor.at++;
        return true;
    }
    error_set(err, MIEN_ECORRUPT, "%s:%zu: something follows a quoted cell; a comma would be right",
              reader->path, reader->line);
    return false;
}

static mien_status read_header(struct reader *reader, mien_error *err)
{
    bool seen[VOTES_COLUMNS] = {false};
    struct csv_cell cell;
    int found = 0;

    for (bool more = true; more; reader->columns++) {
        int meaning;
        if (reader->columns == MOST_COLUMNS || !csv_cell_read(&reader->cursor, &cell))
            return error_set(err, MIEN_ECORRUPT, "%s:1: no line of names such as \"%s\"",
                             reader->path, HEADER_EXAMPLE);
        meaning = meaning_of(&cell);
        reader->meaning[reader->columns] = meaning >= 0 && !seen[meaning] ? meaning : -1;
        if (reader->meaning[reader->columns] >= 0) {
            seen[meaning] = true;
            found++;
        }
        more = !csv_line_ends(&reader->cursor);
        if (!step_on(reader, err))
            return MIEN_ECORRUPT;
    }
    if (found < VOTES_COLUMNS)
        return error_set(err, MIEN_ECORRUPT,
                         "%s:1: %d of the %d columns of votes; the first line should be like "
                         "\"%s\", as FER+'s fer2013new.csv has it",
                         reader->path, found, VOTES_COLUMNS, HEADER_EXAMPLE);
    csv_line_step(&reader->cursor);
    reader->line++;
    return MIEN_OK;
}

/* A number 0 to 255, or -1. */
static int number_of(const struct csv_cell *cell)
{
    int number = 0;

    for (size_t i = 0; i < cell->length && number <= UINT8_MAX; i++) {
        if (cell->text[i] < '0' || cell->text[i] > '9')
            return -1;
        number = number * 10 + cell->text[i] - '0';
    }
    return cell->length && number <= UINT8_MAX ? number : -1;
}

static mien_status read_row(struct reader *reader, uint8_t *votes, mien_error *err)
{
    for (int column = 0; column < reader->columns; column++) {
        struct csv_cell cell;
        char shown[CSV_CELL_SHOWN];
        int number;

        if (!csv_cell_read(&reader->cursor, &cell))
            return error_set(err, MIEN_ECORRUPT, "%s:%zu: a quote is not closed", reader->path,
                             reader->line);
        number = number_of(&cell);
        csv_cell_show(&cell, shown);
        if (reader->meaning[column] >= 0 && number < 0)
            return error_set(err, MIEN_ECORRUPT,
                             "%s:%zu: column %d holds \"%s\"; votes are numbers from 0 to 255",
                             reader->path, reader->line, column + 1, shown);
        if (reader->meaning[column] >= 0)
            votes[reader->meaning[column]] = (uint8_t)number;
        if (csv_line_ends(&reader->cursor) != (column == reader->columns - 1))
            return error_set(err, MIEN_ECORRUPT, "%s:%zu: not the %d cells of the first line",
                             reader->path, reader->line, reader->columns);
        if (!step_on(reader, err))
            return MIEN_ECORRUPT;
    }
    csv_line_step(&reader->cursor);
    reader->line++;
    return MIEN_OK;
}

static mien_status read_rows(struct reader *reader, struct votes *votes, mien_error *err)
{
    size_t rows = 0;

    while (reader->cursor.at < reader->cursor.end && rows < votes->count) {
        mien_status status = read_row(reader, votes->votes + rows * VOTES_COLUMNS, err);
        if (status)
            return status;
        rows++;
    }
    if (rows < votes->count || reader->cursor.at < reader->cursor.end)
        return error_set(err, MIEN_ECORRUPT,
                         "%s: %s %zu rows of votes, but the data set has %zu; they must be the "
                         "same rows in the same order",
                         reader->path, rows < votes->count ? "only" : "more than", rows,
                         votes->count);
    return MIEN_OK;
}

mien_status votes_open(const char *path, size_t count, struct votes *ret_votes, mien_error *err)
{
    struct votes votes = {.count = count};
    struct reader reader = {.path = path, .line = 1};
    struct file_map map;
    size_t bytes;
    mien_status status = file_map_open(path, &map, err);

    if (status)
        return status;
    reader.cursor = (struct csv_cursor){map.data, map.data + map.bytes};
    if (mul_size(count, VOTES_COLUMNS, &bytes))
        votes.votes = malloc(bytes ? bytes : 1);
    status = votes.votes ? read_header(&reader, err) : error_memory(err, count * VOTES_COLUMNS);
    if (!status)
        status = read_rows(&reader, &votes, err);
    file_map_close(&map);
    if (status)
        free(votes.votes);
    else
        *ret_votes = votes;
    return status;
}

void votes_close(struct votes *votes)
{
    if (!votes)
        return;
    free(votes->votes);
    *votes = (struct votes){0};
}

int votes_majority(const uint8_t votes[VOTES_COLUMNS])
{
    int top = 0, left = 0;

    for (int column = 0; column < VOTES_COLUMNS; column++) {
        left += votes[column] > 1 ? votes[column] : 0;
        top = votes[column] > votes[top] ? column : top;
    }
    return votes[top] > 1 && 2 * votes[top] > left && top < DATASET_EXPRESSIONS_PLUS ? top : -1;
}

double votes_entropy(const uint8_t votes[VOTES_COLUMNS])
{
    double total = 0, entropy = 0;

    for (int column = 0; column < VOTES_COLUMNS; column++)
        total += votes[column];
    for (int column = 0; column < VOTES_COLUMNS; column++)
        if (votes[column])
            entropy -= votes[column] / total * log2(votes[column] / total);
    return entropy;
}

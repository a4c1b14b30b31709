/* csv_cell.c - find where a cell of CSV begins and ends.
 * SPDX-License-Identifier: MIT */
#include "dataset/csv_cell.h"

#include <string.h>
#include <strings.h>

static void skip_spaces(struct csv_cursor *cursor)
{
    while (cursor->at < cursor->end && (*cursor->at == ' ' || *cursor->at == '\t'))
        cursor->at++;
}

bool csv_cell_open(struct csv_cursor *cursor)
{
    skip_spaces(cursor);
    if (cursor->at == cursor->end || *cursor->at != '"')
        return false;
    cursor->at++;
    return true;
}

bool csv_cell_close(struct csv_cursor *cursor, bool quoted)
{
    if (quoted) {
        if (cursor->at == cursor->end || *cursor->at != '"')
            return false;
        cursor->at++;
    }
    skip_spaces(cursor);
    return true;
}

/* To the closing quote; a doubled one stands for itself. */
static void skip_quoted(struct csv_cursor *cursor)
{
    while (cursor->at < cursor->end) {
        if (*cursor->at == '"') {
            if (cursor->end - cursor->at < 2 || cursor->at[1] != '"')
                return;
            cursor->at++;
        }
        cursor->at++;
    }
}

static void skip_unquoted(struct csv_cursor *cursor)
{
    while (cursor->at < cursor->end && *cursor->at != ',' && !csv_line_ends(cursor))
        cursor->at++;
}

bool csv_cell_read(struct csv_cursor *cursor, struct csv_cell *ret_cell)
{
    bool quoted = csv_cell_open(cursor);
    const uint8_t *text, *end;

    skip_spaces(cursor);
    text = cursor->at;
    if (quoted)
        skip_quoted(cursor);
    else
        skip_unquoted(cursor);
    for (end = cursor->at; end > text && (end[-1] == ' ' || end[-1] == '\t');)
        end--;
    *ret_cell = (struct csv_cell){text, (size_t)(end - text)};
    return csv_cell_close(cursor, quoted);
}

bool csv_line_ends(const struct csv_cursor *cursor)
{
    const uint8_t *at = cursor->at;

    if (at == cursor->end || *at == '\n')
        return true;
    return *at == '\r' && (at + 1 == cursor->end || at[1] == '\n');
}

void csv_line_step(struct csv_cursor *cursor)
{
    if (cursor->at < cursor->end && *cursor->at == '\r')
        cursor->at++;
    if (cursor->at < cursor->end && *cursor->at == '\n')
        cursor->at++;
}

bool csv_cell_is(const struct csv_cell *cell, const char *word)
{
    return cell->length == strlen(word) &&
           !strncasecmp((const char *)cell->text, word, cell->length);
}

void csv_cell_show(const struct csv_cell *cell, char ret_text[CSV_CELL_SHOWN])
{
    size_t shown = cell->length < CSV_CELL_SHOWN ? cell->length : CSV_CELL_SHOWN - 4;

    for (size_t i = 0; i < shown; i++) {
        uint8_t c = cell->text[i];
        ret_text[i] = c >= ' ' && c <= '~' ? (char)c : '?';
    }
    strcpy(ret_text + shown, shown < cell->length ? "..." : "");
}

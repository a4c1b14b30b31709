/* info_history.c - cut a training history into cells.
 * SPDX-License-Identifier: MIT */
#include "info_history.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static size_t count_of(const char *text, const char *end, char wanted)
{
    size_t count = 0;

    for (; text < end; text++)
        count += *text == wanted;
    return count;
}

static mien_status count_cells(const char *csv, struct info_history *history, mien_error *err)
{
    size_t lines = 0;

    for (const char *line = csv, *end; *line; line = *end ? end + 1 : end) {
        size_t cells;
        end = line + strcspn(line, "\n");
        cells = count_of(line, end, ',') + 1;
        if (lines == 0)
            history->columns = cells;
        if (cells != history->columns)
            return error_set(err, MIEN_ECORRUPT,
                             "the training history, line %zu: %zu cells, the heading has %zu",
                             lines + 1, cells, history->columns);
        lines++;
    }
    history->rows = lines ? lines - 1 : 0;
    return MIEN_OK;
}

static void cut(struct info_history *history)
{
    char *text = history->text;

    for (size_t i = 0; i < (history->rows + 1) * history->columns; i++) {
        char *end = text + strcspn(text, ",\n");
        bool last = *end == 0;
        history->cells[i] = text;
        *end = 0;
        text = last ? end : end + 1;
    }
}

mien_status info_history_parse(const char *csv, struct info_history *ret_history, mien_error *err)
{
    struct info_history history = {0};

    if (count_cells(csv, &history, err))
        return MIEN_ECORRUPT;
    history.text = strdup(csv);
    history.cells = calloc((history.rows + 1) * history.columns + 1, sizeof *history.cells);
    if (!history.text || !history.cells) {
        info_history_free(&history);
        return error_memory(err, strlen(csv));
    }
    cut(&history);
    *ret_history = history;
    return MIEN_OK;
}

void info_history_free(struct info_history *history)
{
    free(history->text);
    free(history->cells);
    *history = (struct info_history){0};
}

const char *info_history_cell(const struct info_history *history, size_t row, size_t column)
{
    return history->cells[row * history->columns + column];
}

size_t info_history_best(const struct info_history *history)
{
    size_t best = 0;
    double highest = 0;

    for (size_t column = 0; column < history->columns; column++) {
        if (strcmp(info_history_cell(history, 0, column), "validation_accuracy"))
            continue;
        for (size_t row = 1; row <= history->rows; row++) {
            double value = strtod(info_history_cell(history, row, column), NULL);
            if (best == 0 || value > highest) {
                best = row;
                highest = value;
            }
        }
    }
    return best;
}

/* assignment.c - shortest augmenting paths. Behind the real columns, each row has a column of its
 * own that stands for staying alone, so that a perfect matching of the rows always exists.
 * SPDX-License-Identifier: MIT */
#include "face/assignment.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* All columns are counted from 1; column 0 is where a path starts. */
struct solver {
    const double *cost; /* (rows, columns) */
    size_t rows, columns;
    double unpaired;
    double *row_price, *column_price; /* (rows), (all + 1): the dual variables */
    double *distance;                 /* (all + 1) from the path's start */
    size_t *owner;                    /* (all + 1) row of a column, `rows` for none */
    size_t *before;                   /* (all + 1) the column before this one on its path */
    bool *settled;                    /* (all + 1) */
};

static double cost_of(const struct solver *s, size_t row, size_t column)
{
    if (column > s->columns)
        return column - s->columns - 1 == row ? s->unpaired : INFINITY;
    return s->cost[row * s->columns + column - 1];
}

/* Settles the nearest column from `at` on; returns it. */
static size_t advance(struct solver *s, size_t at)
{
    size_t all = s->columns + s->rows, row = s->owner[at], nearest = 0;
    double least = INFINITY;

    s->settled[at] = true;
    for (size_t j = 1; j <= all; j++) {
        if (s->settled[j])
            continue;
        double reduced = cost_of(s, row, j) - s->row_price[row] - s->column_price[j];
        if (reduced < s->distance[j]) {
            s->distance[j] = reduced;
            s->before[j] = at;
        }
        if (s->distance[j] < least) {
            least = s->distance[j];
            nearest = j;
        }
    }
    for (size_t j = 0; j <= all; j++) {
        if (s->settled[j]) {
            s->row_price[s->owner[j]] += least;
            s->column_price[j] -= least;
        } else {
            s->distance[j] -= least;
        }
    }
    return nearest;
}

static void add_row(struct solver *s, size_t row)
{
    size_t all = s->columns + s->rows, at = 0;

    for (size_t j = 0; j <= all; j++)
        s->distance[j] = INFINITY;
    memset(s->settled, 0, (all + 1) * sizeof *s->settled);
    s->owner[0] = row;
    do
        at = advance(s, at);
    while (s->owner[at] != s->rows);
    for (; at; at = s->before[at]) /* each column on the path gets the row of the one before */
        s->owner[at] = s->owner[s->before[at]];
}

mien_status assignment_solve(const double *cost, size_t rows, size_t columns, double unpaired,
                             int *ret_column, mien_error *err)
{
    size_t all = rows + columns + 1;
    struct solver s = {
        .cost = cost,
        .rows = rows,
        .columns = columns,
        .unpaired = unpaired,
        .row_price = calloc(rows + 1, sizeof *s.row_price),
        .column_price = calloc(all, sizeof *s.column_price),
        .distance = calloc(all, sizeof *s.distance),
        .owner = calloc(all, sizeof *s.owner),
        .before = calloc(all, sizeof *s.before),
        .settled = calloc(all, sizeof *s.settled),
    };
    mien_status status = MIEN_OK;

    if (s.row_price && s.column_price && s.distance && s.owner && s.before && s.settled) {
        for (size_t j = 0; j < all; j++)
            s.owner[j] = rows;
        for (size_t row = 0; row < rows; row++)
            add_row(&s, row);
        for (size_t row = 0; row < rows; row++)
            ret_column[row] = -1;
        for (size_t j = 1; j <= columns; j++)
            if (s.owner[j] < rows)
                ret_column[s.owner[j]] = (int)j - 1;
    } else {
        status = error_memory(err, all * sizeof *s.distance);
    }
    free(s.row_price);
    free(s.column_price);
    free(s.distance);
    free(s.owner);
    free(s.before);
    free(s.settled);
    return status;
}

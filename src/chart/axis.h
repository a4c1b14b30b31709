/* axis.h - scales, ticks, the frame around a plot, and the legend above it.
 * SPDX-License-Identifier: MIT */
#ifndef CHART_AXIS_H
#define CHART_AXIS_H

#include "chart/canvas.h"

/* A straight scale from numbers to points. */
struct axis {
    double low, high; /* numbers at its ends, low < high */
    double from, to;  /* points there; from > to on a y axis */
    double step;      /* between ticks */
    double start;     /* of the first tick, low or above */
    int decimals;     /* of the tick labels */
    bool percent;
};

/* Whether a number can be drawn: NaN cannot, and neither can numbers so large that differences and
 * ratios of them overflow. */
bool range_takes(double value);

/* What an axis must show: numbers that can be drawn widen it. Starts as {0}. */
struct range {
    double low, high;
    bool known; /* has seen a number */
};

void range_add(struct range *range, double value);
void range_add_all(struct range *range, const double *values, size_t count);

/* An axis over `range` (0 to 1 where nothing is known) with about `ticks` ticks at round numbers;
 * `to_ticks` stretches it to the ticks outside. */
struct axis axis_new(struct range range, int ticks, bool to_ticks, bool percent);

/* Puts the ticks at multiples of `step`. */
void axis_set_step(struct axis *axis, double step);

double axis_at(const struct axis *axis, double value);

/* Visits the ticks: `for (double v = a->start; axis_shows(a, v); v += a->step)`. */
bool axis_shows(const struct axis *axis, double value);

/* The label of the tick at `value`. */
const char *axis_label(const struct axis *axis, double value, char ret_text[NUMBER_TEXT]);

/* The widest tick label, in points. */
double axis_label_width(struct canvas *canvas, const struct axis *axis);

/* Takes from `box` the room for tick labels and names (either may be NULL), and places both axes
 * around what is left. A NULL axis has a name only. */
void axis_place(struct canvas *canvas, struct box *box, struct axis *x, struct axis *y,
                const char *x_label, const char *y_label);

/* Draws grid, tick labels and names between `outside` and `plot`, what axis_place() got and left.
 */
void axis_draw(struct canvas *canvas, struct box outside, struct box plot, const struct axis *x,
               const struct axis *y, const char *x_label, const char *y_label);

/* Both, one after the other. */
void axis_frame(struct canvas *canvas, struct box *box, struct axis *x, struct axis *y,
                const char *x_label, const char *y_label);

enum legend_key { LEGEND_SQUARE, LEGEND_LINE, LEGEND_DASHES, LEGEND_DOT };

struct legend_entry {
    const char *name; /* NULL: left out */
    struct colour colour;
    enum legend_key key;
};

/* Draws the entries in rows at the top of `box`, which loses that room. */
void legend_draw(struct canvas *canvas, struct box *box, const struct legend_entry *entries,
                 size_t count);

/* The room that legend_draw() takes in a box `width` wide. */
double legend_height(struct canvas *canvas, const struct legend_entry *entries, size_t count,
                     double width);

#endif

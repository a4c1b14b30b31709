/* chart_parallel.c - parallel coordinates (Inselberg: "The plane with parallel coordinates", The
 * Visual Computer 1, 1985): an axis a dimension, a line across all of them a thing.
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "chart/chart_kind.h"

enum { MOST_DIMENSIONS = 24, MOST_TICKS = 32 };

#define FAINTEST 0.25 /* position in the colour map of the line that ends lowest */
#define TICK 3.0

struct tick {
    double at; /* on the axis */
    char label[NUMBER_TEXT];
};

static mien_status check_dimension(const struct chart_dimension *d, size_t count, size_t number,
                                   mien_error *err)
{
    if (!d->name || !d->values)
        return error_set(err, MIEN_EINVAL, "chart: dimension %zu has no name or no numbers",
                         number);
    if (d->category_count > MOST_TICKS)
        return error_set(err, MIEN_EINVAL, "chart: %s has %zu categories; at most %d", d->name,
                         d->category_count, MOST_TICKS);
    for (size_t i = 0; i < count && d->category_count; i++)
        if (!isnan(d->values[i]) &&
            !(d->values[i] >= 0 && d->values[i] <= (double)d->category_count - 1))
            return error_set(err, MIEN_EINVAL, "chart: %s has %zu categories and a number %g",
                             d->name, d->category_count, d->values[i]);
    return MIEN_OK;
}

static mien_status check(const struct chart *chart, mien_error *err)
{
    const struct chart_parallel *p = &chart->parallel;
    mien_status status = MIEN_OK;

    if (!p->dimensions || p->dimension_count < 2 || p->dimension_count > MOST_DIMENSIONS)
        return error_set(err, MIEN_EINVAL, "chart: %zu dimensions; give 2 to %d",
                         p->dimension_count, MOST_DIMENSIONS);
    if (p->count == 0 || p->count > CHART_MAX_MARKS)
        return error_set(err, MIEN_EINVAL, "chart: %zu lines; give 1 to %d", p->count,
                         CHART_MAX_MARKS);
    for (size_t i = 0; i < p->dimension_count && !status; i++)
        status = check_dimension(&p->dimensions[i], p->count, i, err);
    return status;
}

static void size(struct canvas *canvas, const struct chart *chart, double *width,
                 double *ret_height)
{
    (void)canvas;
    if (*width == 0)
        *width = fmax(CHART_WIDTH, 96 * (double)chart->parallel.dimension_count);
    *ret_height = fmin(*width * CHART_ASPECT, 420);
}

/* The number that the dimension's axis shows for line `i`. */
static double position(const struct chart_dimension *d, size_t i)
{
    return !d->log ? d->values[i] : d->values[i] > 0 ? log10(d->values[i]) : NAN;
}

static struct axis axis_of(const struct chart_dimension *d, size_t count)
{
    struct range range = {0, d->category_count ? (double)d->category_count - 1 : 0,
                          d->category_count > 0};

    for (size_t i = 0; i < count; i++)
        range_add(&range, position(d, i));
    return axis_new(range, 6, false, d->percent);
}

/* At 1, and in short ranges at 2 and 5, times powers of ten. */
static size_t log_ticks(const struct axis *axis, struct tick ticks[MOST_TICKS])
{
    static const int digits[] = {1, 2, 5};
    size_t count = 0;

    for (int power = (int)floor(axis->low); power <= axis->high; power++)
        for (int i = 0; i < 3; i++) {
            double at = power + log10(digits[i]);
            if (count == MOST_TICKS || at < axis->low - 1e-9 || at > axis->high + 1e-9 ||
                (i > 0 && axis->high - axis->low > 2.5))
                continue;
            ticks[count].at = at;
            snprintf(ticks[count++].label, NUMBER_TEXT, "%g", pow(10, power) * digits[i]);
        }
    return count;
}

static size_t ticks_of(const struct chart_dimension *d, const struct axis *axis,
                       struct tick ticks[MOST_TICKS])
{
    size_t count = 0;

    if (d->log)
        return log_ticks(axis, ticks);
    for (; count < d->category_count; count++) {
        ticks[count].at = (double)count;
        snprintf(ticks[count].label, NUMBER_TEXT, "%s", d->categories[count]);
    }
    for (double v = axis->start; !d->category_count && axis_shows(axis, v) && count < MOST_TICKS;
         v += axis->step) {
        ticks[count].at = v;
        axis_label(axis, v, ticks[count++].label);
    }
    return count;
}

/* Axes at even distances, with room for the names of the first and the last. */
static void place(const struct chart_parallel *p, struct box plot, struct axis *axes, double *ret_x)
{
    for (size_t i = 0; i < p->dimension_count; i++) {
        axes[i] = axis_of(&p->dimensions[i], p->count);
        axes[i].from = plot.y + plot.height;
        axes[i].to = plot.y;
        ret_x[i] = plot.x + plot.width * (double)i / (double)(p->dimension_count - 1);
    }
}

/* Labels lie on the lines, each on a little ground of its own. */
static void draw_axis(struct canvas *canvas, const struct chart_dimension *d,
                      const struct axis *axis, double x, double room)
{
    double height = canvas_line_height(THEME_SMALL);
    struct tick ticks[MOST_TICKS];
    size_t count = ticks_of(d, axis, ticks);

    canvas_line(canvas, x, axis->to, x, axis->from, 1, canvas->theme->muted);
    for (size_t i = 0; i < count; i++) {
        double y = axis_at(axis, ticks[i].at), width;
        width = fmin(canvas_text_width(canvas, ticks[i].label, THEME_SMALL) + 0.5, room - 12);
        canvas_line(canvas, x - TICK, y, x, y, 1, canvas->theme->muted);
        canvas_fill(canvas, (struct box){x - TICK - 3 - width, y - height / 2, width + 2, height},
                    canvas->theme->background, 0.75);
        canvas_fitted_text(canvas, ticks[i].label, x - TICK - 2, y - height / 2, width, 1,
                           CANVAS_RIGHT, THEME_SMALL, canvas->theme->ink);
    }
    height = canvas_fitted_height(canvas, d->name, room - 6, 2, THEME_LABEL);
    canvas_fitted_text(canvas, d->name, x, axis->to - height - 8, room - 6, 2, CANVAS_CENTRE,
                       THEME_LABEL, canvas->theme->ink);
}

/* One thing's line, with a gap where it has no number. */
static void draw_line(struct canvas *canvas, const struct chart_parallel *p,
                      const struct axis *axes, const double *x, size_t line)
{
    bool down = false;

    for (size_t i = 0; i < p->dimension_count; i++) {
        double at = position(&p->dimensions[i], line);
        if (range_takes(at) && down)
            cairo_line_to(canvas->cairo, x[i], axis_at(&axes[i], at));
        else if (range_takes(at))
            cairo_move_to(canvas->cairo, x[i], axis_at(&axes[i], at));
        down = range_takes(at);
    }
    cairo_stroke(canvas->cairo);
}

static struct colour colour_of(const struct canvas *canvas, const struct axis *last, double value)
{
    double share = range_takes(value) ? (value - last->low) / (last->high - last->low) : 0;

    return theme_map(canvas->theme, COLOUR_MAP_BLUES, FAINTEST + (1 - FAINTEST) * share);
}

/* Faint ones first, so that the lines that end high are seen; the marked one last. */
static void draw_lines(struct canvas *canvas, const struct chart_parallel *p,
                       const struct axis *axes, const double *x)
{
    const struct chart_dimension *d = &p->dimensions[p->dimension_count - 1];
    const struct axis *last = &axes[p->dimension_count - 1];
    enum { LEVELS = 12 };

    cairo_set_line_join(canvas->cairo, CAIRO_LINE_JOIN_ROUND);
    cairo_set_line_width(canvas->cairo, 1.2);
    for (int level = 0; level < LEVELS; level++)
        for (size_t i = 0; i < p->count; i++) {
            double value = position(d, i), share = (value - last->low) / (last->high - last->low);
            int own = range_takes(value) ? (int)(share * (LEVELS - 1)) : 0;
            canvas_colour(canvas, colour_of(canvas, last, value), 0.9);
            if (own == level)
                draw_line(canvas, p, axes, x, i);
        }
    if (p->marked > 0 && p->marked <= p->count) {
        cairo_set_line_width(canvas->cairo, 2.6);
        canvas_colour(canvas, theme_series(canvas->theme, 1), 1);
        draw_line(canvas, p, axes, x, p->marked - 1);
    }
}

static void mark_lines(struct canvas *canvas, const struct chart_parallel *p,
                       const struct axis *last, double x)
{
    const struct chart_dimension *d = &p->dimensions[p->dimension_count - 1];

    for (size_t i = 0; i < p->count && p->hovers; i++)
        if (range_takes(position(d, i)))
            canvas_mark(canvas, (struct box){x - 4, axis_at(last, position(d, i)) - 3, 8, 6}, "%s",
                        p->hovers[i]);
}

static void draw(struct canvas *canvas, const struct chart *chart, struct box box)
{
    const struct chart_parallel *p = &chart->parallel;
    double x[MOST_DIMENSIONS], room = box.width / ((double)p->dimension_count + 0.2);
    double above = 2 * canvas_line_height(THEME_LABEL) + 10;
    struct box plot = {box.x + 0.6 * room, box.y + above, box.width - 1.2 * room,
                       fmax(box.height - above - 6, 1)};
    struct axis axes[MOST_DIMENSIONS];

    place(p, plot, axes, x);
    draw_lines(canvas, p, axes, x);
    for (size_t i = 0; i < p->dimension_count; i++)
        draw_axis(canvas, &p->dimensions[i], &axes[i], x[i], room);
    mark_lines(canvas, p, &axes[p->dimension_count - 1], x[p->dimension_count - 1]);
}

const struct chart_kind chart_parallel_kind = {check, size, draw};

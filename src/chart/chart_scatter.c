/* chart_scatter.c - points of several groups in the plane, each group's middle named.
 * SPDX-License-Identifier: MIT */
#include <math.h>

#include "chart/chart_kind.h"

/* More groups than this are told apart by nothing, so that their names only hide the points. */
enum { MOST_NAMES = 2 * THEME_SERIES };

#define DOT 3.0 /* diameter in points */

static mien_status check(const struct chart *chart, mien_error *err)
{
    const struct chart_scatter *scatter = &chart->scatter;

    if (!scatter->x || !scatter->y || scatter->count == 0 || scatter->count > CHART_MAX_POINTS)
        return error_set(err, MIEN_EINVAL, "chart: %zu points; a scatter has 1 to %d",
                         scatter->count, CHART_MAX_POINTS);
    if (scatter->groups && scatter->group_count == 0)
        return error_set(err, MIEN_EINVAL, "chart: groups without names");
    for (size_t i = 0; scatter->groups && i < scatter->count; i++)
        if (scatter->groups[i] >= scatter->group_count)
            return error_set(err, MIEN_EINVAL, "chart: point %zu is of group %d of %zu", i,
                             scatter->groups[i], scatter->group_count);
    return MIEN_OK;
}

static void ranges_of(const struct chart_scatter *scatter, struct range *ret_x, struct range *ret_y)
{
    *ret_x = *ret_y = (struct range){0};
    range_add_all(ret_x, scatter->x, scatter->count);
    range_add_all(ret_y, scatter->y, scatter->count);
}

static void size(struct canvas *canvas, const struct chart *chart, double *width,
                 double *ret_height)
{
    struct range x, y;
    double aspect;

    (void)canvas;
    if (*width == 0)
        *width = CHART_WIDTH;
    ranges_of(&chart->scatter, &x, &y);
    aspect = (y.high - y.low) / (x.high - x.low);
    *ret_height = *width * (isfinite(aspect) ? fmax(fmin(aspect, 1), 0.4) : 1) + 50;
}

static bool is_shown(const struct chart_scatter *scatter, size_t i, size_t group)
{
    return (scatter->groups ? scatter->groups[i] : 0) == group && range_takes(scatter->x[i]) &&
           range_takes(scatter->y[i]);
}

/* Dots are strokes of no length with round ends: the shortest way to say a circle in SVG and PDF.
 * The groups take turns, some dots each, so that the last one does not cover the others. */
static void draw_dots(struct canvas *canvas, const struct chart_scatter *scatter,
                      const struct axis *x, const struct axis *y, size_t groups)
{
    size_t turns = groups > 1 ? 16 : 1, turn_size = (scatter->count + turns - 1) / turns;

    cairo_set_line_cap(canvas->cairo, CAIRO_LINE_CAP_ROUND);
    cairo_set_line_width(canvas->cairo, DOT);
    for (size_t start = 0; start < scatter->count; start += turn_size)
        for (size_t group = 0; group < groups; group++) {
            canvas_colour(canvas, theme_series(canvas->theme, group), 0.75);
            for (size_t i = start; i < scatter->count && i < start + turn_size; i++)
                if (is_shown(scatter, i, group)) {
                    double at_x = axis_at(x, scatter->x[i]), at_y = axis_at(y, scatter->y[i]);
                    cairo_move_to(canvas->cairo, at_x, at_y);
                    cairo_line_to(canvas->cairo, at_x, at_y);
                }
            cairo_stroke(canvas->cairo);
        }
    cairo_set_line_cap(canvas->cairo, CAIRO_LINE_CAP_BUTT);
}

/* The mean of a group's points; false if it has none. */
static bool middle_of(const struct chart_scatter *scatter, size_t group, double *ret_x,
                      double *ret_y, size_t *ret_count)
{
    double x = 0, y = 0;
    size_t count = 0;

    for (size_t i = 0; i < scatter->count; i++)
        if (is_shown(scatter, i, group)) {
            x += scatter->x[i];
            y += scatter->y[i];
            count++;
        }
    *ret_count = count;
    *ret_x = x / (double)count;
    *ret_y = y / (double)count;
    return count > 0;
}

static void draw_name(struct canvas *canvas, const char *name, struct box box, struct colour colour)
{
    canvas_fill(canvas, box, canvas->theme->background, 0.85);
    canvas_colour(canvas, colour, 1);
    cairo_set_line_width(canvas->cairo, 1.4);
    cairo_rectangle(canvas->cairo, box.x, box.y, box.width, box.height);
    cairo_stroke(canvas->cairo);
    canvas_text(canvas, name, box.x + box.width / 2, box.y + 1, CANVAS_CENTRE, THEME_LABEL,
                canvas->theme->ink);
}

/* Writes each group's name near its middle. */
static void name_middles(struct canvas *canvas, const struct chart_scatter *scatter,
                         const struct axis *x_axis, const struct axis *y_axis)
{
    struct box placed[MOST_NAMES];
    size_t names = 0, count;
    double x, y, height = canvas_line_height(THEME_LABEL) + 2;

    for (size_t group = 0; group < scatter->group_count && names < MOST_NAMES; group++) {
        const char *name = scatter->group_names[group];
        struct box box;
        if (!middle_of(scatter, group, &x, &y, &count))
            continue;
        box.width = canvas_text_width(canvas, name, THEME_LABEL) + 8;
        box.height = height;
        box.x = axis_at(x_axis, x) - box.width / 2;
        box.y = axis_at(y_axis, y) - height / 2;
        canvas_evade(&box, placed, names);
        placed[names++] = box;
        draw_name(canvas, name, box, theme_series(canvas->theme, group));
        canvas_mark(canvas, box, "%s: %zu points, middle at %.3g, %.3g", name, count, x, y);
    }
}

/* Gives both axes the same points per unit, so that distances are true; the one that has room
 * left grows on both sides. */
static void equal_scales(struct axis *x, struct axis *y)
{
    double width = fabs(x->to - x->from), height = fabs(y->to - y->from);
    double scale = fmax((x->high - x->low) / width, (y->high - y->low) / height);
    double grow_x = (scale * width - (x->high - x->low)) / 2;
    double grow_y = (scale * height - (y->high - y->low)) / 2;

    x->low -= grow_x;
    x->high += grow_x;
    y->low -= grow_y;
    y->high += grow_y;
    axis_set_step(x, fmax(x->step, y->step));
    axis_set_step(y, x->step);
}

static void draw(struct canvas *canvas, const struct chart *chart, struct box box)
{
    const struct chart_scatter *scatter = &chart->scatter;
    struct legend_entry entries[MOST_NAMES];
    size_t groups = scatter->groups ? scatter->group_count : 1;
    size_t named = groups < MOST_NAMES ? groups : MOST_NAMES;
    struct range x_range, y_range;
    struct axis x, y;
    struct box outside;

    for (size_t g = 0; g < named; g++)
        entries[g] = (struct legend_entry){scatter->groups ? scatter->group_names[g] : NULL,
                                           theme_series(canvas->theme, g), LEGEND_DOT};
    legend_draw(canvas, &box, entries, named);
    ranges_of(scatter, &x_range, &y_range);
    x = axis_new(x_range, 8, false, false);
    y = axis_new(y_range, 8, false, false);
    outside = box;
    axis_place(canvas, &box, &x, &y, chart->x_label, chart->y_label);
    equal_scales(&x, &y);
    axis_draw(canvas, outside, box, &x, &y, chart->x_label, chart->y_label);
    draw_dots(canvas, scatter, &x, &y, groups);
    if (scatter->groups)
        name_middles(canvas, scatter, &x, &y);
}

const struct chart_kind chart_scatter_kind = {check, size, draw};

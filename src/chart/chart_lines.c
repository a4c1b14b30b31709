/* chart_lines.c - lines with bands around them, markers, and reference lines.
 * SPDX-License-Identifier: MIT */
#include <math.h>

#include "chart/chart_kind.h"

#define LINE_WIDTH 1.6
#define MARKER_RADIUS 2.3

/* More points than this tell nothing each when pointed at. */
enum { MOST_TOLD_POINTS = 600, MOST_REFERENCES = 100 };

static mien_status check(const struct chart *chart, mien_error *err)
{
    const struct chart_lines *lines = &chart->lines;

    if (lines->reference_count && !lines->references)
        return error_set(err, MIEN_EINVAL, "chart: reference lines are missing");
    if (lines->reference_count > MOST_REFERENCES)
        return error_set(err, MIEN_EINVAL, "chart: %zu reference lines; %d at most",
                         lines->reference_count, MOST_REFERENCES);
    return chart_check_series(lines->series, lines->series_count, CHART_MAX_POINTS, err);
}

static double x_of(const struct chart_lines *lines, const struct chart_series *series, size_t i)
{
    return series->x ? series->x[i] : lines->x_start + (double)i;
}

static struct axis x_axis(const struct chart_lines *lines)
{
    struct range range = {0};
    struct axis axis;
    bool whole = true;

    for (size_t s = 0; s < lines->series_count; s++)
        for (size_t i = 0; i < lines->series[s].count; i++) {
            double x = x_of(lines, &lines->series[s], i);
            range_add(&range, x);
            whole = whole && !(x != floor(x));
        }
    for (size_t r = 0; r < lines->reference_count; r++)
        if (lines->references[r].vertical)
            range_add(&range, lines->references[r].value);
    axis = axis_new(range, 8, false, false);
    if (whole && axis.step < 1)
        axis_set_step(&axis, 1); /* no half epochs */
    return axis;
}

static struct axis y_axis(const struct chart_lines *lines)
{
    struct range range = {0};

    if (lines->y_low < lines->y_high)
        return axis_new((struct range){lines->y_low, lines->y_high, true}, 6, false,
                        lines->percent);
    for (size_t s = 0; s < lines->series_count; s++) {
        range_add_all(&range, lines->series[s].y, lines->series[s].count);
        for (int b = 0; b < CHART_MAX_BANDS; b++) {
            range_add_all(&range, lines->series[s].bands[b].low, lines->series[s].count);
            range_add_all(&range, lines->series[s].bands[b].high, lines->series[s].count);
        }
    }
    for (size_t r = 0; r < lines->reference_count; r++)
        if (!lines->references[r].vertical)
            range_add(&range, lines->references[r].value);
    return axis_new(range, 6, true, lines->percent);
}

/* The part of the drawing that is under way. */
struct plot {
    struct canvas *canvas;
    const struct chart_lines *lines;
    struct box box;
    struct axis x, y;
};

static void draw_band(const struct plot *plot, const struct chart_series *series, int band,
                      struct colour colour)
{
    const double *low = series->bands[band].low, *high = series->bands[band].high;
    cairo_t *cairo = plot->canvas->cairo;
    size_t start, i = 0;

    canvas_colour(plot->canvas, colour, 0.28 / (1 + band));
    while (i < series->count) { /* a polygon for each run without gaps */
        if (!range_takes(low[i]) || !range_takes(high[i])) {
            i++;
            continue;
        }
        for (start = i; i < series->count && range_takes(low[i]) && range_takes(high[i]); i++)
            cairo_line_to(cairo, axis_at(&plot->x, x_of(plot->lines, series, i)),
                          axis_at(&plot->y, high[i]));
        for (size_t back = i; back-- > start;)
            cairo_line_to(cairo, axis_at(&plot->x, x_of(plot->lines, series, back)),
                          axis_at(&plot->y, low[back]));
        cairo_close_path(cairo);
        cairo_fill(cairo);
    }
}

static void draw_line(const struct plot *plot, const struct chart_series *series,
                      struct colour colour)
{
    static const double dashes[] = {5, 3};
    cairo_t *cairo = plot->canvas->cairo;

    canvas_colour(plot->canvas, colour, 1);
    cairo_set_line_width(cairo, LINE_WIDTH);
    cairo_set_line_join(cairo, CAIRO_LINE_JOIN_ROUND);
    if (series->dashed)
        cairo_set_dash(cairo, dashes, 2, 0);
    for (size_t i = 0; i < series->count; i++) {
        double x = x_of(plot->lines, series, i);
        if (range_takes(x) && range_takes(series->y[i]))
            cairo_line_to(cairo, axis_at(&plot->x, x), axis_at(&plot->y, series->y[i]));
        else
            cairo_new_sub_path(cairo);
    }
    cairo_stroke(cairo);
    cairo_set_dash(cairo, NULL, 0, 0);
}

static void draw_points(const struct plot *plot, const struct chart_series *series, bool told,
                        struct colour colour)
{
    char x_text[NUMBER_TEXT], y_text[NUMBER_TEXT];
    int decimals = plot->y.decimals + 2;

    for (size_t i = 0; i < series->count; i++) {
        double x = x_of(plot->lines, series, i), at_x, at_y;
        if (!range_takes(x) || !range_takes(series->y[i]))
            continue;
        at_x = axis_at(&plot->x, x);
        at_y = axis_at(&plot->y, series->y[i]);
        if (series->markers || series->count == 1) {
            canvas_colour(plot->canvas, colour, 1);
            cairo_arc(plot->canvas->cairo, at_x, at_y, MARKER_RADIUS, 0, 2 * G_PI);
            cairo_fill(plot->canvas->cairo);
        }
        if (told)
            canvas_mark(plot->canvas, (struct box){at_x - 3, at_y - 3, 6, 6}, "%s%s%s: %s",
                        series->name ? series->name : "", series->name ? ", " : "",
                        number_text(x, plot->x.decimals, false, x_text),
                        number_text(series->y[i], decimals, plot->lines->percent, y_text));
    }
}

/* Above a horizontal line at its right end, or below where that is taken; beside a vertical one
 * at its top. */
static struct box reference_label(const struct plot *plot, const struct chart_reference *reference,
                                  const struct box *placed, size_t count)
{
    double width = canvas_text_width(plot->canvas, reference->label, THEME_SMALL) + 4;
    double height = canvas_line_height(THEME_SMALL) + 1;
    double right = plot->box.x + plot->box.width;
    struct box label = {right - width - 2, plot->box.y + 2, width, height}, above;

    if (reference->vertical) {
        label.x = axis_at(&plot->x, reference->value) + 3;
        if (label.x + width > right)
            label.x -= width + 6;
    } else {
        label.y = axis_at(&plot->y, reference->value) - height - 1;
        above = label;
        canvas_evade(&above, placed, count);
        if (label.y < plot->box.y || above.y != label.y)
            label.y += height + 2;
    }
    canvas_evade(&label, placed, count);
    return label;
}

static void draw_reference_line(const struct plot *plot, const struct chart_reference *reference)
{
    static const double dots[] = {2, 2.5};
    const struct box *box = &plot->box;
    double at = axis_at(reference->vertical ? &plot->x : &plot->y, reference->value);
    struct colour colour = plot->canvas->theme->muted;

    cairo_set_dash(plot->canvas->cairo, dots, 2, 0);
    if (reference->vertical)
        canvas_line(plot->canvas, at, box->y, at, box->y + box->height, 1.1, colour);
    else
        canvas_line(plot->canvas, box->x, at, box->x + box->width, at, 1.1, colour);
    cairo_set_dash(plot->canvas->cairo, NULL, 0, 0);
}

/* The references in the order in which their labels find their places: downwards. */
static size_t sort_references(const struct chart_lines *lines,
                              const struct chart_reference *ret_sorted[MOST_REFERENCES])
{
    size_t count = 0;

    for (size_t r = 0; r < lines->reference_count; r++) {
        size_t at = count;
        if (!range_takes(lines->references[r].value))
            continue;
        for (; at > 0 && ret_sorted[at - 1]->value < lines->references[r].value; at--)
            ret_sorted[at] = ret_sorted[at - 1];
        ret_sorted[at] = &lines->references[r];
        count++;
    }
    return count;
}

static void draw_references(const struct plot *plot)
{
    const struct chart_reference *sorted[MOST_REFERENCES];
    struct box placed[MOST_REFERENCES];
    struct canvas *canvas = plot->canvas;
    size_t count = sort_references(plot->lines, sorted), labels = 0;

    for (size_t r = 0; r < count; r++)
        draw_reference_line(plot, sorted[r]);
    for (size_t r = 0; r < count; r++) {
        if (!sorted[r]->label)
            continue;
        placed[labels] = reference_label(plot, sorted[r], placed, labels);
        canvas_fill(canvas, placed[labels], canvas->theme->background, 0.8);
        canvas_text(canvas, sorted[r]->label, placed[labels].x + 2, placed[labels].y, CANVAS_LEFT,
                    THEME_SMALL, canvas->theme->ink);
        labels++;
    }
}

static size_t legend_of(const struct canvas *canvas, const struct chart_lines *lines,
                        struct legend_entry entries[2 * THEME_SERIES])
{
    size_t count = lines->series_count < 2 * THEME_SERIES ? lines->series_count : 2 * THEME_SERIES;

    for (size_t s = 0; s < count; s++)
        entries[s] = (struct legend_entry){lines->series[s].name,
                                           chart_series_colour(canvas, &lines->series[s], s),
                                           lines->series[s].dashed ? LEGEND_DASHES : LEGEND_LINE};
    return count;
}

static void size(struct canvas *canvas, const struct chart *chart, double *width,
                 double *ret_height)
{
    (void)canvas;
    (void)chart;
    if (*width == 0)
        *width = CHART_WIDTH;
    *ret_height = *width * CHART_ASPECT;
}

static void draw_series(const struct plot *plot)
{
    const struct chart_lines *lines = plot->lines;
    size_t points = 0;

    for (size_t s = 0; s < lines->series_count; s++)
        points += lines->series[s].count;
    for (size_t s = 0; s < lines->series_count; s++)
        for (int b = CHART_MAX_BANDS - 1; b >= 0; b--)
            if (lines->series[s].bands[b].low)
                draw_band(plot, &lines->series[s], b,
                          chart_series_colour(plot->canvas, &lines->series[s], s));
    for (size_t s = 0; s < lines->series_count; s++) {
        struct colour colour = chart_series_colour(plot->canvas, &lines->series[s], s);
        draw_line(plot, &lines->series[s], colour);
        draw_points(plot, &lines->series[s], points <= MOST_TOLD_POINTS, colour);
    }
}

static void draw(struct canvas *canvas, const struct chart *chart, struct box box)
{
    struct legend_entry entries[2 * THEME_SERIES];
    size_t count = legend_of(canvas, &chart->lines, entries);
    struct plot plot = {canvas, &chart->lines, box, x_axis(&chart->lines), y_axis(&chart->lines)};

    legend_draw(canvas, &box, entries, count);
    axis_frame(canvas, &box, &plot.x, &plot.y, chart->x_label, chart->y_label);
    plot.box = box;
    cairo_save(canvas->cairo);
    cairo_rectangle(canvas->cairo, box.x - 3, box.y - 3, box.width + 6, box.height + 6);
    cairo_clip(canvas->cairo); /* numbers outside the bounds that the caller set */
    draw_series(&plot);
    cairo_restore(canvas->cairo);
    draw_references(&plot);
}

const struct chart_kind chart_lines_kind = {check, size, draw};

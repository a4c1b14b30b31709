/* chart_histogram.c - bins as filled steps; several series as outlines over each other.
 * SPDX-License-Identifier: MIT */
#include <math.h>

#include "chart/chart_kind.h"

static mien_status check(const struct chart *chart, mien_error *err)
{
    const struct chart_histogram *histogram = &chart->histogram;
    mien_status status =
        chart_check_series(histogram->series, histogram->series_count, CHART_MAX_MARKS, err);

    if (status)
        return status;
    if (!(histogram->bin_width > 0) || !range_takes(histogram->bin_width) ||
        !range_takes(histogram->start))
        return error_set(err, MIEN_EINVAL, "chart: bins are %g wide; the width must be above 0",
                         histogram->bin_width);
    for (size_t i = 0; i < histogram->series_count; i++)
        if (histogram->series[i].count != histogram->bins)
            return error_set(err, MIEN_EINVAL, "chart: series %zu has %zu numbers for %zu bins", i,
                             histogram->series[i].count, histogram->bins);
    return MIEN_OK;
}

static double edge(const struct chart_histogram *histogram, size_t bin)
{
    return histogram->start + histogram->bin_width * (double)bin;
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

static void draw_steps(struct canvas *canvas, const struct chart_histogram *histogram, size_t s,
                       const struct axis *x, const struct axis *y)
{
    const struct chart_series *series = &histogram->series[s];
    struct colour colour = chart_series_colour(canvas, series, s);
    bool alone = histogram->series_count == 1;
    double zero = axis_at(y, 0);

    cairo_move_to(canvas->cairo, axis_at(x, edge(histogram, 0)), zero);
    for (size_t i = 0; i < histogram->bins; i++) {
        double top = range_takes(series->y[i]) ? axis_at(y, series->y[i]) : zero;
        cairo_line_to(canvas->cairo, axis_at(x, edge(histogram, i)), top);
        cairo_line_to(canvas->cairo, axis_at(x, edge(histogram, i + 1)), top);
    }
    cairo_line_to(canvas->cairo, axis_at(x, edge(histogram, histogram->bins)), zero);
    if (alone) {
        canvas_colour(canvas, colour, 1);
        cairo_fill(canvas->cairo);
    } else {
        canvas_colour(canvas, colour, 1);
        cairo_set_line_width(canvas->cairo, 1.4);
        cairo_stroke(canvas->cairo);
    }
}

/* Each bin's column tells the heights of all series there. */
static void mark_bins(struct canvas *canvas, const struct chart_histogram *histogram,
                      const struct axis *x, const struct axis *y, struct box plot)
{
    int decimals = histogram->percent ? 2 : y->decimals;

    for (size_t i = 0; i < histogram->bins; i++) {
        double from = axis_at(x, edge(histogram, i)), to = axis_at(x, edge(histogram, i + 1));
        struct text told = {0};
        text_add(&told, "%g to %g", edge(histogram, i), edge(histogram, i + 1));
        for (size_t s = 0; s < histogram->series_count; s++) {
            const struct chart_series *series = &histogram->series[s];
            char number[NUMBER_TEXT];
            text_add(&told, "%s%s%s", s ? "; " : ": ", series->name ? series->name : "",
                     series->name ? " " : "");
            text_add(&told, "%s", number_text(series->y[i], decimals, histogram->percent, number));
        }
        if (!told.failed)
            canvas_mark(canvas, (struct box){from, plot.y, to - from, plot.height}, "%s",
                        told.data);
        text_free(&told);
    }
}

static void draw(struct canvas *canvas, const struct chart *chart, struct box box)
{
    const struct chart_histogram *histogram = &chart->histogram;
    struct legend_entry entries[THEME_SERIES];
    size_t count = histogram->series_count < THEME_SERIES ? histogram->series_count : THEME_SERIES;
    struct range heights = {0, 0, true};
    struct range bins = {edge(histogram, 0), edge(histogram, histogram->bins), true};
    struct axis x = axis_new(bins, 8, false, false), y;

    for (size_t s = 0; s < histogram->series_count; s++)
        range_add_all(&heights, histogram->series[s].y, histogram->bins);
    if (heights.high == heights.low)
        heights.high = 1;
    y = axis_new(heights, 6, true, histogram->percent);
    for (size_t s = 0; s < count; s++)
        entries[s] = (struct legend_entry){histogram->series[s].name,
                                           chart_series_colour(canvas, &histogram->series[s], s),
                                           LEGEND_LINE};
    legend_draw(canvas, &box, entries, count);
    axis_frame(canvas, &box, &x, &y, chart->x_label, chart->y_label);
    for (size_t s = 0; s < histogram->series_count; s++)
        draw_steps(canvas, histogram, s, &x, &y);
    if (canvas->marks)
        mark_bins(canvas, histogram, &x, &y, box);
    canvas_line(canvas, box.x, axis_at(&y, 0), box.x + box.width, axis_at(&y, 0), 0.9,
                canvas->theme->muted);
}

const struct chart_kind chart_histogram_kind = {check, size, draw};

/* chart.c - what all charts share: bounds, size, background and title.
 * SPDX-License-Identifier: MIT */
#include "chart/chart.h"

#include <math.h>

#include "chart/chart_kind.h"

#define MARGIN 12.0
#define LEAST_SIDE 80.0
#define MOST_SIDE 10000.0

static const struct chart_kind *const kinds[] = {
    [CHART_PICTURES] = &chart_pictures_kind,   [CHART_BARS] = &chart_bars_kind,
    [CHART_LINES] = &chart_lines_kind,         [CHART_HEAT_MAP] = &chart_heat_map_kind,
    [CHART_HISTOGRAM] = &chart_histogram_kind, [CHART_SCATTER] = &chart_scatter_kind,
    [CHART_PARALLEL] = &chart_parallel_kind,
};

mien_status chart_check_series(const struct chart_series *series, size_t count, size_t most,
                               mien_error *err)
{
    size_t total = 0;

    if (!series || count == 0)
        return error_set(err, MIEN_EINVAL, "chart: there is no series to draw");
    for (size_t i = 0; i < count; i++) {
        if (!series[i].y || series[i].count == 0)
            return error_set(err, MIEN_EINVAL, "chart: series %zu has no numbers", i);
        for (int b = 0; b < CHART_MAX_BANDS; b++)
            if (!series[i].bands[b].low != !series[i].bands[b].high)
                return error_set(err, MIEN_EINVAL, "chart: band %d of series %zu has one side only",
                                 b, i);
        if (series[i].count > most || total > most - series[i].count)
            return error_set(err, MIEN_EINVAL, "chart: more than %zu numbers", most);
        total += series[i].count;
    }
    return MIEN_OK;
}

static bool side_is_good(double side)
{
    return side == 0 || (side >= LEAST_SIDE && side <= MOST_SIDE);
}

mien_status chart_check(const struct chart *chart, mien_error *err)
{
    if ((size_t)chart->type >= sizeof kinds / sizeof *kinds)
        return error_set(err, MIEN_EINVAL, "chart: there is no type %d", (int)chart->type);
    if (!side_is_good(chart->width) || !side_is_good(chart->height))
        return error_set(err, MIEN_EINVAL, "chart: %g x %g points; a side has %g to %g",
                         chart->width, chart->height, LEAST_SIDE, MOST_SIDE);
    return kinds[chart->type]->check(chart, err);
}

static double title_height(struct canvas *canvas, const struct chart *chart, double width)
{
    return chart->title
               ? canvas_fitted_height(canvas, chart->title, width, 3, THEME_TITLE) + MARGIN / 2
               : 0;
}

void chart_size(struct canvas *canvas, const struct chart *chart, double *ret_width,
                double *ret_height)
{
    double width = chart->width > 0 ? chart->width - 2 * MARGIN : 0, height = 0;

    kinds[chart->type]->size(canvas, chart, &width, &height);
    *ret_width = fmin(ceil(width + 2 * MARGIN), MOST_SIDE);
    *ret_height = chart->height;
    if (chart->height == 0)
        *ret_height =
            fmin(ceil(height + title_height(canvas, chart, width) + 2 * MARGIN), MOST_SIDE);
}

void chart_draw(struct canvas *canvas, const struct chart *chart, double width, double height)
{
    struct box box = {MARGIN, MARGIN, width - 2 * MARGIN, height - 2 * MARGIN};
    double title = title_height(canvas, chart, box.width);

    canvas_fill(canvas, (struct box){0, 0, width, height}, canvas->theme->background, 1);
    if (chart->title)
        canvas_bold_text(canvas, chart->title, box.x, box.y, box.width, THEME_TITLE,
                         canvas->theme->ink);
    box.y += title;
    box.height = fmax(box.height - title, 1);
    kinds[chart->type]->draw(canvas, chart, box);
}

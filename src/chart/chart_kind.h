/* chart_kind.h - what every type of chart provides; one file each.
 * SPDX-License-Identifier: MIT */
#ifndef CHART_CHART_KIND_H
#define CHART_CHART_KIND_H

#include "chart/axis.h"
#include "chart/canvas.h"
#include "chart/chart.h"

struct chart_kind {
    /* Whether the description keeps the bounds of chart.h. */
    mien_status (*check)(const struct chart *chart, mien_error *err);

    /* The contents' size in points, without title and margins. `width` comes in as what the chart
     * asks for, or 0 if it leaves that to its contents, and goes out as what will be. */
    void (*size)(struct canvas *canvas, const struct chart *chart, double *width,
                 double *ret_height);

    /* Draws the contents into `box`. */
    void (*draw)(struct canvas *canvas, const struct chart *chart, struct box box);
};

extern const struct chart_kind chart_bars_kind, chart_heat_map_kind, chart_histogram_kind,
    chart_lines_kind, chart_parallel_kind, chart_pictures_kind, chart_scatter_kind;

/* Width where neither chart nor contents ask for one, and the height that goes with a width. */
#define CHART_WIDTH 616.0
#define CHART_ASPECT 0.56

/* The colour of series `index` of a chart. */
static inline struct colour chart_series_colour(const struct canvas *canvas,
                                                const struct chart_series *series, size_t index)
{
    return theme_series(canvas->theme, series->colour > 0 ? (size_t)series->colour - 1 : index);
}

/* `count` series of at least one and in all at most `most` numbers, with all lists in place. */
mien_status chart_check_series(const struct chart_series *series, size_t count, size_t most,
                               mien_error *err);

/* The whole drawing's size in points: contents, title and margins. */
void chart_size(struct canvas *canvas, const struct chart *chart, double *ret_width,
                double *ret_height);

/* Draws background, title and contents. */
void chart_draw(struct canvas *canvas, const struct chart *chart, double width, double height);

/* Whether `chart` can be drawn. */
mien_status chart_check(const struct chart *chart, mien_error *err);

#endif

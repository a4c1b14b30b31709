/* chart.h - charts as data: one description is drawn as PNG, SVG or PDF, light or dark.
 *
 *     const struct chart_series series[] = {
 *         {.name = "train", .y = train_loss, .count = epochs},
 *         {.name = "validation", .y = validation_loss, .count = epochs, .dashed = true},
 *     };
 *     const struct chart chart = {
 *         .type = CHART_LINES, .title = "Loss", .x_label = "epoch",
 *         .lines = {.series = series, .series_count = 2, .x_start = 1},
 *     };
 *     status = chart_write(&chart, CHART_LIGHT, "loss.png", err);
 *
 * A zeroed field is its default everywhere. All texts are plain UTF-8 (what is not valid is
 * replaced), never markup. Numbers that are not finite are left out, as gaps.
 *
 * Ownership. A chart borrows everything that it points to, for the length of the call.
 * Threads. Any number of threads may draw at once, the same chart too.
 * SPDX-License-Identifier: MIT */
#ifndef CHART_CHART_H
#define CHART_CHART_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/text.h"
#include "chart/colour_map.h"

enum chart_theme {
    CHART_LIGHT, /* dark ink on white, for paper */
    CHART_DARK,
};

enum chart_type {
    CHART_PICTURES,
    CHART_BARS,
    CHART_LINES,
    CHART_HEAT_MAP,
    CHART_HISTOGRAM,
    CHART_SCATTER,
    CHART_PARALLEL,
};

/* The most bars, cells or pictures in one chart, and the most points in all its series. */
#define CHART_MAX_MARKS 4000
#define CHART_MAX_POINTS 200000

/* What lies between `low` and `high` at each point: an interval around a line, a whisker on a
 * bar. Lists of `count` numbers, in the unit of `y`. */
struct chart_band {
    const double *low, *high;
};

#define CHART_MAX_BANDS 3

/* Numbers that belong together: a line, or the bars of one colour. */
struct chart_series {
    const char *name; /* in the legend; NULL: no entry */
    const double *x;  /* (count), lines only; NULL: x_start, x_start + 1, ... */
    const double *y;  /* (count) */
    size_t count;
    struct chart_band bands[CHART_MAX_BANDS]; /* widest last; bars show the first as whiskers */
    int colour;                               /* 1.. in the palette; 0: by its position */
    bool dashed, markers;                     /* lines only */
};

/* A line across the whole plot. */
struct chart_reference {
    const char *label; /* NULL: none */
    double value;
    bool vertical; /* at x = value; else at y = value */
};

/* One grey picture of a grid. */
struct chart_picture {
    const uint8_t *pixels; /* (height, stride), 0 black to 255 white; NULL: an empty place */
    int width, height;
    size_t stride;
    const char *title; /* above the picture, up to two lines; NULL: none */
    const char *hover; /* what a pointer on it tells in the report; NULL: the title */
};

/* Pictures row by row, `columns` a row, each scaled to the same side. */
struct chart_pictures {
    const struct chart_picture *pictures; /* (count) */
    size_t count;
    int columns;                   /* 0: what fits the width */
    const char *const *row_labels; /* left of each row; NULL: none */
    double side;                   /* of the longer side, points; 0: 72 */
    enum colour_map colour_map;    /* 0 is grey */
    bool colour_bar;               /* beside every picture, marked with its bounds */
    double low, high;              /* what the bytes 0 and 255 stand for on the bar; 0, 0: 0, 255 */
};

/* Grouped bars from zero, a group a category, their values on them. They stand upright where all
 * texts fit side by side and lie down where they do not. */
struct chart_bars {
    const char *const *categories; /* (category_count) */
    size_t category_count;
    const struct chart_series *series; /* (series_count), each of category_count numbers */
    size_t series_count;
    int decimals; /* of the values on the bars */
    bool percent; /* 0.25 is shown as 25% */
};

struct chart_lines {
    const struct chart_series *series; /* (series_count) */
    size_t series_count;
    const struct chart_reference *references; /* (reference_count) */
    size_t reference_count;
    double x_start;       /* of series without x */
    double y_low, y_high; /* 0, 0: what the numbers need */
    bool percent;         /* y */
};

/* A matrix in colours, its values written into the cells. */
struct chart_heat_map {
    const double *values; /* (rows, columns) */
    size_t rows, columns;
    const char *const *row_labels, *const *column_labels;
    const char *const *texts;   /* (rows, columns) what stands in each cell; NULL: the value */
    enum colour_map colour_map; /* 0 is grey; COLOUR_MAP_BLUES suits counts */
    double low, high;           /* the values of the map's ends; 0, 0: those of the numbers */
    int decimals;
    bool percent;
};

/* Bins of one width; several series are outlines over each other. */
struct chart_histogram {
    const struct chart_series *series; /* (series_count), y (bins): the height of each bin */
    size_t series_count;
    size_t bins;
    double start, bin_width; /* bin i covers start + i * bin_width to start + (i + 1) * bin_width */
    bool percent;            /* y */
};

/* Points of several groups in the plane, both axes on the same scale. */
struct chart_scatter {
    const double *x, *y;   /* (count) */
    const uint8_t *groups; /* (count) below group_count; NULL: one group */
    size_t count;
    const char *const *group_names;
    size_t group_count;
};

/* One axis of parallel coordinates. */
struct chart_dimension {
    const char *name;
    const double *values;          /* (lines); numbers of categories where there are such */
    const char *const *categories; /* (category_count); NULL: numbers */
    size_t category_count;
    bool log;     /* above 0 */
    bool percent; /* 0.25 is shown as 25% */
};

/* Lines across parallel axes, the stronger the higher they end on the last one. */
struct chart_parallel {
    const struct chart_dimension *dimensions; /* (dimension_count) */
    size_t dimension_count;
    size_t count;              /* of lines */
    size_t marked;             /* the line to stand out, counted from 1; 0: none */
    const char *const *hovers; /* (count) what a pointer on a line's end tells; NULL: nothing */
};

struct chart {
    enum chart_type type;
    const char *title, *x_label, *y_label;
    double width, height; /* points; 0: what suits the contents, 640 wide */
    union {
        struct chart_pictures pictures;
        struct chart_bars bars;
        struct chart_lines lines;
        struct chart_heat_map heat_map;
        struct chart_histogram histogram;
        struct chart_scatter scatter;
        struct chart_parallel parallel;
    };
};

/* Writes `chart` as the file's ending says: .png (2 pixels a point), .svg or .pdf. An existing
 * file is replaced, whole or not at all. MIEN_EINVAL for another ending and for a chart that
 * breaks the bounds above. */
mien_status chart_write(const struct chart *chart, enum chart_theme theme, const char *path,
                        mien_error *err);

/* Adds the chart to `text` as an <svg> element for a page. Every id in it starts with `prefix`
 * (letters, digits and '-'), which must differ between the drawings of one page; a bar, cell or
 * picture tells its value when pointed at or focused. */
mien_status chart_add_svg(const struct chart *chart, enum chart_theme theme, const char *prefix,
                          struct text *text, mien_error *err);

#endif

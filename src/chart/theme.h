/* theme.h - the colours and text sizes of every chart and of the report.
 * SPDX-License-Identifier: MIT */
#ifndef CHART_THEME_H
#define CHART_THEME_H

#include "chart/chart.h"

enum { THEME_SERIES = 8 };

struct theme {
    struct colour background;
    struct colour ink;                  /* titles, figures */
    struct colour muted;                /* axis labels, ticks */
    struct colour grid;                 /* lines behind the data */
    enum colour_map blues;              /* what COLOUR_MAP_BLUES is drawn with */
    struct colour series[THEME_SERIES]; /* told apart by colour-blind people, in this order */
};

/* The fonts to try, the first that is there wins. */
#define THEME_FONT "DejaVu Sans,Verdana,sans-serif"

/* Text sizes in points. */
#define THEME_TITLE 12.0
#define THEME_LABEL 9.5
#define THEME_SMALL 8.5
#define THEME_TINY 7.5

const struct theme *theme_of(enum chart_theme theme);

/* The colour of series `index`, counted from 0; from THEME_SERIES on they repeat, half way to the
 * background. */
struct colour theme_series(const struct theme *theme, size_t index);

/* The map's colour at `position`, 0 to 1, as this theme shows it. */
struct colour theme_map(const struct theme *theme, enum colour_map map, double position);

/* `share` 0: all of `a`, 1: all of `b`. */
struct colour theme_blend(struct colour a, struct colour b, double share);

#endif

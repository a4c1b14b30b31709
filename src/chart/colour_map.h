/* colour_map.h - from a number to a colour that everybody can tell from its neighbours.
 * SPDX-License-Identifier: MIT */
#ifndef CHART_COLOUR_MAP_H
#define CHART_COLOUR_MAP_H

/* Red, green, blue in sRGB, 0 to 1. */
struct colour {
    double r, g, b;
};

/* All but the diverging one change steadily in lightness, so that they survive grey print and every
 * kind of colour blindness. */
enum colour_map {
    COLOUR_MAP_GREY,
    COLOUR_MAP_VIRIDIS,
    COLOUR_MAP_MAGMA,
    COLOUR_MAP_CIVIDIS,
    COLOUR_MAP_BLUES,      /* from almost white to dark blue: counts under dark figures */
    COLOUR_MAP_BLUES_DARK, /* from almost black to light blue: what BLUES is on dark paper */
    COLOUR_MAP_BALANCE,    /* diverging: blue, white, orange; zero belongs in the middle */
    COLOUR_MAP_COUNT,
};

/* The colour at `position`, 0 to 1; what lies outside takes the nearer end. */
struct colour colour_map_at(enum colour_map map, double position);

/* Relative luminance of WCAG 2, 0 black to 1 white. */
double colour_luminance(struct colour colour);

#endif

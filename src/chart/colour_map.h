/* colour_map.h - from a number to a colour that everybody can tell from its neighbours.
 * SPDX-License-Identifier: MIT */
#ifndef CHART_COLOUR_MAP_H
#define CHART_COLOUR_MAP_H

#include <stdbool.h>

/* Red, green, blue in sRGB, 0 to 1. */
struct colour {
    double r, g, b;
};

/* All but the diverging one grow steadily in lightness, so that they survive grey print and every
 * kind of colour blindness. */
enum colour_map {
    COLOUR_MAP_GREY,
    COLOUR_MAP_VIRIDIS,
    COLOUR_MAP_MAGMA,
    COLOUR_MAP_CIVIDIS,
    COLOUR_MAP_BLUES,   /* from almost white to dark blue: counts under dark figures */
    COLOUR_MAP_BALANCE, /* diverging: blue, white, orange; zero belongs in the middle */
    COLOUR_MAP_COUNT,
};

/* The colour at `position`, 0 to 1; what lies outside takes the nearer end. */
struct colour colour_map_at(enum colour_map map, double position);

/* "viridis" and so on. */
const char *colour_map_name(enum colour_map map);
bool colour_map_by_name(const char *name, enum colour_map *ret_map);

/* Relative luminance of WCAG 2, 0 black to 1 white. */
double colour_luminance(struct colour colour);

#endif

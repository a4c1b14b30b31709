/* theme.c - light for paper, dark for screens.
 * The series' hues are those of Paul Tol's "bright" scheme (SRON/EPS/TN/09-002, 2021); their
 * lightness was moved until each has a contrast of 3 : 1 against its background (WCAG 2.1, 1.4.11)
 * and every two lie 17 or more apart in CIE L*a*b*, for common sight and for people who lack one
 * kind of cones. A test measures both.
 * SPDX-License-Identifier: MIT */
#include "chart/theme.h"

#define RGB(hex)                                                                                   \
    {                                                                                              \
        ((hex) >> 16 & 255) / 255.0, ((hex) >> 8 & 255) / 255.0, ((hex)&255) / 255.0               \
    }

static const struct theme themes[] = {
    [CHART_LIGHT] = {.background = RGB(0xffffff),
                     .ink = RGB(0x1b1f24),
                     .muted = RGB(0x59616b),
                     .grid = RGB(0xe4e7eb),
                     .blues = COLOUR_MAP_BLUES,
                     .series = {RGB(0x1f6aa5), RGB(0xdc3f5c), RGB(0x0b5f22), RGB(0x988b1f),
                                RGB(0x12a0c6), RGB(0x8f2763), RGB(0x919498), RGB(0x1b1f24)}},
    [CHART_DARK] = {.background = RGB(0x16191d),
                    .ink = RGB(0xe8eaed),
                    .muted = RGB(0xa4abb5),
                    .grid = RGB(0x2c3138),
                    .blues = COLOUR_MAP_BLUES_DARK,
                    .series = {RGB(0x2f84c6), RGB(0xcf5f6c), RGB(0x4cbf5a), RGB(0xdfcb4c),
                               RGB(0x55c6ea), RGB(0xa8487c), RGB(0xa7a9ac), RGB(0xe8eaed)}},
};

const struct theme *theme_of(enum chart_theme theme)
{
    return &themes[theme == CHART_DARK ? CHART_DARK : CHART_LIGHT];
}

struct colour theme_blend(struct colour a, struct colour b, double share)
{
    return (struct colour){a.r + (b.r - a.r) * share, a.g + (b.g - a.g) * share,
                           a.b + (b.b - a.b) * share};
}

struct colour theme_map(const struct theme *theme, enum colour_map map, double position)
{
    return colour_map_at(map == COLOUR_MAP_BLUES ? theme->blues : map, position);
}

struct colour theme_series(const struct theme *theme, size_t index)
{
    struct colour colour = theme->series[index % THEME_SERIES];

    return index / THEME_SERIES % 2 ? theme_blend(colour, theme->background, 0.5) : colour;
}

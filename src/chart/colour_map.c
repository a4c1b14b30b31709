/* colour_map.c - colour maps, each a few colours at even distances with straight lines between.
 * SPDX-License-Identifier: MIT */
#include "chart/colour_map.h"

#include <math.h>
#include <stdint.h>

enum { MOST_STOPS = 10 };

/* Viridis and magma: van der Walt and Smith, 2015. Cividis: Nunez, Anderton and Renslow,
 * PLoS ONE 13(7), 2018. Blues and balance were chosen for this program: steps of lightness
 * (CIE L*) at one hue a side. */
static const struct {
    int stops;
    uint32_t rgb[MOST_STOPS];
} maps[COLOUR_MAP_COUNT] = {
    [COLOUR_MAP_GREY] = {2, {0x000000, 0xffffff}},
    [COLOUR_MAP_VIRIDIS] = {10,
                            {0x440154, 0x482878, 0x3e4a89, 0x31688e, 0x26828e, 0x1f9e89, 0x35b779,
                             0x6ece58, 0xb5de2b, 0xfde725}},
    [COLOUR_MAP_MAGMA] = {10,
                          {0x000004, 0x180f3e, 0x451077, 0x721f81, 0x9f2f7f, 0xcd4071, 0xf1605d,
                           0xfd9567, 0xfec98d, 0xfcfdbf}},
    [COLOUR_MAP_CIVIDIS] = {9,
                            {0x00224e, 0x123570, 0x3b496c, 0x575d6d, 0x707173, 0x8a8678, 0xa59c74,
                             0xc3b369, 0xfee838}},
    [COLOUR_MAP_BLUES] = {6, {0xf4f8fc, 0xcfe1f2, 0x9dc5e3, 0x5fa0ce, 0x2a75b3, 0x0b3d78}},
    [COLOUR_MAP_BLUES_DARK] = {6, {0x1c2229, 0x1d3a57, 0x1f5484, 0x2f78b4, 0x63a3d6, 0xb4d8f5}},
    [COLOUR_MAP_BALANCE] = {7,
                            {0x0b4f8a, 0x4d8fc4, 0xa9cbe6, 0xf6f6f6, 0xf3c08a, 0xd9812c, 0x8f4a00}},
};

static struct colour from_rgb(uint32_t rgb)
{
    return (struct colour){(rgb >> 16 & 255) / 255.0, (rgb >> 8 & 255) / 255.0,
                           (rgb & 255) / 255.0};
}

struct colour colour_map_at(enum colour_map map, double position)
{
    double clamped = position > 0 ? fmin(position, 1) : 0; /* NaN takes the lower end */
    double at = clamped * (maps[map].stops - 1);
    int stop = at >= maps[map].stops - 1 ? maps[map].stops - 2 : (int)at;
    struct colour a = from_rgb(maps[map].rgb[stop]), b = from_rgb(maps[map].rgb[stop + 1]);
    double t = at - stop;

    return (struct colour){a.r + (b.r - a.r) * t, a.g + (b.g - a.g) * t, a.b + (b.b - a.b) * t};
}

static double linear(double channel)
{
    return channel <= 0.04045 ? channel / 12.92 : pow((channel + 0.055) / 1.055, 2.4);
}

double colour_luminance(struct colour colour)
{
    return 0.2126 * linear(colour.r) + 0.7152 * linear(colour.g) + 0.0722 * linear(colour.b);
}

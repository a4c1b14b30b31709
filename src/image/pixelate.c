/* pixelate.c - means of squares.
 * SPDX-License-Identifier: MIT */
#include "image/pixelate.h"

#include <math.h>

/* Six squares across: with seven, where eyes and mouth are one each, a detector still finds some. */
enum { SQUARES = 6, MARGIN = 8 };

/* The square from x0, y0 up to x1, y1. */
static void flatten(struct image *image, int x0, int y0, int x1, int y1)
{
    uint64_t count = (uint64_t)(x1 - x0) * (uint64_t)(y1 - y0);
    int C = image->channels;

    for (int c = 0; c < C; c++) {
        uint64_t sum = 0;
        for (int y = y0; y < y1; y++)
            for (int x = x0; x < x1; x++)
                sum += image_row(image, y)[x * C + c];
        for (int y = y0; y < y1; y++)
            for (int x = x0; x < x1; x++)
                image_row(image, y)[x * C + c] = (uint8_t)((sum + count / 2) / count);
    }
}

/* A coordinate as a pixel's edge within 0..size. */
static int edge(float coordinate, int size)
{
    return (int)fminf(fmaxf(rintf(coordinate), 0), (float)size);
}

void image_pixelate(struct image *image, float x, float y, float width, float height)
{
    int left = edge(x - width / MARGIN, image->width);
    int top = edge(y - height / MARGIN, image->height);
    int right = edge(x + width + width / MARGIN, image->width);
    int bottom = edge(y + height + height / MARGIN, image->height);
    int side = (int)fminf(fmaxf(ceilf(fmaxf(width, height) / SQUARES), 1), IMAGE_MAX_SIDE);

    for (int y0 = top; y0 < bottom; y0 += side)
        for (int x0 = left; x0 < right; x0 += side)
            flatten(image, x0, y0, x0 + side < right ? x0 + side : right,
                    y0 + side < bottom ? y0 + side : bottom);
}

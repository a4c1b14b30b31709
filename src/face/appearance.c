/* appearance.c - a coarse grid of light and colour over head and shoulders.
 * bench/who_is_who.c compares it with the classifier's features, which tell people apart far worse.
 * SPDX-License-Identifier: MIT */
#include "face/appearance.h"

#include <math.h>

#include "image/warp.h"

/* The grid in shares of the face's box: from above the hair to the shoulders. */
#define LEFT -0.35f
#define TOP -0.35f
#define WIDTH 1.7f
#define HEIGHT 2.1f

enum { CELLS = APPEARANCE_COLUMNS * APPEARANCE_ROWS };

/* (3, CELLS): light, and two colour differences, each relative to the mean light. */
static void read_cells(const struct image *grid, float *values)
{
    float sum = 0;

    for (int i = 0; i < CELLS; i++) {
        const uint8_t *p =
            image_row(grid, i / APPEARANCE_COLUMNS) + i % APPEARANCE_COLUMNS * grid->channels;
        float r = p[0], g = grid->channels == 3 ? p[1] : r, b = grid->channels == 3 ? p[2] : r;
        values[i] = (r + g + b) / 3;
        values[CELLS + i] = r - g;
        values[2 * CELLS + i] = (r + g) / 2 - b;
        sum += values[i];
    }
    for (int i = 0; i < CELLS; i++) {
        float light = sum / CELLS + 8;
        values[i] = (values[i] - sum / CELLS) / light;
        values[CELLS + i] /= light;
        values[2 * CELLS + i] /= light;
    }
}

static void normalize(float *values)
{
    float square = 0;

    for (int i = 0; i < APPEARANCE_FLOATS; i++)
        square += values[i] * values[i];
    for (int i = 0; i < APPEARANCE_FLOATS; i++)
        values[i] = square > 0 ? values[i] / sqrtf(square) : 0;
}

mien_status appearance_describe(const struct image *image, float x, float y, float w, float h,
                                float *ret_appearance, mien_error *err)
{
    uint8_t pixels[CELLS * 3];
    struct image grid = {APPEARANCE_COLUMNS, APPEARANCE_ROWS, image->channels,
                         (size_t)(APPEARANCE_COLUMNS * image->channels), pixels};
    struct affine map = {{{(double)(w * WIDTH / APPEARANCE_COLUMNS), 0, (double)(x + LEFT * w)},
                          {0, (double)(h * HEIGHT / APPEARANCE_ROWS), (double)(y + TOP * h)}}};
    mien_status status = image_warp(image, &map, IMAGE_EDGE_REPLICATE, &grid, err);

    if (status)
        return status;
    read_cells(&grid, ret_appearance);
    normalize(ret_appearance);
    return MIEN_OK;
}

float appearance_distance(const float *a, const float *b)
{
    float product = 0;

    for (int i = 0; i < APPEARANCE_FLOATS; i++)
        product += a[i] * b[i];
    return 1 - product;
}

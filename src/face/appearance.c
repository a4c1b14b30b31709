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

/* Cb and Cr count so many times as much as light. */
#define COLOUR_WEIGHT 2.0f

enum { CELLS = APPEARANCE_COLUMNS * APPEARANCE_ROWS };

/* cells (CELLS) = the picture's levels in the grid over a box in shares of the picture's sides. */
static mien_status read_cells(const struct image *image, const double box[4], float *cells,
                              mien_error *err)
{
    uint8_t pixels[CELLS];
    struct image grid = {APPEARANCE_COLUMNS, APPEARANCE_ROWS, 1, APPEARANCE_COLUMNS, pixels};
    struct affine map = {{{box[2] * image->width / APPEARANCE_COLUMNS, 0, box[0] * image->width},
                          {0, box[3] * image->height / APPEARANCE_ROWS, box[1] * image->height}}};
    mien_status status = image_warp(image, &map, IMAGE_EDGE_REPLICATE, &grid, err);

    for (int i = 0; i < CELLS && !status; i++)
        cells[i] = pixels[i];
    return status;
}

/* values (3, CELLS): light relative to its mean, and two colour differences likewise. */
static void relate_to_light(float *values)
{
    float mean = 0, light;

    for (int i = 0; i < CELLS; i++)
        mean += values[i] / CELLS;
    light = mean + 8;
    for (int i = 0; i < CELLS; i++) {
        values[i] = (values[i] - mean) / light;
        for (int c = 1; c <= 2; c++)
            values[c * CELLS + i] = COLOUR_WEIGHT * (values[c * CELLS + i] - 128) / light;
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

mien_status appearance_describe(const struct image *grey, const struct image *chroma, float x,
                                float y, float w, float h, float *ret_appearance, mien_error *err)
{
    const double box[4] = {(double)(x + LEFT * w) / grey->width,
                           (double)(y + TOP * h) / grey->height, (double)(WIDTH * w) / grey->width,
                           (double)(HEIGHT * h) / grey->height};
    mien_status status = read_cells(grey, box, ret_appearance, err);

    for (int c = 0; c < 2 && !status; c++)
        status = read_cells(&chroma[c], box, ret_appearance + (1 + c) * CELLS, err);
    if (status)
        return status;
    relate_to_light(ret_appearance);
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

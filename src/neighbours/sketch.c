/* sketch.c - block means of pictures and levels of features.
 * SPDX-License-Identifier: MIT */
#include "neighbours/sketch.h"

#include <math.h>
#include <string.h>

#include "neighbours/byte_kernels.h"
#include "neighbours/knn.h"

/* Blocks along a picture's longer side. More of them bound closer and cost more: 16 (3 x 3
 * pixels of 48 x 48) was the fastest on faces. */
enum { BLOCKS = 16 };

static size_t whole_groups(size_t bytes)
{
    return (bytes + BYTE_GROUP - 1) / BYTE_GROUP * BYTE_GROUP;
}

static int blocks_along(int pixels, int block)
{
    return (pixels + block - 1) / block;
}

void sketch_plan_pictures(int width, int height, struct sketch_plan *ret_plan)
{
    const int block = blocks_along(width > height ? width : height, BLOCKS);
    const size_t blocks = (size_t)blocks_along(width, block) * (size_t)blocks_along(height, block);

    *ret_plan = (struct sketch_plan){.width = width,
                                     .height = height,
                                     .block = block,
                                     .step = block,
                                     .bytes = whole_groups(blocks)};
}

void sketch_plan_features(size_t dims, float low, float high, struct sketch_plan *ret_plan)
{
    const double range = (double)high - (double)low;

    *ret_plan = (struct sketch_plan){
        .dims = dims,
        .low = (double)low,
        .step = range > 0 ? range / 255 : 1,
        .bytes = whole_groups(dims),
    };
}

/* Rounds to a byte and returns the square of what that changed. */
static double to_byte(double value, uint8_t *ret_byte)
{
    const double level = value <= 0 ? 0 : value >= 255 ? 255 : floor(value + 0.5);

    *ret_byte = (uint8_t)level;
    return (value - level) * (value - level);
}

/* The columns' sums over the pixel rows of one row of blocks. */
static void add_rows(const struct sketch_plan *plan, const uint8_t *pixels, int first_row,
                     uint32_t *ret_sums)
{
    const int end = first_row + plan->block < plan->height ? first_row + plan->block : plan->height;

    memset(ret_sums, 0, (size_t)plan->width * sizeof *ret_sums);
    for (int y = first_row; y < end; y++) {
        const uint8_t *row = pixels + (size_t)y * (size_t)plan->width;

        for (int x = 0; x < plan->width; x++)
            ret_sums[x] += row[x];
    }
}

/* Blocks that reach over the edge count the pixels there as 0: both pictures have them. */
double sketch_picture(const struct sketch_plan *plan, const uint8_t *pixels, uint8_t *ret_sketch)
{
    const double scale = 1.0 / (plan->block * plan->block);
    uint8_t *next = ret_sketch;
    uint32_t sums[KNN_MAX_SIDE];
    double error = 0;

    for (int y = 0; y < plan->height; y += plan->block) {
        add_rows(plan, pixels, y, sums);
        for (int x = 0; x < plan->width; x += plan->block) {
            uint32_t sum = 0;

            for (int i = x; i < x + plan->block && i < plan->width; i++)
                sum += sums[i];
            error += to_byte(sum * scale, next++);
        }
    }
    memset(next, 0, (size_t)(ret_sketch + plan->bytes - next));
    return sqrt(error);
}

double sketch_features(const struct sketch_plan *plan, const float *features, uint8_t *ret_sketch)
{
    double error = 0;

    for (size_t d = 0; d < plan->dims; d++)
        error += to_byte(((double)features[d] - plan->low) / plan->step, &ret_sketch[d]);
    memset(ret_sketch + plan->dims, 0, plan->bytes - plan->dims);
    return sqrt(error);
}

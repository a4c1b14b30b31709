/* picture_measures.c - brightness, contrast, sharpness and plainness of one picture.
 * SPDX-License-Identifier: MIT */
#include "dataset/picture_measures.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

enum { LEVELS = 256, NEIGHBOURS = 5, PLAIN_RANGE = 2 };

static void count_levels(const uint8_t *pixels, size_t count, uint32_t levels[LEVELS])
{
    uint32_t odd[LEVELS] = {0}; /* two tables: runs of one level do not wait for each other */

    for (int i = 0; i < LEVELS; i++)
        levels[i] = 0;
    for (size_t i = 0; i + 1 < count; i += 2) {
        levels[pixels[i]]++;
        odd[pixels[i + 1]]++;
    }
    if (count % 2)
        levels[pixels[count - 1]]++;
    for (int i = 0; i < LEVELS; i++)
        levels[i] += odd[i];
}

static void sum_up(const uint32_t levels[LEVELS], size_t count, struct picture_measures *measures)
{
    uint64_t window = 0, most = 0;
    bool any = false;
    double n = (double)count, variance;

    measures->sum = measures->squares = 0;
    for (uint32_t level = 0; level < LEVELS; level++) {
        measures->sum += (uint64_t)levels[level] * level;
        measures->squares += (uint64_t)levels[level] * level * level;
        window += levels[level];
        if (level >= NEIGHBOURS)
            window -= levels[level - NEIGHBOURS];
        most = window > most ? window : most;
        if (levels[level]) {
            measures->lowest = any ? measures->lowest : (uint8_t)level;
            measures->highest = (uint8_t)level;
            any = true;
        }
    }
    measures->mean = (float)((double)measures->sum / n);
    variance =
        (double)measures->squares / n - ((double)measures->sum / n) * ((double)measures->sum / n);
    measures->deviation = (float)sqrt(fmax(variance, 0));
    measures->modal_share = (float)((double)most / n);
}

/* The mean of |4 p - left - right - above - below| over the inner pixels. */
static float laplacian(const uint8_t *pixels, int width, int height)
{
    uint64_t total = 0;

    if (width < 3 || height < 3)
        return 0;
    for (int y = 1; y < height - 1; y++) {
        const uint8_t *row = pixels + (size_t)y * (size_t)width, *above = row - width,
                      *below = row + width;
        uint32_t sum = 0; /* at most 65535 * 1020 */
        for (int x = 1; x < width - 1; x++)
            sum += (uint32_t)abs(4 * row[x] - row[x - 1] - row[x + 1] - above[x] - below[x]);
        total += sum;
    }
    return (float)((double)total / ((double)(width - 2) * (double)(height - 2)));
}

/* Whether `count` pixels, `step` apart, are all alike. */
static bool is_plain(const uint8_t *pixels, int count, int step)
{
    int lowest = pixels[0], highest = pixels[0];

    for (int i = 1; i < count; i++) {
        int pixel = pixels[(size_t)i * (size_t)step];
        lowest = pixel < lowest ? pixel : lowest;
        highest = pixel > highest ? pixel : highest;
        if (highest - lowest > PLAIN_RANGE)
            return false;
    }
    return true;
}

static uint16_t plain_edge(const uint8_t *pixels, int width, int height)
{
    const uint8_t *bottom = pixels + (size_t)(height - 1) * (size_t)width;
    int top_rows = 0, bottom_rows = 0, left = 0, right = 0, rows, columns;

    while (top_rows < height && is_plain(pixels + (size_t)top_rows * (size_t)width, width, 1))
        top_rows++;
    while (bottom_rows < height && is_plain(bottom - (size_t)bottom_rows * (size_t)width, width, 1))
        bottom_rows++;
    while (left < width && is_plain(pixels + left, height, width))
        left++;
    while (right < width && is_plain(pixels + width - 1 - right, height, width))
        right++;
    rows = top_rows > bottom_rows ? top_rows : bottom_rows;
    columns = left > right ? left : right;
    return (uint16_t)(rows > columns ? rows : columns);
}

void picture_measure(const uint8_t *pixels, int width, int height,
                     struct picture_measures *ret_measures)
{
    size_t count = (size_t)width * (size_t)height;
    uint32_t levels[LEVELS];

    count_levels(pixels, count, levels);
    sum_up(levels, count, ret_measures);
    ret_measures->plain_edge = plain_edge(pixels, width, height);
    ret_measures->sharpness = ret_measures->deviation > 0
                                  ? laplacian(pixels, width, height) / ret_measures->deviation
                                  : 0;
}

/* covariance.c - sums of products of pixels as integer matrix products, some pictures at a time.
 * Doubles hold the sums exactly: they stay below 2^53. VNNI multiplies bytes four times as fast
 * as floats, and nothing cancels.
 * SPDX-License-Identifier: MIT */
#include "baseline/covariance.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/thread_pool.h"
#include "neighbours/byte_kernels.h"

/* Pictures whose products are added up in int32 before they go to the matrix: two panels of them
 * fit the second-level cache. */
enum { SLICE = 2048, SLICE_GROUPS = SLICE / BYTE_GROUP, PANEL_BYTES = SLICE * BYTE_RIGHT };

/* Here a vector is a pixel, and its elements are the pictures of the slice. */
struct work {
    const struct byte_kernels *kernels;
    const struct byte_rows *pictures;
    size_t first, groups;  /* of the slice: its first picture, its groups of pictures */
    size_t panel_count;    /* dims by BYTE_RIGHT, rounded up */
    uint8_t *panels;       /* (panel_count, SLICE_GROUPS, BYTE_RIGHT, BYTE_GROUP) */
    int8_t *signed_panels; /* the same less 128 */
    int32_t *products;     /* (workers, BYTE_LEFT, BYTE_RIGHT) */
    uint64_t *sums;        /* (dims) of each pixel */
    double *matrix;        /* (dims, dims), lower triangle: sum of (x_i - 128) x_j */
};

/* One group of pictures into a panel; pixels and pictures beyond the last are 0. */
static void pack_group(const struct work *work, size_t group, size_t first_pixel, size_t pixels,
                       uint8_t *ret_group)
{
    for (size_t e = 0; e < BYTE_GROUP; e++) {
        const size_t picture = work->first + group * BYTE_GROUP + e;
        const uint8_t *from;

        if (picture >= work->pictures->count)
            continue;
        from = byte_rows_at(work->pictures, picture) + first_pixel;
        for (size_t j = 0; j < pixels; j++)
            ret_group[j * BYTE_GROUP + e] = from[j];
    }
}

static void pack_panel(void *context, int panel, int worker)
{
    const struct work *work = context;
    const size_t first_pixel = (size_t)panel * BYTE_RIGHT;
    const size_t left = work->pictures->dims - first_pixel;
    const size_t pixels = left < BYTE_RIGHT ? left : BYTE_RIGHT;
    uint8_t *bytes = work->panels + (size_t)panel * PANEL_BYTES;
    int8_t *signed_bytes = work->signed_panels + (size_t)panel * PANEL_BYTES;

    (void)worker;
    for (size_t g = 0; g < work->groups; g++, bytes += BYTE_PANEL_GROUP) {
        memset(bytes, 0, BYTE_PANEL_GROUP);
        pack_group(work, g, first_pixel, pixels, bytes);
        for (size_t j = 0; j < pixels; j++)
            for (size_t e = 0; e < BYTE_GROUP; e++)
                work->sums[first_pixel + j] += bytes[j * BYTE_GROUP + e];
        for (size_t i = 0; i < BYTE_PANEL_GROUP; i++)
            *signed_bytes++ = (int8_t)(bytes[i] - 128);
    }
}

static void add_products(const struct work *work, const int32_t *products, size_t first_row,
                         size_t first_column)
{
    const size_t dims = work->pictures->dims;

    for (size_t i = 0; i < BYTE_LEFT && first_row + i < dims; i++) {
        double *row = work->matrix + (first_row + i) * dims;

        for (size_t j = 0; j < BYTE_RIGHT && first_column + j < dims; j++)
            row[first_column + j] += products[i * BYTE_RIGHT + j];
    }
}

/* Task of a pair of panels: the lower triangle of panels, row by row. */
static void panel_pair(int task, size_t *ret_row, size_t *ret_column)
{
    size_t row = 0, left = (size_t)task;

    while (left > row)
        left -= ++row;
    *ret_row = row;
    *ret_column = left;
}

static void multiply_panels(void *context, int task, int worker)
{
    const struct work *work = context;
    int32_t *products = work->products + worker * (BYTE_LEFT * BYTE_RIGHT);
    struct byte_left left = {.vector_stride = BYTE_GROUP, .group_stride = BYTE_PANEL_GROUP};
    size_t row, column;

    panel_pair(task, &row, &column);
    for (size_t i = 0; i < BYTE_RIGHT; i += BYTE_LEFT) {
        left.data = work->signed_panels + row * PANEL_BYTES + i * BYTE_GROUP;
        work->kernels->tile(&left, work->panels + column * PANEL_BYTES, work->groups, products);
        add_products(work, products, row * BYTE_RIGHT + i, column * BYTE_RIGHT);
    }
}

static mien_status allocate(struct work *work, int workers, mien_error *err)
{
    const size_t bytes = work->panel_count * PANEL_BYTES; /* dims is bounded by the matrix */

    work->panels = memory_aligned_new(bytes);
    work->signed_panels = memory_aligned_new(bytes);
    work->products =
        memory_aligned_new((size_t)workers * BYTE_LEFT * BYTE_RIGHT * sizeof *work->products);
    work->sums = calloc(work->pictures->dims, sizeof *work->sums);
    if (!work->panels || !work->signed_panels || !work->products || !work->sums)
        return error_memory(err, 2 * bytes);
    return MIEN_OK;
}

struct finish {
    const struct work *work;
    double *mean, *covariance;
};

/* Row i of the lower triangle and, mirrored, column i. */
static void finish_row(void *context, int task, int worker)
{
    const struct finish *finish = context;
    const struct work *work = finish->work;
    const double count = (double)work->pictures->count;
    const size_t dims = work->pictures->dims, i = (size_t)task;

    (void)worker;
    finish->mean[i] = (double)work->sums[i] / count;
    for (size_t j = 0; j <= i; j++) {
        const double products = work->matrix[i * dims + j] + 128 * (double)work->sums[j];
        const double covariance =
            (products - (double)work->sums[i] * ((double)work->sums[j] / count)) / (count - 1);

        finish->covariance[i * dims + j] = covariance;
        finish->covariance[j * dims + i] = covariance;
    }
}

mien_status covariance_of_bytes(const struct byte_rows *pictures, struct thread_pool *pool,
                                double *ret_mean, double *ret_covariance, mien_error *err)
{
    struct work work = {.kernels = byte_kernels_best(),
                        .pictures = pictures,
                        .panel_count = (pictures->dims + BYTE_RIGHT - 1) / BYTE_RIGHT,
                        .matrix = ret_covariance};
    struct finish finish = {&work, ret_mean, ret_covariance};
    const int panels = (int)work.panel_count;
    mien_status status = allocate(&work, thread_pool_size(pool), err);

    if (status)
        goto out;
    memset(ret_covariance, 0, pictures->dims * pictures->dims * sizeof *ret_covariance);
    for (; work.first < pictures->count; work.first += SLICE) {
        const size_t left = pictures->count - work.first;

        work.groups = ((left < SLICE ? left : SLICE) + BYTE_GROUP - 1) / BYTE_GROUP;
        thread_pool_run(pool, panels, pack_panel, &work);
        thread_pool_run(pool, panels * (panels + 1) / 2, multiply_panels, &work);
    }
    thread_pool_run(pool, (int)pictures->dims, finish_row, &finish);
out:
    free(work.panels);
    free(work.signed_panels);
    free(work.products);
    free(work.sums);
    return status;
}

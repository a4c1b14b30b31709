/* detector_condition.c - shrink, tilt, blur, darken, disturb pictures and carry their marks along.
 * SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "training/detector_condition.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/thread_pool.h"
#include "image/resize.h"
#include "training/levels.h"

#define SMALLEST_FACE 10

const char *detector_condition_name(enum detector_condition condition)
{
    static const char *const names[CONDITIONS] = {
        "half size", "quarter size",      "blurred",          "dark", "noisy", "coarse blocks",
        "faded",     "tilted 15 degrees", "tilted 30 degrees"};

    return names[condition];
}

static mien_status shrink(const struct image *source, int divisor, struct image *ret_image,
                          struct affine *ret_map, mien_error *err)
{
    int W = source->width / divisor, H = source->height / divisor;

    W = W ? W : 1;
    H = H ? H : 1;
    *ret_map =
        (struct affine){{{(double)W / source->width, 0, 0}, {0, (double)H / source->height, 0}}};
    return image_resized(source, W, H, ret_image, err);
}

/* Turns the picture about its middle, on a canvas that holds all of it. */
static mien_status tilt(const struct image *source, double degrees, struct image *ret_image,
                        struct affine *ret_map, mien_error *err)
{
    double c = cos(degrees * M_PI / 180), s = sin(degrees * M_PI / 180);
    double W = source->width, H = source->height;
    int wide = (int)ceil(W * c + H * fabs(s)), high = (int)ceil(W * fabs(s) + H * c);
    struct affine map = {{{c, -s, (wide - c * W + s * H) / 2}, {s, c, (high - s * W - c * H) / 2}}};
    struct affine back;
    struct image image;
    mien_status status = affine_inverse(&map, &back, err);

    if (!status)
        status = image_new(wide, high, 1, &image, err);
    if (status)
        return status;
    status = image_warp(source, &back, IMAGE_EDGE_BLACK, &image, err);
    if (status) {
        image_free(&image);
        return status;
    }
    *ret_image = image;
    *ret_map = map;
    return MIEN_OK;
}

static void scale_levels(float *levels, size_t count, float factor, float offset)
{
    for (size_t i = 0; i < count; i++)
        levels[i] = levels[i] * factor + offset;
}

static void change_levels(enum detector_condition condition, int H, int W, uint64_t key,
                          float *levels)
{
    size_t count = (size_t)H * (size_t)W;

    if (condition == CONDITION_BLURRED) {
        levels_blur(levels, H, W, 2);
    } else if (condition == CONDITION_DARK) {
        scale_levels(levels, count, 0.15f, 0);
        levels_noise(levels, H, W, 1.5f, key);
    } else if (condition == CONDITION_NOISY) {
        levels_noise(levels, H, W, 20, key);
    } else if (condition == CONDITION_BLOCKS) {
        levels_blocks(levels, H, W, 50, 0, 0);
    } else if (condition == CONDITION_FADED) {
        levels_blur(levels, H, W, 0.8f);
        scale_levels(levels, count, 0.3f, 110);
        levels_vignette(levels, H, W, 0.7f);
        levels_grain(levels, H, W, 6, key);
    }
    levels_round(levels, H, W);
}

/* A picture of the same size and other levels. */
static mien_status redraw(const struct image *source, enum detector_condition condition,
                          uint64_t key, struct image *ret_image, mien_error *err)
{
    int H = source->height, W = source->width;
    size_t w = (size_t)W, count = (size_t)H * w;
    float *levels = malloc(count * sizeof *levels);
    mien_status status;

    if (!levels)
        return error_memory(err, count * sizeof *levels);
    status = image_new(W, H, 1, ret_image, err);
    if (!status) {
        for (size_t i = 0; i < count; i++)
            levels[i] = image_row(source, (int)(i / w))[i % w];
        change_levels(condition, H, W, key, levels);
        for (size_t i = 0; i < count; i++)
            image_row(ret_image, (int)(i / w))[i % w] = (uint8_t)levels[i];
    }
    free(levels);
    return status;
}

static mien_status change_image(const struct image *source, enum detector_condition condition,
                                int index, struct image *ret_image, struct affine *ret_map,
                                mien_error *err)
{
    int side = index % 2 ? 1 : -1;

    switch (condition) {
    case CONDITION_HALF:
        return shrink(source, 2, ret_image, ret_map, err);
    case CONDITION_QUARTER:
        return shrink(source, 4, ret_image, ret_map, err);
    case CONDITION_TILT_15:
        return tilt(source, side * 15, ret_image, ret_map, err);
    case CONDITION_TILT_30:
        return tilt(source, side * 30, ret_image, ret_map, err);
    default:
        *ret_map = (struct affine){{{1, 0, 0}, {0, 1, 0}}};
        return redraw(source, condition, (uint64_t)index, ret_image, err);
    }
}

/* Faces that became too small join those to be ignored, behind the others. */
static void map_marks(const struct detector_picture *from, const struct affine *map,
                      struct detector_picture *to)
{
    for (int pass = 0; pass < 2; pass++)
        for (int i = 0; i < from->mark_count; i++) {
            struct face_mark mark = face_mark_mapped(&from->marks[i], map);
            mark.ignore = mark.ignore || face_mark_size(&mark) < SMALLEST_FACE;
            if (mark.ignore == (pass == 1))
                to->marks[to->mark_count++] = mark;
            to->face_count += pass == 0 && !mark.ignore;
        }
}

struct change {
    const struct detector_data *data;
    enum detector_condition condition;
    struct detector_picture *pictures;
    mien_status *statuses; /* one a picture */
};

static void change_picture(void *context, int index, int worker)
{
    struct change *change = context;
    const struct detector_picture *from = &change->data->pictures[index];
    struct detector_picture *to = &change->pictures[index];
    struct affine map;

    (void)worker;
    to->file = strdup(from->file);
    to->marks = malloc(((size_t)from->mark_count + 1) * sizeof *to->marks);
    change->statuses[index] = to->file && to->marks ? change_image(&from->grey, change->condition,
                                                                   index, &to->grey, &map, NULL)
                                                    : MIEN_ENOMEM;
    if (!change->statuses[index])
        map_marks(from, &map, to);
}

mien_status detector_condition_apply(const struct detector_data *data,
                                     enum detector_condition condition, struct thread_pool *pool,
                                     struct detector_data *ret_data, mien_error *err)
{
    struct detector_data changed = {.count = data->count};
    struct change change = {.data = data, .condition = condition};
    mien_status status = MIEN_OK;

    changed.pictures = calloc(data->count, sizeof *changed.pictures);
    change.statuses = calloc(data->count, sizeof *change.statuses);
    change.pictures = changed.pictures;
    if (!changed.pictures)
        changed.count = 0;
    if (!changed.pictures || !change.statuses)
        status = error_memory(err, data->count * sizeof *changed.pictures);
    else
        thread_pool_run(pool, (int)data->count, change_picture, &change);
    for (size_t i = 0; !status && i < data->count; i++)
        if (change.statuses[i])
            status = error_set(err, change.statuses[i], "%s: out of memory while making it %s",
                               data->pictures[i].file, detector_condition_name(condition));
    free(change.statuses);
    if (!status)
        status = detector_data_index(&changed, err);
    if (status)
        detector_data_close(&changed);
    else
        *ret_data = changed;
    return status;
}

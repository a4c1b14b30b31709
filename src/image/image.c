/* image.c - making, viewing, converting, cropping and turning pictures.
 * SPDX-License-Identifier: MIT */
#include "image/image.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

mien_status image_new(int width, int height, int channels, struct image *ret_image, mien_error *err)
{
    struct image image = {width, height, channels, 0, NULL};
    size_t bytes;

    if (channels != 1 && channels != 3)
        return error_set(err, MIEN_EINVAL, "a picture of %d channels: 1 or 3 are possible",
                         channels);
    if (width < 1 || height < 1 || width > IMAGE_MAX_SIDE || height > IMAGE_MAX_SIDE)
        return error_set(err, MIEN_EINVAL, "a picture of %dx%d: sides of 1 to %d are possible",
                         width, height, IMAGE_MAX_SIDE);
    image.stride = memory_aligned_size((size_t)width * (size_t)channels);
    if (!mul_size(image.stride, (size_t)height, &bytes) || bytes > IMAGE_MAX_BYTES)
        return error_set(err, MIEN_EINVAL, "a picture of %dx%d: more than %zu MiB", width, height,
                         IMAGE_MAX_BYTES >> 20);
    image.pixels = memory_aligned_new(bytes + IMAGE_SPARE_BYTES);
    if (!image.pixels)
        return error_memory(err, bytes);
    *ret_image = image;
    return MIEN_OK;
}

mien_status image_reuse(struct image *image, int width, int height, int channels, mien_error *err)
{
    struct image fresh;
    mien_status status;

    if (image->pixels && image->width == width && image->height == height &&
        image->channels == channels)
        return MIEN_OK;
    status = image_new(width, height, channels, &fresh, err);
    if (status)
        return status;
    image_free(image);
    *image = fresh;
    return MIEN_OK;
}

void image_free(struct image *image)
{
    if (!image)
        return;
    free(image->pixels);
    memset(image, 0, sizeof *image);
}

struct image image_borrow(const uint8_t *pixels, int width, int height, int channels, size_t stride)
{
    return (struct image){width, height, channels, stride, (uint8_t *)pixels};
}

struct image image_view(const struct image *image, int x, int y, int width, int height)
{
    uint8_t *pixels = image_row(image, y) + (size_t)x * (size_t)image->channels;

    return (struct image){width, height, image->channels, image->stride, pixels};
}

static void row_to_grey(const uint8_t *restrict rgb, int width, uint8_t *restrict grey)
{
    for (int x = 0; x < width; x++)
        grey[x] = (uint8_t)((19595u * rgb[3 * x] + 38470u * rgb[3 * x + 1] +
                             7471u * rgb[3 * x + 2] + 32768u) >>
                            16);
}

static void row_to_rgb(const uint8_t *restrict grey, int width, uint8_t *restrict rgb)
{
    for (int x = 0; x < width; x++)
        rgb[3 * x] = rgb[3 * x + 1] = rgb[3 * x + 2] = grey[x];
}

void image_convert(const struct image *source, struct image *target)
{
    size_t row_bytes = (size_t)source->width * (size_t)source->channels;

    for (int y = 0; y < source->height; y++) {
        if (source->channels == target->channels)
            memcpy(image_row(target, y), image_row(source, y), row_bytes);
        else if (target->channels == 1)
            row_to_grey(image_row(source, y), source->width, image_row(target, y));
        else
            row_to_rgb(image_row(source, y), source->width, image_row(target, y));
    }
}

void image_chroma(const struct image *rgb, struct image chroma[2])
{
    for (int y = 0; y < rgb->height; y++) {
        const uint8_t *p = image_row(rgb, y);
        uint8_t *cb = image_row(&chroma[0], y), *cr = image_row(&chroma[1], y);
        for (int x = 0; x < rgb->width; x++, p += 3) { /* in 2^-16; pure blue and red reach 255.5 */
            int blue = 32768 * p[2] - 11059 * p[0] - 21709 * p[1] + (128 << 16) + 32767;
            int red = 32768 * p[0] - 27439 * p[1] - 5329 * p[2] + (128 << 16) + 32767;
            cb[x] = (uint8_t)(blue >> 16);
            cr[x] = (uint8_t)(red >> 16);
        }
    }
}

mien_status image_to_channels(const struct image *image, int channels, struct image *ret_image,
                              mien_error *err)
{
    struct image target;
    mien_status status = image_new(image->width, image->height, channels, &target, err);

    if (status)
        return status;
    image_convert(image, &target);
    *ret_image = target;
    return MIEN_OK;
}

static int clamp(int value, int low, int high)
{
    return value < low ? low : value > high ? high : value;
}

/* One row of a crop whose first `before` and last `after` pixels lie outside the picture. */
static void crop_row(const uint8_t *row, const struct image *source, int before, int after, int x,
                     enum image_edge edge, const struct image *target, uint8_t *out)
{
    size_t C = (size_t)source->channels;
    int inside = target->width - before - after;
    const uint8_t *last = row + (size_t)(source->width - 1) * C;

    if (edge == IMAGE_EDGE_BLACK) {
        memset(out, 0, (size_t)target->width * C);
    } else {
        for (int i = 0; i < before; i++)
            memcpy(out + (size_t)i * C, row, C);
        for (int i = target->width - after; i < target->width; i++)
            memcpy(out + (size_t)i * C, last, C);
    }
    if (inside > 0)
        memcpy(out + (size_t)before * C, row + (size_t)(x + before) * C, (size_t)inside * C);
}

void image_crop(const struct image *source, int x, int y, enum image_edge edge,
                struct image *target)
{
    int W = target->width;
    /* 64 bits: a box may lie anywhere that an int can say. */
    int64_t beyond = (int64_t)x + W - source->width;
    int before = x < 0 ? (int)(-(int64_t)x < W ? -(int64_t)x : W) : 0;
    int after = beyond > 0 ? (int)(beyond < W ? beyond : W) : 0;

    for (int i = 0; i < target->height; i++) {
        int64_t line = (int64_t)y + i;
        bool outside = line < 0 || line >= source->height;
        int row = line < 0 ? 0 : outside ? source->height - 1 : (int)line;
        uint8_t *out = image_row(target, i);

        if (outside && edge == IMAGE_EDGE_BLACK)
            memset(out, 0, (size_t)W * (size_t)source->channels);
        else
            crop_row(image_row(source, row), source, before, after, x, edge, target, out);
    }
}

/* A target pixel's place in the source is origin + x * step_x + y * step_y, in bytes. */
struct turn {
    const uint8_t *origin;
    ptrdiff_t step_x, step_y;
};

static struct turn turn_of(const struct image *image, int orientation)
{
    bool transposed = orientation >= 5;
    bool from_right = orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
    bool from_bottom = orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
    ptrdiff_t column = image->channels, row = (ptrdiff_t)image->stride;
    const uint8_t *origin = image->pixels;

    if (from_right) {
        origin += (image->width - 1) * column;
        column = -column;
    }
    if (from_bottom) {
        origin += (image->height - 1) * row;
        row = -row;
    }
    return transposed ? (struct turn){origin, row, column} : (struct turn){origin, column, row};
}

/* Square tiles: a transposed walk over whole rows would miss the cache at every pixel. */
enum { TILE = 32 };

static void turn_tile(const struct turn *turn, int x0, int y0, struct image *target)
{
    int x1 = clamp(x0 + TILE, 0, target->width), y1 = clamp(y0 + TILE, 0, target->height);
    size_t C = (size_t)target->channels;

    for (int y = y0; y < y1; y++) {
        const uint8_t *in = turn->origin + y * turn->step_y + x0 * turn->step_x;
        uint8_t *out = image_row(target, y) + (size_t)x0 * C;
        for (int x = x0; x < x1; x++, in += turn->step_x, out += C) {
            out[0] = in[0];
            if (C == 3) {
                out[1] = in[1];
                out[2] = in[2];
            }
        }
    }
}

void image_orient_into(const struct image *image, int orientation, struct image *target)
{
    struct turn turn = turn_of(image, orientation);

    for (int y = 0; y < target->height; y += TILE)
        for (int x = 0; x < target->width; x += TILE)
            turn_tile(&turn, x, y, target);
}

mien_status image_orient(const struct image *image, int orientation, struct image *ret_image,
                         mien_error *err)
{
    bool transposed = orientation >= 5;
    mien_status status;

    if (orientation < 1 || orientation > 8)
        return error_set(err, MIEN_EINVAL, "an orientation of %d: EXIF has 1 to 8", orientation);
    status = image_new(transposed ? image->height : image->width,
                       transposed ? image->width : image->height, image->channels, ret_image, err);
    if (!status)
        image_orient_into(image, orientation, ret_image);
    return status;
}

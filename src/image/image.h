/* image.h - pictures in memory: 8 bits a channel, grey or RGB.
 *
 * Coordinates. Pixel (x, y) is column x of row y, counted from the top left. Positions between
 * pixels are continuous: pixel (x, y) covers the square from (x, y) to (x + 1, y + 1), its centre
 * is (x + 0.5, y + 0.5), and the whole picture is the box 0, 0, width, height. Boxes, landmarks
 * and matrices all use this convention.
 *
 * Threads. An image is plain memory: any number of threads may read one, none while another
 * writes it.
 * SPDX-License-Identifier: MIT */
#ifndef IMAGE_IMAGE_H
#define IMAGE_IMAGE_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/* The longest side, and the most bytes, of any picture. */
#define IMAGE_MAX_SIDE 65535
#define IMAGE_MAX_BYTES ((size_t)1 << 30)

/* What image_new() leaves behind the last row: vector code that works in whole registers, such as
 * libswscale's, writes beyond a row's end. */
#define IMAGE_SPARE_BYTES 64

/* Made by image_new() or by a function that says so, it owns `pixels` and is ended by
 * image_free(). Made by image_view() or image_borrow(), it is a view: it lives no longer than the
 * pixels that it shows and is not freed. */
struct image {
    int width, height; /* 1..IMAGE_MAX_SIDE */
    int channels;      /* 1 grey, or 3 in the order R G B */
    size_t stride;     /* bytes from one row to the next, at least width * channels */
    uint8_t *pixels;   /* (height, stride): 0 black to 255 full */
};

/* What lies outside a picture. */
enum image_edge {
    IMAGE_EDGE_REPLICATE, /* the nearest pixel of the picture */
    IMAGE_EDGE_BLACK,     /* 0 */
};

/* A black picture, rows and start aligned to MEMORY_ALIGNMENT.
 * MIEN_EINVAL where the size is outside the bounds above, MIEN_ENOMEM. */
mien_status image_new(int width, int height, int channels, struct image *ret_image,
                      mien_error *err);

/* Accepts NULL and a zeroed struct; zeroes the struct. */
void image_free(struct image *image);

static inline uint8_t *image_row(const struct image *image, int y)
{
    return image->pixels + (size_t)y * image->stride;
}

/* The pixels of somebody else as a picture, which is for reading only. */
struct image image_borrow(const uint8_t *pixels, int width, int height, int channels,
                          size_t stride);

/* The part of a picture at x, y, which must lie inside: no pixel is copied. */
struct image image_view(const struct image *image, int x, int y, int width, int height);

/* Copies every pixel between pictures of the same size; from RGB to grey it takes the luma, from
 * grey to RGB it repeats. Luma is Rec. 601 in integers, (19595 R + 38470 G + 7471 B + 2^15) >> 16,
 * and the only one in this program: R = G = B gives that very value. */
void image_convert(const struct image *source, struct image *target);

/* Fills two grey pictures of an RGB picture's size with its colour differences by Rec. 601,
 * Cb = 128 + (B - Y) / 1.772 and Cr = 128 + (R - Y) / 1.402. */
void image_chroma(const struct image *rgb, struct image chroma[2]);

/* A new picture of `channels` channels with the same contents. */
mien_status image_to_channels(const struct image *image, int channels, struct image *ret_image,
                              mien_error *err);

/* Copies the box at x, y of `target`'s size out of `source`; the box may lie partly or wholly
 * outside, where `edge` says what is there. Both have the same number of channels. */
void image_crop(const struct image *source, int x, int y, enum image_edge edge,
                struct image *target);

/* A new picture, turned upright from how a camera with this EXIF orientation stored it:
 * 1 as is, 2 mirrored, 3 half turn, 4 flipped, 5 transposed, 6 turned right, 7 transverse,
 * 8 turned left. MIEN_EINVAL for another number. */
mien_status image_orient(const struct image *image, int orientation, struct image *ret_image,
                         mien_error *err);

/* The same into a picture of the right size and channels; `orientation` is 1 to 8. */
void image_orient_into(const struct image *image, int orientation, struct image *target);

/* Makes `image`, zeroed or owning its pixels, one of this size: where it already is, it keeps its
 * memory and contents; otherwise it becomes a new one, and the old one stays where that fails. */
mien_status image_reuse(struct image *image, int width, int height, int channels, mien_error *err);

#endif

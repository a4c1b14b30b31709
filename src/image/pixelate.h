/* pixelate.h - makes a face unrecognisable in a picture.
 * SPDX-License-Identifier: MIT */
#ifndef IMAGE_PIXELATE_H
#define IMAGE_PIXELATE_H

#include "image/image.h"

/* Replaces the box at `x`, `y` of `width` x `height` pixels, and an eighth of it more on every
 * side, by flat squares, the box's larger side in six, each of the mean colour of its pixels.
 * What lies outside of the picture is passed over. */
void image_pixelate(struct image *image, float x, float y, float width, float height);

#endif

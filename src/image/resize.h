/* resize.h - a picture at another size.
 * SPDX-License-Identifier: MIT */
#ifndef IMAGE_RESIZE_H
#define IMAGE_RESIZE_H

#include "image/image.h"

/* Fills all of `target`, whose size says what is wanted, from all of `source`; views are fine, so
 * a part of a picture resizes without a copy. The two have the same number of channels and do not
 * overlap. Each axis on its own: where it shrinks, a target pixel is the mean of the area that it
 * covers (no aliasing); where it grows, it is interpolated linearly between pixel centres.
 * The same bytes on every machine. Costs about one pass over the source.
 * @return MIEN_ENOMEM, or MIEN_EINVAL where the channels differ */
mien_status image_resize(const struct image *source, struct image *target, mien_error *err);

/* A new picture of this size. */
mien_status image_resized(const struct image *source, int width, int height,
                          struct image *ret_image, mien_error *err);

#endif

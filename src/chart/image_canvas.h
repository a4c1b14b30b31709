/* image_canvas.h - draws on a picture in memory with a canvas.
 * SPDX-License-Identifier: MIT */
#ifndef CHART_IMAGE_CANVAS_H
#define CHART_IMAGE_CANVAS_H

#include "chart/canvas.h"
#include "image/image.h"

/* Cairo's limit is 32,767; this is enough for any screen and keeps a tile in the cache. */
#define IMAGE_CANVAS_MAX_SIDE 16384

struct image_canvas {
    struct canvas canvas; /* positions are pixels of the picture */
    struct image *image;
    cairo_surface_t *surface;
};

/* Starts drawing on an RGB picture of at most IMAGE_CANVAS_MAX_SIDE pixels a side, which nobody
 * else touches until image_canvas_close(). MIEN_ENOMEM. */
mien_status image_canvas_open(struct image *image, const struct theme *theme,
                              struct image_canvas *ret_canvas, mien_error *err);

/* Puts what was drawn into the picture. MIEN_ENOMEM: the picture is as it was. */
mien_status image_canvas_close(struct image_canvas *canvas, mien_error *err);

#endif

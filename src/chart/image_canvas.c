/* image_canvas.c - from RGB to Cairo's 32 bits a pixel and back.
 * SPDX-License-Identifier: MIT */
#include "chart/image_canvas.h"

#include <cairo.h>

static void to_surface(const struct image *image, cairo_surface_t *surface)
{
    unsigned char *data = cairo_image_surface_get_data(surface);
    int stride = cairo_image_surface_get_stride(surface);

    for (int y = 0; y < image->height; y++) {
        uint32_t *out = (uint32_t *)(void *)(data + (ptrdiff_t)y * stride);
        const uint8_t *in = image_row(image, y);
        for (int x = 0; x < image->width; x++, in += 3)
            out[x] = (uint32_t)in[0] << 16 | (uint32_t)in[1] << 8 | in[2];
    }
    cairo_surface_mark_dirty(surface);
}

static void from_surface(cairo_surface_t *surface, struct image *image)
{
    const unsigned char *data = cairo_image_surface_get_data(surface);
    int stride = cairo_image_surface_get_stride(surface);

    for (int y = 0; y < image->height; y++) {
        const uint32_t *in = (const uint32_t *)(const void *)(data + (ptrdiff_t)y * stride);
        uint8_t *out = image_row(image, y);
        for (int x = 0; x < image->width; x++, out += 3) {
            out[0] = (uint8_t)(in[x] >> 16);
            out[1] = (uint8_t)(in[x] >> 8);
            out[2] = (uint8_t)in[x];
        }
    }
}

static mien_status tell(cairo_status_t status, mien_error *err)
{
    return status == CAIRO_STATUS_SUCCESS ? MIEN_OK
                                          : error_set(err, MIEN_ENOMEM, "drawing on a picture: %s",
                                                      cairo_status_to_string(status));
}

mien_status image_canvas_open(struct image *image, const struct theme *theme,
                              struct image_canvas *ret_canvas, mien_error *err)
{
    cairo_surface_t *surface =
        cairo_image_surface_create(CAIRO_FORMAT_RGB24, image->width, image->height);
    cairo_t *cairo = cairo_create(surface);
    mien_status status = tell(cairo_status(cairo), err);

    if (status) {
        cairo_destroy(cairo);
        cairo_surface_destroy(surface);
        return status;
    }
    to_surface(image, surface);
    ret_canvas->image = image;
    ret_canvas->surface = surface;
    canvas_open(cairo, theme, NULL, &ret_canvas->canvas);
    return MIEN_OK;
}

mien_status image_canvas_close(struct image_canvas *canvas, mien_error *err)
{
    cairo_t *cairo = canvas->canvas.cairo;
    mien_status status;

    canvas_close(&canvas->canvas);
    status = tell(cairo_status(cairo), err);
    cairo_surface_flush(canvas->surface);
    if (!status)
        from_surface(canvas->surface, canvas->image);
    cairo_destroy(cairo);
    cairo_surface_destroy(canvas->surface);
    return status;
}

/* overlay.c - draws marks onto a photograph with Cairo and Pango, tile by tile: Cairo works in 32
 * bits a pixel and at most 32,767 pixels a side, and most of a photograph is not drawn on.
 * SPDX-License-Identifier: MIT */
#include "chart/overlay.h"

#include <cairo.h>
#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "chart/image_canvas.h"
#include "chart/overlay_plan.h"

enum { TILE = 1024 };

/* Okabe and Ito, "Color universal design", 2008, with a light grey for black. */
static const uint8_t palette[OVERLAY_COLOURS][3] = {
    {230, 159, 0}, {86, 180, 233}, {0, 158, 115},   {240, 228, 66},
    {0, 114, 178}, {213, 94, 0},   {204, 121, 167}, {200, 200, 200},
};

static const struct colour dark = {0.08, 0.09, 0.11}, light = {1, 1, 1};

struct colour overlay_colour(int colour)
{
    const uint8_t *rgb = palette[(colour % OVERLAY_COLOURS + OVERLAY_COLOURS) % OVERLAY_COLOURS];

    return (struct colour){rgb[0] / 255.0, rgb[1] / 255.0, rgb[2] / 255.0};
}

static struct colour colour_of(const struct overlay_face *face)
{
    return overlay_colour(face->colour);
}

/* The box as a coloured line between two dark ones: seen on light and on dark pictures. */
static void draw_box(struct canvas *canvas, const struct overlay_face *face,
                     const struct overlay_place *place)
{
    cairo_t *cairo = canvas->cairo;

    cairo_rectangle(cairo, place->face.x, place->face.y, place->face.width, place->face.height);
    canvas_colour(canvas, dark, 0.6);
    cairo_set_line_width(cairo, place->line + fmax(2, place->line));
    cairo_stroke_preserve(cairo);
    canvas_colour(canvas, colour_of(face), 1);
    cairo_set_line_width(cairo, place->line);
    cairo_stroke(cairo);
}

static bool is_inside(const struct box *box, double x, double y)
{
    return x >= box->x && y >= box->y && x < box->x + box->width && y < box->y + box->height;
}

static void draw_landmarks(struct canvas *canvas, const struct overlay_face *face,
                           const struct overlay_place *place)
{
    double radius = place->line;

    for (int i = 0; i < face->landmark_count; i++) {
        double x = face->landmarks[i][0], y = face->landmarks[i][1];
        if (!is_inside(&place->extent, x, y)) /* outside the picture */
            continue;
        cairo_arc(canvas->cairo, x, y, radius + fmax(1, radius / 2), 0, 2 * G_PI);
        canvas_colour(canvas, dark, 0.6);
        cairo_fill(canvas->cairo);
        cairo_arc(canvas->cairo, x, y, radius, 0, 2 * G_PI);
        canvas_colour(canvas, colour_of(face), 1);
        cairo_fill(canvas->cairo);
    }
}

static void draw_title(struct canvas *canvas, const struct overlay_face *face,
                       const struct overlay_place *place)
{
    double padding = overlay_padding(place->size);
    struct colour colour = colour_of(face);

    if (place->title.width <= 0)
        return;
    canvas_fill(canvas, place->title, colour, 1);
    /* A pixel more than was measured: rounding must not cost the last letter. */
    canvas_fitted_text(canvas, face->title, place->title.x + padding, place->title.y + padding / 2,
                       place->title.width - 2 * padding + 1, 1, CANVAS_LEFT, place->size,
                       canvas_ink_on(colour));
}

static void draw_bars(struct canvas *canvas, const struct overlay_face *face,
                      const struct overlay_place *place)
{
    double padding = overlay_padding(place->bar_size), row = overlay_row_height(place->bar_size);
    double start = place->bars.x + 2 * padding + place->name_width;
    double length = place->bars.x + place->bars.width - padding - start;

    if (place->bars.width <= 0)
        return;
    canvas_fill(canvas, place->bars, dark, 0.72);
    for (int i = 0; i < face->bar_count; i++) {
        double y = place->bars.y + padding + i * row;
        double share = fmin(fmax(isnan(face->bars[i]) ? 0 : face->bars[i], 0), 1);
        canvas_text(canvas, face->bar_names[i], place->bars.x + padding, y, CANVAS_LEFT,
                    place->bar_size, light);
        /* The letters' middle is a little above the row's. */
        struct box bar = {start, y + 0.15 * row, length, 0.6 * row};
        canvas_fill(canvas, bar, light, 0.18);
        bar.width *= share;
        canvas_fill(canvas, bar, colour_of(face), 1);
    }
}

typedef void draw_part(struct canvas *canvas, const struct overlay_face *face,
                       const struct overlay_place *place);

/* Everything of one picture. */
struct overlay {
    struct image *image;
    const struct overlay_face *faces;
    const struct overlay_place *places;
    int count;
};

static bool is_touched(const struct overlay_place *place, const struct image *tile, int x, int y)
{
    return place->extent.x < x + tile->width && place->extent.x + place->extent.width > x &&
           place->extent.y < y + tile->height && place->extent.y + place->extent.height > y;
}

/* Part by part, so that no line crosses a title, whosever it is. */
static void draw_all(const struct overlay *overlay, const struct image *tile, int x, int y,
                     struct canvas *canvas)
{
    static draw_part *const parts[] = {draw_box, draw_landmarks, draw_bars, draw_title};

    for (size_t part = 0; part < sizeof parts / sizeof *parts; part++)
        for (int i = 0; i < overlay->count; i++)
            if (is_touched(&overlay->places[i], tile, x, y))
                parts[part](canvas, &overlay->faces[i], &overlay->places[i]);
}

static mien_status draw_tile(const struct overlay *overlay, int x, int y, mien_error *err)
{
    int W = overlay->image->width - x, H = overlay->image->height - y;
    struct image tile = image_view(overlay->image, x, y, W < TILE ? W : TILE, H < TILE ? H : TILE);
    bool touched = false;
    struct image_canvas canvas;
    mien_status status;

    for (int i = 0; i < overlay->count; i++)
        touched = touched || is_touched(&overlay->places[i], &tile, x, y);
    if (!touched)
        return MIEN_OK;
    status = image_canvas_open(&tile, theme_of(CHART_LIGHT), &canvas, err);
    if (status)
        return status;
    cairo_translate(canvas.canvas.cairo, -x, -y);
    draw_all(overlay, &tile, x, y, &canvas.canvas);
    return image_canvas_close(&canvas, err);
}

/* Texts are measured on a surface that records and has no size. */
static void plan(const struct image *image, const struct overlay_face *faces, int count,
                 struct overlay_place *places)
{
    cairo_surface_t *surface = cairo_recording_surface_create(CAIRO_CONTENT_COLOR, NULL);
    cairo_t *cairo = cairo_create(surface);
    struct canvas canvas;

    canvas_open(cairo, theme_of(CHART_LIGHT), NULL, &canvas);
    overlay_plan(&canvas, image->width, image->height, faces, count, places);
    canvas_close(&canvas);
    cairo_destroy(cairo);
    cairo_surface_destroy(surface);
}

static mien_status check(const struct image *image, const struct overlay_face *faces, int count,
                         mien_error *err)
{
    if (image->channels != 3)
        return error_set(err, MIEN_EINVAL, "marks can be drawn on RGB pictures only");
    for (int i = 0; i < count; i++) {
        const struct overlay_face *face = &faces[i];
        if (!isfinite(face->x) || !isfinite(face->y) || !isfinite(face->w) || !isfinite(face->h) ||
            face->w < 0 || face->h < 0)
            return error_set(err, MIEN_EINVAL, "face %d to be drawn has the box %g,%g,%g,%g", i,
                             face->x, face->y, face->w, face->h);
    }
    return MIEN_OK;
}

mien_status overlay_draw(struct image *image, const struct overlay_face *faces, int count,
                         mien_error *err)
{
    mien_status status = check(image, faces, count, err);
    struct overlay_place *places;
    size_t bytes;

    if (status || count == 0)
        return status;
    bytes = (size_t)count * sizeof *places;
    places = malloc(bytes);
    if (!places)
        return error_memory(err, bytes);
    plan(image, faces, count, places);
    const struct overlay overlay = {image, faces, places, count};
    for (int y = 0; y < image->height && !status; y += TILE)
        for (int x = 0; x < image->width && !status; x += TILE)
            status = draw_tile(&overlay, x, y, err);
    free(places);
    return status;
}

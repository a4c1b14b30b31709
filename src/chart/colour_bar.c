/* colour_bar.c - a colour map as a strip with ticks.
 * SPDX-License-Identifier: MIT */
#include "chart/colour_bar.h"

/* A colour map is straight between at most 10 colours: 36 stops hit every one of 10, 9, 7, 5 or 2
 * exactly or nearly. */
enum { STOPS = 36 };

void colour_bar_draw(struct canvas *canvas, struct box box, enum colour_map map, struct axis axis)
{
    cairo_pattern_t *strip = cairo_pattern_create_linear(0, box.y + box.height, 0, box.y);
    char label[NUMBER_TEXT];

    for (int i = 0; i <= STOPS; i++) {
        struct colour colour = theme_map(canvas->theme, map, (double)i / STOPS);
        cairo_pattern_add_color_stop_rgb(strip, (double)i / STOPS, colour.r, colour.g, colour.b);
    }
    cairo_set_source(canvas->cairo, strip);
    cairo_rectangle(canvas->cairo, box.x, box.y, box.width, box.height);
    cairo_fill(canvas->cairo);
    cairo_pattern_destroy(strip);

    axis.from = box.y + box.height;
    axis.to = box.y;
    for (double v = axis.start; axis_shows(&axis, v); v += axis.step) {
        double at = axis_at(&axis, v);
        canvas_line(canvas, box.x + box.width, at, box.x + box.width + 2.5, at, 0.8,
                    canvas->theme->muted);
        canvas_text(canvas, axis_label(&axis, v, label), box.x + box.width + 4,
                    at - canvas_line_height(THEME_TINY) / 2, CANVAS_LEFT, THEME_TINY,
                    canvas->theme->muted);
    }
}

/* canvas.h - what the charts draw on: shapes and text in points on a Cairo surface, and the
 * places that tell something when pointed at.
 * SPDX-License-Identifier: MIT */
#ifndef CHART_CANVAS_H
#define CHART_CANVAS_H

#include <cairo.h>
#include <pango/pangocairo.h>

#include "base/text.h"
#include "chart/number_text.h"
#include "chart/theme.h"

/* x, y is the top left corner; y grows downwards. */
struct box {
    double x, y, width, height;
};

/* Where a text lies from the point that it is given: its left, middle or right end there. */
enum canvas_align { CANVAS_LEFT, CANVAS_CENTRE, CANVAS_RIGHT };

/* One drawing under way; for one thread. */
struct canvas {
    cairo_t *cairo;
    PangoLayout *layout;
    PangoFontDescription *font;
    const struct theme *theme;
    struct text *marks; /* SVG elements that tell values; NULL where nobody asks */
};

/* Borrows `cairo`; `marks` may be NULL. Memory that Cairo or Pango lack shows in cairo_status(). */
void canvas_open(cairo_t *cairo, const struct theme *theme, struct text *marks,
                 struct canvas *ret_canvas);
void canvas_close(struct canvas *canvas);

void canvas_colour(struct canvas *canvas, struct colour colour, double alpha);
void canvas_fill(struct canvas *canvas, struct box box, struct colour colour, double alpha);
void canvas_line(struct canvas *canvas, double x0, double y0, double x1, double y1, double width,
                 struct colour colour);

/* A text's size in points; lines end at '\n'. */
double canvas_text_width(struct canvas *canvas, const char *text, double size);
double canvas_text_height(struct canvas *canvas, const char *text, double size);

/* Height of one line. */
double canvas_line_height(double size);

/* Draws with the text's top at `y`. */
void canvas_text(struct canvas *canvas, const char *text, double x, double y,
                 enum canvas_align align, double size, struct colour colour);

/* A heading, in up to three lines of `width`. */
void canvas_bold_text(struct canvas *canvas, const char *text, double x, double y, double width,
                      double size, struct colour colour);

/* As canvas_text, in at most `lines` lines of `width`, the rest as "...". */
void canvas_fitted_text(struct canvas *canvas, const char *text, double x, double y, double width,
                        int lines, enum canvas_align align, double size, struct colour colour);

/* The height of what canvas_fitted_text() draws. */
double canvas_fitted_height(struct canvas *canvas, const char *text, double width, int lines,
                            double size);

/* Moves `label` down until it lies on none of the `count` boxes placed before it. */
void canvas_evade(struct box *label, const struct box *placed, size_t count);

/* Draws upwards, centred on x, y. */
void canvas_upward_text(struct canvas *canvas, const char *text, double x, double y, double size,
                        struct colour colour);

/* Notes that `box` tells `text` when pointed at or focused. */
void canvas_mark(struct canvas *canvas, struct box box, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Black or white ink, whichever is easier to read on `background`. */
struct colour canvas_ink_on(struct colour background);

#endif

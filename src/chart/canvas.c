/* canvas.c - shapes and text on Cairo and Pango.
 * SPDX-License-Identifier: MIT */
#include "chart/canvas.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "chart/markup.h"

void canvas_open(cairo_t *cairo, const struct theme *theme, struct text *marks,
                 struct canvas *ret_canvas)
{
    cairo_font_options_t *options = cairo_font_options_create();
    PangoContext *context;

    /* No hinting: the same text has the same width on every surface, so that PNG, SVG and PDF
     * agree, and so that what was measured is what is drawn. */
    cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE);
    cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF);
    cairo_font_options_set_antialias(options, CAIRO_ANTIALIAS_GRAY);
    *ret_canvas = (struct canvas){.cairo = cairo, .theme = theme, .marks = marks};
    ret_canvas->layout = pango_cairo_create_layout(cairo);
    ret_canvas->font = pango_font_description_from_string(THEME_FONT);
    context = pango_layout_get_context(ret_canvas->layout);
    pango_cairo_context_set_font_options(context, options);
    pango_cairo_context_set_resolution(context, 72); /* a unit of Cairo is a point */
    pango_context_set_round_glyph_positions(context, FALSE);
    cairo_font_options_destroy(options);
}

void canvas_close(struct canvas *canvas)
{
    pango_font_description_free(canvas->font);
    g_object_unref(canvas->layout);
}

void canvas_colour(struct canvas *canvas, struct colour colour, double alpha)
{
    cairo_set_source_rgba(canvas->cairo, colour.r, colour.g, colour.b, alpha);
}

void canvas_fill(struct canvas *canvas, struct box box, struct colour colour, double alpha)
{
    canvas_colour(canvas, colour, alpha);
    cairo_rectangle(canvas->cairo, box.x, box.y, box.width, box.height);
    cairo_fill(canvas->cairo);
}

void canvas_line(struct canvas *canvas, double x0, double y0, double x1, double y1, double width,
                 struct colour colour)
{
    canvas_colour(canvas, colour, 1);
    cairo_set_line_width(canvas->cairo, width);
    cairo_move_to(canvas->cairo, x0, y0);
    cairo_line_to(canvas->cairo, x1, y1);
    cairo_stroke(canvas->cairo);
}

/* The layout with `text`; `width` 0 or less: as wide as the text is, in any number of lines. */
static PangoLayout *lay_out(struct canvas *canvas, const char *text, double size, double width,
                            int lines)
{
    char *valid = g_utf8_make_valid(text, -1);
    PangoLayout *layout = canvas->layout;

    pango_font_description_set_size(canvas->font, (int)(size * PANGO_SCALE));
    pango_layout_set_font_description(layout, canvas->font);
    pango_layout_set_text(layout, valid, -1);
    pango_layout_set_width(layout, width > 0 ? (int)(width * PANGO_SCALE) : -1);
    pango_layout_set_wrap(layout, PANGO_WRAP_WORD_CHAR);
    pango_layout_set_height(layout, width > 0 ? -lines : -1);
    pango_layout_set_ellipsize(layout, width > 0 ? PANGO_ELLIPSIZE_END : PANGO_ELLIPSIZE_NONE);
    pango_layout_set_alignment(layout, PANGO_ALIGN_LEFT);
    g_free(valid);
    return layout;
}

static double layout_width(PangoLayout *layout)
{
    PangoRectangle logical;

    pango_layout_get_extents(layout, NULL, &logical);
    return (double)logical.width / PANGO_SCALE;
}

static double layout_height(PangoLayout *layout)
{
    PangoRectangle logical;

    pango_layout_get_extents(layout, NULL, &logical);
    return (double)logical.height / PANGO_SCALE;
}

double canvas_text_width(struct canvas *canvas, const char *text, double size)
{
    return layout_width(lay_out(canvas, text, size, 0, 0));
}

double canvas_text_height(struct canvas *canvas, const char *text, double size)
{
    return layout_height(lay_out(canvas, text, size, 0, 0));
}

double canvas_line_height(double size)
{
    return size * 1.25;
}

static void show(struct canvas *canvas, PangoLayout *layout, double x, double y,
                 struct colour colour)
{
    canvas_colour(canvas, colour, 1);
    cairo_move_to(canvas->cairo, x, y);
    pango_cairo_show_layout(canvas->cairo, layout);
}

void canvas_text(struct canvas *canvas, const char *text, double x, double y,
                 enum canvas_align align, double size, struct colour colour)
{
    PangoLayout *layout = lay_out(canvas, text, size, 0, 0);

    show(canvas, layout, x - align * layout_width(layout) / 2, y, colour);
}

void canvas_fitted_text(struct canvas *canvas, const char *text, double x, double y, double width,
                        int lines, enum canvas_align align, double size, struct colour colour)
{
    PangoLayout *layout = lay_out(canvas, text, size, width, lines);

    pango_layout_set_alignment(layout, align == CANVAS_LEFT     ? PANGO_ALIGN_LEFT
                                       : align == CANVAS_CENTRE ? PANGO_ALIGN_CENTER
                                                                : PANGO_ALIGN_RIGHT);
    show(canvas, layout, x - align * width / 2, y, colour);
}

void canvas_bold_text(struct canvas *canvas, const char *text, double x, double y, double width,
                      double size, struct colour colour)
{
    pango_font_description_set_weight(canvas->font, PANGO_WEIGHT_BOLD);
    canvas_fitted_text(canvas, text, x, y, width, 3, CANVAS_LEFT, size, colour);
    pango_font_description_set_weight(canvas->font, PANGO_WEIGHT_NORMAL);
}

double canvas_fitted_height(struct canvas *canvas, const char *text, double width, int lines,
                            double size)
{
    return layout_height(lay_out(canvas, text, size, width, lines));
}

static bool overlap(struct box a, struct box b)
{
    return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height &&
           b.y < a.y + a.height;
}

void canvas_evade(struct box *label, const struct box *placed, size_t count)
{
    for (size_t i = 0; i < count;) {
        bool meets = overlap(*label, placed[i]);
        if (meets)
            label->y = placed[i].y + placed[i].height + 1;
        i = meets ? 0 : i + 1; /* from a new place, look at all of them again */
    }
}

void canvas_upward_text(struct canvas *canvas, const char *text, double x, double y, double size,
                        struct colour colour)
{
    PangoLayout *layout = lay_out(canvas, text, size, 0, 0);

    cairo_save(canvas->cairo);
    cairo_translate(canvas->cairo, x, y);
    cairo_rotate(canvas->cairo, -G_PI / 2);
    show(canvas, layout, -layout_width(layout) / 2, -layout_height(layout) / 2, colour);
    cairo_restore(canvas->cairo);
}

void canvas_mark(struct canvas *canvas, struct box box, const char *format, ...)
{
    char told[512];
    va_list args;

    if (!canvas->marks)
        return;
    va_start(args, format);
    vsnprintf(told, sizeof told, format, args);
    va_end(args);
    text_add(canvas->marks,
             "<rect class=\"mark\" x=\"%.2f\" y=\"%.2f\" width=\"%.2f\" height=\"%.2f\"", box.x,
             box.y, fmax(box.width, 0.1), fmax(box.height, 0.1));
    text_add(canvas->marks, "><title>");
    markup_add(canvas->marks, told);
    text_add(canvas->marks, "</title></rect>\n");
}

struct colour canvas_ink_on(struct colour background)
{
    /* Where both have the same contrast: (L + 0.05)^2 = 1.05 * 0.05. */
    double level = colour_luminance(background) > 0.179 ? 0.07 : 1;

    return (struct colour){level, level, level};
}

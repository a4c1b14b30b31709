/* chart_file.c - charts as PNG, SVG and PDF files, and as <svg> elements of a page.
 * SPDX-License-Identifier: MIT */
#include <cairo-pdf.h>
#include <cairo-svg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/file.h"
#include "chart/chart_kind.h"
#include "chart/markup.h"

#define PNG_SCALE 2.0 /* pixels a point: sharp at 144 dots per inch */

static void measure(const struct chart *chart, double *ret_width, double *ret_height)
{
    cairo_surface_t *surface = cairo_recording_surface_create(CAIRO_CONTENT_COLOR_ALPHA, NULL);
    cairo_t *cairo = cairo_create(surface);
    struct canvas canvas;

    canvas_open(cairo, theme_of(CHART_LIGHT), NULL, &canvas);
    chart_size(&canvas, chart, ret_width, ret_height);
    canvas_close(&canvas);
    cairo_destroy(cairo);
    cairo_surface_destroy(surface);
}

/* Draws onto `surface`, which it ends, at `scale` units a point. */
static cairo_status_t draw(const struct chart *chart, enum chart_theme theme, double width,
                           double height, double scale, struct text *marks,
                           cairo_surface_t *surface)
{
    cairo_t *cairo = cairo_create(surface);
    cairo_status_t status;
    struct canvas canvas;

    cairo_scale(cairo, scale, scale);
    canvas_open(cairo, theme_of(theme), marks, &canvas);
    chart_draw(&canvas, chart, width, height);
    canvas_close(&canvas);
    status = cairo_status(cairo);
    cairo_destroy(cairo);
    return status;
}

static cairo_status_t write_stream(void *stream, const unsigned char *data, unsigned int length)
{
    return fwrite(data, 1, length, stream) == length ? CAIRO_STATUS_SUCCESS
                                                     : CAIRO_STATUS_WRITE_ERROR;
}

static cairo_status_t write_text(void *text, const unsigned char *data, unsigned int length)
{
    text_add_bytes(text, data, length);
    return ((struct text *)text)->failed ? CAIRO_STATUS_NO_MEMORY : CAIRO_STATUS_SUCCESS;
}

/* Ends `surface`; the first failure of drawing, finishing and writing. */
static cairo_status_t finish(cairo_surface_t *surface, cairo_status_t status)
{
    cairo_surface_finish(surface);
    if (status == CAIRO_STATUS_SUCCESS)
        status = cairo_surface_status(surface);
    cairo_surface_destroy(surface);
    return status;
}

static cairo_status_t write_png(const struct chart *chart, enum chart_theme theme, FILE *stream)
{
    double width, height;
    cairo_surface_t *surface;
    cairo_status_t status;

    measure(chart, &width, &height);
    surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, (int)(width * PNG_SCALE),
                                         (int)(height * PNG_SCALE));
    status = draw(chart, theme, width, height, PNG_SCALE, NULL, surface);
    if (status == CAIRO_STATUS_SUCCESS)
        status = cairo_surface_write_to_png_stream(surface, write_stream, stream);
    return finish(surface, status);
}

/* The ids of a drawing in the order in which they appear. */
struct id_table {
    struct {
        const char *start;
        size_t length;
    } * ids;
    size_t count, capacity;
};

/* The number of an id, a new one if it was not seen before; SIZE_MAX without memory. */
static size_t id_number(struct id_table *table, const char *start, size_t length)
{
    for (size_t i = 0; i < table->count; i++)
        if (table->ids[i].length == length && !memcmp(table->ids[i].start, start, length))
            return i;
    if (table->count == table->capacity) {
        size_t capacity = table->capacity ? 2 * table->capacity : 64;
        void *ids = realloc(table->ids, capacity * sizeof *table->ids);
        if (!ids)
            return SIZE_MAX;
        table->ids = ids;
        table->capacity = capacity;
    }
    table->ids[table->count].start = start;
    table->ids[table->count].length = length;
    return table->count++;
}

/* Adds `svg`, every id in it and every reference to one replaced by `prefix` and its number.
 * Cairo counts surfaces over the whole process: without this, two drawings of one page could
 * share an id, and no two files of one chart would have the same bytes. */
static void add_with_ids(struct text *text, const char *svg, size_t length, const char *prefix)
{
    static const char *const before_id[] = {" id=\"", "=\"#", "url(#"};
    struct id_table table = {0};
    const char *end = svg + length, *plain = svg;

    for (const char *at = svg; at < end; at++)
        for (size_t i = 0; i < sizeof before_id / sizeof *before_id; i++) {
            size_t skipped = strlen(before_id[i]), id, number;
            if ((size_t)(end - at) <= skipped || memcmp(at, before_id[i], skipped))
                continue;
            at += skipped;
            text_add_bytes(text, plain, (size_t)(at - plain));
            id = strcspn(at, "\")");
            number = id_number(&table, at, id);
            text->failed = text->failed || number == SIZE_MAX;
            text_add(text, "%s%zu", prefix, number);
            at += id;
            plain = at;
        }
    text_add_bytes(text, plain, (size_t)(end - plain));
    free(table.ids);
}

/* Draws into `ret_svg`, as Cairo writes it. */
static cairo_status_t draw_svg(const struct chart *chart, enum chart_theme theme,
                               struct text *marks, struct text *ret_svg, double *ret_width,
                               double *ret_height)
{
    cairo_surface_t *surface;

    measure(chart, ret_width, ret_height);
    surface = cairo_svg_surface_create_for_stream(write_text, ret_svg, *ret_width, *ret_height);
    return finish(surface, draw(chart, theme, *ret_width, *ret_height, 1, marks, surface));
}

static cairo_status_t write_svg(const struct chart *chart, enum chart_theme theme, FILE *stream)
{
    struct text drawn = {0}, text = {0};
    double width, height;
    cairo_status_t status = draw_svg(chart, theme, NULL, &drawn, &width, &height);

    if (status == CAIRO_STATUS_SUCCESS) {
        add_with_ids(&text, drawn.data, drawn.length, "i");
        status = text.failed ? CAIRO_STATUS_NO_MEMORY
                             : write_stream(stream, (const unsigned char *)text.data,
                                            (unsigned)text.length);
    }
    text_free(&drawn);
    text_free(&text);
    return status;
}

static cairo_status_t write_pdf(const struct chart *chart, enum chart_theme theme, FILE *stream)
{
    double width, height;
    cairo_surface_t *surface;

    measure(chart, &width, &height);
    surface = cairo_pdf_surface_create_for_stream(write_stream, stream, width, height);
    return finish(surface, draw(chart, theme, width, height, 1, NULL, surface));
}

typedef cairo_status_t write_format(const struct chart *chart, enum chart_theme theme,
                                    FILE *stream);

static write_format *format_of(const char *path)
{
    const char *ending = strrchr(path, '.');

    if (!ending || strchr(ending, '/'))
        return NULL;
    return !strcasecmp(ending, ".png")   ? write_png
           : !strcasecmp(ending, ".svg") ? write_svg
           : !strcasecmp(ending, ".pdf") ? write_pdf
                                         : NULL;
}

static mien_status failure(cairo_status_t cairo, const char *where, mien_error *err)
{
    return error_set(err,
                     cairo == CAIRO_STATUS_WRITE_ERROR ? MIEN_EIO
                     : cairo == CAIRO_STATUS_NO_MEMORY ? MIEN_ENOMEM
                                                       : MIEN_EINVAL,
                     "%s: %s", where, cairo_status_to_string(cairo));
}

mien_status chart_write(const struct chart *chart, enum chart_theme theme, const char *path,
                        mien_error *err)
{
    write_format *write = format_of(path);
    struct atomic_file file;
    cairo_status_t cairo;
    mien_status status;

    if (!write)
        return error_set(err, MIEN_EINVAL, "%s: a chart's file ends in .png, .svg or .pdf", path);
    status = chart_check(chart, err);
    if (!status)
        status = atomic_file_open(path, &file, err);
    if (status)
        return status;
    cairo = write(chart, theme, file.stream);
    if (cairo) {
        atomic_file_abandon(&file);
        return failure(cairo, path, err);
    }
    return atomic_file_commit(&file, err);
}

static void add_element(struct text *text, const struct chart *chart, const char *prefix,
                        const char *drawing, const struct text *marks, double width, double height)
{
    const char *inside = strstr(drawing, "<svg"), *end = strstr(drawing, "</svg>");

    inside = inside ? strchr(inside, '>') : NULL;
    if (!inside || !end || end < inside) {
        text->failed = true;
        return;
    }
    text_add(
        text,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" xmlns:xlink=\"http://www.w3.org/1999/xlink\" "
        "viewBox=\"0 0 %g %g\" width=\"%gpt\" height=\"%gpt\" role=\"group\" aria-label=\"",
        width, height, width, height);
    markup_add(text, chart->title ? chart->title : "chart");
    text_add(text, "\">");
    add_with_ids(text, inside + 1, (size_t)(end - inside - 1), prefix);
    if (marks->length)
        text_add(text, "<g class=\"marks\">\n%s</g>\n", marks->data);
    text_add(text, "</svg>\n");
}

mien_status chart_add_svg(const struct chart *chart, enum chart_theme theme, const char *prefix,
                          struct text *text, mien_error *err)
{
    struct text drawing = {0}, marks = {0};
    double width, height;
    cairo_status_t cairo;
    mien_status status = chart_check(chart, err);

    if (status)
        return status;
    cairo = draw_svg(chart, theme, &marks, &drawing, &width, &height);
    if (cairo) {
        status = failure(cairo, "chart", err);
    } else {
        add_element(text, chart, prefix, drawing.data, &marks, width, height);
        if (text->failed || marks.failed)
            status = error_memory(err, text->length + drawing.length);
    }
    text_free(&drawing);
    text_free(&marks);
    return status;
}

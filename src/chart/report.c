/* report.c - pages as one HTML file, which is well-formed XML too, so that any parser can check it.
 * SPDX-License-Identifier: MIT */
#include "chart/report.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/thread_pool.h"
#include "chart/markup.h"
#include "chart/page_assets.h"

void report_start(struct report *report, const char *title, const char *subtitle)
{
    markup_add(&report->title, title);
    text_add(&report->body, "<header><h1>");
    markup_add(&report->body, title);
    text_add(&report->body, "</h1><p>");
    markup_add(&report->body, subtitle);
    text_add(&report->body, "</p></header>\n");
}

void report_free(struct report *report)
{
    for (size_t i = 0; i < report->figure_count; i++)
        free(report->figures[i].name);
    free(report->figures);
    text_free(&report->title);
    text_free(&report->contents);
    text_free(&report->body);
    *report = (struct report){0};
}

static void end_section(struct report *report)
{
    if (report->in_section)
        text_add(&report->body, "</section>\n");
    report->in_section = false;
}

void report_section(struct report *report, const char *id, const char *title)
{
    end_section(report);
    text_add(&report->contents, "<li><a href=\"#%s\">", id);
    markup_add(&report->contents, title);
    text_add(&report->contents, "</a></li>\n");
    text_add(&report->body, "<section id=\"%s\"><h2>", id);
    markup_add(&report->body, title);
    text_add(&report->body, "</h2>\n");
    report->in_section = true;
}

void report_paragraph(struct report *report, const char *format, ...)
{
    char line[2048];
    va_list args;

    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    text_add(&report->body, "<p>");
    markup_add(&report->body, line);
    text_add(&report->body, "</p>\n");
}

void report_lines(struct report *report, const char *lines)
{
    text_add(&report->body, "<pre tabindex=\"0\">");
    markup_add(&report->body, lines);
    text_add(&report->body, "</pre>\n");
}

void report_facts(struct report *report, const struct report_fact *facts, size_t count)
{
    text_add(&report->body, "<dl class=\"facts\">\n");
    for (size_t i = 0; i < count; i++) {
        text_add(&report->body, "<div><dt>");
        markup_add(&report->body, facts[i].name);
        text_add(&report->body, "</dt><dd>");
        markup_add(&report->body, facts[i].value);
        text_add(&report->body, "</dd></div>\n");
    }
    text_add(&report->body, "</dl>\n");
}

static bool reserve_figure(struct report *report)
{
    size_t capacity = report->figure_capacity ? 2 * report->figure_capacity : 16;
    struct report_figure *figures;

    if (report->figure_count < report->figure_capacity)
        return true;
    figures = realloc(report->figures, capacity * sizeof *figures);
    if (!figures)
        return false;
    report->figures = figures;
    report->figure_capacity = capacity;
    return true;
}

void report_figure(struct report *report, const char *name, const struct chart *chart,
                   const char *caption)
{
    char *copy = strdup(name);

    if (!copy || !reserve_figure(report)) {
        free(copy);
        report->failed = true;
        return;
    }
    text_add(&report->body, "<figure id=\"figure-%s\">\n", name);
    report->figures[report->figure_count++] =
        (struct report_figure){copy, chart, report->body.length};
    text_add(&report->body, "<figcaption>");
    markup_add(&report->body, caption);
    text_add(&report->body, " <span class=\"file\">(%s.png, .svg)</span></figcaption></figure>\n",
             name);
}

static void add_cell(struct text *body, const char *tag, const char *attributes, bool number,
                     const char *plain)
{
    text_add(body, "<%s%s%s>", tag, attributes, number ? " class=\"number\"" : "");
    markup_add(body, plain);
    text_add(body, "</%s>", tag);
}

void report_table(struct report *report, const char *caption, const struct report_column *columns,
                  size_t count)
{
    text_add(&report->body, "<div class=\"table\"><table><caption>");
    markup_add(&report->body, caption);
    text_add(&report->body, "</caption>\n<thead><tr>");
    for (size_t i = 0; i < count; i++)
        add_cell(&report->body, "th", " scope=\"col\"", columns[i].number, columns[i].name);
    text_add(&report->body, "</tr></thead>\n<tbody>\n");
}

void report_row(struct report *report, const struct report_column *columns,
                const char *const *cells, size_t count)
{
    text_add(&report->body, "<tr>");
    for (size_t i = 0; i < count; i++)
        add_cell(&report->body, "td", "", columns[i].number, cells[i]);
    text_add(&report->body, "</tr>\n");
}

void report_table_end(struct report *report)
{
    text_add(&report->body, "</tbody></table></div>\n");
}

/* A figure being drawn: in the page, light and dark, and as files. */
struct drawing {
    const struct report_figure *figure;
    size_t number;
    const char *folder;
    struct text light, dark;
    mien_status status;
    mien_error err;
};

static mien_status write_file(const struct drawing *drawing, const char *ending, mien_error *err)
{
    struct text path = {0};
    mien_status status;

    text_add(&path, "%s/%s%s", drawing->folder, drawing->figure->name, ending);
    status = path.failed ? error_memory(err, path.length)
                         : chart_write(drawing->figure->chart, CHART_LIGHT, path.data, err);
    text_free(&path);
    return status;
}

static void draw_figure(void *context, int index, int worker)
{
    struct drawing *drawing = (struct drawing *)context + index;
    const struct chart *chart = drawing->figure->chart;
    mien_error *err = &drawing->err;
    char light[32], dark[32];

    (void)worker;
    snprintf(light, sizeof light, "f%zu-", drawing->number);
    snprintf(dark, sizeof dark, "f%zud-", drawing->number);
    drawing->status = chart_add_svg(chart, CHART_LIGHT, light, &drawing->light, err);
    if (!drawing->status)
        drawing->status = chart_add_svg(chart, CHART_DARK, dark, &drawing->dark, err);
    if (!drawing->status)
        drawing->status = write_file(drawing, ".png", err);
    if (!drawing->status)
        drawing->status = write_file(drawing, ".svg", err);
    if (drawing->status)
        error_prefix(err, drawing->status, "figure %s", drawing->figure->name);
}

static void put_lines(const char *const *lines, FILE *stream)
{
    for (; *lines; lines++)
        fputs(*lines, stream);
}

/* CDATA, in comments of the language inside, hides what is markup to XML but not to HTML. */
static void put_head(const struct report *report, FILE *stream)
{
    fprintf(stream,
            "<!DOCTYPE html>\n"
            "<html xmlns=\"http://www.w3.org/1999/xhtml\" lang=\"en\">\n"
            "<head>\n<meta charset=\"utf-8\"/>\n"
            "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n"
            "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
            "style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:\"/>\n"
            "<title>%s</title>\n<style>\n/*<![CDATA[*/\n",
            report->title.data);
    put_lines(page_css, stream);
    fputs("/*]]>*/\n</style>\n</head>\n<body>\n"
          "<a class=\"skip\" href=\"#content\">To the contents</a>\n<div class=\"page\">\n",
          stream);
}

static void put_body(const struct report *report, const struct drawing *drawings, FILE *stream)
{
    const char *body = report->body.data;
    const char *start = strstr(body, "</header>\n") + strlen("</header>\n");
    size_t at = (size_t)(start - body);

    fwrite(body, 1, at, stream);
    fprintf(stream, "<nav aria-label=\"Contents\"><ol>\n%s</ol></nav>\n<main id=\"content\">\n",
            report->contents.data ? report->contents.data : "");
    for (size_t i = 0; i < report->figure_count; i++) {
        size_t to = report->figures[i].offset;
        fwrite(body + at, 1, to - at, stream);
        fprintf(stream, "<div class=\"light\">\n%s</div>\n<div class=\"dark\">\n%s</div>\n",
                drawings[i].light.data, drawings[i].dark.data);
        at = to;
    }
    fwrite(body + at, 1, report->body.length - at, stream);
}

static mien_status write_page(const struct report *report, const struct drawing *drawings,
                              const char *path, mien_error *err)
{
    struct atomic_file file;
    mien_status status = atomic_file_open(path, &file, err);

    if (status)
        return status;
    put_head(report, file.stream);
    put_body(report, drawings, file.stream);
    fputs("</main>\n<footer>Made by mien.</footer>\n</div>\n"
          "<div id=\"tip\" role=\"status\" hidden=\"hidden\"></div>\n"
          "<script>\n//<![CDATA[\n",
          file.stream);
    put_lines(page_js, file.stream);
    fputs("//]]>\n</script>\n</body>\n</html>\n", file.stream);
    return atomic_file_commit(&file, err);
}

/* The first failure of all figures, in their order. */
static mien_status draw_figures(const struct report *report, const char *folder,
                                struct thread_pool *pool, struct drawing *drawings, mien_error *err)
{
    for (size_t i = 0; i < report->figure_count; i++)
        drawings[i] =
            (struct drawing){.figure = &report->figures[i], .number = i, .folder = folder};
    thread_pool_run(pool, (int)report->figure_count, draw_figure, drawings);
    for (size_t i = 0; i < report->figure_count; i++)
        if (drawings[i].status)
            return error_set(err, drawings[i].status, "%s", drawings[i].err.message);
    return MIEN_OK;
}

bool report_failed(const struct report *report)
{
    return report->failed || report->title.failed || report->contents.failed || report->body.failed;
}

mien_status report_write(struct report *report, const char *folder, struct thread_pool *pool,
                         mien_error *err)
{
    size_t count = report->figure_count ? report->figure_count : 1;
    struct drawing *drawings = calloc(count, sizeof *drawings);
    struct text path = {0};
    mien_status status;

    end_section(report);
    text_add(&path, "%s/report.html", folder);
    if (!drawings || path.failed || report_failed(report))
        status = error_memory(err, report->body.length + count * sizeof *drawings);
    else
        status = draw_figures(report, folder, pool, drawings, err);
    if (!status)
        status = write_page(report, drawings, path.data, err);
    for (size_t i = 0; drawings && i < report->figure_count; i++) {
        text_free(&drawings[i].light);
        text_free(&drawings[i].dark);
    }
    free(drawings);
    text_free(&path);
    return status;
}

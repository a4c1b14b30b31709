/* page.c - texts and charts in the arena; the page and its summary as files.
 * SPDX-License-Identifier: MIT */
#include "page/page.h"

#include <glib.h>
#include <stdio.h>

#include "base/file.h"
#include "chart/number_text.h"

mien_status page_no_memory(mien_error *err)
{
    return error_set(err, MIEN_ENOMEM, "out of memory for the report");
}

void page_init(struct page *page)
{
    *page = (struct page){.summary = json_object()};
}

void page_free(struct page *page)
{
    report_free(&page->report);
    arena_free(&page->arena);
    json_decref(page->summary);
}

struct chart *page_chart(struct page *page, enum chart_type type, const char *title)
{
    struct chart *chart = arena_new(&page->arena, 1, sizeof *chart);

    if (chart) {
        chart->type = type;
        chart->title = title;
    }
    return chart;
}

const char *page_count(struct page *page, size_t number)
{
    return page_number(page, (double)number, 0);
}

const char *page_number(struct page *page, double number, int decimals)
{
    char text[NUMBER_TEXT];

    return arena_text(&page->arena, "%s", number_text(number, decimals, false, text));
}

const char *page_percent(struct page *page, double share, int decimals)
{
    char text[NUMBER_TEXT];

    return arena_text(&page->arena, "%s", number_text(share, decimals, true, text));
}

const char *page_valid(struct page *page, const char *text)
{
    char *valid = g_utf8_make_valid(text, -1);
    const char *kept = arena_text(&page->arena, "%s", valid);

    g_free(valid);
    return kept;
}

mien_status page_check(const struct page *page, mien_error *err)
{
    return !page->summary || page->arena.failed || report_failed(&page->report)
               ? page_no_memory(err)
               : MIEN_OK;
}

static mien_status write_summary(const json_t *summary, const char *folder, mien_error *err)
{
    struct text path = {0};
    struct atomic_file file = {0};
    mien_status status;

    text_add(&path, "%s/summary.json", folder);
    status = path.failed ? page_no_memory(err) : atomic_file_open(path.data, &file, err);
    if (!status && json_dumpf(summary, file.stream, JSON_INDENT(2) | JSON_REAL_PRECISION(9))) {
        atomic_file_abandon(&file);
        status = error_set(err, MIEN_EIO, "%s: cannot be written", path.data);
    } else if (!status) {
        fputc('\n', file.stream);
        status = atomic_file_commit(&file, err);
    }
    text_free(&path);
    return status;
}

mien_status page_write(struct page *page, const char *folder, struct thread_pool *pool,
                       mien_error *err)
{
    mien_status status = report_write(&page->report, folder, pool, err);

    if (!status)
        status = write_summary(page->summary, folder, err);
    return status;
}

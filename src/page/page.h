/* page.h - a page of figures in the making: the report (chart/report.h), all that its charts point
 * to, and the same figures as JSON for programs.
 * SPDX-License-Identifier: MIT */
#ifndef PAGE_PAGE_H
#define PAGE_PAGE_H

#include <jansson.h>

#include "chart/report.h"
#include "page/arena.h"

struct thread_pool;

/* One thread at a time. */
struct page {
    struct arena arena; /* all that the charts point to */
    struct report report;
    json_t *summary; /* an object that sections add to */
};

/* An empty page. Lacking memory is told by page_check(). */
void page_init(struct page *page);
void page_free(struct page *page);

/* A chart in the arena, or NULL. */
struct chart *page_chart(struct page *page, enum chart_type type, const char *title);

/* A whole number with "," between thousands; a number with so many decimals, or as percent. In the
 * arena. */
const char *page_count(struct page *page, size_t number);
const char *page_number(struct page *page, double number, int decimals);
const char *page_percent(struct page *page, double share, int decimals);

/* `text` as UTF-8, what is not valid replaced, in the arena: what Jansson takes. */
const char *page_valid(struct page *page, const char *text);

/* The usual answer to a failed arena_new(). */
mien_status page_no_memory(mien_error *err);

/* page_no_memory() if memory ran out for anything so far. */
mien_status page_check(const struct page *page, mien_error *err);

/* Writes report.html, the figures and summary.json into `folder`, which exists. Figures are drawn
 * on `pool`, which may be NULL. */
mien_status page_write(struct page *page, const char *folder, struct thread_pool *pool,
                       mien_error *err);

#endif

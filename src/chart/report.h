/* report.h - a page of text, figures and tables in one file that needs nothing else.
 *
 *     struct report report = {0};
 *
 *     report_start(&report, "FER2013", "35,887 pictures");
 *     report_section(&report, "labels", "Labels");
 *     report_paragraph(&report, "Most pictures are %s.", "happy");
 *     report_figure(&report, "labels", &chart, "How often each label occurs.");
 *     status = report_write(&report, "out", pool, &err);
 *     report_free(&report);
 *
 * writes out/report.html, out/labels.png and out/labels.svg. All texts are plain UTF-8, never
 * markup. Additions cannot fail by themselves: memory that was lacking is told by report_write().
 * One thread at a time.
 * SPDX-License-Identifier: MIT */
#ifndef CHART_REPORT_H
#define CHART_REPORT_H

#include "base/text.h"
#include "chart/chart.h"

struct thread_pool;

/* A figure at the place `offset` of the page's body. */
struct report_figure {
    char *name;
    const struct chart *chart;
    size_t offset;
};

struct report {
    struct text title, contents, body;
    struct report_figure *figures;
    size_t figure_count, figure_capacity;
    bool in_section, failed; /* failed: no memory for a figure */
};

/* A number that stands out, with its name. */
struct report_fact {
    const char *name, *value;
};

struct report_column {
    const char *name;
    bool number; /* aligned to the right */
};

/* `title` and the line under it, for an empty report. */
void report_start(struct report *report, const char *title, const char *subtitle);
void report_free(struct report *report);

/* Starts a section; `id` (letters, digits, '-') differs between sections and is what links name. */
void report_section(struct report *report, const char *id, const char *title);

void report_paragraph(struct report *report, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Lines as they are, in letters of one width. */
void report_lines(struct report *report, const char *lines);

void report_facts(struct report *report, const struct report_fact *facts, size_t count);

/* `name` (letters, digits, '-', '_') names the figure's files. The chart and all that it points to
 * stay as they are until report_write(). */
void report_figure(struct report *report, const char *name, const struct chart *chart,
                   const char *caption);

/* A table that readers can sort: start, rows, end. */
void report_table(struct report *report, const char *caption, const struct report_column *columns,
                  size_t count);
void report_row(struct report *report, const struct report_column *columns,
                const char *const *cells, size_t count);
void report_table_end(struct report *report);

/* Whether memory ran out for an addition so far. */
bool report_failed(const struct report *report);

/* Writes report.html, and NAME.png and NAME.svg for each figure, into the folder `folder`, which
 * exists; files that are there are replaced. Figures are drawn on `pool`, which may be NULL. */
mien_status report_write(struct report *report, const char *folder, struct thread_pool *pool,
                         mien_error *err);

#endif

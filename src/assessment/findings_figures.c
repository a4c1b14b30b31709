/* findings_figures.c - the headline figures with their intervals, and those of each label.
 * SPDX-License-Identifier: MIT */
#include <math.h>

#include "assessment/findings.h"

static void add_facts(struct findings *findings)
{
    const struct interval *i = findings->assessment->intervals;
    struct page *page = findings->page;
    const struct report_fact facts[] = {
        {"accuracy", page_percent(page, i[FIGURE_ACCURACY].value, 1)},
        {"its 95% interval",
         arena_text(&page->arena, "%.1f to %.1f%%", 100 * i[FIGURE_ACCURACY].low,
                    100 * i[FIGURE_ACCURACY].high)},
        {"balanced accuracy", page_percent(page, i[FIGURE_BALANCED_ACCURACY].value, 1)},
        {"macro F1", page_number(page, i[FIGURE_MACRO_F1].value, 3)},
        {"log loss", page_number(page, i[FIGURE_LOG_LOSS].value, 3)},
        {"calibration error", page_percent(page, i[FIGURE_ECE].value, 1)},
    };

    report_facts(&page->report, facts, sizeof facts / sizeof *facts);
}

static void add_table(struct findings *findings)
{
    static const struct report_column columns[] = {
        {"figure", false}, {"value", true}, {"95% from", true}, {"to", true}, {"better", false}};
    struct page *page = findings->page;

    report_table(&page->report,
                 "All figures, with intervals by bootstrap: where the figure would lie for other "
                 "pictures of the same kind, 95 times in 100.",
                 columns, 5);
    for (int f = 0; f < FIGURES; f++) {
        const struct interval *i = &findings->assessment->intervals[f];
        const char *cells[] = {figure_name((enum figure)f), page_number(page, i->value, 4),
                               page_number(page, i->low, 4), page_number(page, i->high, 4),
                               figure_less_is_better((enum figure)f) ? "less" : "more"};
        report_row(&page->report, columns, cells, 5);
    }
    report_table_end(&page->report);
}

static void add_labels(struct findings *findings)
{
    static const struct report_column columns[] = {
        {"label", false}, {"pictures", true}, {"precision", true}, {"recall", true}, {"F1", true}};
    const struct metrics *m = findings->assessment->metrics;
    struct page *page = findings->page;

    report_table(&page->report,
                 "The labels. Precision: how often it is right where the model says so. Recall: "
                 "how many of its pictures are found.",
                 columns, 5);
    for (size_t c = 0; c < m->classes; c++) {
        const struct class_metrics *k = &m->by_class[c];
        const char *cells[] = {findings->names[c], page_count(page, k->support),
                               page_number(page, k->precision, 3), page_number(page, k->recall, 3),
                               page_number(page, k->f1, 3)};
        report_row(&page->report, columns, cells, 5);
    }
    report_table_end(&page->report);
}

static mien_status add_chart(struct findings *findings, mien_error *err)
{
    const struct metrics *m = findings->assessment->metrics;
    struct page *page = findings->page;
    struct chart_series *series = arena_new(&page->arena, 3, sizeof *series);
    double *values = arena_new(&page->arena, 3 * m->classes, sizeof *values);
    struct chart *chart = page_chart(page, CHART_BARS, "Precision, recall and F1 by label");

    if (m->classes > FINDINGS_LABELS)
        return MIEN_OK;
    if (!series || !values || !chart)
        return page_no_memory(err);
    for (size_t c = 0; c < m->classes; c++) {
        values[c] = m->by_class[c].precision;
        values[m->classes + c] = m->by_class[c].recall;
        values[2 * m->classes + c] = m->by_class[c].f1;
    }
    for (size_t s = 0; s < 3; s++)
        series[s] = (struct chart_series){.name = (const char *[]){"precision", "recall", "F1"}[s],
                                          .y = values + s * m->classes,
                                          .count = m->classes};
    chart->bars = (struct chart_bars){.categories = findings->names,
                                      .category_count = m->classes,
                                      .series = series,
                                      .series_count = 3,
                                      .percent = true};
    report_figure(&page->report, "labels", chart, "How well each label is told from the others.");
    return MIEN_OK;
}

static json_t *labels_json(const struct findings *findings)
{
    const struct metrics *m = findings->assessment->metrics;
    json_t *labels = json_object();

    for (size_t c = 0; c < m->classes; c++) {
        const struct class_metrics *k = &m->by_class[c];
        json_object_set_new(labels, findings->names[c],
                            json_pack("{s:I, s:f, s:f, s:f}", "pictures", (json_int_t)k->support,
                                      "precision", k->precision, "recall", k->recall, "f1", k->f1));
    }
    return labels;
}

mien_status findings_figures(struct findings *findings, mien_error *err)
{
    const struct assessment *a = findings->assessment;
    json_t *summary = findings->page->summary;

    report_section(&findings->page->report, "figures", "Figures");
    add_facts(findings);
    add_table(findings);
    add_labels(findings);
    json_object_set_new(summary, "correct", json_integer((json_int_t)a->metrics->correct));
    for (int f = 0; f < FIGURES; f++)
        findings_set_interval(summary, figure_key((enum figure)f), &a->intervals[f]);
    json_object_set_new(summary, "labels", labels_json(findings));
    return add_chart(findings, err);
}

/* findings_coverage.c - what is left, and how right that is, when unsure answers are kept back.
 * SPDX-License-Identifier: MIT */
#include "assessment/findings.h"

enum { DRAWN_POINTS = 200, TOLD_COVERAGES = 5 };

static mien_status add_chart(struct page *page, const struct answered *a, mien_error *err)
{
    const struct coverage *c = a->coverage;
    size_t count = c->count < DRAWN_POINTS ? c->count : DRAWN_POINTS;
    struct chart_series *series = arena_new(&page->arena, 1, sizeof *series);
    double *x = arena_new(&page->arena, count, sizeof *x);
    double *y = arena_new(&page->arena, count, sizeof *y);
    struct chart_reference *rule = arena_new(&page->arena, 1, sizeof *rule);
    struct chart *chart = page_chart(page, CHART_LINES, "Accuracy by coverage");

    if (!series || !x || !y || !rule || !chart)
        return page_no_memory(err);
    for (size_t i = 0; i < count; i++) {
        size_t at = (i + 1) * c->count / count - 1;
        x[i] = (double)(at + 1) / (double)c->count;
        y[i] = c->accuracy[at];
    }
    *series = (struct chart_series){.x = x, .y = y, .count = count};
    chart->x_label = "coverage: share of the pictures that get an answer";
    chart->y_label = "accuracy of these answers";
    chart->lines = (struct chart_lines){.series = series, .series_count = 1, .percent = true};
    if (a->rule->can_be_uncertain) {
        *rule = (struct chart_reference){
            .label = "the model's rule",
            .value = (double)coverage_at(c, a->rule->uncertain_below) / (double)c->count,
            .vertical = true,
        };
        chart->lines.references = rule;
        chart->lines.reference_count = 1;
    }
    report_figure(&page->report, a->figure, chart,
                  "If answers below a probability are called uncertain and kept back, the rest "
                  "is right more often. The table says which probability buys what.");
    return MIEN_OK;
}

/* What a threshold on the probability keeps and how right that is, as a row and as JSON. */
static json_t *add_threshold(struct page *page, const struct report_column *columns,
                             const struct coverage *c, const char *name, double threshold)
{
    size_t kept = coverage_at(c, (float)threshold);
    double coverage = (double)kept / (double)c->count;
    const char *cells[] = {name, page_percent(page, coverage, 1),
                           kept ? page_percent(page, c->accuracy[kept - 1], 1) : "none"};

    report_row(&page->report, columns, cells, 3);
    return json_pack("{s:f, s:f, s:o}", "threshold", threshold, "coverage", coverage, "accuracy",
                     kept ? json_real(c->accuracy[kept - 1]) : json_null());
}

static void add_thresholds(struct page *page, const struct answered *a, json_t *object)
{
    static const struct report_column columns[] = {
        {"uncertain below", true}, {"coverage", true}, {"accuracy of the rest", true}};
    static const double thresholds[TOLD_COVERAGES] = {0, 0.4, 0.6, 0.8, 0.9};
    json_t *told = json_array();

    report_table(&page->report, "The \"uncertain\" rule at some thresholds.", columns, 3);
    for (int t = 0; t < TOLD_COVERAGES; t++)
        json_array_append_new(told,
                              add_threshold(page, columns, a->coverage,
                                            page_percent(page, thresholds[t], 0), thresholds[t]));
    json_object_set_new(object, "coverage", told);
    if (a->rule->can_be_uncertain)
        json_object_set_new(
            object, "uncertain_rule",
            add_threshold(page, columns, a->coverage,
                          arena_text(&page->arena, "%s, the model's own",
                                     page_percent(page, (double)a->rule->uncertain_below, 1)),
                          (double)a->rule->uncertain_below));
    report_table_end(&page->report);
}

mien_status findings_coverage(struct page *page, const struct answered *answered, json_t *object,
                              mien_error *err)
{
    mien_status status = add_chart(page, answered, err);

    add_thresholds(page, answered, object);
    return status;
}

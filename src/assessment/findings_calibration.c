/* findings_calibration.c - whether the model's probabilities can be taken at their word.
 * SPDX-License-Identifier: MIT */
#include "assessment/findings.h"

#include <string.h>

enum { DRAWN_POINTS = 200, TOLD_COVERAGES = 5 };

static mien_status add_reliability(struct findings *findings, mien_error *err)
{
    static const double ends[] = {0, 1};
    const struct calibration *c = &findings->assessment->calibration;
    struct page *page = findings->page;
    struct chart_series *series = arena_new(&page->arena, 2, sizeof *series);
    double *x = arena_new(&page->arena, CALIBRATION_BINS, sizeof *x);
    double *y = arena_new(&page->arena, CALIBRATION_BINS, sizeof *y);
    struct chart *chart = page_chart(page, CHART_LINES, "Reliability");
    size_t count = 0;

    if (!series || !x || !y || !chart)
        return page_no_memory(err);
    for (int b = 0; b < CALIBRATION_BINS; b++)
        if (c->bins[b].count) {
            x[count] = c->bins[b].confidence / (double)c->bins[b].count;
            y[count++] = (double)c->bins[b].correct / (double)c->bins[b].count;
        }
    series[0] =
        (struct chart_series){.name = "the model", .x = x, .y = y, .count = count, .markers = true};
    series[1] = (struct chart_series){
        .name = "perfectly calibrated", .x = ends, .y = ends, .count = 2, .dashed = true};
    chart->x_label = "probability of the answer (mean of the bin)";
    chart->y_label = "share of right answers";
    chart->height = 400;
    chart->lines = (struct chart_lines){
        .series = series, .series_count = 2, .y_low = 0, .y_high = 1, .percent = true};
    report_figure(&page->report, "reliability", chart,
                  "Below the dashed line the model is too sure of itself, above it not sure "
                  "enough.");
    return MIEN_OK;
}

static mien_status add_confidence(struct findings *findings, mien_error *err)
{
    const struct calibration *c = &findings->assessment->calibration;
    struct page *page = findings->page;
    struct chart_series *series = arena_new(&page->arena, 2, sizeof *series);
    double *right = arena_new(&page->arena, CALIBRATION_BINS, sizeof *right);
    double *wrong = arena_new(&page->arena, CALIBRATION_BINS, sizeof *wrong);
    struct chart *chart = page_chart(page, CHART_HISTOGRAM, "How sure the model is");

    if (!series || !right || !wrong || !chart)
        return page_no_memory(err);
    for (int b = 0; b < CALIBRATION_BINS; b++) {
        right[b] = (double)c->bins[b].correct;
        wrong[b] = (double)(c->bins[b].count - c->bins[b].correct);
    }
    series[0] = (struct chart_series){.name = "right", .y = right, .count = CALIBRATION_BINS};
    series[1] = (struct chart_series){.name = "wrong", .y = wrong, .count = CALIBRATION_BINS};
    chart->x_label = "probability of the answer";
    chart->y_label = "pictures";
    chart->histogram = (struct chart_histogram){.series = series,
                                                .series_count = 2,
                                                .bins = CALIBRATION_BINS,
                                                .bin_width = 1.0 / CALIBRATION_BINS};
    report_figure(&page->report, "confidence", chart,
                  "Right and wrong answers by their probability.");
    return MIEN_OK;
}

/* When the model calls an answer uncertain. */
static const struct answer_rule *own_rule(const struct findings *findings)
{
    return &findings->assessment->subject.model->rules.expression;
}

static mien_status add_coverage(struct findings *findings, mien_error *err)
{
    const struct coverage *c = &findings->assessment->coverage;
    struct page *page = findings->page;
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
    if (own_rule(findings)->can_be_uncertain) {
        *rule = (struct chart_reference){
            .label = "the model's rule",
            .value = (double)coverage_at(c, own_rule(findings)->uncertain_below) / (double)c->count,
            .vertical = true,
        };
        chart->lines.references = rule;
        chart->lines.reference_count = 1;
    }
    report_figure(&page->report, "coverage", chart,
                  "If answers below a probability are called uncertain and kept back, the rest "
                  "is right more often. The table says which probability buys what.");
    return MIEN_OK;
}

/* What a threshold on the probability keeps and how right that is, as a row and as JSON. */
static json_t *add_threshold(struct findings *findings, const struct report_column *columns,
                             const char *name, double threshold)
{
    const struct coverage *c = &findings->assessment->coverage;
    struct page *page = findings->page;
    size_t kept = coverage_at(c, (float)threshold);
    double coverage = (double)kept / (double)c->count;
    const char *cells[] = {name, page_percent(page, coverage, 1),
                           kept ? page_percent(page, c->accuracy[kept - 1], 1) : "none"};

    report_row(&page->report, columns, cells, 3);
    return json_pack("{s:f, s:f, s:o}", "threshold", threshold, "coverage", coverage, "accuracy",
                     kept ? json_real(c->accuracy[kept - 1]) : json_null());
}

static void add_thresholds(struct findings *findings)
{
    static const struct report_column columns[] = {
        {"uncertain below", true}, {"coverage", true}, {"accuracy of the rest", true}};
    static const double thresholds[TOLD_COVERAGES] = {0, 0.4, 0.6, 0.8, 0.9};
    const struct answer_rule *rule = own_rule(findings);
    struct page *page = findings->page;
    json_t *told = json_array();

    report_table(&page->report, "The \"uncertain\" rule at some thresholds.", columns, 3);
    for (int t = 0; t < TOLD_COVERAGES; t++)
        json_array_append_new(
            told,
            add_threshold(findings, columns, page_percent(page, thresholds[t], 0), thresholds[t]));
    json_object_set_new(page->summary, "coverage", told);
    if (rule->can_be_uncertain)
        json_object_set_new(
            page->summary, "uncertain_rule",
            add_threshold(findings, columns,
                          arena_text(&page->arena, "%s, the model's own",
                                     page_percent(page, (double)rule->uncertain_below, 1)),
                          (double)rule->uncertain_below));
    report_table_end(&page->report);
}

static json_t *bins_json(const struct calibration *c)
{
    json_t *bins = json_array();

    for (int b = 0; b < CALIBRATION_BINS; b++)
        if (c->bins[b].count)
            json_array_append_new(
                bins, json_pack("{s:I, s:f, s:f}", "pictures", (json_int_t)c->bins[b].count,
                                "probability", c->bins[b].confidence / (double)c->bins[b].count,
                                "accuracy", (double)c->bins[b].correct / (double)c->bins[b].count));
    return bins;
}

mien_status findings_calibration(struct findings *findings, mien_error *err)
{
    struct page *page = findings->page;
    mien_status status;

    report_section(&page->report, "calibration", "Calibration");
    json_object_set_new(page->summary, "reliability",
                        bins_json(&findings->assessment->calibration));
    status = add_reliability(findings, err);
    if (!status)
        status = add_confidence(findings, err);
    if (!status)
        status = add_coverage(findings, err);
    add_thresholds(findings);
    return status;
}

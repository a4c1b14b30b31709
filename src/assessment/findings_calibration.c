/* findings_calibration.c - whether the model's probabilities can be taken at their word.
 * SPDX-License-Identifier: MIT */
#include "assessment/findings.h"

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
    const struct assessment *a = findings->assessment;
    const struct answered answered = {&a->coverage, &a->subject.model->rules.expression,
                                      "coverage"};
    struct page *page = findings->page;
    mien_status status;

    report_section(&page->report, "calibration", "Calibration");
    json_object_set_new(page->summary, "reliability", bins_json(&a->calibration));
    status = add_reliability(findings, err);
    if (!status)
        status = add_confidence(findings, err);
    return status ? status : findings_coverage(page, &answered, page->summary, err);
}

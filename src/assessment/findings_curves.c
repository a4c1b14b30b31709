/* findings_curves.c - each label against the rest at every threshold.
 * SPDX-License-Identifier: MIT */
#include "assessment/findings.h"

#include <math.h>
#include <string.h>

#include "evaluation/curves.h"

#define DRAWN_STEP 0.004

/* Copies a curve into the arena as a series. */
static mien_status add_series(struct findings *findings, struct curve *curve, const char *name,
                              struct chart_series *ret_series, mien_error *err)
{
    struct arena *arena = &findings->page->arena;
    double *x, *y;

    curve_thin(curve, DRAWN_STEP);
    x = arena_new(arena, curve->count, sizeof *x);
    y = arena_new(arena, curve->count, sizeof *y);
    if (!x || !y)
        return page_no_memory(err);
    memcpy(x, curve->x, curve->count * sizeof *x);
    memcpy(y, curve->y, curve->count * sizeof *y);
    *ret_series = (struct chart_series){
        .name = arena_text(arena, "%s %.3f", name, curve->area),
        .x = x,
        .y = y,
        .count = curve->count,
    };
    return MIEN_OK;
}

/* All labels in one chart. */
static mien_status add_chart(struct findings *findings, enum curve_kind kind, struct chart *chart,
                             const char *name, const char *caption, mien_error *err)
{
    const struct assessment *a = findings->assessment;
    struct page *page = findings->page;
    struct chart_series *series = arena_new(&page->arena, a->classes, sizeof *series);
    size_t count = 0;
    mien_status status = MIEN_OK;

    if (!series || !chart)
        return page_no_memory(err);
    for (size_t c = 0; c < a->classes && !status; c++) {
        struct curve curve;
        if (isnan(curve_area(&a->answers, NULL, c, kind)))
            continue;
        status = curve_new(&a->answers, c, kind, &curve, err);
        if (status)
            break;
        status = add_series(findings, &curve, findings->names[c], &series[count++], err);
        curve_free(&curve);
    }
    if (status || count == 0)
        return status;
    chart->height = 440;
    chart->lines = (struct chart_lines){
        .series = series, .series_count = count, .y_low = 0, .y_high = 1, .percent = true};
    report_figure(&page->report, name, chart, caption);
    return MIEN_OK;
}

static json_t *areas_json(const struct findings *findings)
{
    const struct assessment *a = findings->assessment;
    json_t *areas = json_object();

    for (size_t c = 0; c < a->classes; c++)
        json_object_set_new(
            areas, findings->names[c],
            json_pack("{s:o, s:o}", "roc_area",
                      findings_number(curve_area(&a->answers, NULL, c, CURVE_ROC)),
                      "precision_recall_area",
                      findings_number(curve_area(&a->answers, NULL, c, CURVE_PRECISION_RECALL))));
    return areas;
}

mien_status findings_curves(struct findings *findings, mien_error *err)
{
    struct page *page = findings->page;
    struct chart *roc = page_chart(page, CHART_LINES, "ROC, one label against the rest");
    struct chart *precision =
        page_chart(page, CHART_LINES, "Precision by recall, one label against the rest");
    mien_status status;

    json_object_set_new(page->summary, "areas", areas_json(findings));
    if (!roc || !precision)
        return page_no_memory(err);
    if (findings->assessment->classes > FINDINGS_LABELS)
        return MIEN_OK;
    report_section(&page->report, "curves", "Curves");
    roc->x_label = "false alarms: share of the other pictures that are called so";
    roc->y_label = "share of the label's pictures found";
    precision->x_label = "recall: share of the label's pictures found";
    precision->y_label = "precision";
    status = add_chart(findings, CURVE_ROC, roc, "roc",
                       "Every threshold on the label's probability is a point. Behind the names: "
                       "the area under the curve, 0.5 for guessing, 1 for perfect.",
                       err);
    if (!status)
        status = add_chart(findings, CURVE_PRECISION_RECALL, precision, "precision-recall",
                           "For rare labels more telling than ROC: guessing has the label's "
                           "share of the pictures as its area.",
                           err);
    return status;
}

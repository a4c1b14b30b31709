/* findings_robustness.c - how the accuracy falls as pictures get worse, and what worse looks like.
 * SPDX-License-Identifier: MIT */
#include "assessment/findings.h"
#include "base/random.h"
#include "evaluation/robustness.h"

static mien_status add_chart(struct findings *findings, enum perturbation p, mien_error *err)
{
    const struct perturbation_kind *kind = perturbation_kind(p);
    const struct interval *accuracy = findings->extras.robustness->accuracy[p];
    struct page *page = findings->page;
    struct chart_series *series = arena_new(&page->arena, 1, sizeof *series);
    struct chart_reference *clean = arena_new(&page->arena, 1, sizeof *clean);
    double *y = arena_new(&page->arena, PERTURBATION_LEVELS, 3 * sizeof *y);
    struct chart *chart =
        page_chart(page, CHART_LINES, arena_text(&page->arena, "Accuracy by %s", kind->name));

    if (!series || !clean || !y || !chart)
        return page_no_memory(err);
    for (size_t l = 0; l < kind->level_count; l++) {
        y[l] = accuracy[l].value;
        y[PERTURBATION_LEVELS + l] = accuracy[l].low;
        y[2 * PERTURBATION_LEVELS + l] = accuracy[l].high;
    }
    *series = (struct chart_series){
        .x = kind->levels,
        .y = y,
        .count = kind->level_count,
        .bands = {{y + PERTURBATION_LEVELS, y + 2 * PERTURBATION_LEVELS}},
        .markers = true,
    };
    *clean = (struct chart_reference){
        .label = "as they are",
        .value = findings->assessment->intervals[FIGURE_ACCURACY].value,
    };
    chart->x_label = kind->level;
    chart->y_label = "accuracy";
    chart->height = 280;
    chart->lines = (struct chart_lines){.series = series,
                                        .series_count = 1,
                                        .references = clean,
                                        .reference_count = 1,
                                        .percent = true};
    report_figure(&page->report, arena_text(&page->arena, "robust-%s", kind->name), chart,
                  "With the 95% interval.");
    return MIEN_OK;
}

/* One measured picture, made worse in every way: a row a way. */
static mien_status add_examples(struct findings *findings, mien_error *err)
{
    const struct assessment_subject *s = &findings->assessment->subject;
    const struct dataset *dataset = s->dataset;
    struct page *page = findings->page;
    size_t cells = PERTURBATIONS * PERTURBATION_LEVELS;
    size_t bytes = (size_t)dataset->width * (size_t)dataset->height;
    struct chart_picture *pictures = arena_new(&page->arena, cells, sizeof *pictures);
    uint8_t *pixels = arena_new(&page->arena, cells, bytes);
    const char **names = arena_new(&page->arena, PERTURBATIONS, sizeof *names);
    struct chart *chart = page_chart(page, CHART_PICTURES, "What that looks like");
    struct image source = image_borrow(dataset_picture(dataset, s->rows[0]), dataset->width,
                                       dataset->height, 1, (size_t)dataset->width);
    mien_status status = MIEN_OK;

    if (!pictures || !pixels || !names || !chart)
        return page_no_memory(err);
    for (size_t cell = 0; cell < cells && !status; cell++) {
        enum perturbation p = (enum perturbation)(cell / PERTURBATION_LEVELS);
        const struct perturbation_kind *kind = perturbation_kind(p);
        size_t level = cell % PERTURBATION_LEVELS;
        struct image target = source;
        names[p] = kind->name;
        if (level >= kind->level_count)
            continue;
        target.pixels = pixels + cell * bytes;
        status = perturb(p, kind->levels[level], random_key(1, s->rows[0]), &source, &target, err);
        pictures[cell] = (struct chart_picture){
            .pixels = target.pixels,
            .width = target.width,
            .height = target.height,
            .stride = target.stride,
            .title = arena_text(&page->arena, "%g", kind->levels[level]),
        };
    }
    chart->pictures = (struct chart_pictures){.pictures = pictures,
                                              .count = cells,
                                              .columns = PERTURBATION_LEVELS,
                                              .row_labels = names,
                                              .side = 58};
    report_figure(&page->report, "robust-examples", chart,
                  "One of the measured pictures at every level.");
    return status;
}

static json_t *robustness_json(const struct robustness *robustness)
{
    json_t *all = json_object();

    for (int p = 0; p < PERTURBATIONS; p++) {
        const struct perturbation_kind *kind = perturbation_kind((enum perturbation)p);
        json_t *points = json_array();
        for (size_t l = 0; l < kind->level_count; l++) {
            json_t *point = json_pack("{s:f}", "level", kind->levels[l]);
            findings_set_interval(point, "accuracy", &robustness->accuracy[p][l]);
            json_array_append_new(points, point);
        }
        json_object_set_new(all, kind->name, points);
    }
    return all;
}

mien_status findings_robustness(struct findings *findings, mien_error *err)
{
    struct page *page = findings->page;
    mien_status status = MIEN_OK;

    if (!findings->extras.robustness)
        return MIEN_OK;
    report_section(&page->report, "robustness", "Robustness");
    json_object_set_new(page->summary, "robustness", robustness_json(findings->extras.robustness));
    for (int p = 0; p < PERTURBATIONS && !status; p++)
        status = add_chart(findings, (enum perturbation)p, err);
    if (!status)
        status = add_examples(findings, err);
    return status;
}

/* findings.c - the page of an assessment, put together from its sections.
 * SPDX-License-Identifier: MIT */
#include "assessment/findings.h"

#include <math.h>

json_t *findings_number(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

void findings_set_interval(json_t *object, const char *key, const struct interval *interval)
{
    char name[64];

    json_object_set_new(object, key, findings_number(interval->value));
    snprintf(name, sizeof name, "%s_interval", key);
    json_object_set_new(
        object, name,
        json_pack("[o, o]", findings_number(interval->low), findings_number(interval->high)));
}

const char *findings_interval_text(struct page *page, const struct interval *interval)
{
    if (isnan(interval->value))
        return "none";
    if (isnan(interval->low))
        return page_number(page, interval->value, 4);
    return arena_text(&page->arena, "%.4f (%.4f to %.4f)", interval->value, interval->low,
                      interval->high);
}

const char *const *findings_names(struct page *page, const struct assessment *assessment)
{
    const char **names = arena_new(&page->arena, assessment->classes, sizeof *names);

    for (size_t c = 0; names && c < assessment->classes; c++)
        names[c] = page_valid(page, model_label(assessment->subject.model, c));
    return names;
}

struct chart_picture findings_picture(struct findings *findings, uint32_t number)
{
    const struct assessment *a = findings->assessment;
    const struct dataset *dataset = a->subject.dataset;
    uint32_t row = a->subject.rows[number];
    const char *said = findings->names[a->answers.predicted[number]];
    const char *label = findings->names[a->answers.labels[number]];
    struct arena *arena = &findings->page->arena;

    return (struct chart_picture){
        .pixels = dataset_picture(dataset, row),
        .width = dataset->width,
        .height = dataset->height,
        .stride = (size_t)dataset->width,
        .title = arena_text(arena, "%s %.0f%%\nlabel %s", said,
                            100 * (double)a->answers.confidence[number], label),
        .hover = arena_text(
            arena,
            "row %u%s%s: labelled %s, taken for %s (%.1f%%); %s itself got "
            "%.1f%%",
            (unsigned)row, dataset->files ? ", " : "",
            dataset->files ? page_valid(findings->page, dataset->files[row]) : "", label, said,
            100 * (double)a->answers.confidence[number], label,
            100 * (double)a->probabilities[number * a->classes + a->answers.labels[number]]),
    };
}

static void start(struct findings *findings)
{
    const struct assessment_subject *s = &findings->assessment->subject;
    struct page *page = findings->page;

    report_start(&page->report,
                 arena_text(&page->arena, "Evaluation: %s on %s", page_valid(page, s->model_name),
                            page_valid(page, s->source)),
                 arena_text(&page->arena, "%s pictures of the part %s (split: %s); model %.12s",
                            page_count(page, s->count), s->part, s->split_name,
                            s->model->file->sha256));
    json_object_set_new(page->summary, "pictures", json_integer((json_int_t)s->count));
    json_object_set_new(page->summary, "model",
                        json_pack("{s:s, s:s}", "file", page_valid(page, s->model_name), "sha256",
                                  s->model->file->sha256));
    json_object_set_new(page->summary, "dataset",
                        json_pack("{s:s, s:s, s:s}", "source", page_valid(page, s->source), "part",
                                  s->part, "split", s->split_name));
}

mien_status assessment_write(const struct assessment *assessment,
                             const struct assessment_extras *extras, const char *folder,
                             struct thread_pool *pool, json_t **ret_summary, mien_error *err)
{
    static findings_section *const sections[] = {
        findings_figures,  findings_past,   findings_confusion,
        findings_mistakes, findings_curves, findings_calibration,
        findings_votes,    findings_views,  findings_robustness};
    struct page page;
    struct findings findings = {.assessment = assessment, .extras = *extras, .page = &page};
    mien_status status = MIEN_OK;

    page_init(&page);
    findings.names = findings_names(&page, assessment);
    if (!findings.names)
        status = page_no_memory(err);
    else
        start(&findings);
    for (size_t i = 0; i < sizeof sections / sizeof *sections && !status; i++)
        status = sections[i](&findings, err);
    if (!status)
        status = page_check(&page, err);
    if (!status && folder)
        status = page_write(&page, folder, pool, err);
    if (!status)
        *ret_summary = json_incref(page.summary);
    page_free(&page);
    return status;
}

/* findings_mistakes.c - the pairs of labels that are confused most, and the mistakes of which the
 * model was most certain, with their pictures.
 * SPDX-License-Identifier: MIT */
#include "assessment/findings.h"

enum { PAIRS = 6, OF_EACH = 7, MISTAKES = 20, TOLD_MISTAKES = 50 };

static mien_status add_pairs(struct findings *findings, mien_error *err)
{
    struct page *page = findings->page;
    struct confused_pair pairs[PAIRS];
    size_t count = assessment_confused(findings->assessment, pairs, PAIRS);
    struct chart_picture *pictures = arena_new(&page->arena, PAIRS * OF_EACH, sizeof *pictures);
    const char **rows = arena_new(&page->arena, PAIRS, sizeof *rows);
    struct chart *chart = page_chart(page, CHART_PICTURES, "The most confused pairs");
    json_t *told = json_array();

    if (!pictures || !rows || !chart)
        return page_no_memory(err);
    for (size_t p = 0; p < count; p++) {
        const char *actual = findings->names[pairs[p].actual];
        const char *predicted = findings->names[pairs[p].predicted];
        uint32_t numbers[OF_EACH];
        size_t found = assessment_mistakes(findings->assessment, (int)pairs[p].actual,
                                           (int)pairs[p].predicted, numbers, OF_EACH);
        for (size_t i = 0; i < found; i++) {
            pictures[p * OF_EACH + i] = findings_picture(findings, numbers[i]);
            pictures[p * OF_EACH + i].title = NULL; /* it is the row's */
        }
        rows[p] =
            arena_text(&page->arena, "%s, taken for %s: %zu", actual, predicted, pairs[p].count);
        json_array_append_new(told, json_pack("{s:s, s:s, s:I}", "actual", actual, "predicted",
                                              predicted, "pictures", (json_int_t)pairs[p].count));
    }
    json_object_set_new(page->summary, "most_confused", told);
    if (count == 0)
        return MIEN_OK;
    chart->pictures = (struct chart_pictures){.pictures = pictures,
                                              .count = count * OF_EACH,
                                              .columns = OF_EACH,
                                              .row_labels = rows,
                                              .side = 58};
    report_figure(&page->report, "confused-pairs", chart,
                  "A row a pair, how often it happened, and those of its pictures of which the "
                  "model was most certain. Who is right, the label or the model?");
    return MIEN_OK;
}

static json_t *mistake_json(const struct findings *findings, uint32_t number)
{
    const struct assessment *a = findings->assessment;
    const struct dataset *dataset = a->subject.dataset;
    uint32_t row = a->subject.rows[number];
    json_t *mistake = json_pack("{s:I, s:s, s:s, s:f}", "row", (json_int_t)row, "actual",
                                findings->names[a->answers.labels[number]], "predicted",
                                findings->names[a->answers.predicted[number]], "probability",
                                (double)a->answers.confidence[number]);

    if (dataset->files)
        json_object_set_new(mistake, "file",
                            json_string(page_valid(findings->page, dataset->files[row])));
    return mistake;
}

static mien_status add_certain(struct findings *findings, mien_error *err)
{
    struct page *page = findings->page;
    struct chart_picture *pictures = arena_new(&page->arena, MISTAKES, sizeof *pictures);
    struct chart *chart = page_chart(page, CHART_PICTURES, "The most certain mistakes");
    uint32_t numbers[TOLD_MISTAKES];
    size_t count = assessment_mistakes(findings->assessment, -1, -1, numbers, TOLD_MISTAKES);
    size_t shown = count < MISTAKES ? count : MISTAKES;
    json_t *told = json_array();

    if (!pictures || !chart)
        return page_no_memory(err);
    for (size_t i = 0; i < count; i++)
        json_array_append_new(told, mistake_json(findings, numbers[i]));
    json_object_set_new(page->summary, "most_certain_mistakes", told);
    for (size_t i = 0; i < shown; i++)
        pictures[i] = findings_picture(findings, numbers[i]);
    if (count == 0)
        return MIEN_OK;
    chart->pictures =
        (struct chart_pictures){.pictures = pictures, .count = shown, .columns = 5, .side = 84};
    report_figure(&page->report, "certain-mistakes", chart,
                  "What the model said with what probability, and the label. Many of the first "
                  "ones tend to be wrong labels; point at a picture for its row.");
    return MIEN_OK;
}

mien_status findings_mistakes(struct findings *findings, mien_error *err)
{
    mien_status status;

    report_section(&findings->page->report, "mistakes", "Mistakes");
    if (findings->assessment->metrics->correct == findings->assessment->subject.count)
        report_paragraph(&findings->page->report, "There is none.");
    status = add_pairs(findings, err);
    if (!status)
        status = add_certain(findings, err);
    return status;
}

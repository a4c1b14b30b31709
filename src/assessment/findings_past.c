/* findings_past.c - what the model may have seen before, and its accuracy without that.
 * SPDX-License-Identifier: MIT */
#include "assessment/findings.h"

static void add_row(struct findings *findings, const struct report_column *columns,
                    const char *name, size_t count, const struct interval *intervals)
{
    struct page *page = findings->page;
    const char *cells[] = {name, page_count(page, count),
                           findings_interval_text(page, &intervals[FIGURE_ACCURACY]),
                           findings_interval_text(page, &intervals[FIGURE_BALANCED_ACCURACY])};

    report_row(&page->report, columns, cells, 4);
}

static void add_choices(struct findings *findings)
{
    static const struct report_column columns[] = {
        {"pictures", false}, {"number", true}, {"accuracy", true}, {"balanced accuracy", true}};
    static const char *const names[] = {"without those that are also in training",
                                        "and without near-identical ones"};
    const struct assessment *a = findings->assessment;

    report_table(&findings->page->report,
                 "The same model without pictures that it may know by heart: the honest figures "
                 "for new faces.",
                 columns, 4);
    add_row(findings, columns, "all", a->subject.count, a->intervals);
    for (int c = 0; c < ASSESSMENT_CHOICES; c++)
        if (a->choices[c].count)
            add_row(findings, columns, names[c], a->choices[c].count, a->choices[c].intervals);
    report_table_end(&findings->page->report);
}

json_t *findings_past_json(const struct provenance *p)
{
    static const char *const knowledge[] = {
        [PROVENANCE_SILENT] = "unknown",
        [PROVENANCE_OTHER_DATA] = "other data",
        [PROVENANCE_ROWS_LOST] = "this data, rows unknown",
        [PROVENANCE_EXACT] = "this data, rows known",
    };

    return json_pack("{s:s, s:I, s:I, s:I, s:I}", "knowledge", knowledge[p->knowledge],
                     "trained_on", (json_int_t)p->of[PAST_TRAINED], "identical",
                     (json_int_t)p->of[PAST_IDENTICAL], "near_identical",
                     (json_int_t)p->of[PAST_NEAR], "chose_the_model", (json_int_t)p->chose);
}

json_t *findings_chosen_json(const struct chosen_figures *chosen)
{
    json_t *object = json_pack("{s:I, s:I}", "pictures", (json_int_t)chosen->count, "correct",
                               (json_int_t)chosen->correct);

    for (int f = 0; f < FIGURES; f++)
        findings_set_interval(object, figure_key((enum figure)f), &chosen->intervals[f]);
    return object;
}

void findings_set_choices(json_t *object, const struct chosen_figures choices[ASSESSMENT_CHOICES])
{
    static const char *const keys[] = {"without_twins", "without_near_twins"};

    for (int c = 0; c < ASSESSMENT_CHOICES; c++)
        if (choices[c].count)
            json_object_set_new(object, keys[c], findings_chosen_json(&choices[c]));
}

void findings_tell_past(struct page *page, const struct provenance *p)
{
    report_paragraph(&page->report, "%s", provenance_text(p));
    if (p->of[PAST_TRAINED])
        report_paragraph(&page->report,
                         "Warning: the model was trained on %s of these %s pictures. What it says "
                         "of them says nothing about new ones.",
                         page_count(page, p->of[PAST_TRAINED]), page_count(page, p->count));
    if (p->chose)
        report_paragraph(&page->report,
                         "Warning: %s of these %s pictures chose which epoch of the model was "
                         "kept, which flatters it on them. Report on the test part.",
                         page_count(page, p->chose), page_count(page, p->count));
    if (p->any_training)
        report_paragraph(&page->report,
                         "%s of the pictures are identical to a training picture, %s more are "
                         "near-identical to one%s.",
                         page_count(page, p->of[PAST_IDENTICAL]),
                         page_count(page, p->of[PAST_NEAR]),
                         p->knowledge == PROVENANCE_EXACT
                             ? ""
                             : " (the training part of the split in force; the model's own rows "
                               "are not known)");
    else
        report_paragraph(&page->report, "The data set has no training part to look for twins in.");
}

mien_status findings_past(struct findings *findings, mien_error *err)
{
    const struct provenance *p = &findings->assessment->provenance;

    (void)err;
    report_section(&findings->page->report, "past", "Seen before");
    findings_tell_past(findings->page, p);
    if (p->any_training)
        add_choices(findings);
    json_object_set_new(findings->page->summary, "training", findings_past_json(p));
    findings_set_choices(findings->page->summary, findings->assessment->choices);
    return MIEN_OK;
}

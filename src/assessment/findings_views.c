/* findings_views.c - answers by the mean over several views of a picture, beside the plain ones.
 * SPDX-License-Identifier: MIT */
#include "assessment/findings.h"
#include "assessment/view_figures.h"

/* A row: the plain answers, then those of each set of views; NULL leaves a cell empty. */
static void add_row(struct page *page, const struct report_column *columns, const char *name,
                    const struct interval *plain, const struct interval *const sets[VIEW_SETS])
{
    const char *cells[2 + VIEW_SETS] = {name, plain ? findings_interval_text(page, plain) : ""};

    for (int v = 0; v < VIEW_SETS; v++)
        cells[2 + v] = findings_interval_text(page, sets[v]);
    report_row(&page->report, columns, cells, 2 + VIEW_SETS);
}

static void add_table(struct findings *findings)
{
    static const struct report_column columns[2 + VIEW_SETS] = {
        {"figure", false},
        {"as they are", true},
        {"with the mirror image", true},
        {"ten views", true},
    };
    const struct assessment *a = findings->assessment;
    const struct view_figures *views = findings->extras.views;
    const struct vote_figures *votes = findings->extras.votes;
    struct page *page = findings->page;
    const struct chosen_figures *left = &a->choices[WITHOUT_IDENTICAL];
    const struct interval *sets[VIEW_SETS];

    report_table(&page->report, "The figures with 95% intervals.", columns, 2 + VIEW_SETS);
    for (int f = 0; f < FIGURES; f++) {
        for (int v = 0; v < VIEW_SETS; v++)
            sets[v] = &views[v].all.intervals[f];
        add_row(page, columns, figure_name((enum figure)f), &a->intervals[f], sets);
    }
    for (int v = 0; v < VIEW_SETS; v++)
        sets[v] = &views[v].gain[FIGURE_ACCURACY];
    add_row(page, columns, "accuracy, more than as they are", NULL, sets);
    for (int v = 0; v < VIEW_SETS; v++)
        sets[v] = &views[v].choices[WITHOUT_IDENTICAL].intervals[FIGURE_ACCURACY];
    if (left->count)
        add_row(page, columns, "accuracy without those that are also in training",
                &left->intervals[FIGURE_ACCURACY], sets);
    for (int v = 0; v < VIEW_SETS; v++)
        sets[v] = &views[v].votes.figures[FIGURE_ACCURACY];
    if (votes)
        add_row(page, columns, "accuracy against the votes' majority",
                &votes->figures[FIGURE_ACCURACY], sets);
    report_table_end(&page->report);
}

static json_t *set_json(const struct view_figures *figures, int views)
{
    json_t *object = findings_chosen_json(&figures->all), *gain = json_object();

    json_object_set_new(object, "views", json_integer(views));
    for (int f = 0; f < FIGURES; f++)
        findings_set_interval(gain, figure_key((enum figure)f), &figures->gain[f]);
    json_object_set_new(object, "gain", gain);
    findings_set_choices(object, figures->choices);
    if (figures->has_votes)
        json_object_set_new(object, "votes", findings_votes_json(&figures->votes));
    return object;
}

mien_status findings_views(struct findings *findings, mien_error *err)
{
    const struct view_figures *views = findings->extras.views;
    struct page *page = findings->page;
    json_t *augmented;

    (void)err;
    if (!views)
        return MIEN_OK;
    report_section(&page->report, "views", "Several views");
    report_paragraph(&page->report,
                     "Test-time augmentation: each picture is answered by the mean of the "
                     "probabilities that %d or %d views of it get, itself and its mirror image, "
                     "or these two and its four corners with theirs. It costs as many times as "
                     "much, and nothing else on this page contains it.",
                     view_set_size(VIEWS_FLIP), view_set_size(VIEWS_CROPS));
    add_table(findings);
    augmented = json_object();
    for (int v = 0; v < VIEW_SETS; v++)
        json_object_set_new(augmented, view_set_name((enum view_set)v),
                            set_json(&views[v], view_set_size((enum view_set)v)));
    json_object_set_new(page->summary, "augmented", augmented);
    return MIEN_OK;
}

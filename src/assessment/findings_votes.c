/* findings_votes.c - the model against FER+'s ten taggers.
 * SPDX-License-Identifier: MIT */
#include "assessment/findings.h"
#include "evaluation/vote_figures.h"

enum { EXPRESSIONS = DATASET_EXPRESSIONS_PLUS };

static void add_table(struct findings *findings)
{
    static const struct report_column columns[] = {{"figure", false}, {"value", true}};
    const struct vote_figures *v = findings->extras.votes;
    struct page *page = findings->page;
    const char *const rows[][2] = {
        {"pictures with a majority", page_count(page, v->count)},
        {"accuracy against the majority",
         findings_interval_text(page, &v->figures[FIGURE_ACCURACY])},
        {"... without those that are also in training",
         v->new_count ? findings_interval_text(page, &v->new_accuracy) : "-"},
        {"macro F1", findings_interval_text(page, &v->figures[FIGURE_MACRO_F1])},
        {"calibration error", findings_interval_text(page, &v->figures[FIGURE_ECE])},
        {"against any expression with 30% of the votes", page_number(page, v->multi_label, 4)},
        {"against a label drawn from the votes", page_number(page, v->drawn, 4)},
        {"a single tagger against the majority of the others", page_number(page, v->tagger, 4)},
        {"cross entropy, nats", page_number(page, v->cross_entropy, 4)},
        {"Kullback-Leibler divergence of the votes from the model, nats",
         page_number(page, v->divergence, 4)},
    };

    report_table(&page->report,
                 v->from_votes ? "The model's output \"votes\" against the votes."
                               : "The model's labels against the votes; an expression that it "
                                 "lacks has probability 0.",
                 columns, 2);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        report_row(&page->report, columns, rows[i], 2);
    report_table_end(&page->report);
}

static mien_status add_chart(struct findings *findings, mien_error *err)
{
    const struct vote_figures *v = findings->extras.votes;
    struct page *page = findings->page;
    double *values = arena_new(&page->arena, EXPRESSIONS, EXPRESSIONS * sizeof *values);
    struct chart *chart = page_chart(page, CHART_HEAT_MAP, "Answers against the majority");

    if (!values || !chart)
        return page_no_memory(err);
    for (size_t cell = 0; cell < (size_t)EXPRESSIONS * EXPRESSIONS; cell++)
        values[cell] = (double)v->confusion[cell];
    chart->x_label = "the model's answer";
    chart->y_label = "majority of the taggers";
    chart->heat_map = (struct chart_heat_map){.values = values,
                                              .rows = EXPRESSIONS,
                                              .columns = EXPRESSIONS,
                                              .row_labels = dataset_expressions,
                                              .column_labels = dataset_expressions,
                                              .colour_map = COLOUR_MAP_BLUES};
    report_figure(&page->report, "votes-confusion", chart, "In pictures.");
    return MIEN_OK;
}

json_t *findings_votes_json(const struct vote_figures *v)
{
    json_t *object = json_pack(
        "{s:I, s:I, s:b, s:f, s:f, s:f, s:f, s:f}", "pictures", (json_int_t)v->count, "correct",
        (json_int_t)v->correct, "from_votes_output", v->from_votes, "multi_label_accuracy",
        v->multi_label, "drawn_accuracy", v->drawn, "tagger_accuracy", v->tagger, "cross_entropy",
        v->cross_entropy, "divergence", v->divergence);

    findings_set_interval(object, "majority_accuracy", &v->figures[FIGURE_ACCURACY]);
    if (v->new_count) {
        json_t *without = json_pack("{s:I, s:I}", "pictures", (json_int_t)v->new_count, "correct",
                                    (json_int_t)v->new_correct);
        findings_set_interval(without, "majority_accuracy", &v->new_accuracy);
        json_object_set_new(object, "without_twins", without);
    }
    findings_set_interval(object, "macro_f1", &v->figures[FIGURE_MACRO_F1]);
    findings_set_interval(object, "calibration_error", &v->figures[FIGURE_ECE]);
    return object;
}

mien_status findings_votes(struct findings *findings, mien_error *err)
{
    const struct vote_figures *v = findings->extras.votes;
    struct page *page = findings->page;
    struct answered answered;
    json_t *object;
    mien_status status;

    if (!v)
        return MIEN_OK;
    answered = (struct answered){&v->coverage, v->rule, "votes-coverage"};
    report_section(&page->report, "votes", "Votes");
    report_paragraph(&page->report,
                     "Ten people labelled each picture (FER+). Votes of a single tagger are "
                     "dropped; a picture counts if more than half of the votes left are for one "
                     "expression: %s of %s.",
                     page_count(page, v->count), page_count(page, v->rows));
    add_table(findings);
    object = findings_votes_json(v);
    json_object_set_new(page->summary, "votes", object);
    status = add_chart(findings, err);
    return status ? status : findings_coverage(page, &answered, object, err);
}

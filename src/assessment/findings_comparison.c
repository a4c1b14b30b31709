/* findings_comparison.c - two models on the same pictures: the page that says whether they differ.
 * SPDX-License-Identifier: MIT */
#include "assessment/findings.h"

enum { PICTURES = 15 };

/* Both models, a first. */
struct pair {
    const struct assessment *of[2];
    const char *names[2];
    const struct comparison *comparison;
    struct page *page;
};

static void start(struct pair *pair)
{
    const struct assessment_subject *s = &pair->of[0]->subject;
    struct page *page = pair->page;
    json_t *models = json_array();

    report_start(&page->report,
                 arena_text(&page->arena, "Comparison: %s and %s on %s", pair->names[0],
                            pair->names[1], page_valid(page, s->source)),
                 arena_text(&page->arena, "%s pictures of the part %s (split: %s)",
                            page_count(page, s->count), s->part, s->split_name));
    for (int m = 0; m < 2; m++) {
        json_t *model = json_pack("{s:s, s:s}", "file", pair->names[m], "sha256",
                                  pair->of[m]->subject.model->file->sha256);
        for (int f = 0; f < FIGURES; f++)
            findings_set_interval(model, figure_key((enum figure)f), &pair->of[m]->intervals[f]);
        json_object_set_new(model, "training", findings_past_json(&pair->of[m]->provenance));
        json_array_append_new(models, model);
    }
    json_object_set_new(page->summary, "pictures", json_integer((json_int_t)s->count));
    json_object_set_new(page->summary, "models", models);
}

static void add_figures(struct pair *pair)
{
    const struct report_column columns[] = {{"figure", false},
                                            {pair->names[0], true},
                                            {pair->names[1], true},
                                            {"difference", true},
                                            {"differs", false}};
    struct page *page = pair->page;

    report_table(&page->report,
                 "The figures of both, with 95% intervals. The difference is that of the second "
                 "less the first, from samples that draw the same pictures for both.",
                 columns, 5);
    for (int f = 0; f < FIGURES; f++) {
        const struct interval *d = &pair->comparison->difference[f];
        const char *cells[] = {
            figure_name((enum figure)f), findings_interval_text(page, &pair->of[0]->intervals[f]),
            findings_interval_text(page, &pair->of[1]->intervals[f]),
            findings_interval_text(page, d), d->low > 0 || d->high < 0 ? "yes" : "not shown"};
        report_row(&page->report, columns, cells, 5);
    }
    report_table_end(&page->report);
}

static mien_status add_recalls(struct pair *pair, mien_error *err)
{
    const struct assessment *a = pair->of[0];
    struct page *page = pair->page;
    struct chart_series *series = arena_new(&page->arena, 2, sizeof *series);
    double *values = arena_new(&page->arena, 2 * a->classes, sizeof *values);
    struct chart *chart = page_chart(page, CHART_BARS, "Recall by label");
    const char *const *names = findings_names(page, a);

    if (!series || !values || !chart || !names)
        return page_no_memory(err);
    if (a->classes > FINDINGS_LABELS)
        return MIEN_OK;
    for (int m = 0; m < 2; m++) {
        for (size_t c = 0; c < a->classes; c++)
            values[(size_t)m * a->classes + c] = pair->of[m]->metrics->by_class[c].recall;
        series[m] = (struct chart_series){
            .name = pair->names[m], .y = values + (size_t)m * a->classes, .count = a->classes};
    }
    chart->bars = (struct chart_bars){.categories = names,
                                      .category_count = a->classes,
                                      .series = series,
                                      .series_count = 2,
                                      .percent = true};
    report_figure(&page->report, "recall", chart, "How many pictures of each label each finds.");
    return MIEN_OK;
}

static bool is_right(const struct assessment *a, size_t number)
{
    return a->answers.predicted[number] == a->answers.labels[number];
}

/* Pictures on which only model `winner` is right; those of which the other was most certain. */
static mien_status add_wins(struct pair *pair, int winner, mien_error *err)
{
    struct page *page = pair->page;
    const struct assessment *loser = pair->of[1 - winner];
    struct findings findings = {
        .assessment = loser, .page = page, .names = findings_names(page, loser)};
    struct chart_picture *pictures = arena_new(&page->arena, PICTURES, sizeof *pictures);
    uint32_t *mistakes = arena_new(&page->arena, loser->subject.count, sizeof *mistakes);
    const char *title = arena_text(&page->arena, "Only %s is right", pair->names[winner]);
    struct chart *chart = page_chart(page, CHART_PICTURES, title);
    size_t count, shown = 0;

    if (!findings.names || !pictures || !mistakes || !chart)
        return page_no_memory(err);
    count = assessment_mistakes(loser, -1, -1, mistakes, loser->subject.count);
    for (size_t i = 0; i < count && shown < PICTURES; i++)
        if (is_right(pair->of[winner], mistakes[i]))
            pictures[shown++] = findings_picture(&findings, mistakes[i]);
    if (shown == 0)
        return MIEN_OK;
    chart->pictures =
        (struct chart_pictures){.pictures = pictures, .count = shown, .columns = 5, .side = 84};
    report_figure(&page->report, winner ? "second-right" : "first-right", chart,
                  "What the other said, the most certain first, and the label.");
    return MIEN_OK;
}

static json_t *comparison_json(const struct pair *pair, const char *verdict)
{
    const struct comparison *c = pair->comparison;
    json_t *object =
        json_pack("{s:b, s:s, s:f, s:I, s:I, s:I, s:I}", "differ", c->mcnemar < COMPARISON_LEVEL,
                  "verdict", verdict, "mcnemar_p", c->mcnemar, "both_right", (json_int_t)c->both,
                  "only_first", (json_int_t)c->only_a, "only_second", (json_int_t)c->only_b,
                  "neither", (json_int_t)c->neither);

    for (int f = 0; f < FIGURES; f++)
        findings_set_interval(object, figure_key((enum figure)f), &c->difference[f]);
    return object;
}

static mien_status fill(struct pair *pair, mien_error *err)
{
    const struct comparison *c = pair->comparison;
    struct page *page = pair->page;
    char verdict[512];
    mien_status status;

    assessment_verdict(pair->of[0], pair->of[1], c, verdict);
    start(pair);
    report_section(&page->report, "comparison", "Comparison");
    report_paragraph(&page->report, "%s", verdict);
    report_paragraph(&page->report,
                     "Both are right on %s pictures, only %s on %s, only %s on %s, neither on %s.",
                     page_count(page, c->both), pair->names[0], page_count(page, c->only_a),
                     pair->names[1], page_count(page, c->only_b), page_count(page, c->neither));
    add_figures(pair);
    json_object_set_new(page->summary, "comparison",
                        comparison_json(pair, page_valid(page, verdict)));
    status = add_recalls(pair, err);
    for (int winner = 0; winner < 2 && !status; winner++)
        status = add_wins(pair, winner, err);
    for (int m = 0; m < 2; m++) {
        report_section(&page->report, m ? "second-past" : "first-past",
                       arena_text(&page->arena, "What %s has seen", pair->names[m]));
        findings_tell_past(page, &pair->of[m]->provenance);
    }
    return status ? status : page_check(page, err);
}

mien_status assessment_write_comparison(const struct assessment *a, const struct assessment *b,
                                        const struct comparison *comparison, const char *folder,
                                        struct thread_pool *pool, json_t **ret_summary,
                                        mien_error *err)
{
    struct page page;
    struct pair pair = {.of = {a, b}, .comparison = comparison, .page = &page};
    mien_status status;

    page_init(&page);
    pair.names[0] = page_valid(&page, a->subject.model_name);
    pair.names[1] = page_valid(&page, b->subject.model_name);
    status = fill(&pair, err);
    if (!status && folder)
        status = page_write(&page, folder, pool, err);
    if (!status)
        *ret_summary = json_incref(page.summary);
    page_free(&page);
    return status;
}

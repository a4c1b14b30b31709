/* section_votes.c - what ten people said about each picture: how much they disagree, and how far
 * their majority agrees with the labels.
 * N rows, L labels.
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdlib.h>

#include "explore/exploration.h"

enum { ENTROPY_BINS = 14, AMBIGUOUS = 20, NO_MAJORITY = DATASET_EXPRESSIONS_PLUS };
enum { ANSWERS = DATASET_EXPRESSIONS_PLUS + 1 }; /* the expressions, and none */

#define ENTROPY_BIN 0.25 /* bits */

static const char *column_name(int column)
{
    return column == VOTES_UNKNOWN      ? "unknown"
           : column == VOTES_NOT_A_FACE ? "not a face"
                                        : dataset_expressions[column];
}

/* "sad 4, fear 3, neutral 3": the votes, most first. */
static const char *votes_text(struct exploration *exploration, const uint8_t *votes)
{
    const char *text = "";
    bool told[VOTES_COLUMNS] = {false};

    for (;;) {
        int top = -1;
        for (int column = 0; column < VOTES_COLUMNS; column++)
            if (votes[column] && !told[column] && (top < 0 || votes[column] > votes[top]))
                top = column;
        if (top < 0)
            return text;
        told[top] = true;
        text = arena_text(&exploration->page.arena, "%s%s%s %d", text, *text ? ", " : "",
                          column_name(top), votes[top]);
    }
}

static mien_status add_entropies(struct exploration *exploration, const float *entropies,
                                 mien_error *err)
{
    size_t rows = exploration->dataset->count;
    struct chart_series *series = arena_new(&exploration->page.arena, 1, sizeof *series);
    double *bins = arena_new(&exploration->page.arena, ENTROPY_BINS, sizeof *bins);
    struct chart *chart =
        page_chart(&exploration->page, CHART_HISTOGRAM, "How much the taggers disagree");

    if (!series || !bins || !chart)
        return page_no_memory(err);
    for (size_t row = 0; row < rows; row++)
        bins[(int)fmin((double)entropies[row] / ENTROPY_BIN, ENTROPY_BINS - 1)]++;
    *series = (struct chart_series){.y = bins, .count = ENTROPY_BINS};
    chart->x_label = "entropy of a picture's votes, bits";
    chart->y_label = "pictures";
    chart->histogram = (struct chart_histogram){
        .series = series, .series_count = 1, .bins = ENTROPY_BINS, .bin_width = ENTROPY_BIN};
    report_figure(&exploration->page.report, "vote-entropy", chart,
                  "0 bits: everybody said the same. 1 bit: as undecided as two halves. What people "
                  "cannot agree on, no model can get right.");
    return MIEN_OK;
}

static mien_status add_entropy_by_label(struct exploration *exploration, const float *entropies,
                                        mien_error *err)
{
    const struct dataset *dataset = exploration->dataset;
    size_t labels = (size_t)dataset->label_count, shown = exploration->shown_count;
    const size_t *counts = exploration_counts(exploration, EXPLORATION_ALL);
    struct chart_series *series = arena_new(&exploration->page.arena, 1, sizeof *series);
    double *sums = arena_new(&exploration->page.arena, labels, sizeof *sums);
    double *means = arena_new(&exploration->page.arena, shown, sizeof *means);
    struct chart *chart =
        page_chart(&exploration->page, CHART_BARS, "Disagreement of the taggers by label");

    if (!series || !sums || !means || !chart)
        return page_no_memory(err);
    for (size_t row = 0; row < dataset->count; row++)
        sums[dataset->labels[row]] += (double)entropies[row];
    for (size_t i = 0; i < shown; i++)
        means[i] = sums[exploration->shown[i]] / (double)counts[exploration->shown[i]];
    *series = (struct chart_series){.y = means, .count = shown};
    chart->y_label = "mean entropy of the votes, bits";
    chart->bars = (struct chart_bars){.categories = exploration->shown_names,
                                      .category_count = shown,
                                      .series = series,
                                      .series_count = 1,
                                      .decimals = 2};
    report_figure(&exploration->page.report, "vote-entropy-by-label", chart,
                  "Labels with high bars are the ones that people find hardest to tell.");
    return MIEN_OK;
}

/* How the labels (rows) and the majorities (columns) agree. */
struct agreement {
    double *shares;     /* (shown, ANSWERS): of the label's pictures */
    size_t *counts;     /* (shown, ANSWERS) */
    const char **texts; /* (shown, ANSWERS) */
    size_t decided, agreed;
};

static mien_status count_agreement(struct exploration *exploration, struct agreement *agreement,
                                   mien_error *err)
{
    const struct dataset *dataset = exploration->dataset;
    size_t shown = exploration->shown_count, cells = shown * ANSWERS;
    size_t *place =
        arena_new(&exploration->page.arena, (size_t)dataset->label_count, sizeof *place);

    agreement->shares = arena_new(&exploration->page.arena, cells, sizeof *agreement->shares);
    agreement->counts = arena_new(&exploration->page.arena, cells, sizeof *agreement->counts);
    agreement->texts = arena_new(&exploration->page.arena, cells, sizeof *agreement->texts);
    if (!place || !agreement->shares || !agreement->counts || !agreement->texts)
        return page_no_memory(err);
    for (size_t i = 0; i < shown; i++)
        place[exploration->shown[i]] = i + 1;
    for (size_t row = 0; row < dataset->count; row++) {
        int majority = votes_majority(votes_of(exploration->options.votes, row));
        size_t i = place[dataset->labels[row]];
        agreement->decided += majority >= 0;
        agreement->agreed += majority >= 0 && majority == dataset->labels[row];
        if (i)
            agreement
                ->counts[(i - 1) * ANSWERS + (size_t)(majority < 0 ? NO_MAJORITY : majority)]++;
    }
    return MIEN_OK;
}

static mien_status add_agreement(struct exploration *exploration, struct agreement *agreement,
                                 mien_error *err)
{
    static const char *const answers[ANSWERS] = {"angry",    "disgust", "fear",     "happy", "sad",
                                                 "surprise", "neutral", "contempt", "none"};
    const size_t *counts = exploration_counts(exploration, EXPLORATION_ALL);
    struct chart *chart =
        page_chart(&exploration->page, CHART_HEAT_MAP, "FER labels against the FER+ majority");

    if (!chart)
        return page_no_memory(err);
    for (size_t i = 0; i < exploration->shown_count * ANSWERS; i++) {
        size_t rows = counts[exploration->shown[i / ANSWERS]];
        char share[NUMBER_TEXT];
        agreement->shares[i] = (double)agreement->counts[i] / (double)rows;
        agreement->texts[i] =
            arena_text(&exploration->page.arena, "%s\n%zu",
                       number_text(agreement->shares[i], 0, true, share), agreement->counts[i]);
    }
    chart->x_label = "FER+ majority of ten taggers";
    chart->y_label = "FER label";
    chart->heat_map = (struct chart_heat_map){.values = agreement->shares,
                                              .rows = exploration->shown_count,
                                              .columns = ANSWERS,
                                              .row_labels = exploration->shown_names,
                                              .column_labels = answers,
                                              .texts = agreement->texts,
                                              .colour_map = COLOUR_MAP_BLUES,
                                              .high = 1,
                                              .percent = true};
    report_figure(&exploration->page.report, "fer-against-ferplus", chart,
                  "Each row: where the pictures of one label went when ten people labelled them "
                  "again. Off the diagonal is label noise. None: no expression got more than half "
                  "of the votes that were not alone.");
    return MIEN_OK;
}

/* A row and how ambiguous it is. */
struct ambiguous_row {
    float entropy;
    uint32_t row;
};

static int most_ambiguous_first(const void *left, const void *right)
{
    const struct ambiguous_row *a = left, *b = right;

    if (a->entropy != b->entropy)
        return a->entropy > b->entropy ? -1 : 1;
    return a->row < b->row ? -1 : a->row > b->row;
}

static mien_status add_ambiguous(struct exploration *exploration, const float *entropies,
                                 mien_error *err)
{
    size_t rows = exploration->dataset->count, count = rows < AMBIGUOUS ? rows : AMBIGUOUS;
    struct ambiguous_row *order = malloc(rows * sizeof *order);
    struct chart_picture *pictures = arena_new(&exploration->page.arena, count, sizeof *pictures);
    struct chart *chart = page_chart(&exploration->page, CHART_PICTURES, "Most ambiguous pictures");

    if (!order || !pictures || !chart) {
        free(order);
        return page_no_memory(err);
    }
    for (size_t row = 0; row < rows; row++)
        order[row] = (struct ambiguous_row){entropies[row], (uint32_t)row};
    qsort(order, rows, sizeof *order, most_ambiguous_first);
    for (size_t i = 0; i < count; i++) {
        const uint8_t *votes = votes_of(exploration->options.votes, order[i].row);
        pictures[i] = exploration_picture(exploration, order[i].row);
        pictures[i].hover =
            arena_text(&exploration->page.arena, "row %u, labelled %s; votes: %s",
                       (unsigned)order[i].row, pictures[i].title, votes_text(exploration, votes));
    }
    free(order);
    chart->pictures =
        (struct chart_pictures){.pictures = pictures, .count = count, .columns = 5, .side = 84};
    report_figure(
        &exploration->page.report, "ambiguous", chart,
        "The pictures on which the taggers disagreed most, with their FER label; point at "
        "one to see the votes.");
    return MIEN_OK;
}

static void add_facts(struct exploration *exploration, const struct agreement *agreement)
{
    size_t not_faces = 0, rows = exploration->dataset->count;
    double share = agreement->decided ? (double)agreement->agreed / (double)agreement->decided : 0;
    char agreed[NUMBER_TEXT];

    for (size_t row = 0; row < rows; row++) {
        const uint8_t *votes = votes_of(exploration->options.votes, row);
        not_faces += 2 * votes[VOTES_NOT_A_FACE] > 10;
    }
    const struct report_fact facts[] = {
        {"pictures with a majority", page_count(&exploration->page, agreement->decided)},
        {"whose label agrees with it",
         arena_text(&exploration->page.arena, "%s", number_text(share, 1, true, agreed))},
        {"not a face, say most taggers", page_count(&exploration->page, not_faces)},
    };
    report_facts(&exploration->page.report, facts, sizeof facts / sizeof *facts);
    json_object_set_new(exploration->page.summary, "votes",
                        json_pack("{s:I, s:f, s:I}", "with_majority",
                                  (json_int_t)agreement->decided, "label_agrees", share,
                                  "not_a_face", (json_int_t)not_faces));
}

mien_status section_votes(struct exploration *exploration, mien_error *err)
{
    const struct votes *votes = exploration->options.votes;
    struct agreement agreement = {0};
    float *entropies;
    mien_status status;

    if (!votes)
        return MIEN_OK;
    entropies = malloc(votes->count * sizeof *entropies);
    if (!entropies)
        return page_no_memory(err);
    for (size_t row = 0; row < votes->count; row++)
        entropies[row] = (float)votes_entropy(votes_of(votes, row));
    report_section(&exploration->page.report, "votes", "Votes");
    status = count_agreement(exploration, &agreement, err);
    if (!status) {
        add_facts(exploration, &agreement);
        status = add_entropies(exploration, entropies, err);
    }
    if (!status)
        status = add_entropy_by_label(exploration, entropies, err);
    if (!status)
        status = add_agreement(exploration, &agreement, err);
    if (!status)
        status = add_ambiguous(exploration, entropies, err);
    free(entropies);
    return status;
}

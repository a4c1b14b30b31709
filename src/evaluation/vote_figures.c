/* vote_figures.c - answers as distributions over the eight expressions, against the votes.
 * SPDX-License-Identifier: MIT */
#include "evaluation/vote_figures.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "dataset/dataset_names.h"
#include "network/softmax.h"

enum { EXPRESSIONS = DATASET_EXPRESSIONS_PLUS };

/* Where the model says what: the expression of each of its outputs, or -1. */
struct columns {
    int output;
    size_t count;
    int *expression; /* (count) */
};

static mien_status find_columns(const struct model *model, struct columns *ret_columns,
                                bool *ret_votes, mien_error *err)
{
    struct columns c = {.output = architecture_find_output(model->architecture, "votes")};
    bool known = false;

    *ret_votes = c.output >= 0;
    if (!*ret_votes)
        c.output = architecture_find_output(model->architecture, "expression");
    c.count = shape_count(model->architecture->outputs[c.output].shape);
    if (*ret_votes && c.count != VOTES_COLUMNS)
        return error_set(err, MIEN_EINVAL, "the output \"votes\" has %zu numbers, not %d", c.count,
                         VOTES_COLUMNS);
    c.expression = malloc(c.count * sizeof *c.expression);
    if (!c.expression)
        return error_memory(err, c.count * sizeof *c.expression);
    for (size_t i = 0; i < c.count; i++) {
        if (*ret_votes)
            c.expression[i] = i < EXPRESSIONS ? (int)i : -1;
        else
            c.expression[i] = dataset_expression_find(model_label(model, i));
        known |= c.expression[i] >= 0;
    }
    if (!known) {
        free(c.expression);
        return error_set(err, MIEN_EINVAL, "no label of the model is an expression");
    }
    *ret_columns = c;
    return MIEN_OK;
}

/* The model's probabilities of the eight expressions, which sum to 1. */
static void distribution(const struct columns *c, const float *row, float ret_q[EXPRESSIONS])
{
    float sum = 0;

    memset(ret_q, 0, EXPRESSIONS * sizeof *ret_q);
    for (size_t i = 0; i < c->count; i++)
        if (c->expression[i] >= 0) {
            ret_q[c->expression[i]] += row[i];
            sum += row[i];
        }
    for (int e = 0; e < EXPRESSIONS; e++)
        ret_q[e] = sum > 0 ? ret_q[e] / sum : 1.0F / EXPRESSIONS;
}

/* The votes for expressions as shares, those of a single tagger dropped; a majority is certain. */
static void shares(const uint8_t *votes, double ret_p[EXPRESSIONS])
{
    double sum = 0;

    for (int e = 0; e < EXPRESSIONS; e++)
        sum += ret_p[e] = votes[e] > 1 ? votes[e] : 0;
    for (int e = 0; e < EXPRESSIONS; e++)
        ret_p[e] /= sum;
}

/* Adds one picture's part to the sums; `is_new`: nothing identical is in training. */
static void add_picture(const uint8_t *votes, int majority, bool is_new, const float q[EXPRESSIONS],
                        struct vote_figures *f)
{
    double p[EXPRESSIONS];
    size_t said = largest_index(q, EXPRESSIONS);

    shares(votes, p);
    f->count++;
    f->correct += (int)said == majority;
    f->new_count += is_new;
    f->new_correct += is_new && (int)said == majority;
    f->confusion[(size_t)majority * EXPRESSIONS + said]++;
    f->multi_label += p[said] >= VOTE_FIGURES_SHARE;
    f->drawn += p[said];
    for (int e = 0; e < EXPRESSIONS; e++)
        if (p[e] > 0) {
            f->cross_entropy -= p[e] * log(fmax(q[e], VOTE_FIGURES_LEAST));
            f->divergence += p[e] * log(p[e] / fmax(q[e], VOTE_FIGURES_LEAST));
        }
}

/* Every tagger in turn against the others: how many could be compared, and how many agreed. */
static void ask_taggers(const uint8_t *votes, double *compared, double *agreed)
{
    for (int column = 0; column < VOTES_COLUMNS; column++) {
        uint8_t others[VOTES_COLUMNS];
        int majority;
        if (votes[column] == 0)
            continue;
        memcpy(others, votes, sizeof others);
        others[column]--;
        majority = votes_majority(others);
        if (majority < 0)
            continue;
        *compared += votes[column];
        *agreed += majority == column ? votes[column] : 0;
    }
}

/* The sums become means, the counts an accuracy. */
static void finish(struct vote_figures *f, double compared, double agreed)
{
    double count = (double)f->count;

    f->multi_label /= count;
    f->drawn /= count;
    f->cross_entropy /= count;
    f->divergence /= count;
    f->tagger = compared > 0 ? agreed / compared : 0;
    if (f->new_count == f->count || f->new_count == 0)
        f->new_count = f->new_correct = 0;
    else
        f->new_accuracy = accuracy_interval(f->new_correct, f->new_count);
}

/* Answers q (count, EXPRESSIONS) against the majorities (count). */
static mien_status measure_answers(const float *q, const uint16_t *majorities,
                                   struct thread_pool *pool, struct vote_figures *f,
                                   mien_error *err)
{
    struct answers answers = {0};
    mien_status status;

    if (f->count == 0)
        return error_set(err, MIEN_EINVAL, "no picture has votes with a majority");
    status = answers_new(q, majorities, f->count, EXPRESSIONS, &answers, err);
    if (!status)
        status = intervals_new(&answers, pool, f->figures, err);
    if (!status)
        status = coverage_new(q, majorities, f->count, EXPRESSIONS, &f->coverage, err);
    answers_free(&answers);
    return status;
}

static mien_status compare(const struct columns *columns, const struct predictions *said,
                           const struct votes *votes, const uint32_t *rows,
                           const struct provenance *provenance, struct thread_pool *pool,
                           struct vote_figures *f, mien_error *err)
{
    float *q = malloc(said->count * EXPRESSIONS * sizeof *q);
    uint16_t *majorities = malloc(said->count * sizeof *majorities);
    double compared = 0, agreed = 0;
    mien_status status = MIEN_OK;

    if (!q || !majorities)
        status = error_memory(err, said->count * EXPRESSIONS * sizeof *q);
    for (size_t i = 0; i < said->count && !status; i++) {
        const uint8_t *row_votes = votes_of(votes, rows[i]);
        const float *answer = said->values[columns->output] + i * columns->count;
        int majority = votes_majority(row_votes);
        ask_taggers(row_votes, &compared, &agreed);
        if (majority < 0)
            continue;
        majorities[f->count] = (uint16_t)majority;
        distribution(columns, answer, q + f->count * EXPRESSIONS);
        add_picture(row_votes, majority, provenance->past[i] > PAST_IDENTICAL,
                    q + f->count * EXPRESSIONS, f);
    }
    if (!status)
        status = measure_answers(q, majorities, pool, f, err);
    if (!status)
        finish(f, compared, agreed);
    free(q);
    free(majorities);
    return status;
}

mien_status vote_figures_new(const struct model *model, const struct predictions *said,
                             const struct votes *votes, const uint32_t *rows,
                             const struct provenance *provenance, struct thread_pool *pool,
                             struct vote_figures *ret_figures, mien_error *err)
{
    struct vote_figures f = {.rows = said->count};
    struct columns columns = {0};
    mien_status status = find_columns(model, &columns, &f.from_votes, err);

    if (status)
        return status;
    f.rule = f.from_votes ? &model->rules.votes : &model->rules.expression;
    status = compare(&columns, said, votes, rows, provenance, pool, &f, err);
    free(columns.expression);
    if (status)
        vote_figures_free(&f);
    else
        *ret_figures = f;
    return status;
}

void vote_figures_free(struct vote_figures *figures)
{
    coverage_free(&figures->coverage);
}

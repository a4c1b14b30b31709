/* trial_chart.c - an axis a field, one for the epochs and one for the validation accuracy.
 * SPDX-License-Identifier: MIT */
#include "tuning/trial_chart.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "chart/chart.h"

enum { DIMENSIONS_MAX = SEARCH_FIELDS_MAX + 2, ROUNDS_MAX = 32 };

/* What the chart borrows. */
struct drawing {
    const struct tuner *tuner;
    const struct trial **trials; /* (count) those that were trained */
    size_t count;
    struct chart_dimension dimensions[DIMENSIONS_MAX];
    size_t dimension_count;
    double *numbers; /* (DIMENSIONS_MAX, count) */
    const char *choices[SEARCH_FIELDS_MAX][SEARCH_CHOICES_MAX];
    char epochs[ROUNDS_MAX][16];
    const char *rounds[ROUNDS_MAX];
    struct text *hovers; /* (count) */
    const char **hover_texts;
};

/* Room for the next dimension's numbers. */
static double *add_dimension(struct drawing *d, const char *name)
{
    double *numbers = d->numbers + d->dimension_count * d->count;

    d->dimensions[d->dimension_count++] = (struct chart_dimension){.name = name, .values = numbers};
    return numbers;
}

static double number_of(const struct search_field *field, const char *value)
{
    for (size_t c = 0; c < field->choice_count; c++)
        if (strcmp(field->choices[c], value) == 0)
            return (double)c;
    return strtod(value, NULL);
}

static void add_field(struct drawing *d, size_t f)
{
    const struct search_field *field = &d->tuner->space->fields[f];
    double *numbers = add_dimension(d, field->name);
    struct chart_dimension *dimension = &d->dimensions[d->dimension_count - 1];

    dimension->log = field->kind == SEARCH_LOG;
    dimension->category_count = field->choice_count;
    dimension->categories = d->choices[f];
    for (size_t c = 0; c < field->choice_count; c++)
        d->choices[f][c] = field->choices[c];
    for (size_t i = 0; i < d->count; i++)
        numbers[i] = number_of(field, d->trials[i]->values[f]);
}

/* The rounds by their epochs. */
static void add_rounds(struct drawing *d)
{
    const struct halving *halving = &d->tuner->halving;
    double *numbers = add_dimension(d, "epochs");
    struct chart_dimension *dimension = &d->dimensions[d->dimension_count - 1];

    dimension->categories = d->rounds;
    dimension->category_count = (size_t)halving->rounds;
    for (int round = 0; round < halving->rounds; round++) {
        snprintf(d->epochs[round], sizeof d->epochs[round], "%d", halving_epochs(halving, round));
        d->rounds[round] = d->epochs[round];
    }
    for (size_t i = 0; i < d->count; i++)
        numbers[i] = d->trials[i]->rounds - 1;
}

static void add_accuracies(struct drawing *d)
{
    double *numbers = add_dimension(d, "validation accuracy");

    d->dimensions[d->dimension_count - 1].percent = true;
    for (size_t i = 0; i < d->count; i++)
        numbers[i] = d->trials[i]->failed ? NAN : d->trials[i]->accuracy;
}

static void describe(const struct tuner *tuner, const struct trial *trial, struct text *text)
{
    text_add(text, "trial %d: %.1f%% after %d epochs", trial->number + 1, 100 * trial->accuracy,
             trial->epochs);
    for (size_t f = 0; f < tuner->space->count; f++)
        text_add(text, ", %s %s", tuner->space->fields[f].name, trial->values[f]);
}

static mien_status fill(struct drawing *d, size_t *ret_marked, mien_error *err)
{
    const struct trial *best = tuner_best(d->tuner);

    for (size_t f = 0; f < d->tuner->space->count; f++)
        add_field(d, f);
    if (d->tuner->halving.rounds > 1)
        add_rounds(d);
    add_accuracies(d);
    for (size_t i = 0; i < d->count; i++) {
        describe(d->tuner, d->trials[i], &d->hovers[i]);
        if (d->hovers[i].failed)
            return error_memory(err, d->hovers[i].capacity);
        d->hover_texts[i] = d->hovers[i].data;
        if (d->trials[i] == best)
            *ret_marked = i + 1;
    }
    return MIEN_OK;
}

static mien_status allocate(struct drawing *d, mien_error *err)
{
    size_t trials = (size_t)d->tuner->halving.trials;

    d->trials = calloc(trials, sizeof *d->trials);
    d->numbers = calloc(trials * DIMENSIONS_MAX, sizeof *d->numbers);
    d->hovers = calloc(trials, sizeof *d->hovers);
    d->hover_texts = calloc(trials, sizeof *d->hover_texts);
    if (!d->trials || !d->numbers || !d->hovers || !d->hover_texts)
        return error_memory(err, trials * DIMENSIONS_MAX * sizeof *d->numbers);
    for (size_t i = 0; i < trials; i++)
        if (d->tuner->trials[i].rounds > 0)
            d->trials[d->count++] = &d->tuner->trials[i];
    return d->count ? MIEN_OK : error_set(err, MIEN_EINVAL, "no trial was trained yet");
}

static void release(struct drawing *d)
{
    for (size_t i = 0; i < d->count; i++)
        text_free(&d->hovers[i]);
    free(d->hover_texts);
    free(d->hovers);
    free(d->numbers);
    free(d->trials);
}

mien_status trial_chart_write(const struct tuner *tuner, const char *path, mien_error *err)
{
    struct drawing d = {.tuner = tuner};
    struct chart chart = {.type = CHART_PARALLEL, .title = "Trials by validation accuracy"};
    size_t marked = 0;
    mien_status status = allocate(&d, err);

    if (!status)
        status = fill(&d, &marked, err);
    if (!status) {
        chart.parallel = (struct chart_parallel){d.dimensions, d.dimension_count, d.count, marked,
                                                 d.hover_texts};
        status = chart_write(&chart, CHART_LIGHT, path, err);
    }
    release(&d);
    return status;
}

/* trial_report.c - the trials of a search, the best first.
 * SPDX-License-Identifier: MIT */
#include "trial_report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "display.h"
#include "output.h"

static int better_first(const void *a, const void *b)
{
    const struct trial *x = *(const struct trial *const *)a, *y = *(const struct trial *const *)b;

    if (x->failed != y->failed)
        return x->failed - y->failed;
    if (x->accuracy != y->accuracy)
        return x->accuracy < y->accuracy ? 1 : -1;
    return x->number - y->number;
}

/* The trials, the best first; the caller frees the list. */
static const struct trial **sorted_trials(const struct tuner *tuner)
{
    size_t count = (size_t)tuner->halving.trials;
    const struct trial **trials = calloc(count, sizeof *trials);

    for (size_t i = 0; trials && i < count; i++)
        trials[i] = &tuner->trials[i];
    if (trials)
        qsort(trials, count, sizeof *trials, better_first);
    return trials;
}

/* A field's column holds its name and every value, with a gap behind. */
static size_t column_of(const struct search_field *field)
{
    size_t width = strlen(field->name);

    for (size_t c = 0; c < field->choice_count; c++)
        if (strlen(field->choices[c]) > width)
            width = strlen(field->choices[c]);
    return (width < 9 ? 9 : width) + 2;
}

/* Of the row's field `f`; the last one ends the line. */
static void add_cell(const struct tuner *tuner, size_t f, const char *words, struct text *text)
{
    if (f + 1 < tuner->space->count)
        display_add_cell(text, words, column_of(&tuner->space->fields[f]));
    else
        text_add(text, "%s\n", words);
}

static void add_row(const struct tuner *tuner, const struct trial *trial, struct text *text)
{
    char number[24], epochs[24], accuracy[24];

    snprintf(number, sizeof number, "%d", trial->number + 1);
    snprintf(epochs, sizeof epochs, "%d", trial->epochs);
    snprintf(accuracy, sizeof accuracy, "%.4f", trial->accuracy);
    display_add_cell(text, number, 7);
    display_add_cell(text, trial->failed ? "" : accuracy, 12);
    display_add_cell(text, trial->failed ? "" : epochs, 8);
    display_add_cell(text, tuner_state(tuner, trial), 10);
    for (size_t f = 0; f < tuner->space->count; f++)
        add_cell(tuner, f, trial->values[f], text);
}

mien_status trial_report_print(const struct tuner *tuner, const char *recipe, mien_error *err)
{
    const struct trial **trials = sorted_trials(tuner);
    const struct trial *best = tuner_best(tuner);
    struct text text = {0};
    mien_status status = MIEN_OK;

    if (!trials)
        return error_memory(err, 4096);
    text_add(&text, "%-7s%-12s%-8s%-10s", "TRIAL", "VALIDATION", "EPOCHS", "STATE");
    for (size_t f = 0; f < tuner->space->count; f++)
        add_cell(tuner, f, tuner->space->fields[f].name, &text);
    for (int i = 0; i < tuner->halving.trials; i++)
        add_row(tuner, trials[i], &text);
    text_add(&text, "best: trial %d, validation accuracy %.4f: %s\n", best->number + 1,
             best->accuracy, recipe);
    if (text.failed)
        status = error_memory(err, text.capacity);
    else
        fputs(text.data, stdout);
    text_free(&text);
    free(trials);
    return status;
}

static json_t *trial_json(const struct tuner *tuner, const struct trial *trial)
{
    json_t *fields = json_object();

    for (size_t f = 0; f < tuner->space->count; f++)
        json_object_set_new(fields, tuner->space->fields[f].name, output_string(trial->values[f]));
    return json_pack("{s:i, s:s, s:i, s:i, s:o, s:o, s:o, s:o}", "trial", trial->number + 1,
                     "state", tuner_state(tuner, trial), "epochs", trial->epochs, "best_epoch",
                     trial->best_epoch, "validation_accuracy", output_number(trial->accuracy),
                     "validation_loss", output_number(trial->loss), "seconds",
                     output_number(trial->seconds), "fields", fields);
}

mien_status trial_report_json(const struct tuner *tuner, const char *recipe, mien_error *err)
{
    const struct trial **trials = sorted_trials(tuner);
    const struct trial *best = tuner_best(tuner);
    json_t *list = json_array();

    if (!trials) {
        json_decref(list);
        return error_memory(err, 4096);
    }
    for (int i = 0; i < tuner->halving.trials; i++)
        json_array_append_new(list, trial_json(tuner, trials[i]));
    free(trials);
    return output_json(json_pack("{s:i, s:o, s:o, s:o}", "best", best->number + 1,
                                 "validation_accuracy", output_number(best->accuracy), "recipe",
                                 output_string(recipe), "trials", list),
                       err);
}

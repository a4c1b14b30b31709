/* trial_table.c - the table of a search's trials, which is also all that it remembers.
 * SPDX-License-Identifier: MIT */
#define _DEFAULT_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/text.h"
#include "tuning/tuner.h"

/* What comes before the fields' values, as it is written and as it is read. */
static const char *const columns =
    "trial,rounds,epochs,best_epoch,validation_accuracy,validation_loss,seconds,state";

static void add_header(const struct tuner *tuner, struct text *text)
{
    text_add(text, "%s", columns);
    for (size_t f = 0; f < tuner->space->count; f++)
        text_add(text, ",%s", tuner->space->fields[f].name);
    text_add(text, "\n");
}

static void add_values(const struct tuner *tuner, const struct trial *trial, struct text *text)
{
    for (size_t f = 0; f < tuner->space->count; f++)
        text_add(text, ",%s", trial->values[f]);
    text_add(text, "\n");
}

static void add_row(const struct tuner *tuner, const struct trial *t, struct text *text)
{
    text_add(text, "%d,%d,%d,%d,%.6f,%.6f,%.1f,%s", t->number + 1, t->rounds, t->epochs,
             t->best_epoch, t->accuracy, t->loss, t->seconds, tuner_state(tuner, t));
    add_values(tuner, t, text);
}

mien_status tuner_write(const struct tuner *tuner, const char *path, mien_error *err)
{
    struct text text = {0};
    mien_status status;

    add_header(tuner, &text);
    for (int i = 0; i < tuner->halving.trials; i++)
        add_row(tuner, &tuner->trials[i], &text);
    status = text_save(&text, path, err);
    text_free(&text);
    return status;
}

/* One line of the table, without its end. */
struct row {
    const char *path;
    int line;
    char *text;
};

static mien_status bad_row(const struct row *row, mien_error *err)
{
    return error_set(err, MIEN_ECORRUPT,
                     "%s:%d: not a line of a search's table: start anew in "
                     "another folder",
                     row->path, row->line);
}

static mien_status other_search(const struct row *row, mien_error *err)
{
    return error_set(err, MIEN_EINVAL,
                     "%s:%d: this is the table of another search: give its space, seed and number "
                     "of trials again, or another folder",
                     row->path, row->line);
}

/* The text behind `expected`'s columns, which must be those of this search. */
static mien_status check_same(const struct row *row, const char *text, const struct text *expected,
                              mien_error *err)
{
    if (expected->failed)
        return error_memory(err, expected->capacity);
    if (strlen(text) + 1 != expected->length || strncmp(text, expected->data, strlen(text)) != 0)
        return other_search(row, err);
    return MIEN_OK;
}

static bool is_sane(const struct tuner *tuner, const struct trial *t)
{
    return t->rounds >= 0 && t->rounds <= tuner->halving.rounds && t->epochs >= 0 &&
           t->best_epoch >= 0 && t->best_epoch <= t->epochs && t->accuracy >= 0 && t->accuracy <= 1;
}

static mien_status read_row(struct tuner *tuner, struct trial *trial, const struct row *row,
                            mien_error *err)
{
    struct trial t = *trial;
    struct text values = {0};
    char state[16];
    int number, length = 0;
    mien_status status;

    if (sscanf(row->text, "%d,%d,%d,%d,%lf,%lf,%lf,%15[a-z]%n", &number, &t.rounds, &t.epochs,
               &t.best_epoch, &t.accuracy, &t.loss, &t.seconds, state, &length) != 8 ||
        number != t.number + 1 || !is_sane(tuner, &t))
        return bad_row(row, err);
    t.failed = strcmp(state, "diverged") == 0;
    add_values(tuner, &t, &values);
    status = check_same(row, row->text + length, &values, err);
    text_free(&values);
    if (!status)
        *trial = t;
    return status;
}

static mien_status read_rows(struct tuner *tuner, const char *path, char *text, mien_error *err)
{
    struct row row = {.path = path};
    struct text header = {0};
    char *rest = text;
    mien_status status = MIEN_OK;

    add_header(tuner, &header);
    while (!status && (row.text = strsep(&rest, "\n")) && (*row.text || row.line == 0)) {
        int trial = row.line++ - 1;
        if (trial < 0)
            status = check_same(&row, row.text, &header, err);
        else if (trial >= tuner->halving.trials)
            status = other_search(&row, err);
        else
            status = read_row(tuner, &tuner->trials[trial], &row, err);
    }
    if (!status && row.line != tuner->halving.trials + 1)
        status = other_search(&row, err);
    text_free(&header);
    return status;
}

mien_status tuner_read(struct tuner *tuner, const char *path, mien_error *err)
{
    struct file_map map;
    char *text;
    mien_status status = file_map_open(path, &map, err);

    if (status)
        return status;
    text = strndup((const char *)map.data, map.bytes);
    status = text ? read_rows(tuner, path, text, err) : error_memory(err, map.bytes);
    free(text);
    file_map_close(&map);
    return status;
}

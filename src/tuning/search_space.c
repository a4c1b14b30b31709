/* search_space.c - read what a search may choose from, and draw from it.
 * SPDX-License-Identifier: MIT */
#include "tuning/search_space.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "base/text.h"
#include "training/recipe.h"

enum { WORDS_MAX = SEARCH_CHOICES_MAX + 2, LINE_MAX_BYTES = WORDS_MAX * SEARCH_VALUE_MAX };

static const char *const kind_names[] = {"uniform", "log", "integer", "choice"};
enum { KINDS = sizeof kind_names / sizeof *kind_names };

/* A line under way. */
struct line {
    const char *source;
    int number;
    char text[LINE_MAX_BYTES];
    char *words[WORDS_MAX]; /* into `text` */
    size_t count;
};

static mien_status split_words(struct line *line, mien_error *err)
{
    char *rest = line->text, *word, *comment = strchr(line->text, '#');

    if (comment)
        *comment = 0;
    line->count = 0;
    while ((word = strtok_r(NULL, " \t\r", &rest))) {
        if (line->count == WORDS_MAX)
            return error_set(err, MIEN_EINVAL, "%s:%d: more than %d choices", line->source,
                             line->number, SEARCH_CHOICES_MAX);
        if (strlen(word) >= SEARCH_VALUE_MAX)
            return error_set(err, MIEN_EINVAL, "%s:%d: \"%.20s...\" is longer than %d letters",
                             line->source, line->number, word, SEARCH_VALUE_MAX - 1);
        line->words[line->count++] = word;
    }
    return MIEN_OK;
}

static mien_status read_kind(const struct line *line, enum search_kind *ret_kind, mien_error *err)
{
    const char *word = line->words[1], *nearest;

    for (int kind = 0; kind < KINDS; kind++)
        if (strcmp(word, kind_names[kind]) == 0) {
            *ret_kind = (enum search_kind)kind;
            return MIEN_OK;
        }
    nearest = text_nearest(word, kind_names, KINDS);
    return error_set(err, MIEN_EINVAL, "%s:%d: \"%s\": %s%s%s", line->source, line->number, word,
                     nearest ? "did you mean \"" : "give uniform, log, integer or choice",
                     nearest ? nearest : "", nearest ? "\"?" : "");
}

static mien_status read_number(const struct line *line, const char *word, bool whole,
                               double *ret_number, mien_error *err)
{
    char *end;
    double number = strtod(word, &end);

    if (end == word || *end || !(fabs(number) < 1e9))
        return error_set(err, MIEN_EINVAL, "%s:%d: \"%s\" is not a number", line->source,
                         line->number, word);
    if (whole && number != floor(number))
        return error_set(err, MIEN_EINVAL, "%s:%d: %s is not a whole number", line->source,
                         line->number, word);
    *ret_number = number;
    return MIEN_OK;
}

static mien_status read_bounds(const struct line *line, struct search_field *field, mien_error *err)
{
    bool whole = field->kind == SEARCH_INTEGER;
    mien_status status;

    if (line->count != 4)
        return error_set(err, MIEN_EINVAL, "%s:%d: write %s %s LOW HIGH", line->source,
                         line->number, field->name, kind_names[field->kind]);
    status = read_number(line, line->words[2], whole, &field->low, err);
    if (!status)
        status = read_number(line, line->words[3], whole, &field->high, err);
    if (status)
        return status;
    if (!(field->low < field->high))
        return error_set(err, MIEN_EINVAL, "%s:%d: from %s to %s: the first must be the smaller",
                         line->source, line->number, line->words[2], line->words[3]);
    if (field->kind == SEARCH_LOG && field->low <= 0)
        return error_set(err, MIEN_EINVAL, "%s:%d: log needs numbers above 0, and %s is not",
                         line->source, line->number, line->words[2]);
    return MIEN_OK;
}

static mien_status read_choices(const struct line *line, struct search_field *field,
                                mien_error *err)
{
    if (line->count < 4)
        return error_set(err, MIEN_EINVAL, "%s:%d: give two choices or more: %s choice A B",
                         line->source, line->number, field->name);
    field->choice_count = line->count - 2;
    field->choices = calloc(field->choice_count, sizeof *field->choices);
    if (!field->choices)
        return error_memory(err, field->choice_count * sizeof *field->choices);
    for (size_t i = 0; i < field->choice_count; i++)
        memcpy(field->choices[i], line->words[i + 2], strlen(line->words[i + 2]) + 1);
    return MIEN_OK;
}

static mien_status read_field(struct search_space *space, const struct line *line, mien_error *err)
{
    struct search_field *field = &space->fields[space->count];
    mien_status status;

    for (size_t i = 0; i < space->count; i++)
        if (strcmp(space->fields[i].name, line->words[0]) == 0)
            return error_set(err, MIEN_EINVAL, "%s:%d: %s is in line %d already", line->source,
                             line->number, line->words[0], space->fields[i].line);
    if (space->count == SEARCH_FIELDS_MAX)
        return error_set(err, MIEN_EINVAL, "%s:%d: more than %d fields", line->source, line->number,
                         SEARCH_FIELDS_MAX);
    if (line->count < 2)
        return error_set(err, MIEN_EINVAL,
                         "%s:%d: write %s and how to draw it: uniform, log, integer or choice",
                         line->source, line->number, line->words[0]);
    memcpy(field->name, line->words[0], strlen(line->words[0]) + 1);
    field->line = line->number;
    status = read_kind(line, &field->kind, err);
    if (status)
        return status;
    space->count++; /* so that its choices are freed */
    return field->kind == SEARCH_CHOICE ? read_choices(line, field, err)
                                        : read_bounds(line, field, err);
}

static mien_status read_lines(struct search_space *space, const char *text, mien_error *err)
{
    struct line line = {.source = space->source};
    mien_status status = MIEN_OK;

    for (line.number = 1; *text && !status; line.number++) {
        size_t length = strcspn(text, "\n");
        if (length >= sizeof line.text)
            return error_set(err, MIEN_EINVAL, "%s:%d: the line is too long", space->source,
                             line.number);
        memcpy(line.text, text, length);
        line.text[length] = 0;
        text += length + (text[length] == '\n');
        status = split_words(&line, err);
        if (!status && line.count > 0)
            status = read_field(space, &line, err);
    }
    if (!status && space->count == 0)
        return error_set(err, MIEN_EINVAL,
                         "%s: no field to search: write lines like learning_rate log 1e-4 1e-2",
                         space->source);
    return status;
}

mien_status search_space_parse(const char *text, const char *source, struct search_space *ret_space,
                               mien_error *err)
{
    struct search_space space = {.source = strdup(source)};
    mien_status status;

    if (!space.source)
        return error_memory(err, strlen(source) + 1);
    status = read_lines(&space, text, err);
    if (status)
        search_space_free(&space);
    else
        *ret_space = space;
    return status;
}

void search_space_free(struct search_space *space)
{
    for (size_t i = 0; i < space->count; i++)
        free(space->fields[i].choices);
    free(space->source);
    *space = (struct search_space){0};
}

void search_space_number(const struct search_field *field, double number,
                         char ret_value[SEARCH_VALUE_MAX])
{
    if (field->kind == SEARCH_INTEGER)
        snprintf(ret_value, SEARCH_VALUE_MAX, "%.0f", number);
    else
        recipe_number((float)number, ret_value);
}

void search_space_draw(const struct search_space *space, size_t field, uint64_t seed, int trial,
                       char ret_value[SEARCH_VALUE_MAX])
{
    const struct search_field *f = &space->fields[field];
    uint64_t key = random_key(seed, (uint64_t)trial);
    double u = (double)random_uniform(key, field);

    if (f->kind == SEARCH_CHOICE)
        memcpy(ret_value, f->choices[(size_t)(u * (double)f->choice_count)], SEARCH_VALUE_MAX);
    else if (f->kind == SEARCH_INTEGER)
        search_space_number(f, f->low + floor(u * (f->high - f->low + 1)), ret_value);
    else if (f->kind == SEARCH_LOG)
        search_space_number(f, f->low * pow(f->high / f->low, u), ret_value);
    else
        search_space_number(f, f->low + u * (f->high - f->low), ret_value);
}

/* options.c - read the words of a command line by a table of options.
 * SPDX-License-Identifier: MIT */
#include "options.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAMES_MAX = 64 };

static mien_status unknown_option(const struct option *options, const char *name, size_t length,
                                  mien_error *err)
{
    char word[64];
    const char *names[NAMES_MAX], *nearest;
    size_t count = 0;

    snprintf(word, sizeof word, "%.*s", (int)(length < sizeof word ? length : sizeof word - 1),
             name);
    for (; options && options->name && count < NAMES_MAX - 1; options++)
        names[count++] = options->name;
    names[count++] = "help";
    nearest = text_nearest(word, names, count);
    if (nearest)
        return error_set(err, MIEN_EINVAL, "--%s: no such option; did you mean --%s?", word,
                         nearest);
    return error_set(err, MIEN_EINVAL, "--%s: no such option; --help lists them", word);
}

static mien_status read_choice(const struct option *option, const char *word, int *ret_choice,
                               mien_error *err)
{
    struct text list = {0};
    const char *nearest;
    size_t count = 0;
    mien_status status;

    for (; option->choices[count]; count++) {
        if (!strcmp(option->choices[count], word)) {
            *ret_choice = (int)count;
            text_free(&list);
            return MIEN_OK;
        }
        text_add(&list, "%s%s", count ? ", " : "", option->choices[count]);
    }
    nearest = text_nearest(word, option->choices, count);
    status = error_set(err, MIEN_EINVAL, "--%s: \"%s\" is not one of %s%s%s%s", option->name, word,
                       list.failed ? "its values" : list.data, nearest ? "; did you mean " : "",
                       nearest ? nearest : "", nearest ? "?" : "");
    text_free(&list);
    return status;
}

static mien_status bad_integer(const struct option *option, const char *word, mien_error *err)
{
    return error_set(err, MIEN_EINVAL, "--%s: \"%s\" is not %s from %.0f to %.0f", option->name,
                     word,
                     option->kind == OPTION_KIND_INTEGERS ? "a list such as 1:5,9 of whole numbers"
                                                          : "a whole number",
                     option->low, option->high);
}

/* A decimal number in the range at `*text`, which moves behind it. */
static bool scan_integer(const struct option *option, const char **text, int64_t *ret_value)
{
    char *end;
    long long value;

    if (!strchr("+-0123456789", **text) || !**text) /* strtoll would pass over spaces */
        return false;
    errno = 0;
    value = strtoll(*text, &end, 10);
    if (end == *text || errno || (double)value < option->low || (double)value > option->high)
        return false;
    *text = end;
    *ret_value = value;
    return true;
}

static mien_status read_integer(const struct option *option, const char *word, int64_t *ret_value,
                                mien_error *err)
{
    const char *end = word;
    int64_t value;

    if (!scan_integer(option, &end, &value) || *end)
        return bad_integer(option, word, err);
    *ret_value = value;
    return MIEN_OK;
}

/* "1:5,169": single numbers and ranges with both ends. */
static mien_status read_integers(const struct option *option, const char *word,
                                 struct integer_list *ret_list, mien_error *err)
{
    const char *at = word;

    ret_list->count = 0;
    do {
        int64_t first, last;
        if (!scan_integer(option, &at, &first))
            return bad_integer(option, word, err);
        last = first;
        if (*at == ':' && (at++, !scan_integer(option, &at, &last)))
            return bad_integer(option, word, err);
        if (last < first || (*at && *at != ','))
            return bad_integer(option, word, err);
        if (last - first >= (int64_t)(OPTION_LIST_MAX - ret_list->count))
            return error_set(err, MIEN_EINVAL, "--%s: \"%s\" has more than %d numbers",
                             option->name, word, OPTION_LIST_MAX);
        for (int64_t value = first; value <= last; value++)
            ret_list->values[ret_list->count++] = value;
    } while (*at++ == ',');
    return MIEN_OK;
}

static mien_status read_number(const struct option *option, const char *word, double *ret_value,
                               mien_error *err)
{
    char *end;
    double value = strtod(word, &end);

    /* Digits alone: strtod also reads spaces, "nan", "inf" and hexadecimal. */
    if (end == word || *end || word[strspn(word, "+-.0123456789eE")] || value < option->low ||
        value > option->high)
        return error_set(err, MIEN_EINVAL, "--%s: \"%s\" is not a number from %g to %g",
                         option->name, word, option->low, option->high);
    *ret_value = value;
    return MIEN_OK;
}

/* The first value given takes the place of the defaults. */
static mien_status read_string(const struct option *option, const char *word, bool first,
                               struct string_list *list, mien_error *err)
{
    if (first)
        list->count = 0;
    if (list->count == OPTION_LIST_MAX)
        return error_set(err, MIEN_EINVAL, "--%s is given more than %d times", option->name,
                         OPTION_LIST_MAX);
    list->values[list->count++] = word;
    return MIEN_OK;
}

static mien_status read_value(const struct option *option, const char *word, bool first,
                              void *values, mien_error *err)
{
    void *field = (char *)values + option->offset;

    switch (option->kind) {
    case OPTION_KIND_FLAG:
        break;
    case OPTION_KIND_STRING:
        *(const char **)field = word;
        break;
    case OPTION_KIND_INTEGER:
        return read_integer(option, word, field, err);
    case OPTION_KIND_NUMBER:
        return read_number(option, word, field, err);
    case OPTION_KIND_CHOICE:
        return read_choice(option, word, field, err);
    case OPTION_KIND_INTEGERS:
        return read_integers(option, word, field, err);
    case OPTION_KIND_STRINGS:
        return read_string(option, word, first, field, err);
    }
    return MIEN_OK;
}

/* One call's place in argv. */
struct reader {
    const struct option *options;
    int argc, next; /* `next` is the word to read */
    char **argv;
    void *values;
    bool given[NAMES_MAX]; /* by row of the table */
    bool help;
};

/* The value that was written with the option, or the next word. */
static mien_status take_value(struct reader *reader, const struct option *option,
                              const char *attached, mien_error *err)
{
    const char *word = attached;
    bool *given = &reader->given[option - reader->options], first = !*given;

    *given = true;
    if (option->kind == OPTION_KIND_FLAG) {
        if (attached)
            return error_set(err, MIEN_EINVAL, "--%s takes no value", option->name);
        *(bool *)((char *)reader->values + option->offset) = true;
        return MIEN_OK;
    }
    /* "--out --json" is a forgotten value; "--out=--json" is one that was meant. */
    if (!word && reader->next < reader->argc && strncmp(reader->argv[reader->next], "--", 2))
        word = reader->argv[reader->next++];
    if (!word || !*word)
        return error_set(err, MIEN_EINVAL, "--%s needs a value", option->name);
    return read_value(option, word, first, reader->values, err);
}

static mien_status read_long(struct reader *reader, const char *word, mien_error *err)
{
    size_t length = strcspn(word, "=");
    const struct option *option = reader->options;

    if (!strcmp(word, "help")) {
        reader->help = true;
        return MIEN_OK;
    }
    for (; option && option->name; option++)
        if (strlen(option->name) == length && !strncmp(option->name, word, length))
            return take_value(reader, option, word[length] ? word + length + 1 : NULL, err);
    return unknown_option(reader->options, word, length, err);
}

static mien_status read_short(struct reader *reader, const char *word, mien_error *err)
{
    const struct option *option = reader->options;

    if (!strcmp(word, "h")) {
        reader->help = true;
        return MIEN_OK;
    }
    for (; option && option->name; option++)
        if (option->letter == word[0])
            return take_value(reader, option, word[1] ? word + 1 : NULL, err);
    return error_set(err, MIEN_EINVAL, "-%s: no such option; --help lists them", word);
}

static mien_status check_required(const struct reader *reader, mien_error *err)
{
    const struct option *options = reader->options;

    for (size_t i = 0; options && options[i].name; i++)
        if (options[i].required && !reader->given[i])
            return error_set(err, MIEN_EINVAL, "--%s %s is missing: %s", options[i].name,
                             options[i].value ? options[i].value : "", options[i].help);
    return MIEN_OK;
}

mien_status options_parse(const struct option *options, int argc, char **argv, void *values,
                          int *ret_count, bool *ret_help, mien_error *err)
{
    struct reader reader = {.options = options, .argc = argc, .argv = argv, .values = values};
    int count = 0;
    bool ended = false;

    while (reader.next < argc) {
        char *word = argv[reader.next++];
        mien_status status = MIEN_OK;
        if (ended || word[0] != '-' || !word[1])
            argv[count++] = word;
        else if (!strcmp(word, "--"))
            ended = true;
        else if (word[1] == '-')
            status = read_long(&reader, word + 2, err);
        else
            status = read_short(&reader, word + 1, err);
        if (status)
            return status;
    }
    if (!reader.help && check_required(&reader, err))
        return MIEN_EINVAL;
    *ret_count = count;
    *ret_help = reader.help;
    return MIEN_OK;
}

/* options_help.c - a table of options as the help shows it.
 * SPDX-License-Identifier: MIT */
#include "options.h"

#include <string.h>

enum { PAGE_COLUMNS = 80, HELP_COLUMN = 26 };

void options_wrap(struct text *text, const char *words, size_t indent, size_t column)
{
    bool first = true;

    while (*words) {
        size_t length = strcspn(words, " \n");
        if (!first && column + 1 + length > PAGE_COLUMNS) {
            text_add(text, "\n%*s", (int)indent, "");
            column = indent;
        } else if (!first) {
            text_add(text, " ");
            column++;
        }
        text_add_bytes(text, words, length);
        column += length;
        first = false;
        words += length + strspn(words + length, " \n");
    }
    text_add(text, "\n");
}

/* "  -o, --out DIR" */
static void add_left(const struct option *option, struct text *line)
{
    if (option->letter)
        text_add(line, "  -%c, --%s", option->letter, option->name);
    else
        text_add(line, "      --%s", option->name);
    if (option->value)
        text_add(line, " %s", option->value);
    for (int i = 0; option->choices && option->choices[i]; i++)
        text_add(line, "%s%s", i ? "|" : " ", option->choices[i]);
}

/* Consecutive numbers as ranges, as they are written on the command line. */
static void add_list(const struct integer_list *list, struct text *line)
{
    for (size_t i = 0, last; i < list->count; i = last + 1) {
        last = i;
        while (last + 1 < list->count && list->values[last + 1] == list->values[last] + 1)
            last++;
        text_add(line, "%s%lld", i ? "," : "", (long long)list->values[i]);
        if (last > i)
            text_add(line, ":%lld", (long long)list->values[last]);
    }
}

static void add_strings(const struct string_list *list, const char *comma, struct text *line)
{
    if (list->count)
        text_add(line, "%sdefault", comma);
    for (size_t i = 0; i < list->count; i++)
        text_add(line, " %s", list->values[i]);
}

static void add_range(const struct option *option, struct text *line)
{
    bool whole = option->kind == OPTION_KIND_INTEGER || option->kind == OPTION_KIND_INTEGERS;

    if (whole && option->high >= OPTION_INTEGER_MAX)
        text_add(line, "%.0f or more", option->low);
    else if (whole)
        text_add(line, "%.0f to %.0f", option->low, option->high);
    else if (option->kind == OPTION_KIND_NUMBER)
        text_add(line, "%g to %g", option->low, option->high);
}

static void add_default(const struct option *option, const void *defaults, struct text *line)
{
    const void *field = (const char *)defaults + option->offset;
    const char *comma = line->length ? ", " : "";

    switch (option->kind) {
    case OPTION_KIND_FLAG:
        break;
    case OPTION_KIND_STRING:
        if (*(const char *const *)field)
            text_add(line, "%sdefault %s", comma, *(const char *const *)field);
        break;
    case OPTION_KIND_INTEGER:
        text_add(line, "%sdefault %lld", comma, (long long)*(const int64_t *)field);
        break;
    case OPTION_KIND_NUMBER:
        text_add(line, "%sdefault %g", comma, *(const double *)field);
        break;
    case OPTION_KIND_CHOICE:
        text_add(line, "%sdefault %s", comma, option->choices[*(const int *)field]);
        break;
    case OPTION_KIND_INTEGERS:
        text_add(line, "%sdefault ", comma);
        add_list(field, line);
        break;
    case OPTION_KIND_STRINGS:
        add_strings(field, comma, line);
        break;
    }
}

static void add_row(const struct option *option, const void *defaults, struct text *text)
{
    struct text left = {0}, right = {0}, notes = {0};

    add_left(option, &left);
    add_range(option, &notes);
    if (option->required)
        text_add(&notes, "%srequired", notes.length ? ", " : "");
    else if (defaults)
        add_default(option, defaults, &notes);
    text_add(&right, "%s", option->help);
    if (notes.length)
        text_add(&right, " (%s)", notes.data);
    if (left.failed || right.failed || notes.failed) {
        text->failed = true;
    } else if (left.length + 2 > HELP_COLUMN) {
        text_add(text, "%s\n%*s", left.data, HELP_COLUMN, "");
        options_wrap(text, right.data, HELP_COLUMN, HELP_COLUMN);
    } else {
        text_add(text, "%-*s", HELP_COLUMN, left.data);
        options_wrap(text, right.data, HELP_COLUMN, HELP_COLUMN);
    }
    text_free(&left);
    text_free(&right);
    text_free(&notes);
}

void options_help(const struct option *options, const void *defaults, struct text *text)
{
    static const struct option help = {.name = "help", .letter = 'h', .help = "show this help"};

    for (; options && options->name; options++)
        add_row(options, defaults, text);
    add_row(&help, NULL, text);
}

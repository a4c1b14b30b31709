/* options.h - one table of options a command, from which parsing and help come.
 *
 * A command keeps its options' values in a struct of its own; every row of the table says into
 * which field its value goes, and the compiler refuses a field of the wrong type:
 *
 *     struct values { const char *out; int64_t seed; bool json; int theme; };
 *     static const char *const themes[] = {"light", "dark", NULL};
 *     static const struct option options[] = {
 *         {"out", 'o', "DIR", "where to write", OPTION_STRING(struct values, out), .required =
 * true},
 *         {"seed", 0, "N", "seed of the shuffle", OPTION_INTEGER(struct values, seed, 0, 9999)},
 *         {"theme", 0, NULL, "colours", OPTION_CHOICE(struct values, theme, themes)},
 *         OPTION_JSON(struct values),
 *         {0},
 *     };
 *
 * Written as --seed 7, --seed=7, -o DIR or -oDIR, before, between and behind the arguments; "--"
 * ends the options; of an option given twice the last one counts, but a list of strings takes each.
 * SPDX-License-Identifier: MIT */
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/text.h"

enum { OPTION_LIST_MAX = 1024 };

/* The largest whole number that an option can take: 2^53 - 1. */
#define OPTION_INTEGER_MAX INT64_C(9007199254740991)

/* Whole numbers as written: "1:5,169" is 1 2 3 4 5 169. */
struct integer_list {
    size_t count;
    int64_t values[OPTION_LIST_MAX];
};

/* The values of an option that may be given several times, in their order. */
struct string_list {
    size_t count;
    const char *values[OPTION_LIST_MAX];
};

enum option_kind {
    OPTION_KIND_FLAG,     /* bool */
    OPTION_KIND_STRING,   /* const char *, never empty; borrowed from argv */
    OPTION_KIND_INTEGER,  /* int64_t in low..high */
    OPTION_KIND_NUMBER,   /* double in low..high */
    OPTION_KIND_CHOICE,   /* int, an index into choices */
    OPTION_KIND_INTEGERS, /* struct integer_list, each in low..high */
    OPTION_KIND_STRINGS,  /* struct string_list, each as OPTION_KIND_STRING */
};

/* A row of a table; the table has at most 63 and ends with {0}. */
struct option {
    const char *name;  /* long name without "--" */
    char letter;       /* short name, or 0 */
    const char *value; /* what help calls the value: "N", "DIR"; NULL for flags and choices */
    const char *help;  /* without range and default: they are added from the table */
    enum option_kind kind;
    size_t offset;              /* of the field in the command's struct */
    double low, high;           /* both ends belong to the range */
    const char *const *choices; /* ends with NULL */
    bool required;              /* wrong usage without it */
};

/* The offset of a field that has the type `c_type`; any other type does not compile. */
#define OPTION_AT(type, field, c_type) _Generic(((type *)0)->field, c_type : offsetof(type, field))

#define OPTION_FLAG(type, field) .kind = OPTION_KIND_FLAG, .offset = OPTION_AT(type, field, bool)
#define OPTION_STRING(type, field)                                                                 \
    .kind = OPTION_KIND_STRING, .offset = OPTION_AT(type, field, const char *)
#define OPTION_INTEGER(type, field, low_, high_)                                                   \
    .kind = OPTION_KIND_INTEGER, .offset = OPTION_AT(type, field, int64_t), .low = (low_),         \
    .high = (high_)
#define OPTION_NUMBER(type, field, low_, high_)                                                    \
    .kind = OPTION_KIND_NUMBER, .offset = OPTION_AT(type, field, double), .low = (low_),           \
    .high = (high_)
#define OPTION_CHOICE(type, field, names)                                                          \
    .kind = OPTION_KIND_CHOICE, .offset = OPTION_AT(type, field, int), .choices = (names)
#define OPTION_INTEGERS(type, field, low_, high_)                                                  \
    .kind = OPTION_KIND_INTEGERS, .offset = OPTION_AT(type, field, struct integer_list),           \
    .low = (low_), .high = (high_)
#define OPTION_STRINGS(type, field)                                                                \
    .kind = OPTION_KIND_STRINGS, .offset = OPTION_AT(type, field, struct string_list)

/* Rows that mean the same in every command, for a struct with `bool json`, `bool force` and
 * `int64_t jobs` (0: one a processor). */
#define OPTION_JSON(type)                                                                          \
    {                                                                                              \
        "json", 0, NULL, "print JSON, one object a line", OPTION_FLAG(type, json)                  \
    }
#define OPTION_FORCE(type)                                                                         \
    {                                                                                              \
        "force", 'f', NULL, "overwrite files that exist", OPTION_FLAG(type, force)                 \
    }
#define OPTION_JOBS(type)                                                                          \
    {                                                                                              \
        "jobs", 'j', "N", "threads; 0 is one a processor", OPTION_INTEGER(type, jobs, 0, 1024)     \
    }

/* Reads `argc` words of `argv` by the table `options` into `values`, which holds the defaults.
 * The words that are not options move to the front of `argv`; `ret_count` is their number.
 * `ret_help` becomes true if --help or -h was met. A message names the option and the mend. */
mien_status options_parse(const struct option *options, int argc, char **argv, void *values,
                          int *ret_count, bool *ret_help, mien_error *err);

/* The table as help shows it, wrapped to 80 columns, with ranges and the defaults of `defaults`
 * (NULL: none are shown), and --help. */
void options_help(const struct option *options, const void *defaults, struct text *text);

/* Adds `words` to `text` and ends the line, wrapped to 80 columns, each further line `indent`
 * columns in; `column` is where the first one starts. */
void options_wrap(struct text *text, const char *words, size_t indent, size_t column);

#endif

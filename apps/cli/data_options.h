/* data_options.h - the options by which every command that needs pictures of a data set finds
 * them: the data set, its split, the parts.
 * SPDX-License-Identifier: MIT */
#ifndef CLI_DATA_OPTIONS_H
#define CLI_DATA_OPTIONS_H

#include "base/text.h"
#include "command.h"
#include "dataset/dataset.h"
#include "dataset/split.h"

/* Their values: a command's struct has a field `data` of this type. */
struct data_values {
    const char *split;
    int64_t split_seed;
    bool stratify, skip_bad;
    const char *exclude; /* a list of rows that belong to no part, or NULL */
};

/* That field's default. */
#define DATA_DEFAULTS                                                                              \
    {                                                                                              \
        .split = "official"                                                                        \
    }

/* Rows for the option table. */
#define DATA_OPTIONS(type)                                                                         \
    {"split", 0, "SPLIT", "official (the parts that the data set names), deck, or A:B:C",          \
     OPTION_STRING(type, data.split)},                                                             \
        {"split-seed", 0, "N", "seed of an A:B:C split",                                           \
         OPTION_INTEGER(type, data.split_seed, 0, 9007199254740991.0)},                            \
        {"stratify", 0, NULL, "keep the shares of the labels in an A:B:C split",                   \
         OPTION_FLAG(type, data.stratify)},                                                        \
    {                                                                                              \
        "skip-bad", 0, NULL, "leave out rows that are damaged, and count them",                    \
            OPTION_FLAG(type, data.skip_bad)                                                       \
    }

/* For a command that leaves rows out. */
#define DATA_OPTION_EXCLUDE(type)                                                                  \
    {                                                                                              \
        "exclude", 0, "FILE", "leave out the rows listed in FILE, as mien audit --list writes",    \
            OPTION_STRING(type, data.exclude)                                                      \
    }

/* The split as provenance.c reads it: "official", "8:1:1 seed 3 stratified". */
void data_split_describe(const struct data_values *values, struct text *text);

/* The options of the split, of damaged rows and of those left out, as somebody else can type
 * them: " --split deck --exclude rows.csv". */
void data_options_describe(const struct data_values *values, struct text *text);

/* A data set and how it is split. */
struct data {
    struct dataset dataset;
    struct split split;
};

struct data_request {
    const char *path;
    struct data_values values;
    struct thread_pool *pool; /* decodes pictures of a folder; may be NULL */
    int size; /* to which pictures of a folder are brought, if it is one that they can have; 0: the
                 default */
    bool parts_optional; /* a data set that names no parts is all test, not an error */
};

/* Opens, splits, and warns about rows that were skipped. On failure the message is printed and
 * the command's exit status returned; COMMAND_DONE is success. */
int data_open(const struct command_line *line, const struct data_request *request,
              struct data *ret_data);
void data_close(struct data *data);

#endif

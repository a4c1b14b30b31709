/* command_split.c - `mien split`: which rows are for training, test and validation.
 * SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/thread_pool.h"
#include "command.h"
#include "data_options.h"
#include "output.h"

struct values {
    const char *out, *split;
    int64_t seed;
    bool stratify, skip_bad, force, json;
};

static const struct values defaults = {.split = "official"};

static const struct option options[] = {
    {"out", 'o', "DIR",
     "folder for train.txt, test.txt and validation.txt; made if it is not there",
     OPTION_STRING(struct values, out)},
    {"split", 0, "SPLIT", "official, deck, or A:B:C", OPTION_STRING(struct values, split)},
    {"seed", 0, "N", "seed of an A:B:C split",
     OPTION_INTEGER(struct values, seed, 0, OPTION_INTEGER_MAX)},
    {"stratify", 0, NULL, "give every label the same shares in an A:B:C split",
     OPTION_FLAG(struct values, stratify)},
    {"skip-bad", 0, NULL, "leave out rows that are damaged, and count them",
     OPTION_FLAG(struct values, skip_bad)},
    OPTION_FORCE(struct values),
    OPTION_JSON(struct values),
    {0},
};

/* The order of tables and of A:B:C. */
static const enum dataset_part order[DATASET_PARTS] = {DATASET_TRAIN, DATASET_TEST,
                                                       DATASET_VALIDATION};

/* What is told of a part. */
struct part_report {
    const char *name;
    char *path; /* of its file; NULL without --out */
    const uint32_t *rows;
    size_t count;
    size_t *labels; /* (label_count) */
    char sha256[SHA256_TEXT];
};

struct report {
    const struct values *values;
    const char *source;
    const struct dataset *dataset;
    struct part_report parts[DATASET_PARTS]; /* in `order` */
};

static void free_report(struct report *report)
{
    for (int i = 0; i < DATASET_PARTS; i++) {
        free(report->parts[i].path);
        free(report->parts[i].labels);
    }
}

static mien_status fill_part(const struct report *report, const struct split *split,
                             enum dataset_part part, struct part_report *ret_part, mien_error *err)
{
    size_t labels = (size_t)report->dataset->label_count;
    const char *out = report->values->out;
    uint8_t digest[SHA256_BYTES];

    *ret_part = (struct part_report){.name = dataset_part_name(part),
                                     .rows = split->rows[part],
                                     .count = split->count[part],
                                     .labels = calloc(labels, sizeof *ret_part->labels)};
    if (!ret_part->labels)
        return error_memory(err, labels * sizeof *ret_part->labels);
    if (out && asprintf(&ret_part->path, "%s/%s.txt", out, ret_part->name) < 0) {
        ret_part->path = NULL;
        return error_memory(err, strlen(out));
    }
    dataset_count_labels(report->dataset, ret_part->rows, ret_part->count, ret_part->labels);
    split_sha256(ret_part->rows, ret_part->count, digest);
    sha256_text(digest, ret_part->sha256);
    return MIEN_OK;
}

static mien_status write_rows(const struct part_report *part, mien_error *err)
{
    struct atomic_file file;
    mien_status status = atomic_file_open(part->path, &file, err);

    if (status)
        return status;
    for (size_t i = 0; i < part->count; i++)
        fprintf(file.stream, "%u\n", (unsigned)part->rows[i]);
    return atomic_file_commit(&file, err);
}

/* Refuses before anything is written. */
static mien_status write_parts(const struct report *report, mien_error *err)
{
    const struct values *values = report->values;
    mien_status status = MIEN_OK;

    if (mkdir(values->out, 0777) && errno != EEXIST)
        return error_set(err, MIEN_EIO, "%s: %s", values->out, strerror(errno));
    for (int i = 0; !status && i < DATASET_PARTS; i++)
        status = output_check_new(report->parts[i].path, values->force, err);
    for (int i = 0; !status && i < DATASET_PARTS; i++)
        status = write_rows(&report->parts[i], err);
    return status;
}

static void print_text(const struct report *report)
{
    const struct part_report *parts = report->parts;

    printf("%-16s", "label");
    for (int i = 0; i < DATASET_PARTS; i++)
        printf(" %10s", parts[i].name);
    for (int label = 0; label < report->dataset->label_count; label++) {
        printf("\n%-16s", report->dataset->label_names[label]);
        for (int i = 0; i < DATASET_PARTS; i++)
            printf(" %10zu", parts[i].labels[label]);
    }
    printf("\n%-16s", "all");
    for (int i = 0; i < DATASET_PARTS; i++)
        printf(" %10zu", parts[i].count);
    printf("\n\n%-16s sha256 of the rows as little-endian int32\n", "part");
    for (int i = 0; i < DATASET_PARTS; i++)
        printf("%-16s %s\n", parts[i].name, parts[i].sha256);
}

static json_t *part_json(const struct report *report, const struct part_report *part)
{
    json_t *labels = json_object();
    json_t *object;

    for (int label = 0; label < report->dataset->label_count; label++)
        json_object_set_new(labels, report->dataset->label_names[label],
                            json_integer((json_int_t)part->labels[label]));
    object = json_pack("{s:I, s:s, s:o}", "rows", (json_int_t)part->count, "sha256", part->sha256,
                       "labels", labels);
    if (object && part->path)
        json_object_set_new(object, "file", output_string(part->path));
    return object;
}

static mien_status print_json(const struct report *report, mien_error *err)
{
    const struct values *values = report->values;
    json_t *parts = json_object();

    for (int i = 0; i < DATASET_PARTS; i++)
        json_object_set_new(parts, report->parts[i].name, part_json(report, &report->parts[i]));
    return output_json(json_pack("{s:o, s:s, s:I, s:b, s:I, s:I, s:o}", "source",
                                 output_string(report->source), "split", values->split, "seed",
                                 (json_int_t)values->seed, "stratify", values->stratify, "rows",
                                 (json_int_t)report->dataset->count, "skipped",
                                 (json_int_t)report->dataset->skipped, "parts", parts),
                       err);
}

static mien_status tell(const struct values *values, const char *source, const struct data *data,
                        mien_error *err)
{
    struct report report = {.values = values, .source = source, .dataset = &data->dataset};
    mien_status status = MIEN_OK;

    for (int i = 0; !status && i < DATASET_PARTS; i++)
        status = fill_part(&report, &data->split, order[i], &report.parts[i], err);
    if (!status && values->out)
        status = write_parts(&report, err);
    if (!status && values->json)
        status = print_json(&report, err);
    else if (!status)
        print_text(&report);
    free_report(&report);
    return status;
}

static int run(const struct command_line *line)
{
    const struct values *values = line->values;
    struct data_request request = {.path = line->arguments[0],
                                   .values = {.split = values->split,
                                              .split_seed = values->seed,
                                              .stratify = values->stratify,
                                              .skip_bad = values->skip_bad}};
    struct data data;
    mien_error err;
    int status;

    if ((values->seed || values->stratify) && !strchr(values->split, ':'))
        return command_wrong_usage(line, "%s: only an A:B:C split takes it, %s is what it is",
                                   values->stratify ? "--stratify" : "--seed", values->split);
    if (thread_pool_new(0, &request.pool, &err))
        return command_failed(line, &err);
    status = data_open(line, &request, &data);
    thread_pool_free(request.pool);
    if (status)
        return status;
    if (tell(values, request.path, &data, &err))
        status = command_failed(line, &err);
    data_close(&data);
    return status;
}

const struct command command_split = {
    .name = "split",
    .summary = "Choose the rows for training, test and validation.",
    .arguments = "DATASET",
    .details =
        "DATASET is a FER2013 CSV, plain or packed (zip, tar.gz, gz, zst, ...; - is standard\n"
        "input), or a folder of pictures, <part>/<label>/*.png (or .jpg) or <label>/*.png.\n"
        "\n"
        "official: train is FER2013's Training, validation PublicTest, test PrivateTest.\n"
        "\n"
        "deck: 80:12:8, the rows of scikit-learn's train_test_split with random_state 121.\n"
        "\n"
        "A:B:C: the shares of train, test and validation in this order, such as 80:12:8.\n"
        "\n"
        "Prints how many rows of each label every part has, and the hashes of the parts, by which\n"
        "two splits can be compared. With --out, also writes the numbers of the rows, one a line;\n"
        "rows are counted from 0, without the header.\n",
    .options = options,
    .run = run,
    COMMAND_VALUES(struct values, &defaults),
};

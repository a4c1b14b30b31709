/* command_info.c - `mien info`: what a model, a data set or a session log is, how it came to be.
 * SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "command.h"
#include "dataset/dataset.h"
#include "info_model.h"
#include "info_session.h"
#include "network/builtin_models.h"
#include "network/model_file.h"
#include "output.h"
#include "session/session_log.h"

struct values {
    bool json;
};

static const struct option options[] = {
    OPTION_JSON(struct values),
    {0},
};

/* Rows by part and label. */
struct counts {
    size_t parts[DATASET_PARTS];
    size_t *labels; /* (DATASET_PARTS, label_count) */
};

static mien_status count_rows(const struct dataset *dataset, struct counts *ret_counts,
                              mien_error *err)
{
    size_t labels = (size_t)dataset->label_count;
    struct counts counts = {{0}, calloc(DATASET_PARTS * labels, sizeof *counts.labels)};

    if (!counts.labels)
        return error_memory(err, DATASET_PARTS * labels * sizeof *counts.labels);
    for (size_t row = 0; row < dataset->count; row++) {
        counts.parts[dataset->parts[row]]++;
        counts.labels[dataset->parts[row] * labels + dataset->labels[row]]++;
    }
    *ret_counts = counts;
    return MIEN_OK;
}

static void print_dataset(const char *path, const struct dataset *dataset,
                          const struct counts *counts, const char *sha256)
{
    size_t labels = (size_t)dataset->label_count;

    printf("data set        %s\n", path);
    printf("sha256          %s\n", sha256);
    printf("pictures        %zu of %dx%d pixels\n", dataset->count, dataset->width,
           dataset->height);
    if (!dataset->has_parts)
        printf("parts           none named: every row counts as train\n");
    printf("\n%-16s", "label");
    for (int part = 0; part < DATASET_PARTS; part++)
        printf(" %10s", dataset_part_name(part));
    for (size_t label = 0; label < labels; label++) {
        printf("\n%-16s", dataset->label_names[label]);
        for (int part = 0; part < DATASET_PARTS; part++)
            printf(" %10zu", counts->labels[(size_t)part * labels + label]);
    }
    printf("\n%-16s", "all");
    for (int part = 0; part < DATASET_PARTS; part++)
        printf(" %10zu", counts->parts[part]);
    printf("\n");
}

static json_t *part_json(const struct dataset *dataset, const struct counts *counts, int part)
{
    size_t labels = (size_t)dataset->label_count;
    json_t *by_label = json_object();

    for (size_t label = 0; label < labels; label++)
        json_object_set_new(
            by_label, dataset->label_names[label],
            json_integer((json_int_t)counts->labels[(size_t)part * labels + label]));
    return json_pack("{s:I, s:o}", "rows", (json_int_t)counts->parts[part], "labels", by_label);
}

static mien_status print_dataset_json(const char *path, const struct dataset *dataset,
                                      const struct counts *counts, const char *sha256,
                                      mien_error *err)
{
    json_t *parts = json_object();

    for (int part = 0; part < DATASET_PARTS; part++)
        json_object_set_new(parts, dataset_part_name(part), part_json(dataset, counts, part));
    return output_json(json_pack("{s:s, s:o, s:s, s:I, s:i, s:i, s:b, s:o}", "kind", "dataset",
                                 "source", output_string(path), "sha256", sha256, "rows",
                                 (json_int_t)dataset->count, "width", dataset->width, "height",
                                 dataset->height, "has_parts", dataset->has_parts, "parts", parts),
                       err);
}

static mien_status dataset_print(const char *path, bool json, mien_error *err)
{
    struct dataset dataset;
    struct counts counts = {0};
    uint8_t digest[SHA256_BYTES];
    char sha256[SHA256_TEXT];
    mien_status status = dataset_open(path, NULL, &dataset, err);

    if (status)
        return status;
    status = count_rows(&dataset, &counts, err);
    if (!status) {
        dataset_sha256(&dataset, digest);
        sha256_text(digest, sha256);
        if (json)
            status = print_dataset_json(path, &dataset, &counts, sha256, err);
        else
            print_dataset(path, &dataset, &counts, sha256);
        free(counts.labels);
    }
    dataset_close(&dataset);
    return status;
}

static bool ends_with(const char *text, const char *end)
{
    size_t length = strlen(text), wanted = strlen(end);

    return length >= wanted && !strcmp(text + length - wanted, end);
}

/* The first bytes of a file; none if it is no file or cannot be read, which is for others to say.
 */
static size_t read_beginning(const char *path, uint8_t *beginning, size_t size)
{
    struct stat info;
    FILE *file = stat(path, &info) || !S_ISREG(info.st_mode) ? NULL : fopen(path, "rb");
    size_t bytes = file ? fread(beginning, 1, size, file) : 0;

    if (file)
        fclose(file);
    return bytes;
}

/* By its name, or by the magic's first bytes, so that a renamed or damaged model is told as one. */
static bool is_model(const char *path, const uint8_t *beginning, size_t bytes)
{
    static const char magic[] = "\x89MIEN";

    if (ends_with(path, ".mien"))
        return true;
    if (access(path, F_OK))
        return builtin_model_find(path) != NULL;
    return bytes >= sizeof magic - 1 && !memcmp(beginning, magic, sizeof magic - 1);
}

static mien_status print(const char *path, bool json, mien_error *err)
{
    uint8_t beginning[512];
    size_t bytes = read_beginning(path, beginning, sizeof beginning);
    bool text = false;
    const char *foreign = model_foreign_kind(beginning, bytes, &text);

    if (is_model(path, beginning, bytes))
        return info_model_print(path, json, err);
    if (session_log_is_database(beginning, bytes))
        return info_session_print(path, 0, json, err);
    if (foreign && !text)
        return error_set(err, MIEN_EUNSUPPORTED,
                         "%s: neither a model nor a data set; it seems to be %s", path, foreign);
    return dataset_print(path, json, err);
}

static int run(const struct command_line *line)
{
    const struct values *values = line->values;
    mien_error err;

    if (print(line->arguments[0], values->json, &err))
        return command_failed(line, &err);
    return COMMAND_DONE;
}

const struct command command_info = {
    .name = "info",
    .summary = "Tell what a model, a data set or a session log is and how it came to be.",
    .arguments = "FILE",
    .details =
        "FILE is a model (.mien, or the name of a built-in one), a FER2013 CSV, plain or\n"
        "packed, a folder of pictures, or a session log (mien live --log), of which the last\n"
        "session is shown.\n",
    .options = options,
    .run = run,
    COMMAND_VALUES(struct values, NULL),
};

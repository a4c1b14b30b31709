/* label_map.c - labels by name, by the order of a known data set, or by a file.
 * SPDX-License-Identifier: MIT */
#include "dataset/label_map.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/file.h"
#include "base/text.h"
#include "dataset/dataset_names.h"

enum { ORDER_LABELS = 11, NAME_BYTES = 256, TOLD_LABELS = 12 };

/* The labels of a data set by number; "" is none. */
struct order {
    const char *name;
    const char *labels[ORDER_LABELS];
};

static const struct order orders[] = {
    {"fer2013", {"angry", "disgust", "fear", "happy", "sad", "surprise", "neutral"}},
    {"fer+",
     {"neutral", "happy", "surprise", "sad", "angry", "disgust", "fear", "contempt", "unknown",
      "not a face"}},
    {"affectnet",
     {"neutral", "happy", "sad", "surprise", "fear", "disgust", "angry", "contempt", "none",
      "uncertain", "no face"}},
    {"raf-db", {"", "surprise", "fear", "disgust", "happy", "sad", "angry", "neutral"}},
};

/* The place of `name` among `names`: the very name (folders may differ in case alone), the same but
 * for case, or the same expression in other words. */
static int find_label(const char *const *names, size_t count, const char *name)
{
    int expression = dataset_expression_find(name);

    for (size_t i = 0; i < count; i++)
        if (strcmp(names[i], name) == 0)
            return (int)i;
    for (size_t i = 0; i < count; i++)
        if (strcasecmp(names[i], name) == 0)
            return (int)i;
    for (size_t i = 0; i < count && expression >= 0; i++)
        if (dataset_expression_find(names[i]) == expression)
            return (int)i;
    return LABEL_UNKNOWN;
}

static const struct order *find_order(const char *name)
{
    for (size_t i = 0; i < sizeof orders / sizeof *orders; i++)
        if (strcasecmp(orders[i].name, name) == 0)
            return &orders[i];
    return NULL;
}

/* The number that `label` of the data set is, or -1 for a name. */
static long label_number(const struct dataset *dataset, int label)
{
    const char *name = dataset->label_names[label];
    char *end;
    long number;

    if (!dataset->files)
        return label;
    number = strtol(name, &end, 10);
    return end == name || *end ? -1 : number;
}

static void map_by_order(const struct dataset *dataset, const char *const *names, size_t count,
                         const struct order *order, int *to)
{
    for (int label = 0; label < dataset->label_count; label++) {
        long number = label_number(dataset, label);
        const char *name = dataset->label_names[label];
        if (number >= 0)
            name = number < ORDER_LABELS && order->labels[number] ? order->labels[number] : "";
        to[label] = find_label(names, count, name);
        if (to[label] == LABEL_UNKNOWN && (number < 0 || *name))
            to[label] = LABEL_LEFT_OUT;
    }
}

/* A file of lines in the reading. */
struct map_file {
    const char *path;
    size_t line; /* from 1 */
    const struct dataset *dataset;
    const char *const *names; /* (count) */
    size_t count;
    int *to;
};

/* Copies `from` to `to`, without blanks at either end. */
static void trim(const char *from, const char *to, char ret_text[NAME_BYTES])
{
    size_t length;

    while (from < to && strchr(" \t\r", *from))
        from++;
    while (to > from && strchr(" \t\r", to[-1]))
        to--;
    length = (size_t)(to - from) < NAME_BYTES - 1 ? (size_t)(to - from) : NAME_BYTES - 1;
    memcpy(ret_text, from, length);
    ret_text[length] = '\0';
}

/* `whose` labels, `names` (count), do not hold `name`. */
static mien_status fail_label(const struct map_file *file, const char *whose,
                              const char *const *names, size_t count, const char *name,
                              mien_error *err)
{
    const char *nearest = text_nearest(name, names, count);
    struct text told = {0};

    if (nearest)
        return error_set(err, MIEN_ECORRUPT, "%s:%zu: %s has no label \"%s\": did you mean \"%s\"?",
                         file->path, file->line, whose, name, nearest);
    for (size_t i = 0; i < count && i < TOLD_LABELS; i++)
        text_add(&told, " %s", names[i]);
    error_set(err, MIEN_ECORRUPT, "%s:%zu: %s has no label \"%s\"; it has%s%s", file->path,
              file->line, whose, name, told.data ? told.data : "",
              count > TOLD_LABELS ? " ..." : "");
    text_free(&told);
    return MIEN_ECORRUPT;
}

static mien_status read_line(const struct map_file *file, const char *at, const char *end,
                             mien_error *err)
{
    const char *comment = memchr(at, '#', (size_t)(end - at)), *equals;
    const char *const *own = (const char *const *)file->dataset->label_names;
    size_t own_count = (size_t)file->dataset->label_count;
    char name[NAME_BYTES], label[NAME_BYTES];
    int from, to;

    end = comment ? comment : end;
    trim(at, end, name);
    if (!*name)
        return MIEN_OK;
    equals = memchr(at, '=', (size_t)(end - at));
    if (!equals)
        return error_set(err, MIEN_ECORRUPT, "%s:%zu: a line is NAME = LABEL, or NAME = -",
                         file->path, file->line);
    trim(at, equals, name);
    trim(equals + 1, end, label);
    to = strcmp(label, "-") == 0 ? LABEL_LEFT_OUT : find_label(file->names, file->count, label);
    from = find_label(own, own_count, name);
    if (to == LABEL_UNKNOWN)
        return fail_label(file, "the model", file->names, file->count, label, err);
    if (from == LABEL_UNKNOWN)
        return fail_label(file, "the data set", own, own_count, name, err);
    file->to[from] = to;
    return MIEN_OK;
}

static mien_status map_by_file(struct map_file *file, mien_error *err)
{
    struct file_map map;
    mien_status status = file_map_open(file->path, &map, err);
    const char *at, *end;

    if (status)
        return error_prefix(err, status, "neither fer2013, fer+, affectnet, raf-db nor a file");
    at = (const char *)map.data;
    end = at + map.bytes;
    for (file->line = 1; at < end && !status; file->line++) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        status = read_line(file, at, newline ? newline : end, err);
        at = newline ? newline + 1 : end;
    }
    file_map_close(&map);
    return status;
}

mien_status label_map_new(const struct dataset *dataset, const char *const *names, size_t count,
                          const char *map, int **ret_to, mien_error *err)
{
    const struct order *order = map ? find_order(map) : NULL;
    int *to = malloc((size_t)dataset->label_count * sizeof *to);
    mien_status status = MIEN_OK;

    if (!to)
        return error_memory(err, (size_t)dataset->label_count * sizeof *to);
    for (int label = 0; label < dataset->label_count; label++)
        to[label] = find_label(names, count, dataset->label_names[label]);
    if (order) {
        map_by_order(dataset, names, count, order, to);
    } else if (map) {
        struct map_file file = {map, 1, dataset, names, count, to};
        status = map_by_file(&file, err);
    }
    if (status)
        free(to);
    else
        *ret_to = to;
    return status;
}

/* picture_search.c - walk <part>/<label>/ or <label>/.
 * SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "dataset/picture_search.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "dataset/dataset_names.h"
#include "dataset/folder_list.h"

#define LAYOUT "<part>/<label>/*.png (or .jpg), or <label>/*.png"

void picture_search_free(struct picture_search *search)
{
    for (size_t i = 0; i < search->count; i++)
        free(search->pictures[i].file);
    free(search->pictures);
    for (int i = 0; i < search->folder_count; i++)
        free(search->folder_names[i]);
    memset(search, 0, sizeof *search);
}

/* Lists `folder`/`below`; "" is the folder itself. */
static mien_status list(const char *folder, const char *below, enum folder_kind kind,
                        struct folder_list *ret_list, mien_error *err)
{
    char *path;
    mien_status status;

    if (asprintf(&path, "%s%s%s", folder, *below ? "/" : "", below) < 0)
        return error_memory(err, strlen(folder) + strlen(below));
    status = folder_list_new(path, kind, ret_list, err);
    free(path);
    return status;
}

/* The most bytes of a label in a model file. */
enum { LABEL_BYTES = 63 };

/* A training would find out at its end that no model file can hold its labels. */
static mien_status check_label(const char *folder, const char *name, mien_error *err)
{
    size_t bytes = strlen(name);

    if (bytes >= 1 && bytes <= LABEL_BYTES && text_clean_span(name, bytes, false) == bytes)
        return MIEN_OK;
    return error_set(err, MIEN_ECORRUPT,
                     "%s: the folder \"%s\" cannot be a label, which has at most %d bytes of UTF-8 "
                     "without control characters; rename it",
                     folder, name, LABEL_BYTES);
}

/* The number of a label folder's name, which may have been seen in another part. */
static mien_status number_folder(struct picture_search *search, const char *name, int *ret_number,
                                 mien_error *err)
{
    int number = 0;

    while (number < search->folder_count && strcmp(search->folder_names[number], name))
        number++;
    if (number == PICTURE_SEARCH_LABELS)
        return error_set(
            err, MIEN_EUNSUPPORTED,
            "%s: more than %d folders of pictures, but each would be a label; the layout "
            "is " LAYOUT,
            search->folder, PICTURE_SEARCH_LABELS);
    if (number == search->folder_count) {
        mien_status status = check_label(search->folder, name, err);
        if (status)
            return status;
        search->folder_names[number] = strdup(name);
        if (!search->folder_names[number])
            return error_memory(err, strlen(name));
        search->folder_count++;
    }
    *ret_number = number;
    return MIEN_OK;
}

static mien_status reserve(struct picture_search *search, size_t more, mien_error *err)
{
    size_t wanted = search->count + more, bytes;
    struct found_picture *pictures;

    if (wanted <= search->capacity)
        return MIEN_OK;
    if (wanted < 2 * search->capacity)
        wanted = 2 * search->capacity;
    if (!mul_size(wanted, sizeof *pictures, &bytes) ||
        !(pictures = realloc(search->pictures, bytes)))
        return error_memory(err, wanted * sizeof *pictures);
    search->pictures = pictures;
    search->capacity = wanted;
    return MIEN_OK;
}

/* Adds the pictures of the label folder at `below`. */
static mien_status add_pictures(struct picture_search *search, enum dataset_part part,
                                const char *below, const struct folder_list *files, mien_error *err)
{
    const char *slash = strrchr(below, '/');
    mien_status status = reserve(search, files->count, err);
    int label = 0;

    if (!status && files->count) /* a folder without pictures is no label */
        status = number_folder(search, slash ? slash + 1 : below, &label, err);
    for (size_t i = 0; !status && i < files->count; i++) {
        struct found_picture *picture = &search->pictures[search->count];
        *picture = (struct found_picture){.part = part, .label = label};
        if (asprintf(&picture->file, "%s/%s", below, files->names[i]) < 0)
            return error_memory(err, strlen(below) + strlen(files->names[i]));
        search->count++;
    }
    return status;
}

/* Adds the pictures of every label folder in `folder`/`below`. */
static mien_status search_labels(struct picture_search *search, const char *below,
                                 enum dataset_part part, mien_error *err)
{
    struct folder_list labels = {0, NULL}, files = {0, NULL};
    mien_status status = list(search->folder, below, FOLDER_FOLDERS, &labels, err);

    for (size_t i = 0; !status && i < labels.count; i++) {
        char *path;
        if (asprintf(&path, "%s%s%s", below, *below ? "/" : "", labels.names[i]) < 0) {
            status = error_memory(err, strlen(below) + strlen(labels.names[i]));
            break;
        }
        status = list(search->folder, path, FOLDER_PICTURES, &files, err);
        if (!status)
            status = add_pictures(search, part, path, &files, err);
        folder_list_free(&files);
        free(path);
    }
    folder_list_free(&labels);
    return status;
}

/* Notes whether the folders at the top are parts: either all of them are, or none. */
static mien_status check_parts(struct picture_search *search, const struct folder_list *top,
                               mien_error *err)
{
    size_t parts = 0, other = 0;

    for (size_t i = 0; i < top->count; i++) {
        if (dataset_part_find(top->names[i]) >= 0)
            parts++;
        else
            other = i;
    }
    search->has_parts = parts > 0;
    if (parts && parts < top->count)
        return error_set(err, MIEN_ECORRUPT,
                         "%s: the folder %s is none of the parts train, validation and test, but "
                         "others are",
                         search->folder, top->names[other]);
    return MIEN_OK;
}

static mien_status search_parts(struct picture_search *search, const struct folder_list *top,
                                mien_error *err)
{
    mien_status status = MIEN_OK;

    for (int part = 0; part < DATASET_PARTS; part++)
        for (size_t i = 0; !status && i < top->count; i++)
            if (dataset_part_find(top->names[i]) == part)
                status = search_labels(search, top->names[i], (enum dataset_part)part, err);
    return status;
}

/* If all label folders are known expressions, the labels are FER2013's, whatever their spelling,
 * and contempt the eighth. */
static bool label_expressions(const struct picture_search *search, int *labels, int *ret_count)
{
    *ret_count = DATASET_EXPRESSIONS;
    for (int i = 0; i < search->folder_count; i++) {
        labels[i] = dataset_expression_find(search->folder_names[i]);
        if (labels[i] < 0)
            return false;
        if (labels[i] >= *ret_count)
            *ret_count = DATASET_EXPRESSIONS_PLUS;
    }
    return true;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Otherwise the labels are the folders' names, sorted. */
static void label_names(struct picture_search *search, int *labels)
{
    int count = search->label_count = search->folder_count;

    for (int i = 0; i < count; i++)
        search->label_names[i] = search->folder_names[i];
    qsort(search->label_names, (size_t)count, sizeof *search->label_names, compare_names);
    for (int i = 0; i < count; i++)
        for (int label = 0; label < count; label++)
            if (search->label_names[label] == search->folder_names[i])
                labels[i] = label;
}

/* Turns numbers of label folders into labels. */
static void assign_labels(struct picture_search *search)
{
    int labels[PICTURE_SEARCH_LABELS];

    if (label_expressions(search, labels, &search->label_count))
        memcpy(search->label_names, dataset_expressions,
               (size_t)search->label_count * sizeof *dataset_expressions);
    else
        label_names(search, labels);
    for (size_t i = 0; i < search->count; i++)
        search->pictures[i].label = labels[search->pictures[i].label];
}

mien_status picture_search(const char *folder, struct picture_search *ret_search, mien_error *err)
{
    struct folder_list top = {0, NULL};
    mien_status status;

    memset(ret_search, 0, sizeof *ret_search);
    ret_search->folder = folder;
    status = list(folder, "", FOLDER_FOLDERS, &top, err);
    if (!status)
        status = check_parts(ret_search, &top, err);
    if (!status && ret_search->has_parts)
        status = search_parts(ret_search, &top, err);
    else if (!status)
        status = search_labels(ret_search, "", DATASET_TRAIN, err);
    folder_list_free(&top);
    if (!status && ret_search->count == 0)
        status = error_set(err, MIEN_ECORRUPT, "%s: no pictures; the layout is " LAYOUT, folder);
    if (!status)
        assign_labels(ret_search);
    return status;
}

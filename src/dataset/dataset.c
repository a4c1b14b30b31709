/* dataset.c - open a data set of either kind, and say what is in it.
 * SPDX-License-Identifier: MIT */
#include "dataset/dataset.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "dataset/csv_file.h"
#include "dataset/picture_folder.h"

enum { SIZE_MAX_SIDE = 512, SIZE_DEFAULT = 48 };

void dataset_options_init(struct dataset_options *options)
{
    *options = (struct dataset_options){.skip_bad = false, .size = SIZE_DEFAULT};
}

mien_status dataset_open(const char *path, const struct dataset_options *options,
                         struct dataset *ret_dataset, mien_error *err)
{
    struct dataset_options defaults;
    struct stat info;

    dataset_options_init(&defaults);
    if (!options)
        options = &defaults;
    if (options->size < DATASET_SIZE_MIN || options->size > SIZE_MAX_SIDE)
        return error_set(err, MIEN_EINVAL, "size %d: give %d to %d", options->size,
                         DATASET_SIZE_MIN, SIZE_MAX_SIDE);
    if (strcmp(path, "-") == 0)
        return csv_file_read(path, options, ret_dataset, err);
    if (stat(path, &info))
        return error_set(err, MIEN_EIO, "%s: %s", path, strerror(errno));
    return S_ISDIR(info.st_mode) ? picture_folder_read(path, options, ret_dataset, err)
                                 : csv_file_read(path, options, ret_dataset, err);
}

static void free_texts(char **texts, size_t count)
{
    for (size_t i = 0; texts && i < count; i++)
        free(texts[i]);
    free(texts);
}

void dataset_close(struct dataset *dataset)
{
    if (!dataset)
        return;
    free(dataset->pixels);
    free(dataset->labels);
    free(dataset->parts);
    free_texts(dataset->label_names, (size_t)dataset->label_count);
    free_texts(dataset->files, dataset->count);
    memset(dataset, 0, sizeof *dataset);
}

static void hash_number(struct sha256 *hash, uint64_t number)
{
    uint8_t bytes[8];

    for (int i = 0; i < 8; i++)
        bytes[i] = (uint8_t)(number >> (8 * i));
    sha256_update(hash, bytes, sizeof bytes);
}

void dataset_sha256(const struct dataset *dataset, uint8_t ret_digest[SHA256_BYTES])
{
    size_t picture = (size_t)dataset->width * (size_t)dataset->height;
    struct sha256 hash;

    sha256_init(&hash);
    hash_number(&hash, dataset->count);
    hash_number(&hash, (uint64_t)dataset->width);
    hash_number(&hash, (uint64_t)dataset->height);
    hash_number(&hash, (uint64_t)dataset->label_count);
    for (int label = 0; label < dataset->label_count; label++)
        sha256_update(&hash, dataset->label_names[label], strlen(dataset->label_names[label]) + 1);
    for (size_t row = 0; row < dataset->count; row++) {
        uint8_t row_head[3] = {(uint8_t)dataset->labels[row], (uint8_t)(dataset->labels[row] >> 8),
                               dataset->parts[row]};
        sha256_update(&hash, row_head, sizeof row_head);
    }
    sha256_update(&hash, dataset->pixels, dataset->count * picture);
    sha256_final(&hash, ret_digest);
}

void dataset_count_labels(const struct dataset *dataset, const uint32_t *rows, size_t count,
                          size_t *ret_counts)
{
    memset(ret_counts, 0, (size_t)dataset->label_count * sizeof *ret_counts);
    for (size_t i = 0; i < (rows ? count : dataset->count); i++)
        ret_counts[dataset->labels[rows ? rows[i] : i]]++;
}

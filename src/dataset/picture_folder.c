/* picture_folder.c - decode the pictures of a folder, on all threads of the pool.
 * SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "dataset/picture_folder.h"

#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/thread_pool.h"
#include "dataset/dataset_builder.h"
#include "dataset/picture_search.h"
#include "image/resize.h"
#include "media/picture_reader.h"

/* Pictures while they are decoded; task i decodes picture i. */
struct decoding {
    const struct picture_search *search;
    int size;
    bool skip_bad;
    uint8_t *pixels; /* (count, size, size) */
    bool *good;      /* (count) */
    bool *scaled;    /* (count): it came in another size */

    pthread_mutex_t lock; /* of what follows: the first failure that ends it all */
    int failed;           /* its picture; INT_MAX: none */
    mien_status status;
    mien_error err;
    int first_skipped; /* the first picture that was passed over, and why */
    mien_error skipped;
};

/* A picture as `size` x `size` grey pixels. */
static mien_status decode(const char *path, int size, uint8_t *ret_pixels, bool *ret_scaled,
                          mien_error *err)
{
    struct picture_options options;
    struct image picture, target = {size, size, 1, (size_t)size, ret_pixels};
    mien_status status;

    picture_options_init(&options);
    options.channels = 1;
    status = picture_read_with(path, &options, &picture, err);
    if (status)
        return status;
    status = image_resize(&picture, &target, err);
    *ret_scaled = picture.width != size || picture.height != size;
    image_free(&picture);
    return status;
}

/* Notes a failure. The first in the order of rows is the one that is told, at any thread count;
 * a lack of memory is not the picture's fault. */
static void note_failure(struct decoding *decoding, int index, mien_status status,
                         const mien_error *err)
{
    pthread_mutex_lock(&decoding->lock);
    if (decoding->skip_bad && status != MIEN_ENOMEM) {
        if (index < decoding->first_skipped) {
            decoding->first_skipped = index;
            decoding->skipped = *err;
        }
    } else if (index < decoding->failed) {
        decoding->failed = index;
        decoding->status = status;
        decoding->err = *err;
    }
    pthread_mutex_unlock(&decoding->lock);
}

static bool is_pointless(struct decoding *decoding, int index)
{
    bool pointless;

    pthread_mutex_lock(&decoding->lock);
    pointless = index > decoding->failed;
    pthread_mutex_unlock(&decoding->lock);
    return pointless;
}

/* A thread_pool_task. */
static void decode_task(void *context, int index, int worker)
{
    struct decoding *decoding = context;
    size_t bytes = (size_t)decoding->size * (size_t)decoding->size;
    mien_error err;
    mien_status status;
    char *path;

    (void)worker;
    if (is_pointless(decoding, index))
        return;
    if (asprintf(&path, "%s/%s", decoding->search->folder, decoding->search->pictures[index].file) <
        0) {
        note_failure(decoding, index, error_memory(&err, PATH_MAX), &err);
        return;
    }
    status = decode(path, decoding->size, decoding->pixels + (size_t)index * bytes,
                    &decoding->scaled[index], &err);
    free(path);
    decoding->good[index] = !status;
    if (status)
        note_failure(decoding, index, status, &err);
}

/* Moves the good pictures together and notes their labels, parts and files. */
static void collect(struct dataset_builder *builder, struct picture_search *search,
                    const bool *good, const bool *scaled)
{
    struct dataset *data = &builder->data;
    size_t bytes = (size_t)data->width * (size_t)data->height;

    for (size_t i = 0; i < search->count; i++) {
        struct found_picture *picture = &search->pictures[i];
        if (!good[i]) {
            data->skipped++;
            continue;
        }
        data->scaled += scaled[i];
        memmove(data->pixels + data->count * bytes, data->pixels + i * bytes, bytes);
        data->files[data->count] = picture->file;
        picture->file = NULL;
        dataset_builder_add(builder, picture->label, picture->part);
    }
}

/* Decodes everything into the builder, whose arrays have room for it. */
static mien_status decode_all(const struct dataset_options *options, struct picture_search *search,
                              struct dataset_builder *builder, mien_error *err)
{
    struct decoding decoding = {
        .search = search,
        .size = options->size,
        .skip_bad = options->skip_bad,
        .pixels = builder->data.pixels,
        .good = calloc(search->count, sizeof *decoding.good),
        .scaled = calloc(search->count, sizeof *decoding.scaled),
        .failed = INT_MAX,
        .first_skipped = INT_MAX,
    };

    if (!decoding.good || !decoding.scaled) {
        free(decoding.good);
        free(decoding.scaled);
        return error_memory(err, search->count * sizeof *decoding.good);
    }
    pthread_mutex_init(&decoding.lock, NULL);
    thread_pool_run(options->pool, (int)search->count, decode_task, &decoding);
    pthread_mutex_destroy(&decoding.lock);
    if (!decoding.status)
        collect(builder, search, decoding.good, decoding.scaled);
    free(decoding.good);
    free(decoding.scaled);
    if (!decoding.status && builder->data.count == 0) {
        decoding.err = decoding.skipped;
        decoding.status = error_prefix(&decoding.err, MIEN_ECORRUPT,
                                       "all %zu pictures are bad, the first", search->count);
    }
    if (decoding.status && err)
        *err = decoding.err;
    return decoding.status;
}

mien_status picture_folder_read(const char *folder, const struct dataset_options *options,
                                struct dataset *ret_dataset, mien_error *err)
{
    struct picture_search search;
    struct dataset_builder builder;
    mien_status status = picture_search(folder, &search, err);

    dataset_builder_init(&builder, options->size, 0);
    if (!status)
        status = dataset_builder_reserve(&builder, search.count, err);
    if (!status)
        status = dataset_builder_name_labels(&builder, search.label_names, search.label_count, err);
    if (!status && !(builder.data.files = calloc(search.count, sizeof *builder.data.files)))
        status = error_memory(err, search.count * sizeof *builder.data.files);
    if (!status)
        status = decode_all(options, &search, &builder, err);
    if (!status) {
        builder.data.has_parts = search.has_parts;
        dataset_builder_finish(&builder, ret_dataset);
    }
    dataset_builder_free(&builder);
    picture_search_free(&search);
    return status;
}

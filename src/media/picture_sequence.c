/* picture_sequence.c - folders sorted, patterns counted up.
 * SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "media/picture_sequence.h"

#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "media/picture_format.h"
#include "media/source_address.h"

/* The numbers with which a pattern may begin. */
enum { FIRST_NUMBERS = 10 };

void picture_sequence_free(struct picture_sequence *sequence)
{
    for (size_t i = 0; i < sequence->count; i++)
        free(sequence->paths[i]);
    free(sequence->paths);
    *sequence = (struct picture_sequence){0};
}

/* Takes `path`, NULL: out of memory. */
static mien_status add(struct picture_sequence *sequence, char *path, mien_error *err)
{
    size_t count = sequence->count;
    /* Room doubles at the powers of two. */
    char **paths = sequence->paths;

    if (path && (count & (count - 1)) == 0)
        paths = realloc(paths, (count ? 2 * count : 1) * sizeof *paths);
    if (!path || !paths) {
        free(path);
        return error_memory(err, (2 * count + 1) * sizeof *paths);
    }
    sequence->paths = paths;
    sequence->paths[sequence->count++] = path;
    return MIEN_OK;
}

static bool is_picture(const char *path)
{
    struct picture_format format;

    return picture_format_of_file(path, &format) && format.codec != AV_CODEC_ID_NONE;
}

static int compare_numbers(const void *a, const void *b)
{
    return strverscmp(*(char *const *)a, *(char *const *)b);
}

static char *path_in(const char *folder, const char *name)
{
    char *path;

    return asprintf(&path, "%s/%s", folder, name) < 0 ? NULL : path;
}

static mien_status list_folder(const char *folder, struct picture_sequence *sequence,
                               mien_error *err)
{
    DIR *directory = opendir(folder);
    mien_status status = MIEN_OK;
    struct dirent *entry;

    if (!directory)
        return error_set(err, MIEN_EIO, "%s: %s", folder, strerror(errno));
    while (!status && (entry = readdir(directory))) {
        char *path = entry->d_name[0] == '.' ? NULL : path_in(folder, entry->d_name);
        if (entry->d_name[0] == '.')
            continue;
        if (path && !is_picture(path))
            free(path);
        else
            status = add(sequence, path, err);
    }
    closedir(directory);
    if (!status && sequence->count)
        qsort(sequence->paths, sequence->count, sizeof *sequence->paths, compare_numbers);
    return status;
}

/* The pattern with `number` in the place of its %d or %04d. */
static char *path_of_number(const char *pattern, int number)
{
    const char *percent = strchr(pattern, '%');
    const char *end = strchr(percent, 'd');
    int digits = atoi(percent + 1);
    char *path;

    digits = digits > 20 ? 20 : digits;
    return asprintf(&path, "%.*s%0*d%s", (int)(percent - pattern), pattern, digits, number,
                    end + 1) < 0
               ? NULL
               : path;
}

static mien_status list_pattern(const char *pattern, struct picture_sequence *sequence,
                                mien_error *err)
{
    mien_status status = MIEN_OK;

    for (int number = 0; !status && (number < FIRST_NUMBERS || sequence->count); number++) {
        char *path = path_of_number(pattern, number);
        if (!path || !access(path, F_OK)) {
            status = add(sequence, path, err);
            continue;
        }
        free(path);
        if (sequence->count)
            break;
    }
    return status;
}

mien_status picture_sequence_new(const char *place, struct picture_sequence *ret_sequence,
                                 mien_error *err)
{
    struct picture_sequence sequence = {0};
    struct stat facts;
    mien_status status;

    if (stat(place, &facts)) /* a pattern, or vanished since its kind was told */
        status = source_address_is_pattern(place)
                     ? list_pattern(place, &sequence, err)
                     : error_set(err, MIEN_EIO, "%s: %s", place, strerror(errno));
    else if (S_ISDIR(facts.st_mode))
        status = list_folder(place, &sequence, err);
    else
        status = add(&sequence, strdup(place), err);
    if (!status && !sequence.count)
        status = error_set(err, MIEN_EIO, "%s: no pictures there", place);
    if (status) {
        picture_sequence_free(&sequence);
        return status;
    }
    *ret_sequence = sequence;
    return MIEN_OK;
}

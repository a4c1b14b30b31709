/* input_list.c - arguments, and folders walked with fts.
 * SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "input_list.h"

#include <errno.h>
#include <fts.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "base/memory.h"
#include "media/frame_source.h"
#include "media/picture_format.h"
#include "terminal.h"

/* Names of pictures, those that cannot be read among them: they get a message, instead of being
 * passed over in silence. */
static const char *const extensions[] = {"jpg", "jpeg", "jpe",  "jfif", "png",  "bmp", "dib",
                                         "gif", "webp", "tif",  "tiff", "pnm",  "pbm", "pgm",
                                         "ppm", "pam",  "heic", "heif", "avif", "jxl"};

void input_list_free(struct input_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        free(list->inputs[i].path);
        free(list->inputs[i].problem);
        text_free(&list->inputs[i].start);
    }
    free(list->inputs);
    *list = (struct input_list){0};
}

static mien_status reserve(struct input_list *list, mien_error *err)
{
    size_t capacity = list->capacity ? 2 * list->capacity : 64, bytes;
    struct input *inputs;

    if (list->count < list->capacity)
        return MIEN_OK;
    if (!mul_size(capacity, sizeof *inputs, &bytes) || !(inputs = realloc(list->inputs, bytes)))
        return error_memory(err, capacity * sizeof *inputs);
    list->inputs = inputs;
    list->capacity = capacity;
    return MIEN_OK;
}

/* `problem` may be NULL. */
static mien_status add(struct input_list *list, const char *path, size_t name, const char *problem,
                       mien_error *err)
{
    struct input input = {.path = strdup(path),
                          .name = name < strlen(path) ? name : strlen(path),
                          .video = !problem && frame_source_is_video(path)};
    mien_status status = input.path ? reserve(list, err) : error_memory(err, strlen(path));

    if (!status && problem && asprintf(&input.problem, "%s: %s", path, problem) < 0)
        status = error_memory(err, strlen(path));
    if (status)
        free(input.path);
    else
        list->inputs[list->count++] = input;
    return status;
}

static bool has_picture_name(const char *name)
{
    const char *dot = strrchr(name, '.');

    for (size_t i = 0; dot && i < sizeof extensions / sizeof *extensions; i++)
        if (!strcasecmp(dot + 1, extensions[i]))
            return true;
    return false;
}

static bool begins_as_picture(const char *path)
{
    struct picture_format format;

    return picture_format_of_file(path, &format) && format.codec != AV_CODEC_ID_NONE;
}

static bool is_picture(const FTSENT *entry)
{
    struct stat target;

    /* A link to a file is one; a link that leads nowhere gets a message if it is named so. */
    if (entry->fts_info == FTS_SL && !stat(entry->fts_accpath, &target) && !S_ISREG(target.st_mode))
        return false;
    if (entry->fts_info != FTS_F && entry->fts_info != FTS_SL)
        return false;
    return has_picture_name(entry->fts_name) || begins_as_picture(entry->fts_accpath);
}

/* Adds what fts shows, if it is a picture or trouble. */
static mien_status visit(struct input_list *list, FTS *walk, FTSENT *entry, size_t name,
                         mien_error *err)
{
    if (entry->fts_level > 0 && entry->fts_name[0] == '.') {
        fts_set(walk, entry, FTS_SKIP);
        return MIEN_OK;
    }
    if (entry->fts_info == FTS_DNR || entry->fts_info == FTS_NS || entry->fts_info == FTS_ERR)
        return add(list, entry->fts_path, name, strerror(entry->fts_errno), err);
    return is_picture(entry) ? add(list, entry->fts_path, name, NULL, err) : MIEN_OK;
}

static int compare_paths(const void *a, const void *b)
{
    return strcmp(((const struct input *)a)->path, ((const struct input *)b)->path);
}

static mien_status add_folder(struct input_list *list, char *folder, mien_error *err)
{
    size_t first = list->count, length = strlen(folder);
    size_t name = length + (folder[length - 1] != '/');
    char *roots[] = {folder, NULL};
    /* Links within are not followed: they could lead in circles. */
    FTS *walk = fts_open(roots, FTS_PHYSICAL | FTS_COMFOLLOW | FTS_NOCHDIR, NULL);
    mien_status status = MIEN_OK;
    FTSENT *entry;

    while (walk && !status && (errno = 0, entry = fts_read(walk)))
        status = stop_requested() ? error_set(err, MIEN_ECANCELLED, "stopped by the user")
                                  : visit(list, walk, entry, name, err);
    if (!status && (!walk || errno))
        status = error_set(err, MIEN_EIO, "%s: %s", folder, strerror(errno));
    if (walk)
        fts_close(walk);
    if (!status && list->count == first)
        status = add(list, folder, name, "no pictures in this folder, nor below it", err);
    if (!status)
        qsort(list->inputs + first, list->count - first, sizeof *list->inputs, compare_paths);
    list->has_folder = true;
    return status;
}

/* What does not exist becomes an input, too: reading it says so. */
static mien_status add_argument(struct input_list *list, char *argument, mien_error *err)
{
    const char *slash = strrchr(argument, '/');
    struct stat info;

    if (strcmp(argument, "-") && !stat(argument, &info) && S_ISDIR(info.st_mode))
        return add_folder(list, argument, err);
    return add(list, argument, slash ? (size_t)(slash + 1 - argument) : 0, NULL, err);
}

mien_status input_list_new(char *const *arguments, size_t count, struct input_list *ret_list,
                           mien_error *err)
{
    struct input_list list = {0};
    mien_status status = MIEN_OK;
    size_t dashes = 0;

    for (size_t i = 0; i < count && !status; i++) {
        dashes += !strcmp(arguments[i], "-");
        status = dashes > 1 ? error_set(err, MIEN_EINVAL, "-: standard input can be read only once")
                            : add_argument(&list, arguments[i], err);
    }
    if (status)
        input_list_free(&list);
    else
        *ret_list = list;
    return status;
}

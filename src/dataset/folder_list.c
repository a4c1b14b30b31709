/* folder_list.c - read a directory.
 * SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "dataset/folder_list.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "base/memory.h"

static bool is_picture_name(const char *name)
{
    const char *dot = strrchr(name, '.');

    return dot &&
           (!strcasecmp(dot, ".png") || !strcasecmp(dot, ".jpg") || !strcasecmp(dot, ".jpeg"));
}

static bool is_wanted(DIR *folder, const struct dirent *entry, enum folder_kind kind)
{
    struct stat info;

    if (entry->d_name[0] == '.' || (kind == FOLDER_PICTURES && !is_picture_name(entry->d_name)))
        return false;
    if (entry->d_type == DT_REG || entry->d_type == DT_DIR) /* spares a call for each picture */
        return (entry->d_type == DT_DIR) == (kind == FOLDER_FOLDERS);
    /* A link that leads nowhere counts as a picture: it gets a message when it is read. */
    if (fstatat(dirfd(folder), entry->d_name, &info, 0))
        return kind == FOLDER_PICTURES;
    return !S_ISDIR(info.st_mode) == (kind == FOLDER_PICTURES);
}

static bool append(struct folder_list *list, size_t *capacity, const char *name)
{
    size_t grown = *capacity ? 2 * *capacity : 64, bytes;
    char **names;

    if (list->count == *capacity) {
        if (!mul_size(grown, sizeof *names, &bytes) || !(names = realloc(list->names, bytes)))
            return false;
        list->names = names;
        *capacity = grown;
    }
    list->names[list->count] = strdup(name);
    return list->names[list->count] && ++list->count;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

mien_status folder_list_new(const char *path, enum folder_kind kind, struct folder_list *ret_list,
                            mien_error *err)
{
    struct folder_list list = {0, NULL};
    size_t capacity = 0;
    bool room = true;
    DIR *folder = opendir(path);
    struct dirent *entry;
    int failed;

    if (!folder)
        return error_set(err, MIEN_EIO, "%s: %s", path, strerror(errno));
    while (room && (errno = 0, entry = readdir(folder)))
        room = !is_wanted(folder, entry, kind) || append(&list, &capacity, entry->d_name);
    failed = errno;
    closedir(folder);
    if (!room || failed) {
        folder_list_free(&list);
        return room ? error_set(err, MIEN_EIO, "%s: %s", path, strerror(failed))
                    : error_memory(err, capacity * sizeof *list.names);
    }
    if (list.count)
        qsort(list.names, list.count, sizeof *list.names, compare_names);
    *ret_list = list;
    return MIEN_OK;
}

void folder_list_free(struct folder_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        free(list->names[i]);
    free(list->names);
    *list = (struct folder_list){0, NULL};
}

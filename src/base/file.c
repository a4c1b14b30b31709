/* file.c - mapped reading and atomic writing over POSIX.
 * SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/random.h"

static mien_status map_descriptor(int descriptor, const char *path, struct file_map *ret_map,
                                  mien_error *err)
{
    struct stat status;
    void *data;

    if (fstat(descriptor, &status))
        return error_set(err, MIEN_EIO, "%s: %s", path, strerror(errno));
    if (!S_ISREG(status.st_mode))
        return error_set(err, MIEN_EIO, "%s: not a regular file", path);
    if (status.st_size == 0) {
        *ret_map = (struct file_map){(const uint8_t *)"", 0};
        return MIEN_OK;
    }
    data = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, descriptor, 0);
    if (data == MAP_FAILED)
        return error_set(err, MIEN_EIO, "%s: cannot be mapped: %s", path, strerror(errno));
    *ret_map = (struct file_map){data, (size_t)status.st_size};
    return MIEN_OK;
}

mien_status file_map_open(const char *path, struct file_map *ret_map, mien_error *err)
{
    int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    mien_status status;

    if (descriptor < 0)
        return error_set(err, MIEN_EIO, "%s: %s", path, strerror(errno));
    status = map_descriptor(descriptor, path, ret_map, err);
    close(descriptor);
    return status;
}

void file_map_close(struct file_map *map)
{
    if (map->bytes)
        munmap((void *)map->data, map->bytes);
    *map = (struct file_map){NULL, 0};
}

/* Where the file will lie, and the permissions of the one that is there, or -1. Links are followed,
 * for renaming would replace the link itself, even /dev/stdout. */
static mien_status find_place(const char *path, char **ret_place, int *ret_mode, mien_error *err)
{
    struct stat facts, of_link;
    bool exists = !stat(path, &facts);
    bool link = exists && !lstat(path, &of_link) && S_ISLNK(of_link.st_mode);
    char *place;

    if (exists && !S_ISREG(facts.st_mode))
        return error_set(err, MIEN_EIO, "%s: not a regular file", path);
    place = link ? realpath(path, NULL) : strdup(path);
    if (!place && errno == ENOMEM)
        return error_memory(err, strlen(path));
    if (!place)
        return error_set(err, MIEN_EIO, "%s: cannot be written: %s", path, strerror(errno));
    *ret_place = place;
    *ret_mode = exists ? (int)(facts.st_mode & 0777) : -1;
    return MIEN_OK;
}

/* Fills in the six X at the end of `name`, as mkstemp() does, but open() gives the mode: whoever
 * asks for the umask changes it for a moment, in all threads. */
static int create_temporary(char *name, mode_t mode)
{
    static atomic_uint count;
    char *end = name + strlen(name) - 6;
    int descriptor;

    do {
        uint64_t bits = random_bits((uint64_t)getpid(), atomic_fetch_add(&count, 1));
        snprintf(end, 7, "%06x", (unsigned)(bits & 0xffffff));
        descriptor = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    } while (descriptor < 0 && errno == EEXIST);
    return descriptor;
}

/* Makes `file->temporary`, with the permissions of what it will replace, or with new ones: -1. */
static mien_status open_temporary(struct atomic_file *file, int mode, mien_error *err)
{
    int descriptor = create_temporary(file->temporary, mode < 0 ? 0666 : (mode_t)mode);

    if (descriptor >= 0)
        file->stream = fdopen(descriptor, "wb");
    if (file->stream) {
        if (mode >= 0)
            fchmod(descriptor, (mode_t)mode); /* what the umask took; without it, it is stricter */
        return MIEN_OK;
    }
    error_set(err, MIEN_EIO, "%s: cannot be written: %s", file->path, strerror(errno));
    if (descriptor >= 0) {
        close(descriptor);
        unlink(file->temporary);
    }
    return MIEN_EIO;
}

mien_status atomic_file_open(const char *path, struct atomic_file *ret_file, mien_error *err)
{
    struct atomic_file file = {NULL, NULL, NULL};
    int mode = -1;
    mien_status status = find_place(path, &file.path, &mode, err);

    if (!status && asprintf(&file.temporary, "%s" ATOMIC_FILE_ENDING, file.path) < 0) {
        file.temporary = NULL;
        status = error_memory(err, strlen(file.path) + sizeof ATOMIC_FILE_ENDING);
    }
    if (!status) /* NOLINT: clang-tidy 14 sees a leak here */
        status = open_temporary(&file, mode, err);
    if (status) {
        free(file.temporary);
        free(file.path);
        return status;
    }
    *ret_file = file;
    return MIEN_OK;
}

mien_status atomic_file_commit(struct atomic_file *file, mien_error *err)
{
    mien_status status = MIEN_OK;
    int failed = 0;

    if (fflush(file->stream) || fsync(fileno(file->stream)))
        failed = errno;
    else if (ferror(file->stream)) /* an earlier write failed; its errno is gone */
        failed = EIO;
    if (fclose(file->stream) && !failed)
        failed = errno;
    file->stream = NULL;
    if (!failed && rename(file->temporary, file->path))
        failed = errno;
    if (failed)
        status =
            error_set(err, MIEN_EIO, "%s: cannot be written: %s", file->path, strerror(failed));
    else
        file->temporary[0] = 0; /* nothing left to remove */
    atomic_file_abandon(file);
    return status;
}

void atomic_file_abandon(struct atomic_file *file)
{
    if (file->stream)
        fclose(file->stream);
    if (file->temporary && file->temporary[0])
        unlink(file->temporary);
    free(file->temporary);
    free(file->path);
    *file = (struct atomic_file){NULL, NULL, NULL};
}

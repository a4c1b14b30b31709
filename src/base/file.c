/* file.c - mapped reading and atomic writing over POSIX.
 * SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

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

mien_status atomic_file_open(const char *path, struct atomic_file *ret_file, mien_error *err)
{
    struct atomic_file file = {NULL, strdup(path), NULL};
    int descriptor;

    if (!file.path || asprintf(&file.temporary, "%s.XXXXXX", path) < 0) {
        free(file.path);
        return error_memory(err, strlen(path) + 8);
    }
    descriptor = mkstemp(file.temporary);
    if (descriptor >= 0)
        file.stream = fdopen(descriptor, "wb");
    if (!file.stream) {
        error_set(err, MIEN_EIO, "%s: cannot be written: %s", path, strerror(errno));
        if (descriptor >= 0) {
            close(descriptor);
            unlink(file.temporary);
        }
        free(file.temporary);
        free(file.path);
        return MIEN_EIO;
    }
    *ret_file = file;
    return MIEN_OK;
}

/* mkstemp makes the file private; give it the mode that open() would have given. */
static void apply_umask(int descriptor)
{
    mode_t mask = umask(0);

    umask(mask);
    fchmod(descriptor, 0666 & ~mask);
}

mien_status atomic_file_commit(struct atomic_file *file, mien_error *err)
{
    mien_status status = MIEN_OK;
    int failed = 0;

    apply_umask(fileno(file->stream));
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

/* file.h - files read by mapping, and files written so that a crash never leaves half of one.
 * SPDX-License-Identifier: MIT */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/error.h"

/* A read-only view of a whole file. An empty file has data "" and 0 bytes. */
struct file_map {
    const uint8_t *data;
    size_t bytes;
};

mien_status file_map_open(const char *path, struct file_map *ret_map, mien_error *err);
void file_map_close(struct file_map *map);

/* What the name of an unfinished file ends in, digits in place of the X. */
#define ATOMIC_FILE_ENDING ".unfinished.XXXXXX"

/* A file that appears under its name only when it is whole: written beside it, flushed to the
 * disk, then renamed over it. What it replaces leaves it its permissions; a link is followed. */
struct atomic_file {
    FILE *stream; /* write here */
    char *path, *temporary;
};

/* @return MIEN_EIO, also where the path is a device, a FIFO or a folder, or MIEN_ENOMEM */
mien_status atomic_file_open(const char *path, struct atomic_file *ret_file, mien_error *err);

/* Makes the file appear. On failure the old file, if any, is untouched. Ends `file` either way. */
mien_status atomic_file_commit(struct atomic_file *file, mien_error *err);

/* Drops what was written; harmless after a commit and on a zeroed struct. */
void atomic_file_abandon(struct atomic_file *file);

#endif

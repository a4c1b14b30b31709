/* source_address.h - what the address of a source names, and how FFmpeg calls that.
 * SPDX-License-Identifier: MIT */
#ifndef MEDIA_SOURCE_ADDRESS_H
#define MEDIA_SOURCE_ADDRESS_H

#include <stdbool.h>

#include "base/error.h"

enum source_kind {
    SOURCE_FILE,     /* a regular file */
    SOURCE_PIPE,     /* standard input, a FIFO */
    SOURCE_PICTURES, /* a folder, or a pattern */
    SOURCE_STREAM,   /* a URL */
    SOURCE_CAMERA,
    SOURCE_SCREEN,
};

struct source_address {
    enum source_kind kind;
    char *place; /* the path, URL, device or display */
};

/* Nothing is opened. MIEN_EINVAL, MIEN_EIO (nothing of this name is there), MIEN_ENOMEM. */
mien_status source_address_parse(const char *text, struct source_address *ret_address,
                                 mien_error *err);
void source_address_free(struct source_address *address);

/* Whether `text` is a URL, a camera or the screen: not the name of a file. */
bool source_address_is_remote(const char *text);

/* Whether a path such as shots/%04d.png stands for many. */
bool source_address_is_pattern(const char *path);

#endif

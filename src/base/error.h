/* error.h - fill in a mien_error and return its status in one statement.
 * SPDX-License-Identifier: MIT */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

#include <stddef.h>

#include "mien/error.h"

/* Writes the message and returns `status`: `return error_set(err, MIEN_EIO, "%s: ...", path);`
 * `err` may be NULL. Control characters that came in with the arguments become '?', so that a
 * hostile file name or cell cannot break the one line or the terminal. */
mien_status error_set(mien_error *err, mien_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Puts "prefix: " in front of the message that `err` holds and returns its status. */
mien_status error_prefix(mien_error *err, mien_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The usual words for a failed allocation of `bytes`. */
mien_status error_memory(mien_error *err, size_t bytes);

#endif

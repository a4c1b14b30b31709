/* output.h - results in the one form that all commands share.
 * SPDX-License-Identifier: MIT */
#ifndef CLI_OUTPUT_H
#define CLI_OUTPUT_H

#include <stdbool.h>

#include <jansson.h>

#include "base/error.h"

/* Prints `value` on stdout as one line, keys in the order in which they were set, and releases
 * it. NULL (what Jansson returns when memory runs out) is MIEN_ENOMEM. */
mien_status output_json(json_t *value, mien_error *err);

/* A number with 9 significant digits in the output; null if it is not finite. */
json_t *output_number(double value);

/* Text from outside, such as a path: bytes that are not UTF-8 become U+FFFD. */
json_t *output_string(const char *text);

/* Fails if `path` exists and `force` is false: nothing is overwritten without being asked. */
mien_status output_check_new(const char *path, bool force, mien_error *err);

/* The same of the file `name` in `folder`. */
mien_status output_check_new_in(const char *folder, const char *name, bool force, mien_error *err);

#endif

/* text.h - text that grows, the nearest name to a mistyped one, and text from outside.
 * SPDX-License-Identifier: MIT */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

/* A string that grows. Starts as {0}; `data` is NUL-terminated once anything was added. After a
 * failed allocation `failed` is true and further additions do nothing: check it once, at the end.
 */
struct text {
    char *data;
    size_t length, capacity;
    bool failed;
};

void text_add(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
void text_add_bytes(struct text *text, const void *bytes, size_t count);
void text_free(struct text *text);

/* Writes the text to a file, whole or not at all (base/file.h). MIEN_ENOMEM if it has failed. */
mien_status text_save(const struct text *text, const char *path, mien_error *err);

/* The name among `count` that is nearest to `word` by Levenshtein distance, or NULL if none is
 * near enough to be what was meant: "did you mean ...?" */
const char *text_nearest(const char *word, const char *const *names, size_t count);

/* The offset of the first byte that is not UTF-8 or is a control character, which could command a
 * terminal, other than a tab (and, if `lines`, a newline); `bytes` if all is well. */
size_t text_clean_span(const char *data, size_t bytes, bool lines);

#endif

/* read_ahead.h - text in windows that a thread fills while its reader works on the one before:
 * unpacking and parsing overlap.
 * SPDX-License-Identifier: MIT */
#ifndef DATASET_READ_AHEAD_H
#define DATASET_READ_AHEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/* Reads up to `bytes` bytes, fewer only at the end of the text. */
typedef mien_status read_ahead_source(void *context, uint8_t *to, size_t bytes, size_t *ret_read,
                                      mien_error *err);

/* One thread uses it; `source` runs in another until read_ahead_free() has returned. */
struct read_ahead;

/* `keep_bytes` is the most that a window can take over from the one before. */
mien_status read_ahead_new(read_ahead_source *source, void *context, size_t keep_bytes,
                           struct read_ahead **ret_reader, mien_error *err);

/* Stops the source at its next return and waits for that. Accepts NULL. */
void read_ahead_free(struct read_ahead *reader);

/* The next window: the last `keep` bytes of the one before, and new text behind them. It stays
 * until the next call. After `ret_last` no more text comes, and this is not called again. A failure
 * of the source comes after the blocks in front of it, and ends the text, too. */
mien_status read_ahead_next(struct read_ahead *reader, size_t keep, const uint8_t **ret_text,
                            size_t *ret_bytes, bool *ret_last, mien_error *err);

#endif

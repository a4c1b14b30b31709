/* checkpoint.h - a training's whole state in one file, so that it can go on as if it had never
 * been stopped.
 *
 * The file belongs to the program and kind of machine that wrote it: parts of memory as they are,
 * behind what tells whether they fit, with a checksum at the end.
 * SPDX-License-Identifier: MIT */
#ifndef TRAINING_CHECKPOINT_H
#define TRAINING_CHECKPOINT_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/file.h"
#include "base/sha256.h"

/* What must be the same for a training to go on. */
enum checkpoint_identity {
    CHECKPOINT_ARCHITECTURE,
    CHECKPOINT_RECIPE,
    CHECKPOINT_DATA, /* pictures, labels, votes and which rows */
    CHECKPOINT_ARITHMETIC,
    CHECKPOINT_IDENTITIES
};

/* Hashes of each. */
struct checkpoint_origin {
    uint8_t digests[CHECKPOINT_IDENTITIES][SHA256_BYTES];
};

enum { CHECKPOINT_PARTS_MAX = 16 };

struct checkpoint_part {
    const void *data;
    size_t bytes; /* may be 0 */
};

/* Writes `parts` (count) to `path`, whole or not at all: on failure (MIEN_EIO: a full disk) the
 * checkpoint that was there stays. */
mien_status checkpoint_write(const char *path, const struct checkpoint_origin *origin,
                             const struct checkpoint_part *parts, int count, mien_error *err);

/* An opened checkpoint; its parts lie in the mapped file, aligned to 8 bytes. */
struct checkpoint {
    struct checkpoint_part parts[CHECKPOINT_PARTS_MAX];
    int count;
    struct file_map map; /* private */
};

/* MIEN_ECORRUPT for a damaged file, MIEN_EINVAL if it is of another training: the message says
 * what differs. */
mien_status checkpoint_open(const char *path, const struct checkpoint_origin *origin,
                            struct checkpoint *ret_checkpoint, mien_error *err);
void checkpoint_close(struct checkpoint *checkpoint);

/* Removes the checkpoint, if there is one, and what a killed program left of another. */
void checkpoint_remove(const char *path);

/* Removes only what a killed program left beside it. */
void checkpoint_remove_rests(const char *path);

#endif

/* session_log.h - what was seen in a session, frame after frame, in a SQLite database that people
 * can ask themselves; docs/live.md has its tables and views.
 *
 * The database is in WAL mode and takes what is new at least twice a second, so that a program that
 * is killed loses less than a second. A log that exists is continued with another session; several
 * programs may write the same one.
 *
 * Private: nothing about single people is written, only how many faces showed what in each second.
 * SPDX-License-Identifier: MIT */
#ifndef SESSION_SESSION_LOG_H
#define SESSION_SESSION_LOG_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

enum { SESSION_LABELS_MAX = 16 };

struct session_about {
    const char *source, *model, *model_sha256;
    const char *const *labels; /* (label_count) */
    int label_count;           /* 1 to SESSION_LABELS_MAX */
    bool is_private;
};

struct session_face {
    int person; /* 1, 2, ... */
    float x, y, w, h, confidence;
    int expression;             /* a label */
    const float *probabilities; /* (label_count) */
};

/* One thread at a time. */
struct session_log;

/* Begins a session. Messages start with `path`.
 * @return MIEN_EIO, MIEN_ECORRUPT (no database), MIEN_EINVAL (a database of something else),
 *         MIEN_ENOMEM, MIEN_EUNSUPPORTED (a log of another version, or built without SQLite) */
mien_status session_log_open(const char *path, const struct session_about *about,
                             struct session_log **ret_log, mien_error *err);

/* Adds a frame at `time_s` seconds of the source; `faces` (count). Times that go back are fine. */
mien_status session_log_add(struct session_log *log, double time_s,
                            const struct session_face *faces, size_t count, mien_error *err);

/* Ends the session and frees the log in any case; NULL is welcome. */
mien_status session_log_close(struct session_log *log, size_t dropped_frames, mien_error *err);

/* Whether `bytes` bytes of a file's beginning are a SQLite database's. */
bool session_log_is_database(const void *beginning, size_t bytes);

#endif

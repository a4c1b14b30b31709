/* session_story.h - one session of a log, read for people: who was there and what they showed.
 * SPDX-License-Identifier: MIT */
#ifndef SESSION_SESSION_STORY_H
#define SESSION_SESSION_STORY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "session/session_log.h"

struct session_person {
    int person;
    double first, last; /* seconds of the source */
    size_t samples;
    double shares[SESSION_LABELS_MAX]; /* of its samples, by label */
    double *timeline;                  /* (bins, label_count) mean probability; a bin without
                                          samples is NAN */
    signed char *shown;                /* (bins) the label shown most often; -1: not there */
};

/* Its texts are UTF-8; what was not is U+FFFD. */
struct session_story {
    long id, sessions; /* of that many in the log */
    char *started, *ended, *source, *model, *model_sha256;
    bool is_private;
    size_t frames, dropped;
    double seconds, begin;
    char *labels[SESSION_LABELS_MAX];
    int label_count;
    double shares[SESSION_LABELS_MAX]; /* of all faces, by label */
    double most_faces;                 /* at once, on the average of a second */
    int bins;
    double bin_s;                  /* seconds a bin */
    double *faces;                 /* (bins, label_count) how many faces showed it, on average */
    struct session_person *people; /* (person_count) by number; none of a private session */
    size_t person_count;
};

/* Reads session `session` (1, 2, ...; 0: the last one) of the log at `path`, its time cut into at
 * most `bins` bins. The caller frees the story.
 * @return MIEN_EIO, MIEN_ECORRUPT, MIEN_EINVAL (no log of ours, no such session), MIEN_ENOMEM,
 *         MIEN_EUNSUPPORTED (a log of another version, or built without SQLite) */
mien_status session_story_read(const char *path, long session, int bins,
                               struct session_story *ret_story, mien_error *err);

/* NULL and zeroed structs are welcome. */
void session_story_free(struct session_story *story);

#endif

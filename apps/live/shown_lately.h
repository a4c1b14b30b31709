/* shown_lately.h - what each person has shown lately, for the rolling timelines.
 * SPDX-License-Identifier: MIT */
#ifndef LIVE_SHOWN_LATELY_H
#define LIVE_SHOWN_LATELY_H

#include "recognition/stream.h"

enum { HISTORY_STEPS = 120, HISTORY_PEOPLE = 32 };

/* Seconds a step: the timelines show the last half minute. */
#define HISTORY_STEP_S 0.25

struct history_person {
    int id;                           /* 0: a free place */
    double seen;                      /* seconds */
    signed char shown[HISTORY_STEPS]; /* a label a step, -1: not there; a ring */
};

/* Starts as {0}; plain memory. */
struct history {
    struct history_person people[HISTORY_PEOPLE];
    long step; /* the newest one */
    bool begun;
};

/* Notes the faces of a frame at `clock` seconds of a clock that never goes back. */
void history_add(struct history *history, double clock, const struct stream_face *faces,
                 size_t count);

/* What person `id` showed `ago` steps before the newest one, 0 to HISTORY_STEPS - 1; -1: nothing.
 */
int history_shown(const struct history *history, int id, int ago);

#endif

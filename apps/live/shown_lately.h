/* shown_lately.h - what each person has shown lately, for the rolling timelines.
 * SPDX-License-Identifier: MIT */
#ifndef LIVE_SHOWN_LATELY_H
#define LIVE_SHOWN_LATELY_H

#include "recognition/stream.h"

enum { SHOWN_LATELY_STEPS = 120, SHOWN_LATELY_PEOPLE = 32 };

/* Seconds a step: the timelines show the last half minute. */
#define SHOWN_LATELY_STEP_S 0.25

struct shown_person {
    int id;                                /* 0: a free place */
    double seen;                           /* seconds */
    signed char shown[SHOWN_LATELY_STEPS]; /* a label a step, -1: not there; a ring */
};

/* Starts as {0}; plain memory. */
struct shown_lately {
    struct shown_person people[SHOWN_LATELY_PEOPLE];
    long step; /* the newest one */
    bool begun;
};

/* Notes the faces of a frame at `clock` seconds of a clock that never goes back. */
void shown_lately_add(struct shown_lately *lately, double clock, const struct stream_face *faces,
                      size_t count);

/* What person `id` showed `ago` steps before the newest one, 0 to SHOWN_LATELY_STEPS - 1; -1:
 * nothing.
 */
int shown_lately_label(const struct shown_lately *lately, int id, int ago);

#endif

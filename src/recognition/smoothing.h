/* smoothing.h - steady probabilities for one face of a video: still while the face is still, quick
 * when it changes.
 *
 * Logarithms of probabilities are averaged over `steady` seconds. Whenever the mean of the last few
 * frames lies much farther from that average than it usually does for this face, the face has
 * changed, and the average starts anew from these frames: a test of a mean over short windows of
 * several lengths (Basseville and Nikiforov, "Detection of abrupt changes", 1993, chapter 2), but
 * against what was measured for each length, because the errors of neighbouring frames are alike.
 * The label changes only when another one is ahead by `margin`. At 15 frames a second and more, one
 * frame or two alone change nothing.
 *
 * A personal neutral: people's faces at rest differ, and a model takes some for sad or angry. After
 * smoothing_learn_neutral(), the mean of the next seconds' log-probabilities is taken for this face
 * at rest; from then on each frame is shifted by what makes that mean read "neutral" with
 * probability SMOOTHING_NEUTRAL and every other label alike, by at most SMOOTHING_MOST_SHIFT each.
 * SPDX-License-Identifier: MIT */
#ifndef RECOGNITION_SMOOTHING_H
#define RECOGNITION_SMOOTHING_H

#include <stdbool.h>

#include "mien/mien.h"

#define SMOOTHING_NEUTRAL 0.7f
#define SMOOTHING_MOST_SHIFT 3.0f /* of a logarithm */

enum { SMOOTHING_WINDOW = 8 };

struct smoothing_options {
    double steady;   /* seconds to average over; default 1 */
    double window;   /* seconds of the frames that can tell a change; default 0.2 */
    double surprise; /* how many times its usual square the distance of a change is; default 9 */
    double margin;   /* of logarithms; default 0.3 */
};

void smoothing_options_init(struct smoothing_options *options);

/* The state of one face, to be started by smoothing_start(); plain memory, one thread at a time. */
struct smoothing {
    struct smoothing_options options;
    int labels, label;
    double time, weight;                /* weight: frames in the average */
    double noise[SMOOTHING_WINDOW + 1]; /* of means of so many frames: their usual square distance
                                           from the average */
    float mean[MIEN_LABELS_MAX];        /* of logarithms, each frame's freed of its own mean */
    struct {
        double time;
        float logs[MIEN_LABELS_MAX];
    } recent[SMOOTHING_WINDOW]; /* a ring */
    unsigned long frames;
    /* The personal neutral: */
    int neutral; /* label, -1 while none is wanted */
    double learn_until;
    unsigned long learned; /* frames */
    bool learning;
    float rest[MIEN_LABELS_MAX], shift[MIEN_LABELS_MAX];
};

/* For probabilities of `labels` labels. `options` NULL: the defaults. */
void smoothing_start(struct smoothing *smoothing, int labels,
                     const struct smoothing_options *options);

/* Takes the probabilities of the frame at `time` seconds, never earlier than the one before, and
 * replaces them by the smoothed ones; they sum to 1. Returns the label, which need not be the most
 * probable one. */
int smoothing_step(struct smoothing *smoothing, double time, float *probabilities);

/* Learns the face at rest in the next `seconds`, in place of what was learned before. `neutral` is
 * the label of a face at rest. */
void smoothing_learn_neutral(struct smoothing *smoothing, int neutral, double seconds);

#endif

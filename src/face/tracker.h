/* tracker.h - which face of a video is whose: detections become tracks, each with a number that it
 * keeps while its face moves, is missed, is covered for a while, or crosses another one.
 *
 * Tracking by detection as in SORT (Bewley et al., ICIP 2016): a constant-velocity Kalman filter
 * for each side of a box, and the assignment of detections to predicted boxes that costs least.
 * What a pair costs is how far the two boxes are apart and, as in DeepSORT (Wojke et al., ICIP
 * 2017), how different the two look (appearance.h), so that an identity survives where motion alone
 * does not tell.
 *
 * Detection may take place in some of the frames only; in the others the tracks are moved on.
 * SPDX-License-Identifier: MIT */
#ifndef FACE_TRACKER_H
#define FACE_TRACKER_H

#include <stdbool.h>

#include "face/appearance.h"
#include "face/detector.h"

struct tracker_options {
    double patience; /* seconds for which a face that is not seen keeps its number; default 3 */
    double show;     /* seconds for which its track is still shown; default 0.3 */
    float sure;      /* score with which a face is shown at once; weaker ones when they are
                        detected for a second time; default 0.8 */
};

void tracker_options_init(struct tracker_options *options);

/* A face that is being followed. */
struct track {
    int id;           /* 1, 2, ... in the order in which they were first shown */
    float x, y, w, h; /* filtered; predicted where the face was not looked for */
    float landmarks[4][2];
    float score;   /* of the last detection */
    double unseen; /* seconds since the last detection */
};

/* One thread at a time. The same calls give the same tracks. */
struct tracker;

/* `options` NULL: the defaults. */
mien_status tracker_new(const struct tracker_options *options, struct tracker **ret_tracker,
                        mien_error *err);
void tracker_free(struct tracker *tracker);

/* A frame in which faces were looked for.
 * @param time        seconds; never earlier than in the call before
 * @param detections  (count) as detector_find() gives them; none is fine
 * @param appearances (count, APPEARANCE_FLOATS), or NULL: motion alone decides
 * @return MIEN_ENOMEM, MIEN_EINVAL if the time goes back */
mien_status tracker_detected(struct tracker *tracker, double time,
                             const struct detection *detections, const float *appearances,
                             size_t count, mien_error *err);

/* A frame in which they were not. */
mien_status tracker_moved(struct tracker *tracker, double time, mien_error *err);

/* The tracks to be shown, by number. They belong to the tracker and hold until the next call. */
const struct track *tracker_tracks(const struct tracker *tracker, size_t *ret_count);

#endif

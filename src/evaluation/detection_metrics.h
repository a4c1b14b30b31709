/* detection_metrics.h - how well faces are found: recall, precision, average precision.
 *
 * In each picture the detections, best score first, each take the free face that they overlap
 * most, if the intersection over union is at least 0.5. A detection that takes none is a false
 * positive, unless it overlaps a mark that is to be ignored by 0.5 or lies for the most part
 * inside one: then it counts neither way. So the matches at any threshold are those of the
 * detections above it, and one tally serves all thresholds.
 * SPDX-License-Identifier: MIT */
#ifndef EVALUATION_DETECTION_METRICS_H
#define EVALUATION_DETECTION_METRICS_H

#include <stddef.h>

#include "base/error.h"
#include "evaluation/face_mark.h"
#include "face/detector.h"

#define DETECTION_IOU 0.5f

/* Faces by size (face_mark_size()): below 20 pixels, 20 to 40, 40 to 80, 80 to 160, and more. */
enum { DETECTION_SIZES = 5 };
extern const float detection_size_bounds[DETECTION_SIZES - 1];

/* What was found in the pictures so far. One thread at a time. */
struct detection_tally;

mien_status detection_tally_new(struct detection_tally **ret_tally, mien_error *err);
void detection_tally_free(struct detection_tally *tally);

/* Adds a picture: `detections` (count) in any order, `marks` (mark_count). */
mien_status detection_tally_add(struct detection_tally *tally, const struct detection *detections,
                                size_t count, const struct face_mark *marks, size_t mark_count,
                                mien_error *err);

/* What holds when detections of at least this score are kept. */
struct detection_point {
    float threshold;
    size_t hits, false_positives;
    double recall, precision; /* 0 where there is nothing to divide by; precision then 1 */
};

/* Everything at one threshold. */
struct detection_metrics {
    struct detection_point at;
    size_t pictures, faces;
    double average_precision;     /* over all scores, whatever the threshold */
    double landmark_error;        /* mean distance of a landmark over the eye distance, of the hits
                                     with landmarks; 0 where there are none */
    size_t empty_pictures;        /* without any mark */
    size_t empty_false_positives; /* detections in those */
    size_t size_faces[DETECTION_SIZES], size_hits[DETECTION_SIZES];
};

/* Precision and recall at every score that occurs, falling; the caller frees `ret_points`
 * (ret_count). */
mien_status detection_curve(const struct detection_tally *tally,
                            struct detection_point **ret_points, size_t *ret_count,
                            mien_error *err);

mien_status detection_metrics(const struct detection_tally *tally, float threshold,
                              struct detection_metrics *ret_metrics, mien_error *err);

/* The lowest threshold, so the most recall, at which the precision is at least `precision`.
 * MIEN_EINVAL where no threshold has it. */
mien_status detection_threshold_for(const struct detection_tally *tally, double precision,
                                    struct detection_point *ret_point, mien_error *err);

#endif

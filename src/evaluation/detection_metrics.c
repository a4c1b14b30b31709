/* detection_metrics.c - match detections with faces, then count at every threshold.
 * SPDX-License-Identifier: MIT */
#include "evaluation/detection_metrics.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

const float detection_size_bounds[DETECTION_SIZES - 1] = {20, 40, 80, 160};

/* A detection that counts. */
struct verdict {
    float score;
    bool hit, empty_picture;
    int size;             /* of the face it hit */
    float landmark_error; /* negative where the face has no landmarks */
};

struct detection_tally {
    struct verdict *verdicts; /* (count) */
    size_t count, room;
    size_t pictures, empty_pictures, faces;
    size_t size_faces[DETECTION_SIZES];
};

mien_status detection_tally_new(struct detection_tally **ret_tally, mien_error *err)
{
    struct detection_tally *tally = calloc(1, sizeof *tally);

    if (!tally)
        return error_memory(err, sizeof *tally);
    *ret_tally = tally;
    return MIEN_OK;
}

void detection_tally_free(struct detection_tally *tally)
{
    if (!tally)
        return;
    free(tally->verdicts);
    free(tally);
}

static int size_of(const struct face_mark *mark)
{
    float size = face_mark_size(mark);
    int i = 0;

    while (i < DETECTION_SIZES - 1 && size >= detection_size_bounds[i])
        i++;
    return i;
}

static float overlap(const struct detection *d, const struct face_mark *m)
{
    const float found[4] = {d->x, d->y, d->w, d->h}, marked[4] = {m->x, m->y, m->w, m->h};

    return face_box_iou(found, marked);
}

/* The free face that the detection overlaps most, or -1. */
static long find_face(const struct detection *detection, const struct face_mark *marks,
                      size_t count, const bool *taken)
{
    float best_overlap = DETECTION_IOU;
    long best = -1;

    for (size_t i = 0; i < count; i++) {
        float both = marks[i].ignore || taken[i] ? 0 : overlap(detection, &marks[i]);
        if (both >= best_overlap && (best < 0 || both > best_overlap)) {
            best_overlap = both;
            best = (long)i;
        }
    }
    return best;
}

static bool is_ignored(const struct detection *d, const struct face_mark *marks, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct face_mark *m = &marks[i];
        float w = fminf(d->x + d->w, m->x + m->w) - fmaxf(d->x, m->x);
        float h = fminf(d->y + d->h, m->y + m->h) - fmaxf(d->y, m->y);
        if (!m->ignore)
            continue;
        if (overlap(d, m) >= DETECTION_IOU || fmaxf(w, 0) * fmaxf(h, 0) > 0.5f * d->w * d->h)
            return true;
    }
    return false;
}

/* The mean distance of a landmark over the distance of the eyes. */
static float landmark_error(const struct detection *detection, const struct face_mark *mark)
{
    const float(*at)[2] = mark->landmarks;
    float eyes = hypotf(at[FACE_RIGHT_EYE][0] - at[FACE_LEFT_EYE][0],
                        at[FACE_RIGHT_EYE][1] - at[FACE_LEFT_EYE][1]);
    float sum = 0;

    if (!mark->has_landmarks || !(eyes > 0))
        return -1;
    for (int i = 0; i < FACE_LANDMARKS; i++)
        sum += hypotf(detection->landmarks[i][0] - at[i][0], detection->landmarks[i][1] - at[i][1]);
    return sum / FACE_LANDMARKS / eyes;
}

/* Surest first; equal ones in the order in which they came. */
static int compare_detections(const void *a, const void *b)
{
    const struct detection *x = *(const struct detection *const *)a;
    const struct detection *y = *(const struct detection *const *)b;

    if (x->score != y->score)
        return x->score < y->score ? 1 : -1;
    return (x > y) - (x < y);
}

static mien_status reserve(struct detection_tally *tally, size_t more, mien_error *err)
{
    size_t room = 2 * tally->count + more, bytes;
    struct verdict *grown;

    if (tally->count + more <= tally->room)
        return MIEN_OK;
    grown = mul_size(room, sizeof *grown, &bytes) ? realloc(tally->verdicts, bytes) : NULL;
    if (!grown)
        return error_memory(err, room);
    tally->verdicts = grown;
    tally->room = room;
    return MIEN_OK;
}

/* Matches the detections, best first. There is room for their verdicts. */
static void judge(struct detection_tally *tally, const struct detection *const *order, size_t count,
                  const struct face_mark *marks, size_t mark_count, bool *taken)
{
    for (size_t i = 0; i < count; i++) {
        const struct detection *detection = order[i];
        long face = find_face(detection, marks, mark_count, taken);
        struct verdict verdict = {.score = detection->score, .empty_picture = mark_count == 0};
        if (face >= 0) {
            taken[face] = true;
            verdict.hit = true;
            verdict.size = size_of(&marks[face]);
            verdict.landmark_error = landmark_error(detection, &marks[face]);
        } else if (is_ignored(detection, marks, mark_count)) {
            continue;
        }
        tally->verdicts[tally->count++] = verdict;
    }
}

static void count_picture(struct detection_tally *tally, const struct face_mark *marks,
                          size_t mark_count)
{
    tally->pictures++;
    tally->empty_pictures += mark_count == 0;
    for (size_t i = 0; i < mark_count; i++)
        if (!marks[i].ignore) {
            tally->faces++;
            tally->size_faces[size_of(&marks[i])]++;
        }
}

mien_status detection_tally_add(struct detection_tally *tally, const struct detection *detections,
                                size_t count, const struct face_mark *marks, size_t mark_count,
                                mien_error *err)
{
    const struct detection **order = malloc((count + 1) * sizeof *order);
    bool *taken = calloc(mark_count + 1, sizeof *taken);
    mien_status status = reserve(tally, count, err);

    if (!status && (!order || !taken))
        status = error_memory(err, (count + 1) * sizeof *order);
    if (!status) {
        for (size_t i = 0; i < count; i++)
            order[i] = &detections[i];
        qsort(order, count, sizeof *order, compare_detections);
        judge(tally, order, count, marks, mark_count, taken);
        count_picture(tally, marks, mark_count);
    }
    free(order);
    free(taken);
    return status;
}

static int compare_verdicts(const void *a, const void *b)
{
    float x = ((const struct verdict *)a)->score, y = ((const struct verdict *)b)->score;

    return (x < y) - (x > y);
}

static void rate(struct detection_point *point, size_t faces)
{
    size_t found = point->hits + point->false_positives;

    point->recall = faces ? (double)point->hits / (double)faces : 0;
    point->precision = found ? (double)point->hits / (double)found : 1;
}

mien_status detection_curve(const struct detection_tally *tally,
                            struct detection_point **ret_points, size_t *ret_count, mien_error *err)
{
    size_t bytes = (tally->count + 1) * sizeof(struct detection_point), points = 0;
    struct verdict *sorted = malloc((tally->count + 1) * sizeof *sorted);
    struct detection_point *curve = malloc(bytes), sum = {0};

    if (!sorted || !curve) {
        free(sorted);
        free(curve);
        return error_memory(err, bytes);
    }
    if (tally->count)
        memcpy(sorted, tally->verdicts, tally->count * sizeof *sorted);
    qsort(sorted, tally->count, sizeof *sorted, compare_verdicts);
    for (size_t i = 0; i < tally->count; i++) {
        sum.hits += sorted[i].hit;
        sum.false_positives += !sorted[i].hit;
        if (i + 1 < tally->count && sorted[i + 1].score == sorted[i].score)
            continue; /* no threshold lies between them */
        sum.threshold = sorted[i].score;
        rate(&sum, tally->faces);
        curve[points++] = sum;
    }
    free(sorted);
    *ret_points = curve;
    *ret_count = points;
    return MIEN_OK;
}

/* The area under the curve after each precision was raised to the best one at that recall or more
 * (Everingham et al., "The PASCAL Visual Object Classes Challenge", IJCV 2010, all points). */
static double area(const struct detection_point *points, size_t count)
{
    double sum = 0, best = 0;

    for (size_t i = count; i-- > 0;) {
        best = fmax(best, points[i].precision);
        sum += best * (points[i].recall - (i ? points[i - 1].recall : 0));
    }
    return sum;
}

/* Counts the verdicts of at least this score. */
static void count_verdicts(const struct detection_tally *tally, float threshold,
                           struct detection_metrics *metrics)
{
    double landmark_sum = 0;
    size_t landmark_count = 0;

    for (size_t i = 0; i < tally->count; i++) {
        const struct verdict *verdict = &tally->verdicts[i];
        if (verdict->score < threshold)
            continue;
        metrics->at.hits += verdict->hit;
        metrics->at.false_positives += !verdict->hit;
        metrics->empty_false_positives += verdict->empty_picture;
        if (!verdict->hit)
            continue;
        metrics->size_hits[verdict->size]++;
        if (verdict->landmark_error >= 0) {
            landmark_sum += (double)verdict->landmark_error;
            landmark_count++;
        }
    }
    metrics->landmark_error = landmark_count ? landmark_sum / (double)landmark_count : 0;
}

mien_status detection_metrics(const struct detection_tally *tally, float threshold,
                              struct detection_metrics *ret_metrics, mien_error *err)
{
    struct detection_metrics metrics = {.at.threshold = threshold,
                                        .pictures = tally->pictures,
                                        .faces = tally->faces,
                                        .empty_pictures = tally->empty_pictures};
    struct detection_point *points;
    size_t count;
    mien_status status = detection_curve(tally, &points, &count, err);

    if (status)
        return status;
    metrics.average_precision = area(points, count);
    free(points);
    memcpy(metrics.size_faces, tally->size_faces, sizeof metrics.size_faces);
    count_verdicts(tally, threshold, &metrics);
    rate(&metrics.at, metrics.faces);
    *ret_metrics = metrics;
    return MIEN_OK;
}

mien_status detection_threshold_for(const struct detection_tally *tally, double precision,
                                    struct detection_point *ret_point, mien_error *err)
{
    struct detection_point *points;
    size_t count;
    mien_status status = detection_curve(tally, &points, &count, err);

    if (status)
        return status;
    while (count && points[count - 1].precision < precision)
        count--;
    if (count)
        *ret_point = points[count - 1];
    free(points);
    if (!count)
        return error_set(err, MIEN_EINVAL, "no threshold has a precision of %g or more", precision);
    return MIEN_OK;
}

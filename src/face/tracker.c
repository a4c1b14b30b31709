/* tracker.c - predict, assign, correct, forget.
 * SPDX-License-Identifier: MIT */
#include "face/tracker.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "face/assignment.h"
#include "face/kalman.h"

enum { CENTRE_X, CENTRE_Y, WIDTH, HEIGHT, SIDES };

/* All in heights of the face, a second or a second squared. */
static const double measured_noise[SIDES] = {0.03, 0.03, 0.05, 0.05};
static const double acceleration[SIDES] = {8, 8, 2, 2};
static const double first_speed[SIDES] = {2, 2, 0.5, 0.5};

#define PLACE_SHARE 0.4f /* of a new detection in where the landmarks lie in their box */
#define UNSEEN_BRAKE 0.5 /* seconds in which a face that is not seen loses 63% of its speed */
#define REACH 0.7        /* how far from its prediction a face may be found, heights */
#define REACH_SPEED 2.5  /* and how much farther for each second unseen */
#define REACH_MOST 6.0
#define SIZE_RATIO 1.6       /* how much larger or smaller */
#define DIFFERENT 0.35f      /* appearances farther apart are not the same person's */
#define APPEARANCE_SHARE 0.6 /* of a pair's cost; the rest is motion */
#define UNPAIRED 0.9
#define LEARN 0.1f    /* share of a new appearance in the one remembered */
#define CROWDED 0.05f /* IoU with another track from which on nobody's looks are learned */

/* A track and all that is known of it. */
struct following {
    struct track shown;
    struct kalman sides[SIDES];
    float places[4][2]; /* of the landmarks, in shares of the box */
    float appearance[APPEARANCE_FLOATS];
    bool has_appearance;
    int detections;
    double last; /* time of the last detection */
};

struct tracker {
    struct tracker_options options;
    struct following *all; /* (capacity), oldest first */
    size_t count, capacity;
    struct track *tracks; /* (capacity) those shown */
    size_t shown;
    double time;
    bool begun;
    int next_id;
};

void tracker_options_init(struct tracker_options *options)
{
    *options = (struct tracker_options){.patience = 3, .show = 0.3, .sure = 0.8f};
}

mien_status tracker_new(const struct tracker_options *options, struct tracker **ret_tracker,
                        mien_error *err)
{
    struct tracker *tracker = calloc(1, sizeof *tracker);

    if (!tracker)
        return error_memory(err, sizeof *tracker);
    tracker_options_init(&tracker->options);
    if (options)
        tracker->options = *options;
    tracker->next_id = 1;
    *ret_tracker = tracker;
    return MIEN_OK;
}

void tracker_free(struct tracker *tracker)
{
    if (!tracker)
        return;
    free(tracker->all);
    free(tracker->tracks);
    free(tracker);
}

/* The box and the landmarks where the filter has them now. */
static void place(struct following *f, double time)
{
    struct track *t = &f->shown;

    t->w = (float)fmax(1, f->sides[WIDTH].x);
    t->h = (float)fmax(1, f->sides[HEIGHT].x);
    t->x = (float)f->sides[CENTRE_X].x - t->w / 2;
    t->y = (float)f->sides[CENTRE_Y].x - t->h / 2;
    for (int i = 0; i < 4; i++) {
        t->landmarks[i][0] = t->x + f->places[i][0] * t->w;
        t->landmarks[i][1] = t->y + f->places[i][1] * t->h;
    }
    t->unseen = time - f->last;
}

static void predict(struct following *f, double time, double dt)
{
    bool unseen = f->shown.unseen > 0.2;
    double h = f->shown.h, keep = unseen ? exp(-dt / UNSEEN_BRAKE) : 1;

    for (int side = 0; side < SIDES; side++) {
        bool size = side == WIDTH || side == HEIGHT;
        kalman_predict(&f->sides[side], dt, unseen ? 0 : acceleration[side] * h,
                       unseen && size ? 0 : keep);
    }
    place(f, time);
}

static void sides_of(const struct detection *d, double *ret_sides)
{
    ret_sides[CENTRE_X] = d->x + d->w / 2;
    ret_sides[CENTRE_Y] = d->y + d->h / 2;
    ret_sides[WIDTH] = d->w;
    ret_sides[HEIGHT] = d->h;
}

/* After a long absence the old motion says nothing. */
static void move_to(struct following *f, const struct detection *d, bool anew)
{
    double sides[SIDES], h = d->h;

    sides_of(d, sides);
    for (int side = 0; side < SIDES; side++) {
        if (anew)
            f->sides[side] =
                kalman_start(sides[side], measured_noise[side] * h, first_speed[side] * h);
        else
            kalman_correct(&f->sides[side], sides[side], measured_noise[side] * h);
    }
}

static void see(struct following *f, double time, const struct detection *d)
{
    bool anew = f->detections == 0 || f->shown.unseen > 0.5;
    float share = anew ? 1 : PLACE_SHARE;

    move_to(f, d, anew);
    for (int i = 0; i < 4; i++) {
        f->places[i][0] += share * ((d->landmarks[i][0] - d->x) / d->w - f->places[i][0]);
        f->places[i][1] += share * ((d->landmarks[i][1] - d->y) / d->h - f->places[i][1]);
    }
    f->detections++;
    f->last = time;
    f->shown.score = d->score;
    place(f, time);
}

static void learn(struct following *f, const float *appearance)
{
    float share = f->has_appearance ? LEARN : 1;

    for (int i = 0; i < APPEARANCE_FLOATS; i++)
        f->appearance[i] += share * (appearance[i] - f->appearance[i]);
    f->has_appearance = true;
}

static float overlap(const struct track *a, const struct track *b)
{
    float w = fminf(a->x + a->w, b->x + b->w) - fmaxf(a->x, b->x);
    float h = fminf(a->y + a->h, b->y + b->h) - fmaxf(a->y, b->y);
    float both = w > 0 && h > 0 ? w * h : 0;

    return both / (a->w * a->h + b->w * b->h - both);
}

/* 0 where the boxes agree, 1 at the edge of what is possible, infinite beyond. */
static double motion_cost(const struct following *f, const struct detection *d)
{
    double sides[SIDES], h = fmax((double)f->shown.h, (double)d->h);
    double reach = fmin(REACH + REACH_SPEED * f->shown.unseen, REACH_MOST) * h;
    double ratio =
        fabs(log((double)(d->h / f->shown.h))) / log(SIZE_RATIO * (1 + f->shown.unseen / 2));
    double away;

    sides_of(d, sides);
    away = hypot(sides[CENTRE_X] - f->sides[CENTRE_X].x, sides[CENTRE_Y] - f->sides[CENTRE_Y].x);
    if (away > reach || ratio > 1)
        return INFINITY;
    return fmin(1, fmax(away / reach, ratio) + 0.2 * fmin(1, f->shown.unseen));
}

/* Whether somebody else is in the picture that appearance.h makes of a person: it is mixed, and
 * tells less. */
static bool is_mixed(const struct detection *detections, size_t count, size_t which)
{
    const struct detection *d = &detections[which];

    for (size_t i = 0; i < count; i++)
        if (i != which &&
            fabsf(detections[i].x + detections[i].w / 2 - d->x - d->w / 2) < 1.4f * d->w &&
            fabsf(detections[i].y + detections[i].h / 2 - d->y - d->h / 2) < 1.6f * d->h)
            return true;
    return false;
}

static double pair_cost(const struct following *f, const struct detection *d,
                        const float *appearance, bool mixed)
{
    double motion = motion_cost(f, d);
    float difference;

    if (!appearance || !f->has_appearance)
        return motion;
    difference = appearance_distance(f->appearance, appearance) / DIFFERENT;
    if (difference > 1 && !mixed && f->shown.unseen > 0.5) /* where it was all along, it is it */
        return INFINITY;
    return APPEARANCE_SHARE * fmin(1, difference) + (1 - APPEARANCE_SHARE) * motion;
}

static const float *appearance_of(const float *appearances, size_t detection)
{
    return appearances ? appearances + detection * APPEARANCE_FLOATS : NULL;
}

/* Room for `more` tracks. */
static mien_status reserve(struct tracker *tracker, size_t more, mien_error *err)
{
    size_t wanted = tracker->count + more;
    struct following *all;
    struct track *tracks;

    if (wanted <= tracker->capacity)
        return MIEN_OK;
    wanted += wanted / 2 + 8;
    all = realloc(tracker->all, wanted * sizeof *all);
    tracker->all = all ? all : tracker->all;
    tracks = realloc(tracker->tracks, wanted * sizeof *tracks);
    tracker->tracks = tracks ? tracks : tracker->tracks;
    if (!all || !tracks)
        return error_memory(err, wanted * sizeof *all);
    tracker->capacity = wanted;
    return MIEN_OK;
}

static mien_status assign(const struct tracker *tracker, const struct detection *detections,
                          const float *appearances, size_t count, int *ret_track, mien_error *err)
{
    double *cost = calloc(count * tracker->count + 1, sizeof *cost); /* (count, tracks) */
    mien_status status;

    if (!cost)
        return error_memory(err, count * tracker->count * sizeof *cost);
    for (size_t i = 0; i < count; i++) {
        bool mixed = is_mixed(detections, count, i);
        for (size_t k = 0; k < tracker->count; k++)
            cost[i * tracker->count + k] =
                pair_cost(&tracker->all[k], &detections[i], appearance_of(appearances, i), mixed);
    }
    status = assignment_solve(cost, count, tracker->count, UNPAIRED, ret_track, err);
    free(cost);
    return status;
}

static bool is_crowded(const struct tracker *tracker, size_t which)
{
    for (size_t k = 0; k < tracker->count; k++)
        if (k != which && tracker->all[k].shown.unseen < tracker->options.patience &&
            overlap(&tracker->all[k].shown, &tracker->all[which].shown) > CROWDED)
            return true;
    return false;
}

/* Gives each detection to its track, or to a new one. */
static void take(struct tracker *tracker, const struct detection *detections,
                 const float *appearances, size_t count, int *track)
{
    for (size_t i = 0; i < count; i++) {
        if (track[i] < 0) {
            track[i] = (int)tracker->count++;
            tracker->all[track[i]] = (struct following){.shown.id = 0};
        }
        see(&tracker->all[track[i]], tracker->time, &detections[i]);
    }
    for (size_t i = 0; appearances && i < count; i++) /* now that all boxes are in place */
        if (!is_mixed(detections, count, i) && !is_crowded(tracker, (size_t)track[i]))
            learn(&tracker->all[track[i]], appearance_of(appearances, i));
}

/* A face that was detected only once, and not surely, was none. */
static bool is_forgotten(const struct tracker *tracker, const struct following *f)
{
    return f->shown.unseen > (f->shown.id ? tracker->options.patience : tracker->options.show);
}

static void select_shown(struct tracker *tracker)
{
    size_t kept = 0;

    tracker->shown = 0;
    for (size_t k = 0; k < tracker->count; k++) {
        struct following *f = &tracker->all[k];
        if (is_forgotten(tracker, f))
            continue;
        if (!f->shown.id && (f->detections > 1 || f->shown.score >= tracker->options.sure))
            f->shown.id = tracker->next_id++;
        if (f->shown.id && f->shown.unseen <= tracker->options.show)
            tracker->tracks[tracker->shown++] = f->shown;
        if (kept != k)
            tracker->all[kept] = *f;
        kept++;
    }
    tracker->count = kept;
}

static int compare_ids(const void *a, const void *b)
{
    return ((const struct track *)a)->id - ((const struct track *)b)->id;
}

static mien_status advance(struct tracker *tracker, double time, mien_error *err)
{
    if (!isfinite(time) || (tracker->begun && time < tracker->time))
        return error_set(err, MIEN_EINVAL, "a frame at %g s after one at %g s: time goes on", time,
                         tracker->time);
    for (size_t k = 0; k < tracker->count; k++)
        predict(&tracker->all[k], time, time - tracker->time);
    tracker->time = time;
    tracker->begun = true;
    return MIEN_OK;
}

static void finish(struct tracker *tracker)
{
    select_shown(tracker);
    if (tracker->shown)
        qsort(tracker->tracks, tracker->shown, sizeof *tracker->tracks, compare_ids);
}

mien_status tracker_moved(struct tracker *tracker, double time, mien_error *err)
{
    mien_status status = advance(tracker, time, err);

    if (!status)
        finish(tracker);
    return status;
}

mien_status tracker_detected(struct tracker *tracker, double time,
                             const struct detection *detections, const float *appearances,
                             size_t count, mien_error *err)
{
    int *track = calloc(count + 1, sizeof *track); /* (count) */
    mien_status status = track ? reserve(tracker, count, err) : error_memory(err, count);

    if (!status)
        status = advance(tracker, time, err);
    if (!status)
        status = assign(tracker, detections, appearances, count, track, err);
    if (!status) {
        take(tracker, detections, appearances, count, track);
        finish(tracker);
    }
    free(track);
    return status;
}

const struct track *tracker_tracks(const struct tracker *tracker, size_t *ret_count)
{
    *ret_count = tracker->shown;
    return tracker->tracks;
}

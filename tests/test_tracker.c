/* test_tracker.c - assignment, filter, and who is who in scenes whose truth is known.
 * SPDX-License-Identifier: MIT */
#include "tests/unit.h"

#include <math.h>
#include <string.h>

#include "base/random.h"
#include "face/assignment.h"
#include "face/kalman.h"
#include "face/tracker.h"

enum { PEOPLE = 5, EVERY = 3, RATE = 30 };

/* The least cost of all ways to pair rows from `row` on. */
static double cheapest(const double *cost, size_t rows, size_t columns, double unpaired, size_t row,
                       unsigned taken)
{
    double best;

    if (row == rows)
        return 0;
    best = unpaired + cheapest(cost, rows, columns, unpaired, row + 1, taken);
    for (size_t column = 0; column < columns; column++)
        if (!(taken >> column & 1))
            best =
                fmin(best, cost[row * columns + column] + cheapest(cost, rows, columns, unpaired,
                                                                   row + 1, taken | 1u << column));
    return best;
}

static void an_assignment_costs_as_little_as_any_other(void **state)
{
    (void)state;
    for (uint64_t trial = 0; trial < 600; trial++) {
        double cost[36], unpaired = (double)random_range(1, trial, 0, 1), sum = 0;
        size_t rows = trial % 6, columns = trial / 6 % 6;
        unsigned taken = 0;
        int column[6];

        for (size_t i = 0; i < rows * columns; i++)
            cost[i] =
                random_bits(trial, i) % 4 ? (double)random_uniform(trial + 1000, i) : INFINITY;
        assert_int_equal(assignment_solve(cost, rows, columns, unpaired, column, NULL), MIEN_OK);
        for (size_t row = 0; row < rows; row++) {
            sum += column[row] < 0 ? unpaired : cost[row * columns + (size_t)column[row]];
            assert_true(column[row] < 0 || !(taken >> column[row] & 1));
            taken |= column[row] < 0 ? 0 : 1u << column[row];
        }
        assert_true(fabs(sum - cheapest(cost, rows, columns, unpaired, 0, 0)) < 1e-9);
    }
}

static void the_filter_finds_a_velocity_and_halves_the_noise(void **state)
{
    struct kalman k = kalman_start(0, 1, 100);
    double seen = 0, filtered = 0;

    (void)state;
    for (int i = 1; i <= 300; i++) {
        double truth = 20 * i / 30.0, measured = truth + (double)random_normal(3, (uint64_t)i);
        kalman_predict(&k, 1 / 30.0, 5, 1);
        kalman_correct(&k, measured, 1);
        if (i <= 60)
            continue;
        seen += (measured - truth) * (measured - truth);
        filtered += (k.x - truth) * (k.x - truth);
    }
    assert_true(fabs(k.v - 20) < 3);
    assert_true(filtered < 0.25 * seen);
}

/* A person of a scene at one moment. */
struct person {
    float x, y, h; /* centre and height of the face */
    bool visible;
};

/* Where person `who` is at `time`. */
typedef struct person scene_at(int who, double time);

struct result {
    int switches; /* a person's track has another number than before */
    int tracks;   /* numbers given */
    int missing;  /* visible people without a track, frames, from the first second on */
};

/* Every person looks different; a look changes a little with every frame. */
static void look(int who, uint64_t frame, float *appearance)
{
    double square = 0;

    for (int i = 0; i < APPEARANCE_FLOATS; i++) {
        appearance[i] = random_normal(100 + (uint64_t)who, (uint64_t)i) +
                        0.5f * random_normal(200 + (uint64_t)who, frame * 1000 + (uint64_t)i);
        square += (double)(appearance[i] * appearance[i]);
    }
    for (int i = 0; i < APPEARANCE_FLOATS; i++)
        appearance[i] /= (float)sqrt(square);
}

static struct detection detect(const struct person *p, int who, uint64_t frame)
{
    uint64_t key = random_key(7, frame * PEOPLE + (uint64_t)who);
    float h = p->h * (1 + 0.03f * random_normal(key, 0)), w = 0.8f * h;
    float x = p->x + 0.03f * h * random_normal(key, 2),
          y = p->y + 0.03f * h * random_normal(key, 4);

    return (struct detection){
        x - w / 2, y - h / 2,
        w,         h,
        0.95f,     {{x - w / 5, y - h / 8}, {x + w / 5, y - h / 8}, {x, y}, {x, y + h / 4}}};
}

static const struct track *nearest(const struct track *tracks, size_t count, const struct person *p)
{
    const struct track *best = NULL;
    double least = (double)p->h * 0.5;

    for (size_t i = 0; i < count; i++) {
        double away = hypot((double)(tracks[i].x + tracks[i].w / 2 - p->x),
                            (double)(tracks[i].y + tracks[i].h / 2 - p->y));
        if (away < least) {
            least = away;
            best = &tracks[i];
        }
    }
    return best;
}

/* Whether another one is so near that tracks cannot be told by their place. */
static bool is_mingled(scene_at *scene, int people, int who, double time)
{
    struct person p = scene(who, time);

    for (int other = 0; other < people; other++) {
        struct person q = scene(other, time);
        if (other != who && q.visible && hypot((double)(p.x - q.x), (double)(p.y - q.y)) < 70)
            return true;
    }
    return false;
}

static void judge(scene_at *scene, int people, double time, const struct track *tracks,
                  size_t count, int *ids, struct result *result)
{
    for (int who = 0; who < people; who++) {
        struct person p = scene(who, time);
        const struct track *t = p.visible ? nearest(tracks, count, &p) : NULL;
        if (is_mingled(scene, people, who, time))
            continue;
        result->missing += p.visible && !t && time > 1;
        if (!t)
            continue;
        result->switches += ids[who] && ids[who] != t->id;
        ids[who] = t->id;
        if (t->id > result->tracks)
            result->tracks = t->id;
    }
}

/* Plays a scene: of two faces that overlap much, the one in front (the first) is detected. */
static struct result play(scene_at *scene, int people, double seconds, bool looks)
{
    struct tracker *tracker;
    struct result result = {0, 0, 0};
    int ids[PEOPLE] = {0};

    assert_int_equal(tracker_new(NULL, &tracker, NULL), MIEN_OK);
    for (uint64_t frame = 0; (double)frame < seconds * RATE; frame++) {
        double time = (double)frame / RATE;
        struct detection detections[PEOPLE];
        float appearances[PEOPLE * APPEARANCE_FLOATS];
        const struct track *tracks;
        size_t count = 0, shown;

        for (int who = 0; who < people && frame % EVERY == 0; who++) {
            struct person p = scene(who, time);
            bool hidden = !p.visible || random_bits(9, frame * PEOPLE + (uint64_t)who) % 20 == 0;
            for (int other = 0; other < who; other++) {
                struct person q = scene(other, time);
                hidden |= q.visible &&
                          hypot((double)(p.x - q.x), (double)(p.y - q.y)) < 0.5 * (double)p.h;
            }
            if (hidden)
                continue;
            look(who, frame, appearances + count * APPEARANCE_FLOATS);
            detections[count++] = detect(&p, who, frame);
        }
        assert_int_equal(frame % EVERY ? tracker_moved(tracker, time, NULL)
                                       : tracker_detected(tracker, time, detections,
                                                          looks ? appearances : NULL, count, NULL),
                         MIEN_OK);
        tracks = tracker_tracks(tracker, &shown);
        judge(scene, people, time, tracks, shown, ids, &result);
    }
    tracker_free(tracker);
    return result;
}

static struct person wandering(int who, double time)
{
    double phase = who * 1.7;

    return (struct person){(float)(200 + 250 * who + 80 * sin(time * 1.3 + phase)),
                           (float)(300 + 60 * cos(time * 0.9 + phase)),
                           (float)(90 + 15 * sin(time * 0.5 + phase)), true};
}

static void people_who_move_about_keep_their_numbers(void **state)
{
    struct result result = play(wandering, PEOPLE, 60, true);

    (void)state;
    assert_int_equal(result.switches, 0);
    assert_int_equal(result.tracks, PEOPLE);
    assert_true(result.missing < 60 * RATE * PEOPLE / 100);
}

static struct person crossing(int who, double time)
{
    double way = (who ? -1 : 1) * (time - 3) * 120;

    return (struct person){(float)(500 + way), 300, 100, true};
}

/* They meet and go back the way that they came: motion alone gets this wrong. */
static struct person meeting(int who, double time)
{
    return (struct person){(float)(500 + (who ? 1 : -1) * (10 + fabs(time - 3) * 120)), 300, 100,
                           true};
}

static void two_people_who_cross_keep_their_numbers(void **state)
{
    struct result crossed = play(crossing, 2, 6, true), met = play(meeting, 2, 6, true);

    (void)state;
    assert_int_equal(crossed.switches, 0);
    assert_int_equal(crossed.tracks, 2);
    assert_int_equal(met.switches, 0);
    assert_int_equal(met.tracks, 2);
    assert_true(play(meeting, 2, 6, false).switches > 0); /* without looks */
}

static struct person covered(int who, double time)
{
    struct person p = wandering(who, time);

    p.visible = !(who == 1 && time > 3 && time < 5);
    return p;
}

static void a_number_survives_two_seconds_of_covering(void **state)
{
    struct result result = play(covered, 3, 10, true);

    (void)state;
    assert_int_equal(result.switches, 0);
    assert_int_equal(result.tracks, 3);
}

/* Person 1 takes the place that person 0 has left a second before. */
static struct person replaced(int who, double time)
{
    return (struct person){400, 300, 100, who ? time > 4 : time < 3};
}

static void who_looks_different_gets_a_number_of_their_own(void **state)
{
    (void)state;
    assert_int_equal(play(replaced, 2, 8, true).tracks, 2);
    assert_int_equal(play(replaced, 2, 8, false).tracks, 1); /* motion alone cannot tell */
}

static struct person gone(int who, double time)
{
    (void)who;
    return (struct person){400, 300, 100, time < 2 || time > 6};
}

static void who_is_away_for_longer_than_patience_lasts_is_new(void **state)
{
    (void)state;
    assert_int_equal(play(gone, 1, 8, true).tracks, 2);
}

static void a_doubtful_face_is_shown_when_it_is_detected_again(void **state)
{
    struct person p = {300, 200, 80, true};
    struct detection d = detect(&p, 0, 0);
    struct tracker *tracker;
    size_t count;

    (void)state;
    assert_int_equal(tracker_new(NULL, &tracker, NULL), MIEN_OK);
    d.score = 0.6f;
    assert_int_equal(tracker_detected(tracker, 0, &d, NULL, 1, NULL), MIEN_OK);
    tracker_tracks(tracker, &count);
    assert_int_equal(count, 0);
    assert_int_equal(tracker_detected(tracker, 0.5, NULL, NULL, 0, NULL), MIEN_OK);
    assert_int_equal(tracker_detected(tracker, 0.6, &d, NULL, 1, NULL), MIEN_OK);
    tracker_tracks(tracker, &count);
    assert_int_equal(count, 0); /* the first one is forgotten by now */
    assert_int_equal(tracker_detected(tracker, 0.7, &d, NULL, 1, NULL), MIEN_OK);
    assert_int_equal(tracker_tracks(tracker, &count)->id, 1);
    assert_int_equal(count, 1);
    tracker_free(tracker);
}

static void landmarks_go_along_with_the_box(void **state)
{
    struct tracker *tracker;
    const struct track *t;
    size_t count;

    (void)state;
    assert_int_equal(tracker_new(NULL, &tracker, NULL), MIEN_OK);
    for (uint64_t frame = 0; frame < 30; frame++) {
        struct person p = {100 + 4 * (float)frame, 200, 100, true};
        struct detection d = detect(&p, 0, frame);
        assert_int_equal(tracker_detected(tracker, (double)frame / RATE, &d, NULL, 1, NULL),
                         MIEN_OK);
    }
    assert_int_equal(tracker_moved(tracker, 32.0 / RATE, NULL), MIEN_OK);
    t = tracker_tracks(tracker, &count);
    assert_int_equal(count, 1);
    assert_true(fabsf(t->x + t->w / 2 - (100 + 4 * 32)) < 6);
    assert_true(fabsf(t->landmarks[2][0] - (100 + 4 * 32)) < 6);
    assert_true(fabsf(t->landmarks[3][1] - 225) < 6);
    tracker_free(tracker);
}

static void time_that_goes_back_is_refused(void **state)
{
    struct tracker *tracker;
    mien_error err;

    (void)state;
    assert_int_equal(tracker_new(NULL, &tracker, NULL), MIEN_OK);
    assert_int_equal(tracker_moved(tracker, 1, NULL), MIEN_OK);
    assert_int_equal(tracker_moved(tracker, 1, NULL), MIEN_OK);
    assert_int_equal(tracker_moved(tracker, 0.5, &err), MIEN_EINVAL);
    assert_string_equal(err.message, "a frame at 0.5 s after one at 1 s: time goes on");
    assert_int_equal(tracker_moved(tracker, (double)NAN, NULL), MIEN_EINVAL);
    tracker_free(tracker);
    tracker_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_assignment_costs_as_little_as_any_other),
        cmocka_unit_test(the_filter_finds_a_velocity_and_halves_the_noise),
        cmocka_unit_test(people_who_move_about_keep_their_numbers),
        cmocka_unit_test(two_people_who_cross_keep_their_numbers),
        cmocka_unit_test(a_number_survives_two_seconds_of_covering),
        cmocka_unit_test(who_looks_different_gets_a_number_of_their_own),
        cmocka_unit_test(who_is_away_for_longer_than_patience_lasts_is_new),
        cmocka_unit_test(a_doubtful_face_is_shown_when_it_is_detected_again),
        cmocka_unit_test(landmarks_go_along_with_the_box),
        cmocka_unit_test(time_that_goes_back_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

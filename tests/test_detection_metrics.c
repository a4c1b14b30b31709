/* test_detection_metrics.c - boxes of faces, and how well detections match them.
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include <string.h>

#include "base/random.h"
#include "evaluation/detection_metrics.h"
#include "tests/unit.h"

static struct detection_tally *tally; /* a new one for each test */

static int new_tally(void **state)
{
    (void)state;
    return detection_tally_new(&tally, NULL);
}

static int free_tally(void **state)
{
    (void)state;
    detection_tally_free(tally);
    return 0;
}

static struct face_mark face(float x, float y, float w, float h)
{
    return (struct face_mark){.x = x, .y = y, .w = w, .h = h};
}

static struct face_mark ignored(float x, float y, float w, float h)
{
    return (struct face_mark){.x = x, .y = y, .w = w, .h = h, .ignore = true};
}

static struct detection found(float x, float y, float w, float h, float score)
{
    return (struct detection){.x = x, .y = y, .w = w, .h = h, .score = score};
}

static void add(const struct detection *detections, size_t count, const struct face_mark *marks,
                size_t mark_count)
{
    assert_int_equal(detection_tally_add(tally, detections, count, marks, mark_count, NULL), 0);
}

static struct detection_metrics measure(float threshold)
{
    struct detection_metrics metrics;

    assert_int_equal(detection_metrics(tally, threshold, &metrics, NULL), MIEN_OK);
    return metrics;
}

static void assert_counts(float threshold, size_t hits, size_t false_positives)
{
    struct detection_metrics m = measure(threshold);

    assert_int_equal(m.at.hits, hits);
    assert_int_equal(m.at.false_positives, false_positives);
}

static void the_overlap_of_boxes_is_intersection_over_union(void **state)
{
    static const float a[4] = {0, 0, 10, 10}, half[4] = {0, 0, 10, 5}, shifted[4] = {5, 0, 10, 10},
                       apart[4] = {10, 0, 4, 4}, empty[4] = {2, 2, 0, 5};

    (void)state;
    assert_float_equal(face_box_iou(a, a), 1, 0);
    assert_float_equal(face_box_iou(a, half), 0.5, 1e-6);
    assert_float_equal(face_box_iou(shifted, a), 50.0 / 150, 1e-6);
    assert_float_equal(face_box_iou(a, apart), 0, 0);
    assert_float_equal(face_box_iou(a, empty), 0, 0);
}

static void the_box_of_an_upright_face_follows_from_its_landmarks(void **state)
{
    struct face_mark mark = {.landmarks = {{80, 100}, {120, 100}, {100, 120}, {100, 140}}};

    (void)state;
    face_mark_box(&mark); /* eye distance 40 is more than 0.95 * 40 */
    assert_float_equal(mark.h, 110, 1e-4);
    assert_float_equal(mark.w, 90.2, 1e-4);
    assert_float_equal(mark.x + mark.w / 2, 100, 1e-4);
    assert_float_equal(mark.y + mark.h / 2, 116.8, 1e-4);
    mark.landmarks[FACE_MOUTH][1] = 160;
    face_mark_box(&mark); /* now the mouth decides: 0.95 * 60 */
    assert_float_equal(mark.h, 2.75 * 57, 1e-4);
}

static void a_turned_face_keeps_the_size_of_its_box(void **state)
{
    struct face_mark mark = {.landmarks = {{80, 100}, {120, 100}, {100, 120}, {100, 140}},
                             .has_landmarks = true};
    const struct affine quarter = {{{0, -1, 300}, {1, 0, 0}}};
    struct face_mark turned;

    (void)state;
    face_mark_box(&mark);
    turned = face_mark_mapped(&mark, &quarter);
    assert_float_equal(turned.h, mark.h, 1e-3);
    assert_float_equal(turned.w, mark.w, 1e-3);
    assert_float_equal(turned.x + turned.w / 2, 300 - 116.8, 1e-3);
    assert_float_equal(turned.y + turned.h / 2, 100, 1e-3);
    assert_float_equal(turned.landmarks[FACE_LEFT_EYE][0], 200, 1e-3);
    assert_float_equal(turned.landmarks[FACE_LEFT_EYE][1], 80, 1e-3);
}

static void the_eyes_of_a_mirrored_face_change_names(void **state)
{
    const struct face_mark mark = {.landmarks = {{80, 100}, {120, 104}, {97, 120}, {99, 140}},
                                   .has_landmarks = true};
    const struct affine mirror = {{{-1, 0, 200}, {0, 1, 0}}};
    struct face_mark mirrored = face_mark_mapped(&mark, &mirror);

    (void)state;
    assert_float_equal(mirrored.landmarks[FACE_LEFT_EYE][0], 80, 1e-4);
    assert_float_equal(mirrored.landmarks[FACE_LEFT_EYE][1], 104, 1e-4);
    assert_float_equal(mirrored.landmarks[FACE_RIGHT_EYE][0], 120, 1e-4);
    assert_float_equal(mirrored.landmarks[FACE_RIGHT_EYE][1], 100, 1e-4);
    assert_float_equal(mirrored.landmarks[FACE_NOSE][0], 103, 1e-4);
    assert_float_equal(mirrored.landmarks[FACE_MOUTH][0], 101, 1e-4);
}

static void a_mark_without_landmarks_keeps_its_middle_and_is_scaled(void **state)
{
    const struct face_mark mark = ignored(10, 20, 8, 12);
    const struct affine map = {{{0, -2, 100}, {2, 0, 5}}}; /* a quarter turn, doubled */
    struct face_mark mapped = face_mark_mapped(&mark, &map);

    (void)state;
    assert_float_equal(mapped.w, 16, 1e-4);
    assert_float_equal(mapped.h, 24, 1e-4);
    assert_float_equal(mapped.x + mapped.w / 2, 100 - 2 * 26, 1e-4);
    assert_float_equal(mapped.y + mapped.h / 2, 5 + 2 * 14, 1e-4);
    assert_true(mapped.ignore && !mapped.has_landmarks);
}

static void an_overlap_of_exactly_half_is_a_hit(void **state)
{
    const struct face_mark mark = face(0, 0, 10, 10);
    const struct detection half = found(0, 0, 10, 5, 1), less = found(0, 0, 10, 4.9f, 1);

    (void)state;
    add(&half, 1, &mark, 1);
    assert_counts(0, 1, 0);
    add(&less, 1, &mark, 1);
    assert_counts(0, 1, 1);
}

static void a_face_is_found_once_and_the_surest_detection_has_it(void **state)
{
    const struct face_mark mark = face(0, 0, 10, 10);
    const struct detection two[] = {found(0, 0, 10, 10, 0.3f), found(0, 1, 10, 10, 0.9f)};

    (void)state;
    add(two, 2, &mark, 1);
    assert_counts(0.5f, 1, 0);
    assert_counts(0.1f, 1, 1);
}

static void a_detection_takes_the_face_that_it_overlaps_most(void **state)
{
    const struct face_mark marks[] = {face(0, 0, 10, 10), face(2, 0, 10, 10)};
    const struct detection both[] = {found(2, 0, 10, 10, 0.9f), found(0, 0, 10, 10, 0.8f)};

    (void)state;
    add(both, 2, marks, 2);
    assert_counts(0, 2, 0);
}

static void what_lies_on_an_ignored_mark_counts_neither_way(void **state)
{
    const struct face_mark marks[] = {ignored(0, 0, 20, 20), face(100, 0, 10, 10)};
    const struct detection some[] = {
        found(0, 0, 20, 18, 0.9f),   /* overlaps it */
        found(14, 5, 10, 10, 0.85f), /* more than half of it inside */
        found(4, 4, 4, 4, 0.8f),     /* lies inside */
        found(16, 0, 10, 10, 0.7f),  /* less than half inside: a false positive */
        found(100, 0, 10, 10, 0.6f), /* the face */
    };

    (void)state;
    add(some, 5, marks, 2);
    assert_counts(0, 1, 1);
    assert_int_equal(measure(0).faces, 1);
}

static void a_face_below_an_ignored_mark_can_still_be_found(void **state)
{
    const struct face_mark marks[] = {ignored(0, 0, 20, 20), face(0, 0, 20, 20)};
    const struct detection one = found(0, 0, 20, 20, 1);

    (void)state;
    add(&one, 1, marks, 2);
    assert_counts(0, 1, 0);
}

static void false_positives_of_pictures_without_marks_are_told_apart(void **state)
{
    const struct face_mark mark = face(0, 0, 10, 10), unsure = ignored(0, 0, 10, 10);
    const struct detection far = found(50, 50, 10, 10, 0.4f);

    (void)state;
    add(&far, 1, &mark, 1);
    add(&far, 1, &unsure, 1);
    add(&far, 1, NULL, 0);
    add(NULL, 0, NULL, 0);
    assert_int_equal(measure(0).pictures, 4);
    assert_int_equal(measure(0).empty_pictures, 2);
    assert_int_equal(measure(0).at.false_positives, 3);
    assert_int_equal(measure(0).empty_false_positives, 1);
    assert_int_equal(measure(0.5f).empty_false_positives, 0);
}

/* Scores 0.9 hit, 0.8 false, 0.7 hit, 0.7 false, 0.6 hit; five faces. Precisions at the four
 * thresholds are 1/1, 1/2, 2/4, 3/5; made monotone from behind 1, 3/5, 3/5, 3/5. */
static void add_example(void)
{
    const struct face_mark marks[] = {face(0, 0, 10, 10), face(20, 0, 10, 10), face(40, 0, 10, 10),
                                      face(60, 0, 10, 10), face(80, 0, 10, 10)};
    const struct detection some[] = {
        found(0, 50, 9, 9, 0.8f),  found(0, 0, 10, 10, 0.9f),  found(20, 0, 10, 10, 0.7f),
        found(20, 50, 9, 9, 0.7f), found(40, 0, 10, 10, 0.6f),
    };

    add(some, 5, marks, 5);
}

static void the_curve_has_a_point_a_score(void **state)
{
    static const float thresholds[] = {0.9f, 0.8f, 0.7f, 0.6f};
    static const double recalls[] = {0.2, 0.2, 0.4, 0.6}, precisions[] = {1, 0.5, 0.5, 0.6};
    struct detection_point *points;
    size_t count;

    (void)state;
    add_example();
    assert_int_equal(detection_curve(tally, &points, &count, NULL), MIEN_OK);
    assert_int_equal(count, 4);
    for (int i = 0; i < 4; i++) {
        assert_float_equal(points[i].threshold, thresholds[i], 0);
        assert_float_equal(points[i].recall, recalls[i], 1e-9);
        assert_float_equal(points[i].precision, precisions[i], 1e-9);
    }
    free(points);
}

static void the_average_precision_is_the_area_under_the_raised_curve(void **state)
{
    (void)state;
    add_example();
    assert_float_equal(measure(0).average_precision, 0.2 * 1 + 0.4 * 0.6, 1e-9);
    assert_float_equal(measure(0.85f).average_precision, 0.44, 1e-9);
}

static void the_threshold_for_a_precision_is_the_one_with_most_recall(void **state)
{
    struct detection_point point = {.recall = -1};
    mien_error err;

    (void)state;
    add_example();
    assert_int_equal(detection_threshold_for(tally, 0.55, &point, NULL), MIEN_OK);
    assert_float_equal(point.threshold, 0.6f, 0);
    assert_int_equal(point.hits, 3);
    assert_int_equal(detection_threshold_for(tally, 0.97, &point, NULL), MIEN_OK);
    assert_float_equal(point.threshold, 0.9f, 0);
    assert_int_equal(detection_threshold_for(tally, 1.01, &point, &err), MIEN_EINVAL);
    assert_non_null(strstr(err.message, "1.01"));
    assert_float_equal(point.threshold, 0.9f, 0);
}

static void recall_is_told_by_the_size_of_the_face(void **state)
{
    static const size_t faces[] = {1, 2, 1, 1, 2}, hits[] = {0, 1, 1, 1, 1};
    const struct face_mark marks[] = {
        face(0, 0, 10, 19.9f),  face(100, 0, 10, 20),   face(200, 0, 39, 30),  face(300, 0, 40, 40),
        face(400, 0, 100, 120), face(0, 300, 160, 100), face(600, 0, 400, 500)};
    struct detection some[4];

    (void)state;
    for (int i = 0; i < 4; i++) {
        const struct face_mark *m = &marks[i + 2];
        some[i] = found(m->x, m->y, m->w, m->h, 0.5f);
    }
    add(some, 4, marks, 7);
    for (int i = 0; i < DETECTION_SIZES; i++) {
        assert_int_equal(measure(0).size_faces[i], faces[i]);
        assert_int_equal(measure(0).size_hits[i], hits[i]);
    }
}

static void the_landmark_error_is_in_eye_distances(void **state)
{
    const struct face_mark marks[] = {{.h = 110,
                                       .w = 90,
                                       .landmarks = {{20, 40}, {60, 40}, {40, 60}, {40, 80}},
                                       .has_landmarks = true},
                                      {.x = 200, .w = 90, .h = 110}};
    struct detection some[] = {found(0, 0, 90, 110, 1), found(200, 0, 90, 110, 1)};

    (void)state;
    memcpy(some[0].landmarks, marks[0].landmarks, sizeof some[0].landmarks);
    some[0].landmarks[FACE_NOSE][0] += 12; /* 20 pixels off */
    some[0].landmarks[FACE_NOSE][1] += 16;
    some[0].landmarks[FACE_MOUTH][1] -= 4;
    add(some, 2, marks, 2);
    assert_float_equal(measure(0).landmark_error, (20.0 + 4.0) / 4 / 40, 1e-6);
}

static void nothing_added_has_no_recall_and_full_precision(void **state)
{
    struct detection_metrics m = measure(0.5f);

    (void)state;
    assert_float_equal(m.at.recall, 0, 0);
    assert_float_equal(m.at.precision, 1, 0);
    assert_float_equal(m.average_precision, 0, 0);
    assert_float_equal(m.landmark_error, 0, 0);
}

enum { MANY = 12 };

/* A picture of random faces, and detections some of which are near them. */
static void draw_picture(uint64_t key, struct face_mark marks[MANY], struct detection some[MANY])
{
    for (uint64_t i = 0; i < MANY; i++) {
        float x = random_range(key, 8 * i, 0, 200), y = random_range(key, 8 * i + 1, 0, 200);
        marks[i] = face(x, y, 30, 36);
        marks[i].ignore = i % 4 == 3;
        some[i] = found(x + random_range(key, 8 * i + 2, -12, 12), y, 30, 36,
                        rintf(random_range(key, 8 * i + 3, 0, 8)) / 8);
    }
}

static void the_order_of_detections_of_different_scores_does_not_matter(void **state)
{
    struct detection_tally *other;
    struct detection_metrics metrics;

    (void)state;
    assert_int_equal(detection_tally_new(&other, NULL), MIEN_OK);
    for (uint64_t key = 0; key < 50; key++) {
        struct face_mark marks[MANY];
        struct detection some[MANY], reversed[MANY];
        draw_picture(key, marks, some);
        for (int i = 0; i < MANY; i++) {
            some[i].score += (float)i / 1000;
            reversed[MANY - 1 - i] = some[i];
        }
        add(some, MANY, marks, MANY);
        assert_int_equal(detection_tally_add(other, reversed, MANY, marks, MANY, NULL), 0);
    }
    assert_int_equal(detection_metrics(other, 0.4f, &metrics, NULL), MIEN_OK);
    assert_int_equal(metrics.at.hits, measure(0.4f).at.hits);
    assert_int_equal(metrics.at.false_positives, measure(0.4f).at.false_positives);
    assert_float_equal(metrics.average_precision, measure(0.4f).average_precision, 1e-12);
    detection_tally_free(other);
}

static void a_tally_at_a_threshold_is_that_of_the_detections_above_it(void **state)
{
    struct detection_tally *other;
    struct detection_metrics metrics;

    (void)state;
    assert_int_equal(detection_tally_new(&other, NULL), MIEN_OK);
    for (uint64_t key = 0; key < 50; key++) {
        struct face_mark marks[MANY];
        struct detection some[MANY];
        size_t kept = 0;
        draw_picture(key, marks, some);
        add(some, MANY, marks, MANY);
        for (int i = 0; i < MANY; i++)
            if (some[i].score >= 0.5f)
                some[kept++] = some[i];
        assert_int_equal(detection_tally_add(other, some, kept, marks, MANY, NULL), MIEN_OK);
    }
    assert_int_equal(detection_metrics(other, 0, &metrics, NULL), MIEN_OK);
    assert_int_equal(metrics.at.hits, measure(0.5f).at.hits);
    assert_int_equal(metrics.at.false_positives, measure(0.5f).at.false_positives);
    assert_in_range(metrics.at.hits, 50, 450);
    detection_tally_free(other);
}

static void the_curve_falls_in_threshold_and_rises_in_recall(void **state)
{
    struct detection_point *points;
    size_t count;

    (void)state;
    for (uint64_t key = 0; key < 50; key++) {
        struct face_mark marks[MANY];
        struct detection some[MANY];
        draw_picture(key, marks, some);
        add(some, MANY, marks, MANY);
    }
    assert_int_equal(detection_curve(tally, &points, &count, NULL), MIEN_OK);
    assert_int_equal(count, 9);
    for (size_t i = 0; i < count; i++) {
        struct detection_metrics m = measure(points[i].threshold);
        assert_true(!i || points[i].threshold < points[i - 1].threshold);
        assert_true(!i || points[i].recall >= points[i - 1].recall);
        assert_int_equal(points[i].hits, m.at.hits);
        assert_int_equal(points[i].false_positives, m.at.false_positives);
        assert_true(m.average_precision >= 0 && m.average_precision <= points[count - 1].recall);
    }
    free(points);
}

#define WITH_TALLY(name) cmocka_unit_test_setup_teardown(name, new_tally, free_tally)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_overlap_of_boxes_is_intersection_over_union),
        cmocka_unit_test(the_box_of_an_upright_face_follows_from_its_landmarks),
        cmocka_unit_test(a_turned_face_keeps_the_size_of_its_box),
        cmocka_unit_test(the_eyes_of_a_mirrored_face_change_names),
        cmocka_unit_test(a_mark_without_landmarks_keeps_its_middle_and_is_scaled),
        WITH_TALLY(an_overlap_of_exactly_half_is_a_hit),
        WITH_TALLY(a_face_is_found_once_and_the_surest_detection_has_it),
        WITH_TALLY(a_detection_takes_the_face_that_it_overlaps_most),
        WITH_TALLY(what_lies_on_an_ignored_mark_counts_neither_way),
        WITH_TALLY(a_face_below_an_ignored_mark_can_still_be_found),
        WITH_TALLY(false_positives_of_pictures_without_marks_are_told_apart),
        WITH_TALLY(the_curve_has_a_point_a_score),
        WITH_TALLY(the_average_precision_is_the_area_under_the_raised_curve),
        WITH_TALLY(the_threshold_for_a_precision_is_the_one_with_most_recall),
        WITH_TALLY(recall_is_told_by_the_size_of_the_face),
        WITH_TALLY(the_landmark_error_is_in_eye_distances),
        WITH_TALLY(nothing_added_has_no_recall_and_full_precision),
        WITH_TALLY(the_order_of_detections_of_different_scores_does_not_matter),
        WITH_TALLY(a_tally_at_a_threshold_is_that_of_the_detections_above_it),
        WITH_TALLY(the_curve_falls_in_threshold_and_rises_in_recall),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

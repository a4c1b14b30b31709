/* test_alignment.c - the square that a classifier sees of a face.
 * SPDX-License-Identifier: MIT */
#include "tests/unit.h"

#include <math.h>
#include <string.h>

#include "face/alignment.h"

enum { SIDE = 48 };

/* A face as they lie in FER2013's crops on average, in a crop of 100 pixels at 200, 300. */
static const float average_box[4] = {200 + 49.8f - 45.5f, 300 + 55.3f - 55.45f, 91.0f, 110.9f};
static const float average_landmarks[4][2] = {
    {232.1f, 339.3f}, {267.7f, 339.1f}, {250.1f, 366.2f}, {250.2f, 378.0f}};

/* What the square shows in its middle, as wide as this, turned clockwise by so much. */
struct view {
    double x, y, width, degrees;
};

static struct view view_of(const float box[4], const float landmarks[4][2])
{
    struct affine map;

    assert_int_equal(alignment_map(box, landmarks, SIDE, &map, NULL), MIEN_OK);
    assert_float_equal(map.m[0][0], map.m[1][1], 1e-9); /* a similarity */
    assert_float_equal(map.m[0][1], -map.m[1][0], 1e-9);
    return (struct view){(map.m[0][0] + map.m[0][1]) * SIDE / 2 + map.m[0][2],
                         (map.m[1][0] + map.m[1][1]) * SIDE / 2 + map.m[1][2],
                         hypot(map.m[0][0], map.m[1][0]) * SIDE,
                         atan2(map.m[1][0], map.m[0][0]) * 180 / 3.14159265358979};
}

/* The average landmarks, turned about the middle of their crop. */
static void turned(double degrees, float ret_landmarks[4][2])
{
    double c = cos(degrees * 3.14159265358979 / 180), s = sin(degrees * 3.14159265358979 / 180);

    for (int i = 0; i < 4; i++) {
        double x = average_landmarks[i][0] - 250, y = average_landmarks[i][1] - 350;
        ret_landmarks[i][0] = (float)(250 + c * x - s * y);
        ret_landmarks[i][1] = (float)(350 + s * x + c * y);
    }
}

static void an_average_face_is_seen_as_in_its_crop_but_tighter(void **state)
{
    struct view view = view_of(average_box, average_landmarks);

    (void)state;
    assert_float_equal(view.x, 250, 0.1);
    assert_float_equal(view.y, 350, 0.1);
    assert_float_equal(view.width, 92, 0.1);
    assert_float_equal(view.degrees, 0, 0.1);
}

static void box_and_landmarks_are_each_half_believed(void **state)
{
    const float aside[4] = {average_box[0] + 10, average_box[1] - 6, average_box[2],
                            average_box[3]};
    const float large[4] = {2 * 4.3f + 150, 2 * -0.15f + 250, 2 * 91.0f, 2 * 110.9f};
    struct view view = view_of(aside, average_landmarks);

    (void)state;
    assert_float_equal(view.x, 255, 0.1);
    assert_float_equal(view.y, 347, 0.1);
    assert_float_equal(view.width, 92, 0.1);
    assert_float_equal(view_of(large, average_landmarks).width, 92 * 1.5, 0.2);
}

static void a_third_of_a_small_turn_stays_and_little_of_a_large_one(void **state)
{
    static const double turns[] = {-9, 9, 40, 170, -120};
    static const double seen[] = {-6, 6, 40 - 5.157, 170 - 5.157, -120 + 5.157};
    float landmarks[4][2];

    (void)state;
    for (int i = 0; i < 5; i++) {
        turned(turns[i], landmarks);
        assert_float_equal(view_of(average_box, (const float(*)[2])landmarks).degrees, seen[i],
                           0.1);
    }
}

static void landmarks_in_one_place_leave_half_of_the_box(void **state)
{
    const float landmarks[4][2] = {{250, 350}, {250, 350}, {250, 350}, {250, 350}};
    struct view view = view_of(average_box, landmarks);

    (void)state;
    assert_float_equal(view.x, 250, 0.1);
    assert_float_equal(view.y, 350, 0.1);
    assert_float_equal(view.width, 46, 0.1);
}

static void landmarks_that_are_not_finite_are_refused(void **state)
{
    float landmarks[4][2] = {{NAN, 0}};
    struct affine map;
    mien_error err;

    (void)state;
    assert_int_equal(alignment_map(average_box, (const float(*)[2])landmarks, SIDE, &map, &err),
                     MIEN_EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_average_face_is_seen_as_in_its_crop_but_tighter),
        cmocka_unit_test(box_and_landmarks_are_each_half_believed),
        cmocka_unit_test(a_third_of_a_small_turn_stays_and_little_of_a_large_one),
        cmocka_unit_test(landmarks_in_one_place_leave_half_of_the_box),
        cmocka_unit_test(landmarks_that_are_not_finite_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

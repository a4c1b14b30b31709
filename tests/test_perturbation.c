/* test_perturbation.c - pictures made worse on purpose.
 * SPDX-License-Identifier: MIT */
#include "tests/unit.h"

#include <string.h>

#include "evaluation/perturbation.h"
#include "image/jpeg_loss.h"

enum { SIDE = 48 };

/* A face of sorts: smooth, and different everywhere. */
static void make_picture(struct image *picture)
{
    assert_int_equal(image_new(SIDE, SIDE, 1, picture, NULL), MIEN_OK);
    for (int y = 0; y < SIDE; y++)
        for (int x = 0; x < SIDE; x++)
            image_row(picture, y)[x] = (uint8_t)(40 + 3 * y + (x * x + 7 * y * x) % 23);
}

/* The sum of absolute differences. */
static long difference(const struct image *a, const struct image *b)
{
    long sum = 0;

    for (int y = 0; y < SIDE; y++)
        for (int x = 0; x < SIDE; x++)
            sum += labs((long)image_row(a, y)[x] - image_row(b, y)[x]);
    return sum;
}

static void a_neutral_level_leaves_a_picture_as_it_is(void **state)
{
    static const double neutral[PERTURBATIONS] = {0, 1, 0, 1, 0, 0, 100, 0, 0};
    struct image picture, target;

    (void)state;
    make_picture(&picture);
    make_picture(&target);
    for (int p = 0; p < PERTURBATIONS; p++) {
        assert_int_equal(perturb((enum perturbation)p, neutral[p], 3, &picture, &target, NULL),
                         MIEN_OK);
        if (p == PERTURB_JPEG) /* steps of one level still round */
            assert_true(difference(&picture, &target) <= SIDE * SIDE);
        else
            assert_int_equal(difference(&picture, &target), 0);
    }
    image_free(&picture);
    image_free(&target);
}

static void every_way_gets_worse_from_level_to_level(void **state)
{
    static const enum perturbation rising[] = {PERTURB_BLUR, PERTURB_NOISE, PERTURB_EYES,
                                               PERTURB_MOUTH};
    struct image picture, target;

    (void)state;
    make_picture(&picture);
    make_picture(&target);
    for (int i = 0; i < 4; i++) {
        const struct perturbation_kind *kind = perturbation_kind(rising[i]);
        long before = -1;
        for (size_t l = 0; l < kind->level_count; l++) {
            assert_int_equal(perturb(rising[i], kind->levels[l], 3, &picture, &target, NULL),
                             MIEN_OK);
            assert_true(difference(&picture, &target) > before);
            before = difference(&picture, &target);
        }
    }
    for (int quality = 5, before = 1 << 30; quality <= 100; quality += 19) {
        assert_int_equal(perturb(PERTURB_JPEG, quality, 3, &picture, &target, NULL), MIEN_OK);
        assert_true(difference(&picture, &target) < before);
        before = (int)difference(&picture, &target);
    }
    image_free(&picture);
    image_free(&target);
}

static void rotation_turns_clockwise_and_scale_enlarges(void **state)
{
    struct image picture, target;

    (void)state;
    assert_int_equal(image_new(SIDE, SIDE, 1, &picture, NULL), MIEN_OK);
    assert_int_equal(image_new(SIDE, SIDE, 1, &target, NULL), MIEN_OK);
    for (int y = 8; y < 12; y++)
        memset(image_row(&picture, y) + 22, 255, 4); /* a spot at the top of the middle */
    assert_int_equal(perturb(PERTURB_ROTATION, 90, 0, &picture, &target, NULL), MIEN_OK);
    assert_true(image_row(&target, 24)[38] > 200 && image_row(&target, 10)[24] == 0);
    assert_int_equal(perturb(PERTURB_SCALE, 1.5, 0, &picture, &target, NULL), MIEN_OK);
    assert_true(image_row(&target, 3)[24] > 200 && image_row(&target, 10)[24] == 0);
    image_free(&picture);
    image_free(&target);
}

static void a_shift_is_as_far_as_it_says_in_a_direction_of_the_key(void **state)
{
    struct image picture, target;
    int moved_right = 0, moved_down = 0;

    (void)state;
    assert_int_equal(image_new(SIDE, SIDE, 1, &picture, NULL), MIEN_OK);
    assert_int_equal(image_new(SIDE, SIDE, 1, &target, NULL), MIEN_OK);
    image_row(&picture, 24)[24] = 255;
    for (uint64_t key = 0; key < 64; key++) {
        double x = 0, y = 0, sum = 0;
        assert_int_equal(perturb(PERTURB_SHIFT, 0.25, key, &picture, &target, NULL), MIEN_OK);
        for (int i = 0; i < SIDE * SIDE; i++) {
            double level = image_row(&target, i / SIDE)[i % SIDE];
            x += level * (i % SIDE - 24);
            y += level * (i / SIDE - 24);
            sum += level;
        }
        assert_float_equal((x * x + y * y) / (sum * sum), 12 * 12, 6);
        moved_right += x > 0;
        moved_down += y > 0;
    }
    assert_in_range(moved_right, 16, 48);
    assert_in_range(moved_down, 16, 48);
    image_free(&picture);
    image_free(&target);
}

static void a_bar_covers_the_eyes_or_the_mouth_and_nothing_else(void **state)
{
    struct image picture, target;

    (void)state;
    make_picture(&picture);
    make_picture(&target);
    assert_int_equal(perturb(PERTURB_EYES, 0.16, 0, &picture, &target, NULL), MIEN_OK);
    for (int y = 0; y < SIDE; y++)
        assert_int_equal(memcmp(image_row(&picture, y), image_row(&target, y), SIDE) != 0,
                         y >= 15 && y <= 22);
    assert_int_equal(perturb(PERTURB_MOUTH, 0.16, 0, &picture, &target, NULL), MIEN_OK);
    assert_memory_equal(image_row(&picture, 20), image_row(&target, 20), SIDE);
    assert_true(memcmp(image_row(&picture, 37), image_row(&target, 37), SIDE) != 0);
    image_free(&picture);
    image_free(&target);
}

static void jpeg_keeps_what_its_quantiser_can_hold(void **state)
{
    struct image picture;

    (void)state;
    assert_int_equal(image_new(19, 13, 1, &picture, NULL), MIEN_OK); /* no multiple of 8 */
    for (int y = 0; y < 13; y++)
        memset(image_row(&picture, y), 128 + 2 * 16, 19); /* the mean is 20 steps of 16 / 8 */
    jpeg_loss(&picture, 50);
    for (int y = 0; y < 13; y++)
        for (int x = 0; x < 19; x++)
            assert_int_equal(image_row(&picture, y)[x], 128 + 2 * 16);
    image_free(&picture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_neutral_level_leaves_a_picture_as_it_is),
        cmocka_unit_test(every_way_gets_worse_from_level_to_level),
        cmocka_unit_test(rotation_turns_clockwise_and_scale_enlarges),
        cmocka_unit_test(a_shift_is_as_far_as_it_says_in_a_direction_of_the_key),
        cmocka_unit_test(a_bar_covers_the_eyes_or_the_mouth_and_nothing_else),
        cmocka_unit_test(jpeg_keeps_what_its_quantiser_can_hold),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

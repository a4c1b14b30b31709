/* test_smoothing.c - flicker and delay of smoothed probabilities, and the personal neutral, on
 * simulated faces.
 * SPDX-License-Identifier: MIT */
#include "tests/unit.h"

#include <math.h>
#include <string.h>

#include "base/random.h"
#include "recognition/smoothing.h"

enum { LABELS = 7, NEUTRAL = 6, RATE = 30 };

/* Probabilities whose logarithms are `logs` with noise of standard deviation `noise`. */
static void frame_of(const float *logs, float noise, uint64_t key, uint64_t frame, float *ret)
{
    float sum = 0;

    for (int i = 0; i < LABELS; i++)
        sum += ret[i] =
            expf(logs[i] + noise * random_normal(key, 2 * (frame * LABELS + (uint64_t)i)));
    for (int i = 0; i < LABELS; i++)
        ret[i] /= sum;
}

static int largest(const float *values)
{
    int best = 0;

    for (int i = 1; i < LABELS; i++)
        best = values[i] > values[best] ? i : best;
    return best;
}

/* A face's logarithms: two labels that are near each other and five that are far behind. */
static void make_face(uint64_t key, float gap, float *ret_logs)
{
    int first = (int)(random_bits(key, 0) % LABELS);
    int second = (first + 1 + (int)(random_bits(key, 1) % (LABELS - 1))) % LABELS;

    for (int i = 0; i < LABELS; i++)
        ret_logs[i] = random_range(key, 2 + (uint64_t)i, -4, -2);
    ret_logs[first] = 0;
    ret_logs[second] = -gap;
}

static void labels_of_a_still_noisy_face_change_a_tenth_as_often(void **state)
{
    int raw_changes = 0, smooth_changes = 0;

    (void)state;
    for (uint64_t key = 0; key < 40; key++) {
        struct smoothing s;
        float logs[LABELS], p[LABELS];
        int raw = -1, label = -1;

        make_face(key, 0.02f * (float)(key % 20), logs);
        smoothing_start(&s, LABELS, NULL);
        for (uint64_t frame = 0; frame < 20 * RATE; frame++) {
            frame_of(logs, 0.2f + 0.02f * (float)(key % 30), 50 + key, frame, p);
            int now = largest(p), smoothed = smoothing_step(&s, (double)frame / RATE, p);
            raw_changes += raw >= 0 && now != raw;
            smooth_changes += label >= 0 && smoothed != label;
            raw = now;
            label = smoothed;
        }
    }
    printf("# label changes a second: %.2f unsmoothed, %.3f smoothed\n", raw_changes / 800.0,
           smooth_changes / 800.0);
    assert_true(raw_changes > 800);
    assert_true(10 * smooth_changes <= raw_changes);
}

static void a_real_change_shows_within_200_ms(void **state)
{
    double sum = 0;
    int worst = 0, trials = 0;

    (void)state;
    for (uint64_t key = 0; key < 200; key++) {
        struct smoothing s;
        float before[LABELS], after[LABELS], p[LABELS];
        int wanted, delay = -1;

        make_face(key, 1, before);
        make_face(key + 1000, 1, after);
        wanted = largest(after);
        if (wanted == largest(before))
            continue;
        smoothing_start(&s, LABELS, NULL);
        for (uint64_t frame = 0; frame < 3 * RATE && delay < 0; frame++) {
            bool changed = frame >= 2 * RATE;
            frame_of(changed ? after : before, 0.3f, key, frame, p);
            if (smoothing_step(&s, (double)frame / RATE, p) == wanted && changed)
                delay = (int)frame - 2 * RATE;
        }
        assert_true(delay >= 0);
        worst = delay > worst ? delay : worst;
        sum += delay;
        trials++;
    }
    printf("# delay of %d changes: mean %.0f ms, worst %.0f ms\n", trials,
           1000 * sum / trials / RATE, 1000.0 * worst / RATE);
    assert_true(worst * 1000 <= 200 * RATE);
}

static void one_or_two_odd_frames_change_no_label(void **state)
{
    static const float calm[LABELS] = {-4, -4, -4, 0, -4, -4, -2};
    static const float odd[LABELS] = {0, -5, -5, -5, -5, -5, -5};
    struct smoothing s;
    float p[LABELS];

    (void)state;
    smoothing_start(&s, LABELS, NULL);
    for (uint64_t frame = 0; frame < 90; frame++) {
        frame_of(frame == 40 || frame / 2 == 30 ? odd : calm, 0.1f, 1, frame, p);
        assert_int_equal(smoothing_step(&s, (double)frame / RATE, p), 3);
    }
}

static void smoothed_probabilities_sum_to_1_and_come_near_the_truth(void **state)
{
    static const float face[LABELS] = {-3, -4, -3, 0, -3, -1, -0.8f};
    struct smoothing s;
    float p[LABELS], truth[LABELS], sum = 0;

    (void)state;
    smoothing_start(&s, LABELS, NULL);
    frame_of(face, 0, 1, 0, truth);
    for (uint64_t frame = 0; frame < 90; frame++) {
        frame_of(face, 0.5f, 2, frame, p);
        smoothing_step(&s, (double)frame / RATE, p);
    }
    for (int i = 0; i < LABELS; i++) {
        sum += p[i];
        assert_true(fabsf(p[i] - truth[i]) < 0.08f);
    }
    assert_true(fabsf(sum - 1) < 1e-5f);
}

static void a_face_at_rest_reads_neutral_once_it_is_learned(void **state)
{
    static const float rest[LABELS] = {-2.5f, -4, -2, -4, 0, -4, -0.7f}; /* taken for sad */
    static const float smile[LABELS] = {-4, -4, -4, 0, -4, -3, -2};
    struct smoothing s;
    float p[LABELS];
    int label = -1;

    (void)state;
    smoothing_start(&s, LABELS, NULL);
    smoothing_learn_neutral(&s, NEUTRAL, 3);
    for (uint64_t frame = 0; frame < 6 * RATE; frame++) {
        frame_of(rest, 0.3f, 3, frame, p);
        label = smoothing_step(&s, 100 + (double)frame / RATE, p);
        if (frame == 2 * RATE)
            assert_int_equal(label, 4);
    }
    assert_int_equal(label, NEUTRAL);
    assert_true(fabsf(p[NEUTRAL] - SMOOTHING_NEUTRAL) < 0.06f);
    for (uint64_t frame = 6 * RATE; frame < 7 * RATE; frame++) {
        frame_of(smile, 0.3f, 3, frame, p);
        label = smoothing_step(&s, 100 + (double)frame / RATE, p);
    }
    assert_int_equal(label, 3);
}

static void slow_streams_are_followed_too(void **state)
{
    static const float before[LABELS] = {-4, -4, -4, 0, -4, -4, -2};
    static const float after[LABELS] = {-4, -4, -4, -3, -4, -4, 0};
    struct smoothing s;
    float p[LABELS];
    int label = -1;

    (void)state;
    smoothing_start(&s, LABELS, NULL);
    for (uint64_t frame = 0; frame < 60; frame++) { /* seven a second: two frames must do */
        frame_of(frame < 40 ? before : after, 0.2f, 5, frame, p);
        label = smoothing_step(&s, (double)frame / 7, p);
        assert_int_equal(label, frame < 41 ? 3 : 6);
    }
    smoothing_start(&s, LABELS, NULL);
    for (uint64_t frame = 0; frame < 30; frame++) { /* one a second: nothing to wait for */
        frame_of(frame < 20 ? before : after, 0.2f, 4, frame, p);
        label = smoothing_step(&s, (double)frame, p);
        if (frame == 21)
            assert_int_equal(label, 6);
    }
    assert_int_equal(label, 6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(labels_of_a_still_noisy_face_change_a_tenth_as_often),
        cmocka_unit_test(a_real_change_shows_within_200_ms),
        cmocka_unit_test(one_or_two_odd_frames_change_no_label),
        cmocka_unit_test(smoothed_probabilities_sum_to_1_and_come_near_the_truth),
        cmocka_unit_test(a_face_at_rest_reads_neutral_once_it_is_learned),
        cmocka_unit_test(slow_streams_are_followed_too),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

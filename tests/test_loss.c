/* test_loss.c - losses and their gradients.
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include <string.h>

#include "base/random.h"
#include "tests/unit.h"
#include "training/loss.h"

enum { ROWS = 9, CLASSES = 5 };

/* Logits of a usual size, and distributions: soft ones, one-hot ones, and one with a hole. */
static void make_rows(float logits[ROWS * CLASSES], float targets[ROWS * CLASSES])
{
    for (size_t n = 0; n < ROWS; n++) {
        float sum = 0;
        for (size_t c = 0; c < CLASSES; c++) {
            logits[n * CLASSES + c] = 2 * random_normal(1, n * CLASSES + c);
            targets[n * CLASSES + c] = random_uniform(2, n * CLASSES + c);
            if (n % 3 == 1)
                targets[n * CLASSES + c] = c == n % CLASSES;
            if (n % 3 == 2 && c == 0)
                targets[n * CLASSES + c] = 0;
            sum += targets[n * CLASSES + c];
        }
        for (size_t c = 0; c < CLASSES; c++)
            targets[n * CLASSES + c] /= sum;
    }
}

static const float class_weights[CLASSES] = {0.5f, 2, 1, 0, 1.5f};
static const float row_weights[ROWS] = {1, 0.5f, 0, 2, 1, 1, 1.5f, 1, 1};

/* The loss as the papers write it. */
static double written_out(const struct loss *loss, const float *logits, const float *targets,
                          const float *weights)
{
    double sum = 0;

    for (size_t n = 0; n < ROWS; n++) {
        double total = 0;
        for (size_t c = 0; c < CLASSES; c++)
            total += exp((double)logits[n * CLASSES + c]);
        for (size_t c = 0; c < CLASSES; c++) {
            double p = exp((double)logits[n * CLASSES + c]) / total;
            double w = loss->class_weights ? (double)loss->class_weights[c] : 1;
            sum -= (weights ? (double)weights[n] : 1) * w * (double)targets[n * CLASSES + c] *
                   pow(1 - p, (double)loss->focal) * log(p);
        }
    }
    return sum / ROWS;
}

static void check(const struct loss *loss, const float *weights)
{
    float logits[ROWS * CLASSES], targets[ROWS * CLASSES], dlogits[ROWS * CLASSES];
    double value;

    make_rows(logits, targets);
    value = loss_mean(loss, logits, targets, weights, ROWS, CLASSES, dlogits);
    assert_float_equal(value, written_out(loss, logits, targets, weights), 1e-6);
    assert_true(value == loss_mean(loss, logits, targets, weights, ROWS, CLASSES, NULL));
    for (size_t i = 0; i < ROWS * CLASSES; i++) {
        float kept = logits[i], step = 1.0f / 128;
        double above, below;
        logits[i] = kept + step;
        above = loss_mean(loss, logits, targets, weights, ROWS, CLASSES, NULL);
        logits[i] = kept - step;
        below = loss_mean(loss, logits, targets, weights, ROWS, CLASSES, NULL);
        logits[i] = kept;
        assert_float_equal(dlogits[i], (above - below) / (2 * (double)step), 1e-5);
    }
}

static void every_loss_is_its_formula_and_has_its_gradient(void **state)
{
    static const float gammas[] = {0, 0.5f, 1, 2, 3.5f};

    (void)state;
    for (size_t i = 0; i < sizeof gammas / sizeof *gammas; i++)
        for (int weighted = 0; weighted < 4; weighted++) {
            struct loss loss = {gammas[i], weighted & 1 ? class_weights : NULL};
            check(&loss, weighted & 2 ? row_weights : NULL);
        }
}

static void certain_rows_give_finite_losses_and_gradients(void **state)
{
    static const float logits[] = {200, -200, 0, 200, -200, 0}, targets[] = {1, 0, 0, 0, 1, 0};
    static const float gammas[] = {0, 0.5f, 2};
    float dlogits[6];

    (void)state;
    for (int i = 0; i < 3; i++) {
        struct loss loss = {gammas[i], NULL};
        double value = loss_mean(&loss, logits, targets, NULL, 2, 3, dlogits);
        assert_float_equal(value, 200, 1e-6);
        for (int j = 0; j < 6; j++)
            assert_true(isfinite(dlogits[j]));
        for (int j = 0; j < 3; j++)
            assert_float_equal(dlogits[j], 0, 1e-6);
    }
}

static void a_row_of_weight_0_has_no_say(void **state)
{
    float logits[ROWS * CLASSES], targets[ROWS * CLASSES], dlogits[ROWS * CLASSES];
    struct loss loss = {.focal = 2};

    (void)state;
    make_rows(logits, targets);
    loss_mean(&loss, logits, targets, row_weights, ROWS, CLASSES, dlogits);
    for (int c = 0; c < CLASSES; c++)
        assert_float_equal(dlogits[2 * CLASSES + c], 0, 0);
}

static void smoothed_targets_are_distributions(void **state)
{
    float target[4];

    (void)state;
    label_target(2, 4, 0.2f, target);
    assert_float_equal(target[2], 0.85, 1e-6);
    for (int c = 0; c < 4; c++)
        if (c != 2)
            assert_float_equal(target[c], 0.05, 1e-7);
}

static void balanced_weights_give_every_class_the_same_say(void **state)
{
    static const size_t rows[] = {10, 30, 0, 20};
    float weights[4];

    (void)state;
    balanced_class_weights(rows, 4, weights);
    assert_float_equal(weights[0], 2, 1e-6); /* 60 / (3 * 10) */
    assert_float_equal(weights[1], 2.0 / 3, 1e-6);
    assert_float_equal(weights[2], 0, 0);
    assert_float_equal(weights[3], 1, 1e-6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_loss_is_its_formula_and_has_its_gradient),
        cmocka_unit_test(certain_rows_give_finite_losses_and_gradients),
        cmocka_unit_test(a_row_of_weight_0_has_no_say),
        cmocka_unit_test(smoothed_targets_are_distributions),
        cmocka_unit_test(balanced_weights_give_every_class_the_same_say),
    };
    return cmocka_run_group_tests_name("loss", tests, NULL, NULL);
}

/* test_rule_fit.c - temperatures, the limit of uncertain answers, and what is no face.
 * SPDX-License-Identifier: MIT */
#include "tests/unit.h"

#include <math.h>
#include <string.h>

#include "base/random.h"
#include "evaluation/metrics.h"
#include "evaluation/rule_fit.h"
#include "network/softmax.h"

enum { COUNT = 20000, CLASSES = 7 };

static float logits[COUNT][CLASSES];
static uint16_t labels[COUNT];

/* Labels drawn as the logits say; then the logits are multiplied by `temperature`. */
static void draw(float temperature)
{
    for (uint64_t i = 0; i < COUNT; i++) {
        float probabilities[CLASSES], drawn = random_uniform(2, i);
        for (uint64_t c = 0; c < CLASSES; c++)
            logits[i][c] = 2 * (float)random_normal(1, i * CLASSES + c);
        softmax(logits[i], CLASSES, 1, probabilities);
        for (labels[i] = 0; labels[i] < CLASSES - 1 && drawn >= probabilities[labels[i]];)
            drawn -= probabilities[labels[i]++];
        for (size_t c = 0; c < CLASSES; c++)
            logits[i][c] *= temperature;
    }
}

static struct rule_fit fitted(double accuracy)
{
    struct rule_fit fit;
    mien_error err;

    if (rule_fit(logits[0], labels, COUNT, CLASSES, accuracy, &fit, &err))
        fail_msg("%s", err.message);
    return fit;
}

static double loss_at(double temperature)
{
    double loss = 0;

    for (size_t i = 0; i < COUNT; i++) {
        float probabilities[CLASSES];
        softmax(logits[i], CLASSES, (float)temperature, probabilities);
        loss += log_loss_of(probabilities[labels[i]]);
    }
    return loss;
}

static void the_temperature_that_was_put_in_is_found(void **state)
{
    static const float temperatures[] = {0.5f, 1, 3};

    (void)state;
    for (size_t t = 0; t < 3; t++) {
        draw(temperatures[t]);
        assert_float_equal(temperature_fit(logits[0], labels, COUNT, CLASSES) / temperatures[t], 1,
                           0.03);
    }
}

static void no_other_temperature_has_less_log_loss(void **state)
{
    double temperature;

    (void)state;
    draw(1.7f);
    temperature = temperature_fit(logits[0], labels, COUNT, CLASSES);
    assert_true(loss_at(temperature) <= loss_at(temperature * 1.01));
    assert_true(loss_at(temperature) <= loss_at(temperature / 1.01));
}

static void calibration_takes_the_error_away(void **state)
{
    struct rule_fit fit;

    (void)state;
    draw(3);
    fit = fitted(0.8);
    assert_true(fit.error_before > 0.1);
    assert_true(fit.error < 0.02);
    assert_true(fit.loss < fit.loss_before);
    assert_float_equal(fit.loss, loss_at(fit.temperature) / COUNT, 1e-9);
}

static void certain_answers_are_right_as_often_as_asked_for(void **state)
{
    struct rule_fit fit;
    double certain = 0, right = 0;

    (void)state;
    draw(2);
    fit = fitted(0.9);
    for (size_t i = 0; i < COUNT; i++) {
        float probabilities[CLASSES];
        size_t answer;
        softmax(logits[i], CLASSES, (float)fit.temperature, probabilities);
        answer = largest_index(probabilities, CLASSES);
        if (probabilities[answer] < (float)fit.uncertain_below)
            continue;
        certain++;
        right += answer == labels[i];
    }
    assert_float_equal(fit.coverage, certain / COUNT, 1e-12);
    assert_float_equal(fit.accuracy, right / certain, 1e-12);
    assert_true(fit.accuracy >= 0.9 && fit.accuracy < 0.91);
    assert_true(fitted(0.8).coverage > fit.coverage);
}

static void a_model_that_is_always_right_is_as_cool_as_can_be(void **state)
{
    static const float sure[2][2] = {{3, 0}, {0, 3}};
    static const uint16_t right[] = {0, 1};
    struct rule_fit fit;

    (void)state;
    assert_int_equal(rule_fit(sure[0], right, 2, 2, 1, &fit, NULL), MIEN_OK);
    assert_float_equal(fit.temperature, RULE_FIT_COOLEST, 1e-6);
    assert_float_equal(fit.coverage, 1, 0);
}

static void accuracy_out_of_reach_and_no_pictures_are_told(void **state)
{
    static const float sure[2][2] = {{3, 0}, {0, 3}};
    static const uint16_t wrong[] = {1, 0};
    struct rule_fit fit;
    mien_error err;

    (void)state;
    assert_int_equal(rule_fit(sure[0], wrong, 2, 2, 0.5, &fit, &err), MIEN_EINVAL);
    assert_non_null(strstr(err.message, "not even the most certain answers are right in 0.5"));
    assert_int_equal(rule_fit(sure[0], wrong, 0, 2, 0.5, &fit, &err), MIEN_EINVAL);
    assert_non_null(strstr(err.message, "no pictures"));
}

static void few_faces_are_taken_for_none(void **state)
{
    static float none[1000];
    static bool is_face[1000];
    struct face_fit fit;
    mien_error err;

    (void)state;
    for (int i = 0; i < 1000; i++) {
        is_face[i] = i >= 10;
        none[i] = i < 10 ? 0.1f * (float)i : (float)i / 2000;
    }
    assert_int_equal(face_fit(none, is_face, 1000, &fit, NULL), MIEN_OK);
    assert_int_equal(fit.faces, 990);
    assert_int_equal(fit.refused, 4); /* a fifth would be more than FACE_FIT_REFUSED */
    assert_int_equal(fit.others, 10);
    assert_int_equal(fit.noticed, 5); /* 0.5 to 0.9 */
    for (int i = 10; i < 1000; i++)
        none[i] = 0;
    assert_int_equal(face_fit(none, is_face, 1000, &fit, NULL), MIEN_OK);
    assert_float_equal(fit.above, FACE_FIT_LEAST, 0);
    assert_int_equal(face_fit(none, is_face, 10, &fit, &err), MIEN_EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_temperature_that_was_put_in_is_found),
        cmocka_unit_test(no_other_temperature_has_less_log_loss),
        cmocka_unit_test(calibration_takes_the_error_away),
        cmocka_unit_test(certain_answers_are_right_as_often_as_asked_for),
        cmocka_unit_test(a_model_that_is_always_right_is_as_cool_as_can_be),
        cmocka_unit_test(accuracy_out_of_reach_and_no_pictures_are_told),
        cmocka_unit_test(few_faces_are_taken_for_none),
    };
    return cmocka_run_group_tests_name("rule fit", tests, NULL, NULL);
}

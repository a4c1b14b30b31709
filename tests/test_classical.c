/* test_classical.c - nearest class means and logistic regression.
 * SPDX-License-Identifier: MIT */
#include "tests/unit.h"

#include <math.h>
#include <string.h>

#include "base/random.h"
#include "base/thread_pool.h"
#include "baseline/class_mean.h"
#include "baseline/logistic_regression.h"
#include "tests/golden_file.h"

static void a_picture_has_the_label_of_the_nearest_mean(void **state)
{
    static const uint8_t pixels[][2] = {{0, 0}, {10, 20}, {30, 0}, {100, 100}, {7, 7}};
    static const uint16_t labels[] = {2, 2, 0, 3, 1};
    static const uint32_t rows[] = {3, 0, 2, 1}; /* label 1 has no picture here */
    const struct byte_rows pictures = {&pixels[0][0], rows, 4, 2};
    struct class_mean means;

    (void)state;
    assert_int_equal(class_mean_fit(&pictures, labels, 5, &means, NULL), MIEN_OK);
    assert_float_equal(means.means[2 * 2 + 0], 5, 1e-12);
    assert_float_equal(means.means[2 * 2 + 1], 10, 1e-12);
    assert_int_equal(class_mean_classify(&means, (const uint8_t[]){7, 7}), 2);
    assert_int_equal(class_mean_classify(&means, (const uint8_t[]){30, 1}), 0);
    assert_int_equal(class_mean_classify(&means, (const uint8_t[]){255, 60}), 3);
    class_mean_free(&means);
}

static void equal_means_give_the_smaller_label(void **state)
{
    static const uint8_t pixels[] = {10, 20};
    static const uint16_t labels[] = {1, 0};
    const struct byte_rows pictures = {pixels, NULL, 2, 1};
    struct class_mean means;

    (void)state;
    assert_int_equal(class_mean_fit(&pictures, labels, 2, &means, NULL), MIEN_OK);
    assert_int_equal(class_mean_classify(&means, (const uint8_t[]){15}), 0);
    class_mean_free(&means);
}

static void logistic_regression_agrees_with_the_golden_values(void **state)
{
    static struct golden_case golden;
    FILE *file = golden_open("logistic.txt");
    const struct golden_tensor *features, *numbers;
    struct logistic_regression regression;
    struct logistic_options options;
    uint16_t labels[150];
    float weights[3 * 5], biases[3], probabilities[6 * 3];

    (void)state;
    assert_true(golden_next(file, &golden));
    features = golden_find(&golden, "features");
    numbers = golden_find(&golden, "labels");
    for (size_t i = 0; i < 150; i++)
        labels[i] = (uint16_t)numbers->values[i];
    logistic_options_init(&options);
    assert_int_equal(logistic_regression_fit(features->values, 150, 5, labels, 3, &options, NULL,
                                             &regression, NULL),
                     MIEN_OK);
    assert_in_range(regression.iterations, 1, 200);
    for (int i = 0; i < 15; i++)
        weights[i] = (float)regression.weights[i];
    for (int i = 0; i < 3; i++)
        biases[i] = (float)regression.weights[15 + i];
    golden_expect(&golden, "weights", weights, 5e-4);
    golden_expect(&golden, "biases", biases, 5e-4);
    for (size_t i = 0; i < 6; i++)
        logistic_regression_classify(&regression, features->values + i * 5, probabilities + i * 3);
    golden_expect(&golden, "probabilities", probabilities, 5e-4);
    logistic_regression_free(&regression);
    golden_free(&golden);
    fclose(file);
}

/* Numbers of mean 0 and variance 1, and labels that lean on the first of them. */
static void make_examples(size_t count, size_t features, float *ret_features, uint16_t *ret_labels)
{
    for (size_t i = 0; i < count * features; i++)
        ret_features[i] = random_normal(4, i);
    for (size_t i = 0; i < count; i++)
        ret_labels[i] = ret_features[i * features] + random_normal(5, i) > 0 ? 1 : 0;
}

static void any_number_of_threads_gives_the_same_weights(void **state)
{
    enum { COUNT = 5000, FEATURES = 30, WEIGHTS = 2 * (FEATURES + 1) };
    float *features = test_calloc(COUNT * FEATURES, sizeof *features);
    uint16_t *labels = test_calloc(COUNT, sizeof *labels);
    double expected[WEIGHTS];
    struct logistic_options options;

    (void)state;
    make_examples(COUNT, FEATURES, features, labels);
    logistic_options_init(&options);
    for (int threads = 1; threads <= 5; threads += 2) {
        struct logistic_regression regression;
        struct thread_pool *pool;

        assert_int_equal(thread_pool_new(threads, &pool, NULL), MIEN_OK);
        assert_int_equal(logistic_regression_fit(features, COUNT, FEATURES, labels, 2, &options,
                                                 pool, &regression, NULL),
                         MIEN_OK);
        if (threads == 1)
            memcpy(expected, regression.weights, sizeof expected);
        assert_memory_equal(regression.weights, expected, sizeof expected);
        assert_true(regression.weights[FEATURES] > 0.5); /* label 1, feature 0 */
        logistic_regression_free(&regression);
        thread_pool_free(pool);
    }
    test_free(features);
    test_free(labels);
}

/* Labels that a plane parts: only the penalty keeps the weights finite. */
static void labels_that_can_be_parted_keep_the_weights_finite(void **state)
{
    float features[40];
    uint16_t labels[40];
    struct logistic_regression regression;
    struct logistic_options options;
    float probabilities[2];

    (void)state;
    for (int i = 0; i < 40; i++) {
        features[i] = i < 20 ? -1 : 1;
        labels[i] = i < 20 ? 0 : 1;
    }
    logistic_options_init(&options);
    assert_int_equal(
        logistic_regression_fit(features, 40, 1, labels, 2, &options, NULL, &regression, NULL),
        MIEN_OK);
    assert_true(regression.iterations < options.iterations);
    logistic_regression_classify(&regression, &features[39], probabilities);
    assert_true(probabilities[1] > 0.9f && probabilities[1] < 1);
    logistic_regression_free(&regression);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_picture_has_the_label_of_the_nearest_mean),
        cmocka_unit_test(equal_means_give_the_smaller_label),
        cmocka_unit_test(logistic_regression_agrees_with_the_golden_values),
        cmocka_unit_test(any_number_of_threads_gives_the_same_weights),
        cmocka_unit_test(labels_that_can_be_parted_keep_the_weights_finite),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_metrics.c - figures of classifiers: against scikit-learn, by hand, and in general.
 * SPDX-License-Identifier: MIT */
#include "tests/unit.h"

#include <math.h>
#include <string.h>

#include "base/random.h"
#include "evaluation/calibration.h"
#include "evaluation/comparison.h"
#include "evaluation/curves.h"
#include "evaluation/metrics.h"
#include "tests/golden_file.h"

#define GOLDEN_TOLERANCE 1e-6

/* The answers of a golden case; labels are whole numbers kept as floats. */
struct example {
    struct golden_case golden;
    struct answers answers;
    uint16_t labels[4096];
};

static void open_example(FILE *file, const char *name, struct example *ret_example)
{
    const struct golden_tensor *probabilities, *labels;

    assert_true(golden_next(file, &ret_example->golden));
    assert_string_equal(ret_example->golden.name, name);
    probabilities = golden_find(&ret_example->golden, "probabilities");
    labels = golden_find(&ret_example->golden, "labels");
    for (size_t i = 0; i < labels->count; i++)
        ret_example->labels[i] = (uint16_t)labels->values[i];
    assert_int_equal(answers_new(probabilities->values, ret_example->labels, labels->count,
                                 probabilities->dims[1], &ret_example->answers, NULL),
                     MIEN_OK);
}

static void close_example(struct example *example)
{
    answers_free(&example->answers);
    golden_free(&example->golden);
}

static void expect(const struct golden_case *golden, const char *name, const double *values,
                   size_t count)
{
    float floats[4096];

    for (size_t i = 0; i < count; i++)
        floats[i] = (float)values[i];
    assert_int_equal(golden_find(golden, name)->count, count);
    golden_expect(golden, name, floats, GOLDEN_TOLERANCE);
}

static void expect_figures(const struct example *example)
{
    double figures[FIGURES];
    size_t confusion[64];

    answers_figures(&example->answers, NULL, confusion, figures);
    for (int f = 0; f < FIGURES; f++)
        if (f != FIGURE_TOP2 || golden_find(&example->golden, figure_key(FIGURE_TOP2)))
            expect(&example->golden, figure_key((enum figure)f), &figures[f], 1);
}

static void expect_by_class(const struct example *example)
{
    const struct answers *a = &example->answers;
    double confusion[64], precision[8], recall[8], f1[8];
    struct metrics *m;

    assert_int_equal(metrics_new(a->probabilities, a->labels, a->count, a->classes, &m, NULL),
                     MIEN_OK);
    for (size_t i = 0; i < a->classes * a->classes; i++)
        confusion[i] = (double)m->confusion[i];
    for (size_t c = 0; c < a->classes; c++) {
        precision[c] = m->by_class[c].precision;
        recall[c] = m->by_class[c].recall;
        f1[c] = m->by_class[c].f1;
    }
    expect(&example->golden, "confusion", confusion, a->classes * a->classes);
    expect(&example->golden, "precision", precision, a->classes);
    expect(&example->golden, "recall", recall, a->classes);
    expect(&example->golden, "f1", f1, a->classes);
    expect(&example->golden, "log_loss", &m->log_loss, 1);
    metrics_free(m);
}

static void expect_curves(const struct example *example)
{
    double roc[8], precision[8];
    size_t shown = 0;
    struct curve curve;

    for (size_t c = 0; c < example->answers.classes; c++) {
        roc[shown] = curve_area(&example->answers, NULL, c, CURVE_ROC);
        precision[shown] = curve_area(&example->answers, NULL, c, CURVE_PRECISION_RECALL);
        shown += !isnan(roc[shown]);
    }
    expect(&example->golden, "roc_areas", roc, shown);
    expect(&example->golden, "precision_recall_areas", precision, shown);
    assert_int_equal(curve_new(&example->answers, 0, CURVE_ROC, &curve, NULL), MIEN_OK);
    expect(&example->golden, "roc_x", curve.x, curve.count);
    expect(&example->golden, "roc_y", curve.y, curve.count);
    curve_free(&curve);
    assert_int_equal(curve_new(&example->answers, 0, CURVE_PRECISION_RECALL, &curve, NULL),
                     MIEN_OK);
    expect(&example->golden, "precision_recall_x", curve.x, curve.count);
    expect(&example->golden, "precision_recall_y", curve.y, curve.count);
    curve_free(&curve);
}

static void figures_and_curves_agree_with_scikit_learn(void **state)
{
    static const char *const names[] = {"soft", "coarse"};
    static struct example example;
    FILE *file = golden_open("metrics.txt");

    (void)state;
    for (int i = 0; i < 2; i++) {
        open_example(file, names[i], &example);
        expect_figures(&example);
        expect_by_class(&example);
        expect_curves(&example);
        close_example(&example);
    }
    fclose(file);
}

static void mcnemars_test_agrees_with_scipy(void **state)
{
    static struct golden_case golden;
    FILE *file = golden_open("metrics.txt");
    const struct golden_tensor *pairs;
    double p[16];

    (void)state;
    do {
        golden_free(&golden);
        assert_true(golden_next(file, &golden));
    } while (strcmp(golden.name, "mcnemar") != 0);
    pairs = golden_find(&golden, "pairs");
    for (size_t i = 0; i < pairs->dims[0]; i++)
        p[i] = mcnemar_exact((size_t)pairs->values[2 * i], (size_t)pairs->values[2 * i + 1]);
    expect(&golden, "p", p, pairs->dims[0]);
    golden_free(&golden);
    fclose(file);
}

enum { COUNT = 400, CLASSES = 4 };

/* Answers of which about `share` are right, and the labels. */
static void make_answers(uint64_t seed, float share, float *probabilities, uint16_t *labels)
{
    for (size_t i = 0; i < COUNT; i++) {
        float *row = probabilities + i * CLASSES, sum = 0;
        labels[i] = (uint16_t)(random_bits(9, i) % CLASSES);
        for (size_t c = 0; c < CLASSES; c++)
            row[c] = random_range(seed, i * CLASSES + c, 0.1F, 1);
        if (random_uniform(seed + 1, i) < share)
            row[labels[i]] += 1;
        for (size_t c = 0; c < CLASSES; c++)
            sum += row[c];
        for (size_t c = 0; c < CLASSES; c++)
            row[c] /= sum;
    }
}

static void an_interval_holds_its_figure_and_is_the_same_on_any_threads(void **state)
{
    static float probabilities[COUNT * CLASSES];
    static uint16_t labels[COUNT];
    struct interval one[FIGURES], two[FIGURES];
    struct thread_pool *pool;
    struct answers answers;
    struct interval accuracy;
    size_t right = 0;

    (void)state;
    make_answers(1, 0.6F, probabilities, labels);
    assert_int_equal(thread_pool_new(3, &pool, NULL), MIEN_OK);
    assert_int_equal(answers_new(probabilities, labels, COUNT, CLASSES, &answers, NULL), MIEN_OK);
    assert_int_equal(intervals_new(&answers, NULL, one, NULL), MIEN_OK);
    assert_int_equal(intervals_new(&answers, pool, two, NULL), MIEN_OK);
    assert_memory_equal(one, two, sizeof one);
    for (int f = 0; f < FIGURES; f++) {
        if (f != FIGURE_ECE) /* a sample adds error of its own: its distribution lies higher */
            assert_in_range((one[f].value - one[f].low) * 1e9, 0, 1e9);
        assert_true(one[f].low < one[f].high && one[f].value <= one[f].high);
    }
    for (size_t i = 0; i < COUNT; i++)
        right += answers.predicted[i] == labels[i];
    accuracy = accuracy_interval(right, COUNT);
    assert_memory_equal(&accuracy, &one[FIGURE_ACCURACY], sizeof accuracy);
    answers_free(&answers);
    thread_pool_free(pool);
}

/* Of accuracy's standard error sqrt(p (1 - p) / N), an interval has 2 x 1.96. */
static void the_interval_of_an_accuracy_is_as_wide_as_theory_says(void **state)
{
    const struct interval accuracy = accuracy_interval(2100, 3000);
    const double theory = 2 * 1.96 * sqrt(0.7 * 0.3 / 3000);

    (void)state;
    assert_float_equal(accuracy.high - accuracy.low, theory, 0.1 * theory);
    assert_float_equal((accuracy.low + accuracy.high) / 2, 0.7, 0.1 * theory);
}

static void a_picture_that_counts_twice_is_as_good_as_two(void **state)
{
    static float probabilities[2 * COUNT * CLASSES];
    static uint16_t labels[2 * COUNT], weights[COUNT];
    double weighted[FIGURES], repeated[FIGURES];
    size_t confusion[CLASSES * CLASSES], count = 0;
    struct answers answers;

    (void)state;
    make_answers(2, 0.5F, probabilities, labels);
    for (size_t i = 0; i < COUNT; i++)
        weights[i] = (uint16_t)(random_bits(3, i) % 3);
    assert_int_equal(answers_new(probabilities, labels, COUNT, CLASSES, &answers, NULL), MIEN_OK);
    answers_figures(&answers, weights, confusion, weighted);
    answers_free(&answers);

    static float copies[2 * COUNT * CLASSES];
    static uint16_t copied[2 * COUNT];
    for (size_t i = 0; i < COUNT; i++)
        for (int k = 0; k < weights[i]; k++, count++) {
            memcpy(copies + count * CLASSES, probabilities + i * CLASSES, CLASSES * sizeof *copies);
            copied[count] = labels[i];
        }
    assert_int_equal(answers_new(copies, copied, count, CLASSES, &answers, NULL), MIEN_OK);
    answers_figures(&answers, NULL, confusion, repeated);
    answers_free(&answers);
    for (int f = 0; f < FIGURES; f++)
        assert_float_equal(weighted[f], repeated[f], 1e-9);
}

static void models_that_differ_are_told_from_models_that_do_not(void **state)
{
    static float a[COUNT * CLASSES], b[COUNT * CLASSES];
    static uint16_t labels[COUNT];
    struct answers one, other;
    struct comparison c;

    (void)state;
    make_answers(4, 0.5F, a, labels);
    make_answers(5, 0.8F, b, labels);
    assert_int_equal(answers_new(a, labels, COUNT, CLASSES, &one, NULL), MIEN_OK);
    assert_int_equal(answers_new(b, labels, COUNT, CLASSES, &other, NULL), MIEN_OK);
    assert_int_equal(comparison_new(&one, &other, NULL, &c, NULL), MIEN_OK);
    assert_int_equal(c.both + c.only_a + c.only_b + c.neither, COUNT);
    assert_true(c.mcnemar < 1e-6);
    assert_true(c.difference[FIGURE_ACCURACY].low > 0);
    assert_true(c.difference[FIGURE_LOG_LOSS].high < 0);
    assert_float_equal(c.difference[FIGURE_ACCURACY].value,
                       ((double)c.only_b - (double)c.only_a) / COUNT, 1e-12);
    assert_int_equal(comparison_new(&one, &one, NULL, &c, NULL), MIEN_OK);
    assert_true(c.mcnemar == 1);
    assert_true(c.difference[FIGURE_ACCURACY].low == 0 && c.difference[FIGURE_ACCURACY].high == 0);
    labels[0] ^= 1; /* the lists are borrowed: this changes both */
    assert_int_equal(comparison_new(&one, &other, NULL, &c, NULL), MIEN_OK);
    other.count--;
    assert_int_equal(comparison_new(&one, &other, NULL, &c, NULL), MIEN_EINVAL);
    other.count++;
    answers_free(&one);
    answers_free(&other);
}

static void calibration_counts_every_picture_in_the_bin_of_its_confidence(void **state)
{
    static const float probabilities[] = {1, 0, 0.65F, 0.35F, 0.5F, 0.5F, 0.1F, 0.9F};
    static const uint16_t labels[] = {0, 1, 0, 1};
    struct calibration c;

    (void)state;
    calibration_measure(probabilities, labels, 4, 2, &c);
    assert_int_equal(c.bins[14].count, 1);
    assert_int_equal(c.bins[13].count, 1); /* 0.9 lies in (13/15, 14/15] */
    assert_int_equal(c.bins[9].count, 1);
    assert_int_equal(c.bins[7].count, 1);
    assert_float_equal(c.ece, (0 + 0.1 + 0.65 + 0.5) / 4, 1e-7);
    assert_float_equal(c.brier, (0 + 2 * 0.4225 + 2 * 0.25 + 2 * 0.01) / 4, 1e-7);
}

static void accuracy_by_coverage_begins_with_the_most_certain(void **state)
{
    static const float probabilities[] = {0.6F, 0.4F, 0.9F, 0.1F, 0.7F, 0.3F, 0.7F, 0.3F};
    static const uint16_t labels[] = {1, 0, 0, 1};
    struct coverage c;

    (void)state;
    assert_int_equal(coverage_new(probabilities, labels, 4, 2, &c, NULL), MIEN_OK);
    assert_float_equal(c.accuracy[0], 1, 1e-12);
    assert_float_equal(c.accuracy[1], 2. / 3, 1e-12); /* two of 0.7 pass together */
    assert_float_equal(c.accuracy[2], 2. / 3, 1e-12);
    assert_float_equal(c.accuracy[3], 0.5, 1e-12);
    assert_int_equal(coverage_at(&c, 0.95F), 0);
    assert_int_equal(coverage_at(&c, 0.7F), 3);
    assert_int_equal(coverage_at(&c, 0), 4);
    coverage_free(&c);
}

static void a_label_that_is_alone_or_absent_has_no_curve(void **state)
{
    static const float probabilities[] = {0.6F, 0.4F, 0.9F, 0.1F};
    static const uint16_t labels[] = {0, 0};
    double figures[FIGURES];
    size_t confusion[4];
    struct answers answers;
    struct curve curve;
    mien_error err;

    (void)state;
    assert_int_equal(answers_new(probabilities, labels, 2, 2, &answers, NULL), MIEN_OK);
    assert_true(isnan(curve_area(&answers, NULL, 0, CURVE_ROC)));
    assert_int_equal(curve_new(&answers, 1, CURVE_ROC, &curve, &err), MIEN_EINVAL);
    assert_non_null(strstr(err.message, "no curve"));
    answers_figures(&answers, NULL, confusion, figures);
    assert_true(isnan(figures[FIGURE_ROC_AREA]) && figures[FIGURE_ACCURACY] == 1);
    answers_free(&answers);
    assert_int_equal(answers_new(probabilities, labels, 0, 2, &answers, NULL), MIEN_EINVAL);
}

static void a_thinned_curve_keeps_its_ends_and_its_course(void **state)
{
    static float probabilities[COUNT * CLASSES];
    static uint16_t labels[COUNT];
    struct answers answers;
    struct curve whole, thin;
    size_t at = 0;

    (void)state;
    make_answers(6, 0.6F, probabilities, labels);
    assert_int_equal(answers_new(probabilities, labels, COUNT, CLASSES, &answers, NULL), MIEN_OK);
    assert_int_equal(curve_new(&answers, 1, CURVE_ROC, &whole, NULL), MIEN_OK);
    assert_int_equal(curve_new(&answers, 1, CURVE_ROC, &thin, NULL), MIEN_OK);
    curve_thin(&thin, 0.05);
    assert_true(thin.count < whole.count / 4 && thin.x[0] == 0 && thin.y[0] == 0);
    assert_true(thin.x[thin.count - 1] == 1 && thin.y[thin.count - 1] == 1);
    for (size_t i = 0; i < whole.count; i++) { /* no point is further than a step from a kept one */
        while (at + 1 < thin.count && thin.x[at + 1] <= whole.x[i] && thin.y[at + 1] <= whole.y[i])
            at++;
        assert_true(whole.x[i] - thin.x[at] < 0.05 && whole.y[i] - thin.y[at] < 0.05);
    }
    curve_free(&whole);
    curve_free(&thin);
    answers_free(&answers);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(figures_and_curves_agree_with_scikit_learn),
        cmocka_unit_test(mcnemars_test_agrees_with_scipy),
        cmocka_unit_test(an_interval_holds_its_figure_and_is_the_same_on_any_threads),
        cmocka_unit_test(the_interval_of_an_accuracy_is_as_wide_as_theory_says),
        cmocka_unit_test(a_picture_that_counts_twice_is_as_good_as_two),
        cmocka_unit_test(models_that_differ_are_told_from_models_that_do_not),
        cmocka_unit_test(calibration_counts_every_picture_in_the_bin_of_its_confidence),
        cmocka_unit_test(accuracy_by_coverage_begins_with_the_most_certain),
        cmocka_unit_test(a_thinned_curve_keeps_its_ends_and_its_course),
        cmocka_unit_test(a_label_that_is_alone_or_absent_has_no_curve),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

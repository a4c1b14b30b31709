/* test_tuning.c - spaces to search, and successive halving.
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include <string.h>

#include "tests/unit.h"
#include "tuning/halving.h"
#include "tuning/search_space.h"

static struct search_space parse(const char *text)
{
    struct search_space space = {0};
    mien_error err;

    if (search_space_parse(text, "t", &space, &err))
        fail_msg("%s", err.message);
    return space;
}

static const char *const good = "# a space\n"
                                "learning-rate log 1e-4 1e-2   # a comment\n"
                                "\n"
                                "\tmixup uniform -0.5 1.5\r\n"
                                "patience integer 3 5\n"
                                "optimizer choice adamw sgd adam";

static void a_space_is_read_line_by_line(void **state)
{
    struct search_space space = parse(good);

    (void)state;
    assert_int_equal(space.count, 4);
    assert_string_equal(space.fields[0].name, "learning-rate");
    assert_int_equal(space.fields[0].line, 2);
    assert_int_equal(space.fields[0].kind, SEARCH_LOG);
    assert_float_equal(space.fields[0].high, 0.01, 1e-12);
    assert_int_equal(space.fields[3].choice_count, 3);
    assert_string_equal(space.fields[3].choices[1], "sgd");
    search_space_free(&space);
}

static void draws_are_spread_evenly_over_what_is_allowed(void **state)
{
    struct search_space space = parse(good);
    char value[SEARCH_VALUE_MAX];
    int low_half = 0, patience[3] = {0}, sgd = 0;
    double sum = 0;

    (void)state;
    for (int trial = 0; trial < 3000; trial++) {
        double rate, mixup;
        search_space_draw(&space, 0, 1, trial, value);
        rate = strtod(value, NULL);
        assert_true(rate >= 1e-4 && rate <= 1e-2);
        low_half += rate < 1e-3;
        search_space_draw(&space, 1, 1, trial, value);
        mixup = strtod(value, NULL);
        assert_true(mixup >= -0.5 && mixup <= 1.5);
        sum += mixup;
        search_space_draw(&space, 2, 1, trial, value);
        assert_true(strlen(value) == 1 && value[0] >= '3' && value[0] <= '5');
        patience[value[0] - '3']++;
        search_space_draw(&space, 3, 1, trial, value);
        sgd += strcmp(value, "sgd") == 0;
    }
    assert_in_range(low_half, 1400, 1600);
    assert_float_equal(sum / 3000, 0.5, 0.04);
    for (int i = 0; i < 3; i++)
        assert_in_range(patience[i], 900, 1100);
    assert_in_range(sgd, 900, 1100);
    search_space_free(&space);
}

static void a_draw_depends_on_seed_trial_and_field_alone(void **state)
{
    struct search_space space = parse(good), alone = parse("learning-rate log 1e-4 1e-2");
    char first[SEARCH_VALUE_MAX], second[SEARCH_VALUE_MAX];

    (void)state;
    search_space_draw(&space, 0, 7, 5, first);
    search_space_draw(&alone, 0, 7, 5, second);
    assert_string_equal(first, second);
    search_space_draw(&space, 0, 7, 6, second);
    assert_string_not_equal(first, second);
    search_space_draw(&space, 0, 8, 5, second);
    assert_string_not_equal(first, second);
    search_space_free(&space);
    search_space_free(&alone);
}

static void a_bad_space_is_refused_with_the_line_and_the_mend(void **state)
{
    static const char *const cases[][2] = {
        {"# nothing\n", "t: no field to search: write lines like learning-rate log 1e-4 1e-2"},
        {"rate", "t:1: write rate and how to draw it: uniform, log, integer or choice"},
        {"\nrate unifrom 1 2", "t:2: \"unifrom\": did you mean \"uniform\"?"},
        {"rate gauss 1 2", "t:1: \"gauss\": give uniform, log, integer or choice"},
        {"rate uniform 1", "t:1: write rate uniform LOW HIGH"},
        {"rate uniform 1 2 3", "t:1: write rate uniform LOW HIGH"},
        {"rate uniform 1 x", "t:1: \"x\" is not a number"},
        {"rate uniform 1 nan", "t:1: \"nan\" is not a number"},
        {"rate uniform 2 1", "t:1: from 2 to 1: the first must be the smaller"},
        {"rate log 0 1", "t:1: log needs numbers above 0, and 0 is not"},
        {"n integer 1.5 3", "t:1: 1.5 is not a whole number"},
        {"o choice a", "t:1: give two choices or more: o choice A B"},
        {"a uniform 0 1\na uniform 0 2", "t:2: a is in line 1 already"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct search_space space = {0};
        mien_error err = {0};
        assert_int_equal(search_space_parse(cases[i][0], "t", &space, &err), MIEN_EINVAL);
        assert_string_equal(err.message, cases[i][1]);
        assert_int_equal(space.count, 0);
    }
}

static void each_round_has_fewer_trials_and_more_epochs(void **state)
{
    struct halving h = halving_new(20, 30, 3), random = halving_new(20, 30, 1);
    struct halving one = halving_new(1, 30, 3), short_one = halving_new(100, 1, 3);

    (void)state;
    assert_int_equal(h.rounds, 3);
    assert_int_equal(halving_trials(&h, 0), 20);
    assert_int_equal(halving_epochs(&h, 0), 3);
    assert_int_equal(halving_trials(&h, 1), 6);
    assert_int_equal(halving_epochs(&h, 1), 10);
    assert_int_equal(halving_trials(&h, 2), 2);
    assert_int_equal(halving_epochs(&h, 2), 30);
    assert_int_equal(halving_total_epochs(&h), 20 * 3 + 6 * 7 + 2 * 20);
    assert_int_equal(random.rounds, 1);
    assert_int_equal(halving_epochs(&random, 0), 30);
    assert_int_equal(halving_trials(&random, 0), 20);
    assert_int_equal(one.rounds, 1);
    assert_int_equal(halving_epochs(&one, 0), 30);
    assert_int_equal(short_one.rounds, 1);
    assert_int_equal(halving_epochs(&short_one, 0), 1);
}

static void the_best_trials_come_first_and_the_earlier_of_equals(void **state)
{
    static const double scores[] = {0.5, 0.7, 0.1, 0.7, -INFINITY, 0.9};
    static const int expected[] = {5, 1, 3, 0, 2, 4};
    int trials[] = {0, 1, 2, 3, 4, 5}, backwards[] = {5, 4, 3, 2, 1, 0};

    (void)state;
    halving_sort(trials, 6, scores);
    halving_sort(backwards, 6, scores);
    assert_memory_equal(trials, expected, sizeof expected);
    assert_memory_equal(backwards, expected, sizeof expected);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_space_is_read_line_by_line),
        cmocka_unit_test(draws_are_spread_evenly_over_what_is_allowed),
        cmocka_unit_test(a_draw_depends_on_seed_trial_and_field_alone),
        cmocka_unit_test(a_bad_space_is_refused_with_the_line_and_the_mend),
        cmocka_unit_test(each_round_has_fewer_trials_and_more_epochs),
        cmocka_unit_test(the_best_trials_come_first_and_the_earlier_of_equals),
    };
    return cmocka_run_group_tests_name("tuning", tests, NULL, NULL);
}

/* test_tuning.c - spaces to search, successive halving, and searches that are broken off.
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include <pthread.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/random.h"
#include "tests/unit.h"
#include "tuning/trial_training.h"

static struct search_space parse(const char *text)
{
    struct search_space space = {0};
    mien_error err;

    if (search_space_parse(text, "t", &space, &err))
        fail_msg("%s", err.message);
    return space;
}

static const char *const good = "# a space\n"
                                "learning_rate log 1e-4 1e-2   # a comment\n"
                                "\n"
                                "\tmixup uniform -0.5 1.5\r\n"
                                "patience integer 3 5\n"
                                "optimizer choice adamw sgd adam";

static void a_space_is_read_line_by_line(void **state)
{
    struct search_space space = parse(good);

    (void)state;
    assert_int_equal(space.count, 4);
    assert_string_equal(space.fields[0].name, "learning_rate");
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

static void draws_stay_within_a_narrow_range(void **state)
{
    struct search_space space =
        parse("ema_decay uniform 0.999 0.99999\nrate log 0.99989 0.99999\n");
    char value[SEARCH_VALUE_MAX], before[SEARCH_VALUE_MAX] = "";

    (void)state;
    for (int trial = 0; trial < 300; trial++) {
        search_space_draw(&space, 1, 1, trial, value);
        assert_true(strtod(value, NULL) >= 0.99989 && strtod(value, NULL) <= 0.99999);
        search_space_draw(&space, 0, 1, trial, value);
        assert_true(strtod(value, NULL) >= 0.999 && strtod(value, NULL) <= 0.99999);
        assert_string_not_equal(value, before);
        memcpy(before, value, sizeof before);
    }
    search_space_free(&space);
}

static void a_draw_depends_on_seed_trial_and_field_alone(void **state)
{
    struct search_space space = parse(good), alone = parse("learning_rate log 1e-4 1e-2");
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
        {"# nothing\n", "t: no field to search: write lines like learning_rate log 1e-4 1e-2"},
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

/* Twenty trials after one round, the first 15 of which were measured; six go on. */
static void who_goes_on_is_told_as_soon_as_it_is_certain(void **state)
{
    struct search_space space = parse(good);
    struct halving halving = halving_new(20, 30, 3);
    struct tuner *tuner;

    (void)state;
    assert_int_equal(tuner_new(&space, &halving, 0, &tuner, NULL), MIEN_OK);
    for (int i = 0; i < 15; i++) {
        tuner->trials[i].rounds = 1;
        tuner->trials[i].accuracy = 0.01 * (i / 2); /* pairs of equals */
    }
    for (int i = 0; i < 20; i++) { /* ahead of 9 are 10 to 14 and 8, its equal */
        bool goes_on = i >= 10 || i == 8;
        assert_int_equal(tuner_may_go_on(tuner, &tuner->trials[i]), goes_on);
        assert_string_equal(tuner_state(tuner, &tuner->trials[i]), goes_on ? "waiting" : "dropped");
    }
    tuner->trials[14].failed = true;
    assert_false(tuner_may_go_on(tuner, &tuner->trials[14]));
    assert_true(tuner_may_go_on(tuner, &tuner->trials[9]));
    tuner_free(tuner);
    search_space_free(&space);
}

/* --- searches, with a formula for a training --- */

/* What is asked of the formula, and what it is to do. */
struct trainings {
    pthread_mutex_t lock;
    int calls, cancel_after; /* 0: never */
    int diverges;            /* the trial that does, in the second round; -1: none, -2: all */
    int most_threads, least_threads;
    long epochs;
};

/* The higher the rate the better, and the longer. */
static mien_status train(void *context, const struct trial *trial, int epochs, int threads,
                         struct trial *ret_trial, mien_error *err)
{
    struct trainings *t = context;
    double rate = strtod(trial->values[0], NULL);
    bool cancelled;

    pthread_mutex_lock(&t->lock);
    t->calls++;
    cancelled = t->cancel_after && t->calls > t->cancel_after;
    if (!cancelled)
        t->epochs += epochs - trial->epochs;
    t->most_threads = threads > t->most_threads ? threads : t->most_threads;
    t->least_threads = threads < t->least_threads ? threads : t->least_threads;
    pthread_mutex_unlock(&t->lock);
    if (cancelled)
        return error_set(err, MIEN_ECANCELLED, "stopped");
    assert_true(epochs > trial->epochs);
    ret_trial->epochs = ret_trial->best_epoch = epochs;
    ret_trial->accuracy = rate * (1 - 1.0 / (epochs + 1));
    ret_trial->loss = 1 / ret_trial->accuracy;
    ret_trial->seconds = epochs;
    ret_trial->failed = t->diverges == -2 || (t->diverges == trial->number && trial->rounds == 1);
    return MIEN_OK;
}

/* A search of 20 trials in a folder of its own. */
struct search {
    struct search_space space;
    struct halving halving;
    struct tuner *tuner;
    struct trainings trainings;
    struct tuner_options options;
    char folder[64], table[80];
};

static void search_start(struct search *s, int factor)
{
    *s = (struct search){
        .space = parse("rate uniform 0 1\noptimizer choice adamw sgd\n"),
        .halving = halving_new(20, 30, factor),
        .trainings = {.lock = PTHREAD_MUTEX_INITIALIZER, .diverges = -1, .least_threads = 99},
        .options = {.parallel = 1, .threads = 1, .train = train},
    };
    snprintf(s->folder, sizeof s->folder, "%s/mien_tuning_XXXXXX",
             getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
    assert_non_null(mkdtemp(s->folder));
    snprintf(s->table, sizeof s->table, "%s/trials.csv", s->folder);
    s->options.table = s->table;
    s->options.context = &s->trainings;
    assert_int_equal(tuner_new(&s->space, &s->halving, 4, &s->tuner, NULL), MIEN_OK);
}

static void search_end(struct search *s)
{
    tuner_free(s->tuner);
    search_space_free(&s->space);
    remove(s->table);
    rmdir(s->folder);
}

static void run_search(struct search *s)
{
    mien_error err = {0};

    if (tuner_run(s->tuner, &s->options, &err))
        fail_msg("%s", err.message);
}

/* The table's text; the caller frees it. */
static char *table_of(const struct search *s)
{
    struct file_map map;
    char *text;

    assert_int_equal(file_map_open(s->table, &map, NULL), MIEN_OK);
    text = strndup((const char *)map.data, map.bytes);
    file_map_close(&map);
    return text;
}

static void halving_trains_the_best_longest(void **state)
{
    struct search s;
    double worst_trained = 1, best_other = 0;
    int trained = 0, dropped = 0;

    (void)state;
    search_start(&s, 3);
    run_search(&s);
    assert_int_equal(s.trainings.calls, 20 + 6 + 2);
    assert_int_equal(s.trainings.epochs, 20 * 3 + 6 * 7 + 2 * 20);
    for (int i = 0; i < 20; i++) {
        const struct trial *t = &s.tuner->trials[i];
        double rate = strtod(t->values[0], NULL);
        if (strcmp(tuner_state(s.tuner, t), "trained") == 0) {
            worst_trained = fmin(worst_trained, rate);
            assert_int_equal(t->epochs, 30);
            trained++;
        } else {
            best_other = fmax(best_other, rate);
            dropped += strcmp(tuner_state(s.tuner, t), "dropped") == 0;
        }
    }
    assert_int_equal(trained, 2);
    assert_int_equal(dropped, 18);
    assert_true(worst_trained > best_other);
    assert_int_equal(tuner_best(s.tuner)->epochs, 30);
    search_end(&s);
}

static void random_search_trains_all_to_the_end(void **state)
{
    struct search s;

    (void)state;
    search_start(&s, 1);
    run_search(&s);
    assert_int_equal(s.trainings.calls, 20);
    for (int i = 0; i < 20; i++)
        assert_int_equal(s.tuner->trials[i].epochs, 30);
    search_end(&s);
}

static void a_search_has_one_table_whatever_runs_at_once(void **state)
{
    struct search alone, together;
    char *expected, *table;

    (void)state;
    search_start(&alone, 3);
    search_start(&together, 3);
    together.options.parallel = 4;
    together.options.threads = 6;
    run_search(&alone);
    run_search(&together);
    expected = table_of(&alone);
    table = table_of(&together);
    assert_string_equal(table, expected);
    assert_int_equal(together.trainings.least_threads, 1); /* 6 / 4 */
    assert_int_equal(together.trainings.most_threads, 3);  /* 6 / 2: the last round's two */
    free(table);
    free(expected);
    search_end(&together);
    search_end(&alone);
}

static void a_search_broken_off_anywhere_goes_on_to_the_same_end(void **state)
{
    struct search whole;
    char *expected;

    (void)state;
    search_start(&whole, 3);
    whole.trainings.diverges = 2;
    run_search(&whole);
    expected = table_of(&whole);
    for (int calls = 1; calls < 28; calls++) {
        struct search s;
        char *table;
        search_start(&s, 3);
        s.trainings.diverges = 2;
        s.trainings.cancel_after = calls;
        assert_int_equal(tuner_run(s.tuner, &s.options, NULL), MIEN_ECANCELLED);
        tuner_free(s.tuner);
        assert_int_equal(tuner_new(&s.space, &s.halving, 4, &s.tuner, NULL), MIEN_OK);
        assert_int_equal(tuner_read(s.tuner, s.table, NULL), MIEN_OK);
        s.trainings.cancel_after = 0;
        run_search(&s);
        table = table_of(&s);
        assert_string_equal(table, expected);
        free(table);
        search_end(&s);
    }
    free(expected);
    search_end(&whole);
}

static void a_trial_that_diverges_does_not_go_on_and_is_not_the_best(void **state)
{
    struct search s;
    int first;
    mien_error err = {0};

    (void)state;
    search_start(&s, 3);
    run_search(&s);
    first = tuner_best(s.tuner)->number;
    search_end(&s);
    search_start(&s, 3);
    s.trainings.diverges = first;
    run_search(&s);
    assert_int_not_equal(tuner_best(s.tuner)->number, first);
    assert_int_equal(s.tuner->trials[first].rounds, 2);
    assert_string_equal(tuner_state(s.tuner, &s.tuner->trials[first]), "diverged");
    search_end(&s);
    search_start(&s, 3);
    s.trainings.diverges = -2;
    assert_int_equal(tuner_run(s.tuner, &s.options, &err), MIEN_EINVAL);
    assert_non_null(strstr(err.message, "every trial diverged"));
    search_end(&s);
}

static void refuse_table(struct search *s, const char *text, mien_status status,
                         const char *message)
{
    struct tuner *tuner;
    mien_error err = {0};
    FILE *file = fopen(s->table, "w");

    fputs(text, file);
    fclose(file);
    assert_int_equal(tuner_new(&s->space, &s->halving, 4, &tuner, NULL), MIEN_OK);
    assert_int_equal(tuner_read(tuner, s->table, &err), status);
    assert_non_null(strstr(err.message, message));
    tuner_free(tuner);
}

static void the_table_of_another_search_and_a_damaged_one_are_refused(void **state)
{
    struct search s;
    char *table, *comma;

    (void)state;
    search_start(&s, 3);
    run_search(&s);
    table = table_of(&s);
    refuse_table(&s, "", MIEN_EINVAL, ":1: this is the table of another search");
    refuse_table(&s, "trial,what\n", MIEN_EINVAL, ":1: this is the table of another search");
    table[strlen(table) / 2] = 0;
    table[strlen(table) - 20] = 0;
    refuse_table(&s, table, MIEN_EINVAL, "this is the table of another search");
    free(table);
    run_search(&s);
    assert_int_equal(tuner_write(s.tuner, s.table, NULL), MIEN_OK);
    table = table_of(&s);
    comma = strchr(strchr(table, '\n'), ',');
    *comma = '\n';
    refuse_table(&s, table, MIEN_ECORRUPT, ":2: not a line of a search's table");
    free(table);
    search_end(&s);
}

/* --- trials that are trained --- */

static bool never(void)
{
    return false;
}

/* Noise with a bright half, above or below. */
static void make_dataset(struct dataset *dataset, uint32_t *rows, size_t count)
{
    static char above[] = "above", below[] = "below", *names[] = {above, below};

    *dataset = (struct dataset){
        .count = count, .width = 8, .height = 8, .label_count = 2, .label_names = names};
    dataset->pixels = calloc(count, 64);
    dataset->labels = calloc(count, sizeof *dataset->labels);
    dataset->parts = calloc(count, 1);
    for (size_t i = 0; i < count; i++) {
        rows[i] = (uint32_t)i;
        dataset->labels[i] = i % 2;
        for (size_t p = 0; p < 64; p++)
            dataset->pixels[64 * i + p] =
                (uint8_t)(random_uniform(i, p) * 200 + ((p < 32) == (i % 2 == 0) ? 20 : 0));
    }
}

static struct trial trained(struct trial_training *training, const struct trial *trial, int epochs,
                            int threads)
{
    struct trial result = *trial;
    mien_error err;

    if (trial_train(training, trial, epochs, threads, &result, &err))
        fail_msg("%s", err.message);
    assert_int_equal(result.epochs, epochs);
    result.seconds = 0;
    return result;
}

/* What trials are trained with: a folder, 300 pictures, a recipe of 6 epochs. */
struct ground {
    struct search_space space;
    uint32_t rows[300];
    struct dataset dataset;
    struct training_data data;
    struct recipe recipe;
    struct architecture *architecture;
    struct trial_training training;
    char folder[32];
};

static void ground_make(struct ground *g, const char *architecture)
{
    *g = (struct ground){.space = parse("learning_rate log 1e-3 1e-2\nmixup uniform 0 1\n"),
                         .folder = "/tmp/mien_trial_XXXXXX"};
    assert_non_null(mkdtemp(g->folder));
    make_dataset(&g->dataset, g->rows, 300);
    g->data = (struct training_data){.dataset = &g->dataset,
                                     .train = g->rows,
                                     .train_count = 200,
                                     .validation = g->rows + 200,
                                     .validation_count = 100};
    recipe_init(&g->recipe);
    g->recipe.epochs = 6;
    g->recipe.batch = 32;
    assert_int_equal(architecture_parse(architecture, "t", &g->architecture, NULL), MIEN_OK);
    g->training = (struct trial_training){.architecture = g->architecture,
                                          .data = &g->data,
                                          .recipe = &g->recipe,
                                          .space = &g->space,
                                          .folder = g->folder,
                                          .stopped = never};
}

static void ground_free(struct ground *g)
{
    assert_int_equal(rmdir(g->folder), 0);
    architecture_free(g->architecture);
    free(g->dataset.pixels);
    free(g->dataset.labels);
    free(g->dataset.parts);
    search_space_free(&g->space);
}

static void a_trial_goes_on_from_its_checkpoint_as_if_never_stopped(void **state)
{
    struct trial trial = {.values = {"0.003", "0.3"}}, whole, half, again, rest;
    struct ground g;

    (void)state;
    ground_make(&g, "input 8x8x1\nnormalize 128 64\nflatten\ndense 2\noutput expression\n");
    whole = trained(&g.training, &trial, 6, 1);
    trial_forget(&g.training, &trial);
    half = trained(&g.training, &trial, 2, 1);
    again = trained(&g.training, &trial, 2, 2); /* killed before it was written down */
    rest = trained(&g.training, &half, 6, 2);
    assert_memory_equal(&again, &half, sizeof half);
    assert_true(rest.accuracy == whole.accuracy && rest.loss == whole.loss);
    assert_int_equal(rest.best_epoch, whole.best_epoch);
    assert_true(half.loss != whole.loss);
    trial_forget(&g.training, &trial);
    ground_free(&g);
}

/* At the very first step: levels of 1e42 are infinite. */
static void a_trial_that_diverges_is_no_error_but_one_that_cannot_be_trained_is(void **state)
{
    struct trial trial = {.values = {"0.003", "0.3"}}, result = trial;
    struct ground g;
    mien_error err = {0};

    (void)state;
    ground_make(&g, "input 8x8x1\nnormalize 0 1e-6\nnormalize 0 1e-6\nnormalize 0 1e-6\n"
                    "normalize 0 1e-6\nnormalize 0 1e-6\nnormalize 0 1e-6\nnormalize 0 1e-6\n"
                    "flatten\ndense 2\noutput expression\n");
    if (trial_train(&g.training, &trial, 2, 1, &result, &err))
        fail_msg("%s", err.message);
    assert_true(result.failed);
    g.recipe.batch = 201;
    result = trial;
    assert_int_equal(trial_train(&g.training, &trial, 2, 1, &result, &err), MIEN_EINVAL);
    assert_false(result.failed);
    ground_free(&g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_space_is_read_line_by_line),
        cmocka_unit_test(draws_are_spread_evenly_over_what_is_allowed),
        cmocka_unit_test(draws_stay_within_a_narrow_range),
        cmocka_unit_test(a_draw_depends_on_seed_trial_and_field_alone),
        cmocka_unit_test(a_bad_space_is_refused_with_the_line_and_the_mend),
        cmocka_unit_test(each_round_has_fewer_trials_and_more_epochs),
        cmocka_unit_test(the_best_trials_come_first_and_the_earlier_of_equals),
        cmocka_unit_test(who_goes_on_is_told_as_soon_as_it_is_certain),
        cmocka_unit_test(halving_trains_the_best_longest),
        cmocka_unit_test(random_search_trains_all_to_the_end),
        cmocka_unit_test(a_search_has_one_table_whatever_runs_at_once),
        cmocka_unit_test(a_search_broken_off_anywhere_goes_on_to_the_same_end),
        cmocka_unit_test(a_trial_that_diverges_does_not_go_on_and_is_not_the_best),
        cmocka_unit_test(the_table_of_another_search_and_a_damaged_one_are_refused),
        cmocka_unit_test(a_trial_goes_on_from_its_checkpoint_as_if_never_stopped),
        cmocka_unit_test(a_trial_that_diverges_is_no_error_but_one_that_cannot_be_trained_is),
    };
    return cmocka_run_group_tests_name("tuning", tests, NULL, NULL);
}

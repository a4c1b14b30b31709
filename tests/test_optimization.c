/* test_optimization.c - optimisers, learning rates, averaged weights, distillation.
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include <string.h>

#include "base/random.h"
#include "tests/golden_file.h"
#include "tests/unit.h"
#include "training/loss.h"
#include "training/recipe.h"
#include "training/weight_average.h"

static struct recipe recipe_of(const struct golden_case *golden)
{
    struct recipe recipe;
    mien_error err;

    recipe_init(&recipe);
    if (recipe_parse(&recipe, golden->text, golden->name, &err))
        fail_msg("%s", err.message);
    return recipe;
}

/* --- optimisers --- */

static const char *const one_layer = "input 1x1x2\ndense 3\noutput expression\n";

struct model {
    struct architecture *architecture;
    struct network *network;
    float *weights, *biases; /* (3, 2), (3): in the network's block */
    float *gradients;        /* (block_floats) */
    size_t weights_at, biases_at;
};

static struct model model_new(void)
{
    struct model m = {0};

    assert_int_equal(architecture_parse(one_layer, "one", &m.architecture, NULL), MIEN_OK);
    assert_int_equal(network_new(m.architecture, 1, &m.network, NULL), MIEN_OK);
    m.weights_at = m.architecture->parameters[0].offset;
    m.biases_at = m.architecture->parameters[1].offset;
    m.weights = m.network->block + m.weights_at;
    m.biases = m.network->block + m.biases_at;
    m.gradients = calloc(m.architecture->block_floats, sizeof *m.gradients);
    return m;
}

static void model_free(struct model *m)
{
    free(m->gradients);
    network_free(m->network);
    architecture_free(m->architecture);
}

static void copy(const struct golden_case *golden, const char *name, int step, float *to)
{
    const struct golden_tensor *tensor;
    char numbered[32];

    snprintf(numbered, sizeof numbered, step < 0 ? "%s" : "%s%d", name, step);
    tensor = golden_find(golden, numbered);
    memcpy(to, tensor->values, tensor->count * sizeof *to);
}

static void check_optimizer(const struct golden_case *golden)
{
    struct recipe recipe = recipe_of(golden);
    struct model m = model_new();
    struct optimizer *optimizer;
    mien_error err;

    assert_int_equal(optimizer_new(m.architecture, &recipe.optimizer, &optimizer, &err), MIEN_OK);
    copy(golden, "weights", -1, m.weights);
    copy(golden, "biases", -1, m.biases);
    for (int step = 0; step < 6; step++) {
        char name[32];
        copy(golden, "dw", step, m.gradients + m.weights_at);
        copy(golden, "db", step, m.gradients + m.biases_at);
        optimizer_step(optimizer, m.network, m.gradients, recipe.schedule.rate, NULL);
        snprintf(name, sizeof name, "weights%d", step);
        golden_expect(golden, name, m.weights, 1e-6);
        snprintf(name, sizeof name, "biases%d", step);
        golden_expect(golden, name, m.biases, 1e-6);
    }
    assert_int_equal(optimizer->step, 6);
    optimizer_free(optimizer);
    model_free(&m);
}

/* --- schedules --- */

static void check_schedule(const struct golden_case *golden)
{
    struct recipe recipe = recipe_of(golden);
    const struct golden_tensor *rates = golden_find(golden, "rates");
    float *found = calloc(rates->count, sizeof *found);
    struct schedule schedule;

    schedule_init(&schedule, &recipe.schedule, (int64_t)golden_find(golden, "epochs")->values[0],
                  (int64_t)golden_find(golden, "steps")->values[0]);
    for (size_t i = 0; i < rates->count; i++)
        found[i] = (float)schedule_rate(&schedule, (int64_t)i);
    golden_expect(golden, "rates", found, 1e-6);
    free(found);
}

static void check_all(const char *tensor, int expected,
                      void (*check)(const struct golden_case *golden))
{
    static struct golden_case golden;
    FILE *file = golden_open("optimization.txt");
    int cases = 0;

    while (golden_next(file, &golden)) {
        if (golden_find(&golden, tensor)) {
            check(&golden);
            cases++;
        }
        golden_free(&golden);
    }
    fclose(file);
    assert_int_equal(cases, expected);
}

static void every_optimiser_steps_as_pytorch_does(void **state)
{
    (void)state;
    check_all("weights", 7, check_optimizer);
}

static void every_schedule_has_pytorchs_rates(void **state)
{
    (void)state;
    check_all("rates", 5, check_schedule);
}

static void a_plateau_lowers_what_the_schedule_says_and_a_constant_never_moves(void **state)
{
    struct schedule_options options;
    struct schedule schedule;

    (void)state;
    schedule_options_init(&options);
    options.plateau_patience = 1;
    schedule_init(&schedule, &options, 10, 5);
    schedule_see(&schedule, 1);
    assert_float_equal(schedule_rate(&schedule, 5), 1e-3, 1e-9);
    schedule_see(&schedule, 1);
    assert_float_equal(schedule_rate(&schedule, 10), 5e-4, 1e-9);
    options.kind = SCHEDULE_CONSTANT;
    schedule_init(&schedule, &options, 10, 5);
    schedule_see(&schedule, 1);
    schedule_see(&schedule, 1);
    assert_float_equal(schedule_rate(&schedule, 49), 1e-3, 1e-9);
}

/* --- the rest --- */

static void averaged_weights_follow_fast_at_first_and_then_slowly(void **state)
{
    struct model m = model_new(), average = model_new();

    (void)state;
    average.weights[0] = 0;
    m.weights[0] = 1;
    weight_average_update(average.network, m.network, 0.9f, 1, NULL); /* 2 / 11 stays */
    assert_float_equal(average.weights[0], 9.0f / 11, 1e-6);
    average.weights[0] = 0;
    weight_average_update(average.network, m.network, 0.9f, 1000, NULL);
    assert_float_equal(average.weights[0], 0.1f, 1e-6);
    model_free(&m);
    model_free(&average);
}

static void distillation_has_the_gradient_of_its_loss(void **state)
{
    enum { N = 3, C = 4 };
    float logits[N * C], targets[N * C], slopes[N * C], unused[N * C];

    (void)state;
    for (size_t i = 0; i < N * C; i++) {
        logits[i] = random_range(1, i, -3, 3);
        targets[i] = i % C == 0 ? 0.7f : 0.1f;
    }
    distillation_loss(logits, targets, 2.5f, N, C, slopes);
    for (size_t i = 0; i < N * C; i++) {
        float kept = logits[i];
        double up, down;
        logits[i] = kept + 0.01f;
        up = distillation_loss(logits, targets, 2.5f, N, C, unused);
        logits[i] = kept - 0.01f;
        down = distillation_loss(logits, targets, 2.5f, N, C, unused);
        logits[i] = kept;
        assert_float_equal(slopes[i], (up - down) / 0.02, 1e-3);
    }
}

static void who_answers_as_the_teacher_does_has_nothing_to_learn(void **state)
{
    const float logits[] = {1, -2, 0.5f}, same[] = {0.5f, 0.25f, 0.25f};
    const float matched[] = {3 * logf(0.5f), 3 * logf(0.25f), 3 * logf(0.25f)};
    float slopes[3];

    (void)state;
    assert_true(distillation_loss(logits, same, 3, 1, 3, slopes) > 0.1);
    assert_float_equal(distillation_loss(matched, same, 3, 1, 3, slopes), 0, 1e-6);
    for (int i = 0; i < 3; i++)
        assert_float_equal(slopes[i], 0, 1e-6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_optimiser_steps_as_pytorch_does),
        cmocka_unit_test(every_schedule_has_pytorchs_rates),
        cmocka_unit_test(a_plateau_lowers_what_the_schedule_says_and_a_constant_never_moves),
        cmocka_unit_test(averaged_weights_follow_fast_at_first_and_then_slowly),
        cmocka_unit_test(distillation_has_the_gradient_of_its_loss),
        cmocka_unit_test(who_answers_as_the_teacher_does_has_nothing_to_learn),
    };
    return cmocka_run_group_tests_name("optimization", tests, NULL, NULL);
}

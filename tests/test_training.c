/* test_training.c - loss, optimiser, schedules and the training loop.
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include <string.h>

#include "base/random.h"
#include "network/plan.h"
#include "network/softmax.h"
#include "tests/golden_file.h"
#include "tests/unit.h"
#include "training/head.h"
#include "training/loss.h"
#include "training/optimizer.h"
#include "training/schedule.h"
#include "training/trainer.h"

static void check_loss_case(const struct golden_case *golden)
{
    const struct golden_tensor *logits = golden_find(golden, "logits");
    const struct golden_tensor *labels = golden_find(golden, "labels");
    const struct golden_tensor *targets = golden_find(golden, "targets");
    const struct golden_tensor *smoothing = golden_find(golden, "smoothing");
    size_t count = logits->dims[0], classes = logits->dims[1];
    float *rows = calloc(count * classes, sizeof *rows);
    float *dlogits = calloc(count * classes, sizeof *dlogits), loss;

    for (size_t i = 0; i < count && labels; i++)
        label_target((size_t)labels->values[i], classes, smoothing ? smoothing->values[0] : 0,
                     rows + i * classes);
    loss = (float)cross_entropy(logits->values, targets ? targets->values : rows, count, classes,
                                dlogits);
    golden_expect(golden, "loss", &loss, 1e-5);
    golden_expect(golden, "dlogits", dlogits, 1e-5);
    for (size_t i = 0; i < count; i++)
        softmax(logits->values + i * classes, classes, 1, rows + i * classes);
    golden_expect(golden, "probabilities", rows, 1e-5);
    free(rows);
    free(dlogits);
}

static void cross_entropy_agrees_with_the_golden_values(void **state)
{
    static struct golden_case golden;
    FILE *file = golden_open("layers.txt");
    int cases = 0;

    (void)state;
    while (golden_next(file, &golden)) {
        if (golden_find(&golden, "logits")) {
            check_loss_case(&golden);
            cases++;
        }
        golden_free(&golden);
    }
    fclose(file);
    assert_int_equal(cases, 3);
}

/* --- the deck network against the reference implementation --- */

struct deck {
    struct architecture *architecture;
    struct network *network;
    struct thread_pool *pool;
    struct plan *plan;
    struct optimizer *optimizer;
    float *targets;
    int batch;
};

static struct deck deck_new(const struct golden_case *golden)
{
    struct deck d = {.batch = (int)golden_find(golden, "pixels")->dims[0]};
    struct plan_options options = {.batch = d.batch, .training = true};
    const struct golden_tensor *labels = golden_find(golden, "labels");
    mien_error err = {0};

    if (architecture_parse(golden->text, "deck", &d.architecture, &err))
        fail_msg("%s", err.message);
    assert_int_equal(network_new(d.architecture, 0, &d.network, &err), MIEN_OK);
    assert_int_equal(thread_pool_new(2, &d.pool, &err), MIEN_OK);
    options.pool = d.pool;
    assert_int_equal(plan_new(d.network, &options, &d.plan, &err), MIEN_OK);
    assert_int_equal(optimizer_new(d.architecture, NULL, &d.optimizer, &err), MIEN_OK);
    d.targets = calloc((size_t)d.batch * 7, sizeof *d.targets);
    for (int i = 0; i < d.batch; i++)
        label_target((size_t)labels->values[i], 7, 0, d.targets + i * 7);
    for (int i = 0; i < d.architecture->parameter_count; i++) {
        const struct parameter *p = &d.architecture->parameters[i];
        memcpy(d.network->block + p->offset, golden_find(golden, p->name)->values,
               p->count * sizeof(float));
    }
    memcpy(plan_input(d.plan), golden_find(golden, "pixels")->values,
           golden_find(golden, "pixels")->count * sizeof(float));
    plan_update(d.plan);
    return d;
}

static void deck_free(struct deck *d)
{
    free(d->targets);
    optimizer_free(d->optimizer);
    plan_free(d->plan);
    thread_pool_free(d->pool);
    network_free(d->network);
    architecture_free(d->architecture);
}

/* Forward and backward; the logits go to `ret_logits` (batch, 7). */
static float deck_pass(struct deck *d, float *ret_logits)
{
    double loss;

    plan_forward(d->plan, d->batch, 0);
    memcpy(ret_logits, plan_output(d->plan, 0), (size_t)d->batch * 7 * sizeof(float));
    loss = cross_entropy(plan_output(d->plan, 0), d->targets, (size_t)d->batch, 7,
                         plan_output_gradient(d->plan, 0));
    plan_backward(d->plan);
    return (float)loss;
}

static double norm(const float *values, size_t count)
{
    double sum = 0;

    for (size_t i = 0; i < count; i++)
        sum += (double)values[i] * values[i];
    return sqrt(sum);
}

static const struct golden_tensor *find_of(const struct golden_case *golden, const char *what,
                                           const struct parameter *p)
{
    char name[96];

    snprintf(name, sizeof name, "%s%s", what, p->name);
    return golden_find(golden, name);
}

/* Of the millions of activations one or two lie so near to zero that another order of summation
 * moves them across, which changes a gradient by some 1e-3 of its norm: hence the tolerances. */
static void check_gradients(const struct golden_case *golden, const struct deck *d)
{
    for (int i = 0; i < d->architecture->parameter_count; i++) {
        const struct parameter *p = &d->architecture->parameters[i];
        const float *gradient = plan_gradients(d->plan) + p->offset;
        const struct golden_tensor *expected = find_of(golden, "gradient_norm.", p);
        const struct golden_tensor *index = find_of(golden, "sample_index.", p);
        const struct golden_tensor *sample = find_of(golden, "sample_gradient.", p);
        double ratio;
        if (!parameter_trained(p))
            continue;
        ratio = norm(gradient, p->count) / expected->values[0];
        if (fabs(ratio - 1) > 2e-3)
            fail_msg("%s: the gradient's norm is %.6f of what it should be", p->name, ratio);
        for (size_t k = 0; k < index->count; k++)
            assert_float_equal(gradient[(size_t)index->values[k]], sample->values[k],
                               4e-3 * expected->values[0]);
    }
}

static void check_deck_case(const struct golden_case *golden, double rate, double loss_tolerance,
                            double end_tolerance)
{
    struct deck d = deck_new(golden);
    struct plan_options options = {.batch = d.batch, .pool = d.pool};
    struct plan *inference;
    float losses[10], logits[64 * 7];

    for (int step = 0; step < 10; step++) {
        losses[step] = deck_pass(&d, logits);
        if (step == 0 && golden_find(golden, "logits")) { /* only one case has the first pass */
            golden_expect(golden, "logits", logits, 1e-5);
            check_gradients(golden, &d);
        }
        optimizer_step(d.optimizer, d.network, plan_gradients(d.plan), (float)rate, d.pool);
        plan_update(d.plan);
    }
    golden_expect(golden, "losses", losses, loss_tolerance);
    assert_float_equal(losses[0], golden_find(golden, "losses")->values[0], 1e-5);
    assert_int_equal(plan_new(d.network, &options, &inference, NULL), MIEN_OK);
    memcpy(plan_input(inference), plan_input(d.plan), (size_t)d.batch * 48 * 48 * sizeof(float));
    plan_forward(inference, d.batch, 0);
    golden_expect(golden, "inference_logits", plan_output(inference, 0), end_tolerance);
    plan_free(inference);
    deck_free(&d);
}

static void ten_steps_of_the_deck_network_agree_with_the_reference(void **state)
{
    static struct golden_case golden;
    FILE *file = golden_open("deck.txt");
    int cases = 0;

    (void)state;
    while (golden_next(file, &golden)) {
        if (strcmp(golden.name, "deck") == 0)
            check_deck_case(&golden, 1e-3, 5e-3, 1e-2);
        else if (strcmp(golden.name, "deck_small_rate") == 0)
            check_deck_case(&golden, 1e-5, 1e-5, 1e-3);
        golden_free(&golden);
        cases++;
    }
    fclose(file);
    assert_int_equal(cases, 2);
}

/* --- schedules --- */

static void early_stopping_waits_as_long_as_its_patience(void **state)
{
    static const double values[] = {0.5, 0.6, 0.60005, 0.6001, 0.7, 0.1, 0.2, 0.3};
    static const bool better[] = {true, true, false, false, true, false, false, false};
    struct early_stopping stopping;

    (void)state;
    early_stopping_init(&stopping, 3, 1e-3);
    for (int i = 0; i < 8; i++) {
        bool stop;
        assert_int_equal(early_stopping_see(&stopping, values[i], &stop), better[i]);
        assert_int_equal(stop, i == 7);
    }
}

static void a_plateau_halves_the_rate_down_to_its_least(void **state)
{
    static const double losses[] = {2, 1.5, 1.5, 1.49995, 1.4, 1.4, 1.5, 1.6, 1.7, 1.8};
    static const double rates[] = {8, 8, 8, 4, 4, 4, 2, 2, 1.5, 1.5};
    struct plateau plateau;
    double rate = 8;

    (void)state;
    plateau_init(&plateau, 2, 0.5, 1.5);
    for (int i = 0; i < 10; i++) {
        rate = plateau_see(&plateau, losses[i], rate);
        assert_float_equal(rate, rates[i], 1e-12);
    }
}

/* --- the loop --- */

/* A task of two classes that a small network learns: bright above or bright below, in noise. */
static void make_task(struct dataset *dataset, uint32_t *rows, size_t count)
{
    static char above[] = "above", below[] = "below", *names[] = {above, below};

    *dataset = (struct dataset){.count = count, .width = 12, .height = 12, .label_count = 2};
    dataset->label_names = names;
    dataset->pixels = calloc(count, 144);
    dataset->labels = calloc(count, sizeof *dataset->labels);
    for (size_t i = 0; i < count; i++) {
        rows[i] = (uint32_t)i;
        dataset->labels[i] = i % 2;
        for (size_t p = 0; p < 144; p++) {
            bool bright = (p < 72) == (i % 2 == 0);
            dataset->pixels[i * 144 + p] =
                (uint8_t)(random_uniform(i, p) * 200 + (bright ? 30 : 0));
        }
    }
}

static const char *const small_network = "input 12x12x1\nnormalize 128 64\nconvolution 8 3x3\n"
                                         "relu\nbatchnorm momentum 0.9\ndropout 0.1\n"
                                         "maxpool 2x2\nflatten\ndense 16\nrelu\ndense 2\n"
                                         "output expression\n";

struct watcher {
    int steps, epochs, stop_after;
};

static bool watch(void *context, const struct training_progress *progress)
{
    struct watcher *watcher = context;

    watcher->steps += !progress->finished;
    watcher->epochs += progress->finished != NULL;
    return !watcher->stop_after || watcher->epochs < watcher->stop_after;
}

static struct network *train_small(int threads, struct watcher *watcher,
                                   struct training_history *history, struct architecture **ret_a)
{
    uint32_t rows[600];
    struct dataset dataset;
    struct recipe recipe;
    struct training_data data = {&dataset, rows, rows + 400, 400, 200, NULL};
    struct training_job job = {
        .data = &data, .recipe = &recipe, .callback = watch, .context = watcher};
    struct network *network;
    struct thread_pool *pool;
    mien_error err = {0};

    make_task(&dataset, rows, 600);
    recipe_init(&recipe);
    recipe.epochs = 6;
    recipe.batch = 64;
    recipe.augmentation.contrast = 0.1f;
    assert_int_equal(architecture_parse(small_network, "small", ret_a, &err), MIEN_OK);
    assert_int_equal(network_new(*ret_a, 3, &network, &err), MIEN_OK);
    assert_int_equal(thread_pool_new(threads, &pool, &err), MIEN_OK);
    job.pool = pool;
    if (training_run(network, &job, history, &err))
        fail_msg("%s", err.message);
    thread_pool_free(pool);
    free(dataset.pixels);
    free(dataset.labels);
    return network;
}

static void training_learns_and_is_the_same_at_any_thread_count(void **state)
{
    float *expected = NULL;

    (void)state;
    for (int threads = 1; threads <= 3; threads++) {
        struct watcher watcher = {0};
        struct training_history history;
        struct architecture *a;
        struct network *network = train_small(threads, &watcher, &history, &a);
        assert_int_equal(history.count, 6);
        assert_int_equal(watcher.epochs, 6);
        assert_int_equal(watcher.steps, 6 * 7);
        assert_true(history.epochs[history.best - 1].validation_accuracy > 0.9);
        assert_true(history.epochs[5].loss < 0.7 * history.epochs[0].loss);
        if (!expected) {
            expected = malloc(a->block_floats * sizeof(float));
            memcpy(expected, network->block, a->block_floats * sizeof(float));
        }
        assert_memory_equal(network->block, expected, a->block_floats * sizeof(float));
        training_history_free(&history);
        network_free(network);
        architecture_free(a);
    }
    free(expected);
}

static void a_stopped_training_keeps_its_best_epoch(void **state)
{
    struct watcher watcher = {.stop_after = 2};
    struct training_history history;
    struct architecture *a;
    struct network *network = train_small(2, &watcher, &history, &a);
    char *csv = training_history_csv(&history);

    (void)state;
    assert_int_equal(history.count, 2);
    assert_in_range(history.best, 1, 2);
    assert_non_null(csv);
    assert_memory_equal(csv, "epoch,loss,accuracy,validation_loss,", 36);
    free(csv);
    training_history_free(&history);
    network_free(network);
    architecture_free(a);
}

/* What a recipe makes of a task: the last weights' sum of squares and the last epoch's losses. */
struct outcome {
    double weights, loss, validation_loss;
};

/* A third of the pictures have the second label. `change` comes after `before`. */
static struct outcome train_by(const char *before, const char *change)
{
    enum { TRAIN = 96, VALIDATION = 48 };
    uint32_t rows[TRAIN + VALIDATION];
    struct dataset dataset;
    struct recipe recipe;
    struct training_data data = {&dataset, rows, rows + TRAIN, TRAIN, VALIDATION, NULL};
    struct training_job job = {.data = &data, .recipe = &recipe};
    struct training_history history;
    struct architecture *a;
    struct network *network;
    struct outcome outcome = {0};
    mien_error err = {0};

    make_task(&dataset, rows, TRAIN + VALIDATION);
    for (size_t i = 0; i < dataset.count; i++)
        dataset.labels[i] = i % 3 == 0;
    recipe_init(&recipe);
    if (recipe_parse(&recipe, "epochs 3; batch 24; contrast 0; flip no; schedule constant", "",
                     &err) ||
        recipe_parse(&recipe, before, "before", &err) ||
        recipe_parse(&recipe, change, "change", &err))
        fail_msg("%s", err.message);
    assert_int_equal(architecture_parse(small_network, "small", &a, &err), MIEN_OK);
    assert_int_equal(network_new(a, 3, &network, &err), MIEN_OK);
    if (training_run(network, &job, &history, &err))
        fail_msg("%s; %s: %s", before, change, err.message);
    for (size_t i = 0; i < a->block_floats; i++)
        outcome.weights += (double)network->block[i] * (double)network->block[i];
    outcome.loss = history.epochs[history.count - 1].loss;
    outcome.validation_loss = history.epochs[history.count - 1].validation_loss;
    training_history_free(&history);
    network_free(network);
    architecture_free(a);
    free(dataset.pixels);
    free(dataset.labels);
    return outcome;
}

/* Needs votes or teachers, which other tests have, or waits: tested with early stopping above. */
static bool is_told_elsewhere(const char *field)
{
    static const char *const elsewhere[] = {
        "votes_weight",        "votes_share",    "teacher_weight",
        "teacher_temperature", "teacher_mirror", "plateau_patience",
        "plateau_factor",      "stop_patience",  "stop_min_delta"};

    for (size_t i = 0; i < sizeof elsewhere / sizeof *elsewhere; i++)
        if (!strcmp(field, elsewhere[i]))
            return true;
    return false;
}

static void every_field_of_a_recipe_has_its_say(void **state)
{
    static const char *const cases[][2] = {
        {"", "epochs 2"},
        {"", "batch 16"},
        {"", "seed 5"},
        {"", "optimizer sgd"},
        {"", "learning_rate 0.002"},
        {"optimizer sgd", "momentum 0.5"},
        {"optimizer sgd", "nesterov no"},
        {"", "beta1 0.5"},
        {"", "beta2 0.9"},
        {"", "epsilon 0.1"},
        {"optimizer adamw", "weight_decay 0.5"},
        {"", "clip_norm 0.001"},
        {"", "ema_decay 0.9"},
        {"", "schedule cosine"},
        {"", "warmup_epochs 1"},
        {"schedule cosine", "least_rate 0.0005"},
        {"schedule step; step_epochs 1", "step_epochs 2"},
        {"schedule step; step_epochs 1", "step_factor 0.5"},
        {"schedule cosine", "cycles 3"},
        {"schedule cosine; cycles 2", "cycle_growth 2"},
        {"schedule one-cycle", "peak_share 0.6"},
        {"schedule one-cycle", "start_divisor 5"},
        {"", "label_smoothing 0.2"},
        {"", "focal 2"},
        {"", "class_weights balanced"},
        {"optimizer sgd", "expression_weight 0.5"},
        {"", "flip yes"},
        {"", "rotation 20"},
        {"", "shift 0.2"},
        {"", "zoom 0.3"},
        {"", "shear 0.2"},
        {"", "crop 0.3"},
        {"", "gamma 0.5"},
        {"", "contrast 0.5"},
        {"", "brightness 0.3"},
        {"", "blur 2"},
        {"", "noise 20"},
        {"", "blocks 20"},
        {"", "cutout 0.4"},
        {"", "erase 1"},
        {"erase 1", "erase_area 0.8"},
        {"", "mixup 1"},
        {"", "cutmix 1"},
        {"mixup 1", "mixing_probability 0.5"},
    };
    enum { CASES = sizeof cases / sizeof *cases };

    (void)state;
    for (size_t i = 0; i < CASES; i++) {
        struct outcome without = train_by(cases[i][0], ""),
                       with = train_by(cases[i][0], cases[i][1]);
        if (!memcmp(&without, &with, sizeof with))
            fail_msg("\"%s\" changes nothing", cases[i][1]);
    }
    for (const struct recipe_field *field = recipe_fields; field->name; field++) {
        bool found = is_told_elsewhere(field->name);
        for (size_t i = 0; i < CASES; i++)
            found |= !strncmp(cases[i][1], field->name, strlen(field->name));
        if (!found)
            fail_msg("no case for the field %s", field->name);
    }
}

static void unusable_options_and_data_are_refused(void **state)
{
    uint32_t rows[8];
    struct dataset dataset;
    struct recipe recipe;
    struct training_data data = {&dataset, rows, rows, 4, 0, NULL};
    const struct training_job job = {.data = &data, .recipe = &recipe};
    struct training_history history;
    struct architecture *a;
    struct network *network;
    mien_error err;

    (void)state;
    make_task(&dataset, rows, 8);
    recipe_init(&recipe);
    recipe.batch = 4;
    assert_int_equal(architecture_parse(small_network, "small", &a, &err), MIEN_OK);
    assert_int_equal(network_new(a, 3, &network, &err), MIEN_OK);
    assert_int_equal(training_run(network, &job, &history, &err), MIEN_EINVAL);
    assert_string_equal(err.message, "no pictures for validation in this split");
    data.validation_count = 4;
    recipe.batch = 5;
    assert_int_equal(training_run(network, &job, &history, &err), MIEN_EINVAL);
    assert_string_equal(err.message,
                        "a batch of 5 from 4 pictures for training: give a batch of at most that");
    recipe.batch = 4;
    recipe.schedule.rate = -1;
    assert_int_equal(training_run(network, &job, &history, &err), MIEN_EINVAL);
    assert_string_equal(err.message, "learning_rate \"-1\": give a number from 1e-09 to 1000");
    recipe.schedule.rate = 1000;
    recipe.optimizer.kind = OPTIMIZER_SGD;
    assert_int_equal(training_run(network, &job, &history, &err), MIEN_EINVAL);
    assert_non_null(strstr(err.message, "the loss is no longer a number at epoch"));
    network_free(network);
    architecture_free(a);
    free(dataset.pixels);
    free(dataset.labels);
}

/* Whether the loss of expressions counts or not: they have targets in any case. */
static void votes_that_do_not_go_with_the_labels_are_refused(void **state)
{
    struct dataset dataset = {.label_count = VOTES_COLUMNS + 1};
    struct votes votes = {0};
    struct architecture *a;
    struct recipe recipe;

    (void)state;
    recipe_init(&recipe);
    recipe.votes_share = 0.5f;
    assert_int_equal(
        architecture_parse("input 2x2x1\nflatten\ndense 11\noutput expression\n", "t", &a, NULL),
        MIEN_OK);
    for (int weight = 0; weight < 2; weight++) {
        struct head head;
        mien_error err = {0};
        recipe.expression_weight = (float)weight;
        assert_int_equal(
            head_init(&head, HEAD_EXPRESSION, a, &recipe, &dataset, &votes, NULL, 0, &err),
            MIEN_EINVAL);
        assert_string_equal(err.message, "votes_share 0.5: votes are on 10 expressions, the data "
                                         "set has 11 labels: set it to 0");
        assert_int_equal(
            head_init(&head, HEAD_EXPRESSION, a, &recipe, &dataset, NULL, NULL, 0, &err),
            MIEN_EINVAL);
        assert_string_equal(err.message, "votes_share 0.5 without votes: give them");
    }
    architecture_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cross_entropy_agrees_with_the_golden_values),
        cmocka_unit_test(ten_steps_of_the_deck_network_agree_with_the_reference),
        cmocka_unit_test(early_stopping_waits_as_long_as_its_patience),
        cmocka_unit_test(a_plateau_halves_the_rate_down_to_its_least),
        cmocka_unit_test(training_learns_and_is_the_same_at_any_thread_count),
        cmocka_unit_test(a_stopped_training_keeps_its_best_epoch),
        cmocka_unit_test(every_field_of_a_recipe_has_its_say),
        cmocka_unit_test(unusable_options_and_data_are_refused),
        cmocka_unit_test(votes_that_do_not_go_with_the_labels_are_refused),
    };
    return cmocka_run_group_tests_name("training", tests, NULL, NULL);
}

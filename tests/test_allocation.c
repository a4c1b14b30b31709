/* test_allocation.c - every allocation of an operation is failed in turn: the first, the second,
 * and so on until none is left. Each time the operation must end with MIEN_ENOMEM and a message,
 * give back nothing and leave nothing behind. Allocations inside oneDNN, libarchive and libc are
 * not ours to fail.
 * SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include <string.h>

#include "dataset/label_map.h"
#include "dataset/split.h"
#include "evaluation/calibration.h"
#include "evaluation/comparison.h"
#include "evaluation/curves.h"
#include "evaluation/metrics.h"
#include "evaluation/picture_views.h"
#include "evaluation/provenance.h"
#include "network/model.h"
#include "network/plan.h"
#include "tests/failing_memory.h"
#include "tests/temp_folder.h"
#include "training/trainer.h"

/* Does the whole of something, gives back what it got, and returns the status. */
typedef mien_status operation(mien_error *err);

/* `recovers`: it may also make do without the memory, if what it gives back is whole. */
static void fail_each_allocation(operation *run, bool ever_after, bool recovers)
{
    bool failed = true;

    for (size_t number = 0; failed; number++) {
        mien_error err = {0};
        mien_status status;
        size_t left;
        failing_memory_begin(number, ever_after);
        status = run(&err);
        failed = failing_memory_end(&left);
        if (left)
            fail_msg("allocation %zu failed: %zu blocks are left behind", number, left);
        if (status == MIEN_OK && (!failed || recovers))
            continue;
        if (status != MIEN_ENOMEM || err.status != MIEN_ENOMEM || !err.message[0])
            fail_msg("allocation %zu %s: status %d, message \"%s\"", number,
                     failed ? "failed" : "was one too many", (int)status, err.message);
        assert_true(failed);
    }
}

static void expect_every_failure_is_told(operation *run)
{
    fail_each_allocation(run, false, false);
    fail_each_allocation(run, true, false);
}

/* --- what the operations work on --- */

enum { SIDE = 8, ROWS = 40 };

/* A layer of every kind. */
static const char every_kind[] = "input 8x8x1\n"
                                 "normalize 0 255\n"
                                 "convolution 8 3x3\n"
                                 "batchnorm\n"
                                 "relu as a\n"
                                 "depthwise 3x3 nobias\n"
                                 "leaky 0.1\n"
                                 "convolution 8 1x1 groups 2\n"
                                 "hardswish\n"
                                 "squeeze 2\n"
                                 "add a\n"
                                 "silu\n"
                                 "concat a as both\n"
                                 "maxpool 2x2\n"
                                 "upsample\n"
                                 "avgpool 2x2\n"
                                 "dropout 0.2\n"
                                 "flatten\n"
                                 "dense 20\n"
                                 "sigmoid as vector\n"
                                 "output vector\n"
                                 "globalpool from both\n"
                                 "dense 7\n"
                                 "output expression\n";

/* The second one fits inputs of any size. */
static struct architecture *architecture, *map_architecture;
static struct network *network;
static struct dataset dataset;
static uint8_t dataset_digest[SHA256_BYTES];
static uint32_t rows[ROWS];
static char csv_path[64], model_path[64];

static int write_csv(void)
{
    FILE *file = fopen(csv_path, "w");

    if (!file)
        return -1;
    fprintf(file, "emotion,pixels,Usage\n");
    for (int row = 0; row < ROWS; row++) {
        fprintf(file, "%d,", row % 7);
        for (int i = 0; i < SIDE * SIDE; i++)
            fprintf(file, "%s%d", i ? " " : "", (row * 37 + i * 11) % 256);
        fprintf(file, ",%s\n", row % 4 ? "Training" : row % 8 ? "PublicTest" : "PrivateTest");
    }
    return fclose(file);
}

static mien_status open_csv(struct dataset *ret_dataset, mien_error *err)
{
    struct dataset_options options;

    dataset_options_init(&options);
    options.size = SIDE;
    return dataset_open(csv_path, &options, ret_dataset, err);
}

static mien_status save(mien_error *err)
{
    static const char *const labels[] = {"a", "b", "c", "d", "e", "f", "g"};
    static const struct model_about about[] = {{"name", "small"}, {"note", ""}};
    const struct model_description story = {.labels = labels,
                                            .label_count = 7,
                                            .about = about,
                                            .about_count = 2,
                                            .history = "epoch,loss\n1,2\n"};

    return model_save(model_path, network, &story, NULL, err);
}

static int set_up(void **state)
{
    mien_error err = {0};

    if (temp_folder_new(state))
        return -1;
    snprintf(csv_path, sizeof csv_path, "%s", temp_path("data.csv"));
    snprintf(model_path, sizeof model_path, "%s", temp_path("model.mien"));
    for (uint32_t i = 0; i < ROWS; i++)
        rows[i] = i;
    if (!write_csv() && !open_csv(&dataset, &err) &&
        !architecture_parse(every_kind, "test", &architecture, &err) &&
        !architecture_parse("input 8x8x1\nconvolution 2 3x3\noutput map\n", "test",
                            &map_architecture, &err) &&
        !network_new(architecture, 1, &network, &err) && !save(&err)) {
        dataset_sha256(&dataset, dataset_digest);
        return 0;
    }
    fprintf(stderr, "%s\n", err.message);
    return -1;
}

static int tear_down(void **state)
{
    network_free(network);
    architecture_free(map_architecture);
    architecture_free(architecture);
    dataset_close(&dataset);
    return temp_folder_free(state);
}

/* --- the operations --- */

static mien_status parse_architecture(mien_error *err)
{
    struct architecture *made = NULL;
    mien_status status = architecture_parse(every_kind, "test", &made, err);

    assert_true(!made == !!status);
    architecture_free(made);
    return status;
}

static mien_status resize_architecture(mien_error *err)
{
    struct architecture *made = NULL;
    mien_status status = architecture_resize(map_architecture, 16, 12, &made, err);

    assert_true(!made == !!status);
    architecture_free(made);
    return status;
}

static mien_status make_network(mien_error *err)
{
    struct network *made = NULL;
    mien_status status = network_new(architecture, 1, &made, err);

    assert_true(!made == !!status);
    network_free(made);
    return status;
}

static mien_status make_plan(bool training, mien_error *err)
{
    struct plan_options options = {.batch = 20, .training = training, .input_gradient = training};
    struct plan *plan = NULL;
    mien_status status = plan_new(network, &options, &plan, err);

    assert_true(!plan == !!status);
    plan_free(plan);
    return status;
}

static mien_status make_inference_plan(mien_error *err)
{
    return make_plan(false, err);
}

static mien_status make_training_plan(mien_error *err)
{
    return make_plan(true, err);
}

static mien_status make_pool(mien_error *err)
{
    struct thread_pool *pool = NULL;
    mien_status status = thread_pool_new(3, &pool, err);

    assert_true(!pool == !!status);
    thread_pool_free(pool);
    return status;
}

static mien_status train(mien_error *err)
{
    const struct training_data data = {
        .dataset = &dataset,
        .train = rows,
        .train_count = 30,
        .validation = rows + 30,
        .validation_count = 10,
    };
    struct recipe recipe;
    const struct training_job job = {.data = &data, .recipe = &recipe};
    struct training_history history = {0};
    mien_status status;
    char *csv;

    recipe_init(&recipe);
    recipe.epochs = 2;
    recipe.batch = 16;
    status = training_run(network, &job, &history, err);
    assert_true(!history.epochs == !!status);
    if (status)
        return status;
    csv = training_history_csv(&history);
    training_history_free(&history);
    if (!csv)
        return error_memory(err, 1);
    free(csv);
    return MIEN_OK;
}

static mien_status open_model(mien_error *err)
{
    struct model *model = NULL;
    mien_status status = model_open(model_path, &model, err);

    assert_true(!model == !!status);
    model_close(model);
    return status;
}

static mien_status predict(mien_error *err)
{
    struct predictions logits = {0};
    mien_status status = predict_logits(network, NULL, &dataset, rows, ROWS, &logits, err);

    assert_true(!logits.values[0] == !!status);
    predictions_free(&logits);
    return status;
}

static mien_status predict_views(mien_error *err)
{
    struct predictions said[VIEW_SETS] = {0};
    mien_status status =
        picture_views_predict(network, NULL, &dataset, rows, ROWS, NULL, NULL, said, err);

    for (int s = 0; s < VIEW_SETS; s++) {
        assert_true(!said[s].values[0] == !!status);
        predictions_free(&said[s]);
    }
    return status;
}

static mien_status measure(mien_error *err)
{
    static const float probabilities[] = {0.2f, 0.8f, 0.6f, 0.4f};
    static const uint16_t labels[] = {1, 1};
    struct metrics *metrics = NULL;
    mien_status status = metrics_new(probabilities, labels, 2, 2, &metrics, err);

    assert_true(!metrics == !!status);
    metrics_free(metrics);
    return status;
}

/* Three answers of two models. */
static const float answers_a[] = {0.2f, 0.8f, 0.6f, 0.4f, 0.7f, 0.3f};
static const float answers_b[] = {0.4f, 0.6f, 0.1f, 0.9f, 0.2f, 0.8f};
static const uint16_t answer_labels[] = {1, 1, 0};

static mien_status compare(mien_error *err)
{
    struct answers a = {0}, b = {0};
    struct comparison comparison;
    mien_status status = answers_new(answers_a, answer_labels, 3, 2, &a, err);

    if (!status)
        status = answers_new(answers_b, answer_labels, 3, 2, &b, err);
    if (!status)
        status = comparison_new(&a, &b, NULL, &comparison, err);
    answers_free(&a);
    answers_free(&b);
    return status;
}

static mien_status draw_curves(mien_error *err)
{
    struct answers a = {0};
    struct curve curve = {0};
    struct coverage coverage = {0};
    mien_status status = answers_new(answers_a, answer_labels, 3, 2, &a, err);

    if (!status)
        status = curve_new(&a, 0, CURVE_ROC, &curve, err);
    if (!status)
        status = coverage_new(answers_a, answer_labels, 3, 2, &coverage, err);
    curve_free(&curve);
    coverage_free(&coverage);
    answers_free(&a);
    return status;
}

static mien_status map_labels(mien_error *err)
{
    static const char *const names[] = {"happy", "sad"};
    int *to = NULL;
    mien_status status = label_map_new(&dataset, names, 2, "raf-db", &to, err);

    assert_true(!to == !!status);
    free(to);
    return status;
}

static struct model *trained;

/* Opens a model that says it was trained on the official part train of `dataset`. */
static void open_trained(void)
{
    char data[SHA256_TEXT], part[SHA256_TEXT];
    const struct model_about about[] = {
        {"dataset sha256", data}, {"split", "official"}, {"train rows sha256", part}};
    struct model_description story = {.about = about, .about_count = 3, .history = ""};
    struct split split;
    uint8_t digest[SHA256_BYTES];
    mien_error err;

    assert_int_equal(split_new(&dataset, NULL, &split, &err), MIEN_OK);
    split_sha256(split.rows[DATASET_TRAIN], split.count[DATASET_TRAIN], digest);
    split_free(&split);
    sha256_text(digest, part);
    sha256_text(dataset_digest, data);
    story.labels = (const char *const *)dataset.label_names;
    story.label_count = (size_t)dataset.label_count;
    if (model_save(model_path, network, &story, NULL, &err) ||
        model_open(model_path, &trained, &err))
        fail_msg("%s", err.message);
}

static mien_status look_back(mien_error *err)
{
    struct split split = {0};
    struct provenance provenance = {0};
    uint32_t *training = NULL;
    size_t count;
    mien_status status = split_new(&dataset, NULL, &split, err);

    if (!status)
        status = provenance_new(trained, &dataset, &split, rows, ROWS, NULL, &provenance, err);
    if (!status)
        status = provenance_training_rows(trained, &dataset, &training, &count, err);
    free(training);
    provenance_free(&provenance);
    split_free(&split);
    return status;
}

static mien_status read_csv(mien_error *err)
{
    struct dataset made = {0};
    uint8_t digest[SHA256_BYTES];
    mien_status status = open_csv(&made, err);

    assert_true(!made.pixels == !!status);
    if (status)
        return status;
    dataset_sha256(&made, digest);
    assert_memory_equal(digest, dataset_digest, sizeof digest);
    dataset_close(&made);
    return MIEN_OK;
}

static mien_status split_with(const struct split_options *options, mien_error *err)
{
    struct split split = {0};
    uint32_t *selected = NULL;
    size_t count;
    mien_status status = split_new(&dataset, options, &split, err);

    if (!status)
        status = split_select(&split, "test+validation", &selected, &count, err);
    assert_true(!selected == !!status);
    free(selected);
    split_free(&split);
    return status;
}

static mien_status split_officially(mien_error *err)
{
    return split_with(NULL, err);
}

static mien_status split_like_the_deck(mien_error *err)
{
    return split_with(&(struct split_options){.kind = SPLIT_DECK}, err);
}

static mien_status split_by_shares(mien_error *err)
{
    const struct split_options options = {
        .kind = SPLIT_RATIO, .share = {8, 1, 1}, .seed = 1, .stratify = true};

    return split_with(&options, err);
}

/* --- what must hold --- */

static void an_architecture_survives_every_failed_allocation(void **state)
{
    (void)state;
    expect_every_failure_is_told(parse_architecture);
    expect_every_failure_is_told(resize_architecture);
}

static void a_network_survives_every_failed_allocation(void **state)
{
    (void)state;
    expect_every_failure_is_told(make_network);
}

static void a_plan_survives_every_failed_allocation(void **state)
{
    (void)state;
    expect_every_failure_is_told(make_inference_plan);
    expect_every_failure_is_told(make_training_plan);
}

static void a_thread_pool_survives_every_failed_allocation(void **state)
{
    (void)state;
    expect_every_failure_is_told(make_pool);
}

static void training_survives_every_failed_allocation(void **state)
{
    (void)state;
    expect_every_failure_is_told(train);
}

static void saving_and_opening_a_model_survive_every_failed_allocation(void **state)
{
    (void)state;
    expect_every_failure_is_told(save);
    expect_every_failure_is_told(open_model);
}

static void a_failed_save_leaves_the_old_model(void **state)
{
    mien_error err;
    size_t left;

    (void)state;
    failing_memory_begin(1, false);
    assert_int_equal(save(&err), MIEN_ENOMEM);
    assert_true(failing_memory_end(&left));
    assert_int_equal(open_model(&err), MIEN_OK);
}

static void prediction_and_metrics_survive_every_failed_allocation(void **state)
{
    (void)state;
    expect_every_failure_is_told(predict);
    expect_every_failure_is_told(predict_views);
    expect_every_failure_is_told(measure);
    expect_every_failure_is_told(compare);
    expect_every_failure_is_told(draw_curves);
    expect_every_failure_is_told(map_labels);
}

static void looking_back_survives_every_failed_allocation(void **state)
{
    (void)state;
    open_trained();
    expect_every_failure_is_told(look_back);
    model_close(trained);
}

static void a_data_set_and_its_splits_survive_every_failed_allocation(void **state)
{
    (void)state;
    fail_each_allocation(read_csv, false, true); /* less memory than was guessed may do */
    fail_each_allocation(read_csv, true, false);
    expect_every_failure_is_told(split_officially);
    expect_every_failure_is_told(split_like_the_deck);
    expect_every_failure_is_told(split_by_shares);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_architecture_survives_every_failed_allocation),
        cmocka_unit_test(a_network_survives_every_failed_allocation),
        cmocka_unit_test(a_plan_survives_every_failed_allocation),
        cmocka_unit_test(a_thread_pool_survives_every_failed_allocation),
        cmocka_unit_test(training_survives_every_failed_allocation),
        cmocka_unit_test(saving_and_opening_a_model_survive_every_failed_allocation),
        cmocka_unit_test(a_failed_save_leaves_the_old_model),
        cmocka_unit_test(prediction_and_metrics_survive_every_failed_allocation),
        cmocka_unit_test(looking_back_survives_every_failed_allocation),
        cmocka_unit_test(a_data_set_and_its_splits_survive_every_failed_allocation),
    };
    return cmocka_run_group_tests_name("allocation", tests, set_up, tear_down);
}

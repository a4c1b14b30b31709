/* test_explore.c - the maps of the pictures, the summary's figures, and lack of memory.
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include <string.h>

#include "base/random.h"
#include "base/thread_pool.h"
#include "baseline/pca.h"
#include "evaluation/embedding.h"
#include "explore/explore.h"
#include "explore/picture_map.h"
#include "tests/failing_memory.h"
#include "tests/unit.h"

enum { SIDE = 16, PIXELS = SIDE * SIDE, ROWS = 400, FEW_ROWS = 12 };

static uint8_t pixels[ROWS][PIXELS];
static uint16_t labels[ROWS];
static uint8_t parts[ROWS];
static char *names[] = {(char[]){"angry"}, (char[]){"disgust"}, (char[]){"happy"}};

/* Noise on two patterns of different strength; every fifth picture repeats an earlier one. */
static struct dataset make_dataset(size_t count)
{
    for (size_t row = 0; row < count; row++) {
        size_t seed = row % 5 == 4 ? row - 4 : row;
        double wide = 40 * random_normal(1, seed), narrow = 15 * random_normal(2, seed);
        for (int i = 0; i < PIXELS; i++) {
            double value = 128 + wide * sin(i % SIDE * 0.4) + narrow * cos(i / SIDE * 0.4) +
                           5 * random_normal(random_key(3, seed), (uint64_t)i);
            pixels[row][i] = (uint8_t)lround(fmin(fmax(value, 0), 255));
        }
        labels[row] = (uint16_t)(row % 3);
        parts[row] = (uint8_t)(row % 4 ? DATASET_TRAIN : DATASET_TEST);
    }
    return (struct dataset){.count = count,
                            .width = SIDE,
                            .height = SIDE,
                            .pixels = pixels[0],
                            .labels = labels,
                            .parts = parts,
                            .label_count = 3,
                            .label_names = names};
}

/* The pixels of the first `count` rows as picture_map() takes them. */
static const float *levels_of(size_t count)
{
    static float levels[ROWS][PIXELS];

    for (size_t row = 0; row < count; row++)
        for (int i = 0; i < PIXELS; i++)
            levels[row][i] = pixels[row][i];
    return levels[0];
}

static void the_map_agrees_with_exact_principal_components(void **state)
{
    static double x[ROWS], y[ROWS];
    static float features[ROWS][2];
    const struct pca_options options = {.components = 2};
    struct byte_rows pictures;
    struct pca pca;
    double shares[2];

    (void)state;
    make_dataset(ROWS);
    pictures = (struct byte_rows){.pixels = pixels[0], .count = ROWS, .dims = PIXELS};
    assert_int_equal(picture_map(levels_of(ROWS), ROWS, PIXELS, NULL, x, y, shares, NULL), MIEN_OK);
    assert_int_equal(pca_fit(&pictures, &options, NULL, &pca, NULL), MIEN_OK);
    assert_int_equal(pca_transform(&pca, &pictures, false, NULL, features[0], NULL), MIEN_OK);
    assert_float_equal(shares[0], pca_share(&pca, 1), 1e-5);
    assert_float_equal(shares[0] + shares[1], pca_share(&pca, 2), 1e-5);
    for (int row = 0; row < ROWS; row++) {
        assert_float_equal(x[row], features[row][0], 0.05);
        assert_float_equal(y[row], features[row][1], 0.05);
    }
    pca_free(&pca);
}

/* The third direction has nearly the variance of the second: many iterations turn little each. */
static void directions_that_turn_slowly_are_followed_to_their_end(void **state)
{
    enum { AXES = 3, POINTS = 2 * AXES };
    static const float lengths[AXES] = {3, 1, 0.96f};
    float vectors[POINTS][AXES] = {{0}};
    double x[POINTS], y[POINTS], shares[2];

    (void)state;
    for (int i = 0; i < POINTS; i++)
        vectors[i][i / 2] = i % 2 ? lengths[i / 2] : -lengths[i / 2];
    assert_int_equal(picture_map(vectors[0], POINTS, AXES, NULL, x, y, shares, NULL), MIEN_OK);
    assert_float_equal(y[4], 0, 1e-3);
    assert_float_equal(y[5], 0, 1e-3);
}

static void the_map_is_the_same_at_any_number_of_threads(void **state)
{
    static double one[2][ROWS], many[2][ROWS];
    const float *levels;
    struct thread_pool *pool;
    double shares[2];

    (void)state;
    make_dataset(ROWS);
    levels = levels_of(ROWS);
    assert_int_equal(picture_map(levels, ROWS, PIXELS, NULL, one[0], one[1], shares, NULL),
                     MIEN_OK);
    assert_int_equal(thread_pool_new(3, &pool, NULL), MIEN_OK);
    assert_int_equal(picture_map(levels, ROWS, PIXELS, pool, many[0], many[1], shares, NULL),
                     MIEN_OK);
    thread_pool_free(pool);
    assert_memory_equal(one, many, sizeof one);
}

static void pictures_that_are_all_the_same_lie_in_one_point(void **state)
{
    static const float vectors[3][5] = {
        {0.1f, 0.2f, 3, -7, 1}, {0.1f, 0.2f, 3, -7, 1}, {0.1f, 0.2f, 3, -7, 1}};
    double x[3], y[3], shares[2];

    (void)state;
    assert_int_equal(picture_map(vectors[0], 3, 5, NULL, x, y, shares, NULL), MIEN_OK);
    for (int i = 0; i < 3; i++) {
        assert_float_equal(x[i], 0, 0);
        assert_float_equal(y[i], 0, 0);
    }
    assert_float_equal(shares[0] + shares[1], 0, 0);
}

/* A classifier of random weights whose last layer reads four numbers. Zeroed on failure. */
static mien_status open_model(struct model_file *file, struct model *ret_model, mien_error *err)
{
    static const char text[] = "input 16x16x1\nnormalize 0 255\nflatten\ndense 4 as four\nrelu\n"
                               "dense 3\noutput expression\n";
    struct model model = {.file = file};
    mien_status status = architecture_parse(text, "test", &model.architecture, err);

    if (!status)
        status = network_new(model.architecture, 3, &model.network, err);
    if (status) {
        architecture_free(model.architecture);
        return status;
    }
    *ret_model = model;
    return MIEN_OK;
}

static void close_model(struct model *model)
{
    network_free(model->network);
    architecture_free(model->architecture);
    *model = (struct model){0};
}

static void the_embedding_is_what_the_last_layer_reads(void **state)
{
    static const uint32_t rows[] = {7, 0, 3};
    struct dataset dataset = make_dataset(FEW_ROWS);
    struct model_file file = {0};
    struct model model;
    float *values;
    size_t dims;

    (void)state;
    assert_int_equal(open_model(&file, &model, NULL), MIEN_OK);
    assert_int_equal(embedding_new(&model, NULL, &dataset, rows, 3, &values, &dims, NULL), MIEN_OK);
    assert_int_equal(dims, 4);
    for (size_t i = 0; i < 3; i++)
        for (size_t k = 0; k < dims; k++) {
            double sum = (double)model.network->tensors[1][k];
            for (size_t p = 0; p < PIXELS; p++)
                sum += (double)model.network->tensors[0][k * PIXELS + p] * pixels[rows[i]][p] / 255;
            assert_float_equal(values[i * dims + k], fmax(sum, 0), 1e-5);
        }
    free(values);
    close_model(&model);
}

static void the_head_shows_the_first_rows(void **state)
{
    struct dataset dataset = make_dataset(FEW_ROWS);
    struct text text = {0};
    char line[128];

    (void)state;
    explore_head(&dataset, parts, "faces.csv", &text);
    assert_false(text.failed);
    assert_non_null(strstr(text.data, "shape     (12, 16, 16) uint8"));
    assert_non_null(strstr(text.data, "labels    3: angry disgust happy\n"));
    assert_non_null(strstr(text.data, "parts     train 9, test 3\n"));
    assert_non_null(strstr(text.data, "missing   no pixel, no label\n"));
    snprintf(line, sizeof line, "      1  train         1 disgust  %3d %3d", pixels[1][0],
             pixels[1][1]);
    assert_non_null(strstr(text.data, line));
    assert_null(strstr(text.data, "      5  "));
    text_free(&text);
}

/* The whole exploration of a few rows, without a folder. */
static mien_status explore_few(mien_error *err)
{
    static uint8_t votes_table[FEW_ROWS][VOTES_COLUMNS];
    const struct votes votes = {FEW_ROWS, votes_table[0]};
    struct model_file file = {0};
    struct model model = {0};
    const struct explore_options options = {
        .source = "few", .split = "none", .votes = &votes, .model = &model};
    struct dataset dataset = make_dataset(FEW_ROWS);
    json_t *summary = NULL;
    mien_status status = open_model(&file, &model, err);

    for (int row = 0; row < FEW_ROWS; row++)
        votes_table[row][row % VOTES_COLUMNS] = 10;
    if (!status)
        status = explore_write(&dataset, parts, &options, NULL, &summary, err);
    assert_true((summary != NULL) == (status == MIEN_OK));
    json_decref(summary);
    close_model(&model);
    return status;
}

static void a_lack_of_memory_is_told_and_leaves_nothing_behind(void **state)
{
    bool failed = true;
    size_t number, left;

    (void)state;
    assert_int_equal(explore_few(NULL), MIEN_OK);
    for (number = 0; failed; number++) {
        mien_error err = {0};
        mien_status status;
        failing_memory_begin(number, false);
        status = explore_few(&err);
        failed = failing_memory_end(&left);
        if (left)
            fail_msg("allocation %zu failed: %zu blocks are left behind", number, left);
        if (failed && (status != MIEN_ENOMEM || err.status != MIEN_ENOMEM))
            fail_msg("allocation %zu failed: status %d, message \"%s\"", number, (int)status,
                     err.message);
    }
    assert_true(number > 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_map_agrees_with_exact_principal_components),
        cmocka_unit_test(directions_that_turn_slowly_are_followed_to_their_end),
        cmocka_unit_test(the_map_is_the_same_at_any_number_of_threads),
        cmocka_unit_test(pictures_that_are_all_the_same_lie_in_one_point),
        cmocka_unit_test(the_embedding_is_what_the_last_layer_reads),
        cmocka_unit_test(the_head_shows_the_first_rows),
        cmocka_unit_test(a_lack_of_memory_is_told_and_leaves_nothing_behind),
    };
    return cmocka_run_group_tests_name("explore", tests, NULL, NULL);
}

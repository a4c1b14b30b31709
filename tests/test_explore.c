/* test_explore.c - the map of the pictures, the summary's figures, and lack of memory.
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include <string.h>

#include "base/random.h"
#include "base/thread_pool.h"
#include "baseline/pca.h"
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

static void the_map_agrees_with_exact_principal_components(void **state)
{
    static double x[ROWS], y[ROWS];
    static float features[ROWS][2];
    static uint32_t rows[ROWS];
    struct dataset dataset = make_dataset(ROWS);
    const struct byte_rows pictures = {
        .pixels = pixels[0], .rows = rows, .count = ROWS, .dims = PIXELS};
    const struct pca_options options = {.components = 2};
    struct pca pca;
    double shares[2];

    (void)state;
    for (uint32_t row = 0; row < ROWS; row++)
        rows[row] = row;
    assert_int_equal(picture_map(&dataset, rows, ROWS, NULL, x, y, shares, NULL), MIEN_OK);
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

static void the_map_is_the_same_at_any_number_of_threads(void **state)
{
    static double one[2][ROWS], many[2][ROWS];
    static uint32_t rows[ROWS];
    struct dataset dataset = make_dataset(ROWS);
    struct thread_pool *pool;
    double shares[2];

    (void)state;
    for (uint32_t row = 0; row < ROWS; row++)
        rows[row] = ROWS - 1 - row;
    assert_int_equal(picture_map(&dataset, rows, ROWS, NULL, one[0], one[1], shares, NULL),
                     MIEN_OK);
    assert_int_equal(thread_pool_new(3, &pool, NULL), MIEN_OK);
    assert_int_equal(picture_map(&dataset, rows, ROWS, pool, many[0], many[1], shares, NULL),
                     MIEN_OK);
    thread_pool_free(pool);
    assert_memory_equal(one, many, sizeof one);
}

static void pictures_that_are_all_the_same_lie_in_one_point(void **state)
{
    static const uint32_t rows[] = {0, 0, 0};
    struct dataset dataset = make_dataset(1);
    double x[3], y[3], shares[2];

    (void)state;
    assert_int_equal(picture_map(&dataset, rows, 3, NULL, x, y, shares, NULL), MIEN_OK);
    for (int i = 0; i < 3; i++) {
        assert_float_equal(x[i], 0, 0);
        assert_float_equal(y[i], 0, 0);
    }
    assert_float_equal(shares[0] + shares[1], 0, 0);
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
    const struct explore_options options = {.source = "few", .split = "none", .votes = &votes};
    struct dataset dataset = make_dataset(FEW_ROWS);
    json_t *summary = NULL;
    mien_status status;

    for (int row = 0; row < FEW_ROWS; row++)
        votes_table[row][row % VOTES_COLUMNS] = 10;
    status = explore_write(&dataset, parts, &options, NULL, &summary, err);
    assert_true((summary != NULL) == (status == MIEN_OK));
    json_decref(summary);
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
        cmocka_unit_test(the_map_is_the_same_at_any_number_of_threads),
        cmocka_unit_test(pictures_that_are_all_the_same_lie_in_one_point),
        cmocka_unit_test(the_head_shows_the_first_rows),
        cmocka_unit_test(a_lack_of_memory_is_told_and_leaves_nothing_behind),
    };
    return cmocka_run_group_tests_name("explore", tests, NULL, NULL);
}

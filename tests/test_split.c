/* test_split.c - official, deck and ratio splits, and the choice of parts.
 * SPDX-License-Identifier: MIT */
#include "tests/unit.h"

#include <string.h>

#include "base/random.h"
#include "dataset/split.h"

enum { LABELS = 7 };

/* A data set of labels and parts alone: splits look at nothing else. */
static struct dataset labelled(size_t count, bool has_parts)
{
    struct dataset data = {.count = count, .label_count = LABELS, .has_parts = has_parts};

    data.labels = test_calloc(count, sizeof *data.labels);
    data.parts = test_calloc(count, 1);
    for (size_t row = 0; row < count; row++) {
        uint64_t bits = random_bits(5, row);
        data.labels[row] = (uint16_t)(bits % 28 == 0 ? 1 : (bits >> 8) % LABELS); /* 1 is rare */
        data.parts[row] =
            (uint8_t)(bits >> 32 & 7 ? DATASET_TRAIN : DATASET_VALIDATION + (bits >> 40 & 1));
    }
    return data;
}

static void free_labelled(struct dataset *data)
{
    test_free(data->labels);
    test_free(data->parts);
}

static struct split make(const struct dataset *data, const char *text, uint64_t seed, bool stratify)
{
    struct split_options options;
    struct split split = {0};
    mien_error err = {.message = ""};

    split_options_init(&options);
    options.seed = seed;
    options.stratify = stratify;
    if (split_options_parse(text, &options, &err) || split_new(data, &options, &split, &err))
        fail_msg("%s", err.message);
    return split;
}

static void assert_every_row_once(const struct split *split, size_t count)
{
    bool *seen = test_calloc(count, sizeof *seen);
    size_t total = 0;

    for (int part = 0; part < DATASET_PARTS; part++) {
        for (size_t i = 0; i < split->count[part]; i++) {
            assert_true(split->rows[part][i] < count);
            assert_false(seen[split->rows[part][i]]);
            seen[split->rows[part][i]] = true;
        }
        total += split->count[part];
    }
    assert_int_equal(total, count);
    test_free(seen);
}

static void assert_hash(const struct split *split, enum dataset_part part, const char *expected)
{
    uint8_t digest[SHA256_BYTES];
    char text[SHA256_TEXT];

    split_sha256(split->rows[part], split->count[part], digest);
    sha256_text(digest, text);
    assert_string_equal(text, expected);
}

static void the_deck_split_is_that_of_scikit_learn_for_any_number_of_rows(void **state)
{
    /* tests/golden/make_split_golden.py, by enum dataset_part. */
    static const struct {
        size_t count, parts[DATASET_PARTS];
        const char *sha256[DATASET_PARTS];
    } cases[] = {
        {4,
         {3, 1, 0},
         {"ad5dc1478de06a4c2728ea528bd9361a4b945e92a414bf4d180cedaaeaa5f4cc",
          "9d9f290527a6be626a8f5985b26e19b237b44872b03631811df4416fc1713178",
          "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"}},
        {5,
         {4, 1, 0},
         {"6256a4b0be4127b6ff9fa076fe7595961bc296521bd01220f64c6f95768c1fdd",
          "fb5e512425fc9449316ec95969ebe71e2d576dbab833d61e2a5b9330fd70ee02",
          "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"}},
        {10,
         {8, 1, 1},
         {"11d4de7e03de32a0f709fd9098b0066ebd7bf0d9740f1414d1eee6b91f1e4244",
          "9f076b7eb7fdc0311cd3208cdbbebbf8014dd3a05e35191c96947b358a362b40",
          "dc765660b06ee03dd16fd7ca5b957e8c805161ac2c4af28c5a100ab2ab432ca1"}},
        {101,
         {80, 9, 12},
         {"e96249c0a0d42e430850fa727a551b1fc8b96a20432f123f03c40a481ea3899f",
          "c20f1d7bb8e95d83a98670b25e66f4746421a1b608f5528dcd3eccac88c0869f",
          "66f592aafc1107bfe839421b0e699cc1d01c7eafc906e125a9babc65c67f00a3"}},
        {7178,
         {5742, 575, 861},
         {"4dfe0bdddd37ee20bf59bb69c9d04103e812b2531f0fdd5646ad1f9c40a3c112",
          "f68650e274b37d9ad4acc4385527f672e9bf2af4231524c9a5537f6e089e75d3",
          "819e007049425e4820322b1d9bd1d748a8223dbad0e4a76b45a3d03b7a3ce8e6"}},
        {35887,
         {28709, 2872, 4306},
         {"4d27fefe33d3a801c0cecfd050d7f02f531a16296ed29f0d4586222808f205b5",
          "4fec8ff7439055b9c27cb9a15e71d0f8131febd786f995f92776b0e7efa968b0",
          "3aecaf55c6c31b3cbee366adb4388b313f6383da8accc50f54cc4a6709548c48"}},
        {100000,
         {80000, 8000, 12000},
         {"c75952013402696672167b05e7b30aa5b19098b6fb2406843286ebe7bfc5cffa",
          "82467d088f98ca7410cbccf1dcc62ee3c700923046eac704e286927bbfd650fc",
          "eaeba01411d618feed00b88b99857a3630008521337dcff401856c254752fccb"}},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct dataset data = {.count = cases[i].count, .label_count = LABELS};
        struct split split = make(&data, "deck", 0, false);
        assert_every_row_once(&split, data.count);
        for (int part = 0; part < DATASET_PARTS; part++) {
            assert_int_equal(split.count[part], cases[i].parts[part]);
            assert_hash(&split, (enum dataset_part)part, cases[i].sha256[part]);
        }
        split_free(&split);
    }
}

static void the_deck_split_has_the_rows_of_the_reference(void **state)
{
    static const uint32_t train[] = {24232, 35722, 60, 34974}, test[] = {26881, 20987},
                          validation[] = {21855, 35292, 8165};
    struct dataset data = {.count = 35887, .label_count = LABELS};
    struct split split = make(&data, "deck", 0, false);

    (void)state;
    assert_memory_equal(split.rows[DATASET_TRAIN], train, sizeof train);
    assert_memory_equal(split.rows[DATASET_TEST], test, sizeof test);
    assert_memory_equal(split.rows[DATASET_VALIDATION], validation, sizeof validation);
    assert_int_equal(split.rows[DATASET_TRAIN][28708], 11586);
    assert_int_equal(split.rows[DATASET_TEST][4305], 12019);
    assert_int_equal(split.rows[DATASET_VALIDATION][2871], 14866);
    split_free(&split);
}

static void tiny_data_sets_are_split_without_losing_a_row(void **state)
{
    static const char *const splits[] = {"official", "deck", "80:12:8", "1:0:0", "0:0:1"};

    (void)state;
    for (size_t count = 1; count < 12; count++) {
        struct dataset data = labelled(count, true);
        for (size_t i = 0; i < sizeof splits / sizeof *splits; i++) {
            for (int stratify = 0; stratify < 2; stratify++) {
                struct split split = make(&data, splits[i], 1, stratify);
                assert_every_row_once(&split, count);
                split_free(&split);
            }
        }
        free_labelled(&data);
    }
}

static void the_official_split_follows_the_parts_in_order(void **state)
{
    struct dataset data = labelled(5000, true);
    struct split split = make(&data, "official", 0, false);

    (void)state;
    assert_every_row_once(&split, data.count);
    for (int part = 0; part < DATASET_PARTS; part++) {
        assert_true(split.count[part] > 200);
        for (size_t i = 0; i < split.count[part]; i++) {
            assert_int_equal(data.parts[split.rows[part][i]], part);
            assert_true(i == 0 || split.rows[part][i] > split.rows[part][i - 1]);
        }
    }
    split_free(&split);
    free_labelled(&data);
}

static void the_official_split_needs_parts(void **state)
{
    struct dataset data = labelled(10, false);
    struct split split;
    mien_error err;

    (void)state;
    assert_int_equal(split_new(&data, NULL, &split, &err), MIEN_EINVAL);
    assert_string_equal(err.message, "the data set names no parts (no Usage column, no part "
                                     "folders): split it by shares like 80:12:8");
    free_labelled(&data);
}

static void shares_are_right_to_a_row(void **state)
{
    struct dataset data = labelled(35887, false);
    struct split split = make(&data, "70:20:10", 3, false);

    (void)state;
    assert_every_row_once(&split, data.count);
    assert_int_equal(split.count[DATASET_TRAIN], 25121); /* 25120.9 */
    assert_in_range(split.count[DATASET_TEST], 7177, 7178);
    assert_in_range(split.count[DATASET_VALIDATION], 3588, 3589);
    split_free(&split);
    free_labelled(&data);
}

static void shares_may_be_percentages_ratios_or_fractions(void **state)
{
    static const char *const texts[] = {"80:12:8", "20:3:2", "0.8:0.12:0.08", "8e1:12:8."};
    struct dataset data = labelled(1000, false);

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct split split = make(&data, texts[i], 9, false);
        assert_int_equal(split.count[DATASET_TRAIN], 800);
        assert_int_equal(split.count[DATASET_TEST], 120);
        assert_int_equal(split.count[DATASET_VALIDATION], 80);
        split_free(&split);
    }
    free_labelled(&data);
}

static void stratified_shares_are_right_to_a_row_for_every_label(void **state)
{
    static const double share[DATASET_PARTS] = {0.8, 0.08, 0.12};
    struct dataset data = labelled(20000, false);
    struct split split = make(&data, "80:12:8", 3, true);
    size_t all[LABELS], counts[LABELS];

    (void)state;
    assert_every_row_once(&split, data.count);
    dataset_count_labels(&data, NULL, 0, all);
    for (int part = 0; part < DATASET_PARTS; part++) {
        dataset_count_labels(&data, split.rows[part], split.count[part], counts);
        for (int label = 0; label < LABELS; label++)
            assert_float_equal((double)counts[label], share[part] * (double)all[label], 1.0);
    }
    split_free(&split);
    free_labelled(&data);
}

/* In row order, or label by label, neighbours would be related far more often. */
static void ratio_splits_are_shuffled_stratified_or_not(void **state)
{
    struct dataset data = labelled(10000, false);

    (void)state;
    for (int stratify = 0; stratify < 2; stratify++) {
        struct split split = make(&data, "80:10:10", 3, stratify);
        const uint32_t *rows = split.rows[DATASET_TRAIN];
        int ascending = 0, same_label = 0;
        for (size_t i = 1; i < 8000; i++) {
            ascending += rows[i] > rows[i - 1];
            same_label += data.labels[rows[i]] == data.labels[rows[i - 1]];
        }
        assert_in_range(ascending, 3700, 4300);
        assert_true(same_label < 2000);
        split_free(&split);
    }
    free_labelled(&data);
}

static void a_seed_always_gives_the_same_split_and_another_another(void **state)
{
    struct dataset data = labelled(3000, false);

    (void)state;
    for (int stratify = 0; stratify < 2; stratify++) {
        struct split a = make(&data, "80:10:10", 7, stratify);
        struct split b = make(&data, "80:10:10", 7, stratify);
        struct split c = make(&data, "80:10:10", 8, stratify);
        assert_memory_equal(a.rows[0], b.rows[0], a.count[0] * sizeof *a.rows[0]);
        assert_memory_not_equal(a.rows[0], c.rows[0], a.count[0] * sizeof *a.rows[0]);
        split_free(&a);
        split_free(&b);
        split_free(&c);
    }
    free_labelled(&data);
}

/* A model is compared with an older one on the same test part years later. */
static void ratio_splits_never_change(void **state)
{
    struct dataset data = labelled(3000, false);
    struct split plain = make(&data, "80:12:8", 1, false);
    struct split stratified = make(&data, "80:12:8", 1, true);

    (void)state;
    assert_hash(&plain, DATASET_TEST,
                "9f4d548908f34fe374e0e163dd1a2ed00a280e18604b273cdd84179842c385be");
    assert_hash(&stratified, DATASET_TEST,
                "4d63d9edefb718e1551e39efe43dc9ad674658a743a0d46d2aebdb286dc2e446");
    split_free(&plain);
    split_free(&stratified);
    free_labelled(&data);
}

static void a_wrong_split_is_refused_with_what_would_be_right(void **state)
{
    static const char *const wrong[] = {
        "",        "decks", "80",        "80:20", "80:12:8:1", "80:12:8 ", "-80:12:8", "80:12:nan",
        "inf:1:1", "80::8", "1e99:12:8", "a:b:c", " 80:12:8",  "80:12:8:", "OFFICIAL"};
    struct split_options options;
    mien_error err;

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        char expected[200];
        split_options_init(&options);
        assert_int_equal(split_options_parse(wrong[i], &options, &err), MIEN_EINVAL);
        snprintf(expected, sizeof expected,
                 "split \"%s\": give official, deck, or the shares of train, test and validation "
                 "like 80:12:8",
                 wrong[i]);
        assert_string_equal(err.message, expected);
        assert_int_equal(options.kind, SPLIT_OFFICIAL);
    }
    assert_int_equal(split_options_parse("0:0:0", &options, &err), MIEN_EINVAL);
    assert_string_equal(err.message, "split \"0:0:0\": all shares are 0");
}

static void parts_are_joined_in_the_order_named(void **state)
{
    struct dataset data = labelled(2000, true);
    struct split split = make(&data, "official", 0, false);
    size_t test = split.count[DATASET_TEST], validation = split.count[DATASET_VALIDATION], count;
    uint32_t *rows;

    (void)state;
    assert_int_equal(split_select(&split, "test", &rows, &count, NULL), MIEN_OK);
    assert_int_equal(count, test);
    free(rows);
    assert_int_equal(split_select(&split, "test+validation", &rows, &count, NULL), MIEN_OK);
    assert_int_equal(count, test + validation);
    assert_memory_equal(rows, split.rows[DATASET_TEST], test * sizeof *rows);
    assert_memory_equal(rows + test, split.rows[DATASET_VALIDATION], validation * sizeof *rows);
    free(rows);
    assert_int_equal(split_select(&split, "train+validation+test", &rows, &count, NULL), MIEN_OK);
    assert_int_equal(count, 2000);
    free(rows);
    split_free(&split);
    free_labelled(&data);
}

static void wrong_parts_are_refused_with_what_would_be_right(void **state)
{
    static const struct {
        const char *parts, *message;
    } cases[] = {
        {"tset", "part \"tset\": give train, test or validation, or several of them like "
                 "test+validation"},
        {"test+", "part \"\": give train, test or validation, or several of them like "
                  "test+validation"},
        {"", "part \"\": give train, test or validation, or several of them like "
             "test+validation"},
        {"test+train+test", "parts \"test+train+test\": test is named twice"},
        {"validation", "part validation: no row of the data set belongs to it; choose another "
                       "part or split"},
    };
    struct dataset data = labelled(50, false);
    struct split split = make(&data, "90:10:0", 0, false);
    uint32_t *rows = NULL;
    size_t count = 0;
    mien_error err;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(split_select(&split, cases[i].parts, &rows, &count, &err), MIEN_EINVAL);
        assert_string_equal(err.message, cases[i].message);
        assert_null(rows);
    }
    split_free(&split);
    free_labelled(&data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_deck_split_is_that_of_scikit_learn_for_any_number_of_rows),
        cmocka_unit_test(the_deck_split_has_the_rows_of_the_reference),
        cmocka_unit_test(tiny_data_sets_are_split_without_losing_a_row),
        cmocka_unit_test(the_official_split_follows_the_parts_in_order),
        cmocka_unit_test(the_official_split_needs_parts),
        cmocka_unit_test(shares_are_right_to_a_row),
        cmocka_unit_test(shares_may_be_percentages_ratios_or_fractions),
        cmocka_unit_test(stratified_shares_are_right_to_a_row_for_every_label),
        cmocka_unit_test(ratio_splits_are_shuffled_stratified_or_not),
        cmocka_unit_test(a_seed_always_gives_the_same_split_and_another_another),
        cmocka_unit_test(ratio_splits_never_change),
        cmocka_unit_test(a_wrong_split_is_refused_with_what_would_be_right),
        cmocka_unit_test(parts_are_joined_in_the_order_named),
        cmocka_unit_test(wrong_parts_are_refused_with_what_would_be_right),
    };
    return cmocka_run_group_tests_name("split", tests, NULL, NULL);
}

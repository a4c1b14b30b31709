/* test_audit.c - identical and near-identical pictures, labels that disagree, blank pictures,
 * suspicious crops, and lists of rows.
 * SPDX-License-Identifier: MIT */
#include "tests/unit.h"

#include <math.h>
#include <string.h>

#include "base/random.h"
#include "base/thread_pool.h"
#include "dataset/audit.h"
#include "dataset/perceptual_hash.h"
#include "dataset/row_list.h"

enum { SIDE = 48, PIXELS = SIDE * SIDE, MOST_ROWS = 40 };

/* A data set that a test fills row by row. */
struct sample {
    struct dataset dataset;
    uint8_t pixels[MOST_ROWS][PIXELS];
    uint16_t labels[MOST_ROWS];
    uint8_t parts[MOST_ROWS];
};

/* A smooth picture, different for every seed: some waves. */
static void draw_waves(uint64_t seed, uint8_t *pixels)
{
    uint64_t key = random_key(seed, 1);

    for (int y = 0; y < SIDE; y++)
        for (int x = 0; x < SIDE; x++) {
            double sum = 0;
            for (uint64_t wave = 0; wave < 6; wave++) {
                double fx = random_range(key, 3 * wave, -0.35f, 0.35f);
                double fy = random_range(key, 3 * wave + 1, -0.35f, 0.35f);
                sum += sin(fx * x + fy * y + 6.3 * random_uniform(key, 3 * wave + 2));
            }
            pixels[y * SIDE + x] = (uint8_t)lround(127 + 18 * sum);
        }
}

static uint8_t *add_row(struct sample *sample, uint16_t label, enum dataset_part part)
{
    size_t row = sample->dataset.count++;

    assert_true(row < MOST_ROWS);
    sample->labels[row] = label;
    sample->parts[row] = (uint8_t)part;
    return sample->pixels[row];
}

static struct sample *sample_new(void)
{
    struct sample *sample = calloc(1, sizeof *sample);

    assert_non_null(sample);
    sample->dataset = (struct dataset){.width = SIDE,
                                       .height = SIDE,
                                       .pixels = sample->pixels[0],
                                       .labels = sample->labels,
                                       .parts = sample->parts,
                                       .label_count = 7};
    return sample;
}

static struct audit audit_of(const struct sample *sample)
{
    struct audit audit = {0};
    mien_error err;

    if (audit_new(&sample->dataset, NULL, &audit, &err))
        fail_msg("%s", err.message);
    return audit;
}

static void identical_pictures_form_a_group(void **state)
{
    struct sample *sample = sample_new();
    struct audit audit;

    (void)state;
    for (int row = 0; row < 9; row++)
        draw_waves((uint64_t)(row % 4 + row / 8), add_row(sample, 0, DATASET_TRAIN));
    audit = audit_of(sample); /* seeds 0 1 2 3 0 1 2 3 1 */
    assert_int_equal(audit.distinct, 4);
    assert_int_equal(audit.group_count, 4);
    assert_int_equal(audit.group_starts[4], 9);
    assert_int_equal(audit.first[8], 1);
    assert_int_equal(audit.first[3], 3);
    assert_int_equal(audit.group_starts[2] - audit.group_starts[1], 3);
    assert_int_equal(audit.group_rows[audit.group_starts[1]], 1);
    assert_int_equal(audit.group_rows[audit.group_starts[1] + 2], 8);
    assert_int_equal(audit.near_count, 0);
    audit_free(&audit);
    free(sample);
}

static uint8_t limited(double value)
{
    return (uint8_t)lround(fmin(fmax(value, 0), 255));
}

static void copies_that_were_changed_a_little_are_near(void **state)
{
    struct sample *sample = sample_new();
    const uint8_t *original = sample->pixels[0];
    uint8_t *brighter, *noisy, *shifted, *mirrored;
    struct audit audit;

    (void)state;
    draw_waves(7, add_row(sample, 0, DATASET_TRAIN));
    draw_waves(8, add_row(sample, 0, DATASET_TRAIN));
    brighter = add_row(sample, 0, DATASET_TRAIN);
    noisy = add_row(sample, 0, DATASET_TRAIN);
    shifted = add_row(sample, 0, DATASET_TRAIN);
    mirrored = add_row(sample, 0, DATASET_TRAIN);
    for (int i = 0; i < PIXELS; i++) {
        int left = i % SIDE ? i - 1 : i;
        brighter[i] = limited(0.6 * original[i] + 80);
        noisy[i] = limited(original[i] + 6 * random_normal(3, (uint64_t)i));
        shifted[i] = original[left];
        mirrored[i] = original[i - i % SIDE + SIDE - 1 - i % SIDE];
    }
    audit = audit_of(sample);
    assert_int_equal(audit.distinct, 6);
    assert_int_equal(audit.near_count, 10); /* every two of rows 0 2 3 4 5 */
    for (size_t i = 0; i < audit.near_count; i++) {
        const struct audit_pair *pair = &audit.near[i];
        assert_true(pair->a != 1 && pair->b != 1 && pair->a < pair->b);
        assert_int_equal(pair->mirrored, pair->b == 5);
        assert_true(pair->correlation >= AUDIT_NEAR_CORRELATION && pair->correlation <= 1);
    }
    audit_free(&audit);
    free(sample);
}

static void a_symmetric_pair_is_found_once_and_not_as_mirrored(void **state)
{
    struct sample *sample = sample_new();
    uint8_t *first = add_row(sample, 0, DATASET_TRAIN);
    uint8_t *second = add_row(sample, 0, DATASET_TRAIN);
    struct audit audit;

    (void)state;
    draw_waves(9, first);
    for (int i = 0; i < PIXELS; i++) { /* the left half, mirrored to the right */
        int x = i % SIDE;
        first[i] = x < SIDE / 2 ? first[i] : first[i - x + SIDE - 1 - x];
        second[i] = limited(0.8 * first[i] + 20);
    }
    audit = audit_of(sample);
    assert_int_equal(audit.near_count, 1);
    assert_false(audit.near[0].mirrored);
    audit_free(&audit);
    free(sample);
}

static void an_edge_is_plain_if_its_pixels_differ_by_two_at_most(void **state)
{
    uint8_t picture[PIXELS];
    struct picture_measures measures;

    (void)state;
    for (int range = 2; range <= 3; range++) {
        for (int i = 0; i < PIXELS; i++)
            picture[i] = i / SIDE < 5 ? (uint8_t)(100 + i % (range + 1)) : (uint8_t)(i * 37);
        picture_measure(picture, SIDE, SIDE, &measures);
        assert_int_equal(measures.plain_edge, range == 2 ? 5 : 0);
    }
}

static void flags_follow_from_what_can_be_measured(void **state)
{
    static const uint8_t expected[] = {
        AUDIT_BLANK, AUDIT_NEARLY_BLANK | AUDIT_PLAIN_EDGE, 0, AUDIT_PLAIN_EDGE, AUDIT_BLURRED, 0};
    struct sample *sample = sample_new();
    uint8_t *edge, *blurred, *noise, *mark;
    struct audit audit;

    (void)state;
    memset(add_row(sample, 0, DATASET_TRAIN), 99, PIXELS);
    mark = add_row(sample, 0, DATASET_TRAIN);
    for (int i = 0; i < PIXELS; i++) /* a fifth of it is drawn on */
        mark[i] = i > PIXELS / 3 && i < PIXELS * 8 / 15 ? (uint8_t)(i * 37) : 255;
    noise = add_row(sample, 0, DATASET_TRAIN);
    edge = add_row(sample, 0, DATASET_TRAIN);
    blurred = add_row(sample, 0, DATASET_TRAIN);
    for (int i = 0; i < PIXELS; i++) {
        noise[i] = (uint8_t)random_bits(5, (uint64_t)i);
        edge[i] = i % SIDE >= SIDE - 8 ? 3 : noise[i];
        blurred[i] = (uint8_t)(2 * (i % SIDE) + 3 * (i / SIDE));
    }
    memcpy(add_row(sample, 0, DATASET_TRAIN), edge, PIXELS);
    for (int y = 0; y < SIDE; y++) /* a strip of 7 is too narrow */
        sample->pixels[5][y * SIDE + SIDE - 8] = (uint8_t)(40 * y);
    audit = audit_of(sample);
    for (size_t row = 0; row < sample->dataset.count; row++)
        if (audit.flags[row] != expected[row])
            fail_msg("row %zu: flags %d, not %d (sharpness %.3f, modal share %.3f, edge %d)", row,
                     audit.flags[row], expected[row], (double)audit.measures[row].sharpness,
                     (double)audit.measures[row].modal_share, audit.measures[row].plain_edge);
    audit_free(&audit);
    free(sample);
}

static void measures_of_a_small_picture_are_exact(void **state)
{
    static const uint8_t pixels[9] = {10, 10, 10, 10, 250, 10, 10, 10, 20};
    struct picture_measures measures;

    (void)state;
    picture_measure(pixels, 3, 3, &measures);
    assert_int_equal(measures.sum, 340);
    assert_int_equal(measures.squares, 7 * 100 + 62500 + 400);
    assert_int_equal(measures.lowest, 10);
    assert_int_equal(measures.highest, 250);
    assert_int_equal(measures.plain_edge, 1);
    assert_float_equal(measures.mean, 340 / 9.0, 1e-4);
    assert_float_equal(measures.deviation, sqrt(63600 / 9.0 - 340.0 * 340 / 81), 1e-3);
    assert_float_equal(measures.modal_share, 7 / 9.0, 1e-6);
    assert_float_equal(measures.sharpness * measures.deviation, 960, 0.01);
}

/* Rows: the same picture in train, train, validation, test; one in validation and test; one near
 * the first in test; one alone in test. */
static struct sample *sample_of_twins(void)
{
    static const struct {
        int seed;
        enum dataset_part part;
        uint16_t label;
    } rows[] = {{1, DATASET_TRAIN, 0}, {1, DATASET_TRAIN, 3}, {1, DATASET_VALIDATION, 0},
                {1, DATASET_TEST, 0},  {2, DATASET_TEST, 5},  {2, DATASET_VALIDATION, 5},
                {1, DATASET_TEST, 0},  {3, DATASET_TEST, 2}};
    struct sample *sample = sample_new();

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        draw_waves((uint64_t)rows[i].seed, add_row(sample, rows[i].label, rows[i].part));
    for (int i = 0; i < PIXELS; i++)
        sample->pixels[6][i] = limited(0.9 * sample->pixels[6][i] + 7);
    return sample;
}

static void twins_are_counted_by_part(void **state)
{
    struct sample *sample = sample_of_twins();
    struct audit audit = audit_of(sample);
    struct audit_twins twins;

    (void)state;
    assert_int_equal(audit_twins_new(&audit, sample->parts, &twins, NULL), MIEN_OK);
    assert_int_equal(twins.exact[DATASET_TRAIN][DATASET_TRAIN], 2);
    assert_int_equal(twins.exact[DATASET_TRAIN][DATASET_TEST], 2);
    assert_int_equal(twins.exact[DATASET_VALIDATION][DATASET_TRAIN], 1);
    assert_int_equal(twins.exact[DATASET_TEST][DATASET_TRAIN], 1);
    assert_int_equal(twins.exact[DATASET_TEST][DATASET_VALIDATION], 2);
    assert_int_equal(twins.exact[DATASET_TEST][DATASET_TEST], 0);
    assert_int_equal(twins.near[DATASET_TEST][DATASET_TRAIN], 1);
    assert_int_equal(twins.near[DATASET_TEST][DATASET_VALIDATION], 1);
    assert_int_equal(twins.near[DATASET_TEST][DATASET_TEST], 2);
    assert_int_equal(twins.twin[0], UINT32_MAX); /* train comes first: nothing leaks into it */
    assert_int_equal(twins.twin[1], UINT32_MAX);
    assert_int_equal(twins.twin[2], 0);
    assert_int_equal(twins.twin[3], 0);
    assert_int_equal(twins.twin[4], 5);
    assert_int_equal(twins.twin[5], UINT32_MAX);
    assert_int_equal(twins.twin[6], 0);
    assert_int_equal(twins.twin[7], UINT32_MAX);
    audit_twins_free(&twins);
    audit_free(&audit);
    free(sample);
}

static void rows_outside_every_part_have_no_twins(void **state)
{
    struct sample *sample = sample_of_twins();
    struct audit audit = audit_of(sample);
    struct audit_twins twins;

    (void)state;
    sample->parts[0] = sample->parts[1] = AUDIT_NO_PART;
    assert_int_equal(audit_twins_new(&audit, sample->parts, &twins, NULL), MIEN_OK);
    assert_int_equal(twins.exact[DATASET_TEST][DATASET_TRAIN], 0);
    assert_int_equal(twins.twin[3], 2);
    audit_twins_free(&twins);
    audit_free(&audit);
    free(sample);
}

static void labels_that_disagree_about_one_picture_are_counted(void **state)
{
    struct sample *sample = sample_of_twins();
    struct audit audit = audit_of(sample);
    struct audit_conflicts conflicts;

    (void)state;
    assert_int_equal(audit_conflicts_new(&audit, &sample->dataset, &conflicts, NULL), MIEN_OK);
    assert_int_equal(conflicts.groups, 1);
    assert_int_equal(conflicts.rows, 4);
    assert_int_equal(conflicts.pairs[0 * 7 + 3], 1);
    assert_int_equal(conflicts.pairs[3 * 7 + 0], 1);
    assert_int_equal(conflicts.pairs[0 * 7 + 0], 1);
    assert_int_equal(conflicts.pairs[3 * 7 + 3], 0);
    assert_int_equal(conflicts.pairs[5 * 7 + 5], 1);
    assert_true(audit_group_disagrees(&audit, &sample->dataset, 0));
    assert_false(audit_group_disagrees(&audit, &sample->dataset, 1));
    audit_conflicts_free(&conflicts);
    audit_free(&audit);
    free(sample);
}

static void an_audit_is_the_same_at_any_number_of_threads(void **state)
{
    enum { ROWS = 1500 };
    struct dataset dataset = {.count = ROWS, .width = SIDE, .height = SIDE, .label_count = 7};
    struct audit one, many;
    struct thread_pool *pool;

    (void)state;
    dataset.pixels = malloc((size_t)ROWS * PIXELS);
    assert_non_null(dataset.pixels);
    for (size_t row = 0; row < ROWS; row++) {
        uint8_t *pixels = dataset.pixels + row * PIXELS;
        draw_waves(row % 900, pixels);
        if (row >= 900 && row % 2)
            pixels[row] ^= 3;
    }
    assert_int_equal(audit_new(&dataset, NULL, &one, NULL), MIEN_OK);
    assert_int_equal(thread_pool_new(5, &pool, NULL), MIEN_OK);
    assert_int_equal(audit_new(&dataset, pool, &many, NULL), MIEN_OK);
    thread_pool_free(pool);
    assert_int_equal(one.near_count, 300);
    assert_int_equal(many.near_count, 300);
    for (size_t i = 0; i < 300; i++) {
        assert_int_equal(one.near[i].a, many.near[i].a);
        assert_int_equal(one.near[i].b, many.near[i].b);
        assert_int_equal(one.near[i].mirrored, many.near[i].mirrored);
        assert_true(one.near[i].correlation == many.near[i].correlation);
    }
    assert_memory_equal(one.first, many.first, ROWS * sizeof *one.first);
    assert_memory_equal(one.flags, many.flags, ROWS);
    audit_free(&one);
    audit_free(&many);
    free(dataset.pixels);
}

static void a_mirrored_picture_has_the_mirrored_hash(void **state)
{
    (void)state;
    for (int width = 8; width < 70; width += 3) {
        int height = 8 + width * 5 % 61;
        uint8_t plain[70 * 70], mirrored[70 * 70];
        struct perceptual_hash a, b;
        for (int i = 0; i < width * height; i++)
            plain[i] = (uint8_t)random_bits((uint64_t)width, (uint64_t)i);
        for (int i = 0; i < width * height; i++)
            mirrored[i] = plain[i - i % width + width - 1 - i % width];
        a = perceptual_hash(plain, width, height);
        b = perceptual_hash(mirrored, width, height);
        assert_true(a.plain == b.mirrored);
        assert_true(a.mirrored == b.plain);
        assert_true(a.plain != a.mirrored);
    }
}

static void a_hash_grows_brighter_to_the_right(void **state)
{
    uint8_t pixels[9 * 8];
    struct perceptual_hash hash;

    (void)state;
    for (int i = 0; i < 9 * 8; i++) /* brighter to the right, but for the last step */
        pixels[i] = (uint8_t)(i % 9 == 8 ? 0 : 10 * (i % 9));
    hash = perceptual_hash(pixels, 9, 8);
    assert_true(hash.plain == UINT64_C(0xfefefefefefefefe));
    assert_true(hash.mirrored == UINT64_C(0x8080808080808080));
}

enum { HASHES = 3000 };

struct seen {
    int times[HASHES];
};

static void see(void *context, uint32_t item)
{
    ((struct seen *)context)->times[item]++;
}

static void the_index_finds_every_near_hash_once(void **state)
{
    static uint64_t hashes[HASHES];
    struct hash_index index;
    size_t sure = 0;

    (void)state;
    for (uint64_t i = 0; i < HASHES; i++) { /* clusters around 30 centres */
        hashes[i] = random_bits(1, i % 30);
        for (uint64_t flip = 0; flip < i % 13; flip++)
            hashes[i] ^= UINT64_C(1) << (random_bits(i, flip) & 63);
    }
    assert_int_equal(hash_index_new(hashes, HASHES, &index, NULL), MIEN_OK);
    for (size_t query = 0; query < 300; query++) {
        struct seen seen = {{0}};
        hash_index_search(&index, hashes[query], (int64_t)query, see, &seen);
        for (size_t i = 0; i < HASHES; i++) {
            int distance = __builtin_popcountll(hashes[query] ^ hashes[i]);
            if (i <= query || distance > HASH_INDEX_MOST)
                assert_int_equal(seen.times[i], 0);
            else if (distance <= HASH_INDEX_SURE)
                assert_int_equal(seen.times[i], 1);
            else
                assert_in_range(seen.times[i], 0, 1);
            sure += i > query && distance <= HASH_INDEX_SURE;
        }
    }
    assert_true(sure > 1000);
    hash_index_free(&index);
}

/* A file with `text`; the caller unlinks `path`, which holds 32 bytes. */
static void write_list(const char *text, char *path)
{
    FILE *file;

    strcpy(path, "/tmp/mien-rows-XXXXXX");
    file = fdopen(mkstemp(path), "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void a_row_list_is_read_sorted_and_without_comments(void **state)
{
    static const uint32_t expected[] = {0, 5, 17, 99};
    char path[32];
    uint32_t *rows;
    size_t count;

    (void)state;
    write_list("# rows\n17 # why\r\n\n  5\t\n99\n17#again\n0", path);
    assert_int_equal(row_list_read(path, 100, &rows, &count, NULL), MIEN_OK);
    assert_int_equal(count, 4);
    assert_memory_equal(rows, expected, sizeof expected);
    free(rows);
    unlink(path);
    write_list("", path);
    assert_int_equal(row_list_read(path, 100, &rows, &count, NULL), MIEN_OK);
    assert_int_equal(count, 0);
    free(rows);
    unlink(path);
}

static void a_line_that_is_no_row_is_named(void **state)
{
    static const struct {
        const char *text, *words;
    } cases[] = {
        {"1\n2\nangry\n", ":3: \"angry\" is no row number"},
        {"1 2\n", ":1: \"1 2\" is no row number"},
        {"-1\n", ":1: \"-1\" is no row number"},
        {"1.5\n", ":1: \"1.5\" is no row number"},
        {"\n100", ":2: row 100 is beyond the data set, whose rows are 0 to 99"},
        {"99999999999999999999999\n", "is beyond the data set"},
    };
    char path[32];

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint32_t *rows = NULL;
        size_t count;
        mien_error err;
        write_list(cases[i].text, path);
        assert_int_equal(row_list_read(path, 100, &rows, &count, &err), MIEN_ECORRUPT);
        if (!strstr(err.message, cases[i].words))
            fail_msg("\"%s\" does not say \"%s\"", err.message, cases[i].words);
        assert_null(rows);
        unlink(path);
    }
    assert_int_equal(row_list_read("/nowhere/rows", 1, NULL, NULL, NULL), MIEN_EIO);
}

static void excluded_rows_leave_the_others_in_order(void **state)
{
    static const uint32_t excluded[] = {2, 3, 50}, expected[] = {9, 1, 40};
    uint32_t rows[] = {9, 3, 1, 2, 40};

    (void)state;
    assert_int_equal(row_list_exclude(rows, 5, excluded, 3), 3);
    assert_memory_equal(rows, expected, sizeof expected);
    assert_int_equal(row_list_exclude(rows, 3, NULL, 0), 3);
}

static void fer2013_holds_the_twins_that_are_known(void **state)
{
    char path[4096];
    struct dataset dataset;
    struct thread_pool *pool;
    struct audit audit;
    struct audit_twins twins;
    size_t mirrored = 0, leaks = 0;
    mien_error err;

    (void)state;
    unit_data_path("fer2013/fer2013.csv.zst", path, sizeof path);
    if (dataset_open(path, NULL, &dataset, &err))
        fail_msg("%s", err.message);
    assert_int_equal(thread_pool_new(0, &pool, NULL), MIEN_OK);
    assert_int_equal(audit_new(&dataset, pool, &audit, NULL), MIEN_OK);
    thread_pool_free(pool);
    assert_int_equal(audit.distinct, 34036);
    assert_int_equal(audit.group_count, 1514);
    assert_int_equal(audit.group_starts[1514], 3365);

    assert_int_equal(audit_twins_new(&audit, dataset.parts, &twins, NULL), MIEN_OK);
    assert_int_equal(twins.exact[DATASET_TEST][DATASET_TRAIN], 288);
    assert_int_equal(twins.exact[DATASET_VALIDATION][DATASET_TRAIN], 279);
    assert_int_equal(twins.exact[DATASET_TEST][DATASET_VALIDATION], 44);
    for (size_t row = 0; row < dataset.count; row++)
        leaks += twins.twin[row] != UINT32_MAX;
    assert_true(leaks >= 288 + 279);

    /* All pairs of all pictures, compared by brute force with NumPy, gave as many. */
    for (size_t i = 0; i < audit.near_count; i++)
        mirrored += audit.near[i].mirrored;
    assert_int_equal(audit.near_count, 947 + 9);
    assert_int_equal(mirrored, 9);
    audit_twins_free(&twins);
    audit_free(&audit);
    dataset_close(&dataset);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(identical_pictures_form_a_group),
        cmocka_unit_test(copies_that_were_changed_a_little_are_near),
        cmocka_unit_test(a_symmetric_pair_is_found_once_and_not_as_mirrored),
        cmocka_unit_test(an_edge_is_plain_if_its_pixels_differ_by_two_at_most),
        cmocka_unit_test(flags_follow_from_what_can_be_measured),
        cmocka_unit_test(measures_of_a_small_picture_are_exact),
        cmocka_unit_test(twins_are_counted_by_part),
        cmocka_unit_test(rows_outside_every_part_have_no_twins),
        cmocka_unit_test(labels_that_disagree_about_one_picture_are_counted),
        cmocka_unit_test(an_audit_is_the_same_at_any_number_of_threads),
        cmocka_unit_test(a_mirrored_picture_has_the_mirrored_hash),
        cmocka_unit_test(a_hash_grows_brighter_to_the_right),
        cmocka_unit_test(the_index_finds_every_near_hash_once),
        cmocka_unit_test(a_row_list_is_read_sorted_and_without_comments),
        cmocka_unit_test(a_line_that_is_no_row_is_named),
        cmocka_unit_test(excluded_rows_leave_the_others_in_order),
        cmocka_unit_test(fer2013_holds_the_twins_that_are_known),
    };
    return cmocka_run_group_tests_name("audit", tests, NULL, NULL);
}

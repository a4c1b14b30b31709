/* test_pca.c - covariance of bytes, principal components, to them and back.
 * SPDX-License-Identifier: MIT */
#include "tests/unit.h"

#include <math.h>
#include <string.h>

#include "base/random.h"
#include "base/thread_pool.h"
#include "baseline/pca.h"
#include "dataset/split.h"
#include "tests/golden_file.h"

static uint8_t *random_pictures(size_t count, size_t dims, uint64_t key)
{
    uint8_t *pixels = test_malloc(count * dims);

    for (size_t i = 0; i < count * dims; i++) /* each pixel of its own spread */
        pixels[i] = (uint8_t)(random_bits(key, i) % (1 + i % dims % 256));
    return pixels;
}

static struct pca fit(const struct byte_rows *pictures, size_t components, double share,
                      struct thread_pool *pool)
{
    const struct pca_options options = {components, share};
    struct pca pca = {0};
    mien_error err = {.message = ""};

    if (pca_fit(pictures, &options, pool, &pca, &err))
        fail_msg("%s", err.message);
    return pca;
}

/* The same by plain sums, of chosen rows. */
static void covariance_is_that_of_plain_sums(void **state)
{
    static const size_t sizes[][2] = {{2, 1}, {3, 48}, {2047, 5}, {2049, 97}, {700, 130}};

    (void)state;
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        const size_t count = sizes[s][0], dims = sizes[s][1];
        uint8_t *pixels = random_pictures(2 * count, dims, 7);
        uint32_t *rows = test_calloc(count, sizeof *rows);
        double *mean = test_calloc(dims, sizeof *mean);
        double *covariance = test_calloc(dims * dims, sizeof *covariance);
        const struct byte_rows pictures = {pixels, rows, count, dims};

        for (size_t i = 0; i < count; i++)
            rows[i] = (uint32_t)(2 * (count - 1 - i) + 1);
        assert_int_equal(covariance_of_bytes(&pictures, NULL, mean, covariance, NULL), MIEN_OK);
        for (size_t a = 0; a < dims; a++) {
            for (size_t b = 0; b < dims; b++) {
                int64_t sum_a = 0, sum_b = 0, products = 0;
                double expected;

                for (size_t i = 0; i < count; i++) {
                    sum_a += pixels[rows[i] * dims + a];
                    sum_b += pixels[rows[i] * dims + b];
                    products += pixels[rows[i] * dims + a] * pixels[rows[i] * dims + b];
                }
                expected = (double)(products * (int64_t)count - sum_a * sum_b) / (double)count /
                           (double)(count - 1);
                assert_float_equal(covariance[a * dims + b], expected,
                                   1e-11 * (fabs(expected) + 100));
                assert_float_equal(mean[a], (double)sum_a / (double)count, 1e-11);
            }
        }
        test_free(pixels);
        test_free(rows);
        test_free(mean);
        test_free(covariance);
    }
}

static void white_pictures_do_not_overflow_the_sums(void **state)
{
    enum { COUNT = 70000, DIMS = 3 };
    uint8_t *pixels = test_malloc(COUNT * DIMS);
    const struct byte_rows pictures = {pixels, NULL, COUNT, DIMS};
    double mean[DIMS], covariance[DIMS * DIMS];
    const double expected = 255.0 * 255 * (1.0 / COUNT); /* one black pixel among N white ones */

    (void)state;
    memset(pixels, 255, COUNT * DIMS);
    memset(pixels, 0, DIMS);
    assert_int_equal(covariance_of_bytes(&pictures, NULL, mean, covariance, NULL), MIEN_OK);
    for (int i = 0; i < DIMS * DIMS; i++)
        assert_float_equal(covariance[i], expected, 1e-9);
    test_free(pixels);
}

/* The pictures of make_pca_golden.py. */
static uint8_t *golden_pictures(const struct golden_case *golden)
{
    const struct golden_tensor *amounts = golden_find(golden, "amounts");
    const struct golden_tensor *patterns = golden_find(golden, "patterns");
    const struct golden_tensor *noise = golden_find(golden, "noise");
    const size_t sources = amounts->dims[1], dims = noise->dims[1];
    uint8_t *pixels = test_malloc(noise->count);

    for (size_t i = 0; i < noise->count; i++) {
        long sum = 0;

        for (size_t s = 0; s < sources; s++)
            sum += (1L << (sources - 1 - s)) * (long)amounts->values[i / dims * sources + s] *
                   (long)patterns->values[s * dims + i % dims];
        pixels[i] = (uint8_t)(sum / (16 * ((1L << sources) - 1)) + (long)noise->values[i]);
    }
    return pixels;
}

static void expect_doubles(const struct golden_case *golden, const char *name, const double *values,
                           double tolerance)
{
    const struct golden_tensor *expected = golden_find(golden, name);

    for (size_t i = 0; i < expected->count; i++)
        assert_float_equal(values[i], (double)expected->values[i],
                           tolerance * fabs((double)expected->values[i]));
}

static void components_agree_with_a_full_svd(void **state)
{
    static struct golden_case golden;
    FILE *file = golden_open("pca.txt");
    uint8_t *pixels;
    struct byte_rows pictures = {0};
    struct pca pca;
    double shares[12];
    float features[5 * 12], restored[5 * 70];

    (void)state;
    assert_true(golden_next(file, &golden));
    pixels = golden_pictures(&golden);
    pictures = (struct byte_rows){pixels, NULL, 301, 70};
    pca = fit(&pictures, 12, 0, NULL);
    for (size_t k = 0; k < 12; k++)
        shares[k] = pca_share(&pca, k + 1);
    expect_doubles(&golden, "mean", pca.mean, 1e-6);
    expect_doubles(&golden, "variances", pca.variances, 1e-5);
    expect_doubles(&golden, "shares", shares, 1e-6);
    golden_expect(&golden, "axes", pca.axes, 1e-5);
    pictures.count = 5;
    assert_int_equal(pca_transform(&pca, &pictures, false, NULL, features, NULL), MIEN_OK);
    golden_expect(&golden, "features", features, 1e-5);
    for (size_t i = 0; i < 5; i++)
        pca_inverse(&pca, features + i * 12, 12, false, restored + i * 70);
    golden_expect(&golden, "restored", restored, 1e-5);
    assert_int_equal(pca_transform(&pca, &pictures, true, NULL, features, NULL), MIEN_OK);
    golden_expect(&golden, "whitened", features, 1e-5);
    for (size_t i = 0; i < 5; i++)
        pca_inverse(&pca, features + i * 12, 12, true, restored + i * 70);
    golden_expect(&golden, "restored", restored, 1e-5);
    golden_free(&golden);
    assert_false(golden_next(file, &golden));
    fclose(file);
    pca_free(&pca);
    test_free(pixels);
}

static void axes_are_at_right_angles_and_diagonalise_the_covariance(void **state)
{
    enum { COUNT = 400, DIMS = 90, COMPONENTS = 33 };
    uint8_t *pixels = random_pictures(COUNT, DIMS, 3);
    const struct byte_rows pictures = {pixels, NULL, COUNT, DIMS};
    static double mean[DIMS], covariance[DIMS * DIMS];
    struct pca pca = fit(&pictures, COMPONENTS, 0, NULL);

    (void)state;
    assert_int_equal(covariance_of_bytes(&pictures, NULL, mean, covariance, NULL), MIEN_OK);
    for (size_t a = 0; a < COMPONENTS; a++) {
        float largest = 0;

        for (size_t b = 0; b < COMPONENTS; b++) {
            double dot = 0, form = 0;

            for (size_t i = 0; i < DIMS; i++) {
                dot += (double)pca.axes[a * DIMS + i] * pca.axes[b * DIMS + i];
                for (size_t j = 0; j < DIMS; j++)
                    form += (double)pca.axes[a * DIMS + i] * covariance[i * DIMS + j] *
                            pca.axes[b * DIMS + j];
            }
            assert_float_equal(dot, a == b, 1e-6);
            assert_float_equal(form, a == b ? pca.variances[a] : 0, 1e-5 * pca.variances[0]);
        }
        for (size_t i = 0; i < DIMS; i++)
            largest =
                fabsf(pca.axes[a * DIMS + i]) > fabsf(largest) ? pca.axes[a * DIMS + i] : largest;
        assert_true(largest > 0);
    }
    pca_free(&pca);
    test_free(pixels);
}

static void all_components_restore_the_picture(void **state)
{
    enum { COUNT = 150, DIMS = 64 };
    uint8_t *pixels = random_pictures(COUNT, DIMS, 4);
    const struct byte_rows pictures = {pixels, NULL, COUNT, DIMS};
    struct pca pca = fit(&pictures, DIMS, 0, NULL);
    float *features = test_calloc(COUNT * DIMS, sizeof *features), levels[DIMS];

    (void)state;
    assert_int_equal(pca_transform(&pca, &pictures, false, NULL, features, NULL), MIEN_OK);
    for (size_t i = 0; i < COUNT; i++) {
        pca_inverse(&pca, features + i * DIMS, DIMS, false, levels);
        for (size_t d = 0; d < DIMS; d++)
            assert_float_equal(levels[d], pixels[i * DIMS + d], 1e-2);
    }
    pca_free(&pca);
    test_free(features);
    test_free(pixels);
}

static void a_share_takes_the_fewest_components_that_reach_it(void **state)
{
    enum { COUNT = 200, DIMS = 50 };
    uint8_t *pixels = random_pictures(COUNT, DIMS, 5);
    const struct byte_rows pictures = {pixels, NULL, COUNT, DIMS};

    (void)state;
    for (double share = 0.05; share < 1; share += 0.05) {
        struct pca pca = fit(&pictures, 0, share, NULL);

        assert_true(pca_share(&pca, pca.components) >= share);
        assert_true(pca_share(&pca, pca.components - 1) < share);
        pca_free(&pca);
    }
    test_free(pixels);
}

/* Four pictures span three dimensions: the other variances are 0 and whitening stays finite. */
static void fewer_pictures_than_pixels_are_no_harm(void **state)
{
    uint8_t *pixels = random_pictures(4, 40, 6);
    const struct byte_rows pictures = {pixels, NULL, 4, 40};
    struct pca pca = fit(&pictures, 0, 1, NULL);
    float features[4 * 40];

    (void)state;
    assert_true(pca.components <= 3);
    assert_float_equal(pca_share(&pca, 3), 1, 1e-9);
    assert_int_equal(pca_transform(&pca, &pictures, true, NULL, features, NULL), MIEN_OK);
    for (size_t i = 0; i < 4 * pca.components; i++)
        assert_true(isfinite(features[i]));
    pca_free(&pca);
    test_free(pixels);
}

static void any_number_of_threads_gives_the_same_components(void **state)
{
    enum { COUNT = 3000, DIMS = 200, COMPONENTS = 150 };
    uint8_t *pixels = random_pictures(COUNT, DIMS, 9);
    const struct byte_rows pictures = {pixels, NULL, COUNT, DIMS};
    struct pca one = fit(&pictures, COMPONENTS, 0, NULL);
    float *expected = test_calloc(COUNT * COMPONENTS, sizeof *expected);
    float *features = test_calloc(COUNT * COMPONENTS, sizeof *features);

    (void)state;
    assert_int_equal(pca_transform(&one, &pictures, true, NULL, expected, NULL), MIEN_OK);
    for (int threads = 2; threads <= 5; threads += 3) {
        struct thread_pool *pool;
        struct pca pca;

        assert_int_equal(thread_pool_new(threads, &pool, NULL), MIEN_OK);
        pca = fit(&pictures, COMPONENTS, 0, pool);
        assert_memory_equal(pca.axes, one.axes, COMPONENTS * DIMS * sizeof *one.axes);
        assert_memory_equal(pca.variances, one.variances, DIMS * sizeof *one.variances);
        assert_int_equal(pca_transform(&pca, &pictures, true, pool, features, NULL), MIEN_OK);
        assert_memory_equal(features, expected, COUNT * COMPONENTS * sizeof *features);
        pca_free(&pca);
        thread_pool_free(pool);
    }
    pca_free(&one);
    test_free(expected);
    test_free(features);
    test_free(pixels);
}

static void refused(struct byte_rows pictures, size_t components, double share, const char *words)
{
    const struct pca_options options = {components, share};
    struct pca pca = {.dims = 77};
    mien_error err;

    assert_int_equal(pca_fit(&pictures, &options, NULL, &pca, &err), MIEN_EINVAL);
    if (!strstr(err.message, words))
        fail_msg("\"%s\" does not say \"%s\"", err.message, words);
    assert_int_equal(pca.dims, 77);
}

static void wrong_numbers_are_refused_in_words(void **state)
{
    uint8_t *pixels = random_pictures(30, 20, 1), same[60];
    const struct byte_rows pictures = {pixels, NULL, 30, 20};
    struct pca pca;

    (void)state;
    refused(pictures, 21, 0, "21 components: 30 pictures of 20 pixels have at most 20");
    refused((struct byte_rows){pixels, NULL, 5, 20}, 5, 0, "at most 4");
    refused((struct byte_rows){pixels, NULL, 1, 20}, 1, 0, "1 picture: ");
    refused((struct byte_rows){pixels, NULL, 0, 20}, 1, 0, "0 picture");
    refused((struct byte_rows){pixels, NULL, 30, PCA_MAX_DIMS + 1}, 1, 0, "take 1 to 9216");
    refused(pictures, 0, 0, "a share of 0 ");
    refused(pictures, 0, 1.5, "a share of 1.5 ");
    refused(pictures, 0, NAN, "a share of ");
    memset(same, 200, sizeof same);
    refused((struct byte_rows){same, NULL, 3, 20}, 1, 0, "all 3 pictures are the same");
    refused((struct byte_rows){same, NULL, 3, 20}, 0, 0.9, "all 3 pictures are the same");
    pca = fit(&pictures, 2, 0, NULL);
    assert_int_equal(
        pca_transform(&pca, &(struct byte_rows){same, NULL, 3, 10}, false, NULL, NULL, NULL),
        MIEN_EINVAL);
    pca_free(&pca);
    test_free(pixels);
}

static void fer2013_gives_the_shares_of_the_reference(void **state)
{
    static const size_t components[] = {1, 2, 10, 50, 103, 250, 269};
    static const double expected[] = {0.289076, 0.387091, 0.667105, 0.844687,
                                      0.900002, 0.949427, 0.952698};
    struct split_options deck;
    struct dataset data;
    struct split split;
    struct byte_rows pictures;
    struct thread_pool *pool;
    struct pca pca;
    char path[4096];

    (void)state;
    unit_data_path("fer2013/fer2013.csv.zst", path, sizeof path);
    split_options_init(&deck);
    deck.kind = SPLIT_DECK;
    assert_int_equal(thread_pool_new(0, &pool, NULL), MIEN_OK);
    assert_int_equal(dataset_open(path, NULL, &data, NULL), MIEN_OK);
    assert_int_equal(split_new(&data, &deck, &split, NULL), MIEN_OK);
    pictures = (struct byte_rows){data.pixels, split.rows[DATASET_TRAIN],
                                  split.count[DATASET_TRAIN], 48 * 48};
    pca = fit(&pictures, 0, 0.95, pool);
    assert_int_equal(pca.components, 254);
    for (size_t i = 0; i < sizeof components / sizeof *components; i++)
        assert_float_equal(pca_share(&pca, components[i]), expected[i], 5e-7);
    pca_free(&pca);
    split_free(&split);
    dataset_close(&data);
    thread_pool_free(pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(covariance_is_that_of_plain_sums),
        cmocka_unit_test(white_pictures_do_not_overflow_the_sums),
        cmocka_unit_test(components_agree_with_a_full_svd),
        cmocka_unit_test(axes_are_at_right_angles_and_diagonalise_the_covariance),
        cmocka_unit_test(all_components_restore_the_picture),
        cmocka_unit_test(a_share_takes_the_fewest_components_that_reach_it),
        cmocka_unit_test(fewer_pictures_than_pixels_are_no_harm),
        cmocka_unit_test(any_number_of_threads_gives_the_same_components),
        cmocka_unit_test(wrong_numbers_are_refused_in_words),
        cmocka_unit_test(fer2013_gives_the_shares_of_the_reference),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_knn.c - byte kernels, exact nearest neighbours, votes.
 * SPDX-License-Identifier: MIT */
#include "tests/unit.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "base/random.h"
#include "base/thread_pool.h"
#include "baseline/pca.h"
#include "dataset/split.h"
#include "neighbours/knn_index.h"
#include "neighbours/knn_model.h"

/* Bytes that seek the edges: all 255, all 0, only these two, or any, by `kind`. */
static void fill_bytes(uint8_t *bytes, size_t count, int kind, uint64_t key)
{
    for (size_t i = 0; i < count; i++) {
        const uint64_t bits = random_bits(key, i);

        bytes[i] = kind == 0   ? 255
                   : kind == 1 ? 0
                   : kind == 2 ? (bits & 1 ? 255 : 0)
                               : (uint8_t)(bits >> 8);
    }
}

static void every_tile_kernel_gives_the_plain_ones_sums(void **state)
{
    enum { GROUPS = 577, BYTES = GROUPS * BYTE_GROUP, PRODUCTS = BYTE_LEFT * BYTE_RIGHT };
    uint8_t *panel = memory_aligned_new(GROUPS * BYTE_PANEL_GROUP);
    int8_t *left = test_malloc(BYTE_LEFT * BYTES);
    int32_t *expected = memory_aligned_new(PRODUCTS * sizeof *expected);
    int32_t *sums = memory_aligned_new(PRODUCTS * sizeof *sums);
    const struct byte_left by_row = {left, BYTES, BYTE_GROUP};
    const struct byte_left by_group = {left, BYTE_GROUP, BYTE_LEFT * BYTE_GROUP};

    (void)state;
    for (int kinds = 0; kinds < 16; kinds++) {
        fill_bytes(panel, GROUPS * BYTE_PANEL_GROUP, kinds / 4, 1);
        fill_bytes((uint8_t *)left, BYTE_LEFT * BYTES, kinds % 4, 2);
        for (size_t i = 0; i < BYTE_LEFT * BYTES; i++)
            left[i] = (int8_t)(left[i] ^ -128); /* 0 and 255 are the lowest and the highest */
        for (int number = 0; number < BYTE_KERNELS; number++) {
            const struct byte_kernels *kernels = byte_kernels_get(number);

            for (size_t groups = 0; kernels && groups <= GROUPS; groups += 192 + groups / 384) {
                byte_kernels_c.tile(&by_row, panel, groups, expected);
                kernels->tile(&by_row, panel, groups, sums);
                assert_memory_equal(sums, expected, PRODUCTS * sizeof *sums);
                byte_kernels_c.tile(&by_group, panel, groups, expected);
                kernels->tile(&by_group, panel, groups, sums);
                assert_memory_equal(sums, expected, PRODUCTS * sizeof *sums);
            }
        }
    }
    free(panel);
    free(expected);
    free(sums);
    test_free(left);
}

static void the_plain_tile_adds_up_products(void **state)
{
    enum { GROUPS = 5 };
    uint8_t panel[GROUPS * BYTE_PANEL_GROUP];
    int8_t left[BYTE_LEFT * GROUPS * BYTE_GROUP];
    int32_t sums[BYTE_LEFT * BYTE_RIGHT];
    const struct byte_left by_row = {left, GROUPS * BYTE_GROUP, BYTE_GROUP};

    (void)state;
    fill_bytes(panel, sizeof panel, 3, 3);
    fill_bytes((uint8_t *)left, sizeof left, 3, 4);
    byte_kernels_c.tile(&by_row, panel, GROUPS, sums);
    for (int i = 0; i < BYTE_LEFT; i++) {
        for (int j = 0; j < BYTE_RIGHT; j++) {
            int32_t sum = 0;

            for (int e = 0; e < GROUPS * BYTE_GROUP; e++)
                sum += left[i * GROUPS * BYTE_GROUP + e] *
                       panel[(e / BYTE_GROUP * BYTE_RIGHT + j) * BYTE_GROUP + e % BYTE_GROUP];
            assert_int_equal(sums[i * BYTE_RIGHT + j], sum);
        }
    }
}

static void every_kernel_compares_and_multiplies_like_the_plain_one(void **state)
{
    enum { BYTES = 1024 * BYTE_BLOCK };
    int32_t *offsets = memory_aligned_new(BYTE_RIGHT * sizeof *offsets);
    int32_t *products = memory_aligned_new(BYTE_RIGHT * sizeof *products);
    uint8_t *bytes = test_malloc(5 * BYTES);
    const uint8_t *const rows[] = {bytes, bytes + BYTES, bytes + 2 * BYTES, bytes + 3 * BYTES};

    (void)state;
    for (int j = 0; j < BYTE_RIGHT; j++) {
        offsets[j] = (int32_t)(random_bits(1, (uint64_t)j) % 7) - 3;
        products[j] = (int32_t)(random_bits(2, (uint64_t)j) % 7) - 3;
    }
    offsets[47] = INT32_MAX;
    products[47] = 0;
    for (int kinds = 0; kinds < 16; kinds++) {
        fill_bytes(bytes, BYTES, kinds / 4, 5);
        fill_bytes(bytes + BYTES, 4 * BYTES, kinds % 4, 6);
        for (int number = 0; number < BYTE_KERNELS; number++) {
            const struct byte_kernels *kernels = byte_kernels_get(number);
            uint32_t expected[4], sums[4];

            if (!kernels)
                continue;
            for (int32_t limit = -10; limit <= 10; limit++)
                assert_int_equal(kernels->within(offsets, products, limit),
                                 byte_kernels_c.within(offsets, products, limit));
            assert_int_equal(kernels->within(offsets, products, INT32_MIN), 0);
            assert_int_equal(kernels->within(offsets, products, INT32_MAX - 1),
                             (UINT64_C(1) << 47) - 1);
            for (size_t count = 0; count <= BYTES; count = 3 * count + BYTE_BLOCK) {
                byte_kernels_c.dot4(bytes + 4 * BYTES, rows, count, expected);
                kernels->dot4(bytes + 4 * BYTES, rows, count, sums);
                assert_memory_equal(sums, expected, sizeof sums);
            }
        }
    }
    free(offsets);
    free(products);
    test_free(bytes);
}

static void a_sketch_never_overstates_a_distance(void **state)
{
    enum { PAIRS = 40, SIDE = 48, PIXELS = SIDE * SIDE };
    static const int sizes[][2] = {{1, 1}, {5, 7}, {16, 16}, {17, 33}, {48, 48}, {47, 2}};
    uint8_t *pixels = test_malloc(2 * PIXELS), *sketches = test_malloc(2 * PIXELS);

    (void)state;
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        for (int pair = 0; pair < PAIRS; pair++) {
            const size_t count = (size_t)(sizes[s][0] * sizes[s][1]);
            struct sketch_plan plan;
            double errors, between = 0, truth = 0;

            fill_bytes(pixels, 2 * count, pair % 4 == 1 ? 2 : 3, (uint64_t)pair);
            if (pair % 4 == 0) /* all black against all white: blocks bound exactly */
                memset(pixels, 255, count), memset(pixels + count, 0, count);
            sketch_plan_pictures(sizes[s][0], sizes[s][1], &plan);
            errors = sketch_picture(&plan, pixels, sketches);
            errors += sketch_picture(&plan, pixels + count, sketches + plan.bytes);
            for (size_t i = 0; i < plan.bytes; i++)
                between += pow(sketches[i] - sketches[plan.bytes + i], 2);
            for (size_t i = 0; i < count; i++)
                truth += pow(pixels[i] - pixels[count + i], 2);
            assert_true(plan.step * (sqrt(between) - errors) <= sqrt(truth) * (1 + 1e-9));
            if (pair % 4 == 0 && sizes[s][0] % plan.block == 0 && sizes[s][1] % plan.block == 0)
                assert_float_equal(plan.step * (sqrt(between) - errors), sqrt(truth), 1e-6);
        }
    }
    test_free(pixels);
    test_free(sketches);
}

/* Training vectors and queries of a test: few grey levels, so that many distances are equal. */
struct problem {
    size_t count, query_count, dims;
    uint8_t *pixels, *query_pixels;
    float *features, *query_features;
    uint16_t *labels;
    struct knn_vectors vectors, queries;
};

static struct problem problem_new(size_t count, size_t query_count, int width, int height,
                                  int levels, bool as_features)
{
    struct problem p = {
        .count = count, .query_count = query_count, .dims = (size_t)width * (size_t)height};

    p.pixels = test_malloc(count * p.dims);
    p.query_pixels = test_malloc(query_count * p.dims);
    p.features = test_calloc(count * p.dims, sizeof(float));
    p.query_features = test_calloc(query_count * p.dims, sizeof(float));
    p.labels = test_calloc(count, sizeof *p.labels);
    for (size_t i = 0; i < count * p.dims; i++) {
        p.pixels[i] = (uint8_t)(random_bits(1, i) % (uint64_t)levels * 255 / (uint64_t)levels);
        p.features[i] = (float)p.pixels[i] - 100;
    }
    for (size_t i = 0; i < query_count * p.dims; i++) {
        p.query_pixels[i] =
            (uint8_t)(random_bits(2, i) % (uint64_t)levels * 255 / (uint64_t)levels);
        p.query_features[i] = (float)p.query_pixels[i] - 100;
    }
    for (size_t i = 0; i < count; i++)
        p.labels[i] = (uint16_t)(random_bits(3, i) % 7);
    p.vectors = (struct knn_vectors){.count = count, .width = width, .height = height};
    p.queries = (struct knn_vectors){.count = query_count, .width = width, .height = height};
    p.vectors.dims = p.queries.dims = p.dims;
    p.vectors.pixels = as_features ? NULL : p.pixels;
    p.queries.pixels = as_features ? NULL : p.query_pixels;
    p.vectors.features = p.features;
    p.queries.features = p.query_features;
    return p;
}

static void problem_free(struct problem *p)
{
    test_free(p->pixels);
    test_free(p->query_pixels);
    test_free(p->features);
    test_free(p->query_features);
    test_free(p->labels);
}

static struct knn_index *index_of(const struct problem *p, struct thread_pool *pool)
{
    struct knn_index *index = NULL;
    mien_error err = {.message = ""};

    if (knn_index_new(&p->vectors, p->labels, 7, pool, &index, &err))
        fail_msg("%s", err.message);
    return index;
}

static uint64_t true_key(const struct problem *p, size_t query, size_t place)
{
    uint64_t sum = 0;

    for (size_t d = 0; d < p->dims; d++) {
        const int difference =
            p->query_pixels[query * p->dims + d] - p->pixels[place * p->dims + d];
        sum += (uint64_t)(difference * difference);
    }
    return sum << 32 | place;
}

static int compare_keys(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return x < y ? -1 : x > y;
}

/* Against distances of all pairs, sorted. */
static void assert_exact(const struct problem *p, const struct knn_index *index, size_t k,
                         struct thread_pool *pool)
{
    uint32_t *places = test_calloc(p->query_count * k, sizeof *places);
    double *distances = test_calloc(p->query_count * k, sizeof *distances);
    uint64_t *keys = test_calloc(p->count, sizeof *keys);
    mien_error err = {.message = ""};

    if (knn_search(index, &p->queries, k, pool, places, distances, &err))
        fail_msg("%s", err.message);
    for (size_t q = 0; q < p->query_count; q++) {
        for (size_t i = 0; i < p->count; i++)
            keys[i] = true_key(p, q, i);
        qsort(keys, p->count, sizeof *keys, compare_keys);
        for (size_t i = 0; i < k; i++) {
            assert_int_equal(places[q * k + i], (uint32_t)keys[i]);
            assert_float_equal(distances[q * k + i], sqrt((double)(keys[i] >> 32)), 1e-9);
        }
    }
    test_free(places);
    test_free(distances);
    test_free(keys);
}

static void neighbours_are_those_of_all_distances_with_every_kernel(void **state)
{
    static const int sizes[][2] = {{1, 1}, {3, 5}, {16, 16}, {48, 48}, {20, 31}};

    (void)state;
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        for (int levels = 2; levels <= 256; levels += 127) {
            struct problem p = problem_new(701, 37, sizes[s][0], sizes[s][1], levels, false);
            struct knn_index *index = index_of(&p, NULL);

            for (int number = 0; number < BYTE_KERNELS; number++) {
                if (!byte_kernels_get(number))
                    continue;
                knn_index_set_kernels(index, byte_kernels_get(number));
                assert_exact(&p, index, 1, NULL);
                assert_exact(&p, index, 20, NULL);
                assert_exact(&p, index, 701, NULL);
            }
            knn_index_free(index);
            problem_free(&p);
        }
    }
}

/* Clusters, as faces have them, so that the filter really rules pairs out. */
static void neighbours_are_exact_where_the_filter_has_work(void **state)
{
    struct problem p = problem_new(3000, 50, 48, 48, 64, false);
    struct knn_index *index;

    (void)state;
    for (size_t i = 0; i < p.count * p.dims; i++)
        p.pixels[i] = (uint8_t)(p.pixels[i] / 8 + 200 * ((i / p.dims * 7) % 11) / 11);
    for (size_t i = 0; i < p.query_count * p.dims; i++)
        p.query_pixels[i] = (uint8_t)(p.query_pixels[i] / 8 + 200 * ((i / p.dims * 5) % 13) / 13);
    index = index_of(&p, NULL);
    assert_exact(&p, index, 1, NULL);
    assert_exact(&p, index, 169, NULL);
    knn_index_free(index);
    problem_free(&p);
}

static void neighbours_of_features_are_exact(void **state)
{
    struct problem p = problem_new(900, 40, 13, 19, 256, true);
    struct knn_index *index = index_of(&p, NULL);

    (void)state;
    assert_exact(&p, index, 25, NULL);
    for (size_t i = 0; i < p.count * p.dims; i++)
        p.features[i] = 0; /* the index has its own copy */
    assert_exact(&p, index, 25, NULL);
    knn_index_free(index);
    problem_free(&p);
}

static void features_outside_the_training_range_are_exact_too(void **state)
{
    struct problem p = problem_new(3000, 20, 4, 6, 256, true);
    struct knn_index *index = index_of(&p, NULL);
    uint32_t places[20 * 3];

    (void)state;
    for (size_t i = 0; i < p.query_count * p.dims; i++)
        p.query_features[i] *= 1000;
    assert_int_equal(knn_search(index, &p.queries, 3, NULL, places, NULL, NULL), MIEN_OK);
    for (size_t q = 0; q < p.query_count; q++) {
        double best = INFINITY, found = 0;

        for (size_t i = 0; i < p.count; i++) {
            double sum = 0;

            for (size_t d = 0; d < p.dims; d++)
                sum +=
                    pow((double)p.query_features[q * p.dims + d] - p.features[i * p.dims + d], 2);
            best = fmin(best, sum);
            if (i == places[q * 3])
                found = sum;
        }
        assert_true(found <= best * (1 + 1e-5));
    }
    knn_index_free(index);
    problem_free(&p);
}

static void rows_choose_the_vectors_and_ties_go_to_the_first_given(void **state)
{
    static const uint8_t pixels[] = {10, 20, 20, 30, 20}; /* 1x1 pictures */
    static const uint16_t labels[] = {0, 1, 2, 3, 4};
    static const uint32_t rows[] = {4, 3, 2, 1}, query_rows[] = {1, 3};
    const struct knn_vectors vectors = {
        .count = 4, .rows = rows, .pixels = pixels, .width = 1, .height = 1};
    const struct knn_vectors queries = {
        .count = 2, .rows = query_rows, .pixels = pixels, .width = 1, .height = 1};
    static const uint32_t expected[] = {0, 2, 3, 1, 1, 0, 2, 3};
    struct knn_index *index;
    uint32_t places[8];

    (void)state;
    assert_int_equal(knn_index_new(&vectors, labels, 5, NULL, &index, NULL), MIEN_OK);
    assert_int_equal(knn_search(index, &queries, 4, NULL, places, NULL, NULL), MIEN_OK);
    assert_memory_equal(places, expected, sizeof places);
    knn_index_free(index);
}

static void any_number_of_threads_gives_the_same_answer(void **state)
{
    struct problem p = problem_new(1500, 1200, 12, 12, 256, false);
    static const size_t k[] = {1, 3, 40};
    const struct knn_options options = {k, 3, KNN_DISTANCE};
    enum { LABELS = 1200 * 3, SHARES = LABELS * 7 };
    uint16_t *first = test_calloc(LABELS, sizeof *first), *again = test_calloc(LABELS, 2);
    float *first_shares = test_calloc(SHARES, sizeof(float)), *shares = test_calloc(SHARES, 4);

    (void)state;
    for (int threads = 1; threads <= 5; threads += 2) {
        struct thread_pool *pool;
        struct knn_index *index;

        assert_int_equal(thread_pool_new(threads, &pool, NULL), MIEN_OK);
        index = index_of(&p, pool);
        assert_int_equal(knn_classify(index, &p.queries, &options, pool,
                                      threads == 1 ? first : again,
                                      threads == 1 ? first_shares : shares, NULL),
                         MIEN_OK);
        if (threads > 1) {
            assert_memory_equal(again, first, LABELS * sizeof *first);
            assert_memory_equal(shares, first_shares, SHARES * sizeof *shares);
        }
        knn_index_free(index);
        thread_pool_free(pool);
    }
    test_free(first);
    test_free(again);
    test_free(first_shares);
    test_free(shares);
    problem_free(&p);
}

/* 1x1 pictures at distances 0, 1, 2, 4, 4 of the query 100. */
static const uint8_t vote_pixels[] = {100, 101, 102, 104, 96};
static const uint16_t vote_labels[] = {3, 1, 1, 0, 0};

static void votes(const uint8_t *query, enum knn_weights weights, uint16_t ret_labels[5],
                  float ret_shares[5 * 4])
{
    static const size_t k[] = {1, 2, 3, 4, 5};
    const struct knn_vectors vectors = {.count = 5, .pixels = vote_pixels, .width = 1, .height = 1};
    const struct knn_vectors queries = {.count = 1, .pixels = query, .width = 1, .height = 1};
    const struct knn_options options = {k, 5, weights};
    struct knn_index *index;

    assert_int_equal(knn_index_new(&vectors, vote_labels, 4, NULL, &index, NULL), MIEN_OK);
    assert_int_equal(knn_classify(index, &queries, &options, NULL, ret_labels, ret_shares, NULL),
                     MIEN_OK);
    knn_index_free(index);
}

static void equal_votes_go_to_the_smaller_label(void **state)
{
    static const uint16_t expected[] = {3, 1, 1, 1, 0};
    const uint8_t query = 100;
    uint16_t labels[5];
    float shares[5 * 4];

    (void)state;
    votes(&query, KNN_UNIFORM, labels, shares);
    assert_memory_equal(labels, expected, sizeof labels);
    assert_float_equal(shares[4 * 4 + 0], 0.4, 1e-7);
    assert_float_equal(shares[4 * 4 + 1], 0.4, 1e-7);
    assert_float_equal(shares[4 * 4 + 2], 0.0, 1e-7);
    assert_float_equal(shares[4 * 4 + 3], 0.2, 1e-7);
}

static void near_neighbours_weigh_more_and_distance_zero_alone(void **state)
{
    static const uint16_t far_expected[] = {0, 0, 0, 0, 0}, zero_expected[] = {3, 3, 3, 3, 3};
    const uint8_t zero = 100, far = 106; /* distances 2, 4, 5, 6, 10 */
    uint16_t labels[5];
    float shares[5 * 4];

    (void)state;
    votes(&zero, KNN_DISTANCE, labels, shares);
    assert_memory_equal(labels, zero_expected, sizeof labels);
    assert_float_equal(shares[4 * 4 + 3], 1, 1e-7);
    votes(&far, KNN_DISTANCE, labels, shares);
    assert_memory_equal(labels, far_expected, sizeof labels);
    assert_float_equal(shares[4 * 4 + 1] / shares[4 * 4 + 0],
                       (1.0 / 4 + 1.0 / 5) / (1.0 / 2 + 1.0 / 10), 1e-6);
}

static void a_constant_data_set_has_its_first_pictures_as_neighbours(void **state)
{
    struct problem p = problem_new(100, 9, 6, 6, 1, false);
    struct knn_index *index = index_of(&p, NULL);

    (void)state;
    assert_exact(&p, index, 60, NULL);
    knn_index_free(index);
    p.vectors.pixels = p.queries.pixels = NULL;
    index = index_of(&p, NULL);
    assert_exact(&p, index, 60, NULL);
    knn_index_free(index);
    problem_free(&p);
}

static void refused(const struct problem *p, size_t k_first, size_t k_second, const char *words)
{
    struct knn_index *index = index_of(p, NULL);
    const size_t k[] = {k_first, k_second};
    const struct knn_options options = {k, 2, KNN_UNIFORM};
    uint16_t labels[2 * 4] = {77, 77, 77, 77, 77, 77, 77, 77};
    mien_error err;

    assert_int_equal(knn_classify(index, &p->queries, &options, NULL, labels, NULL, &err),
                     MIEN_EINVAL);
    if (!strstr(err.message, words))
        fail_msg("\"%s\" does not say \"%s\"", err.message, words);
    for (int i = 0; i < 8; i++)
        assert_int_equal(labels[i], 77);
    knn_index_free(index);
}

static void wrong_numbers_are_refused_in_words(void **state)
{
    struct problem p = problem_new(10, 4, 6, 6, 256, false);
    struct knn_index *index = NULL;
    mien_error err;

    (void)state;
    refused(&p, 0, 1, "k of 0: at least 1");
    refused(&p, 1, 11, "k of 11: 1 to 10 neighbours are possible");
    refused(&p, 3, 3, "they must ascend");
    p.queries.width = 5;
    refused(&p, 1, 2, "differ in size");
    p.queries.pixels = NULL;
    refused(&p, 1, 2, "queries are features, the training vectors are pictures");
    p.queries.count = 0;
    refused(&p, 1, 2, "0 queries");
    assert_int_equal(knn_index_new(&p.vectors, p.labels, 3, NULL, &index, &err), MIEN_EINVAL);
    assert_non_null(strstr(err.message, "of 3"));
    p.vectors.count = 0;
    assert_int_equal(knn_index_new(&p.vectors, p.labels, 7, NULL, &index, &err), MIEN_EINVAL);
    p.vectors.count = 10;
    p.vectors.height = 257;
    assert_int_equal(knn_index_new(&p.vectors, p.labels, 7, NULL, &index, &err), MIEN_EINVAL);
    assert_non_null(strstr(err.message, "6x257 pixels"));
    assert_null(index);
    problem_free(&p);
}

/* Squared distances up to 2^32 - 2^17 of the largest pictures that are taken. */
static void the_largest_pictures_do_not_overflow(void **state)
{
    enum { PIXELS = KNN_MAX_SIDE * KNN_MAX_SIDE };
    uint8_t *pixels = test_calloc(3, PIXELS);
    static const uint16_t labels[3] = {0, 1, 1};
    const struct knn_vectors vectors = {
        .count = 3, .pixels = pixels, .width = KNN_MAX_SIDE, .height = KNN_MAX_SIDE};
    const struct knn_vectors query = {
        .count = 1, .pixels = pixels, .width = KNN_MAX_SIDE, .height = KNN_MAX_SIDE};

    (void)state;
    memset(pixels + PIXELS, 255, PIXELS);
    memset(pixels + 2 * PIXELS, 255, PIXELS - 1);
    for (int number = 0; number < BYTE_KERNELS; number++) {
        struct knn_index *index;
        uint32_t places[3];
        double distances[3];

        if (!byte_kernels_get(number))
            continue;
        assert_int_equal(knn_index_new(&vectors, labels, 2, NULL, &index, NULL), MIEN_OK);
        knn_index_set_kernels(index, byte_kernels_get(number));
        assert_int_equal(knn_search(index, &query, 3, NULL, places, distances, NULL), MIEN_OK);
        assert_int_equal(places[0], 0);
        assert_int_equal(places[1], 2);
        assert_int_equal(places[2], 1);
        assert_true(distances[2] == 255.0 * KNN_MAX_SIDE);
        assert_true(distances[1] == sqrt(255.0 * 255 * (PIXELS - 1)));
        knn_index_free(index);
    }
    test_free(pixels);
}

static const char *const model_labels[] = {"a", "b", "c", "d", "e", "f", "g"};

/* Writes a model of the problem's pictures to a temporary file and opens it. */
static struct model_file *written(const struct knn_model_parts *parts)
{
    static const struct model_about about[] = {{"name", "test"}};
    const struct model_description story = {
        .labels = model_labels, .label_count = 7, .about = about, .about_count = 1, .history = ""};
    char path[] = "/tmp/mien-test-XXXXXX";
    struct model_file *file = NULL;
    mien_error err = {.message = ""};

    close(mkstemp(path));
    if (knn_model_write(path, parts, &story, NULL, &err) || model_file_open(path, &file, &err))
        fail_msg("%s", err.message);
    unlink(path);
    return file;
}

/* The model's answer to the problem's queries is that of `options` on the index itself. */
static void assert_model_answers(const struct model_file *file, const struct problem *p,
                                 const struct knn_index *index, const struct knn_vectors *queries,
                                 const struct knn_options *options)
{
    uint16_t *labels = test_calloc(p->query_count, sizeof *labels);
    float *expected = test_calloc(p->query_count, 7 * sizeof *expected);
    float *shares = test_calloc(p->query_count, 7 * sizeof *shares);
    struct knn_model *model = NULL;
    int width, height, label_count;
    mien_error err = {.message = ""};

    assert_true(model_file_holds_neighbours(file));
    if (knn_model_new(file, NULL, &model, &err))
        fail_msg("%s", err.message);
    knn_model_shape(model, &width, &height, &label_count);
    assert_int_equal(width, p->vectors.width);
    assert_int_equal(height, p->vectors.height);
    assert_int_equal(label_count, 7);
    assert_int_equal(knn_classify(index, queries, options, NULL, labels, expected, NULL), MIEN_OK);
    assert_int_equal(knn_model_classify(model, p->query_pixels, p->query_count, NULL, shares, NULL),
                     MIEN_OK);
    assert_memory_equal(shares, expected, p->query_count * 7 * sizeof *shares);
    knn_model_free(model);
    test_free(labels);
    test_free(expected);
    test_free(shares);
}

static void a_model_file_of_pixels_answers_like_its_index(void **state)
{
    struct problem p = problem_new(200, 30, 9, 11, 256, false);
    static const size_t k = 5;
    static const uint32_t rows[] = {199, 3, 7, 11, 50, 51, 52, 53, 9};
    const struct knn_options options = {&k, 1, KNN_DISTANCE};
    const struct knn_model_parts parts = {
        .pictures = &p.vectors, .labels = p.labels, .k = k, .weights = KNN_DISTANCE};
    struct knn_index *index;
    struct model_file *file;

    (void)state;
    p.vectors.rows = rows;
    p.vectors.count = 9;
    index = index_of(&p, NULL);
    file = written(&parts);
    assert_model_answers(file, &p, index, &p.queries, &options);
    model_file_close(file);
    knn_index_free(index);
    problem_free(&p);
}

static void a_model_file_of_components_answers_like_its_index(void **state)
{
    enum { COMPONENTS = 13 };
    struct problem p = problem_new(200, 30, 9, 11, 256, false);
    static const size_t k = 3;
    const struct knn_options options = {&k, 1, KNN_UNIFORM};
    const struct pca_options pca_options = {COMPONENTS, 0};
    const struct byte_rows train = {p.pixels, NULL, 200, 99}, test = {p.query_pixels, NULL, 30, 99};
    static float features[200 * COMPONENTS], query_features[30 * COMPONENTS];
    const struct knn_vectors vectors = {.count = 200, .features = features, .dims = COMPONENTS};
    const struct knn_vectors queries = {
        .count = 30, .features = query_features, .dims = COMPONENTS};
    struct knn_model_parts parts = {.pictures = &p.vectors,
                                    .labels = p.labels,
                                    .k = k,
                                    .weights = KNN_UNIFORM,
                                    .components = COMPONENTS,
                                    .features = features};
    struct knn_index *index;
    struct model_file *file;
    struct pca pca;

    (void)state;
    assert_int_equal(pca_fit(&train, &pca_options, NULL, &pca, NULL), MIEN_OK);
    assert_int_equal(pca_transform(&pca, &train, false, NULL, features, NULL), MIEN_OK);
    assert_int_equal(pca_transform(&pca, &test, false, NULL, query_features, NULL), MIEN_OK);
    assert_int_equal(knn_index_new(&vectors, p.labels, 7, NULL, &index, NULL), MIEN_OK);
    parts.mean = pca.mean;
    parts.axes = pca.axes;
    file = written(&parts);
    assert_model_answers(file, &p, index, &queries, &options);
    model_file_close(file);
    knn_index_free(index);
    pca_free(&pca);
    problem_free(&p);
}

/* `file` with another architecture or tensors is refused in these words. */
static void assert_model_refused(struct model_file *file, const char *words)
{
    struct knn_model *model = NULL;
    mien_error err;

    assert_int_equal(knn_model_new(file, NULL, &model, &err), MIEN_ECORRUPT);
    if (!strstr(err.message, words))
        fail_msg("\"%s\" does not say \"%s\"", err.message, words);
    assert_null(model);
}

static void model_files_whose_parts_do_not_fit_are_refused(void **state)
{
    static const int32_t numbers[] = {0, 1, 7}, negative[] = {0, 1, -1};
    static const uint8_t pixels[3 * 4] = {0};
    static const float floats[12] = {0};
    struct model_tensor tensors[4] = {
        {"labels", MODEL_S32, 1, {3, 1, 1, 1}, numbers, 12},
        {"pixels", MODEL_U8, 3, {3, 2, 2, 1}, pixels, 12},
    };
    struct model_file file = {.content = {.architecture = "neighbours 2 uniform\n",
                                          .labels = model_labels,
                                          .label_count = 7,
                                          .tensors = tensors,
                                          .tensor_count = 2}};

    (void)state;
    assert_model_refused(&file, "no label's");
    tensors[0].data = negative;
    assert_model_refused(&file, "no label's");
    tensors[0].dims[0] = 2;
    assert_model_refused(&file, "their number");
    tensors[0].rank = 2;
    assert_model_refused(&file, "\"labels\" of s32 with 1 dim");
    tensors[1].dims[1] = 257;
    assert_model_refused(&file, "larger than 256");
    tensors[1].dtype = MODEL_S8;
    assert_model_refused(&file, "\"pixels\" of u8");
    file.content.architecture = "neighbours 4 uniform";
    tensors[1].dtype = MODEL_U8;
    tensors[1].dims[1] = 2;
    assert_model_refused(&file, "4 neighbours of 3");
    file.content.architecture = "neighbours 0 uniform";
    assert_model_refused(&file, "0 neighbours of 3");
    file.content.architecture = "neighbours 99999999999999999999 uniform";
    assert_model_refused(&file, "neighbours K uniform");
    file.content.architecture = "neighbours 2 square";
    assert_model_refused(&file, "neighbours K uniform");
    file.content.architecture = "neighbours 2 uniform 3";
    assert_model_refused(&file, "neighbours K uniform");
    file.content.architecture = "neighbours 2 distance";
    tensors[1] = (struct model_tensor){"features", MODEL_F32, 2, {3, 2, 1, 1}, floats, 24};
    assert_model_refused(&file, "\"mean\"");
    tensors[2] = (struct model_tensor){"mean", MODEL_F32, 2, {2, 2, 1, 1}, floats, 16};
    tensors[3] = (struct model_tensor){"axes", MODEL_F32, 2, {2, 5, 1, 1}, floats, 40};
    file.content.tensor_count = 4;
    assert_model_refused(&file, "\"axes\": its shape");
    tensors[3].dims[1] = 4;
    tensors[1].dims[1] = 1;
    assert_model_refused(&file, "\"features\": its shape");
}

static struct knn_vectors pictures_of(const struct dataset *data, const uint32_t *rows,
                                      size_t count)
{
    return (struct knn_vectors){.count = count,
                                .rows = rows,
                                .pixels = data->pixels,
                                .width = data->width,
                                .height = data->height};
}

static void fer2013_gives_the_counts_of_the_reference(void **state)
{
    static const size_t k[] = {1, 2, 3, 5, 7, 9, 11, 13, 15, 17, 19, 169};
    static const size_t expected[] = {2840, 2536, 2457, 2478, 2427, 2394,
                                      2384, 2364, 2355, 2348, 2370, 2115};
    const struct knn_options options = {k, 12, KNN_UNIFORM};
    struct split_options deck;
    struct dataset data;
    struct split split;
    struct knn_vectors train, test;
    struct knn_index *index;
    struct thread_pool *pool;
    uint32_t *rows;
    uint16_t *labels;
    size_t count;
    char path[4096];

    (void)state;
    unit_data_path("fer2013/fer2013.csv.zst", path, sizeof path);
    split_options_init(&deck);
    deck.kind = SPLIT_DECK;
    assert_int_equal(thread_pool_new(0, &pool, NULL), MIEN_OK);
    assert_int_equal(dataset_open(path, NULL, &data, NULL), MIEN_OK);
    assert_int_equal(split_new(&data, &deck, &split, NULL), MIEN_OK);
    assert_int_equal(split_select(&split, "test+validation", &rows, &count, NULL), MIEN_OK);
    assert_int_equal(count, 7178);
    train = pictures_of(&data, split.rows[DATASET_TRAIN], split.count[DATASET_TRAIN]);
    test = pictures_of(&data, rows, count);
    labels = test_calloc(count * 12, sizeof *labels);
    assert_int_equal(knn_index_new(&train, data.labels, 7, pool, &index, NULL), MIEN_OK);
    assert_int_equal(knn_classify(index, &test, &options, pool, labels, NULL, NULL), MIEN_OK);
    for (size_t i = 0; i < 12; i++) {
        size_t correct = 0;

        for (size_t q = 0; q < count; q++)
            correct += labels[q * 12 + i] == data.labels[rows[q]];
        assert_int_equal(correct, expected[i]);
    }
    test_free(labels);
    free(rows);
    knn_index_free(index);
    split_free(&split);
    dataset_close(&data);
    thread_pool_free(pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_plain_tile_adds_up_products),
        cmocka_unit_test(every_tile_kernel_gives_the_plain_ones_sums),
        cmocka_unit_test(every_kernel_compares_and_multiplies_like_the_plain_one),
        cmocka_unit_test(a_sketch_never_overstates_a_distance),
        cmocka_unit_test(neighbours_are_those_of_all_distances_with_every_kernel),
        cmocka_unit_test(neighbours_are_exact_where_the_filter_has_work),
        cmocka_unit_test(neighbours_of_features_are_exact),
        cmocka_unit_test(features_outside_the_training_range_are_exact_too),
        cmocka_unit_test(rows_choose_the_vectors_and_ties_go_to_the_first_given),
        cmocka_unit_test(any_number_of_threads_gives_the_same_answer),
        cmocka_unit_test(equal_votes_go_to_the_smaller_label),
        cmocka_unit_test(near_neighbours_weigh_more_and_distance_zero_alone),
        cmocka_unit_test(a_constant_data_set_has_its_first_pictures_as_neighbours),
        cmocka_unit_test(wrong_numbers_are_refused_in_words),
        cmocka_unit_test(the_largest_pictures_do_not_overflow),
        cmocka_unit_test(a_model_file_of_pixels_answers_like_its_index),
        cmocka_unit_test(a_model_file_of_components_answers_like_its_index),
        cmocka_unit_test(model_files_whose_parts_do_not_fit_are_refused),
        cmocka_unit_test(fer2013_gives_the_counts_of_the_reference),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

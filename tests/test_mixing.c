/* test_mixing.c - mixup and CutMix.
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include <string.h>

#include "base/random.h"
#include "tests/unit.h"
#include "training/mixing.h"

enum { COUNT = 401, H = 10, W = 12, N = H * W };

/* Picture i is filled with the level i. */
static float *make_pictures(void)
{
    float *levels = malloc(COUNT * N * sizeof *levels);

    for (int i = 0; i < COUNT * N; i++)
        levels[i] = (float)(i / N);
    return levels;
}

static double mean_of(const float *values, size_t count)
{
    double sum = 0;

    for (size_t i = 0; i < count; i++)
        sum += (double)values[i];
    return sum / (double)count;
}

/* Whatever the way, a picture's mean is its share of itself and the rest of its partner. */
static void check_means(const float *levels, const float *shares)
{
    for (int i = 0; i < COUNT; i++) {
        double partner = COUNT - 1 - i, share = (double)shares[i];
        assert_true(share >= 0 && share <= 1);
        assert_float_equal(mean_of(levels + i * N, N), share * i + (1 - share) * partner, 1e-2);
    }
}

static void mixup_adds_the_partner_by_its_share(void **state)
{
    struct mixing mixing = {.mixup_alpha = 0.4f, .probability = 1};
    float *levels = make_pictures(), shares[COUNT];

    (void)state;
    mixing_apply(&mixing, levels, COUNT, H, W, 3, NULL, shares);
    check_means(levels, shares);
    for (int i = 0; i < COUNT; i++)
        for (int p = 1; p < N; p++)
            assert_true(levels[i * N + p] == levels[i * N]);
    assert_float_equal(shares[COUNT / 2], 1, 0);
    free(levels);
}

static void cutmix_exchanges_rectangles_of_the_partners(void **state)
{
    struct mixing mixing = {.cutmix_alpha = 1, .probability = 1};
    float *levels = make_pictures(), shares[COUNT];

    (void)state;
    mixing_apply(&mixing, levels, COUNT, H, W, 3, NULL, shares);
    check_means(levels, shares);
    for (int i = 0; i < COUNT; i++) {
        int left = W, right = 0, top = H, bottom = 0, foreign = 0;
        for (int p = 0; p < N; p++) {
            if (levels[i * N + p] == (float)i)
                continue;
            assert_true(levels[i * N + p] == (float)(COUNT - 1 - i));
            left = p % W < left ? p % W : left;
            right = p % W + 1 > right ? p % W + 1 : right;
            top = p / W < top ? p / W : top;
            bottom = p / W + 1;
            foreign++;
        }
        assert_int_equal(foreign, foreign ? (right - left) * (bottom - top) : 0);
    }
    free(levels);
}

/* A square of the share u of the area, u uniform, its middle uniform: of its side s = sqrt(u) the
 * mean of s - s^2 / 4 lies inside, each way, and the mean of the square of that is 77 / 240. */
static void cutmix_exchanges_the_area_that_it_draws(void **state)
{
    enum { SIDE = 40, PAIRS = 1000 };
    struct mixing mixing = {.cutmix_alpha = 1, .probability = 1};
    float *levels = calloc(2 * PAIRS * SIDE * SIDE, sizeof *levels), shares[2 * PAIRS];

    (void)state;
    mixing_apply(&mixing, levels, 2 * PAIRS, SIDE, SIDE, 3, NULL, shares);
    assert_float_equal(1 - mean_of(shares, 2 * PAIRS), 77.0 / 240, 0.02);
    free(levels);
}

static void shares_follow_their_beta_distribution(void **state)
{
    static const float alphas[] = {0.05f, 0.2f, 1, 4};

    (void)state;
    for (int a = 0; a < 4; a++) {
        struct mixing mixing = {.mixup_alpha = alphas[a], .probability = 1};
        double sum = 0, squares = 0, count = 0, mean;
        for (uint64_t key = 0; key < 50; key++) {
            float levels[COUNT] = {0}, shares[COUNT];
            mixing_apply(&mixing, levels, COUNT, 1, 1, key, NULL, shares);
            for (int i = 0; i < COUNT / 2; i++, count++) {
                assert_true(shares[i] >= 0 && shares[i] <= 1);
                sum += (double)shares[i];
                squares += (double)(shares[i] * shares[i]);
            }
        }
        mean = sum / count;
        assert_float_equal(mean, 0.5, 0.02);
        assert_float_equal(squares / count - mean * mean, 0.25 / (2 * (double)alphas[a] + 1), 0.01);
    }
}

static void only_the_wanted_share_of_pairs_is_mixed_half_each_way(void **state)
{
    struct mixing mixing = {.mixup_alpha = 1, .cutmix_alpha = 1, .probability = 0.5f};
    int mixed = 0, cut = 0;

    (void)state;
    for (uint64_t key = 0; key < 10; key++) {
        float *levels = make_pictures(), shares[COUNT];
        mixing_apply(&mixing, levels, COUNT, H, W, key, NULL, shares);
        check_means(levels, shares);
        for (int i = 0; i < COUNT / 2; i++) {
            bool flat = true;
            for (int p = 1; p < N; p++)
                flat &= levels[i * N + p] == levels[i * N];
            mixed += shares[i] < 1;
            cut += !flat;
        }
        free(levels);
    }
    assert_in_range(mixed, 900, 1050); /* of 2000; a cut may be empty */
    assert_in_range(cut, 400, 550);
    mixing_init(&mixing);
    for (uint64_t key = 0; key < 10; key++) {
        float levels[2] = {1, 2}, shares[2];
        mixing_apply(&mixing, levels, 2, 1, 1, key, NULL, shares);
        assert_true(levels[0] == 1 && levels[1] == 2 && shares[0] == 1 && shares[1] == 1);
    }
}

static void targets_are_mixed_by_the_shares_of_their_pictures(void **state)
{
    float shares[] = {0.25f, 1, 0.25f}, targets[] = {1, 0, 0.5f, 0.5f, 0, 1};
    static const float expected[] = {0.25f, 0.75f, 0.5f, 0.5f, 0.75f, 0.25f};

    (void)state;
    mixing_targets(shares, 3, 2, targets);
    assert_memory_equal(targets, expected, sizeof expected);
}

static void a_key_has_one_mixture_at_any_thread_count(void **state)
{
    struct mixing mixing = {.mixup_alpha = 0.4f, .cutmix_alpha = 1, .probability = 0.9f};
    float *expected = make_pictures(), expected_shares[COUNT], shares[COUNT];

    (void)state;
    mixing_apply(&mixing, expected, COUNT, H, W, 8, NULL, expected_shares);
    for (int threads = 1; threads <= 4; threads++) {
        float *levels = make_pictures();
        struct thread_pool *pool;
        assert_int_equal(thread_pool_new(threads, &pool, NULL), MIEN_OK);
        mixing_apply(&mixing, levels, COUNT, H, W, 8, pool, shares);
        assert_memory_equal(levels, expected, COUNT * N * sizeof *levels);
        assert_memory_equal(shares, expected_shares, sizeof shares);
        thread_pool_free(pool);
        free(levels);
    }
    free(expected);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mixup_adds_the_partner_by_its_share),
        cmocka_unit_test(cutmix_exchanges_rectangles_of_the_partners),
        cmocka_unit_test(cutmix_exchanges_the_area_that_it_draws),
        cmocka_unit_test(shares_follow_their_beta_distribution),
        cmocka_unit_test(only_the_wanted_share_of_pairs_is_mixed_half_each_way),
        cmocka_unit_test(targets_are_mixed_by_the_shares_of_their_pictures),
        cmocka_unit_test(a_key_has_one_mixture_at_any_thread_count),
    };
    return cmocka_run_group_tests_name("mixing", tests, NULL, NULL);
}

/* test_augmentation.c - pictures changed at random.
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include <string.h>

#include "base/random.h"
#include "tests/unit.h"
#include "training/augmentation.h"

enum { H = 36, W = 40 };

/* A plane, which bilinear sampling keeps exactly. */
static void make_plane(uint8_t pixels[H * W])
{
    for (int y = 0; y < H; y++)
        for (int x = 0; x < W; x++)
            pixels[y * W + x] = (uint8_t)(10 + 4 * x + 2 * y);
}

static void make_noise(uint8_t pixels[H * W])
{
    for (int i = 0; i < H * W; i++)
        pixels[i] = (uint8_t)random_bits(7, (uint64_t)i);
}

static double mean_of(const float *levels)
{
    double sum = 0;

    for (int i = 0; i < H * W; i++)
        sum += (double)levels[i];
    return sum / (H * W);
}

/* Of the plane: its slopes at the middle, and the level there. */
struct slopes {
    float x, y, middle;
};

static struct slopes apply_to_plane(const struct augmentation *augmentation, uint64_t key)
{
    uint8_t pixels[H * W];
    float levels[H * W], *middle = levels + H / 2 * W + W / 2;
    struct slopes s;

    make_plane(pixels);
    augmentation_apply(augmentation, pixels, H, W, key, levels);
    s.x = middle[1] - middle[0];
    s.y = middle[W] - middle[0];
    s.middle = middle[0];
    for (int y = -4; y < 4; y++) /* flat between, not only where it was measured */
        for (int x = -4; x < 4; x++)
            assert_float_equal(middle[y * W + x], s.middle + (float)x * s.x + (float)y * s.y, 0.02);
    return s;
}

static void flip_and_contrast_are_the_reference_systems(void **state)
{
    struct augmentation augmentation;
    uint8_t pixels[H * W];
    float levels[H * W];
    int flipped = 0;

    (void)state;
    augmentation_init(&augmentation);
    make_noise(pixels);
    for (uint64_t key = 0; key < 1000; key++) {
        float factor = random_range(key, 1, 0.8f, 1.2f), mean;
        bool flip = random_uniform(key, 0) < 0.5f;
        double sum = 0;
        for (int i = 0; i < H * W; i++)
            sum += pixels[i];
        mean = (float)(sum / (H * W));
        augmentation_apply(&augmentation, pixels, H, W, key, levels);
        for (int i = 0; i < H * W; i++) {
            int from = flip ? i / W * W + W - 1 - i % W : i;
            assert_true(levels[i] == ((float)pixels[from] - mean) * factor + mean);
        }
        flipped += flip;
    }
    assert_in_range(flipped, 450, 550);
}

static void nothing_only_converts(void **state)
{
    struct augmentation none = {0};
    uint8_t pixels[H * W];
    float levels[H * W];

    (void)state;
    make_noise(pixels);
    for (int i = 0; i < 2; i++) {
        augmentation_apply(i ? &none : NULL, pixels, H, W, 1, levels);
        for (int j = 0; j < H * W; j++)
            assert_true(levels[j] == pixels[j]);
    }
}

static void rotation_turns_within_its_bounds(void **state)
{
    struct augmentation augmentation = {.rotation = 30};
    double least = 0, most = 0, before = atan2(2, 4);

    (void)state;
    for (uint64_t key = 0; key < 300; key++) {
        struct slopes s = apply_to_plane(&augmentation, key);
        double turned = (atan2((double)s.y, (double)s.x) - before) * 180 / 3.14159265;
        assert_float_equal(hypotf(s.x, s.y), sqrtf(20), 0.02);
        least = fmin(least, turned);
        most = fmax(most, turned);
    }
    assert_true(least > -30.1 && least < -28 && most < 30.1 && most > 28);
}

static void zoom_shear_and_crop_stretch_within_their_bounds(void **state)
{
    struct augmentation zoom = {.zoom = 0.5f}, shear = {.shear = 0.3f}, crop = {.crop = 0.4f};
    float least[3] = {9, 9, 9}, most[3] = {0};

    (void)state;
    for (uint64_t key = 0; key < 300; key++) {
        struct slopes z = apply_to_plane(&zoom, key), s = apply_to_plane(&shear, key);
        struct slopes c = apply_to_plane(&crop, key);
        float change[3] = {z.x / 4, fabsf(s.y - 2) / 4, c.y / 2};
        assert_float_equal(z.x, 2 * z.y, 0.02);
        assert_float_equal(s.x, 4, 0.02);
        assert_true(c.x > 4 * 0.6f - 0.02f && c.x < 4.02f);
        for (int i = 0; i < 3; i++) {
            least[i] = fminf(least[i], change[i]);
            most[i] = fmaxf(most[i], change[i]);
        }
    }
    assert_true(least[0] > 0.66f && least[0] < 0.7f && most[0] < 1.51f && most[0] > 1.45f);
    assert_true(least[1] < 0.02f && most[1] < 0.305f && most[1] > 0.28f);
    assert_true(least[2] > 0.59f && least[2] < 0.63f && most[2] < 1.01f && most[2] > 0.97f);
}

static void shift_moves_within_its_bounds(void **state)
{
    struct augmentation shift = {.shift = 0.1f};
    float most = 0;

    (void)state;
    for (uint64_t key = 0; key < 300; key++) {
        struct slopes s = apply_to_plane(&shift, key);
        float moved = fabsf(s.middle - (10 + 4 * (W / 2) + 2 * (H / 2)));
        assert_true(fabsf(s.x - 4) < 0.02f && fabsf(s.y - 2) < 0.02f);
        assert_true(moved < 4 * 0.1f * W + 2 * 0.1f * H + 0.05f);
        most = fmaxf(most, moved);
    }
    assert_true(most > 18);
}

static void a_flipped_picture_is_moved_as_its_mirror_image_would_be(void **state)
{
    struct augmentation still = {.rotation = 20, .shift = 0.1f, .zoom = 0.2f, .crop = 0.2f};
    struct augmentation flip = still;
    uint8_t pixels[H * W], mirrored[H * W];
    float levels[H * W], expected[H * W];
    int flipped = 0;

    (void)state;
    flip.flip = true;
    make_noise(pixels);
    for (int i = 0; i < H * W; i++)
        mirrored[i] = pixels[i / W * W + W - 1 - i % W];
    for (uint64_t key = 0; key < 100; key++) {
        bool is_flipped = random_uniform(key, 0) < 0.5f;
        augmentation_apply(&flip, pixels, H, W, key, levels);
        augmentation_apply(&still, is_flipped ? mirrored : pixels, H, W, key, expected);
        for (int i = 0; i < H * W; i++)
            assert_float_equal(levels[i], expected[i], 0.1);
        flipped += is_flipped;
    }
    assert_in_range(flipped, 30, 70);
}

static void what_comes_from_outside_is_the_picture_mirrored(void **state)
{
    struct augmentation shift = {.shift = 0.5f};
    uint8_t pixels[H * W];
    float levels[H * W];

    (void)state;
    make_plane(pixels);
    for (uint64_t key = 0; key < 50; key++) {
        float dx = random_range(key, 3, -0.5f, 0.5f) * W,
              dy = random_range(key, 4, -0.5f, 0.5f) * H;
        augmentation_apply(&shift, pixels, H, W, key, levels);
        for (int y = 0; y < H; y++)
            for (int x = 0; x < W; x++) {
                float u = fabsf((float)x + 0.5f - dx), v = fabsf((float)y + 0.5f - dy);
                u = fminf(u, 2 * W - u) - 0.5f;
                v = fminf(v, 2 * H - v) - 0.5f;
                u = fminf(fmaxf(u, 0), W - 1);
                v = fminf(fmaxf(v, 0), H - 1);
                assert_float_equal(levels[y * W + x], 10 + 4 * u + 2 * v, 0.02);
            }
    }
}

static void light_changes_as_bounded(void **state)
{
    struct augmentation brightness = {.brightness = 0.2f}, gamma = {.gamma = 1};
    uint8_t pixels[H * W];
    float levels[H * W], most = 0, darkest = 255, brightest = 0;

    (void)state;
    make_noise(pixels);
    pixels[0] = 0;
    pixels[1] = 255;
    pixels[2] = 128;
    for (uint64_t key = 0; key < 300; key++) {
        augmentation_apply(&brightness, pixels, H, W, key, levels);
        assert_float_equal(levels[1] - levels[0], 255, 1e-3);
        most = fmaxf(most, fabsf(levels[0]));
        augmentation_apply(&gamma, pixels, H, W, key, levels);
        assert_float_equal(levels[0], 0, 1e-3);
        assert_float_equal(levels[1], 255, 1e-3);
        darkest = fminf(darkest, levels[2]);
        brightest = fmaxf(brightest, levels[2]);
    }
    assert_true(most <= 51 && most > 48);
    assert_true(darkest > 64 && darkest < 67 && brightest < 181 && brightest > 179);
}

/* How many of 400 pictures are changed, and that none of them loses its mean. */
static int count_changed(const struct augmentation *augmentation)
{
    uint8_t pixels[H * W];
    float levels[H * W], plain[H * W];
    int changed = 0;

    make_plane(pixels);
    augmentation_apply(NULL, pixels, H, W, 0, plain);
    for (uint64_t key = 0; key < 400; key++) {
        augmentation_apply(augmentation, pixels, H, W, key, levels);
        assert_float_equal(mean_of(levels), mean_of(plain), 2);
        changed += memcmp(levels, plain, sizeof levels) != 0;
    }
    return changed;
}

static void blur_noise_and_blocks_spare_every_other_picture(void **state)
{
    struct augmentation blur = {.blur = 4}, noise = {.noise = 10}, blocks = {.blocks = 20};

    (void)state;
    assert_in_range(count_changed(&blur), 150, 230);
    assert_in_range(count_changed(&noise), 160, 240);
    assert_in_range(count_changed(&blocks), 160, 240);
}

/* The rectangle that differs from the plain picture; its area. */
static int changed_area(const float *levels, const float *plain, int *ret_width, int *ret_height)
{
    int left = W, top = H, right = -1, bottom = -1, changed = 0;

    for (int i = 0; i < H * W; i++)
        if (levels[i] != plain[i]) {
            left = i % W < left ? i % W : left;
            right = i % W > right ? i % W : right;
            top = i / W < top ? i / W : top;
            bottom = i / W;
            changed++;
        }
    *ret_width = changed ? right - left + 1 : 0;
    *ret_height = changed ? bottom - top + 1 : 0;
    return changed;
}

static void erasing_fills_rectangles_of_the_area_and_shape_wanted(void **state)
{
    struct augmentation erase = {.erase = 0.6f, .erase_area = 0.3f};
    uint8_t pixels[H * W];
    float levels[H * W], plain[H * W];
    int erased = 0, most = 0, width, height;

    (void)state;
    make_noise(pixels);
    augmentation_apply(NULL, pixels, H, W, 0, plain);
    for (uint64_t key = 0; key < 400; key++) {
        int changed, area;
        augmentation_apply(&erase, pixels, H, W, key, levels);
        changed = changed_area(levels, plain, &width, &height);
        area = width * height;
        if (!changed)
            continue;
        assert_true(changed > 0.9 * area); /* noise may hit the same level */
        assert_true(area > 0.01 * H * W && area < 0.32 * H * W);
        assert_true(width < 4.5 * height && height < 4.5 * width);
        most = area > most ? area : most;
        erased++;
    }
    assert_in_range(erased, 200, 280);
    assert_true(most > 0.27 * H * W);
}

static void cutout_puts_a_flat_square_anywhere(void **state)
{
    struct augmentation cutout = {.cutout = 0.5f};
    uint8_t pixels[H * W];
    float levels[H * W], plain[H * W];
    int whole = 0, width, height;

    (void)state;
    make_noise(pixels);
    augmentation_apply(NULL, pixels, H, W, 0, plain);
    for (uint64_t key = 0; key < 300; key++) {
        float mean = (float)mean_of(plain);
        int changed;
        augmentation_apply(&cutout, pixels, H, W, key, levels);
        changed = changed_area(levels, plain, &width, &height);
        assert_int_equal(changed, width * height);
        assert_true(width <= H / 2 + 1 && height <= H / 2 + 1);
        whole += width >= H / 2 && height >= H / 2;
        for (int i = 0; i < H * W; i++)
            assert_true(levels[i] == plain[i] || fabsf(levels[i] - mean) < 1e-3f);
    }
    assert_in_range(whole, 50, 250);
}

static const struct augmentation everything = {
    .flip = true,
    .rotation = 180,
    .shift = 1,
    .zoom = 3,
    .shear = 1,
    .crop = 0.9f,
    .gamma = 1,
    .contrast = 1,
    .brightness = 1,
    .blur = 8,
    .noise = 20,
    .blocks = 20,
    .cutout = 0.3f,
    .erase = 0.5f,
    .erase_area = 0.3f,
};

static void a_key_has_one_picture(void **state)
{
    uint8_t pixels[H * W];
    float first[H * W], second[H * W];

    (void)state;
    make_noise(pixels);
    for (uint64_t key = 0; key < 50; key++) {
        augmentation_apply(&everything, pixels, H, W, key, first);
        augmentation_apply(&everything, pixels, H, W, key, second);
        assert_memory_equal(first, second, sizeof first);
        augmentation_apply(&everything, pixels, H, W, key + 1, second);
        assert_memory_not_equal(first, second, sizeof first);
    }
}

static void pictures_of_any_size_stay_in_their_memory(void **state)
{
    static const int sides[][2] = {{1, 1}, {1, 9}, {9, 1}, {2, 2}, {3, 700}, {130, 65}};

    (void)state;
    for (size_t i = 0; i < sizeof sides / sizeof *sides; i++) {
        int height = sides[i][0], width = sides[i][1];
        size_t count = (size_t)height * (size_t)width;
        uint8_t *pixels = malloc(count); /* the heap, for the sanitizer to watch */
        float *levels = malloc(count * sizeof *levels);
        memset(pixels, 100, count);
        for (uint64_t key = 0; key < 50; key++) {
            augmentation_apply(&everything, pixels, height, width, key, levels);
            for (size_t p = 0; p < count; p++)
                assert_true(isfinite(levels[p]));
        }
        free(pixels);
        free(levels);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(flip_and_contrast_are_the_reference_systems),
        cmocka_unit_test(nothing_only_converts),
        cmocka_unit_test(rotation_turns_within_its_bounds),
        cmocka_unit_test(zoom_shear_and_crop_stretch_within_their_bounds),
        cmocka_unit_test(shift_moves_within_its_bounds),
        cmocka_unit_test(a_flipped_picture_is_moved_as_its_mirror_image_would_be),
        cmocka_unit_test(what_comes_from_outside_is_the_picture_mirrored),
        cmocka_unit_test(light_changes_as_bounded),
        cmocka_unit_test(blur_noise_and_blocks_spare_every_other_picture),
        cmocka_unit_test(erasing_fills_rectangles_of_the_area_and_shape_wanted),
        cmocka_unit_test(cutout_puts_a_flat_square_anywhere),
        cmocka_unit_test(a_key_has_one_picture),
        cmocka_unit_test(pictures_of_any_size_stay_in_their_memory),
    };
    return cmocka_run_group_tests_name("augmentation", tests, NULL, NULL);
}

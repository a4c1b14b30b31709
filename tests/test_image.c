/* test_image.c - pictures in memory, resizing and warping, against slow references in double.
 * SPDX-License-Identifier: MIT */
#include "tests/unit.h"

#include <math.h>
#include <string.h>

#include "base/random.h"
#include "image/image.h"
#include "image/pixelate.h"
#include "image/resize.h"
#include "image/warp.h"

static struct image new_image(int width, int height, int channels)
{
    struct image image;

    assert_int_equal(image_new(width, height, channels, &image, NULL), MIEN_OK);
    return image;
}

static struct image random_image(int width, int height, int channels, uint64_t key)
{
    struct image image = new_image(width, height, channels);

    for (int y = 0; y < height; y++)
        for (int x = 0; x < width * channels; x++)
            image_row(&image, y)[x] = (uint8_t)random_bits(key, (uint64_t)(y * 100000 + x));
    return image;
}

static struct image flat_image(int width, int height, int channels, uint8_t value)
{
    struct image image = new_image(width, height, channels);

    for (int y = 0; y < height; y++)
        memset(image_row(&image, y), value, (size_t)(width * channels));
    return image;
}

/* 1..limit, small numbers as likely as large ones. */
static int random_size(uint64_t key, uint64_t counter, int limit)
{
    return (int)pow(limit + 0.999, random_uniform(key, counter));
}

static int pixel(const struct image *image, int x, int y, int c)
{
    return image_row(image, y)[x * image->channels + c];
}

static void assert_same_pixels(const struct image *a, const struct image *b)
{
    assert_int_equal(a->width, b->width);
    assert_int_equal(a->height, b->height);
    assert_int_equal(a->channels, b->channels);
    for (int y = 0; y < a->height; y++)
        assert_memory_equal(image_row(a, y), image_row(b, y), (size_t)(a->width * a->channels));
}

static void a_size_outside_the_bounds_is_refused(void **state)
{
    static const int sizes[][3] = {{0, 5, 1},     {5, -1, 1},    {5, 5, 2},
                                   {65536, 1, 1}, {1, 65536, 3}, {60000, 60000, 1}};
    struct image image = {0};
    mien_error err;

    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        assert_int_equal(image_new(sizes[i][0], sizes[i][1], sizes[i][2], &image, &err),
                         MIEN_EINVAL);
    assert_string_equal(err.message, "a picture of 60000x60000: more than 1024 MiB");
    assert_null(image.pixels);
    image_free(&image);
    image_free(NULL);
}

static void luma_of_grey_is_that_grey_and_of_colours_rec_601(void **state)
{
    static const uint8_t colours[][3] = {{255, 0, 0}, {0, 255, 0}, {0, 0, 255}, {200, 100, 50}};
    static const uint8_t expected[] = {76, 150, 29, 124};
    uint8_t grey = 0;
    struct image target = image_borrow(&grey, 1, 1, 1, 1);

    (void)state;
    for (int value = 0; value < 256; value++) {
        uint8_t rgb[3] = {(uint8_t)value, (uint8_t)value, (uint8_t)value};
        struct image source = image_borrow(rgb, 1, 1, 3, 3);
        image_convert(&source, &target);
        assert_int_equal(grey, value);
    }
    for (int i = 0; i < 4; i++) {
        struct image source = image_borrow(colours[i], 1, 1, 3, 3);
        image_convert(&source, &target);
        assert_int_equal(grey, expected[i]);
    }
}

static void chroma_is_that_of_rec_601(void **state)
{
    static const uint8_t colours[][3] = {{0, 0, 0},   {255, 255, 255}, {255, 0, 0},  {0, 255, 0},
                                         {0, 0, 255}, {255, 255, 0},   {30, 200, 90}};
    enum { COUNT = sizeof colours / sizeof *colours };
    struct image rgb = image_borrow(colours[0], COUNT, 1, 3, sizeof colours);
    struct image chroma[2] = {new_image(COUNT, 1, 1), new_image(COUNT, 1, 1)};

    (void)state;
    image_chroma(&rgb, chroma);
    for (int x = 0; x < COUNT; x++) {
        double r = colours[x][0], g = colours[x][1], b = colours[x][2];
        double luma = 0.299 * r + 0.587 * g + 0.114 * b;
        assert_true(fabs(pixel(&chroma[0], x, 0, 0) - 128 - (b - luma) / 1.772) <= 0.51);
        assert_true(fabs(pixel(&chroma[1], x, 0, 0) - 128 - (r - luma) / 1.402) <= 0.51);
    }
    image_free(&chroma[0]);
    image_free(&chroma[1]);
}

static void grey_becomes_rgb_and_grey_again_unchanged(void **state)
{
    struct image grey = random_image(37, 11, 1, 1), rgb, back;

    (void)state;
    assert_int_equal(image_to_channels(&grey, 3, &rgb, NULL), MIEN_OK);
    assert_int_equal(pixel(&rgb, 36, 10, 2), pixel(&grey, 36, 10, 0));
    assert_int_equal(image_to_channels(&rgb, 1, &back, NULL), MIEN_OK);
    assert_same_pixels(&grey, &back);
    image_free(&grey);
    image_free(&rgb);
    image_free(&back);
}

static void a_crop_outside_shows_the_border_or_black(void **state)
{
    static const int starts[] = {-2000000000, -30, -6, -1, 0, 3, 8, 30, 2000000000};
    struct image source = random_image(9, 7, 3, 2), crop = new_image(5, 6, 3);

    (void)state;
    for (int i = 0; i < 81; i++) {
        int64_t x0 = starts[i % 9], y0 = starts[i / 9];
        for (int black = 0; black < 2; black++) {
            image_crop(&source, (int)x0, (int)y0, black ? IMAGE_EDGE_BLACK : IMAGE_EDGE_REPLICATE,
                       &crop);
            for (int y = 0; y < 6; y++) {
                for (int x = 0; x < 5 * 3; x++) {
                    int64_t u = x0 + x / 3, v = y0 + y;
                    bool outside = u < 0 || u > 8 || v < 0 || v > 6;
                    int near_x = u < 0 ? 0 : u > 8 ? 8 : (int)u;
                    int near_y = v < 0 ? 0 : v > 6 ? 6 : (int)v;
                    assert_int_equal(pixel(&crop, 0, y, x),
                                     black && outside ? 0 : pixel(&source, near_x, near_y, x % 3));
                }
            }
        }
    }
    image_free(&source);
    image_free(&crop);
}

static void each_exif_orientation_turns_the_picture_upright(void **state)
{
    /* How a camera stored the upright picture ABC/DEF, and with which orientation. */
    static const struct {
        int width;
        const char *stored;
    } cases[9] = {{0, ""},       {3, "ABCDEF"}, {3, "CBAFED"}, {3, "FEDCBA"}, {3, "DEFABC"},
                  {2, "ADBECF"}, {2, "CFBEAD"}, {2, "FCEBDA"}, {2, "DAEBFC"}};
    struct image upright;
    mien_error err;

    (void)state;
    for (int orientation = 1; orientation <= 8; orientation++) {
        int W = cases[orientation].width;
        struct image stored =
            image_borrow((const uint8_t *)cases[orientation].stored, W, 6 / W, 1, (size_t)W);
        assert_int_equal(image_orient(&stored, orientation, &upright, NULL), MIEN_OK);
        assert_int_equal(upright.width, 3);
        assert_memory_equal(image_row(&upright, 0), "ABC", 3);
        assert_memory_equal(image_row(&upright, 1), "DEF", 3);
        image_free(&upright);
    }
    assert_int_equal(image_orient(&upright, 9, &upright, &err), MIEN_EINVAL);
}

static void turning_four_times_gives_the_picture_back(void **state)
{
    struct image first = random_image(131, 77, 3, 3), image = first, next;

    (void)state;
    for (int i = 0; i < 4; i++) {
        assert_int_equal(image_orient(&image, 6, &next, NULL), MIEN_OK);
        if (image.pixels != first.pixels)
            image_free(&image);
        image = next;
    }
    assert_same_pixels(&first, &image);
    image_free(&first);
    image_free(&image);
}

/* The weight of source pixel s in target pixel t, when S pixels become T. */
static double reference_weight(int s, int t, int S, int T)
{
    double ratio = (double)S / T, low, high, centre;

    if (S > T) {
        low = fmax(s, t * ratio);
        high = fmin(s + 1, (t + 1) * ratio);
        return fmax(0, high - low) / ratio;
    }
    centre = fmin(fmax((t + 0.5) * ratio - 0.5, 0), S - 1);
    return fmax(0, 1 - fabs(s - centre));
}

static double reference_resize(const struct image *source, int W, int H, int x, int y, int c)
{
    double sum = 0;

    for (int v = 0; v < source->height; v++) {
        double weight = reference_weight(v, y, source->height, H);
        for (int u = 0; weight > 0 && u < source->width; u++)
            sum += weight * reference_weight(u, x, source->width, W) * pixel(source, u, v, c);
    }
    return sum;
}

static void resizing_agrees_with_a_slow_reference(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < 200; i++) {
        struct image source = random_image(random_size(4, 4 * i, 90), random_size(4, 4 * i + 1, 90),
                                           i % 2 ? 3 : 1, i);
        struct image target = new_image(random_size(4, 4 * i + 2, 90),
                                        random_size(4, 4 * i + 3, 90), source.channels);
        assert_int_equal(image_resize(&source, &target, NULL), MIEN_OK);
        for (int probe = 0; probe < 40; probe++) {
            int x = (int)random_range(i, 3 * (uint64_t)probe, 0, (float)target.width);
            int y = (int)random_range(i, 3 * (uint64_t)probe + 1, 0, (float)target.height);
            int c = probe % source.channels;
            double expected = reference_resize(&source, target.width, target.height, x, y, c);
            assert_true(fabs(pixel(&target, x, y, c) - expected) <= 0.51);
        }
        image_free(&source);
        image_free(&target);
    }
}

static void a_flat_picture_stays_flat_at_any_size(void **state)
{
    static const int sides[] = {1, 2, 3, 7, 64, 1000, 3001};

    (void)state;
    for (int i = 0; i < 49 * 2; i++) {
        uint8_t value = i % 2 ? 255 : 1;
        struct image source = flat_image(sides[i / 2 % 7], 3, 1, value);
        struct image flat = flat_image(sides[i / 14], 600, 1, value);
        struct image target = new_image(flat.width, 600, 1);
        assert_int_equal(image_resize(&source, &target, NULL), MIEN_OK);
        assert_same_pixels(&target, &flat);
        image_free(&target);
        image_free(&source);
        image_free(&flat);
    }
}

static int mean_of_square(const struct image *image, int side, int x, int y, int c)
{
    int sum = 0;

    for (int v = 0; v < side; v++)
        for (int u = 0; u < side; u++)
            sum += pixel(image, side * x + u, side * y + v, c);
    return (2 * sum + side * side) / (2 * side * side);
}

static void a_picture_that_shrinks_by_a_whole_number_is_the_mean_of_its_squares(void **state)
{
    (void)state;
    for (int i = 0; i < 8; i++) {
        int side = 2 + i / 2, width = 67, height = 29;
        struct image whole =
            random_image(side * width + 3, side * height + 2, i % 2 ? 3 : 1, 5 + (uint64_t)i);
        struct image source = image_view(&whole, 2, 1, side * width, side * height), target;
        assert_int_equal(image_resized(&source, width, height, &target, NULL), MIEN_OK);
        for (int y = 0; y < height; y++)
            for (int x = 0; x < width; x++)
                for (int c = 0; c < source.channels; c++)
                    assert_int_equal(pixel(&target, x, y, c),
                                     mean_of_square(&source, side, x, y, c));
        image_free(&whole);
        image_free(&target);
    }
}

static void the_same_size_is_a_copy(void **state)
{
    struct image source = random_image(50, 30, 3, 6), target;

    (void)state;
    assert_int_equal(image_resized(&source, 50, 30, &target, NULL), MIEN_OK);
    assert_same_pixels(&source, &target);
    image_free(&source);
    image_free(&target);
}

static void the_longest_row_shrinks_to_its_mean(void **state)
{
    struct image white = flat_image(IMAGE_MAX_SIDE, 1, 1, 255), target;
    struct image column = flat_image(1, IMAGE_MAX_SIDE, 3, 255);

    (void)state;
    for (int x = 0; x < IMAGE_MAX_SIDE; x += 3)
        white.pixels[x] = 0;
    assert_int_equal(image_resized(&white, 1, 1, &target, NULL), MIEN_OK);
    assert_int_equal(target.pixels[0], 170);
    image_free(&target);
    assert_int_equal(image_resized(&column, 3, 2, &target, NULL), MIEN_OK);
    assert_int_equal(pixel(&target, 2, 1, 2), 255);
    image_free(&target);
    image_free(&white);
    image_free(&column);
}

static void a_view_resizes_as_a_copy_of_it_would(void **state)
{
    struct image whole = random_image(80, 60, 1, 7), part = new_image(31, 17, 1);
    struct image view = image_view(&whole, 20, 30, 31, 17), a, b;

    (void)state;
    image_crop(&whole, 20, 30, IMAGE_EDGE_BLACK, &part);
    assert_int_equal(image_resized(&view, 12, 40, &a, NULL), MIEN_OK);
    assert_int_equal(image_resized(&part, 12, 40, &b, NULL), MIEN_OK);
    assert_same_pixels(&a, &b);
    image_free(&whole);
    image_free(&part);
    image_free(&a);
    image_free(&b);
}

static void resizing_to_other_channels_is_refused(void **state)
{
    struct image grey = flat_image(4, 4, 1, 9), rgb = flat_image(2, 2, 3, 9);
    mien_error err;

    (void)state;
    assert_int_equal(image_resize(&grey, &rgb, &err), MIEN_EINVAL);
    assert_string_equal(err.message, "resizing a picture of 1 channels to one of 3");
    image_free(&grey);
    image_free(&rgb);
}

static struct affine turned(double degrees, double scale, double x, double y)
{
    double a = cos(degrees * acos(-1) / 180) * scale, b = sin(degrees * acos(-1) / 180) * scale;

    return (struct affine){{{a, -b, x}, {b, a, y}}};
}

static void warp(const struct image *source, struct affine map, enum image_edge edge,
                 struct image *target)
{
    assert_int_equal(image_warp(source, &map, edge, target, NULL), MIEN_OK);
}

static void warp_sharp(const struct image *source, struct affine map, enum image_edge edge,
                       struct image *target)
{
    assert_int_equal(image_warp_sharp(source, &map, edge, target, NULL), MIEN_OK);
}

static void a_warp_by_whole_pixels_is_a_crop(void **state)
{
    static const int starts[][2] = {{0, 0}, {3, 5}, {-7, 2}, {40, 30}, {-500, 900}, {20, -11}};
    struct image source = random_image(50, 40, 3, 8);
    struct image patch = new_image(16, 12, 3), crop = new_image(16, 12, 3);

    (void)state;
    for (int i = 0; i < 12; i++) {
        enum image_edge edge = i % 2 ? IMAGE_EDGE_BLACK : IMAGE_EDGE_REPLICATE;
        int x = starts[i / 2][0], y = starts[i / 2][1];
        image_crop(&source, x, y, edge, &crop);
        warp(&source, turned(0, 1, x, y), edge, &patch);
        assert_same_pixels(&patch, &crop);
        warp_sharp(&source, turned(0, 1, x, y), edge, &patch);
        assert_same_pixels(&patch, &crop);
    }
    image_free(&source);
    image_free(&patch);
    image_free(&crop);
}

static void a_warp_by_quarter_turns_is_a_turn(void **state)
{
    /* Target to source: the target turned right by 90 degrees, then by 180. */
    static const struct affine maps[] = {{{{0, 1, 0}, {-1, 0, 20}}}, {{{-1, 0, 30}, {0, -1, 20}}}};
    static const int orientations[] = {6, 3};
    struct image source = random_image(30, 20, 1, 9);

    (void)state;
    for (int i = 0; i < 2; i++) {
        struct image expected, patch;
        assert_int_equal(image_orient(&source, orientations[i], &expected, NULL), MIEN_OK);
        patch = new_image(expected.width, expected.height, 1);
        warp(&source, maps[i], IMAGE_EDGE_REPLICATE, &patch);
        assert_same_pixels(&patch, &expected);
        image_free(&patch);
        image_free(&expected);
    }
    image_free(&source);
}

/* Linear interpolation between pixel centres, the border replicated. */
static double reference_sample(const struct image *source, double x, double y, int c)
{
    double sum = 0;

    x = fmin(fmax(x - 0.5, 0), source->width - 1);
    y = fmin(fmax(y - 0.5, 0), source->height - 1);
    for (int v = (int)y; v <= (int)y + 1 && v < source->height; v++)
        for (int u = (int)x; u <= (int)x + 1 && u < source->width; u++)
            sum += (1 - fabs(u - x)) * (1 - fabs(v - y)) * pixel(source, u, v, c);
    return sum;
}

/* Keys' kernel with a = -1/2. */
static double keys(double x)
{
    x = fabs(x);
    if (x < 1)
        return (1.5 * x - 2.5) * x * x + 1;
    return x < 2 ? ((-0.5 * x + 2.5) * x - 4) * x + 2 : 0;
}

static int within(int value, int size)
{
    return value < 0 ? 0 : value >= size ? size - 1 : value;
}

/* Cubic convolution of 4 x 4 pixel centres, the border replicated. */
static double reference_cubic(const struct image *source, double x, double y, int c)
{
    double sum = 0;

    for (int v = (int)floor(y - 0.5) - 1; v <= (int)floor(y - 0.5) + 2; v++)
        for (int u = (int)floor(x - 0.5) - 1; u <= (int)floor(x - 0.5) + 2; u++)
            sum += keys(x - 0.5 - u) * keys(y - 0.5 - v) *
                   pixel(source, within(u, source->width), within(v, source->height), c);
    return fmin(fmax(sum, 0), 255);
}

static void warping_agrees_with_a_slow_reference(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < 200; i++) {
        struct image source = random_image(60, 50, i % 2 ? 3 : 1, i);
        struct image patch = new_image(24, 31, source.channels);
        struct affine map =
            turned(random_range(10, 4 * i, -180, 180), random_range(10, 4 * i + 1, 0.1F, 1.45F),
                   random_range(10, 4 * i + 2, -20, 70), random_range(10, 4 * i + 3, -20, 70));
        (i < 100 ? warp : warp_sharp)(&source, map, IMAGE_EDGE_REPLICATE, &patch);
        for (int y = 0; y < 31; y++) {
            for (int x = 0; x < 24; x++) {
                double u = map.m[0][0] * (x + 0.5) + map.m[0][1] * (y + 0.5) + map.m[0][2];
                double v = map.m[1][0] * (x + 0.5) + map.m[1][1] * (y + 0.5) + map.m[1][2];
                int c = source.channels - 1;
                double expected = (i < 100 ? reference_sample : reference_cubic)(&source, u, v, c);
                assert_float_equal(pixel(&patch, x, y, c), expected, 0.8);
            }
        }
        image_free(&source);
        image_free(&patch);
    }
}

static void a_flat_picture_stays_flat_through_any_warp(void **state)
{
    struct image source = flat_image(200, 150, 3, 255), patch = new_image(20, 20, 3);
    struct image flat = flat_image(20, 20, 3, 255);

    (void)state;
    for (uint64_t i = 0; i < 200; i++) {
        (i % 2 ? warp
               : warp_sharp)(&source,
                             turned(random_range(11, i, -180, 180), random_range(12, i, 0.01F, 20),
                                    random_range(13, i, -300, 300), random_range(14, i, -300, 300)),
                             IMAGE_EDGE_REPLICATE, &patch);
        assert_same_pixels(&patch, &flat);
    }
    image_free(&source);
    image_free(&patch);
    image_free(&flat);
}

static void a_smooth_picture_shrinks_to_the_values_at_the_centres(void **state)
{
    struct image source = new_image(600, 500, 1), patch = new_image(48, 48, 1);

    (void)state;
    for (int y = 0; y < 500; y++)
        for (int x = 0; x < 600; x++)
            image_row(&source, y)[x] = (uint8_t)(20 + (x + y) / 5);
    for (double degrees = -40; degrees <= 40; degrees += 20) {
        for (double scale = 1; scale < 7; scale += 0.7) {
            struct affine map = turned(degrees, scale, 150, 130);
            warp(&source, map, IMAGE_EDGE_REPLICATE, &patch);
            for (int i = 0; i < 48; i++) {
                double u = map.m[0][0] * (i + 0.5) + map.m[0][1] * 24.5 + map.m[0][2];
                double v = map.m[1][0] * (i + 0.5) + map.m[1][1] * 24.5 + map.m[1][2];
                if (u > 20 && v > 20 && u < 580 && v < 480)
                    assert_float_equal(pixel(&patch, i, 24, 0), 20 + (u + v - 1) / 5, 1.3);
            }
        }
    }
    image_free(&source);
    image_free(&patch);
}

static void a_fine_pattern_shrinks_to_grey_without_aliasing(void **state)
{
    struct image source = new_image(400, 400, 1), patch = new_image(40, 40, 1);

    (void)state;
    for (int y = 0; y < 400; y++)
        for (int x = 0; x < 400; x++)
            image_row(&source, y)[x] = (x + y) % 2 ? 255 : 0;
    for (double scale = 2.1; scale < 7; scale += 0.37) {
        warp(&source, turned(17, scale, 100, 50), IMAGE_EDGE_REPLICATE, &patch);
        for (int y = 0; y < 40; y++)
            for (int x = 0; x < 40; x++)
                assert_in_range(pixel(&patch, x, y, 0), 110, 145);
    }
    image_free(&source);
    image_free(&patch);
}

static void black_lies_around_a_picture_that_shrinks(void **state)
{
    struct image source = flat_image(300, 300, 1, 200), patch = new_image(40, 40, 1);

    (void)state;
    /* The patch shows -150 .. 450: a quarter of black on each side. */
    warp(&source, turned(0, 15, -150, -150), IMAGE_EDGE_BLACK, &patch);
    for (int i = 0; i < 40; i++)
        if (i < 9 || i > 30)
            assert_int_equal(pixel(&patch, i, 20, 0), 0);
        else if (i > 10 && i < 29)
            assert_int_equal(pixel(&patch, i, 20, 0), 200);
    image_free(&source);
    image_free(&patch);
}

static void a_grey_patch_of_rgb_is_what_converting_first_gives(void **state)
{
    struct image rgb = random_image(120, 90, 3, 15), grey;
    struct image a = new_image(20, 20, 1), b = new_image(20, 20, 1);

    (void)state;
    assert_int_equal(image_to_channels(&rgb, 1, &grey, NULL), MIEN_OK);
    for (double scale = 0.5; scale < 6; scale += 0.9) {
        warp(&rgb, turned(33, scale, 40, -5), IMAGE_EDGE_BLACK, &a);
        warp(&grey, turned(33, scale, 40, -5), IMAGE_EDGE_BLACK, &b);
        assert_same_pixels(&a, &b);
    }
    image_free(&rgb);
    image_free(&grey);
    image_free(&a);
    image_free(&b);
}

static void a_map_without_meaning_is_refused(void **state)
{
    struct image source = flat_image(9, 9, 1, 5), patch = flat_image(4, 4, 1, 6);
    struct image before = flat_image(4, 4, 1, 6);
    struct affine maps[] = {turned(0, NAN, 0, 0), turned(0, 1, INFINITY, 0), turned(0, 1, 0, 2e6),
                            turned(0, 1e300, 0, 0)};

    (void)state;
    for (size_t i = 0; i < sizeof maps / sizeof *maps; i++)
        assert_int_equal(image_warp(&source, &maps[i], IMAGE_EDGE_BLACK, &patch, NULL),
                         MIEN_EINVAL);
    assert_same_pixels(&patch, &before);
    image_free(&source);
    image_free(&patch);
    image_free(&before);
}

static void a_similarity_is_found_from_its_points(void **state)
{
    static const float from[][2] = {{10, 10}, {40, 12}, {25, 30}, {24, 41}};
    struct affine map = turned(28, 1.7, -4, 9), found, back;
    float to[4][2];

    (void)state;
    for (int i = 0; i < 4; i++)
        for (int k = 0; k < 2; k++)
            to[i][k] = (float)(map.m[k][0] * from[i][0] + map.m[k][1] * from[i][1] + map.m[k][2]);
    assert_int_equal(affine_similarity(from, (const float(*)[2])to, 4, &found, NULL), MIEN_OK);
    assert_int_equal(affine_inverse(&found, &back, NULL), MIEN_OK);
    for (int i = 0; i < 6; i++)
        assert_float_equal(found.m[i / 3][i % 3], map.m[i / 3][i % 3], 1e-4);
    for (int k = 0; k < 2; k++)
        assert_float_equal(back.m[k][0] * to[2][0] + back.m[k][1] * to[2][1] + back.m[k][2],
                           from[2][k], 1e-4);
}

static void points_that_coincide_and_flat_maps_are_refused(void **state)
{
    static const float same[][2] = {{5, 5}, {5, 5}}, bad[][2] = {{1, 2}, {NAN, 4}};
    static const struct affine flat = {{{1, 2, 0}, {2, 4, 0}}};
    struct affine map;

    (void)state;
    assert_int_equal(affine_similarity(same, same, 2, &map, NULL), MIEN_EINVAL);
    assert_int_equal(affine_similarity(bad, bad, 1, &map, NULL), MIEN_EINVAL);
    assert_int_equal(affine_similarity(bad, bad, 2, &map, NULL), MIEN_EINVAL);
    assert_int_equal(affine_inverse(&flat, &map, NULL), MIEN_EINVAL);
}

static void a_pixelated_face_is_six_flat_squares_across_and_nothing_else_changes(void **state)
{
    struct image image = random_image(100, 90, 3, 1), original = random_image(100, 90, 3, 1);

    (void)state;
    image_pixelate(&image, 24, 16, 48, 48); /* with its margin 18, 10 up to 78, 70; squares of 8 */
    for (int y = 0; y < 90; y++) {
        for (int x = 0; x < 100; x++) {
            bool inside = x >= 18 && x < 78 && y >= 10 && y < 70;
            int left = 18 + (x - 18) / 8 * 8, top = 10 + (y - 10) / 8 * 8, sum = 0, count = 0;
            for (int v = top; inside && v < top + 8 && v < 70; v++)
                for (int u = left; u < left + 8 && u < 78; u++, count++)
                    sum += pixel(&original, u, v, 1);
            assert_int_equal(pixel(&image, x, y, 1),
                             inside ? (2 * sum + count) / (2 * count) : pixel(&original, x, y, 1));
        }
    }
    image_free(&image);
    image_free(&original);
}

static void faces_at_the_edge_and_outside_are_pixelated_where_the_picture_is(void **state)
{
    struct image image = random_image(40, 30, 1, 2), original = random_image(40, 30, 1, 2);

    (void)state;
    image_pixelate(&image, -500, -500, 100, 100);
    image_pixelate(&image, 50, 3, 10, 10);
    image_pixelate(&image, 3, 3, 0, 0);
    assert_same_pixels(&image, &original);
    image_pixelate(&image, -1e9F, -1e9F, 2e9F, 2e9F);
    for (int y = 0; y < 30; y++)
        for (int x = 0; x < 40; x++)
            assert_int_equal(pixel(&image, x, y, 0), pixel(&image, 0, 0, 0));
    image_free(&image);
    image_free(&original);
}

static void a_picture_is_used_again_where_its_size_is_right(void **state)
{
    struct image image = {0};
    uint8_t *pixels;

    (void)state;
    assert_int_equal(image_reuse(&image, 30, 20, 3, NULL), MIEN_OK);
    pixels = image.pixels;
    image_row(&image, 19)[89] = 7;
    assert_int_equal(image_reuse(&image, 30, 20, 3, NULL), MIEN_OK);
    assert_ptr_equal(image.pixels, pixels);
    assert_int_equal(image_row(&image, 19)[89], 7);
    assert_int_equal(image_reuse(&image, 0, 20, 3, NULL), MIEN_EINVAL);
    assert_int_equal(image.width, 30);
    assert_int_equal(image_reuse(&image, 31, 20, 1, NULL), MIEN_OK);
    assert_int_equal(image.width * image.channels, 31);
    image_free(&image);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_size_outside_the_bounds_is_refused),
        cmocka_unit_test(luma_of_grey_is_that_grey_and_of_colours_rec_601),
        cmocka_unit_test(chroma_is_that_of_rec_601),
        cmocka_unit_test(grey_becomes_rgb_and_grey_again_unchanged),
        cmocka_unit_test(a_crop_outside_shows_the_border_or_black),
        cmocka_unit_test(each_exif_orientation_turns_the_picture_upright),
        cmocka_unit_test(turning_four_times_gives_the_picture_back),
        cmocka_unit_test(resizing_agrees_with_a_slow_reference),
        cmocka_unit_test(a_flat_picture_stays_flat_at_any_size),
        cmocka_unit_test(a_picture_that_shrinks_by_a_whole_number_is_the_mean_of_its_squares),
        cmocka_unit_test(the_same_size_is_a_copy),
        cmocka_unit_test(the_longest_row_shrinks_to_its_mean),
        cmocka_unit_test(a_view_resizes_as_a_copy_of_it_would),
        cmocka_unit_test(resizing_to_other_channels_is_refused),
        cmocka_unit_test(a_warp_by_whole_pixels_is_a_crop),
        cmocka_unit_test(a_warp_by_quarter_turns_is_a_turn),
        cmocka_unit_test(warping_agrees_with_a_slow_reference),
        cmocka_unit_test(a_flat_picture_stays_flat_through_any_warp),
        cmocka_unit_test(a_smooth_picture_shrinks_to_the_values_at_the_centres),
        cmocka_unit_test(a_fine_pattern_shrinks_to_grey_without_aliasing),
        cmocka_unit_test(black_lies_around_a_picture_that_shrinks),
        cmocka_unit_test(a_grey_patch_of_rgb_is_what_converting_first_gives),
        cmocka_unit_test(a_map_without_meaning_is_refused),
        cmocka_unit_test(a_similarity_is_found_from_its_points),
        cmocka_unit_test(points_that_coincide_and_flat_maps_are_refused),
        cmocka_unit_test(a_pixelated_face_is_six_flat_squares_across_and_nothing_else_changes),
        cmocka_unit_test(faces_at_the_edge_and_outside_are_pixelated_where_the_picture_is),
        cmocka_unit_test(a_picture_is_used_again_where_its_size_is_right),
    };
    return cmocka_run_group_tests_name("image", tests, NULL, NULL);
}

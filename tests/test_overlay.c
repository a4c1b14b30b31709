/* test_overlay.c - marks on photographs: where they go, and what the pixels say.
 * SPDX-License-Identifier: MIT */
#include "tests/unit.h"

#include <math.h>
#include <string.h>

#include "base/random.h"
#include "base/thread_pool.h"
#include "chart/overlay.h"
#include "chart/overlay_plan.h"

static const char *const names[] = {"angry", "disgust",  "fear",   "happy",
                                    "sad",   "surprise", "neutral"};
static const float bars[] = {0, 0.25F, 0.5F, 1, 0.125F, NAN, 7};

static struct image flat_image(int width, int height, uint8_t value)
{
    struct image image;

    assert_int_equal(image_new(width, height, 3, &image, NULL), MIEN_OK);
    for (int y = 0; y < height; y++)
        memset(image_row(&image, y), value, (size_t)width * 3);
    return image;
}

static struct overlay_face face_at(float x, float y, float w, float h)
{
    return (struct overlay_face){.x = x,
                                 .y = y,
                                 .w = w,
                                 .h = h,
                                 .title = "surprise 93%",
                                 .bar_count = 7,
                                 .bar_names = names,
                                 .bars = bars};
}

static void plan(int width, int height, const struct overlay_face *faces, int count,
                 struct overlay_place *places)
{
    cairo_surface_t *surface = cairo_recording_surface_create(CAIRO_CONTENT_COLOR, NULL);
    cairo_t *cairo = cairo_create(surface);
    struct canvas canvas;

    canvas_open(cairo, theme_of(CHART_LIGHT), NULL, &canvas);
    overlay_plan(&canvas, width, height, faces, count, places);
    canvas_close(&canvas);
    cairo_destroy(cairo);
    cairo_surface_destroy(surface);
}

static bool overlaps(struct box a, struct box b)
{
    return a.width > 0 && b.width > 0 && a.x + a.width > b.x + 1e-6 && b.x + b.width > a.x + 1e-6 &&
           a.y + a.height > b.y + 1e-6 && b.y + b.height > a.y + 1e-6;
}

static void assert_inside(struct box box, int width, int height)
{
    assert_true(box.x >= 0 && box.y >= 0);
    assert_true(box.x + box.width <= width + 1e-9 && box.y + box.height <= height + 1e-9);
}

static const uint8_t *pixel(const struct image *image, int x, int y)
{
    return image_row(image, y) + 3 * x;
}

static bool is_colour(const struct image *image, int x, int y, const uint8_t rgb[3])
{
    return memcmp(pixel(image, x, y), rgb, 3) == 0;
}

static const uint8_t orange[3] = {230, 159, 0};

static void the_box_is_drawn_on_its_edge_and_nowhere_else(void **state)
{
    struct image image = flat_image(640, 480, 100);
    struct overlay_face face = {.x = 200, .y = 150, .w = 160, .h = 180};
    static const uint8_t before[3] = {100, 100, 100};

    (void)state;
    assert_int_equal(overlay_draw(&image, &face, 1, NULL), MIEN_OK);
    for (int x = 200; x < 360; x++) {
        assert_true(is_colour(&image, x, 150, orange));
        assert_true(is_colour(&image, x, 329, orange));
    }
    for (int y = 0; y < 480; y++)
        for (int x = 0; x < 640; x++)
            if ((x > 210 && x < 350 && y > 160 && y < 320) || x < 190 || x > 370 || y < 140 ||
                y > 340)
                assert_true(is_colour(&image, x, y, before));
    image_free(&image);
}

static void a_box_is_seen_on_black_and_on_white(void **state)
{
    (void)state;
    for (int white = 0; white < 2; white++) {
        struct image image = flat_image(300, 300, white ? 255 : 0);
        struct overlay_face face = {.x = 100, .y = 100, .w = 100, .h = 100};
        int darkest = 255, brightest = 0;
        assert_int_equal(overlay_draw(&image, &face, 1, NULL), MIEN_OK);
        for (int x = 90; x < 110; x++) {
            darkest = pixel(&image, x, 150)[1] < darkest ? pixel(&image, x, 150)[1] : darkest;
            brightest = pixel(&image, x, 150)[0] > brightest ? pixel(&image, x, 150)[0] : brightest;
        }
        assert_true(darkest < 130);   /* the halo, on white */
        assert_true(brightest > 200); /* the line, on black */
        image_free(&image);
    }
}

/* WCAG 2.1: relative luminance. */
static double luminance(const uint8_t *rgb)
{
    static const double shares[3] = {0.2126, 0.7152, 0.0722};
    double sum = 0;

    for (int c = 0; c < 3; c++) {
        double v = rgb[c] / 255.0;
        sum += shares[c] * (v <= 0.03928 ? v / 12.92 : pow((v + 0.055) / 1.055, 2.4));
    }
    return sum;
}

static void every_colour_carries_a_legible_title(void **state)
{
    (void)state;
    for (int colour = 0; colour < OVERLAY_COLOURS; colour++) {
        struct image image = flat_image(640, 480, 128);
        struct overlay_face face = face_at(200, 150, 160, 180);
        struct overlay_place place;
        double low = 1, high = 0;
        face.colour = colour - OVERLAY_COLOURS; /* any number is a colour */
        plan(640, 480, &face, 1, &place);
        assert_int_equal(overlay_draw(&image, &face, 1, NULL), MIEN_OK);
        for (int y = (int)ceil(place.title.y); y < (int)(place.title.y + place.title.height); y++) {
            for (int x = (int)ceil(place.title.x); x < (int)(place.title.x + place.title.width);
                 x++) {
                low = fmin(low, luminance(pixel(&image, x, y)));
                high = fmax(high, luminance(pixel(&image, x, y)));
            }
        }
        assert_true((high + 0.05) / (low + 0.05) >= 4.5);
        image_free(&image);
    }
}

static void titles_stay_inside_the_picture(void **state)
{
    static const int sizes[][2] = {{640, 480}, {60, 60}, {4000, 3000}, {1, 1}, {30, 900}, {900, 8}};

    (void)state;
    for (uint64_t i = 0; i < 120; i++) {
        int W = sizes[i % 6][0], H = sizes[i % 6][1];
        struct overlay_face face = face_at(random_range(1, 4 * i, -0.5F, 1.2F) * (float)W,
                                           random_range(1, 4 * i + 1, -0.5F, 1.2F) * (float)H,
                                           random_range(1, 4 * i + 2, 0, 1) * (float)W,
                                           random_range(1, 4 * i + 3, 0, 1) * (float)H);
        struct overlay_place place;
        plan(W, H, &face, 1, &place);
        assert_true(place.title.width > 0 && place.title.height > 0);
        assert_inside(place.title, W, H);
        assert_inside(place.bars, W, H);
    }
}

static void the_titles_of_a_group_do_not_overlap(void **state)
{
    struct overlay_face faces[12];
    struct overlay_place places[12];

    (void)state;
    /* Narrow faces, close together: a title is wider than its face and its gap. */
    for (int i = 0; i < 12; i++)
        faces[i] = face_at(20.0F + (float)(i % 6) * 70, 80.0F + (float)(i / 6) * 180, 60, 80);
    plan(640, 480, faces, 12, places);
    assert_true(places[0].title.width > 70);
    for (int i = 0; i < 12; i++) {
        for (int k = 0; k < 12; k++) {
            assert_false(i != k && overlaps(places[i].title, places[k].title));
            assert_false(i != k && overlaps(places[i].title, places[k].face));
        }
    }
}

static void bars_hide_no_face_no_title_and_no_other_bars(void **state)
{
    struct overlay_face faces[8];
    struct overlay_place places[8];
    int drawn = 0;

    (void)state;
    for (uint64_t scene = 0; scene < 40; scene++) {
        for (uint64_t i = 0; i < 8; i++)
            faces[i] = face_at(
                random_range(scene, 4 * i, -50, 900), random_range(scene, 4 * i + 1, -50, 600),
                random_range(scene, 4 * i + 2, 20, 150), random_range(scene, 4 * i + 3, 20, 150));
        plan(1000, 700, faces, 8, places);
        for (int i = 0; i < 8; i++) {
            drawn += places[i].bars.width > 0;
            assert_inside(places[i].bars, 1000, 700);
            for (int k = 0; k < 8; k++) {
                assert_false(overlaps(places[i].bars, places[k].face));
                assert_false(overlaps(places[i].bars, places[k].title));
                assert_false(i != k && overlaps(places[i].bars, places[k].bars));
            }
        }
    }
    assert_true(drawn > 40 * 8 / 2); /* there mostly is room */
}

static void a_face_as_large_as_the_picture_has_its_bars_inside(void **state)
{
    struct overlay_face face = face_at(0, 0, 512, 512);
    struct overlay_place place;

    (void)state;
    plan(512, 512, &face, 1, &place);
    assert_true(place.bars.width > 0);
    assert_inside(place.bars, 512, 512);
    face = face_at(0, 0, 60, 60);
    plan(60, 60, &face, 1, &place);
    assert_true(place.bars.width <= 0); /* no room to read them */
}

static void a_bar_is_as_long_as_its_share(void **state)
{
    struct image image = flat_image(640, 480, 0);
    struct overlay_face face = face_at(200, 150, 160, 180);
    struct overlay_place place;
    int lengths[7] = {0};
    double row;

    (void)state;
    plan(640, 480, &face, 1, &place);
    assert_int_equal(overlay_draw(&image, &face, 1, NULL), MIEN_OK);
    row = overlay_row_height(place.bar_size);
    for (int i = 0; i < 7; i++) {
        int y = (int)(place.bars.y + overlay_padding(place.bar_size) + (i + 0.45) * row);
        for (int x = (int)place.bars.x; x < (int)(place.bars.x + place.bars.width); x++)
            lengths[i] += is_colour(&image, x, y, orange);
    }
    assert_in_range(lengths[3], 45, 120);                            /* 1 */
    assert_int_equal(lengths[0], 0);                                 /* 0 */
    assert_in_range(2 * lengths[2], lengths[3] - 3, lengths[3] + 3); /* 0.5 */
    assert_in_range(4 * lengths[1], lengths[3] - 6, lengths[3] + 6); /* 0.25 */
    assert_int_equal(lengths[5], 0);                                 /* not a number */
    assert_int_equal(lengths[6], lengths[3]);                        /* above 1 */
    image_free(&image);
}

static void landmarks_are_dots_at_their_places(void **state)
{
    static const float landmarks[][2] = {{50.5F, 60.5F}, {90.5F, 60.5F}, {-5, 3}, {NAN, INFINITY}};
    struct image image = flat_image(200, 200, 255);
    struct overlay_face face = {
        .x = 30, .y = 30, .w = 100, .h = 100, .landmark_count = 4, .landmarks = landmarks};

    (void)state;
    assert_int_equal(overlay_draw(&image, &face, 1, NULL), MIEN_OK);
    assert_true(is_colour(&image, 50, 60, orange));
    assert_true(is_colour(&image, 90, 60, orange));
    assert_int_equal(pixel(&image, 70, 60)[2], 255);
    assert_int_equal(pixel(&image, 0, 3)[2], 255);
    image_free(&image);
}

static void a_line_across_tiles_has_no_seam(void **state)
{
    struct image image = flat_image(2500, 1300, 50);
    struct overlay_face face = {.x = 100, .y = 1000, .w = 2300, .h = 200};

    (void)state;
    assert_int_equal(overlay_draw(&image, &face, 1, NULL), MIEN_OK);
    for (int x = 101; x < 2399; x++)
        assert_true(is_colour(&image, x, 1000, orange));
    for (int y = 1001; y < 1199; y++)
        assert_true(is_colour(&image, 100, y, orange));
    image_free(&image);
}

static void a_picture_wider_than_cairo_can_is_drawn_on(void **state)
{
    struct image image = flat_image(40000, 40, 50);
    struct overlay_face face = face_at(39950, 5, 30, 30);

    (void)state;
    assert_int_equal(overlay_draw(&image, &face, 1, NULL), MIEN_OK);
    assert_true(is_colour(&image, 39950, 30, orange));
    image_free(&image);
}

static void a_title_is_text_and_never_markup_or_broken(void **state)
{
    static const char *const titles[] = {
        "<b>&amp;</b>", "\xff\xfe broken", "a\nb\tc", "", " ", "\xe5\xb9\xb8\xe3\x81\x9b 93%"};

    (void)state;
    for (size_t i = 0; i < sizeof titles / sizeof *titles; i++) {
        struct image image = flat_image(200, 150, 90);
        struct overlay_face face = face_at(50, 50, 80, 80);
        face.title = titles[i];
        assert_int_equal(overlay_draw(&image, &face, 1, NULL), MIEN_OK);
        image_free(&image);
    }
}

static void boxes_without_meaning_are_refused(void **state)
{
    struct image image = flat_image(50, 50, 90), grey;
    struct overlay_face faces[2] = {face_at(5, 5, 9, 9), face_at(5, NAN, 9, 9)};
    mien_error err;

    (void)state;
    assert_int_equal(overlay_draw(&image, faces, 2, &err), MIEN_EINVAL);
    assert_string_equal(err.message, "face 1 to be drawn has the box 5,nan,9,9");
    faces[1] = face_at(5, 5, -9, 9);
    assert_int_equal(overlay_draw(&image, faces, 2, &err), MIEN_EINVAL);
    assert_int_equal(pixel(&image, 5, 5)[0], 90); /* nothing was drawn */
    assert_int_equal(overlay_draw(&image, NULL, 0, &err), MIEN_OK);
    faces[1] = face_at(-3e38F, 3e38F, 3e38F, 3e38F);
    assert_int_equal(overlay_draw(&image, faces, 2, &err), MIEN_OK);
    assert_int_equal(image_new(50, 50, 1, &grey, NULL), MIEN_OK);
    assert_int_equal(overlay_draw(&grey, faces, 1, &err), MIEN_EINVAL);
    image_free(&grey);
    image_free(&image);
}

static void draw_task(void *context, int index, int worker)
{
    struct image *images = context;
    struct overlay_face face = face_at(60, 60, 80, 80);

    (void)worker;
    overlay_draw(&images[index], &face, 1, NULL);
}

static void many_threads_draw_the_same_pixels(void **state)
{
    struct image images[12];
    struct thread_pool *pool;

    (void)state;
    for (int i = 0; i < 12; i++)
        images[i] = flat_image(320, 240, 70);
    assert_int_equal(thread_pool_new(4, &pool, NULL), MIEN_OK);
    thread_pool_run(pool, 12, draw_task, images);
    thread_pool_free(pool);
    for (int i = 1; i < 12; i++)
        for (int y = 0; y < 240; y++)
            assert_memory_equal(image_row(&images[i], y), image_row(&images[0], y), 320 * 3);
    for (int i = 0; i < 12; i++)
        image_free(&images[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_box_is_drawn_on_its_edge_and_nowhere_else),
        cmocka_unit_test(a_box_is_seen_on_black_and_on_white),
        cmocka_unit_test(every_colour_carries_a_legible_title),
        cmocka_unit_test(titles_stay_inside_the_picture),
        cmocka_unit_test(the_titles_of_a_group_do_not_overlap),
        cmocka_unit_test(bars_hide_no_face_no_title_and_no_other_bars),
        cmocka_unit_test(a_face_as_large_as_the_picture_has_its_bars_inside),
        cmocka_unit_test(a_bar_is_as_long_as_its_share),
        cmocka_unit_test(landmarks_are_dots_at_their_places),
        cmocka_unit_test(a_line_across_tiles_has_no_seam),
        cmocka_unit_test(a_picture_wider_than_cairo_can_is_drawn_on),
        cmocka_unit_test(a_title_is_text_and_never_markup_or_broken),
        cmocka_unit_test(boxes_without_meaning_are_refused),
        cmocka_unit_test(many_threads_draw_the_same_pixels),
    };
    return cmocka_run_group_tests_name("overlay", tests, NULL, NULL);
}

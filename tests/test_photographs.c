/* test_photographs.c - the whole pipeline on photographs of people, which are research data: what
 * must hold of the built-in models whatever their figures are.
 * SPDX-License-Identifier: MIT */
#include "tests/unit.h"

#include <math.h>
#include <string.h>

#include "image/resize.h"
#include "image/warp.h"
#include "media/picture_reader.h"
#include "mien/mien.h"

/* Validation photographs with one large face each, looking ahead. */
static const char *const names[] = {"pic00008", "pic00057", "pic00077", "pic00085",
                                    "pic00088", "pic00106", "pic00142"};

#define PI 3.14159265358979

enum { PHOTOGRAPHS = sizeof names / sizeof *names, FACES = 64 };

static mien_recognizer *recognizer;
static mien_workspace *workspace;

static int open_recognizer(void **state)
{
    mien_error err;

    (void)state;
    if (mien_recognizer_open(NULL, &recognizer, &err) ||
        mien_workspace_new(recognizer, &workspace, &err))
        fail_msg("%s", err.message);
    return 0;
}

static int close_recognizer(void **state)
{
    (void)state;
    mien_workspace_free(workspace);
    mien_recognizer_close(recognizer);
    return 0;
}

/* Photograph `index`, in colour. Skips the test where it is not there. */
static struct image photograph(int index)
{
    char name[64], path[4096];
    struct image image;
    mien_error err;

    snprintf(name, sizeof name, "faces/caltech/%s.jpg", names[index]);
    unit_data_path(name, path, sizeof path);
    if (picture_read(path, &image, &err))
        fail_msg("%s", err.message);
    return image;
}

/* The most confident face, which must be there. */
static mien_face face_of(const struct image *image)
{
    mien_picture picture = {image->pixels, image->width, image->height, image->channels,
                            image->stride};
    mien_face faces[FACES];
    size_t count;
    mien_error err;

    if (mien_recognize(recognizer, workspace, &picture, NULL, faces, FACES, &count, &err))
        fail_msg("%s", err.message);
    assert_true(count > 0);
    return faces[0];
}

static struct image new_image(int width, int height, int channels)
{
    struct image image;

    assert_int_equal(image_new(width, height, channels, &image, NULL), MIEN_OK);
    return image;
}

/* Whether the landmarks, moved by `map`, are those of `face`, give or take `tolerance` times the
 * eye distance; `mirrored`: left is right. */
static void assert_moved(const mien_face *before, const struct affine *map, bool mirrored,
                         const mien_face *face, float tolerance)
{
    static const int others[4] = {1, 0, 2, 3};
    float eyes = hypotf(face->landmarks[1][0] - face->landmarks[0][0],
                        face->landmarks[1][1] - face->landmarks[0][1]);

    for (int i = 0; i < 4; i++) {
        const float *at = before->landmarks[mirrored ? others[i] : i];
        double x = map->m[0][0] * at[0] + map->m[0][1] * at[1] + map->m[0][2];
        double y = map->m[1][0] * at[0] + map->m[1][1] * at[1] + map->m[1][2];
        assert_true(hypot(face->landmarks[i][0] - x, face->landmarks[i][1] - y) < tolerance * eyes);
    }
}

static void a_mirrored_photograph_has_mirrored_faces(void **state)
{
    (void)state;
    for (int i = 0; i < PHOTOGRAPHS; i++) {
        struct image image = photograph(i);
        struct image mirror = new_image(image.width, image.height, 3);
        struct affine map = {{{-1, 0, image.width}, {0, 1, 0}}};
        mien_face here = face_of(&image), there;
        assert_int_equal(image_warp(&image, &map, IMAGE_EDGE_BLACK, &mirror, NULL), MIEN_OK);
        there = face_of(&mirror);
        assert_moved(&here, &map, true, &there, 0.15f);
        image_free(&mirror);
        image_free(&image);
    }
}

static void a_tilted_face_is_set_upright(void **state)
{
    int same = 0, tilts = 0;

    (void)state;
    for (int i = 0; i < PHOTOGRAPHS; i++) {
        struct image image = photograph(i);
        struct image tilted = new_image(image.width, image.height, 3);
        mien_face here = face_of(&image), there;
        for (int degrees = -20; degrees <= 20; degrees += 40, tilts++) {
            double c = cos(degrees * PI / 180), s = sin(degrees * PI / 180);
            double x = here.box.x + here.box.w / 2, y = here.box.y + here.box.h / 2;
            struct affine map = {{{c, -s, x - c * x + s * y}, {s, c, y - s * x - c * y}}}, back;
            assert_int_equal(affine_inverse(&map, &back, NULL), MIEN_OK);
            assert_int_equal(image_warp(&image, &back, IMAGE_EDGE_REPLICATE, &tilted, NULL),
                             MIEN_OK);
            there = face_of(&tilted);
            assert_moved(&here, &map, false, &there, 0.25f);
            same += there.expression == here.expression;
        }
        image_free(&tilted);
        image_free(&image);
    }
    assert_true(same > 0.7 * tilts);
}

/* From a view for small faces to the next the sizes that they answer for must meet. */
static void a_photograph_of_any_size_shows_the_same_face(void **state)
{
    static const int sides[] = {250, 400, 600, 1000, 1700, 2800};

    (void)state;
    for (int i = 0; i < PHOTOGRAPHS; i++) {
        struct image image = photograph(i), scaled;
        mien_face here = face_of(&image), there;
        for (size_t k = 0; k < sizeof sides / sizeof *sides; k++) {
            int longest = image.width > image.height ? image.width : image.height;
            int W = image.width * sides[k] / longest, H = image.height * sides[k] / longest;
            struct affine map = {
                {{(double)W / image.width, 0, 0}, {0, (double)H / image.height, 0}}};
            assert_int_equal(image_resized(&image, W, H, &scaled, NULL), MIEN_OK);
            there = face_of(&scaled);
            assert_moved(&here, &map, false, &there, 0.2f);
            image_free(&scaled);
        }
        image_free(&image);
    }
}

static void the_smallest_faces_of_a_large_photograph_are_found(void **state)
{
    struct image large = new_image(4000, 3000, 3);
    mien_picture picture = {large.pixels, large.width, large.height, 3, large.stride};
    mien_face faces[FACES];
    size_t count;
    int found = 0;

    (void)state;
    memset(large.pixels, 120, large.stride * (size_t)large.height);
    for (int i = 0; i < PHOTOGRAPHS; i++) { /* faces of a fiftieth of the height */
        struct image image = photograph(i);
        float scale = 60 / face_of(&image).box.h;
        struct image place =
            image_view(&large, 500 * i + 200, 350 * i + 100, (int)((float)image.width * scale),
                       (int)((float)image.height * scale));
        assert_int_equal(image_resize(&image, &place, NULL), MIEN_OK);
        image_free(&image);
    }
    assert_int_equal(mien_detect(recognizer, workspace, &picture, NULL, faces, FACES, &count, NULL),
                     MIEN_OK);
    for (size_t i = 0; i < count; i++)
        found += faces[i].box.h > 45 && faces[i].box.h < 80;
    assert_true(found >= PHOTOGRAPHS - 1);
    image_free(&large);
}

static void grey_and_colour_show_the_same_faces(void **state)
{
    (void)state;
    for (int i = 0; i < PHOTOGRAPHS; i++) {
        struct image image = photograph(i), grey;
        mien_face here = face_of(&image), there;
        assert_int_equal(image_to_channels(&image, 1, &grey, NULL), MIEN_OK);
        there = face_of(&grey);
        assert_memory_equal(&here.box, &there.box, sizeof here.box);
        assert_memory_equal(here.probabilities, there.probabilities, sizeof here.probabilities);
        image_free(&grey);
        image_free(&image);
    }
}

/* Scales a picture down and up again, so that its face keeps `pixels` of its height. */
static void coarsen(struct image *image, const mien_face *face, float pixels)
{
    float scale = pixels / face->box.h;
    struct image small;

    assert_int_equal(image_resized(image, (int)((float)image->width * scale),
                                   (int)((float)image->height * scale), &small, NULL),
                     MIEN_OK);
    assert_int_equal(image_resize(&small, image, NULL), MIEN_OK);
    image_free(&small);
}

static void darken(struct image *image)
{
    for (int y = 0; y < image->height; y++)
        for (int x = 0; x < 3 * image->width; x++)
            image_row(image, y)[x] /= 4;
}

static void what_is_wrong_with_a_face_is_told(void **state)
{
    int blurred = 0, dark = 0;

    (void)state;
    for (int i = 0; i < PHOTOGRAPHS; i++) {
        struct image image = photograph(i);
        mien_face face = face_of(&image);
        assert_int_equal(face.reasons, 0);
        coarsen(&image, &face, 20);
        blurred += face_of(&image).reasons == MIEN_REASON_BLURRED;
        image_free(&image);
        image = photograph(i);
        darken(&image);
        dark += face_of(&image).reasons == MIEN_REASON_DARK;
        image_free(&image);
    }
    assert_true(blurred >= PHOTOGRAPHS - 1);
    assert_true(dark >= PHOTOGRAPHS - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_mirrored_photograph_has_mirrored_faces),
        cmocka_unit_test(a_tilted_face_is_set_upright),
        cmocka_unit_test(a_photograph_of_any_size_shows_the_same_face),
        cmocka_unit_test(the_smallest_faces_of_a_large_photograph_are_found),
        cmocka_unit_test(grey_and_colour_show_the_same_faces),
        cmocka_unit_test(what_is_wrong_with_a_face_is_told),
    };

    return cmocka_run_group_tests(tests, open_recognizer, close_recognizer);
}

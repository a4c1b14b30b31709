/* test_live.c - what a live session shows: the composed scene at any size, timelines, and a window
 * that is resized and gets keys (SDL's driver without a screen).
 * SPDX-License-Identifier: MIT */
#include "tests/unit.h"

#ifdef HAS_SDL2
#include <SDL.h>
#endif
#include <math.h>
#include <string.h>

#include "apps/live/view.h"
#include "tests/drawn_face.h"

static mien_recognizer *recognizer;
static struct image picture;
static struct shown_lately lately;

static int set_up(void **state)
{
    (void)state;
    if (mien_recognizer_open(NULL, &recognizer, NULL) || image_new(320, 200, 3, &picture, NULL))
        return -1;
    drawn_background(&picture);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    mien_recognizer_close(recognizer);
    image_free(&picture);
    return 0;
}

static struct stream_face face_with(int id, float x, int label)
{
    struct stream_face face = {
        .id = id,
        .face = {.box = {x, 60, 60, 70},
                 .confidence = 0.9f,
                 .has_landmarks = 1,
                 .landmarks = {{x + 15, 85}, {x + 45, 85}, {x + 30, 100}, {x + 30, 115}},
                 .expression = label}};

    for (int i = 0; i < mien_label_count(recognizer); i++)
        face.face.probabilities[i] = i == label ? 0.7f : 0.05f;
    return face;
}

static struct scene scene_of(const struct stream_face *faces, size_t count)
{
    return (struct scene){.picture = &picture,
                          .faces = faces,
                          .count = count,
                          .recognizer = recognizer,
                          .lately = &lately,
                          .fps = 30,
                          .latency_s = 0.02};
}

static void timelines_keep_what_was_shown(void **state)
{
    struct stream_face faces[2];

    (void)state;
    memset(&lately, 0, sizeof lately);
    faces[0] = face_with(1, 20, 3);
    faces[1] = face_with(7, 200, 6);
    for (int i = 0; i < 400; i++) { /* ten seconds, the second person until the fifth */
        faces[0].face.expression = i < 200 ? 3 : 4;
        shown_lately_add(&lately, i / 40.0, faces, i < 200 ? 2 : 1);
    }
    assert_int_equal(shown_lately_label(&lately, 1, 0), 4);
    assert_int_equal(shown_lately_label(&lately, 1, 30), 3);
    assert_int_equal(shown_lately_label(&lately, 7, 0), -1);
    assert_int_equal(shown_lately_label(&lately, 7, 30), 6);
    assert_int_equal(shown_lately_label(&lately, 8, 0), -1);
    shown_lately_add(&lately, 1e6, faces, 1); /* much later */
    assert_int_equal(shown_lately_label(&lately, 1, 0), 4);
    assert_int_equal(shown_lately_label(&lately, 1, 30), -1);
}

static void a_slow_camera_leaves_no_gaps_in_a_timeline(void **state)
{
    struct stream_face face = face_with(1, 20, 3);

    (void)state;
    memset(&lately, 0, sizeof lately);
    shown_lately_add(&lately, 10, &face, 1);
    shown_lately_add(&lately, 10.9, &face, 1);
    face.face.expression = 4;
    shown_lately_add(&lately, 11.8, &face, 1);
    assert_int_equal(shown_lately_label(&lately, 1, 0), 4);
    for (int ago = 1; ago <= 7; ago++)
        assert_int_equal(shown_lately_label(&lately, 1, ago), 3);
    shown_lately_add(&lately, 13.8, &face, 1); /* was away */
    assert_int_equal(shown_lately_label(&lately, 1, 0), 4);
    for (int ago = 1; ago <= 7; ago++)
        assert_int_equal(shown_lately_label(&lately, 1, ago), -1);
}

static void more_people_than_places_push_out_who_left_first(void **state)
{
    struct stream_face face;

    (void)state;
    memset(&lately, 0, sizeof lately);
    for (int id = 1; id <= SHOWN_LATELY_PEOPLE + 3; id++) {
        face = face_with(id, 20, 2);
        shown_lately_add(&lately, id / 1000.0, &face, 1);
    }
    assert_int_equal(shown_lately_label(&lately, 3, 0), -1);
    assert_int_equal(shown_lately_label(&lately, 4, 0), 2);
    assert_int_equal(shown_lately_label(&lately, SHOWN_LATELY_PEOPLE + 3, 0), 2);
}

static void a_scene_fits_every_size(void **state)
{
    static const int sizes[][2] = {{1, 1},     {3, 200},   {200, 3},    {60, 40},
                                   {240, 200}, {719, 400}, {1000, 600}, {2400, 1300}};
    struct stream_face faces[12];
    mien_error err;

    (void)state;
    for (int i = 0; i < 12; i++)
        faces[i] = face_with(i + 1, -20.0f + 30 * (float)i, i % 7);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        for (int variant = 0; variant < 8; variant++) {
            struct scene scene = scene_of(faces, variant & 1 ? 12 : 0);
            struct image canvas;
            scene.simple = variant & 2;
            scene.help = scene.recording = scene.landmarks = variant & 4;
            assert_int_equal(image_new(sizes[i][0], sizes[i][1], 3, &canvas, NULL), MIEN_OK);
            if (scene_compose(&scene, variant & 1 ? 2 : 1, &canvas, &err))
                fail_msg("%s", err.message);
            scene.picture = NULL;
            assert_int_equal(scene_compose(&scene, 1, &canvas, NULL), MIEN_OK);
            image_free(&canvas);
        }
}

static int count_colour(const struct image *image, int r, int g, int b)
{
    int count = 0;

    for (int y = 0; y < image->height; y++)
        for (int x = 0; x < image->width; x++) {
            const uint8_t *p = image_row(image, y) + 3 * x;
            count += abs(p[0] - r) < 4 && abs(p[1] - g) < 4 && abs(p[2] - b) < 4;
        }
    return count;
}

static void the_simple_scene_is_white_on_teal_below(void **state)
{
    struct stream_face face = face_with(1, 120, 3);
    struct scene scene = scene_of(&face, 1);
    struct image canvas, above, below;

    (void)state;
    scene.simple = true;
    assert_int_equal(image_new(300, 350, 3, &canvas, NULL), MIEN_OK);
    assert_int_equal(scene_compose(&scene, 1, &canvas, NULL), MIEN_OK);
    above = image_view(&canvas, 0, 0, 300, 290);
    below = image_view(&canvas, 0, 294, 300, 56);
    assert_int_equal(count_colour(&above, 0, 127, 127), 0);
    assert_true(count_colour(&below, 0, 127, 127) > 300 * 56 / 2);
    assert_true(count_colour(&below, 255, 255, 255) > 200);
    image_free(&canvas);
}

static void marks_are_drawn_in_the_labels_colour(void **state)
{
    struct stream_face face = face_with(1, 120, 3); /* yellow */
    struct image copy;
    int without;

    (void)state;
    assert_int_equal(image_to_channels(&picture, 3, &copy, NULL), MIEN_OK);
    without = count_colour(&copy, 240, 228, 66);
    assert_int_equal(scene_draw_marks(&face, 1, recognizer, 1, true, true, &copy, NULL), MIEN_OK);
    assert_int_equal(without, 0);
    assert_true(count_colour(&copy, 240, 228, 66) > 300);
    image_free(&copy);
}

static void what_is_not_a_face_has_no_label(void **state)
{
    struct stream_face face = face_with(1, 120, 3); /* yellow */
    struct scene scene = scene_of(&face, 1);
    struct shown_lately shown = {0};
    struct image copy;
    char title[SCENE_TITLE];

    (void)state;
    scene_title(recognizer, &face.face, title);
    assert_string_equal(title, "happy 70%");
    assert_string_equal(scene_main_label(&scene), "happy");
    face.face.reasons = MIEN_REASON_NOT_A_FACE;
    scene_title(recognizer, &face.face, title);
    assert_string_equal(title, "not a face");
    assert_string_equal(scene_main_label(&scene), "");
    shown_lately_add(&shown, 1, &face, 1);
    assert_int_equal(shown_lately_label(&shown, 1, 0), -1);
    assert_int_equal(image_to_channels(&picture, 3, &copy, NULL), MIEN_OK);
    assert_int_equal(scene_draw_marks(&face, 1, recognizer, 1, true, true, &copy, NULL), MIEN_OK);
    assert_int_equal(count_colour(&copy, 240, 228, 66), 0);
    image_free(&copy);
}

#ifdef HAS_SDL2
static void send_key(SDL_Keycode key)
{
    SDL_Event event = {.key = {.type = SDL_KEYDOWN, .keysym = {.sym = key}}};

    assert_int_equal(SDL_PushEvent(&event), 1);
}

/* The next key, past what only says that the window has changed. SDL ends a round of events with
 * none now and then, though there are more. */
static int next_key(struct view *view)
{
    int key = VIEW_NOTHING;

    for (int round = 0; round < 5 && key == VIEW_NOTHING; round++)
        do
            key = view->key(view->state, 0);
        while (key == VIEW_CHANGED);
    return key;
}

static void a_window_takes_keys_and_any_size(void **state)
{
    struct view_options options = {.title = "test", .width = 320, .height = 200};
    struct stream_face face = face_with(1, 120, 3);
    struct scene scene = scene_of(&face, 1);
    struct view view;
    SDL_Event quit = {.type = SDL_QUIT};
    int width, height;
    mien_error err;

    (void)state;
    setenv("SDL_VIDEODRIVER", "dummy", 1);
    if (view_window_open(&options, &view, &err))
        fail_msg("%s", err.message);
    assert_int_equal(view.show(view.state, &scene, NULL), MIEN_OK);
    assert_int_equal(next_key(&view), VIEW_NOTHING);
    send_key(SDLK_SPACE);
    send_key(SDLK_s);
    send_key(SDLK_F5);
    assert_int_equal(next_key(&view), ' ');
    assert_int_equal(next_key(&view), 's');
    assert_int_equal(next_key(&view), '?');
    for (int i = 0; i < 3; i++) {
        static const int sizes[3][2] = {{1200, 700}, {100, 90}, {640, 480}};
        SDL_SetWindowSize(SDL_GetWindowFromID(1), sizes[i][0], sizes[i][1]);
        assert_int_equal(view.show(view.state, &scene, NULL), MIEN_OK);
    }
    send_key(SDLK_f);
    assert_int_equal(next_key(&view), VIEW_NOTHING);
    assert_true(SDL_GetWindowFlags(SDL_GetWindowFromID(1)) & SDL_WINDOW_FULLSCREEN_DESKTOP);
    assert_int_equal(view.show(view.state, &scene, NULL), MIEN_OK);
    send_key(SDLK_ESCAPE); /* leaves the full screen first */
    assert_int_equal(next_key(&view), VIEW_NOTHING);
    assert_false(SDL_GetWindowFlags(SDL_GetWindowFromID(1)) & SDL_WINDOW_FULLSCREEN_DESKTOP);
    SDL_GetWindowSize(SDL_GetWindowFromID(1), &width, &height);
    assert_true(width == 640 && height == 480);
    send_key(SDLK_ESCAPE);
    assert_int_equal(next_key(&view), 'q');
    assert_int_equal(SDL_PushEvent(&quit), 1);
    assert_int_equal(next_key(&view), 'q');
    view.close(view.state);
}
#else
static void a_window_takes_keys_and_any_size(void **state)
{
    (void)state;
    fprintf(stderr, "SKIPPED: built without SDL2\n");
    skip();
}
#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(timelines_keep_what_was_shown),
        cmocka_unit_test(a_slow_camera_leaves_no_gaps_in_a_timeline),
        cmocka_unit_test(more_people_than_places_push_out_who_left_first),
        cmocka_unit_test(a_scene_fits_every_size),
        cmocka_unit_test(the_simple_scene_is_white_on_teal_below),
        cmocka_unit_test(marks_are_drawn_in_the_labels_colour),
        cmocka_unit_test(what_is_not_a_face_has_no_label),
        cmocka_unit_test(a_window_takes_keys_and_any_size),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}

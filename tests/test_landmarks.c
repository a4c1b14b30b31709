/* test_landmarks.c - the second look at a face: where it looks, what it learns from, that it learns
 * how faces are turned.
 * SPDX-License-Identifier: MIT */
#include "tests/unit.h"

#include <math.h>
#include <string.h>

#include "base/random.h"
#include "base/thread_pool.h"
#include "face/landmarks.h"
#include "training/landmark_trainer.h"

enum { PIXELS = LANDMARKS_SIDE * LANDMARKS_SIDE, W = 200, H = 160 };

/* One picture with one face: bright spots on a dark ground where its landmarks are. */
static struct detector_picture picture;
static struct detector_data data;

static const float spots[FACE_LANDMARKS][2] = {{80, 60}, {120, 60}, {100, 82}, {100, 102}};

static int make_data(void **state)
{
    (void)state;
    assert_int_equal(image_new(W, H, 1, &picture.grey, NULL), MIEN_OK);
    for (int y = 0; y < H; y++)
        memset(image_row(&picture.grey, y), 30, W);
    for (int i = 0; i < FACE_LANDMARKS; i++)
        for (int y = -5; y <= 5; y++)
            memset(image_row(&picture.grey, (int)spots[i][1] + y) + (int)spots[i][0] - 5, 220, 11);
    picture.marks = calloc(1, sizeof *picture.marks);
    memcpy(picture.marks->landmarks, spots, sizeof spots);
    picture.marks->has_landmarks = true;
    face_mark_box(picture.marks);
    picture.mark_count = picture.face_count = 1;
    data = (struct detector_data){.count = 1, .pictures = &picture};
    return detector_data_index(&data, NULL);
}

static int free_data(void **state)
{
    (void)state;
    image_free(&picture.grey);
    free(picture.marks);
    free(data.with_faces);
    free(data.without_marks);
    return 0;
}

/* A network of the text; its parameters are those of seed 3. */
static struct network *network_of(const char *text)
{
    struct architecture *architecture;
    struct network *network = NULL;
    mien_error err;

    if (architecture_parse(text, "test", &architecture, &err) ||
        network_new(architecture, 3, &network, &err))
        fail_msg("%s", err.message);
    return network;
}

static void free_network(struct network *network)
{
    struct architecture *architecture = (struct architecture *)network->architecture;

    network_free(network);
    architecture_free(architecture);
}

static void landmarks_lie_in_the_square_around_the_box(void **state)
{
    struct network *network = network_of("input 32x32x1\nflatten\ndense 8\noutput landmarks\n");
    const struct architecture *a = network->architecture;
    float *bias = network->block + a->parameters[1].offset;
    struct detection faces[11] = {0}; /* more than are placed at once */
    struct landmark_placer *placer;
    mien_error err;

    (void)state;
    memset(network->block, 0, a->block_floats * sizeof(float));
    for (int i = 0; i < LANDMARKS_NUMBERS; i++)
        bias[i] = (float)(i / 2) / 20 + 0.01f * (float)(i % 2);
    assert_int_equal(landmark_placer_new(network, &placer, &err), MIEN_OK);
    for (int i = 0; i < 11; i++) {
        faces[i].x = (float)(10 * i - 20); /* over the edge, too */
        faces[i].y = 30;
        faces[i].w = 41;
        faces[i].h = 50;
    }
    assert_int_equal(landmark_placer_place(placer, &picture.grey, faces, 11, &err), MIEN_OK);
    for (int i = 0; i < 11; i++)
        for (int k = 0; k < LANDMARKS_NUMBERS; k++) {
            /* Seen mirrored, the left eye is the right one: half of their difference is left. */
            static const int other[LANDMARKS_NUMBERS] = {2, 3, 0, 1, 4, 5, 6, 7};
            float middle = k % 2 ? 55 : faces[i].x + 20.5f;
            float number = (bias[k] + (k % 2 ? bias[other[k]] : -bias[other[k]])) / 2;
            assert_float_equal(faces[i].landmarks[k / 2][k % 2], middle + 62.5f * number, 1e-3);
        }
    landmark_placer_free(placer);
    free_network(network);
}

static void other_networks_are_refused(void **state)
{
    struct network *network = network_of("input 16x16x1\nflatten\ndense 8\noutput landmarks\n");
    struct landmark_placer *placer = NULL;
    mien_error err;

    (void)state;
    assert_int_equal(landmark_placer_new(network, &placer, &err), MIEN_EINVAL);
    assert_null(placer);
    free_network(network);
}

static void the_light_of_a_crop_does_not_count(void **state)
{
    float levels[PIXELS], darker[PIXELS];

    (void)state;
    for (int i = 0; i < PIXELS; i++) {
        levels[i] = 255 * random_uniform(1, (uint64_t)i);
        darker[i] = levels[i] / 2 + 20;
    }
    landmarks_normalize(levels);
    landmarks_normalize(darker);
    for (int i = 0; i < PIXELS; i++)
        assert_float_equal(levels[i], darker[i], 0.03);
    memset(levels, 0, sizeof levels);
    landmarks_normalize(levels);
    assert_float_equal(levels[7], 0, 0);
}

/* Bright where the numbers say that a landmark is, in most samples: some are covered. */
static void samples_show_what_their_numbers_say(void **state)
{
    static float levels[PIXELS];
    float numbers[LANDMARKS_NUMBERS], most = 0, tilt_sum = 0;
    int bright = 0, seen = 0;

    (void)state;
    for (uint64_t key = 0; key < 300; key++) {
        float tilt;
        assert_int_equal(landmark_sample_make(&data, random_key(1, key), levels, numbers, NULL),
                         MIEN_OK);
        for (int i = 0; i < FACE_LANDMARKS; i++, seen++) {
            int x = (int)((numbers[2 * i] + 0.5f) * LANDMARKS_SIDE);
            int y = (int)((numbers[2 * i + 1] + 0.5f) * LANDMARKS_SIDE);
            bright += x >= 0 && y >= 0 && x < LANDMARKS_SIDE && y < LANDMARKS_SIDE &&
                      levels[y * LANDMARKS_SIDE + x] > 0.5f;
        }
        assert_true(numbers[0] < numbers[2]); /* the left eye is on the left, mirrored or not */
        tilt = atan2f(numbers[3] - numbers[1], numbers[2] - numbers[0]);
        most = fmaxf(most, fabsf(tilt));
        tilt_sum += tilt;
    }
    assert_true(bright > 0.85 * seen);
    assert_true(most > 0.6f && most < 0.8f);
    assert_true(fabsf(tilt_sum) < 300 * 0.05f);
}

static struct network *train(int steps, int threads)
{
    struct network *network = network_of(architecture_builtin("landmarks"));
    struct detector_training_options options;
    struct thread_pool *pool;
    mien_error err;

    detector_training_options_init(&options);
    options.steps = steps;
    options.warm_up = 10;
    options.batch = 16;
    assert_int_equal(thread_pool_new(threads, &pool, &err), MIEN_OK);
    if (landmark_training_run(network, &data, &options, pool, NULL, NULL, &err))
        fail_msg("%s", err.message);
    thread_pool_free(pool);
    return network;
}

static void data_without_a_face_are_refused(void **state)
{
    struct network *network = network_of(architecture_builtin("landmarks"));
    struct detector_picture blank = {.grey = picture.grey};
    struct detector_data faceless = {.count = 1, .pictures = &blank};
    struct detector_training_options options;
    mien_error err = {0};

    (void)state;
    detector_training_options_init(&options);
    options.steps = 1;
    assert_int_equal(detector_data_index(&faceless, &err), MIEN_OK);
    assert_int_equal(landmark_training_run(network, &faceless, &options, NULL, NULL, NULL, &err),
                     MIEN_EINVAL);
    assert_string_equal(err.message, "no faces to learn from: mark some in boxes.csv");
    free(faceless.with_faces);
    free(faceless.without_marks);
    free_network(network);
}

static void training_is_the_same_at_any_number_of_threads(void **state)
{
    struct network *one = train(4, 1), *three = train(4, 3);

    (void)state;
    assert_memory_equal(one->block, three->block, one->architecture->block_floats * sizeof(float));
    free_network(one);
    free_network(three);
}

static void a_trained_network_sees_how_a_face_is_turned(void **state)
{
    struct network *network = train(300, 2);
    struct landmark_placer *placer;
    struct image turned;
    mien_error err;

    (void)state;
    assert_int_equal(landmark_placer_new(network, &placer, &err), MIEN_OK);
    assert_int_equal(image_new(W, H, 1, &turned, &err), MIEN_OK);
    for (int degrees = -30; degrees <= 30; degrees += 30) {
        const struct face_mark *mark = picture.marks;
        double c = cos(degrees / 57.29578), s = sin(degrees / 57.29578);
        double x = mark->x + mark->w / 2, y = mark->y + mark->h / 2;
        struct affine back = {{{c, s, x - c * x - s * y}, {-s, c, y + s * x - c * y}}};
        struct detection face = {.x = mark->x, .y = mark->y, .w = mark->w, .h = mark->h};
        double tilt;
        assert_int_equal(image_warp(&picture.grey, &back, IMAGE_EDGE_REPLICATE, &turned, &err),
                         MIEN_OK);
        assert_int_equal(landmark_placer_place(placer, &turned, &face, 1, &err), MIEN_OK);
        tilt = atan2(face.landmarks[1][1] - face.landmarks[0][1],
                     face.landmarks[1][0] - face.landmarks[0][0]);
        assert_float_equal(tilt * 57.29578, degrees, 12);
    }
    image_free(&turned);
    landmark_placer_free(placer);
    free_network(network);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(landmarks_lie_in_the_square_around_the_box),
        cmocka_unit_test(other_networks_are_refused),
        cmocka_unit_test(the_light_of_a_crop_does_not_count),
        cmocka_unit_test(samples_show_what_their_numbers_say),
        cmocka_unit_test(data_without_a_face_are_refused),
        cmocka_unit_test(training_is_the_same_at_any_number_of_threads),
        cmocka_unit_test(a_trained_network_sees_how_a_face_is_turned),
    };

    return cmocka_run_group_tests_name("landmarks", tests, make_data, free_data);
}

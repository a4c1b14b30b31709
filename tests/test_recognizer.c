/* test_recognizer.c - what mien.h promises: arguments, edges, sameness, threads, memory.
 * SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "tests/temp_folder.h"

#include <math.h>
#include <pthread.h>
#include <string.h>

#include "base/random.h"
#include "mien/mien.h"
#include "neighbours/knn_model.h"
#include "network/builtin_models.h"
#include "network/model.h"
#include "recognition/pipeline.h"
#include "tests/failing_memory.h"

static const char *const labels[] = {"angry", "disgust",  "fear",   "happy",
                                     "sad",   "surprise", "neutral"};

#define SMALL_NETWORK(labels_)                                                                     \
    "input 24x24x1\nnormalize 0 255\nconvolution 4 3x3\nrelu\nbatchnorm\nmaxpool 2x2\nflatten\n"   \
    "dense " labels_ "\noutput expression\n"

enum { LABELS = 7, SIDE = 24, W = 160, H = 120, FACES = 40 };

/* A model of random weights in a file, and a picture of noise. */
static struct {
    char model[128];
    mien_recognizer *recognizer;
    mien_workspace *workspace;
    uint8_t rgb[H * W * 3], grey[H * W];
    mien_picture picture; /* the grey one */
    mien_box boxes[FACES];
} world;

/* Saves a network of random weights times `scale`. */
static void save_model(const char *path, const char *text, const char *const *names, size_t count,
                       float scale)
{
    struct model_about about = {"name", "random"};
    struct model_description story = {
        .labels = names, .label_count = count, .about = &about, .about_count = 1, .history = ""};
    struct architecture *architecture;
    struct network *network;
    mien_error err;

    if (architecture_parse(text, "test", &architecture, &err) ||
        network_new(architecture, 7, &network, &err))
        fail_msg("%s", err.message);
    for (size_t i = 0; i < architecture->block_floats; i++)
        network->block[i] *= scale;
    if (model_save(path, network, &story, NULL, &err))
        fail_msg("%s", err.message);
    network_free(network);
    architecture_free(architecture);
}

static void fill_picture(void)
{
    for (size_t i = 0; i < sizeof world.grey; i++) {
        world.grey[i] = (uint8_t)random_bits(1, i);
        memset(world.rgb + 3 * i, world.grey[i], 3);
    }
    world.picture = (mien_picture){world.grey, W, H, 1, W};
    for (uint64_t i = 0; i < FACES; i++)
        world.boxes[i] =
            (mien_box){random_range(2, 4 * i, -10, W - 20), random_range(2, 4 * i + 1, -10, H - 20),
                       random_range(2, 4 * i + 2, 12, 90), random_range(2, 4 * i + 3, 12, 90)};
}

static int open_world(void **state)
{
    mien_error err;

    if (temp_folder_new(state))
        return -1;
    snprintf(world.model, sizeof world.model, "%s", temp_path("random.mien"));
    save_model(world.model, SMALL_NETWORK("7"), labels, LABELS, 1);
    fill_picture();
    if (mien_recognizer_open(world.model, &world.recognizer, &err) ||
        mien_workspace_new(world.recognizer, &world.workspace, &err))
        fail_msg("%s", err.message);
    return 0;
}

static int close_world(void **state)
{
    mien_workspace_free(world.workspace);
    mien_recognizer_close(world.recognizer);
    return temp_folder_free(state);
}

static mien_status classify(const mien_picture *picture, const mien_box *boxes, size_t count,
                            mien_face *faces, mien_error *err)
{
    return mien_classify(world.recognizer, world.workspace, picture, boxes, count, faces, err);
}

/* The answer for one face, which must be there. */
static mien_face face_in(const mien_picture *picture, mien_box box)
{
    mien_face face = {.expression = -2};
    mien_error err;

    if (classify(picture, &box, 1, &face, &err))
        fail_msg("%s", err.message);
    return face;
}

static void assert_same_answer(const mien_face *a, const mien_face *b)
{
    assert_int_equal(a->expression, b->expression);
    assert_memory_equal(a->probabilities, b->probabilities, sizeof a->probabilities);
}

static void a_recognizer_tells_its_labels_name_and_identity(void **state)
{
    (void)state;
    assert_int_equal(mien_label_count(world.recognizer), LABELS);
    assert_string_equal(mien_label(world.recognizer, 3), "happy");
    assert_string_equal(mien_model_name(world.recognizer), "random");
    assert_int_equal(strlen(mien_model_sha256(world.recognizer)), 64);
}

static void the_default_model_is_built_in(void **state)
{
    mien_recognizer *recognizer;
    mien_error err;

    (void)state;
    if (!builtin_model_find("base")) {
        fprintf(stderr, "SKIPPED: models/base.mien is not here\n");
        skip();
    }
    if (mien_recognizer_open(NULL, &recognizer, &err))
        fail_msg("%s", err.message);
    assert_string_equal(mien_model_name(recognizer), "base");
    mien_recognizer_close(recognizer);
}

/* Opening fails with this status and words. */
static void refuses_model(const char *model, mien_status status, const char *words)
{
    mien_recognizer *recognizer = (mien_recognizer *)&world;
    mien_error err;

    assert_int_equal(mien_recognizer_open(model, &recognizer, &err), status);
    if (!strstr(err.message, words))
        fail_msg("\"%s\" instead of \"%s\"", err.message, words);
    assert_ptr_equal(recognizer, &world);
    assert_int_equal(mien_recognizer_open(model, &recognizer, NULL), status);
}

static void a_model_that_cannot_classify_faces_is_refused_with_a_reason(void **state)
{
    const char *many[MIEN_LABELS_MAX + 1];
    char names[MIEN_LABELS_MAX + 1][8];
    const char *path = temp_path("other.mien");

    (void)state;
    for (int i = 0; i <= MIEN_LABELS_MAX; i++) {
        snprintf(names[i], sizeof names[i], "l%d", i);
        many[i] = names[i];
    }
    refuses_model("/nowhere.mien", MIEN_EIO, "/nowhere.mien: No such file");
    refuses_model("", MIEN_EIO, "");
    save_model(path, "input 8x8x1\nflatten\ndense 3\noutput other\n", NULL, 0, 1);
    refuses_model(path, MIEN_EINVAL, "does not classify grey faces");
    save_model(path, "input 8x8x3\nflatten\ndense 3\noutput expression\n", labels, 3, 1);
    refuses_model(path, MIEN_EINVAL, "does not classify grey faces");
    save_model(path, SMALL_NETWORK("17"), many, MIEN_LABELS_MAX + 1, 1);
    refuses_model(path, MIEN_EINVAL, "17 labels, at most 16");
}

static void a_model_that_overflows_says_so(void **state)
{
    const char *path = temp_path("huge.mien");
    mien_recognizer *recognizer;
    mien_workspace *workspace;
    mien_face face = {.expression = -2};
    mien_error err;

    (void)state;
    save_model(path, SMALL_NETWORK("7"), labels, LABELS, 1e30f);
    assert_int_equal(mien_recognizer_open(path, &recognizer, &err), MIEN_OK);
    assert_int_equal(mien_workspace_new(recognizer, &workspace, &err), MIEN_OK);
    assert_int_equal(
        mien_classify(recognizer, workspace, &world.picture, world.boxes, 1, &face, &err),
        MIEN_ECORRUPT);
    assert_string_equal(err.message, "the model random computes numbers that are not finite");
    assert_int_equal(face.expression, -2);
    mien_workspace_free(workspace);
    mien_recognizer_close(recognizer);
}

static void neighbours_that_overflow_say_so(void **state)
{
    const float axes[64] = {[0] = 3e38f, [1] = 3e38f};
    const double mean[64] = {0};
    const uint16_t label = 0;
    const uint32_t row = 0;
    const uint8_t pixels[64] = {0};
    const float feature = 1;
    const struct knn_vectors pictures = {
        .count = 1, .rows = &row, .pixels = pixels, .width = 8, .height = 8};
    const struct knn_model_parts parts = {.pictures = &pictures,
                                          .labels = &label,
                                          .k = 1,
                                          .weights = KNN_DISTANCE,
                                          .components = 1,
                                          .mean = mean,
                                          .axes = axes,
                                          .features = &feature};
    const struct model_about about[] = {{"name", "near"}};
    const struct model_description story = {
        .labels = labels, .label_count = LABELS, .about = about, .about_count = 1, .history = ""};
    const char *path = temp_path("near.mien");
    mien_recognizer *recognizer;
    mien_workspace *workspace;
    mien_face face = {.expression = -2};

    (void)state;
    assert_int_equal(knn_model_write(path, &parts, &story, NULL, NULL), MIEN_OK);
    assert_int_equal(mien_recognizer_open(path, &recognizer, NULL), MIEN_OK);
    assert_int_equal(mien_workspace_new(recognizer, &workspace, NULL), MIEN_OK);
    assert_int_equal(
        mien_classify(recognizer, workspace, &world.picture, world.boxes, 1, &face, NULL),
        MIEN_ECORRUPT);
    assert_int_equal(face.expression, -2);
    mien_workspace_free(workspace);
    mien_recognizer_close(recognizer);
}

/* A model that looks at 8 rows of 16 pixels sees as much of a face as one that looks at a square.
 */
static void a_face_fills_an_input_that_is_no_square(void **state)
{
    const mien_face face = {.box = {30, 40, 60, 70},
                            .has_landmarks = 1,
                            .landmarks = {{45, 65}, {75, 63}, {60, 85}, {60, 95}}};
    const char *path = temp_path("wide.mien");
    mien_recognizer *wide;
    struct affine a, b;

    (void)state;
    save_model(path, "input 8x16x1\nflatten\ndense 7\noutput expression\n", labels, LABELS, 1);
    assert_int_equal(mien_recognizer_open(path, &wide, NULL), MIEN_OK);
    assert_int_equal(pipeline_map(wide, &face, &a, NULL), MIEN_OK);
    assert_int_equal(pipeline_map(world.recognizer, &face, &b, NULL), MIEN_OK);
    for (int i = 0; i < 2; i++) {
        const struct shape input = world.recognizer->input;
        assert_float_equal(16 * a.m[i][0], input.W * b.m[i][0], 1e-3);
        assert_float_equal(8 * a.m[i][1], input.H * b.m[i][1], 1e-3);
        assert_float_equal(a.m[i][2], b.m[i][2], 1e-3);
    }
    mien_recognizer_close(wide);
}

static void nothing_may_be_ended(void **state)
{
    (void)state;
    mien_workspace_free(NULL);
    mien_recognizer_close(NULL);
}

static void probabilities_sum_to_1_and_the_expression_is_the_largest(void **state)
{
    mien_face faces[FACES];

    (void)state;
    assert_int_equal(classify(&world.picture, world.boxes, FACES, faces, NULL), MIEN_OK);
    for (int i = 0; i < FACES; i++) {
        float sum = 0;
        for (int k = 0; k < LABELS; k++) {
            sum += faces[i].probabilities[k];
            assert_true(faces[i].probabilities[k] <= faces[i].probabilities[faces[i].expression]);
        }
        assert_float_equal(sum, 1, 1e-5);
        assert_memory_equal(&faces[i].box, &world.boxes[i], sizeof faces[i].box);
    }
}

static void refuses_picture(mien_picture picture, const char *words)
{
    mien_box box = {0, 0, 10, 10};
    mien_face face = {.expression = -2};
    size_t count = 99;
    mien_error err;

    assert_int_equal(classify(&picture, &box, 1, &face, &err), MIEN_EINVAL);
    if (!strstr(err.message, words))
        fail_msg("\"%s\" instead of \"%s\"", err.message, words);
    assert_int_equal(face.expression, -2);
    if (mien_recognize(world.recognizer, world.workspace, &picture, NULL, &face, 1, &count, &err) !=
        MIEN_EUNSUPPORTED) /* built without a detector */
        assert_int_equal(err.status, MIEN_EINVAL);
    assert_int_equal(count, 99);
}

static void what_is_no_picture_is_refused(void **state)
{
    (void)state;
    refuses_picture((mien_picture){NULL, 10, 10, 1, 10}, "picture of 10x10");
    refuses_picture((mien_picture){world.grey, 0, 10, 1, 10}, "picture of 0x10");
    refuses_picture((mien_picture){world.grey, 10, -1, 1, 10}, "picture of 10x-1");
    refuses_picture((mien_picture){world.grey, 65536, 1, 1, 65536}, "must be 1 to 65535");
    refuses_picture((mien_picture){world.grey, 10, 10, 4, 40}, "4 channels");
    refuses_picture((mien_picture){world.grey, 10, 10, 0, 10}, "0 channels");
    refuses_picture((mien_picture){world.grey, 10, 10, 3, 29}, "rows of 29 bytes");
}

static void a_box_that_is_no_part_of_the_picture_is_refused(void **state)
{
    static const mien_box wrong[] = {
        {NAN, 0, 10, 10},    {0, NAN, 10, 10},     {0, 0, NAN, 10},     {0, 0, 10, NAN},
        {INFINITY, 0, 9, 9}, {0, -INFINITY, 9, 9}, {0, 0, INFINITY, 9}, {0, 0, 0.5f, 9},
        {0, 0, 9, 0},        {0, 0, -9, 9},        {W, 0, 9, 9},        {0, H, 9, 9},
        {-9, 0, 9, 9},       {0, -9, 9, 9},        {0, 0, 70000, 9},    {-1e30f, 0, 65535, 9},
    };
    mien_error err;

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        mien_face face = {.expression = -2};
        assert_int_equal(classify(&world.picture, &wrong[i], 1, &face, &err), MIEN_EINVAL);
        assert_non_null(strstr(err.message, "is no part of a picture of 160x120"));
        assert_int_equal(face.expression, -2);
    }
}

static void one_bad_box_among_many_leaves_all_faces_untouched(void **state)
{
    mien_box boxes[FACES];
    mien_face faces[FACES], untouched[FACES];

    (void)state;
    memcpy(boxes, world.boxes, sizeof boxes);
    boxes[FACES - 1].w = 0;
    memset(faces, 0x5a, sizeof faces);
    memset(untouched, 0x5a, sizeof untouched);
    assert_int_equal(classify(&world.picture, boxes, FACES, faces, NULL), MIEN_EINVAL);
    assert_memory_equal(faces, untouched, sizeof faces);
}

static void no_face_is_no_error(void **state)
{
    (void)state;
    assert_int_equal(classify(&world.picture, NULL, 0, NULL, NULL), MIEN_OK);
}

static void the_smallest_and_the_longest_pictures_are_recognized(void **state)
{
    uint8_t *line = calloc(65535, 1);
    uint8_t pixel[3] = {200, 100, 50};
    mien_picture point = {pixel, 1, 1, 3, 3}, row = {line, 65535, 1, 1, 65535},
                 column = {line, 1, 65535, 1, 1};

    (void)state;
    assert_non_null(line);
    assert_in_range(face_in(&point, (mien_box){0, 0, 1, 1}).expression, 0, LABELS - 1);
    assert_in_range(face_in(&point, (mien_box){-65534.5f, 0, 65535, 1}).expression, 0, LABELS - 1);
    assert_in_range(face_in(&row, (mien_box){0, 0, 65535, 1}).expression, 0, LABELS - 1);
    assert_in_range(face_in(&column, (mien_box){0, 0, 1, 65535}).expression, 0, LABELS - 1);
    free(line);
}

static void beyond_its_edge_a_picture_repeats_the_edge(void **state)
{
    enum { RIM = 20, WIDE = W + 2 * RIM, HIGH = H + 2 * RIM };
    static uint8_t padded[HIGH * WIDE];
    static const float corners[][2] = {{-15, -9}, {W - 10, 30}, {40, H - 7}, {W - 9, H - 3}};
    mien_picture picture = {padded, WIDE, HIGH, 1, WIDE};

    (void)state;
    for (int y = 0; y < HIGH; y++)
        for (int x = 0; x < WIDE; x++) {
            int sx = x < RIM ? 0 : x >= W + RIM ? W - 1 : x - RIM;
            int sy = y < RIM ? 0 : y >= H + RIM ? H - 1 : y - RIM;
            padded[y * WIDE + x] = world.grey[sy * W + sx];
        }
    for (size_t i = 0; i < sizeof corners / sizeof *corners; i++) {
        float x = corners[i][0], y = corners[i][1];
        mien_face outside = face_in(&world.picture, (mien_box){x, y, SIDE, SIDE});
        mien_face inside = face_in(&picture, (mien_box){x + RIM, y + RIM, SIDE, SIDE});
        assert_same_answer(&outside, &inside);
    }
}

static void a_box_shows_the_network_what_is_in_it_and_nothing_else(void **state)
{
    static uint8_t other[H * W];
    mien_picture picture = {other, W, H, 1, W}, cut;
    mien_box box = {50, 40, SIDE, SIDE};
    mien_face here, there, alone;

    (void)state;
    memset(other, 90, sizeof other);
    for (int y = 0; y < SIDE; y++)
        memcpy(other + (y + 40) * W + 50, world.grey + (y + 40) * W + 50, SIDE);
    here = face_in(&world.picture, box);
    there = face_in(&picture, box);
    assert_same_answer(&here, &there);
    cut = (mien_picture){world.grey + 40 * W + 50, SIDE, SIDE, 1, W};
    alone = face_in(&cut, (mien_box){0, 0, SIDE, SIDE});
    assert_same_answer(&here, &alone);
    there = face_in(&world.picture, (mien_box){51, 40, SIDE, SIDE});
    assert_memory_not_equal(here.probabilities, there.probabilities, sizeof here.probabilities);
}

static void grey_and_the_same_grey_in_rgb_give_the_same_answer(void **state)
{
    mien_picture colour = {world.rgb, W, H, 3, 3 * W};

    (void)state;
    for (int i = 0; i < FACES; i++) {
        mien_face grey = face_in(&world.picture, world.boxes[i]);
        mien_face rgb = face_in(&colour, world.boxes[i]);
        assert_same_answer(&grey, &rgb);
    }
}

static void bytes_between_rows_do_not_count(void **state)
{
    enum { STRIDE = W + 37 };
    static uint8_t loose[H * STRIDE];
    mien_picture picture = {loose, W, H, 1, STRIDE};

    (void)state;
    memset(loose, 0xee, sizeof loose);
    for (int y = 0; y < H; y++)
        memcpy(loose + y * STRIDE, world.grey + y * W, W);
    for (int i = 0; i < FACES; i++) {
        mien_face packed = face_in(&world.picture, world.boxes[i]);
        mien_face spread = face_in(&picture, world.boxes[i]);
        assert_same_answer(&packed, &spread);
    }
}

static void many_faces_in_one_call_get_the_answers_of_one_by_one(void **state)
{
    mien_face together[FACES];

    (void)state;
    assert_int_equal(classify(&world.picture, world.boxes, FACES, together, NULL), MIEN_OK);
    for (int i = 0; i < FACES; i++) {
        mien_face alone = face_in(&world.picture, world.boxes[i]);
        assert_same_answer(&together[i], &alone);
        assert_int_equal(together[i].reasons, alone.reasons);
    }
}

static void a_cut_off_a_dark_and_a_small_face_have_their_reasons(void **state)
{
    static uint8_t black[64 * 64];
    mien_picture dark = {black, 64, 64, 1, 64};

    (void)state;
    assert_int_equal(face_in(&world.picture, (mien_box){20, 20, 60, 60}).reasons, 0);
    assert_int_equal(face_in(&world.picture, (mien_box){-30, 20, 60, 60}).reasons,
                     MIEN_REASON_CUT_OFF);
    assert_int_equal(face_in(&world.picture, (mien_box){20, 20, 12, 60}).reasons,
                     MIEN_REASON_SMALL);
    assert_true(face_in(&dark, (mien_box){0, 0, 64, 64}).reasons & MIEN_REASON_DARK);
    assert_string_equal(mien_reason(0), "too small");
    assert_string_equal(mien_reason(MIEN_REASONS), "");
    assert_string_equal(mien_reason(-1), "");
}

/* A model of two labels that looks at one pixel only: the lighter it is, the more the first. */
static const char *save_pixel_model(int x, int y)
{
    static const char *const names[] = {"light", "dark"};
    struct model_description story = {.labels = names, .label_count = 2, .history = ""};
    const char *path = temp_path("pixel.mien");
    struct architecture *architecture;
    struct network *network = NULL;
    mien_error err;

    if (architecture_parse("input 24x24x1\nflatten\ndense 2\noutput expression\n", "test",
                           &architecture, &err) ||
        network_new(architecture, 0, &network, &err))
        fail_msg("%s", err.message);
    memset(network->block, 0, architecture->block_floats * sizeof *network->block);
    network->block[y * SIDE + x] = 0.01F;
    if (model_save(path, network, &story, NULL, &err))
        fail_msg("%s", err.message);
    network_free(network);
    architecture_free(architecture);
    return path;
}

static void an_explanation_finds_the_pixels_that_an_answer_hangs_on(void **state)
{
    enum { X = 5, Y = 16, REACH = SIDE / 5 };
    static uint8_t pixels[SIDE * SIDE], seen[SIDE * SIDE];
    static float light[SIDE * SIDE], dark[SIDE * SIDE];
    const mien_picture picture = {pixels, SIDE, SIDE, 1, SIDE};
    const mien_box box = {0, 0, SIDE, SIDE};
    mien_recognizer *recognizer;
    mien_workspace *workspace;
    mien_face face;
    mien_error err;
    int width, height;

    (void)state;
    memset(pixels, 20, sizeof pixels);
    pixels[Y * SIDE + X] = 250;
    if (mien_recognizer_open(save_pixel_model(X, Y), &recognizer, &err) ||
        mien_workspace_new(recognizer, &workspace, &err) ||
        mien_classify(recognizer, workspace, &picture, &box, 1, &face, &err) ||
        mien_explain(recognizer, workspace, &picture, &face, 0, seen, light, &err) ||
        mien_explain(recognizer, workspace, &picture, &face, 1, seen, dark, &err))
        fail_msg("%s", err.message);
    mien_input_size(recognizer, &width, &height);
    assert_true(width == SIDE && height == SIDE && face.expression == 0);
    assert_memory_equal(seen, pixels, sizeof pixels);
    for (int i = 0; i < SIDE * SIDE; i++) {
        bool near = abs(i % SIDE - X) < REACH && abs(i / SIDE - Y) < REACH;
        assert_true(near ? light[i] > 0 : light[i] == 0);
        assert_float_equal(light[i], -dark[i], 1e-6);
        assert_true(light[i] <= light[Y * SIDE + X]);
    }
    seen[0] = 99;
    assert_int_equal(mien_explain(recognizer, workspace, &picture, &face, 2, seen, light, &err),
                     MIEN_EINVAL);
    assert_string_equal(err.message, "label 2: the model has 0 to 1");
    assert_int_equal(seen[0], 99);
    mien_workspace_free(workspace);
    mien_recognizer_close(recognizer);
}

static void without_a_detector_faces_are_not_looked_for(void **state)
{
    size_t count = 99;
    mien_face face;
    mien_error err;

    (void)state;
    if (builtin_model_find("face")) {
        fprintf(stderr, "SKIPPED: a face detector is built in\n");
        skip();
    }
    assert_int_equal(mien_recognize(world.recognizer, world.workspace, &world.picture, NULL, &face,
                                    1, &count, &err),
                     MIEN_EUNSUPPORTED);
    assert_int_equal(count, 99);
}

static void options_of_finding_are_checked(void **state)
{
    static const float wrong[] = {0, 1, -1, 2, NAN, INFINITY}, sizes[] = {0, -1, NAN};
    mien_find_options options;
    size_t count = 99;
    mien_face face;
    mien_error err;

    (void)state;
    if (!builtin_model_find("face")) {
        fprintf(stderr, "SKIPPED: models/face.mien is not here\n");
        skip();
    }
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        mien_find_options_init(&options);
        options.threshold = wrong[i];
        assert_int_equal(mien_detect(world.recognizer, world.workspace, &world.picture, &options,
                                     &face, 1, &count, &err),
                         MIEN_EINVAL);
        assert_int_equal(count, 99);
    }
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        mien_find_options_init(&options);
        options.least_size = sizes[i];
        assert_int_equal(mien_detect(world.recognizer, world.workspace, &world.picture, &options,
                                     &face, 1, &count, &err),
                         MIEN_EINVAL);
    }
}

/* One thread's work: all faces, several times, with a workspace of its own. */
struct visitor {
    pthread_t thread;
    bool same;
    const mien_face *expected;
};

static void *visit(void *argument)
{
    struct visitor *visitor = argument;
    mien_workspace *workspace;

    if (mien_workspace_new(world.recognizer, &workspace, NULL))
        return NULL;
    visitor->same = true;
    for (int round = 0; round < 5; round++) {
        mien_face faces[FACES];
        if (mien_classify(world.recognizer, workspace, &world.picture, world.boxes, FACES, faces,
                          NULL))
            visitor->same = false;
        visitor->same &= !memcmp(faces, visitor->expected, sizeof faces);
    }
    mien_workspace_free(workspace);
    return NULL;
}

static void threads_share_a_recognizer_and_agree(void **state)
{
    enum { THREADS = 4 };
    struct visitor visitors[THREADS];
    mien_face expected[FACES];

    (void)state;
    assert_int_equal(classify(&world.picture, world.boxes, FACES, expected, NULL), MIEN_OK);
    for (int i = 0; i < THREADS; i++) {
        visitors[i] = (struct visitor){.expected = expected};
        assert_int_equal(pthread_create(&visitors[i].thread, NULL, visit, &visitors[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(visitors[i].thread, NULL);
        assert_true(visitors[i].same);
    }
}

/* Everything that a program does, from opening to closing. */
static mien_status use_once(mien_face *faces, mien_error *err)
{
    mien_recognizer *recognizer = NULL;
    mien_workspace *workspace = NULL;
    mien_face found[FACES];
    size_t count;
    mien_status status = mien_recognizer_open(world.model, &recognizer, err);

    if (!status)
        status = mien_workspace_new(recognizer, &workspace, err);
    if (!status && builtin_model_find("face"))
        status =
            mien_recognize(recognizer, workspace, &world.picture, NULL, found, FACES, &count, err);
    if (!status)
        status =
            mien_classify(recognizer, workspace, &world.picture, world.boxes, FACES, faces, err);
    mien_workspace_free(workspace);
    mien_recognizer_close(recognizer);
    return status;
}

static void every_failed_allocation_is_told_and_leaves_nothing_behind(void **state)
{
    mien_face faces[FACES], untouched[FACES];
    size_t failures = 0, left;
    mien_error err;

    (void)state;
    memset(untouched, 0x5a, sizeof untouched);
    for (int ever_after = 0; ever_after < 2; ever_after++) {
        for (size_t number = 0;; number++) {
            mien_status status;
            bool failed;
            memset(faces, 0x5a, sizeof faces);
            failing_memory_begin(number, ever_after);
            status = use_once(faces, &err);
            failed = failing_memory_end(&left);
            assert_int_equal(left, 0);
            if (!failed)
                break;
            failures++;
            assert_int_equal(status, MIEN_ENOMEM);
            assert_memory_equal(faces, untouched, sizeof faces);
        }
    }
    assert_true(failures > 40); /* a model, its network, its plan, and faces */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_recognizer_tells_its_labels_name_and_identity),
        cmocka_unit_test(the_default_model_is_built_in),
        cmocka_unit_test(a_model_that_cannot_classify_faces_is_refused_with_a_reason),
        cmocka_unit_test(a_model_that_overflows_says_so),
        cmocka_unit_test(neighbours_that_overflow_say_so),
        cmocka_unit_test(a_face_fills_an_input_that_is_no_square),
        cmocka_unit_test(nothing_may_be_ended),
        cmocka_unit_test(probabilities_sum_to_1_and_the_expression_is_the_largest),
        cmocka_unit_test(what_is_no_picture_is_refused),
        cmocka_unit_test(a_box_that_is_no_part_of_the_picture_is_refused),
        cmocka_unit_test(one_bad_box_among_many_leaves_all_faces_untouched),
        cmocka_unit_test(no_face_is_no_error),
        cmocka_unit_test(the_smallest_and_the_longest_pictures_are_recognized),
        cmocka_unit_test(beyond_its_edge_a_picture_repeats_the_edge),
        cmocka_unit_test(a_box_shows_the_network_what_is_in_it_and_nothing_else),
        cmocka_unit_test(grey_and_the_same_grey_in_rgb_give_the_same_answer),
        cmocka_unit_test(bytes_between_rows_do_not_count),
        cmocka_unit_test(many_faces_in_one_call_get_the_answers_of_one_by_one),
        cmocka_unit_test(a_cut_off_a_dark_and_a_small_face_have_their_reasons),
        cmocka_unit_test(an_explanation_finds_the_pixels_that_an_answer_hangs_on),
        cmocka_unit_test(without_a_detector_faces_are_not_looked_for),
        cmocka_unit_test(options_of_finding_are_checked),
        cmocka_unit_test(threads_share_a_recognizer_and_agree),
        cmocka_unit_test(every_failed_allocation_is_told_and_leaves_nothing_behind),
    };
    return cmocka_run_group_tests_name("recognizer", tests, open_world, close_world);
}

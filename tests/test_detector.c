/* test_detector.c - the detector's loss, and finding faces through a network whose answers are
 * known.
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include <string.h>

#include "base/random.h"
#include "dataset/dataset.h"
#include "face/detector.h"
#include "face/detector_grid.h"
#include "tests/unit.h"
#include "training/detector_loss.h"
#include "training/detector_mining.h"
#include "training/detector_trainer.h"

enum { CELLS = 8, STRIDE = 8, NUMBERS = CELLS * CELLS * GRID_NUMBERS };

static struct face_mark face_at(float x, float y, float w, float h)
{
    struct face_mark mark = {.x = x, .y = y, .w = w, .h = h, .has_landmarks = true};
    static const float shares[4][2] = {{0.3f, 0.4f}, {0.7f, 0.4f}, {0.5f, 0.6f}, {0.5f, 0.8f}};

    for (int i = 0; i < 4; i++) {
        mark.landmarks[i][0] = x + shares[i][0] * w;
        mark.landmarks[i][1] = y + shares[i][1] * h;
    }
    return mark;
}

static double total(const float *grid, const struct face_mark *marks, size_t count, float *dgrid)
{
    struct detector_loss loss = {0};

    detector_loss_grid(grid, CELLS, CELLS, STRIDE, marks, count, &loss, dgrid);
    return loss.score + 2 * loss.box + 10 * loss.landmarks;
}

/* The target of a score follows from the IoU, which is taken as given: so only the scores of cells
 * without a face, and all other numbers, have the plain derivative of the sum. */
static void the_gradient_of_the_detector_loss_agrees_with_differences(void **state)
{
    const struct face_mark marks[] = {face_at(9, 10, 20, 26), face_at(40, 36, 17, 21)};
    float grid[NUMBERS], dgrid[NUMBERS], unused[NUMBERS];
    int checked = 0;

    (void)state;
    for (int i = 0; i < NUMBERS; i++)
        grid[i] = random_range(4, (uint64_t)i, -0.8f, 0.9f);
    total(grid, marks, 2, dgrid);
    for (int i = 0; i < NUMBERS; i++) {
        int cell = i / GRID_NUMBERS * GRID_NUMBERS, number = i % GRID_NUMBERS;
        bool positive = dgrid[cell + GRID_LANDMARKS] != 0; /* only these have landmarks */
        float kept = grid[i], step = 2e-3f;
        double up, down, difference;
        if (positive && (number == GRID_SCORE || number < GRID_LANDMARKS))
            continue;
        grid[i] = kept + step;
        up = total(grid, marks, 2, unused);
        grid[i] = kept - step;
        down = total(grid, marks, 2, unused);
        grid[i] = kept;
        difference = (up - down) / (2 * step);
        assert_float_equal(dgrid[i], difference, 2e-3 * fmax(1, fabs(difference)));
        checked += dgrid[i] != 0;
    }
    assert_true(checked > 60);
}

/* The numbers of the box move the score's target too, so here the box's own sum is compared. */
static void the_gradient_of_the_box_agrees_with_differences(void **state)
{
    const struct face_mark mark = face_at(9, 10, 20, 26);
    float grid[NUMBERS] = {0}, dgrid[NUMBERS], unused[NUMBERS];

    (void)state;
    for (int i = 0; i < NUMBERS; i++)
        grid[i] = random_range(8, (uint64_t)i, -0.5f, 0.9f);
    total(grid, &mark, 1, dgrid);
    for (int i = 0; i < NUMBERS; i++) {
        int number = i % GRID_NUMBERS;
        struct detector_loss up = {0}, down = {0};
        float kept = grid[i], step = 1e-3f;
        if (number < GRID_BOX || number >= GRID_LANDMARKS)
            continue;
        grid[i] = kept + step;
        detector_loss_grid(grid, CELLS, CELLS, STRIDE, &mark, 1, &up, unused);
        grid[i] = kept - step;
        detector_loss_grid(grid, CELLS, CELLS, STRIDE, &mark, 1, &down, unused);
        grid[i] = kept;
        assert_float_equal(dgrid[i], 2 * (up.box - down.box) / (2 * step), 0.01);
    }
}

static void a_perfect_box_has_no_box_loss(void **state)
{
    struct face_mark mark = face_at(16, 16, 16, 16); /* its centre is a corner of four cells */
    float grid[NUMBERS] = {0}, dgrid[NUMBERS];
    struct detector_loss loss = {0};

    (void)state;
    for (int cell = 0; cell < CELLS * CELLS; cell++) {
        float *n = grid + cell * GRID_NUMBERS;
        n[GRID_SCORE] = -20;
        n[GRID_BOX] = (24 - ((float)(cell % CELLS) + 0.5f) * STRIDE) / STRIDE;
        n[GRID_BOX + 1] = (24 - ((float)(cell / CELLS) + 0.5f) * STRIDE) / STRIDE;
        n[GRID_BOX + 2] = n[GRID_BOX + 3] = logf(2);
    }
    detector_loss_grid(grid, CELLS, CELLS, STRIDE, &mark, 1, &loss, dgrid);
    assert_true(loss.positives >= 4);
    assert_float_equal(loss.box, 0, 1e-4);
}

/* Towards which score a cell in the middle of a face is pulled whose box is so many faces off. */
static float wanted_score(float off)
{
    const struct face_mark mark = face_at(8, 8, 32, 32);
    int cell = 3 * CELLS + 3; /* its point is (28, 28) */
    float low = 0, high = 1;

    for (int i = 0; i < 30; i++) {
        float grid[NUMBERS] = {0}, dgrid[NUMBERS], middle = (low + high) / 2;
        struct detector_loss loss = {0};
        float *n = grid + cell * GRID_NUMBERS;
        n[GRID_SCORE] = logf(middle / (1 - middle));
        n[GRID_BOX] = (24 - 28 + 32 * off) / STRIDE;
        n[GRID_BOX + 1] = (24 - 28.0f) / STRIDE;
        n[GRID_BOX + 2] = n[GRID_BOX + 3] = logf(32.0f / STRIDE);
        detector_loss_grid(grid, CELLS, CELLS, STRIDE, &mark, 1, &loss, dgrid);
        *(dgrid[cell * GRID_NUMBERS + GRID_SCORE] < 0 ? &low : &high) = middle;
    }
    return low;
}

static void a_face_scores_half_for_being_one_and_half_for_its_box(void **state)
{
    (void)state;
    assert_float_equal(wanted_score(0), 1, 1e-3);
    assert_float_equal(wanted_score(0.5f), (1 + 1.0f / 3) / 2, 1e-3);
    assert_float_equal(wanted_score(5), 0.5f, 1e-3);
}

static void ignored_faces_ask_for_nothing(void **state)
{
    struct face_mark mark = face_at(8, 8, 40, 40);
    float grid[NUMBERS] = {0}, dgrid[NUMBERS];
    struct detector_loss loss = {0};

    (void)state;
    mark.ignore = true;
    detector_loss_grid(grid, CELLS, CELLS, STRIDE, &mark, 1, &loss, dgrid);
    assert_float_equal(loss.positives, 0, 0);
    for (int row = 0; row < CELLS; row++)
        for (int column = 0; column < CELLS; column++) {
            bool inside = row >= 1 && row < 6 && column >= 1 && column < 6;
            float d = dgrid[(row * CELLS + column) * GRID_NUMBERS + GRID_SCORE];
            assert_true(inside ? d == 0 : d > 0);
        }
}

/* A "detector" whose score is how bright a 32 x 32 block is: its answers can be told beforehand. */
static const char *const bright_finder =
    "input 64x64x1\nnormalize 128 1\navgpool 8x8 as mean8\nconvolution 13 1x1\noutput grid8\n"
    "avgpool 2x2 from mean8 as mean16\nconvolution 13 1x1\noutput grid16\n"
    "avgpool 2x2 from mean16\nconvolution 13 1x1\noutput grid32\n";

static struct network *make_bright_finder(struct architecture **ret_architecture)
{
    struct network *network;
    mien_error err = {0};

    if (architecture_parse(bright_finder, "test", ret_architecture, &err))
        fail_msg("%s", err.message);
    assert_int_equal(network_new(*ret_architecture, 0, &network, &err), MIEN_OK);
    memset(network->block, 0, (*ret_architecture)->block_floats * sizeof(float));
    for (int i = 0; i < (*ret_architecture)->parameter_count; i++) {
        const struct parameter *p = &(*ret_architecture)->parameters[i];
        bool coarse = strncmp(p->name, "convolution3", 12) == 0;
        if (p->role == PARAMETER_BIAS)
            network->block[p->offset] = -20; /* dark or grey: no face */
        else if (coarse)
            network->block[p->offset] = 0.25f; /* white: a logit of 0.25 * 127 - 20 = 11.75 */
    }
    return network;
}

static void a_bright_block_is_found_where_it_is(void **state)
{
    struct architecture *architecture;
    struct network *network = make_bright_finder(&architecture);
    struct detector *detector;
    const struct detection *found;
    size_t count;
    struct image image;
    mien_error err;

    (void)state;
    assert_int_equal(detector_new(network, &detector, &err), MIEN_OK);
    for (int width = 200; width <= 210; width += 5) { /* no multiples of 32: padded */
        assert_int_equal(image_new(width, 100, width % 2 ? 3 : 1, &image, &err), MIEN_OK);
        for (int y = 32; y < 64; y++)
            memset(image_row(&image, y) + 96 * image.channels, 255, 32 * (size_t)image.channels);
        assert_int_equal(detector_find(detector, &image, NULL, &found, &count, &err), MIEN_OK);
        assert_int_equal(count, 1);
        assert_float_equal(found->x, 96, 1e-3);
        assert_float_equal(found->y, 32, 1e-3);
        assert_float_equal(found->w, 32, 1e-3);
        assert_true(found->score > 0.99f);
        image_free(&image);
    }
    detector_free(detector);
    network_free(network);
    architecture_free(architecture);
}

static void a_small_face_is_found_where_the_picture_is_enlarged(void **state)
{
    struct architecture *architecture;
    struct network *network = make_bright_finder(&architecture);
    struct detector_options options;
    struct detector *detector;
    const struct detection *found;
    size_t count;
    struct image image;
    mien_error err;

    (void)state;
    detector_options_init(&options);
    options.least = 10;
    assert_int_equal(detector_new(network, &detector, &err), MIEN_OK);
    assert_int_equal(image_new(100, 80, 1, &image, &err), MIEN_OK);
    for (int y = 32; y < 48; y++)
        memset(image_row(&image, y) + 48, 255, 16);
    assert_int_equal(detector_find(detector, &image, &options, &found, &count, &err), MIEN_OK);
    assert_int_equal(count, 0);
    options.enlarge = 2;
    assert_int_equal(detector_find(detector, &image, &options, &found, &count, &err), MIEN_OK);
    assert_int_equal(count, 1);
    assert_float_equal(found->x, 48, 1e-3);
    assert_float_equal(found->h, 16, 1e-3);
    options.enlarge = 2.5f;
    assert_int_equal(detector_find(detector, &image, &options, &found, &count, &err), MIEN_EINVAL);
    image_free(&image);
    detector_free(detector);
    network_free(network);
    architecture_free(architecture);
}

/* The best score of a picture with one block of that side, whose logit is 1; a pixel more around
 * it, so that it stays as bright when it is enlarged. */
static float score_of_block(struct detector *detector, int side)
{
    struct detector_options options;
    const struct detection *found;
    struct image image;
    size_t count;

    detector_options_init(&options);
    options.least = 10;
    options.enlarge = 2;
    options.threshold = 0.3f;
    assert_int_equal(image_new(100, 80, 1, &image, NULL), MIEN_OK);
    for (int y = 31; y < 33 + side; y++)
        memset(image_row(&image, y) + 31, 212, (size_t)side + 2);
    assert_int_equal(detector_find(detector, &image, &options, &found, &count, NULL), MIEN_OK);
    image_free(&image);
    return count ? found->score : 0;
}

static void a_small_face_and_an_enlarged_picture_are_doubted(void **state)
{
    struct architecture *architecture;
    struct network *network = make_bright_finder(&architecture);
    struct detector *detector;

    (void)state;
    assert_int_equal(detector_new(network, &detector, NULL), MIEN_OK);
    assert_float_equal(score_of_block(detector, 32), 1 / (1 + expf(-1)), 1e-3);
    assert_float_equal(score_of_block(detector, 16), 1 / (1 + expf(0.25f + 0.2f - 1)), 1e-3);
    detector_free(detector);
    network_free(network);
    architecture_free(architecture);
}

static void false_alarms_are_where_no_face_is_marked(void **state)
{
    struct architecture *architecture;
    struct network *network = make_bright_finder(&architecture);
    struct face_mark marks[2] = {{.x = 32, .y = 32, .w = 32, .h = 32},
                                 {.x = 96, .y = 32, .w = 32, .h = 32, .ignore = true}};
    struct detector_picture picture = {.marks = marks, .mark_count = 1, .face_count = 1};
    struct detector_data data = {.count = 1, .pictures = &picture};
    struct detector_region *regions;
    size_t count;
    mien_error err;

    (void)state;
    assert_int_equal(image_new(159, 95, 1, &picture.grey, &err), MIEN_OK);
    for (int y = 32; y < 64; y++) {
        memset(image_row(&picture.grey, y) + 32, 255, 32);
        memset(image_row(&picture.grey, y) + 96, 255, 32);
    }
    assert_int_equal(detector_mine(network, &data, NULL, 0.5f, &regions, &count, &err), MIEN_OK);
    assert_true(count >= 2); /* in one size and in another */
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(regions[i].picture, 0);
        assert_true(regions[i].x > 90 && regions[i].x + regions[i].w < 134);
        assert_true(regions[i].scale == 1 || regions[i].scale == 1.5f);
    }
    free(regions);
    picture.mark_count = 2; /* what is to be ignored is no false alarm either */
    assert_int_equal(detector_mine(network, &data, NULL, 0.5f, &regions, &count, &err), MIEN_OK);
    assert_int_equal(count, 0);
    free(regions);
    image_free(&picture.grey);
    network_free(network);
    architecture_free(architecture);
}

static void faces_that_are_hardly_found_are_those_between_known_and_none(void **state)
{
    static const uint8_t levels[4] = {128, 208, 255, 206}; /* scores of 0, 0.5, 1 and 0.4 */
    static uint8_t pixels[4 * 48 * 48];
    const struct dataset faces = {.count = 4, .width = 48, .height = 48, .pixels = pixels};
    struct architecture *architecture;
    struct network *network = make_bright_finder(&architecture);
    uint32_t *rows;
    size_t count;
    mien_error err;

    (void)state;
    for (int i = 0; i < 4; i++)
        memset(pixels + i * 48 * 48, levels[i], 48 * 48);
    assert_int_equal(detector_mine_faces(network, &faces, (const uint32_t[]){0, 1, 2, 3}, 4, NULL,
                                         &rows, &count, &err),
                     MIEN_OK);
    assert_int_equal(count, 2);
    assert_int_equal(rows[0], 1);
    assert_int_equal(rows[1], 3);
    free(rows);
    network_free(network);
    architecture_free(architecture);
}

static void other_networks_are_refused(void **state)
{
    struct architecture *architecture;
    struct network *network;
    struct detector *detector = NULL;
    mien_error err;

    (void)state;
    assert_int_equal(architecture_parse(architecture_builtin("deck"), "deck", &architecture, &err),
                     MIEN_OK);
    assert_int_equal(network_new(architecture, 0, &network, &err), MIEN_OK);
    assert_int_equal(detector_new(network, &detector, &err), MIEN_EINVAL);
    assert_string_equal(err.message, "the model is no face detector: it has no grid8");
    assert_null(detector);
    network_free(network);
    architecture_free(architecture);
}

/* One picture, with one mark, which is to be ignored. */
static void data_that_show_neither_faces_nor_their_absence_are_refused(void **state)
{
    struct architecture *architecture;
    struct network *network = make_bright_finder(&architecture);
    struct face_mark ignored = {.x = 10, .y = 10, .w = 20, .h = 20, .ignore = true};
    struct detector_picture picture = {.marks = &ignored, .mark_count = 1};
    struct detector_data data = {.count = 1, .pictures = &picture};
    struct detector_training_options options;
    mien_error err = {0};

    (void)state;
    detector_training_options_init(&options);
    options.steps = 1;
    assert_int_equal(image_new(100, 80, 1, &picture.grey, &err), MIEN_OK);
    assert_int_equal(detector_data_index(&data, &err), MIEN_OK);
    assert_int_equal(detector_training_run(network, &data, &options, NULL, NULL, NULL, &err),
                     MIEN_EINVAL);
    assert_string_equal(err.message, "nothing to learn from: boxes.csv marks no face, and every "
                                     "picture has something to be ignored");
    free(data.with_faces);
    free(data.without_marks);
    image_free(&picture.grey);
    network_free(network);
    architecture_free(architecture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_gradient_of_the_detector_loss_agrees_with_differences),
        cmocka_unit_test(the_gradient_of_the_box_agrees_with_differences),
        cmocka_unit_test(a_perfect_box_has_no_box_loss),
        cmocka_unit_test(a_face_scores_half_for_being_one_and_half_for_its_box),
        cmocka_unit_test(ignored_faces_ask_for_nothing),
        cmocka_unit_test(a_bright_block_is_found_where_it_is),
        cmocka_unit_test(a_small_face_is_found_where_the_picture_is_enlarged),
        cmocka_unit_test(a_small_face_and_an_enlarged_picture_are_doubted),
        cmocka_unit_test(false_alarms_are_where_no_face_is_marked),
        cmocka_unit_test(faces_that_are_hardly_found_are_those_between_known_and_none),
        cmocka_unit_test(other_networks_are_refused),
        cmocka_unit_test(data_that_show_neither_faces_nor_their_absence_are_refused),
    };
    return cmocka_run_group_tests_name("detector", tests, NULL, NULL);
}

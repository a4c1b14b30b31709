/* test_detector_data.c - pictures with marked faces, the samples drawn from them, and the harder
 * conditions made of them.
 * SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "tests/temp_folder.h"

#include <math.h>
#include <string.h>
#include <sys/stat.h>

#include "base/random.h"
#include "base/thread_pool.h"
#include "dataset/dataset.h"
#include "media/picture_writer.h"
#include "training/detector_clutter.h"
#include "training/detector_condition.h"
#include "training/detector_data.h"
#include "training/detector_paste.h"
#include "training/detector_sample.h"
#include "training/levels.h"

#define BOXES "file,x,y,w,h\n"
#define LANDMARKS "file,lex,ley,rex,rey,nx,ny,mx,my\n"

static char folder[64]; /* a new one for each test */

static void write_text(const char *name, const char *text)
{
    char path[128];
    FILE *file;

    snprintf(path, sizeof path, "%s/%s", folder, name);
    file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

/* Bright squares around the landmarks of a face: so a picture shows where its marks have to be. */
static void draw_face(struct image *image, const float landmarks[FACE_LANDMARKS][2], int reach)
{
    for (int i = 0; i < FACE_LANDMARKS; i++)
        for (int y = -reach; y <= reach; y++)
            memset(image_row(image, (int)landmarks[i][1] + y) + (int)landmarks[i][0] - reach, 200,
                   2 * (size_t)reach + 1);
}

static const float small_face[FACE_LANDMARKS][2] = {{60, 60}, {84, 60}, {72, 72}, {72, 84}};
static const float large_face[FACE_LANDMARKS][2] = {{150, 90}, {210, 90}, {180, 120}, {180, 150}};

static void write_picture(const char *name, bool faces)
{
    struct image image;
    char path[128];

    assert_int_equal(image_new(280, 220, 1, &image, NULL), MIEN_OK);
    for (int y = 0; y < image.height; y++)
        memset(image_row(&image, y), 20 + y / 10, (size_t)image.width);
    if (faces) {
        draw_face(&image, small_face, 3);
        draw_face(&image, large_face, 8);
    }
    snprintf(path, sizeof path, "%s/%s", folder, name);
    assert_int_equal(picture_write(path, &image, NULL), MIEN_OK);
    image_free(&image);
}

/* A folder that is right: three pictures to train with (two faces and a mark to be ignored; none;
 * one face) and one to validate. */
static int new_folder(void **state)
{
    static int number;

    (void)state;
    snprintf(folder, sizeof folder, "%s/%d", temp_folder, number++);
    if (mkdir(folder, 0755))
        return -1;
    write_picture("a.png", true);
    write_picture("b.png", false);
    write_picture("c.png", true);
    write_picture("d.png", true);
    write_text("split.csv", "file,split\nc.png,train\nd.png,val\na.png,train\nb.png,train\n");
    write_text("boxes.csv", BOXES "a.png,44.9,30.1,54.1,66\nd.png,44.9,30.1,54.1,66\n"
                                  "a.png,112.3,32.7,135.3,165\nc.png,112.3,32.7,135.3,165\n");
    write_text("caltech_landmarks.csv",
               LANDMARKS "a.png,60,60,84,60,72,72,72,84\nd.png,60,60,84,60,72,72,72,84\n"
                         "a.png,150,90,210,90,180,120,180,150\n"
                         "c.png,150,90,210,90,180,120,180,150\n");
    write_text("caltech_ignore.csv", BOXES "a.png,5,180,30,30\n");
    return 0;
}

static struct detector_data open_part(enum detector_part part)
{
    struct detector_data data;
    mien_error err = {.message = ""};

    if (detector_data_open(folder, part, NULL, NULL, NULL, &data, &err))
        fail_msg("%s", err.message);
    return data;
}

/* Opening fails and says so with these words. */
static void assert_refused(mien_status wanted, const char *words)
{
    struct detector_data data = {.count = 77};
    mien_error err = {.message = ""};

    assert_int_equal(detector_data_open(folder, DETECTOR_TRAIN, NULL, NULL, NULL, &data, &err),
                     wanted);
    if (!strstr(err.message, words))
        fail_msg("\"%s\" does not say \"%s\"", err.message, words);
    assert_int_equal(data.count, 77);
}

/* Reading. */

static void pictures_come_in_the_order_of_the_split_with_their_marks(void **state)
{
    struct detector_data data = open_part(DETECTOR_TRAIN);
    const struct detector_picture *a = &data.pictures[1];

    (void)state;
    assert_int_equal(data.count, 3);
    assert_string_equal(data.pictures[0].file, "c.png");
    assert_string_equal(a->file, "a.png");
    assert_int_equal(a->mark_count, 3);
    assert_int_equal(a->face_count, 2);
    assert_float_equal(a->marks[0].y, 30.1, 1e-6);
    assert_memory_equal(a->marks[1].landmarks, large_face, sizeof large_face);
    assert_true(a->marks[1].has_landmarks && !a->marks[1].ignore);
    assert_true(a->marks[2].ignore && !a->marks[2].has_landmarks);
    assert_int_equal(a->grey.channels, 1);
    assert_int_equal(image_row(&a->grey, 60)[60], 200);
    detector_data_close(&data);
    detector_data_close(&data);
}

static void the_lists_tell_pictures_with_faces_from_those_without_marks(void **state)
{
    struct detector_data data = open_part(DETECTOR_TRAIN);

    (void)state;
    assert_int_equal(data.with_face_count, 2);
    assert_int_equal(data.with_faces[1], 1);
    assert_int_equal(data.without_mark_count, 1);
    assert_int_equal(data.without_marks[0], 2);
    assert_int_equal(data.face_count, 3);
    assert_int_equal(data.most_marks, 3);
    detector_data_close(&data);
}

static void the_other_part_has_other_pictures(void **state)
{
    struct detector_data data = open_part(DETECTOR_VAL);

    (void)state;
    assert_int_equal(data.count, 1);
    assert_string_equal(data.pictures[0].file, "d.png");
    assert_int_equal(data.face_count, 1);
    detector_data_close(&data);
}

static void wrong_tables_are_named_with_line_and_column(void **state)
{
    (void)state;
    write_text("caltech_ignore.csv", BOXES "\r\n\"a.png\" , 5,180,30,x\n");
    assert_refused(MIEN_ECORRUPT, "caltech_ignore.csv:3:20: \"x\" is no position");
    write_text("caltech_ignore.csv", BOXES "a.png,5,180,30,inf\n");
    assert_refused(MIEN_ECORRUPT, "caltech_ignore.csv:2:16: \"inf\"");
    write_text("caltech_ignore.csv", BOXES "a.png,5,180,30,1e30\n");
    assert_refused(MIEN_ECORRUPT, "\"1e30\"");
    write_text("caltech_ignore.csv", BOXES "a.png,5,180,30\n");
    assert_refused(MIEN_ECORRUPT, "caltech_ignore.csv:2: too few cells");
    write_text("caltech_ignore.csv", BOXES "a.png,5,180,30,30,\n");
    assert_refused(MIEN_ECORRUPT, "caltech_ignore.csv:2: too many cells");
    write_text("caltech_ignore.csv", BOXES "a.png,5,180,30,0\n");
    assert_refused(MIEN_ECORRUPT, "a box of 30 x 0 pixels");
    write_text("caltech_ignore.csv", BOXES "e.png,5,180,30,3\n");
    assert_refused(MIEN_ECORRUPT, "caltech_ignore.csv:2:1: \"e.png\" is no picture of split.csv");
    write_text("caltech_ignore.csv", BOXES "\"a.png,5,180,30,3\n");
    assert_refused(MIEN_ECORRUPT, "its quotes are wrong");
    write_text("caltech_ignore.csv", "x,y,w,h\n");
    assert_refused(MIEN_ECORRUPT, "caltech_ignore.csv:1:1: the first line must be file,x,y,w,h");
    write_text("caltech_ignore.csv", "");
    assert_refused(MIEN_ECORRUPT, "caltech_ignore.csv:1:1: the first line");
}

static void a_table_without_rows_is_no_fault_but_one_that_is_missing_is(void **state)
{
    struct detector_data data;
    char path[128];

    (void)state;
    write_text("caltech_ignore.csv", "file,x,y,w,h"); /* nor is a missing end of line */
    data = open_part(DETECTOR_TRAIN);
    assert_int_equal(data.most_marks, 2);
    detector_data_close(&data);
    snprintf(path, sizeof path, "%s/caltech_ignore.csv", folder);
    remove(path);
    assert_refused(MIEN_EIO, path);
}

static void a_wrong_split_is_refused(void **state)
{
    (void)state;
    write_text("split.csv", "file,split\na.png,test\n");
    assert_refused(MIEN_ECORRUPT, "split.csv:2:7: \"test\" is no part: train or val");
    write_text("split.csv", "file,split\na.png,train\nb.png,val\na.png,val\n");
    assert_refused(MIEN_ECORRUPT, "a.png is there twice");
    write_text("split.csv", "file,split\n,train\n");
    assert_refused(MIEN_ECORRUPT, "split.csv:2:1: \"\" names no file");
    write_text("split.csv", "file,split\n");
    assert_refused(MIEN_ECORRUPT, "no picture in it");
    write_text("split.csv", "file,split\na.png,val\nc.png,val\nd.png,val\n");
    assert_refused(MIEN_ECORRUPT, "no picture of the part train");
}

static void landmarks_of_other_faces_are_refused(void **state)
{
    (void)state;
    write_text("caltech_landmarks.csv", LANDMARKS "d.png,60,60,84,60,72,72,72,84\n");
    assert_refused(MIEN_ECORRUPT, "caltech_landmarks.csv:2: d.png, but this row of boxes.csv is "
                                  "of a.png");
    write_text("caltech_landmarks.csv", LANDMARKS "a.png,60,60,84,60,72,72,72,84\n");
    assert_refused(MIEN_ECORRUPT, "1 rows, but boxes.csv has 4");
    write_text("caltech_landmarks.csv", LANDMARKS "a.png,60,60,60,60,72,72,60,60\n");
    assert_refused(MIEN_ECORRUPT, "caltech_landmarks.csv:2: all landmarks are in one place");
    write_text("boxes.csv", BOXES);
    assert_refused(MIEN_ECORRUPT, "caltech_landmarks.csv:2: boxes.csv has no row for it");
}

static void a_picture_that_cannot_be_read_is_named(void **state)
{
    (void)state;
    write_text("b.png", "no picture");
    assert_refused(MIEN_EUNSUPPORTED, "b.png: ");
}

static bool stop_at_once(void *context, size_t done, size_t total)
{
    size_t *seen = context;

    seen[0] = done;
    seen[1] = total;
    return false;
}

static void progress_can_stop_the_reading(void **state)
{
    struct detector_data data;
    size_t seen[2] = {0, 0};

    (void)state;
    assert_int_equal(
        detector_data_open(folder, DETECTOR_TRAIN, NULL, stop_at_once, seen, &data, NULL),
        MIEN_ECANCELLED);
    assert_int_equal(seen[0], 3);
    assert_int_equal(seen[1], 3);
}

static void the_research_data_are_read_whole(void **state)
{
    struct detector_data data;
    char path[512];

    (void)state;
    unit_data_path("faces", path, sizeof path);
    assert_int_equal(detector_data_open(path, DETECTOR_VAL, NULL, NULL, NULL, &data, NULL), 0);
    assert_int_equal(data.count, 1254 + 54);
    assert_int_equal(data.without_mark_count, 54);
    assert_int_equal(data.face_count, 1823);
    for (size_t i = 0; i < data.count; i++)
        for (int j = 0; j < data.pictures[i].face_count; j++) {
            struct face_mark mark = data.pictures[i].marks[j], made = mark;
            face_mark_box(&made); /* the tables are rounded to a tenth */
            assert_true(fabsf(made.x - mark.x) < 0.5f && fabsf(made.h - mark.h) < 0.5f);
        }
    detector_data_close(&data);
}

/* Samples. */

enum { SIDE = 192, MARKS = 128, SAMPLES = 150 };

struct sample {
    float levels[SIDE * SIDE];
    struct face_mark marks[MARKS];
    int count;
};

static void make(const struct detector_data *data, const struct detector_sample_options *options,
                 uint64_t key, struct sample *sample)
{
    mien_error err = {.message = ""};

    assert_true(detector_sample_most_marks(data) <= MARKS);
    if (detector_sample_make(data, options, key, SIDE, sample->levels, sample->marks, MARKS,
                             &sample->count, &err))
        fail_msg("%s", err.message);
}

static void the_same_key_makes_the_same_sample(void **state)
{
    static struct sample first, second;
    struct detector_data data = open_part(DETECTOR_TRAIN);
    struct detector_sample_options options;
    int different = 0;

    (void)state;
    detector_sample_options_init(&options);
    for (uint64_t key = 0; key < 20; key++) {
        memset(&first, 0, sizeof first);
        memset(&second, 0xff, sizeof second);
        make(&data, &options, key, &first);
        make(&data, &options, key, &second);
        assert_int_equal(first.count, second.count);
        assert_memory_equal(first.levels, second.levels, sizeof first.levels);
        for (int i = 0; i < first.count; i++)
            assert_float_equal(first.marks[i].x, second.marks[i].x, 0);
        make(&data, &options, key + 1000, &second);
        different += memcmp(first.levels, second.levels, sizeof first.levels) != 0;
    }
    assert_int_equal(different, 20);
    detector_data_close(&data);
}

/* The share of the box that lies in the sample. */
static float part_in_sight(const struct face_mark *m)
{
    float w = fminf(m->x + m->w, SIDE) - fmaxf(m->x, 0);
    float h = fminf(m->y + m->h, SIDE) - fmaxf(m->y, 0);

    return w * h / (m->w * m->h);
}

static void levels_are_whole_and_marks_are_ordered_and_in_sight(void **state)
{
    static struct sample sample;
    struct detector_data data = open_part(DETECTOR_TRAIN);
    struct detector_sample_options options;

    (void)state;
    detector_sample_options_init(&options);
    for (uint64_t key = 0; key < SAMPLES; key++) {
        bool ignore = false;
        make(&data, &options, key, &sample);
        for (int i = 0; i < SIDE * SIDE; i++)
            assert_true(sample.levels[i] >= 0 && sample.levels[i] <= 255 &&
                        sample.levels[i] == rintf(sample.levels[i]));
        for (int i = 0; i < sample.count; i++) {
            const struct face_mark *m = &sample.marks[i];
            assert_true(m->ignore || !ignore); /* faces come first */
            ignore = m->ignore;
            assert_true(m->x < SIDE && m->y < SIDE && m->x + m->w > 0 && m->y + m->h > 0);
            assert_true(m->ignore || face_mark_size(m) >= 8);
            assert_true(m->ignore || (m->x + m->w / 2 >= 0 && m->x + m->w / 2 < SIDE));
        }
    }
    detector_data_close(&data);
}

static void a_face_of_which_too_little_is_in_sight_is_to_be_ignored(void **state)
{
    static struct sample sample;
    struct detector_data data = open_part(DETECTOR_TRAIN);
    struct detector_sample_options options;
    int faces = 0, ignored = 0;

    (void)state;
    detector_sample_options_init(&options);
    options.smallest_face = 500; /* between the side and this */
    options.negative = options.mosaic = 0;
    for (uint64_t key = 0; key < SAMPLES; key++) {
        make(&data, &options, key, &sample);
        for (int i = 0; i < sample.count; i++) {
            assert_true(sample.marks[i].ignore || part_in_sight(&sample.marks[i]) > 0.399f);
            faces += !sample.marks[i].ignore;
            ignored += sample.marks[i].ignore && sample.marks[i].has_landmarks;
        }
    }
    assert_true(faces > SAMPLES / 10 && ignored > SAMPLES / 10);
    detector_data_close(&data);
}

/* The mean level of 3 x 3 pixels, or -1 outside. */
static float level_at(const struct sample *sample, const float at[2])
{
    float sum = 0;
    int x = (int)at[0], y = (int)at[1];

    if (at[0] < 1 || at[1] < 1 || x >= SIDE - 1 || y >= SIDE - 1)
        return -1;
    for (int i = 0; i < 9; i++)
        sum += sample->levels[(y - 1 + i / 3) * SIDE + x - 1 + i % 3];
    return sum / 9;
}

/* Whether the left eye is on the left, seen with the mouth below. */
static bool eyes_are_named_right(const struct face_mark *m)
{
    const float *left = m->landmarks[FACE_LEFT_EYE], *right = m->landmarks[FACE_RIGHT_EYE];
    const float *mouth = m->landmarks[FACE_MOUTH];
    float across[2] = {right[0] - left[0], right[1] - left[1]};
    float down[2] = {2 * mouth[0] - left[0] - right[0], 2 * mouth[1] - left[1] - right[1]};

    return across[0] * down[1] - across[1] * down[0] > 0;
}

/* The squares of draw_face() are where the landmarks say, whatever was flipped, turned, scaled,
 * tiled. A few are hidden by covers or lost in noise. */
static void landmarks_lie_on_what_they_mark(void **state)
{
    static struct sample sample;
    struct detector_data data = open_part(DETECTOR_TRAIN);
    struct detector_sample_options options;
    int faces = 0, right = 0;

    (void)state;
    detector_sample_options_init(&options);
    for (uint64_t key = 0; key < SAMPLES; key++) {
        make(&data, &options, key, &sample);
        for (int i = 0; i < sample.count; i++) {
            const struct face_mark *m = &sample.marks[i];
            float left_eye = level_at(&sample, m->landmarks[FACE_LEFT_EYE]);
            float right_eye = level_at(&sample, m->landmarks[FACE_RIGHT_EYE]);
            float between[2] = {(m->landmarks[0][0] + m->landmarks[1][0]) / 2,
                                (m->landmarks[0][1] + m->landmarks[1][1]) / 2};
            float skin = level_at(&sample, between);
            assert_true(!m->has_landmarks || eyes_are_named_right(m));
            if (m->ignore || face_mark_size(m) < 20 || left_eye < 0 || right_eye < 0 || skin < 0)
                continue;
            faces++;
            right += left_eye > skin && right_eye > skin;
        }
    }
    assert_true(faces > SAMPLES);
    assert_true(right > 0.9 * faces);
    detector_data_close(&data);
}

static void faces_have_all_sizes_equally_often(void **state)
{
    static struct sample sample;
    struct detector_data data = open_part(DETECTOR_TRAIN);
    struct detector_sample_options options;
    int octaves[5] = {0};

    (void)state;
    detector_sample_options_init(&options);
    options.mosaic = 0;
    for (uint64_t key = 0; key < 2 * SAMPLES; key++) {
        make(&data, &options, key, &sample);
        for (int i = 0; i < sample.count; i++)
            if (!sample.marks[i].ignore)
                octaves[(int)fminf(log2f(face_mark_size(&sample.marks[i]) / 8), 4)]++;
    }
    for (int i = 0; i < 4; i++) /* 8 to 16, 16 to 32, 32 to 64, 64 to 128 */
        assert_in_range(octaves[i], SAMPLES / 5, 4 * SAMPLES);
    assert_true(octaves[4] > SAMPLES / 10);
    detector_data_close(&data);
}

static int count_without_faces(const struct detector_data *data,
                               const struct detector_sample_options *options)
{
    static struct sample sample;
    int count = 0;

    for (uint64_t key = 0; key < SAMPLES; key++) {
        make(data, options, key, &sample);
        count += sample.count == 0;
    }
    return count;
}

static void the_share_of_negatives_is_kept(void **state)
{
    struct detector_data data = open_part(DETECTOR_TRAIN);
    struct detector_sample_options options;

    (void)state;
    detector_sample_options_init(&options);
    options.negative = 1;
    assert_int_equal(count_without_faces(&data, &options), SAMPLES);
    options.negative = 0;
    assert_int_equal(count_without_faces(&data, &options), 0);
    detector_data_close(&data);
}

static void data_without_negatives_or_without_faces_still_make_samples(void **state)
{
    struct detector_data data = open_part(DETECTOR_TRAIN);
    struct detector_sample_options options;
    size_t kept = data.without_mark_count;

    (void)state;
    detector_sample_options_init(&options);
    options.negative = 1;
    data.without_mark_count = 0;
    assert_int_equal(count_without_faces(&data, &options), 0);
    data.without_mark_count = kept;
    data.with_face_count = 0;
    options.negative = 0;
    assert_int_equal(count_without_faces(&data, &options), SAMPLES);
    detector_data_close(&data);
}

/* A region of b.png, the picture without faces, that is alone what is drawn. */
static void hard_regions_are_drawn_as_often_as_asked(void **state)
{
    const struct detector_region region = {
        .picture = 2, .x = 100, .y = 100, .w = 30, .h = 40, .scale = 1};
    struct detector_data data = open_part(DETECTOR_TRAIN);
    struct detector_sample_options options;

    (void)state;
    detector_sample_options_init(&options);
    options.negative = 0;
    options.mosaic = 0;
    options.hard = 0.5f;
    assert_int_equal(count_without_faces(&data, &options), 0);
    options.regions = &region;
    options.region_count = 1;
    assert_in_range(count_without_faces(&data, &options), SAMPLES / 4, 3 * SAMPLES / 4);
    detector_data_close(&data);
}

static bool are_apart(const struct face_mark *a, const struct face_mark *b)
{
    return a->x >= b->x + b->w || b->x >= a->x + a->w || a->y >= b->y + b->h || b->y >= a->y + a->h;
}

static void pasted_faces_are_marked_where_they_are(void **state)
{
    static uint8_t pixels[2 * 48 * 48];
    static struct sample sample;
    const struct dataset faces = {.count = 2, .width = 48, .height = 48, .pixels = pixels};
    struct detector_data data = open_part(DETECTOR_TRAIN);
    struct detector_sample_options options;
    int marks = 0, bright = 0;

    (void)state;
    memset(pixels, 250, sizeof pixels);
    detector_sample_options_init(&options);
    options.negative = options.pasted = 1;
    options.faces = &faces;
    options.face_rows = (const uint32_t[]){0, 1};
    options.face_row_count = 2;
    for (uint64_t key = 0; key < SAMPLES; key++) {
        make(&data, &options, key, &sample);
        for (int i = 0; i < sample.count; i++) {
            const struct face_mark *m = &sample.marks[i];
            float middle[2] = {m->x + m->w / 2, m->y + m->h / 2};
            float corner[2] = {m->x - m->w / 2, m->y + m->h / 2};
            assert_false(m->has_landmarks);
            for (int j = 0; j < i; j++)
                assert_true(are_apart(m, &sample.marks[j]));
            if (m->ignore || level_at(&sample, corner) < 0)
                continue;
            marks++;
            bright += level_at(&sample, middle) > level_at(&sample, corner);
        }
    }
    assert_true(marks > SAMPLES / 2);
    assert_true(bright > 0.85 * marks);
    detector_data_close(&data);
}

/* How many of the pasted faces, all of them marks without landmarks, are below 24 pixels. */
static int count_small_pasted(const struct detector_data *data,
                              const struct detector_sample_options *options)
{
    static struct sample sample;
    int small = 0;

    for (uint64_t key = 0; key < SAMPLES; key++) {
        make(data, options, key, &sample);
        for (int i = 0; i < sample.count; i++)
            small += face_mark_size(&sample.marks[i]) < 23;
    }
    return small;
}

static void faces_that_are_hardly_found_are_not_pasted_small(void **state)
{
    static uint8_t pixels[48 * 48];
    static const uint32_t row;
    const struct dataset faces = {.count = 1, .width = 48, .height = 48, .pixels = pixels};
    struct detector_data data = open_part(DETECTOR_TRAIN);
    struct detector_sample_options options;
    int without;

    (void)state;
    detector_sample_options_init(&options);
    options.negative = options.pasted = 1;
    options.faces = &faces;
    options.face_rows = options.hard_face_rows = &row;
    options.face_row_count = 1;
    without = count_small_pasted(&data, &options);
    options.hard_face_row_count = 1;
    assert_in_range(count_small_pasted(&data, &options), without / 4, 3 * without / 4);
    detector_data_close(&data);
}

static void covers_stay_on_their_face_and_leave_most_of_it(void **state)
{
    const struct face_mark face = {.x = 40, .y = 30, .w = 50, .h = 60};
    struct image canvas;
    int covered = 0;

    (void)state;
    assert_int_equal(image_new(SIDE, SIDE, 1, &canvas, NULL), MIEN_OK);
    for (uint64_t key = 0; key < 400; key++) {
        struct random_stream r = {key, 0};
        int changed = 0;
        for (int i = 0; i < SIDE * SIDE; i++)
            image_row(&canvas, i / SIDE)[i % SIDE] = (uint8_t)random_bits(7, (uint64_t)i);
        detector_cover(&r, &face, 1, &canvas);
        for (int i = 0; i < SIDE * SIDE; i++) {
            int x = i % SIDE, y = i / SIDE;
            bool same = image_row(&canvas, y)[x] == (uint8_t)random_bits(7, (uint64_t)i);
            assert_true(same || (x >= 40 && x < 90 && y >= 30 && y < 90));
            changed += !same;
        }
        assert_true(changed < 0.42 * 50 * 60);
        covered += changed > 0;
    }
    assert_in_range(covered, 30, 120);
    image_free(&canvas);
}

static void letters_keep_clear_of_faces(void **state)
{
    const struct face_mark face = {.x = 40, .y = 30, .w = 50, .h = 60};
    struct image canvas;
    int written = 0;

    (void)state;
    assert_int_equal(image_new(SIDE, SIDE, 1, &canvas, NULL), MIEN_OK);
    for (uint64_t key = 0; key < 200; key++) {
        struct random_stream r = {key, 0};
        int outside = 0;
        for (int y = 0; y < SIDE; y++)
            memset(image_row(&canvas, y), 100, SIDE);
        detector_clutter(&r, &face, 1, &canvas);
        for (int i = 0; i < SIDE * SIDE; i++) {
            int x = i % SIDE, y = i / SIDE;
            bool changed = image_row(&canvas, y)[x] != 100;
            outside += changed;
            assert_false(changed && x >= 40 && x < 90 && y >= 30 && y < 90);
        }
        written += outside > 20;
    }
    assert_true(written > 60);
    image_free(&canvas);
}

static void a_shorter_list_of_marks_is_not_overrun(void **state)
{
    static struct sample sample;
    struct detector_data data = open_part(DETECTOR_TRAIN);
    struct detector_sample_options options;
    int count;

    (void)state;
    detector_sample_options_init(&options);
    options.mosaic = 1;
    for (uint64_t key = 0; key < 20; key++) {
        memset(sample.marks, 0, sizeof sample.marks);
        assert_int_equal(detector_sample_make(&data, &options, key, SIDE, sample.levels,
                                              sample.marks, 2, &count, NULL),
                         MIEN_OK);
        assert_true(count <= 2);
        assert_float_equal(sample.marks[2].w, 0, 0);
    }
    detector_data_close(&data);
}

/* Levels. */

enum { H = 37, W = 45 };

static void draw_levels(float levels[H * W])
{
    for (int i = 0; i < H * W; i++)
        levels[i] = rintf(random_range(3, (uint64_t)i, 0, 255));
}

static double mean_of(const float *levels)
{
    double sum = 0;

    for (int i = 0; i < H * W; i++)
        sum += (double)levels[i];
    return sum / (H * W);
}

static double deviation_of(const float *levels)
{
    double mean = mean_of(levels), sum = 0;

    for (int i = 0; i < H * W; i++)
        sum += ((double)levels[i] - mean) * ((double)levels[i] - mean);
    return sqrt(sum / (H * W));
}

static void blur_keeps_a_flat_picture_and_the_sum_of_a_point(void **state)
{
    static float levels[H * W], scratch[H * W];

    (void)state;
    for (int i = 0; i < H * W; i++)
        levels[i] = 100;
    levels_blur(levels, H, W, 2.5f);
    levels_motion_blur(levels, H, W, 9, 0.7f, scratch);
    assert_true(fabs(mean_of(levels) - 100) < 1e-3 && deviation_of(levels) < 1e-3);
    memset(levels, 0, sizeof levels);
    levels[18 * W + 22] = 1000;
    levels_blur(levels, H, W, 2);
    assert_float_equal(mean_of(levels) * H * W, 1000, 0.1);
    assert_float_equal(levels[18 * W + 24] / levels[18 * W + 22], exp(-0.5), 1e-3);
    assert_float_equal(levels[16 * W + 22], levels[18 * W + 24], 1e-3);
}

static void blur_of_a_large_picture_has_no_seams(void **state)
{
    enum { LONG = 1300 };
    static float wide[3 * LONG], high[LONG * 70];

    (void)state;
    for (int i = 0; i < 3 * LONG; i++)
        wide[i] = (float)(i % LONG);
    for (int i = 0; i < LONG * 70; i++)
        high[i] = (float)(i / 70 + i % 70);
    levels_blur(wide, 3, LONG, 2);
    levels_blur(high, LONG, 70, 2);
    for (int x = 10; x < LONG - 10; x++)
        for (int y = 0; y < 3; y++)
            assert_float_equal(wide[y * LONG + x], x, 1e-2);
    for (int y = 10; y < LONG - 10; y++)
        for (int x = 10; x < 60; x++)
            assert_float_equal(high[y * 70 + x], x + y, 1e-2);
}

static void motion_blurs_along_its_line_alone(void **state)
{
    static float levels[H * W], scratch[H * W];

    (void)state;
    levels[18 * W + 22] = 900;
    levels_motion_blur(levels, H, W, 8, 0, scratch);
    for (int x = 18; x <= 26; x++)
        assert_float_equal(levels[18 * W + x], 100, 1e-3);
    assert_float_equal(levels[18 * W + 27], 0, 0);
    assert_float_equal(levels[17 * W + 22], 0, 0);
}

static void noise_has_its_deviation_and_no_mean(void **state)
{
    static float levels[H * W];

    (void)state;
    levels_noise(levels, H, W, 12, 5);
    assert_true(fabs(mean_of(levels)) < 1 && fabs(deviation_of(levels) - 12) < 1);
    memset(levels, 0, sizeof levels);
    levels_grain(levels, H, W, 12, 5);
    assert_true(fabs(mean_of(levels)) < 1.5 && fabs(deviation_of(levels) - 12) < 1.5);
    assert_float_equal(levels[0], levels[W + 1], 0);
}

static void blocks_of_a_fine_step_change_little_and_coarse_ones_much(void **state)
{
    static float levels[H * W], kept[H * W];
    double worst = 0;

    (void)state;
    draw_levels(kept);
    memcpy(levels, kept, sizeof levels);
    levels_blocks(levels, H, W, 0.01f, -3, -5);
    for (int i = 0; i < H * W; i++)
        worst = fmax(worst, fabs((double)levels[i] - (double)kept[i]));
    assert_true(worst < 0.3);
    levels_blocks(levels, H, W, 1e4f, 0, 0); /* all of it is less than half a step */
    assert_true(mean_of(levels) == 0 && deviation_of(levels) == 0);
}

static void rounding_clips(void **state)
{
    static float levels[H * W];

    (void)state;
    draw_levels(levels);
    levels[0] = -3;
    levels[1] = 256.7f;
    levels[2] = 10.4f;
    levels_round(levels, H, W);
    assert_float_equal(levels[0], 0, 0);
    assert_float_equal(levels[1], 255, 0);
    assert_float_equal(levels[2], 10, 0);
}

static void light_falls_off_as_asked(void **state)
{
    static float levels[H * W];

    (void)state;
    for (int i = 0; i < H * W; i++)
        levels[i] = 100;
    levels_vignette(levels, H, W, 0.5f);
    assert_float_equal(levels[H / 2 * W + W / 2], 100, 0.1);
    assert_true(levels[0] < 55 && levels[H * W - 1] < 55);
    for (int i = 0; i < H * W; i++)
        levels[i] = 100;
    levels_slope(levels, H, W, 0.5f, 1.5f, 0);
    assert_true(levels[0] < 80 && levels[W - 1] > 120);
    assert_float_equal(levels[0], levels[(H - 1) * W], 1e-3);
}

/* Conditions. */

/* The mean level of 5 x 5 pixels. */
static float mean_around(const struct image *image, float x, float y)
{
    float sum = 0;

    for (int i = 0; i < 25; i++)
        sum += image_row(image, (int)y - 2 + i / 5)[(int)x - 2 + i % 5];
    return sum / 25;
}

static void every_condition_keeps_pictures_and_moves_their_marks(void **state)
{
    struct detector_data data = open_part(DETECTOR_TRAIN), changed;

    (void)state;
    for (int c = 0; c < CONDITIONS; c++) {
        const struct detector_picture *a;
        assert_true(strlen(detector_condition_name(c)) > 3);
        assert_int_equal(detector_condition_apply(&data, c, NULL, &changed, NULL), MIEN_OK);
        a = &changed.pictures[1];
        assert_int_equal(changed.count, 3);
        assert_string_equal(a->file, "a.png");
        assert_int_equal(changed.face_count, 3);
        assert_int_equal(a->face_count, 2);
        assert_int_equal(a->mark_count, 3);
        assert_true(a->marks[2].ignore && !a->marks[1].ignore);
        for (int i = 0; i < FACE_LANDMARKS; i++) { /* of the large face */
            const float *at = a->marks[1].landmarks[i];
            float face = mean_around(&a->grey, at[0], at[1]);
            assert_true(face > mean_around(&a->grey, (float)a->grey.width / 2,
                                           2 * (float)a->grey.height / 3));
        }
        detector_data_close(&changed);
    }
    detector_data_close(&data);
}

static void a_quarter_of_a_small_face_is_to_be_ignored(void **state)
{
    struct detector_data data = open_part(DETECTOR_TRAIN), changed;
    struct detector_picture *a = &data.pictures[1];

    (void)state;
    for (int i = 0; i < FACE_LANDMARKS; i++) /* 66 pixels become 33, and then 8 */
        for (int j = 0; j < 2; j++)
            a->marks[0].landmarks[i][j] /= 2;
    assert_int_equal(detector_condition_apply(&data, CONDITION_QUARTER, NULL, &changed, NULL), 0);
    a = &changed.pictures[1];
    assert_int_equal(a->grey.width, 70);
    assert_int_equal(a->grey.height, 55);
    assert_int_equal(a->face_count, 1);
    assert_true(!a->marks[0].ignore && a->marks[1].ignore && a->marks[2].ignore);
    assert_float_equal(a->marks[0].landmarks[FACE_LEFT_EYE][0], 37.5, 1e-4);
    detector_data_close(&changed);
    detector_data_close(&data);
}

static void conditions_are_the_same_at_any_number_of_threads(void **state)
{
    struct detector_data data = open_part(DETECTOR_TRAIN), one, many;
    struct thread_pool *pool;

    (void)state;
    assert_int_equal(thread_pool_new(3, &pool, NULL), MIEN_OK);
    for (int c = 0; c < CONDITIONS; c++) {
        assert_int_equal(detector_condition_apply(&data, c, NULL, &one, NULL), MIEN_OK);
        assert_int_equal(detector_condition_apply(&data, c, pool, &many, NULL), MIEN_OK);
        for (size_t i = 0; i < data.count; i++) {
            const struct image *a = &one.pictures[i].grey, *b = &many.pictures[i].grey;
            assert_int_equal(a->width, b->width);
            for (int y = 0; y < a->height; y++)
                assert_memory_equal(image_row(a, y), image_row(b, y), (size_t)a->width);
        }
        detector_data_close(&one);
        detector_data_close(&many);
    }
    thread_pool_free(pool);
    detector_data_close(&data);
}

#define IN_FOLDER(name) cmocka_unit_test_setup(name, new_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(pictures_come_in_the_order_of_the_split_with_their_marks),
        IN_FOLDER(the_lists_tell_pictures_with_faces_from_those_without_marks),
        IN_FOLDER(the_other_part_has_other_pictures),
        IN_FOLDER(wrong_tables_are_named_with_line_and_column),
        IN_FOLDER(a_table_without_rows_is_no_fault_but_one_that_is_missing_is),
        IN_FOLDER(a_wrong_split_is_refused),
        IN_FOLDER(landmarks_of_other_faces_are_refused),
        IN_FOLDER(a_picture_that_cannot_be_read_is_named),
        IN_FOLDER(progress_can_stop_the_reading),
        cmocka_unit_test(the_research_data_are_read_whole),
        IN_FOLDER(the_same_key_makes_the_same_sample),
        IN_FOLDER(levels_are_whole_and_marks_are_ordered_and_in_sight),
        IN_FOLDER(a_face_of_which_too_little_is_in_sight_is_to_be_ignored),
        IN_FOLDER(landmarks_lie_on_what_they_mark),
        IN_FOLDER(faces_have_all_sizes_equally_often),
        IN_FOLDER(the_share_of_negatives_is_kept),
        IN_FOLDER(data_without_negatives_or_without_faces_still_make_samples),
        IN_FOLDER(hard_regions_are_drawn_as_often_as_asked),
        IN_FOLDER(pasted_faces_are_marked_where_they_are),
        IN_FOLDER(faces_that_are_hardly_found_are_not_pasted_small),
        cmocka_unit_test(covers_stay_on_their_face_and_leave_most_of_it),
        cmocka_unit_test(letters_keep_clear_of_faces),
        IN_FOLDER(a_shorter_list_of_marks_is_not_overrun),
        cmocka_unit_test(blur_keeps_a_flat_picture_and_the_sum_of_a_point),
        cmocka_unit_test(blur_of_a_large_picture_has_no_seams),
        cmocka_unit_test(motion_blurs_along_its_line_alone),
        cmocka_unit_test(noise_has_its_deviation_and_no_mean),
        cmocka_unit_test(blocks_of_a_fine_step_change_little_and_coarse_ones_much),
        cmocka_unit_test(rounding_clips),
        cmocka_unit_test(light_falls_off_as_asked),
        IN_FOLDER(every_condition_keeps_pictures_and_moves_their_marks),
        IN_FOLDER(a_quarter_of_a_small_face_is_to_be_ignored),
        IN_FOLDER(conditions_are_the_same_at_any_number_of_threads),
    };

    return cmocka_run_group_tests(tests, temp_folder_new, temp_folder_free);
}

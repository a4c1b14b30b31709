/* test_stream.c - frames through all stages: order, sameness, dropping, ends; who is who, flicker
 * and delay with the built-in models, in scenes whose truth is known.
 * SPDX-License-Identifier: MIT */
#include "tests/unit.h"

#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>

#include "media/picture_reader.h"
#include "recognition/stream.h"
#include "tests/drawn_face.h"

enum { RATE = 30, W = 480, H = 270 };

static mien_recognizer *recognizer;

static int open_recognizer(void **state)
{
    (void)state;
    return mien_recognizer_open(NULL, &recognizer, NULL);
}

static int close_recognizer(void **state)
{
    (void)state;
    mien_recognizer_close(recognizer);
    return 0;
}

/* A source that draws: frame `number` is what `draw` makes of an image. */
struct drawing {
    void (*draw)(size_t number, struct image *image);
    size_t frames;  /* then the end */
    size_t fail_at; /* the frame in whose place the source fails; 0: none */
    bool live;
    double (*time)(size_t number); /* NULL: RATE frames a second */
    size_t number;
    atomic_bool interrupted;
    bool blocks_at_end;
};

/* What a frame of it keeps its memory in. */
struct drawn_frame {
    struct image rgb, grey, chroma[2];
    size_t carried; /* its own load and that of dropped frames */
};

static mien_status read_drawing(void *context, void **payload, struct stream_picture *ret_picture,
                                bool *ret_end, mien_error *err)
{
    struct drawing *d = context;
    struct drawn_frame *frame = *payload;

    if (d->fail_at && d->number == d->fail_at)
        return error_set(err, MIEN_EIO, "the cable is cut");
    while (d->number == d->frames && d->blocks_at_end && !atomic_load(&d->interrupted))
        nanosleep(&(struct timespec){0, 1000000}, NULL);
    if (d->number == d->frames) {
        *ret_end = true;
        return MIEN_OK;
    }
    if (!frame) {
        *payload = frame = calloc(1, sizeof *frame);
        assert_true(frame && !image_new(W, H, 3, &frame->rgb, NULL) &&
                    !image_new(W, H, 1, &frame->grey, NULL) &&
                    !image_new(W, H, 1, &frame->chroma[0], NULL) &&
                    !image_new(W, H, 1, &frame->chroma[1], NULL));
    }
    frame->carried = 1;
    d->draw(d->number, &frame->rgb);
    image_convert(&frame->rgb, &frame->grey);
    image_chroma(&frame->rgb, frame->chroma);
    ret_picture->grey = frame->grey;
    memcpy(ret_picture->chroma, frame->chroma, sizeof frame->chroma);
    ret_picture->time = d->time ? d->time(d->number) : (double)d->number / RATE;
    d->number++;
    return MIEN_OK;
}

static void free_drawing(void *payload)
{
    struct drawn_frame *frame = payload;

    if (frame) {
        image_free(&frame->rgb);
        image_free(&frame->grey);
        image_free(&frame->chroma[0]);
        image_free(&frame->chroma[1]);
    }
    free(frame);
}

static void drop_drawing(void *dropped, void *heir)
{
    ((struct drawn_frame *)heir)->carried += ((struct drawn_frame *)dropped)->carried;
}

static void interrupt_drawing(void *context)
{
    atomic_store(&((struct drawing *)context)->interrupted, true);
}

static struct stream *open_stream(struct drawing *drawing, int threads, double neutral_s)
{
    struct stream_source source = {drawing,           read_drawing, free_drawing,
                                   interrupt_drawing, drop_drawing, drawing->live};
    struct stream_options options;
    struct stream *stream;
    mien_error err;

    stream_options_init(&options);
    options.threads = threads;
    options.neutral_s = neutral_s;
    if (stream_open(recognizer, &source, &options, &stream, &err))
        fail_msg("%s", err.message);
    return stream;
}

/* The next frame, or NULL at the end. */
static struct stream_frame *next_frame(struct stream *stream)
{
    struct stream_frame *frame = NULL;
    enum stream_event event;
    mien_error err;

    do
        if (stream_next(stream, 10, &frame, &event, &err))
            fail_msg("%s", err.message);
    while (event == STREAM_NOTHING_YET);
    return event == STREAM_FRAME ? frame : NULL;
}

static void draw_nobody(size_t number, struct image *image)
{
    memset(image->pixels, (int)(number % 200), image->stride * (size_t)image->height);
}

/* Somebody at x, y (in pixels), whose face is about 60 pixels high. */
static void add_person(struct image *image, int who, float x, float y, float smile, float surprise)
{
    struct drawn_person person = drawn_people[who];

    person.x = x;
    person.y = y;
    person.size = 60;
    person.smile = smile;
    person.surprise = surprise;
    drawn_add(image, &person);
}

static void draw_two(size_t number, struct image *image)
{
    float t = (float)number / RATE;

    drawn_background(image);
    add_person(image, 0, 120 + 40 * sinf(t * 2), 100, 0, 0);
    add_person(image, 1, 340, 110 + 20 * sinf(t * 3), 1, 0);
    drawn_noise(image, 4, number);
}

struct answer {
    size_t number, count;
    double time;
    struct stream_face faces[3];
};

static size_t record_all(int threads, struct answer *answers, size_t capacity)
{
    struct drawing drawing = {.draw = draw_two, .frames = 24};
    struct stream *stream = open_stream(&drawing, threads, 0);
    struct stream_frame *frame;
    size_t count = 0;

    while ((frame = next_frame(stream)) && count < capacity) {
        struct answer *a = &answers[count++];
        memset(a, 0, sizeof *a);
        *a = (struct answer){frame->number, frame->count, frame->picture.time, {{0}}};
        for (size_t i = 0; i < frame->count && i < 3; i++)
            a->faces[i] = frame->faces[i];
    }
    stream_close(stream);
    return count;
}

static void results_are_the_same_at_any_number_of_threads(void **state)
{
    static struct answer one[30], many[30];

    (void)state;
    assert_int_equal(record_all(1, one, 30), 24);
    for (int threads = 2; threads <= 5; threads += 3) {
        assert_int_equal(record_all(threads, many, 30), 24);
        for (size_t i = 0; i < 24; i++) {
            assert_int_equal(many[i].number, i);
            assert_int_equal(many[i].count, one[i].count);
            assert_true(many[i].count == 2 || i < 3); /* who is doubtful is seen twice first */
            assert_memory_equal(&one[i].time, &many[i].time, sizeof one[i].time);
            for (size_t k = 0; k < one[i].count; k++) {
                const struct stream_face *a = &one[i].faces[k], *b = &many[i].faces[k];
                assert_int_equal(a->id, b->id);
                assert_memory_equal(&a->face.box, &b->face.box, sizeof a->face.box);
                assert_memory_equal(a->face.probabilities, b->face.probabilities,
                                    sizeof a->face.probabilities);
                assert_memory_equal(a->unsmoothed, b->unsmoothed, sizeof a->unsmoothed);
            }
        }
    }
    assert_memory_not_equal(many[23].faces[0].face.probabilities,
                            many[23].faces[1].face.probabilities,
                            sizeof many[23].faces[0].face.probabilities);
}

static void a_file_loses_no_frame_however_slowly_it_is_taken(void **state)
{
    struct drawing drawing = {.draw = draw_nobody, .frames = 40};
    struct stream *stream = open_stream(&drawing, 2, 0);
    struct stream_frame *frame;
    size_t count = 0;

    (void)state;
    while ((frame = next_frame(stream))) {
        assert_int_equal(frame->number, count++);
        assert_int_equal(frame->picture.grey.pixels[0], (int)frame->number);
        nanosleep(&(struct timespec){0, 3000000}, NULL);
    }
    assert_int_equal(count, 40);
    assert_int_equal(stream_counts(stream).dropped, 0);
    assert_null(next_frame(stream)); /* the end stays the end */
    stream_close(stream);
}

static void a_live_source_drops_old_frames_and_counts_them(void **state)
{
    struct drawing drawing = {.draw = draw_nobody, .frames = 3000, .live = true};
    struct stream *stream = open_stream(&drawing, 2, 0);
    struct stream_frame *frame;
    struct stream_counts counts;
    size_t taken = 0, carried = 0;
    double last = -1;

    (void)state;
    while ((frame = next_frame(stream))) {
        assert_int_equal(frame->number % 3 == 0, frame->detected);
        assert_true(frame->picture.time > last);
        assert_int_equal(frame->picture.grey.pixels[0],
                         (int)(lround(frame->picture.time * RATE) % 200));
        last = frame->picture.time;
        carried += ((struct drawn_frame *)frame->payload)->carried;
        taken++;
        nanosleep(&(struct timespec){0, 3000000}, NULL);
    }
    counts = stream_counts(stream);
    assert_int_equal(counts.read, 3000);
    assert_int_equal(counts.taken, taken);
    assert_true(counts.dropped > 0);
    assert_int_equal(counts.taken + counts.dropped, counts.read);
    assert_true(lround(last * RATE) == 2999); /* the newest frame is always kept */
    assert_int_equal(carried, 3000);          /* what dropped frames carry is not lost */
    stream_close(stream);
}

static void a_failure_of_the_source_is_told_after_its_frames(void **state)
{
    struct drawing drawing = {.draw = draw_nobody, .frames = 40, .fail_at = 7};
    struct stream *stream = open_stream(&drawing, 2, 0);
    struct stream_frame *frame;
    enum stream_event event;
    mien_error err;

    (void)state;
    for (size_t i = 0; i < 7; i++)
        assert_int_equal(next_frame(stream)->number, i);
    assert_int_equal(stream_next(stream, 10, &frame, &event, &err), MIEN_EIO);
    assert_string_equal(err.message, "the cable is cut");
    assert_null(next_frame(stream));
    stream_close(stream);
}

static void a_stream_can_be_closed_at_any_moment(void **state)
{
    (void)state;
    for (size_t frames = 0; frames < 12; frames += 3) {
        struct drawing drawing = {.draw = draw_two, .frames = frames, .blocks_at_end = true};
        struct stream *stream = open_stream(&drawing, 3, 0);
        if (frames == 9)
            next_frame(stream);
        stream_close(stream);
    }
    stream_close(NULL);
}

static void waiting_ends_when_the_time_is_up(void **state)
{
    struct drawing drawing = {.draw = draw_nobody, .frames = 0, .blocks_at_end = true};
    struct stream *stream = open_stream(&drawing, 1, 0);
    struct stream_frame *frame;
    enum stream_event event = STREAM_FRAME;

    (void)state;
    assert_int_equal(stream_next(stream, 0.01, &frame, &event, NULL), MIEN_OK);
    assert_int_equal(event, STREAM_NOTHING_YET);
    stream_close(stream);
}

static void draw_one(size_t number, struct image *image)
{
    drawn_background(image);
    add_person(image, 0, 240, 110, 0, 0);
    drawn_noise(image, 4, number);
}

/* A file that is played again and again, and one frame without a time. */
static double looping_time(size_t number)
{
    return number == 5 ? (double)NAN : (double)(number % 10) / RATE;
}

static void time_that_starts_again_ends_no_track(void **state)
{
    struct drawing drawing = {.draw = draw_one, .frames = 30, .time = looping_time};
    struct stream *stream = open_stream(&drawing, 2, 0);
    struct stream_frame *frame;
    size_t count = 0;

    (void)state;
    while ((frame = next_frame(stream))) {
        assert_int_equal(frame->count, 1);
        assert_int_equal(frame->faces[0].id, 1);
        count++;
    }
    assert_int_equal(count, 30);
    stream_close(stream);
}

static void options_outside_their_range_are_refused(void **state)
{
    struct drawing drawing = {.draw = draw_nobody};
    struct stream_source source = {
        .context = &drawing, .read = read_drawing, .free_payload = free_drawing};
    struct stream_options options;
    struct stream *stream;
    mien_error err;

    (void)state;
    stream_options_init(&options);
    options.detect_every = 0;
    assert_int_equal(stream_open(recognizer, &source, &options, &stream, &err), MIEN_EINVAL);
    assert_string_equal(err.message, "detection in every 0 frames: give 1 (in each) to 100");
    stream_options_init(&options);
    options.threads = 65;
    assert_int_equal(stream_open(recognizer, &source, &options, &stream, NULL), MIEN_EINVAL);
    stream_options_init(&options);
    options.smallest = 0;
    assert_int_equal(stream_open(recognizer, &source, &options, &stream, NULL), MIEN_EINVAL);
}

/* --- Who is who --- */

static float crossing_x(int who, float t)
{
    return 240 + (who ? -1 : 1) * (t - 2) * 70;
}

/* Two people cross, the first in front of the second. */
static void draw_crossing(size_t number, struct image *image)
{
    float t = (float)number / RATE;

    drawn_background(image);
    add_person(image, 1, crossing_x(1, t), 100, 0, 0);
    add_person(image, 0, crossing_x(0, t), 110, 0, 0);
    drawn_noise(image, 4, number);
}

static float walking_x(int who, float t)
{
    return 120 + 240 * (float)who + 20 * sinf(2 * t);
}

/* A board covers the first of two people from second 1 to 3. */
static void draw_covered(size_t number, struct image *image)
{
    float t = (float)number / RATE;

    drawn_background(image);
    add_person(image, 2, walking_x(0, t), 110, 0, 0);
    add_person(image, 3, walking_x(1, t), 110, 0, 0);
    for (int y = 0; t >= 1 && t < 3 && y < H; y++)
        memset(image_row(image, y), 90, 3 * 230);
    drawn_noise(image, 4, number);
}

static const struct stream_face *face_at(const struct stream_frame *frame, float x)
{
    for (size_t i = 0; i < frame->count; i++) {
        const mien_box *box = &frame->faces[i].face.box;
        if (fabsf(box->x + box->w / 2 - x) < 20)
            return &frame->faces[i];
    }
    return NULL;
}

/* Plays a scene of two people and counts how often somebody's number changes. */
static int count_switches(void (*draw)(size_t, struct image *), float (*place)(int, float),
                          size_t frames, size_t *ret_tracked, int *ret_last_id)
{
    struct drawing drawing = {.draw = draw, .frames = frames};
    struct stream *stream = open_stream(&drawing, 2, 0);
    struct stream_frame *frame;
    int switches = 0, ids[2] = {0};

    *ret_tracked = 0;
    *ret_last_id = 0;
    while ((frame = next_frame(stream))) {
        float t = (float)frame->number / RATE;
        if (fabsf(place(0, t) - place(1, t)) < 60) /* too near to tell by place */
            continue;
        for (int who = 0; who < 2; who++) {
            const struct stream_face *face = face_at(frame, place(who, t));
            if (!face)
                continue;
            switches += ids[who] && ids[who] != face->id;
            ids[who] = face->id;
            ++*ret_tracked;
            *ret_last_id = face->id > *ret_last_id ? face->id : *ret_last_id;
        }
    }
    stream_close(stream);
    return switches;
}

static void two_people_who_cross_stay_who_they_are(void **state)
{
    size_t tracked;
    int switches, last;

    (void)state;
    switches = count_switches(draw_crossing, crossing_x, 4 * RATE, &tracked, &last);
    printf("# two people who cross: %d changes of number in %zu faces\n", switches, tracked);
    assert_int_equal(switches, 0);
    assert_int_equal(last, 2);
    assert_true(tracked > 4 * RATE);
}

static void two_seconds_behind_a_board_change_nobodys_number(void **state)
{
    size_t tracked;
    int switches, last;

    (void)state;
    switches = count_switches(draw_covered, walking_x, 4 * RATE, &tracked, &last);
    printf("# two seconds behind a board: %d changes of number in %zu faces\n", switches, tracked);
    assert_int_equal(switches, 0);
    assert_int_equal(last, 2);
    assert_true(tracked > 5 * RATE);
}

/* --- Flicker and delay --- */

struct flicker {
    int raw, smooth; /* label changes */
    double seconds;
};

static int largest(const float *values, int count)
{
    int best = 0;

    for (int i = 1; i < count; i++)
        best = values[i] > values[best] ? i : best;
    return best;
}

/* Adds the label changes of a stream of one face. */
static void add_flicker(struct drawing *drawing, struct flicker *flicker)
{
    struct stream *stream = open_stream(drawing, 2, 0);
    struct stream_frame *frame;
    int raw = -1, smooth = -1, id = 0;

    while ((frame = next_frame(stream))) {
        if (frame->count != 1 || frame->faces[0].face.box.h < 48) /* smaller ones are a guess */
            continue;
        int now = largest(frame->faces[0].unsmoothed, mien_label_count(recognizer));
        if (frame->faces[0].id == id) {
            flicker->raw += now != raw;
            flicker->smooth += frame->faces[0].face.expression != smooth;
        }
        id = frame->faces[0].id;
        raw = now;
        smooth = frame->faces[0].face.expression;
    }
    flicker->seconds += (double)drawing->frames / RATE;
    stream_close(stream);
}

/* Between neutral and happy, in bad light. */
static void draw_half_smile(size_t number, struct image *image)
{
    static struct image still;

    if (!still.pixels) {
        assert_int_equal(image_new(W, H, 3, &still, NULL), MIEN_OK);
        drawn_background(&still);
        add_person(&still, 1, 240, 110, 0.3f, 0);
    }
    image_convert(&still, image);
    drawn_noise(image, 14, number);
}

static void a_still_noisy_face_flickers_a_tenth_as_often(void **state)
{
    struct drawing drawing = {.draw = draw_half_smile, .frames = 6 * RATE};
    struct flicker flicker = {0};

    (void)state;
    add_flicker(&drawing, &flicker);
    printf("# drawn face: label changes a second: %.2f unsmoothed, %.2f smoothed\n",
           flicker.raw / flicker.seconds, flicker.smooth / flicker.seconds);
    assert_true(flicker.raw >= 12);
    assert_true(10 * flicker.smooth <= flicker.raw);
}

static struct image photograph; /* W x H */

static void draw_photograph(size_t number, struct image *image)
{
    image_convert(&photograph, image);
    drawn_noise(image, 8, number);
}

static void photographs_with_noise_flicker_a_tenth_as_often(void **state)
{
    struct flicker flicker = {0};
    char folder[4096];

    (void)state;
    unit_data_path("faces/caltech", folder, sizeof folder);
    assert_int_equal(image_new(W, H, 3, &photograph, NULL), MIEN_OK);
    for (int i = 100; i < 116; i++) {
        struct drawing drawing = {.draw = draw_photograph, .frames = 2 * RATE};
        char path[4200];
        struct image image;
        snprintf(path, sizeof path, "%s/pic%05d.jpg", folder, i);
        if (picture_read(path, &image, NULL))
            continue;
        image_crop(&image, (image.width - W) / 2, (image.height - H) / 2, IMAGE_EDGE_REPLICATE,
                   &photograph);
        image_free(&image);
        add_flicker(&drawing, &flicker);
    }
    image_free(&photograph);
    printf("# photographs: label changes a second: %.2f unsmoothed, %.2f smoothed\n",
           flicker.raw / flicker.seconds, flicker.smooth / flicker.seconds);
    assert_true(flicker.seconds > 10);
    assert_true(10 * flicker.smooth <= flicker.raw);
}

/* Neutral, happy and surprised by turns, two seconds each. */
static void draw_changing(size_t number, struct image *image)
{
    size_t phase = number / (2 * RATE) % 3;

    drawn_background(image);
    add_person(image, 0, 240, 110, phase == 1, phase == 2);
    drawn_noise(image, 6, number);
}

static void a_change_of_the_face_shows_within_200_ms(void **state)
{
    static const char *const wanted[3] = {"neutral", "happy", "surprise"};
    struct drawing drawing = {.draw = draw_changing, .frames = 8 * RATE};
    struct stream *stream = open_stream(&drawing, 2, 0);
    struct stream_frame *frame;
    size_t last_phase = 0, changed = 0, worst = 0;
    bool shown = true;

    (void)state;
    while ((frame = next_frame(stream))) {
        size_t phase = frame->number / (2 * RATE);
        if (frame->number < 3)
            continue;
        assert_int_equal(frame->count, 1);
        if (phase != last_phase) {
            assert_true(shown);
            shown = false;
            last_phase = phase;
            changed = frame->number;
        }
        if (!shown &&
            !strcmp(mien_label(recognizer, frame->faces[0].face.expression), wanted[phase % 3])) {
            shown = true;
            worst = frame->number - changed > worst ? frame->number - changed : worst;
        }
    }
    stream_close(stream);
    printf("# longest delay of a change: %.0f ms\n", 1000.0 * (double)worst / RATE);
    assert_true(shown);
    assert_true(worst * 1000 <= 200 * RATE);
}

/* Somebody whose face at rest smiles a little. */
static void draw_smiler(size_t number, struct image *image)
{
    drawn_background(image);
    add_person(image, 3, 240, 110, number < 3 * RATE ? 0.8f : 0, number < 3 * RATE ? 0 : 1);
    drawn_noise(image, 4, number);
}

static void a_face_at_rest_reads_neutral_after_the_baseline(void **state)
{
    struct drawing drawing = {.draw = draw_smiler, .frames = 4 * RATE};
    struct stream *stream = open_stream(&drawing, 2, 1);
    struct stream_frame *frame;

    (void)state;
    while ((frame = next_frame(stream))) {
        const char *label =
            frame->count ? mien_label(recognizer, frame->faces[0].face.expression) : "";
        if (frame->number == RATE / 2) {
            assert_true(frame->faces[0].learning);
            assert_string_equal(label, "happy");
        } else if (frame->number == 2 * RATE) {
            assert_false(frame->faces[0].learning);
            assert_string_equal(label, "neutral");
        } else if (frame->number == 4 * RATE - 1) {
            assert_string_equal(label, "surprise");
        }
    }
    stream_close(stream);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(results_are_the_same_at_any_number_of_threads),
        cmocka_unit_test(a_file_loses_no_frame_however_slowly_it_is_taken),
        cmocka_unit_test(a_live_source_drops_old_frames_and_counts_them),
        cmocka_unit_test(a_failure_of_the_source_is_told_after_its_frames),
        cmocka_unit_test(a_stream_can_be_closed_at_any_moment),
        cmocka_unit_test(waiting_ends_when_the_time_is_up),
        cmocka_unit_test(time_that_starts_again_ends_no_track),
        cmocka_unit_test(options_outside_their_range_are_refused),
        cmocka_unit_test(two_people_who_cross_stay_who_they_are),
        cmocka_unit_test(two_seconds_behind_a_board_change_nobodys_number),
        cmocka_unit_test(a_still_noisy_face_flickers_a_tenth_as_often),
        cmocka_unit_test(photographs_with_noise_flicker_a_tenth_as_often),
        cmocka_unit_test(a_change_of_the_face_shows_within_200_ms),
        cmocka_unit_test(a_face_at_rest_reads_neutral_after_the_baseline),
    };

    return cmocka_run_group_tests(tests, open_recognizer, close_recognizer);
}

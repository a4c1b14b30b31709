/* quality_rules.c - when the reasons of src/recognition/quality.c are given, and whether they say
 * what they should: faces of FER2013's PublicTest are blurred, darkened and shrunk by known
 * amounts, and those of photographs are compared with their marked landmarks.
 *
 *     build/bench/quality_rules fer2013.csv.zst FOLDER [COUNT]
 *
 * FOLDER holds photographs with marked faces, as mien detector takes it; COUNT pictures of
 * FER2013 are used (default 1000).
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "dataset/split.h"
#include "image/resize.h"
#include "mien/mien.h"
#include "training/detector_data.h"
#include "training/levels.h"

enum { SIDE = 96, FACES = 256 };

struct bench {
    struct dataset dataset;
    struct split split;
    size_t count;
    mien_recognizer *recognizer;
    mien_workspace *workspace;
};

/* What is done to a picture of SIDE x SIDE; 0: nothing. */
struct change {
    float blur;  /* standard deviation, in 48ths of the face */
    float gain;  /* times the light */
    float share; /* of the face that is left when it is cut off at the side */
    int side;    /* pixels */
};

struct tally {
    int pictures, right, reasons[MIEN_REASONS];
};

static void add(struct tally *tally, const mien_face *face, int label)
{
    tally->pictures++;
    tally->right += face->expression == label;
    for (int i = 0; i < MIEN_REASONS; i++)
        tally->reasons[i] += face->reasons >> i & 1;
}

static void print(const char *name, double value, const struct tally *tally)
{
    printf("%-16s %6.2f  right %5.1f%%", name, value, 100.0 * tally->right / tally->pictures);
    for (int i = 0; i < MIEN_REASONS; i++)
        printf("  %s %5.1f%%", mien_reason(i), 100.0 * tally->reasons[i] / tally->pictures);
    printf("\n");
}

static void blur_and_darken(const struct change *change, struct image *picture)
{
    static float levels[SIDE * SIDE];

    for (int i = 0; i < SIDE * SIDE; i++)
        levels[i] = image_row(picture, i / SIDE)[i % SIDE];
    if (change->blur > 0)
        levels_blur(levels, SIDE, SIDE, change->blur * SIDE / 48);
    for (int i = 0; i < SIDE * SIDE; i++) {
        float level = levels[i] * (change->gain > 0 ? change->gain : 1);
        image_row(picture, i / SIDE)[i % SIDE] = (uint8_t)(level + 0.5f);
    }
}

static mien_status classify(struct bench *b, const struct image *image, const mien_box *box,
                            mien_face *ret_face, mien_error *err)
{
    mien_picture picture = {image->pixels, image->width, image->height, 1, image->stride};

    return mien_classify(b->recognizer, b->workspace, &picture, box, 1, ret_face, err);
}

static mien_status measure(struct bench *b, uint32_t row, const struct change *change,
                           struct tally *tally, mien_error *err)
{
    int side = change->side ? change->side : SIDE;
    struct image crop = image_borrow(dataset_picture(&b->dataset, row), b->dataset.width,
                                     b->dataset.height, 1, (size_t)b->dataset.width);
    struct image large = {0}, picture = {0};
    float missing = change->share > 0 ? 1 - change->share : 0;
    mien_box box = {-missing * (float)side, 0, (float)side, (float)side};
    mien_face face;
    mien_status status = image_resized(&crop, SIDE, SIDE, &large, err);

    if (!status) {
        struct image rest =
            image_view(&large, (int)(missing * SIDE), 0, SIDE - (int)(missing * SIDE), SIDE);
        blur_and_darken(change, &large);
        status = image_resized(&rest, (int)((1 - missing) * (float)side), side, &picture, err);
    }
    if (!status)
        status = classify(b, &picture, &box, &face, err);
    if (!status)
        add(tally, &face, b->dataset.labels[row]);
    image_free(&large);
    image_free(&picture);
    return status;
}

static mien_status run(struct bench *b, const char *name, double value, const struct change *change,
                       mien_error *err)
{
    struct tally tally = {0};
    mien_status status = MIEN_OK;

    for (size_t i = 0; i < b->count && !status; i++)
        status = measure(b, b->split.rows[DATASET_VALIDATION][i], change, &tally, err);
    if (!status)
        print(name, value, &tally);
    return status;
}

static mien_status degrade(struct bench *b, mien_error *err)
{
    static const float blurs[] = {0.5f, 0.75f, 1, 1.25f, 1.5f, 2, 2.5f, 3, 4};
    static const float gains[] = {0.5f, 0.35f, 0.25f, 0.15f, 0.1f, 0.05f};
    static const int sides[] = {48, 36, 30, 24, 20, 16, 12};
    static const float shares[] = {0.95f, 0.9f, 0.85f, 0.8f, 0.7f, 0.6f};
    mien_status status = run(b, "as they are", 1, &(struct change){0}, err);

    for (size_t i = 0; i < sizeof blurs / sizeof *blurs && !status; i++)
        status = run(b, "blur", (double)blurs[i], &(struct change){.blur = blurs[i]}, err);
    for (size_t i = 0; i < sizeof gains / sizeof *gains && !status; i++)
        status = run(b, "light", (double)gains[i], &(struct change){.gain = gains[i]}, err);
    for (size_t i = 0; i < sizeof sides / sizeof *sides && !status; i++)
        status = run(b, "pixels", sides[i], &(struct change){.side = sides[i]}, err);
    for (size_t i = 0; i < sizeof shares / sizeof *shares && !status; i++)
        status = run(b, "left of it", (double)shares[i], &(struct change){.share = shares[i]}, err);
    return status;
}

/* How far the nose is from the middle of the eyes, in eye distances. */
static float turn_of(const struct face_mark *mark)
{
    float ex = mark->landmarks[1][0] - mark->landmarks[0][0];
    float ey = mark->landmarks[1][1] - mark->landmarks[0][1];
    float nx = mark->landmarks[2][0] - (mark->landmarks[0][0] + mark->landmarks[1][0]) / 2;
    float ny = mark->landmarks[2][1] - (mark->landmarks[0][1] + mark->landmarks[1][1]) / 2;

    return fabsf(nx * ex + ny * ey) / (ex * ex + ey * ey);
}

static const mien_face *face_on(const mien_face *faces, size_t count, const struct face_mark *mark)
{
    const float box[4] = {mark->x, mark->y, mark->w, mark->h};

    for (size_t i = 0; i < count; i++) {
        const float other[4] = {faces[i].box.x, faces[i].box.y, faces[i].box.w, faces[i].box.h};
        if (face_box_iou(box, other) >= 0.5f)
            return &faces[i];
    }
    return NULL;
}

/* By how far the marked face is turned. */
enum { TURNS = 8 };

static mien_status photographs(struct bench *b, const struct detector_data *data, mien_error *err)
{
    struct tally tallies[TURNS] = {0};
    static mien_face faces[FACES];
    mien_status status = MIEN_OK;

    for (size_t i = 0; i < data->count && !status; i++) {
        const struct detector_picture *p = &data->pictures[i];
        mien_picture picture = {p->grey.pixels, p->grey.width, p->grey.height, 1, p->grey.stride};
        size_t count;
        status =
            mien_recognize(b->recognizer, b->workspace, &picture, NULL, faces, FACES, &count, err);
        for (int k = 0; k < p->face_count && !status; k++) {
            const mien_face *face = face_on(faces, count, &p->marks[k]);
            int turn = (int)(turn_of(&p->marks[k]) * 10);
            if (face)
                add(&tallies[turn < TURNS ? turn : TURNS - 1], face, -1);
        }
    }
    for (int i = 0; i < TURNS && !status; i++)
        if (tallies[i].pictures) {
            printf("%4d faces, ", tallies[i].pictures);
            print("turned", i / 10.0, &tallies[i]);
        }
    return status;
}

int main(int argc, char **argv)
{
    struct split_options options;
    struct bench b = {0};
    struct detector_data data = {0};
    mien_error err;
    mien_status status;

    if (argc < 3) {
        fprintf(stderr, "usage: quality_rules FER2013 FOLDER [COUNT]\n");
        return 2;
    }
    split_options_init(&options);
    status = dataset_open(argv[1], NULL, &b.dataset, &err);
    if (!status)
        status = split_new(&b.dataset, &options, &b.split, &err);
    b.count = argc > 3 ? (size_t)atoi(argv[3]) : 1000;
    if (!status && b.count > b.split.count[DATASET_VALIDATION])
        b.count = b.split.count[DATASET_VALIDATION];
    if (!status)
        status = mien_recognizer_open(NULL, &b.recognizer, &err);
    if (!status) /* the labels that FER2013's pictures have */
        status = mien_recognizer_set_labels(b.recognizer, DATASET_EXPRESSIONS, &err);
    if (!status)
        status = mien_workspace_new(b.recognizer, &b.workspace, &err);
    if (!status)
        status = degrade(&b, &err);
    if (!status)
        status = detector_data_open(argv[2], DETECTOR_VAL, NULL, NULL, NULL, &data, &err);
    if (!status)
        status = photographs(&b, &data, &err);
    if (status)
        fprintf(stderr, "quality_rules: %s\n", err.message);
    detector_data_close(&data);
    mien_workspace_free(b.workspace);
    mien_recognizer_close(b.recognizer);
    split_free(&b.split);
    dataset_close(&b.dataset);
    return status ? 1 : 0;
}

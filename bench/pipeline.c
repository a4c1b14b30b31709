/* pipeline.c - what detection and alignment cost, and what is left on worse photographs: pictures
 * of FER2013 are put into photographs without faces and recognised three times: by themselves, at
 * the place that is known, and at the place that the detector finds.
 *
 *     build/bench/pipeline fer2013.csv.zst FOLDER [MODEL [PART [COUNT [CONDITION]]]]
 *
 * FOLDER holds photographs without faces, in colour. The faces are COUNT (default 1000) of PART
 * (validation or test, default validation) of the official split. A CONDITION is the name of a row,
 * of which all are measured by default. A MODEL (default: the built-in
 * one) that has seen PART in training knows those pictures by their pixels, which detection moves:
 * measure one that has not.
 * SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "dataset/split.h"
#include "evaluation/perturbation.h"
#include "image/resize.h"
#include "media/picture_reader.h"
#include "mien/mien.h"

enum {
    BACKGROUNDS = 60,
    LEAST_SIDE = 48,
    MOST_SIDE = 160,
    LARGEST_SIDE = 240,
    LEAST_FACE = 10, /* as mien recognize looks for them */
    FACES = 64
};

/* A kind of photograph, or of box. */
struct condition {
    const char *name;
    int side;   /* of the face pasted; 0: LEAST_SIDE to MOST_SIDE */
    int fading; /* pixels at its edge that fade into the photograph */
    bool worse; /* the face is made worse, as follows */
    enum perturbation perturbation;
    double level;
    float shift, scale; /* of the box given, in sides, and times */
};

static const struct condition conditions[] = {
    {.name = "48 to 160 pixels"},
    {.name = "fading edges", .fading = 3},
    {.name = "24 pixels", .side = 24},
    {.name = "32 pixels", .side = 32},
    {.name = "48 pixels", .side = 48},
    {.name = "96 pixels", .side = 96},
    {.name = "240 pixels", .side = 240},
    {.name = "box moved by 20%", .shift = 0.2f},
    {.name = "box of 80%", .scale = 0.8f},
    {.name = "box of 120%", .scale = 1.2f},
    {"blur of 1/48", 0, 0, true, PERTURB_BLUR, 1, 0, 0},
    {"blur of 2/48", 0, 0, true, PERTURB_BLUR, 2, 0, 0},
    {"JPEG quality 50", 0, 0, true, PERTURB_JPEG, 50, 0, 0},
    {"JPEG quality 20", 0, 0, true, PERTURB_JPEG, 20, 0, 0},
    {"JPEG quality 10", 0, 0, true, PERTURB_JPEG, 10, 0, 0},
    {"half the light", 0, 0, true, PERTURB_BRIGHTNESS, 0.5, 0, 0},
    {"a quarter of it", 0, 0, true, PERTURB_BRIGHTNESS, 0.25, 0, 0},
    {"tilted 15 degrees", 0, 0, true, PERTURB_ROTATION, 15, 0, 0},
};

struct tally {
    int pictures, found;
    int alone, plain, through; /* right by itself, at the known place, as found */
    int plain_found;           /* right at the known place, of those found */
};

struct bench {
    struct dataset dataset;
    struct split split;
    struct image backgrounds[BACKGROUNDS];
    int background_count;
    mien_recognizer *recognizer;
    mien_workspace *workspace;
};

static bool is_small(const struct image *background)
{
    return background->width < LARGEST_SIDE || background->height < LARGEST_SIDE;
}

static mien_status read_backgrounds(struct bench *b, const char *folder, mien_error *err)
{
    struct picture_options options;
    struct dirent **names;
    int count = scandir(folder, &names, NULL, alphasort);

    picture_options_init(&options);
    for (int i = 0; i < count; i++) {
        char path[4096];
        snprintf(path, sizeof path, "%s/%s", folder, names[i]->d_name);
        if (b->background_count < BACKGROUNDS && names[i]->d_name[0] != '.' &&
            !picture_read_with(path, &options, &b->backgrounds[b->background_count], NULL) &&
            is_small(&b->backgrounds[b->background_count++]))
            image_free(&b->backgrounds[--b->background_count]);
        free(names[i]);
    }
    free(count < 0 ? NULL : names);
    if (!b->background_count)
        return error_set(err, MIEN_EIO, "%s: no photographs", folder);
    return MIEN_OK;
}

/* Lays `face`, grey, into `canvas`, RGB, at x, y; `fading` pixels at its edge fade into what is
 * there. */
static void paste(const struct image *face, int x, int y, int fading, struct image *canvas)
{
    for (int row = 0; row < face->height; row++)
        for (int column = 0; column < 3 * face->width; column++) {
            int far = face->width - 1, from_edge = column / 3 < row ? column / 3 : row;
            uint8_t *there = image_row(canvas, y + row) + 3 * x + column;
            float share;
            from_edge = far - column / 3 < from_edge ? far - column / 3 : from_edge;
            from_edge = far - row < from_edge ? far - row : from_edge;
            share = from_edge >= fading ? 1 : ((float)from_edge + 0.5f) / (float)fading;
            *there = (uint8_t)(share * image_row(face, row)[column / 3] +
                               (1 - share) * (float)*there + 0.5f);
        }
}

/* The face found whose middle is nearest to the middle of the box and inside it, or NULL. */
static const mien_face *choose(const mien_face *faces, size_t count, const mien_box *box)
{
    const mien_face *nearest = NULL;
    float least = box->w / 3;

    for (size_t i = 0; i < count; i++) {
        float dx = faces[i].box.x + faces[i].box.w / 2 - (box->x + box->w / 2);
        float dy = faces[i].box.y + faces[i].box.h / 2 - (box->y + box->h / 2);
        float distance = sqrtf(dx * dx + dy * dy);
        if (distance < least) {
            least = distance;
            nearest = &faces[i];
        }
    }
    return nearest;
}

/* Picture `row` at its size, made worse as the condition says. */
static mien_status make_face(const struct bench *b, const struct condition *condition, uint32_t row,
                             int side, struct image *ret_face, mien_error *err)
{
    struct image crop = image_borrow(dataset_picture(&b->dataset, row), b->dataset.width,
                                     b->dataset.height, 1, (size_t)b->dataset.width);
    struct image face, worse;
    mien_status status = image_resized(&crop, side, side, &face, err);

    if (status || !condition->worse) {
        if (!status)
            *ret_face = face;
        return status;
    }
    status = image_new(side, side, 1, &worse, err);
    if (!status)
        status = perturb(condition->perturbation, condition->level, row, &face, &worse, err);
    image_free(&face);
    if (!status)
        *ret_face = worse;
    return status;
}

/* The known place, or as far from it as the condition says. */
static mien_box known_place(const struct condition *condition, uint32_t row, const mien_box *box)
{
    float scale = condition->scale > 0 ? condition->scale : 1;
    float angle = random_range(4, row, 0, 6.2831853f);

    return (mien_box){box->x + box->w * (condition->shift * cosf(angle) + (1 - scale) / 2),
                      box->y + box->h * (condition->shift * sinf(angle) + (1 - scale) / 2),
                      box->w * scale, box->h * scale};
}

static mien_status recognize(struct bench *b, const struct condition *condition, uint32_t row,
                             const mien_picture *picture, const mien_box *box, struct tally *tally,
                             mien_error *err)
{
    mien_box place = known_place(condition, row, box);
    int W = b->dataset.width, H = b->dataset.height;
    mien_picture crop = {dataset_picture(&b->dataset, row), W, H, 1, (size_t)W};
    mien_box whole = {0, 0, (float)W, (float)H};
    int label = b->dataset.labels[row];
    mien_face alone, plain, faces[FACES];
    const mien_face *found;
    mien_find_options find;
    size_t count;
    mien_status status = mien_classify(b->recognizer, b->workspace, &crop, &whole, 1, &alone, err);

    if (!status)
        status = mien_classify(b->recognizer, b->workspace, picture, &place, 1, &plain, err);
    mien_find_options_init(&find);
    find.least_size = LEAST_FACE;
    if (!status)
        status =
            mien_recognize(b->recognizer, b->workspace, picture, &find, faces, FACES, &count, err);
    if (status)
        return status;
    found = choose(faces, count, box);
    tally->pictures++;
    tally->alone += alone.expression == label;
    tally->plain += plain.expression == label;
    tally->found += found != NULL;
    tally->plain_found += found && plain.expression == label;
    tally->through += found && found->expression == label;
    return MIEN_OK;
}

static mien_status measure(struct bench *b, const struct condition *condition, uint32_t row,
                           struct tally *tally, mien_error *err)
{
    const struct image *background = &b->backgrounds[row % (uint32_t)b->background_count];
    int side = condition->side
                   ? condition->side
                   : LEAST_SIDE + (int)(random_uniform(1, row) * (MOST_SIDE - LEAST_SIDE));
    mien_box box = {(float)(int)(random_uniform(2, row) * (float)(background->width - side)),
                    (float)(int)(random_uniform(3, row) * (float)(background->height - side)),
                    (float)side, (float)side};
    struct image canvas = {0}, face = {0};
    mien_status status = image_to_channels(background, 3, &canvas, err);

    if (!status)
        status = make_face(b, condition, row, side, &face, err);
    if (!status) {
        mien_picture picture = {canvas.pixels, canvas.width, canvas.height, 3, canvas.stride};
        paste(&face, (int)box.x, (int)box.y, condition->fading, &canvas);
        status = recognize(b, condition, row, &picture, &box, tally, err);
    }
    image_free(&face);
    image_free(&canvas);
    return status;
}

static void print(const char *name, const struct tally *t)
{
    double all = t->pictures / 100.0, found = t->found / 100.0;

    printf("%-18s %6.1f%% %9.1f%% %6.1f%% %15.1f%% %9.1f%% %7.1f%%\n", name, t->alone / all,
           t->plain / all, t->found / all, t->plain_found / found, t->through / found,
           t->through / all);
    fflush(stdout);
}

static mien_status run(struct bench *b, enum dataset_part part, size_t count, const char *only,
                       mien_error *err)
{
    mien_status status = MIEN_OK;

    printf("%-18s %7s %10s %7s %16s %10s %8s\n", "", "alone", "at place", "found",
           "at place, found", "as found", "of all");
    for (size_t c = 0; c < sizeof conditions / sizeof *conditions && !status; c++) {
        struct tally tally = {0};
        if (only && strcmp(only, conditions[c].name) != 0)
            continue;
        for (size_t i = 0; i < b->split.count[part] && i < count && !status; i++)
            status = measure(b, &conditions[c], b->split.rows[part][i], &tally, err);
        if (!status)
            print(conditions[c].name, &tally);
    }
    return status;
}

static mien_status open_bench(struct bench *b, const char *dataset, const char *folder,
                              const char *model, mien_error *err)
{
    struct split_options options;
    mien_status status = dataset_open(dataset, NULL, &b->dataset, err);

    split_options_init(&options);
    if (!status)
        status = split_new(&b->dataset, &options, &b->split, err);
    if (!status)
        status = read_backgrounds(b, folder, err);
    if (!status)
        status = mien_recognizer_open(model, &b->recognizer, err);
    if (!status) /* the labels that FER2013's pictures have */
        status = mien_recognizer_set_labels(b->recognizer, DATASET_EXPRESSIONS, err);
    return status ? status : mien_workspace_new(b->recognizer, &b->workspace, err);
}

static void close_bench(struct bench *b)
{
    mien_workspace_free(b->workspace);
    mien_recognizer_close(b->recognizer);
    for (int i = 0; i < b->background_count; i++)
        image_free(&b->backgrounds[i]);
    split_free(&b->split);
    dataset_close(&b->dataset);
}

int main(int argc, char **argv)
{
    bool test = argc > 4 && strcmp(argv[4], "test") == 0;
    struct bench b = {0};
    mien_error err;
    mien_status status;

    if (argc < 3) {
        fprintf(stderr,
                "usage: pipeline FER2013 FOLDER [MODEL [validation|test [COUNT [CONDITION]]]]\n");
        return 2;
    }
    status = open_bench(&b, argv[1], argv[2], argc > 3 ? argv[3] : NULL, &err);
    if (!status)
        status = run(&b, test ? DATASET_TEST : DATASET_VALIDATION,
                     argc > 5 ? (size_t)atoi(argv[5]) : 1000, argc > 6 ? argv[6] : NULL, &err);
    if (status)
        fprintf(stderr, "pipeline: %s\n", err.message);
    close_bench(&b);
    return status ? 1 : 0;
}

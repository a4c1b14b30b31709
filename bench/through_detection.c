/* through_detection.c - what detection and alignment cost: FER2013's PublicTest pictures
 * are put into photographs without faces and recognised twice, at the place that is known and at
 * the place that the detector finds.
 *
 *     build/bench/through_detection fer2013.csv.zst FOLDER [COUNT [MODEL]]
 *
 * FOLDER holds photographs without faces; COUNT pictures are used (default 1000). A
 * MODEL that has seen PublicTest in training knows those pictures by their pixels, which detection
 * moves: its loss says nothing.
 * SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "dataset/split.h"
#include "image/resize.h"
#include "media/picture_reader.h"
#include "mien/mien.h"

enum { BACKGROUNDS = 60, LEAST_SIDE = 48, MOST_SIDE = 160, EDGE = 3, FACES = 64 };

struct tally {
    int pictures, plain, found, through; /* right at the known place; found; right when found */
    int plain_found;                     /* right at the known place, of those found */
};

struct bench {
    struct dataset dataset;
    struct split split;
    struct image backgrounds[BACKGROUNDS];
    int background_count;
    mien_recognizer *recognizer;
    mien_workspace *workspace;
};

static mien_status read_backgrounds(struct bench *b, const char *folder, mien_error *err)
{
    struct picture_options options;
    struct dirent **names;
    int count = scandir(folder, &names, NULL, alphasort);

    picture_options_init(&options);
    options.channels = 1;
    for (int i = 0; i < count; i++) {
        char path[4096];
        snprintf(path, sizeof path, "%s/%s", folder, names[i]->d_name);
        if (b->background_count < BACKGROUNDS && names[i]->d_name[0] != '.' &&
            !picture_read_with(path, &options, &b->backgrounds[b->background_count], NULL) &&
            b->backgrounds[b->background_count++].height < MOST_SIDE + 20)
            image_free(&b->backgrounds[--b->background_count]);
        free(names[i]);
    }
    free(count < 0 ? NULL : names);
    if (!b->background_count)
        return error_set(err, MIEN_EIO, "%s: no photographs", folder);
    return MIEN_OK;
}

/* Lays `face` into `canvas` at x, y; its edge fades into what is there. */
static void paste(const struct image *face, int x, int y, struct image *canvas)
{
    for (int row = 0; row < face->height; row++)
        for (int column = 0; column < face->width; column++) {
            int from_edge = column < row ? column : row, far = face->width - 1;
            uint8_t *there = image_row(canvas, y + row) + x + column;
            float share;
            from_edge = far - column < from_edge ? far - column : from_edge;
            from_edge = far - row < from_edge ? far - row : from_edge;
            share = from_edge >= EDGE ? 1 : ((float)from_edge + 0.5f) / EDGE;
            *there = (uint8_t)(share * image_row(face, row)[column] + (1 - share) * (float)*there +
                               0.5f);
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

static mien_status measure(struct bench *b, uint32_t row, struct tally *tally, mien_error *err)
{
    const struct image *background = &b->backgrounds[row % (uint32_t)b->background_count];
    int side = LEAST_SIDE + (int)(random_uniform(1, row) * (MOST_SIDE - LEAST_SIDE));
    struct image crop = image_borrow(dataset_picture(&b->dataset, row), b->dataset.width,
                                     b->dataset.height, 1, (size_t)b->dataset.width);
    struct image canvas = {0}, face = {0};
    mien_box box = {(float)(int)(random_uniform(2, row) * (float)(background->width - side)),
                    (float)(int)(random_uniform(3, row) * (float)(background->height - side)),
                    (float)side, (float)side};
    int label = b->dataset.labels[row];
    mien_picture picture;
    mien_face plain, faces[FACES];
    const mien_face *found;
    size_t count;
    mien_status status = image_to_channels(background, 1, &canvas, err);

    if (!status)
        status = image_resized(&crop, side, side, &face, err);
    if (!status) {
        paste(&face, (int)box.x, (int)box.y, &canvas);
        picture = (mien_picture){canvas.pixels, canvas.width, canvas.height, 1, canvas.stride};
        status = mien_classify(b->recognizer, b->workspace, &picture, &box, 1, &plain, err);
    }
    if (!status)
        status =
            mien_recognize(b->recognizer, b->workspace, &picture, NULL, faces, FACES, &count, err);
    if (!status) {
        found = choose(faces, count, &box);
        tally->pictures++;
        tally->plain += plain.expression == label;
        tally->found += found != NULL;
        tally->plain_found += found && plain.expression == label;
        tally->through += found && found->expression == label;
    }
    image_free(&face);
    image_free(&canvas);
    return status;
}

static void print(const struct tally *t)
{
    printf("pictures                      %d\n", t->pictures);
    printf("at the known place            %.4f\n", (double)t->plain / t->pictures);
    printf("found                         %.4f\n", (double)t->found / t->pictures);
    printf("of those: at the known place  %.4f\n", (double)t->plain_found / t->found);
    printf("          as detected         %.4f\n", (double)t->through / t->found);
    printf("of all, not found is wrong    %.4f\n", (double)t->through / t->pictures);
}

int main(int argc, char **argv)
{
    struct split_options options;
    struct bench b = {0};
    struct tally tally = {0};
    size_t count = argc > 3 ? (size_t)atoi(argv[3]) : 1000;
    mien_error err;
    mien_status status;

    if (argc < 3) {
        fprintf(stderr, "usage: through_detection FER2013 FOLDER [COUNT [MODEL]]\n");
        return 2;
    }
    split_options_init(&options);
    status = dataset_open(argv[1], NULL, &b.dataset, &err);
    if (!status)
        status = split_new(&b.dataset, &options, &b.split, &err);
    if (!status)
        status = read_backgrounds(&b, argv[2], &err);
    if (!status)
        status = mien_recognizer_open(argc > 4 ? argv[4] : NULL, &b.recognizer, &err);
    if (!status)
        status = mien_workspace_new(b.recognizer, &b.workspace, &err);
    for (size_t i = 0; i < b.split.count[DATASET_VALIDATION] && i < count && !status; i++)
        status = measure(&b, b.split.rows[DATASET_VALIDATION][i], &tally, &err);
    if (status)
        fprintf(stderr, "through_detection: %s\n", err.message);
    else
        print(&tally);
    mien_workspace_free(b.workspace);
    mien_recognizer_close(b.recognizer);
    for (int i = 0; i < b.background_count; i++)
        image_free(&b.backgrounds[i]);
    split_free(&b.split);
    dataset_close(&b.dataset);
    return status ? 1 : 0;
}

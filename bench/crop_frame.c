/* crop_frame.c - where faces lie in FER2013's crops: each Training picture is enlarged, put on a
 * larger canvas and looked at by the detector; means of the landmarks and of the box are printed
 * as shares of the crop's side. src/face/alignment.c holds the result.
 *
 *     build/bench/crop_frame models/face.mien models/landmarks.mien fer2013.csv.zst
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "dataset/dataset.h"
#include "face/detector.h"
#include "image/resize.h"
#include "network/model.h"

/* The crop at three times its size in the middle of a canvas a third larger. */
enum { CROP = 144, CANVAS = 192, MARGIN = (CANVAS - CROP) / 2, NUMBERS = 12 };

struct sums {
    double value[NUMBERS], square[NUMBERS]; /* landmarks x y, then box x y w h */
    size_t found, seen;
};

static void add(struct sums *sums, const struct detection *d)
{
    float numbers[NUMBERS] = {d->landmarks[0][0] - MARGIN,
                              d->landmarks[0][1] - MARGIN,
                              d->landmarks[1][0] - MARGIN,
                              d->landmarks[1][1] - MARGIN,
                              d->landmarks[2][0] - MARGIN,
                              d->landmarks[2][1] - MARGIN,
                              d->landmarks[3][0] - MARGIN,
                              d->landmarks[3][1] - MARGIN,
                              d->x - MARGIN,
                              d->y - MARGIN,
                              d->w,
                              d->h};

    for (int i = 0; i < NUMBERS; i++) {
        double share = (double)numbers[i] / CROP;
        sums->value[i] += share;
        sums->square[i] += share * share;
    }
    sums->found++;
}

static mien_status look_at(struct detector *detector, const struct dataset *dataset, size_t row,
                           struct image *canvas, struct sums *sums, mien_error *err)
{
    struct image crop = image_borrow(dataset_picture(dataset, row), dataset->width, dataset->height,
                                     1, (size_t)dataset->width);
    struct image middle = image_view(canvas, MARGIN, MARGIN, CROP, CROP);
    const struct detection *found;
    size_t count;
    mien_status status = image_resize(&crop, &middle, err);

    if (!status)
        status = detector_find(detector, canvas, NULL, &found, &count, err);
    if (status)
        return status;
    sums->seen++;
    if (count == 1 && found->score > 0.7f) /* where there is one face and no doubt */
        add(sums, found);
    return MIEN_OK;
}

static void print(const struct sums *sums)
{
    static const char *const names[NUMBERS] = {
        "left eye x", "left eye y", "right eye x", "right eye y", "nose x", "nose y",
        "mouth x",    "mouth y",    "box x",       "box y",       "box w",  "box h"};

    printf("found in %zu of %zu pictures\n", sums->found, sums->seen);
    for (int i = 0; i < NUMBERS; i++) {
        double mean = sums->value[i] / (double)sums->found;
        double variance = sums->square[i] / (double)sums->found - mean * mean;
        printf("%-12s %.4f  deviation %.4f\n", names[i], mean, sqrt(variance));
    }
}

int main(int argc, char **argv)
{
    struct sums sums = {0};
    struct model *model = NULL, *landmarks = NULL;
    struct detector *detector = NULL;
    struct dataset dataset = {0};
    struct image canvas = {0};
    mien_error err;
    mien_status status;

    if (argc != 4) {
        fprintf(stderr, "usage: crop_frame FACE.mien LANDMARKS.mien FER2013\n");
        return 2;
    }
    status = model_open(argv[1], &model, &err);
    if (!status)
        status = model_open(argv[2], &landmarks, &err);
    if (!status)
        status = detector_new(model->network, &detector, &err);
    if (!status)
        status = detector_use_landmarks(detector, landmarks->network, &err);
    if (!status)
        status = dataset_open(argv[3], NULL, &dataset, &err);
    if (!status)
        status = image_new(CANVAS, CANVAS, 1, &canvas, &err);
    for (int y = 0; y < CANVAS && !status; y++)
        for (int x = 0; x < CANVAS; x++)
            image_row(&canvas, y)[x] = 128;
    for (size_t row = 0; row < dataset.count && !status; row += 5)
        if (dataset.parts[row] == DATASET_TRAIN)
            status = look_at(detector, &dataset, row, &canvas, &sums, &err);
    if (status)
        fprintf(stderr, "crop_frame: %s\n", err.message);
    else
        print(&sums);
    image_free(&canvas);
    dataset_close(&dataset);
    detector_free(detector);
    model_close(landmarks);
    model_close(model);
    return status ? 1 : 0;
}

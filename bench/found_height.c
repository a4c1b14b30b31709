/* found_height.c - what it costs to look for faces in a smaller picture, as a stream does: how many
 * of the marked faces are found when the smallest of them is shrunk to so many pixels.
 *
 *     found_height FOLDER FACE_MODEL
 *
 * FOLDER is one that `mien detector evaluate` takes. Only faces from LEAST pixels on count.
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/thread_pool.h"
#include "evaluation/detection_metrics.h"
#include "image/resize.h"
#include "network/model.h"
#include "training/detector_data.h"

/* Of faces in pictures of 480 pixels at most, near enough to the smallest that streams look for. */
#define LEAST 32

static mien_status look(struct detector *detector, const struct detector_picture *picture,
                        int height, struct detection_tally *tally, mien_error *err)
{
    double scale = fmin(1, (double)height / LEAST);
    struct detector_options options;
    const struct detection *found;
    struct detection kept[1000];
    struct face_mark marks[256];
    struct image small = {0};
    size_t count = 0, kept_count = 0;
    int mark_count = picture->mark_count < 256 ? picture->mark_count : 256;
    mien_status status =
        image_resized(&picture->grey, (int)fmax(1, round(picture->grey.width * scale)),
                      (int)fmax(1, round(picture->grey.height * scale)), &small, err);

    detector_options_init(&options);
    options.least = (float)(0.9 * LEAST * scale);
    if (!status)
        status = detector_find(detector, &small, &options, &found, &count, err);
    for (size_t i = 0; i < count && !status; i++) {
        kept[kept_count] = found[i];
        kept[kept_count].x /= (float)scale;
        kept[kept_count].y /= (float)scale;
        kept[kept_count].w /= (float)scale;
        kept[kept_count].h /= (float)scale;
        kept_count++;
    }
    for (int i = 0; i < mark_count; i++) {
        marks[i] = picture->marks[i];
        marks[i].ignore |= marks[i].h < LEAST;
    }
    if (!status)
        status = detection_tally_add(tally, kept, kept_count, marks, (size_t)mark_count, err);
    image_free(&small);
    return status;
}

static mien_status measure(struct detector *detector, const struct detector_data *data, int height,
                           mien_error *err)
{
    struct detection_tally *tally;
    struct detection_metrics m;
    mien_status status = detection_tally_new(&tally, err);

    for (size_t i = 0; i < data->count && !status; i++)
        status = look(detector, &data->pictures[i], height, tally, err);
    if (!status)
        status = detection_metrics(tally, DETECTOR_THRESHOLD, &m, err);
    if (!status)
        printf("%2d pixels  recall %.3f  precision %.3f  of 40 to 80: %.3f  of %zu to 40: %.3f\n",
               height, m.at.recall, m.at.precision,
               (double)m.size_hits[2] / (double)m.size_faces[2], (size_t)LEAST,
               (double)m.size_hits[1] / (double)m.size_faces[1]);
    detection_tally_free(tally);
    return status;
}

int main(int argc, char **argv)
{
    static const int heights[] = {12, 14, 16, 18, 20, 24, 28, 32};
    struct detector_data data;
    struct model *model;
    struct detector *detector;
    mien_error err;
    mien_status status;

    if (argc != 3)
        return fprintf(stderr, "usage: found_height FOLDER FACE_MODEL\n"), 2;
    status = detector_data_open(argv[1], DETECTOR_VAL, NULL, NULL, NULL, &data, &err);
    if (!status)
        status = model_open(argv[2], &model, &err);
    if (!status)
        status = detector_new(model->network, &detector, &err);
    for (size_t i = 0; i < sizeof heights / sizeof *heights && !status; i++)
        status = measure(detector, &data, heights[i], &err);
    if (status)
        return fprintf(stderr, "found_height: %s\n", err.message), 1;
    return 0; /* the memory goes with the program */
}

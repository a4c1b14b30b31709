/* stream_stages.c - detect, track, classify, smooth.
 * SPDX-License-Identifier: MIT */
#include "recognition/stream_stages.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "image/resize.h"
#include "recognition/pipeline.h"

/* The smallest face is looked for at this height; bench/found_height.c measures what it costs. */
#define FOUND_HEIGHT 18

/* The nearest side at which the detector pads nothing. */
static int detector_side(double side)
{
    return (int)fmax(1, round(side / DETECTOR_STEP)) * DETECTOR_STEP;
}

/* The frame, or a smaller copy of it in which the smallest face is about FOUND_HEIGHT high. */
static mien_status shrink(struct stream_scratch *scratch, float smallest, const struct image *image,
                          struct image *ret_image, mien_error *err)
{
    int longest = image->width > image->height ? image->width : image->height;
    double scale = FOUND_HEIGHT / (double)(smallest * (float)longest);
    int width = detector_side(image->width * scale);
    int height = detector_side(image->height * scale);
    struct image *small = &scratch->small;
    mien_status status = MIEN_OK;

    if (scale >= 1) {
        *ret_image = *image;
        return MIEN_OK;
    }
    if (small->width != width || small->height != height || small->channels != image->channels) {
        image_free(small);
        status = image_new(width, height, image->channels, small, err);
    }
    if (!status)
        status = image_resize(image, small, err);
    if (!status)
        *ret_image = *small;
    return status;
}

static void enlarge(struct detection *d, float scale_x, float scale_y)
{
    d->x *= scale_x;
    d->y *= scale_y;
    d->w *= scale_x;
    d->h *= scale_y;
    for (int i = 0; i < 4; i++) {
        d->landmarks[i][0] *= scale_x;
        d->landmarks[i][1] *= scale_y;
    }
}

mien_status stream_detect(const mien_recognizer *recognizer, struct stream_scratch *scratch,
                          float smallest, struct stream_work *work, mien_error *err)
{
    const struct image *image = &work->frame.picture.grey;
    int longest = image->width > image->height ? image->width : image->height;
    struct detector_options options;
    const struct detection *found;
    struct image small;
    mien_status status = shrink(scratch, smallest, image, &small, err);

    (void)recognizer;
    if (status)
        return status;
    detector_options_init(&options);
    options.most_faces = STREAM_FACES_MAX;
    options.least =
        fmaxf(8, smallest * (float)longest * (float)small.height / (float)image->height);
    status = detector_find(scratch->workspace->detector, &small, &options, &found,
                           &work->found_count, err);
    if (status)
        return status;
    memcpy(work->found, found, work->found_count * sizeof *found);
    for (size_t i = 0; i < work->found_count && !status; i++) {
        struct detection *d = &work->found[i];
        enlarge(d, (float)image->width / (float)small.width,
                (float)image->height / (float)small.height);
        status = appearance_describe(image, work->frame.picture.chroma, d->x, d->y, d->w, d->h,
                                     work->appearances + i * APPEARANCE_FLOATS, err);
    }
    return status;
}

static bool is_inside(const struct track *t, const struct image *image)
{
    return t->x < (float)image->width && t->y < (float)image->height && t->x + t->w > 0 &&
           t->y + t->h > 0;
}

mien_status stream_track(struct tracker *tracker, struct stream_work *work, mien_error *err)
{
    struct stream_frame *frame = &work->frame;
    const struct track *tracks;
    size_t count;
    mien_status status = frame->detected
                             ? tracker_detected(tracker, work->clock, work->found,
                                                work->appearances, work->found_count, err)
                             : tracker_moved(tracker, work->clock, err);

    if (status)
        return status;
    frame->count = 0;
    tracks = tracker_tracks(tracker, &count);
    for (size_t i = 0; i < count && frame->count < STREAM_FACES_MAX; i++) {
        const struct track *t = &tracks[i];
        if (!is_inside(t, &frame->picture.grey))
            continue;
        struct stream_face *face = &frame->faces[frame->count++];
        *face = (struct stream_face){.id = t->id,
                                     .face = {.box = {t->x, t->y, t->w, t->h},
                                              .confidence = t->score,
                                              .has_landmarks = 1,
                                              .expression = -1,
                                              .uncertain = -1}};
        memcpy(face->face.landmarks, t->landmarks, sizeof t->landmarks);
    }
    return MIEN_OK;
}

/* Up to PIPELINE_BATCH of the frame's faces. */
static mien_status classify_some(const mien_recognizer *recognizer, struct stream_scratch *scratch,
                                 const struct image *image, struct stream_face *faces, size_t count,
                                 mien_error *err)
{
    mien_picture picture = {image->pixels, image->width, image->height, image->channels,
                            image->stride};
    struct affine maps[PIPELINE_BATCH];
    mien_face answers[PIPELINE_BATCH];
    mien_status status = MIEN_OK;

    for (size_t i = 0; i < count && !status; i++) {
        answers[i] = faces[i].face;
        status = pipeline_map(recognizer, &answers[i], &maps[i], err);
    }
    if (!status)
        status = pipeline_classify(recognizer, scratch->workspace, &picture, image, maps, count,
                                   answers, err);
    for (size_t i = 0; i < count && !status; i++)
        faces[i].face = answers[i];
    return status;
}

mien_status stream_classify(const mien_recognizer *recognizer, struct stream_scratch *scratch,
                            struct stream_work *work, mien_error *err)
{
    struct stream_frame *frame = &work->frame;
    mien_status status = MIEN_OK;

    for (size_t first = 0; first < frame->count && !status; first += PIPELINE_BATCH) {
        size_t left = frame->count - first;
        status = classify_some(recognizer, scratch, &frame->picture.grey, frame->faces + first,
                               left < PIPELINE_BATCH ? left : PIPELINE_BATCH, err);
    }
    return status;
}

static void forget_people(struct stream_people *people, double before)
{
    size_t kept = 0;

    for (size_t i = 0; i < people->count; i++)
        if (people->all[i].seen >= before)
            people->all[kept++] = people->all[i];
    people->count = kept;
}

/* The person of this id, a new one if need be; NULL if there is no memory. */
static struct stream_person *find_person(struct stream_people *people, int id, int labels,
                                         const struct stream_options *options)
{
    struct stream_person *person;

    for (size_t i = 0; i < people->count; i++)
        if (people->all[i].id == id)
            return &people->all[i];
    if (people->count == people->capacity) {
        size_t wanted = people->capacity * 2 + 8;
        person = realloc(people->all, wanted * sizeof *person);
        if (!person)
            return NULL;
        people->all = person;
        people->capacity = wanted;
    }
    person = &people->all[people->count++];
    person->id = id;
    smoothing_start(&person->smoothing, labels, &options->smoothing);
    if (options->neutral_s > 0)
        smoothing_learn_neutral(&person->smoothing, people->neutral, options->neutral_s);
    return person;
}

mien_status stream_smooth(struct stream_people *people, const mien_recognizer *recognizer,
                          const struct stream_options *options, struct stream_work *work,
                          mien_error *err)
{
    struct stream_frame *frame = &work->frame;
    int labels = mien_label_count(recognizer);

    forget_people(people, work->clock - options->tracker.patience - 1);
    for (size_t i = 0; i < frame->count; i++) {
        struct stream_face *face = &frame->faces[i];
        struct stream_person *person = find_person(people, face->id, labels, options);
        if (!person)
            return error_memory(err, people->capacity * sizeof *person);
        if (people->learn_s > 0)
            smoothing_learn_neutral(&person->smoothing, people->neutral, people->learn_s);
        memcpy(face->unsmoothed, face->face.probabilities, sizeof face->unsmoothed);
        person->seen = work->clock;
        face->face.expression =
            smoothing_step(&person->smoothing, work->clock, face->face.probabilities);
        face->face.uncertain = classifier_uncertain(
            recognizer->classifier, face->face.probabilities[face->face.expression]);
        face->learning = person->smoothing.learning;
    }
    if (frame->count)
        people->learn_s = 0;
    return MIEN_OK;
}

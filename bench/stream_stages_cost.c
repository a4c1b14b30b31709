/* stream_stages_cost.c - where a stream's time goes: processor time a frame of each of its stages.
 *
 *     stream_stages_cost VIDEO
 *
 * One thread does one stage after the other, with detection in every frame. Each figure is the
 * median over the frames.
 * SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "media/frame_source.h"
#include "recognition/pipeline.h"
#include "recognition/stream_stages.h"

enum { READ, DETECT, TRACK, CLASSIFY, SMOOTH, STAGES, FRAMES_MAX = 2000 };

struct bench {
    mien_recognizer *recognizer;
    struct frame_source *source;
    struct source_frame frame;
    struct stream_options options;
    struct stream_scratch scratch;
    struct stream_people people;
    struct tracker *tracker;
    struct stream_work work;
    double *spent[STAGES]; /* (FRAMES_MAX) milliseconds */
    size_t count, faces;
};

static double used_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return 1e3 * (double)t.tv_sec + 1e-6 * (double)t.tv_nsec;
}

static mien_status do_stage(struct bench *b, int stage, bool *ret_end, mien_error *err)
{
    struct stream_work *work = &b->work;

    switch (stage) {
    case READ:
        *work = (struct stream_work){.frame.detected = true};
        if (frame_source_read(b->source, &b->frame, ret_end, err))
            return err->status;
        work->frame.picture = (struct stream_picture){
            b->frame.grey, {b->frame.chroma[0], b->frame.chroma[1]}, b->frame.time_s};
        work->clock = b->frame.time_s;
        return MIEN_OK;
    case DETECT:
        return stream_detect(b->recognizer, &b->scratch, b->options.smallest, work, err);
    case TRACK:
        return stream_track(b->tracker, work, err);
    case CLASSIFY:
        return stream_classify(b->recognizer, &b->scratch, work, err);
    default:
        return stream_smooth(&b->people, b->recognizer, &b->options, work, err);
    }
}

static mien_status measure(struct bench *b, mien_error *err)
{
    mien_status status = MIEN_OK;
    bool end = false;

    while (!status && b->count < FRAMES_MAX) {
        for (int stage = 0; stage < STAGES && !status && !end; stage++) {
            double begun = used_ms();
            status = do_stage(b, stage, &end, err);
            b->spent[stage][b->count] = used_ms() - begun;
        }
        if (end)
            break;
        b->count++;
        b->faces += b->work.frame.count;
    }
    return status;
}

static mien_status open_all(struct bench *b, const char *video, mien_error *err)
{
    struct frame_source_options options;
    mien_status status = mien_recognizer_open(NULL, &b->recognizer, err);

    frame_source_options_init(&options);
    options.chroma = true;
    options.threads = 1;
    stream_options_init(&b->options);
    b->people.neutral = -1;
    if (!status)
        status = mien_workspace_new(b->recognizer, &b->scratch.workspace, err);
    if (!status)
        status = tracker_new(&b->options.tracker, &b->tracker, err);
    return status ? status : frame_source_open(video, &options, &b->source, err);
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static void tell(struct bench *b)
{
    static const char *const names[STAGES] = {"read", "detect", "track", "classify", "smooth"};
    double sum = 0;

    for (int stage = 0; stage < STAGES; stage++) {
        qsort(b->spent[stage], b->count, sizeof(double), compare);
        sum += b->spent[stage][b->count / 2];
        printf("%-10s %7.3f ms\n", names[stage], b->spent[stage][b->count / 2]);
    }
    printf("%-10s %7.3f ms, %.1f faces\n", "together", sum, (double)b->faces / (double)b->count);
}

int main(int argc, char **argv)
{
    static struct bench bench;
    mien_error err;
    mien_status status;

    if (argc != 2)
        return fprintf(stderr, "usage: stream_stages_cost VIDEO\n"), 2;
    for (int stage = 0; stage < STAGES; stage++)
        if (!(bench.spent[stage] = calloc(FRAMES_MAX, sizeof(double))))
            return 1;
    status = open_all(&bench, argv[1], &err);
    if (!status)
        status = measure(&bench, &err);
    if (status)
        return fprintf(stderr, "stream_stages_cost: %s\n", err.message), 1;
    tell(&bench);
    return 0; /* the memory goes with the program */
}

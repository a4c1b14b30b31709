/* video_speed.c - how fast the frames of a video come: decoded, in grey, in colour, recorded again.
 *
 *     video_speed VIDEO [THREADS]
 *
 * Prints frames a second, and milliseconds of processor time a frame, which a busy machine disturbs
 * less. Each line is the best of three rounds.
 * SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "media/frame_source.h"
#include "media/video_writer.h"

enum { ROUNDS = 3 };

struct way {
    const char *name;
    bool grey, rgb, record;
};

struct speed {
    double wall_s, processor_s;
    int64_t frames;
};

static mien_status record(struct video_writer **writer, const char *path,
                          const struct source_frame *frame, mien_error *err)
{
    struct video_writer_options options;
    mien_status status = MIEN_OK;

    video_writer_options_init(&options);
    options.width = frame->rgb.width;
    options.height = frame->rgb.height;
    if (!*writer)
        status = video_writer_open(path, &options, writer, err);
    return status ? status : video_writer_add(*writer, &frame->rgb, frame->time_s, NULL, err);
}

static mien_status read_all(struct frame_source *source, const struct way *way,
                            struct speed *ret_speed, mien_error *err)
{
    char path[] = "/tmp/video-speed-XXXXXX.mp4";
    struct source_frame frame = {0};
    struct video_writer *writer = NULL;
    double begun = clock_now_s();
    clock_t used = clock();
    mien_status status = MIEN_OK;
    bool end = false;

    if (way->record)
        close(mkstemps(path, 4));
    while (!status && !end) {
        status = frame_source_read(source, &frame, &end, err);
        if (!status && !end && way->record)
            status = record(&writer, path, &frame, err);
    }
    video_writer_close(writer, NULL);
    *ret_speed = (struct speed){clock_now_s() - begun, (double)(clock() - used) / CLOCKS_PER_SEC,
                                frame.number + 1};
    if (way->record)
        unlink(path);
    source_frame_free(&frame);
    return status;
}

static mien_status measure(const char *video, int threads, const struct way *way, mien_error *err)
{
    struct speed best = {1e9, 1e9, 0}, speed;
    mien_status status = MIEN_OK;

    for (int round = 0; round < ROUNDS && !status; round++) {
        struct frame_source_options options;
        struct frame_source *source;
        frame_source_options_init(&options);
        options.grey = way->grey;
        options.rgb = way->rgb;
        options.threads = threads;
        status = frame_source_open(video, &options, &source, err);
        if (status)
            break;
        status = read_all(source, way, &speed, err);
        frame_source_close(source);
        if (speed.processor_s < best.processor_s)
            best = speed;
    }
    if (!status)
        printf("%-24s %8.1f %8.3f\n", way->name, (double)best.frames / best.wall_s,
               1000 * best.processor_s / (double)best.frames);
    return status;
}

int main(int argc, char **argv)
{
    static const struct way ways[] = {{"decoded", false, false, false},
                                      {"and in grey", true, false, false},
                                      {"and in grey and colour", true, true, false},
                                      {"and recorded", true, true, true}};
    mien_error err;

    if (argc < 2)
        return fprintf(stderr, "usage: video_speed VIDEO [THREADS]\n"), 2;
    printf("%-24s %8s %8s\n", "", "frames/s", "ms each");
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++)
        if (measure(argv[1], argc > 2 ? atoi(argv[2]) : 0, &ways[i], &err))
            return fprintf(stderr, "video_speed: %s\n", err.message), 1;
    return 0;
}

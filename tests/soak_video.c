/* soak_video.c - a video in a loop at full speed through the whole pipeline: memory must stay flat.
 *
 *     soak_video FILE [SECONDS]
 *
 * Reads FILE over and over, opening it anew each time, finds, follows and classifies its faces, and
 * records the pictures into a file that is begun anew with each round. SECONDS are counted after a
 * minute in which everything finds its memory. Prints TAP.
 * SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "media/frame_source.h"
#include "media/video_writer.h"
#include "recognition/stream.h"

/* So many samples of the resident memory are taken, after so many seconds. */
enum { SAMPLES = 200, WARM_UP_S = 60 };

/* What memory may seem to grow by, in all: so many standard deviations of the samples around the
 * line through them, and at least so many bytes: threads that meet anew take another arena. */
#define NOISES 2
#define GROWTH_BYTES (4 << 20)

/* A file without an end. */
struct loop {
    const char *path;
    struct frame_source *source;
    double begun, last; /* time of the round's first frame, and of the last one */
    size_t rounds;
};

static mien_status open_round(struct loop *loop, mien_error *err)
{
    struct frame_source_options options;

    frame_source_options_init(&options);
    options.chroma = options.rgb = options.sound = true;
    loop->rounds++;
    loop->begun = loop->last + 0.04;
    return frame_source_open(loop->path, &options, &loop->source, err);
}

static mien_status read_round(void *context, void **payload, struct stream_picture *ret_picture,
                              bool *ret_end, mien_error *err)
{
    struct loop *loop = context;
    struct source_frame *frame = *payload;
    mien_status status = MIEN_OK;
    bool end = true;

    if (!frame && !(*payload = frame = calloc(1, sizeof *frame)))
        return error_memory(err, sizeof *frame);
    while (!status && end) {
        if (!loop->source)
            status = open_round(loop, err);
        if (!status)
            status = frame_source_read(loop->source, frame, &end, err);
        if (!status && end) {
            frame_source_close(loop->source);
            loop->source = NULL;
        }
    }
    loop->last = loop->begun + frame->time_s;
    *ret_picture =
        (struct stream_picture){frame->grey, {frame->chroma[0], frame->chroma[1]}, loop->last};
    *ret_end = false;
    return status;
}

static void free_payload(void *payload)
{
    if (payload)
        source_frame_free(payload);
    free(payload);
}

static double resident_bytes(void)
{
    FILE *file = fopen("/proc/self/statm", "r");
    long pages = 0;

    if (file && fscanf(file, "%*s %ld", &pages) != 1)
        pages = 0;
    if (file)
        fclose(file);
    return (double)pages * (double)sysconf(_SC_PAGESIZE);
}

/* Least squares: by how much the line through the samples rises from the first to the last, and
 * their standard deviation around it. */
static void fit_line(const double *samples, int count, double *ret_rise, double *ret_noise)
{
    double middle = (count - 1) / 2.0, mean = 0, across = 0, along = 0, square = 0;

    for (int i = 0; i < count; i++)
        mean += samples[i] / count;
    for (int i = 0; i < count; i++) {
        across += (i - middle) * (samples[i] - mean);
        along += (i - middle) * (i - middle);
    }
    for (int i = 0; i < count; i++) {
        double off = samples[i] - mean - across / along * (i - middle);
        square += off * off;
    }
    *ret_rise = across / along * (count - 1);
    *ret_noise = sqrt(square / (count - 2));
}

static const struct image *picture_of(const struct stream_frame *frame)
{
    return &((struct source_frame *)frame->payload)->rgb;
}

/* Ends the recording and begins the next one. */
static mien_status record_anew(const char *path, const struct image *picture,
                               struct video_writer **writer, mien_error *err)
{
    struct video_writer_options options;
    mien_status status = video_writer_close(*writer, err);

    *writer = NULL;
    video_writer_options_init(&options);
    options.width = picture->width;
    options.height = picture->height;
    return status ? status : video_writer_open(path, &options, writer, err);
}

static mien_status run(struct stream *stream, const struct loop *loop, double seconds,
                       double *samples, size_t *ret_frames, mien_error *err)
{
    char path[] = "/tmp/mien-soak-XXXXXX.mp4";
    int file = mkstemps(path, 4);
    struct video_writer *writer = NULL;
    struct stream_frame *frame;
    enum stream_event event;
    double begun = clock_now_s() + WARM_UP_S;
    size_t rounds = 0;
    int sample = 0;
    mien_status status = MIEN_OK;

    while (!status && sample < SAMPLES) {
        status = stream_next(stream, 1, &frame, &event, err);
        if (status || event != STREAM_FRAME)
            continue;
        if (!writer || loop->rounds != rounds)
            status = record_anew(path, picture_of(frame), &writer, err);
        rounds = loop->rounds;
        if (!status)
            status = video_writer_add(writer, picture_of(frame), frame->picture.time, NULL, err);
        ++*ret_frames;
        while (sample < SAMPLES && clock_now_s() - begun > seconds * (sample + 1) / SAMPLES)
            samples[sample++] = resident_bytes();
    }
    video_writer_close(writer, NULL);
    close(file);
    unlink(path);
    return status;
}

static int judge(const double *samples, size_t frames, size_t rounds, double seconds)
{
    double hours = seconds / 3600, rise, noise;
    bool flat;

    fit_line(samples, SAMPLES, &rise, &noise);
    flat = rise < fmax(NOISES * noise, GROWTH_BYTES);
    printf("1..1\n# %zu frames in %zu rounds; at the end %.1f MiB; %+.2f MiB an hour, %+.2f MiB in "
           "all, noise %.2f MiB\n",
           frames, rounds, samples[SAMPLES - 1] / (1 << 20), rise / hours / (1 << 20),
           rise / (1 << 20), noise / (1 << 20));
    printf("%s 1 - memory_stays_flat_however_long_a_video_is\n", flat ? "ok" : "not ok");
    return flat ? 0 : 1;
}

int main(int argc, char **argv)
{
    struct loop loop = {.path = argc > 1 ? argv[1] : ""};
    struct stream_source source = {
        .context = &loop, .read = read_round, .free_payload = free_payload};
    mien_recognizer *recognizer = NULL;
    struct stream *stream = NULL;
    double samples[SAMPLES], seconds = argc > 2 ? atof(argv[2]) : 120;
    size_t frames = 0;
    mien_error err;
    mien_status status = mien_recognizer_open(NULL, &recognizer, &err);

    if (!status)
        status = stream_open(recognizer, &source, NULL, &stream, &err);
    if (!status)
        status = run(stream, &loop, seconds, samples, &frames, &err);
    stream_close(stream);
    frame_source_close(loop.source);
    mien_recognizer_close(recognizer);
    if (!status)
        return judge(samples, frames, loop.rounds, seconds);
    fprintf(stderr, "soak_video: %s\n", err.message);
    return 1;
}

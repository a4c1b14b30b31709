/* make_film.c - writes a video of drawn people, for tests of the command line.
 *
 *     make_film FILE.mp4 SECONDS [PEOPLE [WIDTH HEIGHT [FPS]]]
 *
 * Person 1 is neutral and then, from half the time on, happy; the others wander.
 * SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>

#include "media/video_writer.h"
#include "tests/drawn_face.h"

static void draw(struct image *image, double time, double seconds, int people)
{
    float t = (float)time, side = (float)image->height * 0.24f;

    drawn_background(image);
    for (int who = people - 1; who >= 0; who--) {
        struct drawn_person p = drawn_people[who % 5];
        float place = ((float)who + 0.5f) / (float)people;
        p.size = side / (people > 3 ? 1.6f : 1);
        p.x = (float)image->width * place + 0.3f * p.size * sinf(t + (float)who);
        p.y = (float)image->height * 0.42f + 0.2f * p.size * cosf(0.7f * t + (float)who);
        p.smile = who == 0 && time > seconds / 2;
        drawn_add(image, &p);
    }
    drawn_noise(image, 4, (uint64_t)(time * 1000));
}

static mien_status make(const char *path, double seconds, int people, int width, int height,
                        double fps, mien_error *err)
{
    struct video_writer_options options;
    struct video_writer *writer;
    struct image image;
    mien_status status, closed;

    video_writer_options_init(&options);
    options.width = width;
    options.height = height;
    options.fps = fps;
    status = image_new(width, height, 3, &image, err);
    if (status)
        return status;
    status = video_writer_open(path, &options, &writer, err);
    for (int frame = 0; frame < seconds * fps && !status; frame++) {
        draw(&image, frame / fps, seconds, people);
        status = video_writer_add(writer, &image, frame / fps, NULL, err);
    }
    image_free(&image);
    if (status)
        return status;
    closed = video_writer_close(writer, err);
    return closed;
}

int main(int argc, char **argv)
{
    mien_error err;

    if (argc < 3) {
        fprintf(stderr, "usage: make_film FILE.mp4 SECONDS [PEOPLE [WIDTH HEIGHT [FPS]]]\n");
        return 2;
    }
    if (make(argv[1], atof(argv[2]), argc > 3 ? atoi(argv[3]) : 1, argc > 5 ? atoi(argv[4]) : 320,
             argc > 5 ? atoi(argv[5]) : 240, argc > 6 ? atof(argv[6]) : 30, &err)) {
        fprintf(stderr, "%s\n", err.message);
        return 1;
    }
    return 0;
}

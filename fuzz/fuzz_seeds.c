/* fuzz_seeds.c - small valid files for the targets to start from:
 *   fuzz_seeds FOLDER     writes FOLDER/<target>/<file>; the folders are there
 * SPDX-License-Identifier: MIT */
#include <stdio.h>

#include "base/random.h"
#include "media/picture_writer.h"
#include "media/video_writer.h"
#include "network/model.h"

static char path[4096];

static const char *path_of(const char *folder, const char *name)
{
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static mien_status write_model(const char *folder, mien_error *err)
{
    static const char text[] = "input 4x4x1\nconvolution 2 3x3\nbatchnorm\nglobalpool\ndense 2\n"
                               "output expression\n";
    static const char *const labels[] = {"happy", "sad"};
    static const struct model_about about[] = {{"name", "seed"}};
    const struct model_description story = {.labels = labels,
                                            .label_count = 2,
                                            .about = about,
                                            .about_count = 1,
                                            .history = "epoch,loss\n1,2\n"};
    struct architecture *architecture = NULL;
    struct network *network = NULL;
    mien_status status = architecture_parse(text, "seed", &architecture, err);

    if (!status)
        status = network_new(architecture, 1, &network, err);
    if (!status)
        status = model_save(path_of(folder, "model_file/seed.mien"), network, &story, NULL, err);
    network_free(network);
    architecture_free(architecture);
    return status;
}

static mien_status write_pictures(const char *folder, mien_error *err)
{
    static const char *const names[] = {"picture/seed.png", "picture/seed.jpg"};
    struct image image = {0};
    mien_status status = image_new(24, 16, 3, &image, err);

    for (int y = 0; !status && y < image.height; y++)
        for (int i = 0; i < image.width * image.channels; i++)
            image_row(&image, y)[i] = (uint8_t)(8 * i + random_bits((uint64_t)y, (uint64_t)i) % 16);
    for (int i = 0; i < 2 && !status; i++)
        status = picture_write(path_of(folder, names[i]), &image, err);
    image_free(&image);
    return status;
}

static mien_status write_video(const char *folder, mien_error *err)
{
    struct video_writer_options options;
    struct video_writer *writer;
    struct image image = {0};
    mien_status status, closed;

    video_writer_options_init(&options);
    options.width = 24;
    options.height = 16;
    status = video_writer_open(path_of(folder, "video/seed.mp4"), &options, &writer, err);
    if (status)
        return status;
    status = image_new(options.width, options.height, 3, &image, err);
    for (int i = 0; i < 3 && !status; i++) {
        image_row(&image, 5)[9] = (uint8_t)(80 * i);
        status = video_writer_add(writer, &image, 0.04 * i, NULL, err);
    }
    closed = video_writer_close(writer, status ? NULL : err);
    image_free(&image);
    return status ? status : closed;
}

static mien_status write_map(const char *folder, mien_error *err)
{
    FILE *file = fopen(path_of(folder, "label_map/seed"), "w");

    if (!file)
        return error_set(err, MIEN_EIO, "%s: cannot be written", path);
    fputs("joy = happy # a comment\nblue = sad\n7 = -\n", file);
    return fclose(file) ? error_set(err, MIEN_EIO, "%s: cannot be written", path) : MIEN_OK;
}

/* The target's first byte chooses how the text is cut; its pictures are 8 x 8. */
static mien_status write_csv(const char *folder, mien_error *err)
{
    FILE *file = fopen(path_of(folder, "dataset_csv/seed.csv"), "w");

    if (!file)
        return error_set(err, MIEN_EIO, "%s: cannot be written", path);
    fprintf(file, "@emotion,pixels,Usage\n");
    for (int row = 0; row < 3; row++) {
        fprintf(file, "%d,", row);
        for (int i = 0; i < 64; i++)
            fprintf(file, "%s%d", i ? " " : "", (row * 100 + i * 9) % 256);
        fprintf(file, ",%s\n", row ? "PublicTest" : "Training");
    }
    return fclose(file) ? error_set(err, MIEN_EIO, "%s: cannot be written", path) : MIEN_OK;
}

int main(int argc, char **argv)
{
    mien_error err = {.message = "usage: fuzz_seeds FOLDER"};

    if (argc == 2 && !write_model(argv[1], &err) && !write_pictures(argv[1], &err) &&
        !write_video(argv[1], &err) && !write_map(argv[1], &err) && !write_csv(argv[1], &err))
        return 0;
    fprintf(stderr, "fuzz_seeds: %s\n", err.message);
    return 1;
}

/* who_is_who.c - how well appearances tell people apart: the tracker's grid of light and colour,
 * and the expression classifier's features, on photographs of several people.
 *
 *     build/bench/who_is_who FOLDER [COUNT]
 *
 * Of every photograph in FOLDER (the first COUNT, default 2000) in which two or more faces are
 * detected, a copy is made as a video might show the people a little later: turned, scaled, in
 * other light, noisy. Faces are detected anew in the copy. A face and its copy are the same person,
 * two faces of one photograph are different ones.
 * SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "face/alignment.h"
#include "face/appearance.h"
#include "face/detector.h"
#include "image/warp.h"
#include "media/picture_reader.h"
#include "network/model.h"
#include "network/plan.h"

enum { FACES = 12, PAIRS = 20000, METHODS = 2, LEAST = 32 };

static const char *const method_names[METHODS] = {"grid of light and colour",
                                                  "classifier's features"};

struct bench {
    struct model *faces, *expressions;
    struct detector *detector;
    struct architecture *architecture; /* the classifier's, with one more output */
    struct network *network;
    struct plan *plan;
    int output;
    size_t features;
    size_t photographs;
    float same[METHODS][PAIRS], different[METHODS][PAIRS];
    size_t same_count, different_count;
};

/* The faces of one picture. */
struct people {
    struct image grey, chroma[2];
    size_t count;
    struct detection faces[FACES];
    float grids[FACES][APPEARANCE_FLOATS];
    float features[FACES][2048];
};

static mien_status open_all(struct bench *b, mien_error *err)
{
    struct plan_options options = {.batch = 1};
    mien_status status = model_open("face", &b->faces, err);
    int expression;

    if (!status)
        status = detector_new(b->faces->network, &b->detector, err);
    if (!status)
        status = model_open("deck", &b->expressions, err);
    if (!status)
        status =
            architecture_parse(b->expressions->architecture->text, "deck", &b->architecture, err);
    if (status)
        return status;
    expression = architecture_find_output(b->architecture, "expression");
    status = architecture_add_output(
        b->architecture, "features",
        b->architecture->layers[b->architecture->outputs[expression].layer].inputs[0], err);
    if (!status)
        status = network_borrow(b->architecture, b->expressions->network->tensors,
                                b->expressions->network->quantized, &b->network, err);
    if (!status)
        status = plan_new(b->network, &options, &b->plan, err);
    if (status)
        return status;
    b->output = architecture_find_output(b->architecture, "features");
    b->features = plan_output_floats(b->plan, b->output);
    return b->features <= 2048 ? MIEN_OK : error_set(err, MIEN_EINVAL, "too many features");
}

static mien_status embed(struct bench *b, const struct image *image, const struct detection *face,
                         float *features, mien_error *err)
{
    uint8_t pixels[48 * 48];
    struct image crop = {48, 48, 1, 48, pixels};
    const float box[4] = {face->x, face->y, face->w, face->h};
    struct affine map;
    double square = 1e-9;
    mien_status status = alignment_map(box, face->landmarks, 48, &map, err);

    if (!status)
        status = image_warp(image, &map, IMAGE_EDGE_REPLICATE, &crop, err);
    if (status)
        return status;
    for (int i = 0; i < 48 * 48; i++)
        plan_input(b->plan)[i] = pixels[i];
    plan_forward(b->plan, 1, 0);
    memcpy(features, plan_output(b->plan, b->output), b->features * sizeof *features);
    for (size_t i = 0; i < b->features; i++)
        square += (double)(features[i] * features[i]);
    for (size_t i = 0; i < b->features; i++)
        features[i] /= (float)sqrt(square);
    return MIEN_OK;
}

/* Grey and colour differences, as a video has them. */
static mien_status split_colours(const struct image *image, struct people *people, mien_error *err)
{
    mien_status status = image_reuse(&people->grey, image->width, image->height, 1, err);

    for (int i = 0; i < 2 && !status; i++)
        status = image_reuse(&people->chroma[i], image->width, image->height, 1, err);
    if (status)
        return status;
    image_convert(image, &people->grey);
    image_chroma(image, people->chroma);
    return MIEN_OK;
}

static mien_status look(struct bench *b, const struct image *image, struct people *people,
                        mien_error *err)
{
    struct detector_options options;
    const struct detection *found;
    mien_status status;

    detector_options_init(&options);
    options.least = LEAST;
    options.threshold = 0.8f;
    options.most_faces = FACES;
    status = detector_find(b->detector, image, &options, &found, &people->count, err);
    if (status)
        return status;
    memcpy(people->faces, found, people->count * sizeof *found);
    status = split_colours(image, people, err);
    for (size_t i = 0; i < people->count && !status; i++) {
        const struct detection *d = &people->faces[i];
        status = appearance_describe(&people->grey, people->chroma, d->x, d->y, d->w, d->h,
                                     people->grids[i], err);
        if (!status)
            status = embed(b, image, d, people->features[i], err);
    }
    return status;
}

/* A little later: up to 8 degrees and a third in size, a quarter in brightness, noise. */
static mien_status vary(const struct image *image, uint64_t key, struct image *ret_image,
                        struct affine *ret_map, mien_error *err)
{
    double angle = (double)random_range(key, 0, -0.14f, 0.14f);
    double scale = exp((double)random_range(key, 1, -0.3f, 0.3f));
    double gain = exp((double)random_range(key, 2, -0.25f, 0.25f));
    double lift = (double)random_range(key, 3, -12, 12);
    double c = cos(angle) * scale, s = sin(angle) * scale;
    double x = image->width / 2.0, y = image->height / 2.0;
    struct affine map = {{{c, -s, x - c * x + s * y}, {s, c, y - s * x - c * y}}};
    mien_status status = image_new(image->width, image->height, 3, ret_image, err);

    if (!status)
        status = image_warp(image, &map, IMAGE_EDGE_REPLICATE, ret_image, err);
    if (status)
        return status;
    for (int row = 0; row < ret_image->height; row++)
        for (int i = 0; i < ret_image->width * 3; i++) {
            uint64_t at = (uint64_t)row * 1000000 + (uint64_t)i;
            double level =
                image_row(ret_image, row)[i] * gain + lift + 4 * (double)random_normal(key + 1, at);
            image_row(ret_image, row)[i] = (uint8_t)fmin(255, fmax(0, level));
        }
    return affine_inverse(&map, ret_map, err);
}

static void add_pair(struct bench *b, bool same, const struct people *p, size_t i,
                     const struct people *q, size_t k)
{
    size_t *count = same ? &b->same_count : &b->different_count;
    float product = 0;

    if (*count == PAIRS)
        return;
    for (size_t f = 0; f < b->features; f++)
        product += p->features[i][f] * q->features[k][f];
    (same ? b->same : b->different)[0][*count] = appearance_distance(p->grids[i], q->grids[k]);
    (same ? b->same : b->different)[1][*count] = 1 - product;
    ++*count;
}

/* Whether face `k` of the copy is where the map puts face `i`. */
static bool is_copy(const struct detection *face, const struct affine *map,
                    const struct detection *copy)
{
    double x = (double)(face->x + face->w / 2), y = (double)(face->y + face->h / 2);

    return hypot(map->m[0][0] * x + map->m[0][1] * y + map->m[0][2] -
                     (double)(copy->x + copy->w / 2),
                 map->m[1][0] * x + map->m[1][1] * y + map->m[1][2] -
                     (double)(copy->y + copy->h / 2)) < 0.3 * (double)copy->h;
}

static mien_status add_photograph(struct bench *b, const char *path, uint64_t key, mien_error *err)
{
    static struct people before, after;
    struct image image = {0}, copy = {0};
    struct affine map;
    mien_status status = picture_read(path, &image, err);

    if (!status)
        status = look(b, &image, &before, err);
    if (!status && before.count > 1) {
        status = vary(&image, key, &copy, &map, err);
        if (!status)
            status = look(b, &copy, &after, err);
        b->photographs += !status;
        for (size_t i = 0; i < before.count && !status; i++)
            for (size_t k = 0; k < after.count; k++)
                add_pair(b, is_copy(&before.faces[i], &map, &after.faces[k]), &before, i, &after,
                         k);
    }
    image_free(&copy);
    image_free(&image);
    return status;
}

static int compare(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;

    return (x > y) - (x < y);
}

static void report(struct bench *b)
{
    printf("%zu photographs, %zu pairs of the same face, %zu of two faces\n", b->photographs,
           b->same_count, b->different_count);
    printf("%-26s %8s %9s %11s %11s\n", "", "AUC", "threshold", "same apart", "two as one");
    for (int m = 0; m < METHODS; m++) {
        float *same = b->same[m], *different = b->different[m];
        double below = 0;
        size_t at = 0;
        qsort(same, b->same_count, sizeof *same, compare);
        qsort(different, b->different_count, sizeof *different, compare);
        for (size_t i = 0; i < b->different_count; i++) {
            while (at < b->same_count && same[at] <= different[i])
                at++;
            below += (double)at;
        }
        for (int share = 90; share <= 99; share += 3) {
            float threshold = same[b->same_count * (size_t)share / 100];
            size_t confused = 0;
            while (confused < b->different_count && different[confused] <= threshold)
                confused++;
            printf("%-26s %8.4f %9.3f %10d%% %10.1f%%\n", share == 90 ? method_names[m] : "",
                   below / (double)b->same_count / (double)b->different_count, (double)threshold,
                   100 - share, 100.0 * (double)confused / (double)b->different_count);
        }
    }
}

int main(int argc, char **argv)
{
    static struct bench b;
    struct dirent **names;
    int wanted = argc > 2 ? atoi(argv[2]) : 2000;
    int count = argc > 1 ? scandir(argv[1], &names, NULL, alphasort) : -1;
    mien_error err;

    if (count < 0 || open_all(&b, &err)) {
        fprintf(stderr, "%s\n", count < 0 ? "usage: who_is_who FOLDER [COUNT]" : err.message);
        return 1;
    }
    for (int i = 0; i < count && i < wanted; i++) {
        char path[4096];
        snprintf(path, sizeof path, "%s/%s", argv[1], names[i]->d_name);
        if (names[i]->d_name[0] != '.' && add_photograph(&b, path, (uint64_t)i, &err))
            fprintf(stderr, "%s\n", err.message);
    }
    report(&b);
    return 0;
}

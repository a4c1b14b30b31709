/* landmarks.c - crop faces, run the network on several at once, carry its numbers back. Each face
 * is looked at twice, the second time mirrored, and the mean of both taken: errors become smaller,
 * and a mirrored face has mirrored landmarks.
 * SPDX-License-Identifier: MIT */
#include "face/landmarks.h"

#include <math.h>
#include <stdlib.h>

#include "network/plan.h"

enum { BATCH = 8, VIEWS = 2, PIXELS = LANDMARKS_SIDE * LANDMARKS_SIDE };

struct landmark_placer {
    struct plan *plan;
    struct image crop;
    int output;
};

struct affine landmarks_map(float centre_x, float centre_y, float height, int side)
{
    double square = LANDMARKS_SQUARE(height), scale = square / side;

    return (struct affine){{{scale, 0, centre_x - square / 2}, {0, scale, centre_y - square / 2}}};
}

void landmarks_normalize(float *levels)
{
    double sum = 0, squares = 0, mean, deviation;

    for (int i = 0; i < PIXELS; i++)
        sum += (double)levels[i];
    mean = sum / PIXELS;
    for (int i = 0; i < PIXELS; i++)
        squares += (levels[i] - mean) * (levels[i] - mean);
    deviation = sqrt(squares / PIXELS) + 1; /* one level: a flat square stays flat */
    for (int i = 0; i < PIXELS; i++)
        levels[i] = (float)((levels[i] - mean) / deviation);
}

static mien_status check(const struct architecture *a, int output, mien_error *err)
{
    struct shape input = architecture_input(a);

    if (output < 0 || input.H != LANDMARKS_SIDE || input.W != LANDMARKS_SIDE || input.C != 1 ||
        a->outputs[output].shape.C != LANDMARKS_NUMBERS)
        return error_set(err, MIEN_EINVAL, "the model places no landmarks: it has no such output");
    return MIEN_OK;
}

mien_status landmark_placer_new(const struct network *network, struct landmark_placer **ret_placer,
                                mien_error *err)
{
    struct plan_options options = {.batch = BATCH * VIEWS};
    struct landmark_placer *placer = calloc(1, sizeof *placer);
    mien_status status;

    if (!placer)
        return error_memory(err, sizeof *placer);
    placer->output = architecture_find_output(network->architecture, "landmarks");
    status = check(network->architecture, placer->output, err);
    if (!status)
        status = image_new(LANDMARKS_SIDE, LANDMARKS_SIDE, 1, &placer->crop, err);
    if (!status)
        status = plan_new(network, &options, &placer->plan, err);
    if (status)
        landmark_placer_free(placer);
    else
        *ret_placer = placer;
    return status;
}

void landmark_placer_free(struct landmark_placer *placer)
{
    if (!placer)
        return;
    plan_free(placer->plan);
    image_free(&placer->crop);
    free(placer);
}

static struct affine map_of(const struct detection *face)
{
    return landmarks_map(face->x + face->w / 2, face->y + face->h / 2, face->h, LANDMARKS_SIDE);
}

static mien_status load(struct landmark_placer *placer, const struct image *image,
                        const struct detection *face, float *levels, mien_error *err)
{
    struct affine map = map_of(face);
    mien_status status = image_warp(image, &map, IMAGE_EDGE_REPLICATE, &placer->crop, err);

    for (int i = 0; i < PIXELS && !status; i++)
        levels[i] = image_row(&placer->crop, i / LANDMARKS_SIDE)[i % LANDMARKS_SIDE];
    if (status)
        return status;
    landmarks_normalize(levels);
    for (int i = 0; i < PIXELS; i++)
        levels[PIXELS + i] =
            levels[i / LANDMARKS_SIDE * LANDMARKS_SIDE + LANDMARKS_SIDE - 1 - i % LANDMARKS_SIDE];
    return MIEN_OK;
}

/* numbers (VIEWS, LANDMARKS_NUMBERS) */
static void read_numbers(const float *numbers, struct detection *face)
{
    static const int mirrored[4] = {1, 0, 2, 3}; /* left is right */
    const float *others = numbers + LANDMARKS_NUMBERS;
    float half = LANDMARKS_SQUARE(face->h) / 2;

    for (int i = 0; i < 4; i++) {
        face->landmarks[i][0] =
            face->x + face->w / 2 + half * (numbers[2 * i] - others[2 * mirrored[i]]);
        face->landmarks[i][1] =
            face->y + face->h / 2 + half * (numbers[2 * i + 1] + others[2 * mirrored[i] + 1]);
    }
}

mien_status landmark_placer_place(struct landmark_placer *placer, const struct image *image,
                                  struct detection *faces, size_t count, mien_error *err)
{
    mien_status status = MIEN_OK;

    for (size_t first = 0; first < count && !status; first += BATCH) {
        int here = count - first < BATCH ? (int)(count - first) : BATCH;
        for (int i = 0; i < here && !status; i++)
            status = load(placer, image, &faces[first + (size_t)i],
                          plan_input(placer->plan) + (size_t)i * VIEWS * PIXELS, err);
        if (status)
            return status;
        plan_forward(placer->plan, here * VIEWS, 0);
        for (int i = 0; i < here; i++)
            read_numbers(plan_output(placer->plan, placer->output) + i * VIEWS * LANDMARKS_NUMBERS,
                         &faces[first + (size_t)i]);
    }
    return status;
}

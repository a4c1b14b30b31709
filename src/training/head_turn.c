/* head_turn.c - turn a head about its vertical axis, and look at it from far away.
 *
 * In units of the eye distance, u across and v down from the middle of the eyes, the surface of a
 * head of radius R has the depth z(u) = sqrt(R^2 - u^2), and more at the nose. Turned by an angle
 * t, the point (u, v) is seen at u cos t + (z - z0) sin t, where z0, the depth of the eyes, keeps
 * the face in its place. SPDX-License-Identifier: MIT */
#include "training/head_turn.h"

#include <math.h>

#define PI 3.14159265f

enum { SIDE = 64, UNIT = 12 }; /* pixels of the square, and of an eye distance there */

#define RADIUS (1.25f * UNIT)
#define EYES_DEPTH (1.1456f * UNIT) /* half an eye distance from the middle */
#define NOSE_HEIGHT (0.33f * UNIT)
#define NOSE_WIDTH (0.22f * UNIT)
#define NOSE_LENGTH (0.3f * UNIT)

struct head {
    float x;           /* of its axis */
    float nose_y;      /* of the tip */
    float sine, angle; /* of the turn */
};

/* By how much the surface stands out of the cylinder. */
static float nose(const struct head *head, float u, float y)
{
    float across = u / NOSE_WIDTH, along = (y - head->nose_y) / NOSE_LENGTH;

    return NOSE_HEIGHT * expf(-(across * across + along * along) / 2);
}

/* Where the point u of row y is seen. */
static float seen_at(const struct head *head, float u, float y)
{
    float z = sqrtf(fmaxf(RADIUS * RADIUS - u * u, 0)) + nose(head, u, y) - EYES_DEPTH;

    return u * cosf(head->angle) + z * head->sine;
}

/* What is seen at `at`: the inverse, in a few steps for the nose. Beside the head, what was beside
 * it. */
static float shown_at(const struct head *head, float at, float y)
{
    float u = at;

    for (int i = 0; i < 3; i++) {
        float s = at + (EYES_DEPTH - nose(head, u, y)) * head->sine;
        float on_head = fmaxf(-RADIUS, fminf(RADIUS, s));
        float around = asinf(on_head / RADIUS) - head->angle;
        u = RADIUS * sinf(fmaxf(-PI / 2, fminf(PI / 2, around))) + s - on_head;
    }
    return u;
}

static void turn_row(const struct head *head, int y, const uint8_t *from, uint8_t *to)
{
    for (int x = 0; x < SIDE; x++) {
        float at = shown_at(head, (float)x + 0.5f - head->x, (float)y + 0.5f) + head->x - 0.5f;
        float clamped = fmaxf(0, fminf(SIDE - 1.001f, at)), share = clamped - floorf(clamped);
        const uint8_t *pixel = from + (int)clamped;
        to[x] = (uint8_t)((1 - share) * pixel[0] + share * pixel[1] + 0.5f);
    }
}

/* From the square to the picture: the middle of the face in its middle, the eyes level. */
static struct affine square_map(const struct face_mark *mark)
{
    float unit = mark->h / 2.75f;
    const float *left = mark->landmarks[FACE_LEFT_EYE], *right = mark->landmarks[FACE_RIGHT_EYE];
    double x = right[0] - left[0], y = right[1] - left[1], length = fmax(hypot(x, y), 1e-6);
    double c = x / length * unit / UNIT, s = y / length * unit / UNIT;

    return (struct affine){{{c, -s, mark->x + mark->w / 2 - (c - s) * SIDE / 2},
                            {s, c, mark->y + mark->h / 2 - (s + c) * SIDE / 2}}};
}

static void turn(const struct image *square, float angle, struct face_mark *mark,
                 struct image *turned)
{
    float(*at)[2] = mark->landmarks;
    struct head head = {.x = (at[FACE_LEFT_EYE][0] + at[FACE_RIGHT_EYE][0]) / 2,
                        .nose_y = at[FACE_NOSE][1],
                        .sine = sinf(angle),
                        .angle = angle};

    for (int y = 0; y < SIDE; y++)
        turn_row(&head, y, image_row(square, y), image_row(turned, y));
    for (int i = 0; i < FACE_LANDMARKS; i++)
        at[i][0] = head.x + seen_at(&head, at[i][0] - head.x, at[i][1]);
    face_mark_box(mark);
}

mien_status head_turn(const struct image *picture, const struct face_mark *mark, float angle,
                      struct image *ret_square, struct face_mark *ret_mark, mien_error *err)
{
    struct affine map = square_map(mark), back;
    struct image square = {0}, turned = {0};
    mien_status status = affine_inverse(&map, &back, err);

    if (!status)
        status = image_new(SIDE, SIDE, 1, &square, err);
    if (!status)
        status = image_new(SIDE, SIDE, 1, &turned, err);
    if (!status)
        status = image_warp(picture, &map, IMAGE_EDGE_REPLICATE, &square, err);
    if (!status) {
        *ret_mark = face_mark_mapped(mark, &back);
        turn(&square, angle, ret_mark, &turned);
        *ret_square = turned;
        turned = (struct image){0};
    }
    image_free(&square);
    image_free(&turned);
    return status;
}

/* drawn_face.h - people drawn by a few formulas, which the built-in models take for faces: scenes
 * whose truth is known, and which need no data.
 * SPDX-License-Identifier: MIT */
#ifndef TESTS_DRAWN_FACE_H
#define TESTS_DRAWN_FACE_H

#include <math.h>
#include <stdint.h>

#include "base/random.h"
#include "image/image.h"

struct drawn_person {
    float x, y, size; /* between the eyes and the mouth; the face is about as high as `size` */
    uint8_t skin[3], hair[3], clothes[3];
    float smile;    /* 0 neutral, 1 a wide open smile */
    float surprise; /* 0 neutral, 1 eyes and mouth wide open */
};

/* Five who look different. */
static const struct drawn_person drawn_people[5] = {
    {0, 0, 100, {224, 188, 164}, {60, 44, 34}, {40, 60, 120}, 0, 0},
    {0, 0, 100, {200, 160, 130}, {150, 110, 50}, {150, 40, 40}, 0, 0},
    {0, 0, 100, {236, 205, 190}, {30, 28, 30}, {40, 110, 60}, 0, 0},
    {0, 0, 100, {190, 146, 116}, {90, 88, 92}, {190, 180, 60}, 0, 0},
    {0, 0, 100, {230, 190, 170}, {140, 60, 30}, {200, 200, 205}, 0, 0},
};

/* 1 inside the ellipse, 0 outside, soft at the edge. */
static inline float drawn_ellipse(float u, float v, float x, float y, float rx, float ry)
{
    float d = (u - x) * (u - x) / (rx * rx) + (v - y) * (v - y) / (ry * ry);

    return d > 3 ? 0 : 1 / (1 + expf((d - 1) * 8));
}

static inline void drawn_mix(float *rgb, float share, float r, float g, float b)
{
    rgb[0] += share * (r - rgb[0]);
    rgb[1] += share * (g - rgb[1]);
    rgb[2] += share * (b - rgb[2]);
}

static inline void drawn_shade(float *rgb, float share, float light)
{
    for (int i = 0; i < 3; i++)
        rgb[i] *= 1 - share * (1 - light);
}

static inline void drawn_mouth(const struct drawn_person *p, float u, float v, float *rgb)
{
    float bent = v - 0.32f + p->smile * (1.8f * u * u - 0.06f); /* corners go up */
    float half = 0.14f + 0.08f * p->smile - 0.05f * p->surprise;
    float open = 0.03f + 0.06f * p->smile + 0.1f * p->surprise;

    drawn_shade(rgb, drawn_ellipse(u, bent, 0, 0.05f * p->surprise, half, open), 0.35f);
    if (p->smile > 0)
        drawn_mix(rgb, p->smile * drawn_ellipse(u, bent, 0, -0.01f, half * 0.9f, open * 0.65f), 250,
                  250, 245);
    drawn_shade(rgb, 0.6f * drawn_ellipse(u, v, 0, 0.37f + 0.12f * p->surprise, 0.12f, 0.03f),
                0.7f);
}

/* One eye with its brow; `side` is -1 or 1. */
static inline void drawn_eye(const struct drawn_person *p, float side, float u, float v, float *rgb)
{
    float tall = 0.04f + 0.03f * p->surprise - 0.017f * p->smile;

    drawn_shade(rgb, 0.3f * drawn_ellipse(u, v, side * 0.16f, -0.09f, 0.12f, 0.07f), 0.72f);
    drawn_shade(rgb, 0.8f * drawn_ellipse(u, v, side * 0.16f, -0.05f, 0.09f, tall), 0.4f);
    drawn_shade(rgb, drawn_ellipse(u, v, side * 0.16f, -0.05f, 0.035f, 0.035f), 0.15f);
    drawn_shade(
        rgb, 0.9f * drawn_ellipse(u, v, side * 0.16f, -0.16f - 0.07f * p->surprise, 0.11f, 0.025f),
        0.3f);
    drawn_shade(rgb, drawn_ellipse(u, v, side * 0.04f, 0.19f, 0.025f, 0.015f), 0.35f);
    if (p->smile > 0) /* the fold beside the mouth */
        drawn_shade(rgb, 0.8f * p->smile * drawn_ellipse(u, v, side * 0.24f, 0.2f, 0.025f, 0.11f),
                    0.7f);
}

static inline void drawn_pixel(const struct drawn_person *p, float u, float v, float *rgb)
{
    float face = drawn_ellipse(u, v, 0, 0.05f, 0.38f, 0.52f), light = 1 + 0.12f * u - 0.1f * v;

    drawn_mix(rgb, drawn_ellipse(u, v, 0, 1.15f, 0.9f, 0.5f), p->clothes[0], p->clothes[1],
              p->clothes[2]);
    drawn_mix(rgb, drawn_ellipse(u, v, 0, -0.12f, 0.47f, 0.62f), p->hair[0], p->hair[1],
              p->hair[2]);
    drawn_mix(rgb, face, light * p->skin[0], light * p->skin[1], light * p->skin[2]);
    drawn_eye(p, -1, u, v, rgb);
    drawn_eye(p, 1, u, v, rgb);
    drawn_shade(rgb, 0.4f * drawn_ellipse(u, v, 0.03f, 0.1f, 0.05f, 0.15f), 0.78f);
    drawn_mouth(p, u, v, rgb);
}

/* Draws a person in front of what is there. */
static inline void drawn_add(struct image *image, const struct drawn_person *p)
{
    float s = p->size;
    int left = (int)fmaxf(0, p->x - s * 1.6f),
        right = (int)fminf((float)image->width, p->x + s * 1.6f);
    int top = (int)fmaxf(0, p->y - s * 1.2f);
    int bottom = (int)fminf((float)image->height, p->y + s * 2.1f);

    for (int y = top; y < bottom; y++) {
        uint8_t *row = image_row(image, y);
        for (int x = left; x < right; x++) {
            float rgb[3] = {row[3 * x], row[3 * x + 1], row[3 * x + 2]};
            drawn_pixel(p, ((float)x - p->x) / s, ((float)y - p->y) / s, rgb);
            for (int i = 0; i < 3; i++)
                row[3 * x + i] = (uint8_t)fminf(255, fmaxf(0, rgb[i]));
        }
    }
}

/* A soft background in place of what is there. */
static inline void drawn_background(struct image *image)
{
    for (int y = 0; y < image->height; y++) {
        uint8_t *row = image_row(image, y);
        float down = 10 * cosf((float)y / 23);
        for (int x = 0; x < image->width; x++) {
            float light = 120 + 20 * sinf((float)x / 37) + down;
            row[3 * x] = (uint8_t)light;
            row[3 * x + 1] = (uint8_t)(light * 1.02f);
            row[3 * x + 2] = (uint8_t)(light * 1.08f);
        }
    }
}

/* What a camera's sensor adds: noise of standard deviation `noise`, by `key` alone. */
static inline void drawn_noise(struct image *image, float noise, uint64_t key)
{
    for (int y = 0; y < image->height; y++) {
        uint8_t *row = image_row(image, y);
        for (int i = 0; i < 3 * image->width; i++) {
            /* The sum of four uniform numbers: near enough to normal, and fast. */
            uint64_t bits = random_bits(key, (uint64_t)y * 100000 + (uint64_t)i);
            float sum = (float)((bits & 0xffff) + (bits >> 16 & 0xffff) + (bits >> 32 & 0xffff) +
                                (bits >> 48)) /
                        65536.0f;
            row[i] = (uint8_t)fminf(255, fmaxf(0, row[i] + noise * 1.732f * (sum - 2)));
        }
    }
}

#endif

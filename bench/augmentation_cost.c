/* augmentation_cost.c - what each change of a picture costs in training, on one thread.
 * Usage: augmentation_cost
 * SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <time.h>

#include "base/random.h"
#include "training/augmentation.h"

enum { SIDE = 48, PICTURES = 4000, REPETITIONS = 9 };

static double now_us(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return 1e6 * (double)time.tv_sec + 1e-3 * (double)time.tv_nsec;
}

/* The least of the repetitions, a picture. */
static double cost_us(const struct augmentation *augmentation)
{
    static uint8_t pixels[SIDE * SIDE];
    static float levels[SIDE * SIDE];
    double least = 1e9;

    for (int i = 0; i < SIDE * SIDE; i++)
        pixels[i] = (uint8_t)random_bits(1, (uint64_t)i);
    for (int repetition = 0; repetition < REPETITIONS; repetition++) {
        double start = now_us(), each;
        for (uint64_t key = 0; key < PICTURES; key++)
            augmentation_apply(augmentation, pixels, SIDE, SIDE, key, levels);
        each = (now_us() - start) / PICTURES;
        least = each < least ? each : least;
    }
    return least;
}

int main(void)
{
    static const struct {
        const char *name;
        struct augmentation augmentation;
    } cases[] = {
        {"bytes to levels", {0}},
        {"flip", {.flip = true}},
        {"flip, contrast", {.flip = true, .contrast = 0.2f}},
        {"one warp for rotation, shift, zoom, shear, crop", {.rotation = 10, .shift = 0.1f}},
        {"gamma", {.gamma = 0.3f}},
        {"blur", {.blur = 1.5f}},
        {"noise", {.noise = 10}},
        {"blocks", {.blocks = 20}},
        {"cutout", {.cutout = 0.3f}},
        {"erase", {.erase = 1, .erase_area = 0.2f}},
        {"all of them",
         {.flip = true,
          .rotation = 10,
          .shift = 0.1f,
          .zoom = 0.1f,
          .shear = 0.1f,
          .crop = 0.1f,
          .gamma = 0.3f,
          .contrast = 0.2f,
          .brightness = 0.1f,
          .blur = 1.5f,
          .noise = 10,
          .blocks = 20,
          .cutout = 0.3f,
          .erase = 0.5f,
          .erase_area = 0.2f}},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        printf("%-50s %6.2f us\n", cases[i].name, cost_us(&cases[i].augmentation));
    return 0;
}

/* augmentation.c - flip and contrast, as Keras's RandomFlip and RandomContrast do them.
 * SPDX-License-Identifier: MIT */
#include "training/augmentation.h"

#include <stddef.h>

#include "base/random.h"

enum { DRAW_FLIP, DRAW_CONTRAST };

void augmentation_init(struct augmentation *augmentation)
{
    *augmentation = (struct augmentation){.flip = true, .contrast = 0.2f};
}

static void convert(const uint8_t *pixels, int H, int W, bool flip, float *levels)
{
    for (int y = 0; y < H; y++, pixels += W, levels += W)
        for (int x = 0; x < W; x++)
            levels[x] = pixels[flip ? W - 1 - x : x];
}

static void change_contrast(float *levels, size_t count, float factor)
{
    double sum = 0;
    float mean;

    for (size_t i = 0; i < count; i++)
        sum += levels[i];
    mean = (float)(sum / (double)count);
    for (size_t i = 0; i < count; i++)
        levels[i] = (levels[i] - mean) * factor + mean;
}

void augmentation_apply(const struct augmentation *augmentation, const uint8_t *pixels, int H,
                        int W, uint64_t key, float *ret_levels)
{
    static const struct augmentation none = {0};
    const struct augmentation *a = augmentation ? augmentation : &none;
    bool flip = a->flip && random_uniform(key, DRAW_FLIP) < 0.5f;

    convert(pixels, H, W, flip, ret_levels);
    if (a->contrast > 0)
        change_contrast(ret_levels, (size_t)H * (size_t)W,
                        random_range(key, DRAW_CONTRAST, 1 - a->contrast, 1 + a->contrast));
}

/* detector_augment.c - draw how a picture was lit, taken, kept, and aged.
 * SPDX-License-Identifier: MIT */
#include "training/detector_augment.h"

#include <stdlib.h>

#include "image/resize.h"
#include "training/levels.h"
#include "training/random_stream.h"

/* Shares of all samples. */
#define OLD_SHARE 0.18f      /* faded, grainy, darker at its edges */
#define RESAMPLE_SHARE 0.15f /* scaled down and up again */
#define CONTRAST_SHARE 0.6f
#define BRIGHTNESS_SHARE 0.5f
#define GAMMA_SHARE 0.4f
#define DARK_SHARE 0.1f
#define GLARE_SHARE 0.05f
#define SLOPE_SHARE 0.15f
#define VIGNETTE_SHARE 0.08f
#define BLUR_SHARE 0.25f
#define MOTION_SHARE 0.08f
#define NOISE_SHARE 0.35f
#define BLOCKS_SHARE 0.3f

/* Mean and deviation of a picture's levels, from every seventh pixel. */
static void measure(const struct image *picture, float *ret_mean, float *ret_deviation)
{
    double sum = 0, squares = 0, count = 0, mean;

    for (int y = 0; y < picture->height; y += 3) {
        const uint8_t *row = image_row(picture, y);
        for (int x = y % 7; x < picture->width; x += 7, count++) {
            sum += row[x];
            squares += row[x] * (double)row[x];
        }
    }
    mean = sum / count;
    *ret_mean = (float)mean;
    *ret_deviation = (float)sqrt(fmax(0, squares / count - mean * mean));
}

/* What deviation of levels the darkest picture keeps. */
#define LEAST_DEVIATION 7

/* How levels become levels. */
struct tone {
    float gamma, contrast, brightness, gain;
};

static struct tone draw_tone(struct random_stream *r, bool old, float deviation)
{
    struct tone tone = {1, 1, 0, 1};

    if (random_stream_chance(r, GAMMA_SHARE))
        tone.gamma = random_stream_log_range(r, 0.5f, 2);
    if (old)
        tone.contrast = random_stream_range(r, 0.2f, 0.75f);
    else if (random_stream_chance(r, CONTRAST_SHARE))
        tone.contrast = random_stream_log_range(r, 0.4f, 1.7f);
    if (random_stream_chance(r, BRIGHTNESS_SHARE))
        tone.brightness = random_stream_range(r, -40, 40);
    if (random_stream_chance(r, DARK_SHARE))
        tone.gain = random_stream_log_range(r, 0.1f, 0.5f);
    else if (random_stream_chance(r, GLARE_SHARE))
        tone.gain = random_stream_range(r, 1.3f, 1.9f);
    tone.gain = fmaxf(tone.gain, fminf(1, LEAST_DEVIATION / (deviation * tone.contrast + 1)));
    return tone;
}

static void apply_tone(const struct image *picture, const struct tone *tone, float mean,
                       float *levels)
{
    float table[256];

    for (int i = 0; i < 256; i++) {
        float level = 255 * powf((float)i / 255, tone->gamma);
        level = ((level - mean) * tone->contrast + mean + tone->brightness) * tone->gain;
        table[i] = level < 0 ? 0 : level > 255 ? 255 : level;
    }
    for (int y = 0; y < picture->height; y++) {
        const uint8_t *row = image_row(picture, y);
        for (int x = 0; x < picture->width; x++)
            *levels++ = table[row[x]];
    }
}

/* Scales down and up again, so that the smallest face would still have nine pixels. */
static mien_status resample(struct image *picture, float smallest_face, struct random_stream *r,
                            mien_error *err)
{
    float most = fminf(smallest_face / 9, 4), factor;
    struct image small;
    mien_status status;

    if (!random_stream_chance(r, RESAMPLE_SHARE) || most < 1.2f)
        return MIEN_OK;
    factor = random_stream_range(r, 1.1f, most);
    status = image_resized(picture, (int)((float)picture->width / factor),
                           (int)((float)picture->height / factor), &small, err);
    if (status)
        return status;
    status = image_resize(&small, picture, err);
    image_free(&small);
    return status;
}

static void change_light(float *levels, int H, int W, bool old, struct random_stream *r)
{
    if (random_stream_chance(r, SLOPE_SHARE)) {
        float from = random_stream_range(r, 0.3f, 1), to = random_stream_range(r, 1, 1.6f);
        levels_slope(levels, H, W, from, to, random_stream_range(r, 0, 2 * PI));
    }
    if (random_stream_chance(r, old ? 0.5f : VIGNETTE_SHARE))
        levels_vignette(levels, H, W, random_stream_range(r, 0.3f, old ? 1.3f : 0.8f));
}

/* Blur in proportion to the smallest face: at most a quarter of its eye distance or so. */
static void change_sharpness(float *levels, int H, int W, bool old, float smallest_face,
                             struct random_stream *r, float *scratch)
{
    float most = fminf(fmaxf(0.085f * smallest_face, 0.5f), 5);

    if (random_stream_chance(r, old ? 0.5f : BLUR_SHARE))
        levels_blur(levels, H, W, random_stream_range(r, 0.3f, most));
    else if (random_stream_chance(r, MOTION_SHARE)) {
        float length = random_stream_range(r, 1.5f, fmaxf(2, 3 * most));
        levels_motion_blur(levels, H, W, length, random_stream_range(r, 0, PI), scratch);
    }
}

/* Noise and blocks in proportion to the contrast that is there, so that faces stay to be seen. */
static void disturb(float *levels, int H, int W, bool old, float deviation, float smallest_face,
                    struct random_stream *r)
{
    uint64_t key = random_key(r->key, r->counter++);
    float coarsest = fminf(0.6f * deviation * fminf(smallest_face / 40, 1), 45);
    float most = fminf(fmaxf(0.4f * deviation, 2), 30);

    if (old && random_stream_chance(r, 0.6f))
        levels_grain(levels, H, W, random_stream_range(r, 0, most), key);
    else if (random_stream_chance(r, NOISE_SHARE))
        levels_noise(levels, H, W, random_stream_range(r, 0, most), key);
    if (random_stream_chance(r, BLOCKS_SHARE)) {
        float step = random_stream_log_range(r, 1, fmaxf(coarsest, 2));
        int left = -(int)random_stream_index(r, 8), top = -(int)random_stream_index(r, 8);
        levels_round(levels, H, W);
        levels_blocks(levels, H, W, step, left, top);
    }
}

mien_status detector_augment(struct image *picture, float smallest_face, uint64_t key,
                             float *ret_levels, mien_error *err)
{
    struct random_stream r = {key, 0};
    int H = picture->height, W = picture->width;
    bool old = random_stream_chance(&r, OLD_SHARE);
    struct tone tone;
    size_t bytes = (size_t)H * (size_t)W * sizeof(float);
    float mean, deviation, *scratch = malloc(bytes);
    mien_status status;

    if (!scratch)
        return error_memory(err, bytes);
    status = resample(picture, smallest_face, &r, err);
    if (!status) {
        measure(picture, &mean, &deviation);
        tone = draw_tone(&r, old, deviation);
        apply_tone(picture, &tone, mean, ret_levels);
        change_light(ret_levels, H, W, old, &r);
        change_sharpness(ret_levels, H, W, old, smallest_face, &r, scratch);
        disturb(ret_levels, H, W, old, deviation * tone.contrast * tone.gain, smallest_face, &r);
        levels_round(ret_levels, H, W);
    }
    free(scratch);
    return status;
}

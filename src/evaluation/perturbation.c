/* perturbation.c - the ways, one function each.
 * SPDX-License-Identifier: MIT */
#include "evaluation/perturbation.h"

#include <math.h>
#include <stdlib.h>

#include "base/random.h"
#include "image/jpeg_loss.h"
#include "image/warp.h"

/* Where FER2013's crops have their eyes and mouth, as shares of the height. */
#define EYES 0.40
#define MOUTH 0.78
#define FACE_SIDE 48.0

enum { COVER_GREY = 128, REACH = 3 /* of the Gaussian, in standard deviations */ };

static const struct perturbation_kind kinds[PERTURBATIONS] = {
    [PERTURB_SHIFT] = {"shift",
                       "shift, share of the side",
                       {0, 0.03, 0.06, 0.09, 0.12, 0.15, 0.2},
                       7},
    [PERTURB_SCALE] = {"scale", "scale", {0.7, 0.8, 0.9, 1, 1.1, 1.2, 1.3}, 7},
    [PERTURB_ROTATION] = {"rotation", "degrees", {-30, -20, -10, 0, 10, 20, 30}, 7},
    [PERTURB_BRIGHTNESS] = {"brightness", "factor", {0.25, 0.5, 0.75, 1, 1.33, 1.67, 2}, 7},
    [PERTURB_BLUR] = {"blur", "standard deviation, pixels of 48", {0, 0.5, 1, 1.5, 2, 2.5, 3}, 7},
    [PERTURB_NOISE] = {"noise", "standard deviation, levels of 255", {0, 5, 10, 15, 20, 30, 40}, 7},
    [PERTURB_JPEG] = {"jpeg", "JPEG quality", {5, 10, 20, 30, 50, 75, 95}, 7},
    [PERTURB_EYES] = {"eyes-covered",
                      "height of the bar over the eyes",
                      {0, 0.08, 0.16, 0.24, 0.32},
                      5},
    [PERTURB_MOUTH] = {"mouth-covered",
                       "height of the bar over the mouth",
                       {0, 0.08, 0.16, 0.24, 0.32},
                       5},
};

const struct perturbation_kind *perturbation_kind(enum perturbation perturbation)
{
    return &kinds[perturbation];
}

static uint8_t clamp(double level)
{
    return (uint8_t)fmax(0, fmin(255, round(level)));
}

/* Shows the source turned by `degrees` and enlarged by `scale` about its middle, then moved by
 * (dx, dy) pixels. */
static mien_status move(const struct image *source, double dx, double dy, double scale,
                        double degrees, struct image *target, mien_error *err)
{
    double angle = degrees * acos(-1) / 180, c = cos(angle) / scale, s = sin(angle) / scale;
    double x = source->width / 2.0, y = source->height / 2.0;
    struct affine map = {
        {{c, s, x - c * (x + dx) - s * (y + dy)}, {-s, c, y + s * (x + dx) - c * (y + dy)}}};

    return image_warp(source, &map, IMAGE_EDGE_REPLICATE, target, err);
}

static mien_status shift(const struct image *source, double share, uint64_t key,
                         struct image *target, mien_error *err)
{
    double angle = 2 * acos(-1) * (double)random_uniform(key, 0);

    return move(source, share * source->width * cos(angle), share * source->height * sin(angle), 1,
                0, target, err);
}

/* One axis of the Gaussian: `stride` from pixel to pixel of a line of `count`. */
static void blur_line(uint8_t *pixels, size_t stride, int count, double deviation, double *line)
{
    int reach = (int)ceil(REACH * deviation);

    for (int i = 0; i < count; i++)
        line[i] = pixels[(size_t)i * stride];
    for (int i = 0; i < count; i++) {
        double sum = 0, weights = 0;
        for (int k = -reach; k <= reach; k++) {
            int at = i + k < 0 ? 0 : i + k >= count ? count - 1 : i + k;
            double weight = exp(-k * k / (2 * deviation * deviation));
            sum += weight * line[at];
            weights += weight;
        }
        pixels[(size_t)i * stride] = clamp(sum / weights);
    }
}

static mien_status blur(struct image *image, double deviation, mien_error *err)
{
    int longer = image->width > image->height ? image->width : image->height;
    double *line, pixels = deviation * image->width / FACE_SIDE;

    if (deviation <= 0)
        return MIEN_OK;
    line = malloc((size_t)longer * sizeof *line);
    if (!line)
        return error_memory(err, (size_t)longer * sizeof *line);
    for (int y = 0; y < image->height; y++)
        blur_line(image_row(image, y), 1, image->width, pixels, line);
    for (int x = 0; x < image->width; x++)
        blur_line(image->pixels + x, image->stride, image->height, pixels, line);
    free(line);
    return MIEN_OK;
}

/* level * factor + deviation * noise */
static void relight(struct image *image, double factor, double deviation, uint64_t key)
{
    uint64_t number = 0;

    for (int y = 0; y < image->height; y++)
        for (int x = 0; x < image->width; x++) {
            uint8_t *pixel = image_row(image, y) + x;
            double noise = deviation > 0 ? deviation * (double)random_normal(key, number++) : 0;
            *pixel = clamp(factor * *pixel + noise);
        }
}

static void cover(struct image *image, double middle, double height)
{
    for (int y = 0; y < image->height; y++)
        for (int x = 0; x < image->width; x++)
            if (fabs((y + 0.5) / image->height - middle) < height / 2)
                image_row(image, y)[x] = COVER_GREY;
}

mien_status perturb(enum perturbation perturbation, double level, uint64_t key,
                    const struct image *source, struct image *target, mien_error *err)
{
    if (perturbation == PERTURB_SHIFT)
        return shift(source, level, key, target, err);
    if (perturbation == PERTURB_SCALE)
        return move(source, 0, 0, level, 0, target, err);
    if (perturbation == PERTURB_ROTATION)
        return move(source, 0, 0, 1, level, target, err);
    image_convert(source, target);
    if (perturbation == PERTURB_BLUR)
        return blur(target, level, err);
    if (perturbation == PERTURB_BRIGHTNESS)
        relight(target, level, 0, key);
    else if (perturbation == PERTURB_NOISE)
        relight(target, 1, level, key);
    else if (perturbation == PERTURB_JPEG)
        jpeg_loss(target, (int)level);
    else
        cover(target, perturbation == PERTURB_EYES ? EYES : MOUTH, level);
    return MIEN_OK;
}

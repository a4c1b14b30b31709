/* augmentation.c - one warp for all that moves pixels, then what light, lens and camera do.
 * Flip and contrast are Keras's RandomFlip and RandomContrast.
 * SPDX-License-Identifier: MIT */
#include "training/augmentation.h"

#include <math.h>
#include <stddef.h>

#include "base/random.h"
#include "base/vector.h"
#include "training/levels.h"

#define RADIANS 0.0174532925f /* of a degree */

/* A number of the stream for everything that is drawn: none moves when another one is switched on.
 */
enum {
    DRAW_FLIP,
    DRAW_CONTRAST,
    DRAW_ROTATION,
    DRAW_SHIFT_X,
    DRAW_SHIFT_Y,
    DRAW_ZOOM,
    DRAW_SHEAR,
    DRAW_CROP_WIDTH,
    DRAW_CROP_HEIGHT,
    DRAW_CROP_LEFT,
    DRAW_CROP_TOP,
    DRAW_GAMMA,
    DRAW_BRIGHTNESS,
    DRAW_BLUR,
    DRAW_NOISE,
    DRAW_BLOCKS,
    DRAW_CUTOUT_X,
    DRAW_CUTOUT_Y,
    DRAW_ERASE,
    DRAW_ERASE_AREA,
    DRAW_ERASE_SHAPE,
    DRAW_ERASE_LEFT,
    DRAW_ERASE_TOP,
    DRAW_NOISE_KEY,
    DRAW_ERASE_KEY,
};

/* A picture in the making. */
struct picture {
    const struct augmentation *a;
    int H, W;
    uint64_t key;
    float *levels; /* (H, W) */
};

void augmentation_init(struct augmentation *augmentation)
{
    *augmentation = (struct augmentation){.flip = true, .contrast = 0.2f, .erase_area = 0.2f};
}

/* Between -most and most. */
static float draw(const struct picture *p, int what, float most)
{
    return random_range(p->key, (uint64_t)what, -most, most);
}

/* Between 1 / (1 + most) and 1 + most. */
static float draw_factor(const struct picture *p, int what, float most)
{
    return expf(draw(p, what, logf(1 + most)));
}

static float draw_share(const struct picture *p, int what)
{
    return random_uniform(p->key, (uint64_t)what);
}

/* --- what moves pixels --- */

/* Where a target pixel's centre (x, y) lies in the source: (a x + b y + c, d x + e y + f). */
struct map {
    float a, b, c, d, e, f;
};

static bool moves(const struct augmentation *a)
{
    return a->rotation > 0 || a->shift > 0 || a->zoom > 0 || a->shear > 0 || a->crop > 0;
}

/* About the middle: undoes shift, zoom, shear and rotation, in this order. */
static struct map draw_affine(const struct picture *p)
{
    const struct augmentation *a = p->a;
    float W = (float)p->W, H = (float)p->H;
    float angle = draw(p, DRAW_ROTATION, a->rotation) * RADIANS;
    float shear = draw(p, DRAW_SHEAR, a->shear), size = draw_factor(p, DRAW_ZOOM, a->zoom);
    float x = W / 2 + draw(p, DRAW_SHIFT_X, a->shift) * W;
    float y = H / 2 + draw(p, DRAW_SHIFT_Y, a->shift) * H;
    struct map m = {
        .a = cosf(angle) / size,
        .b = (shear * cosf(angle) - sinf(angle)) / size,
        .d = sinf(angle) / size,
        .e = (shear * sinf(angle) + cosf(angle)) / size,
    };

    m.c = W / 2 - m.a * x - m.b * y;
    m.f = H / 2 - m.d * x - m.e * y;
    return m;
}

/* The map seen through a part of the target: columns and rows left + x * width and so on. */
static struct map draw_crop(const struct picture *p, struct map m)
{
    float width = 1 - draw_share(p, DRAW_CROP_WIDTH) * p->a->crop;
    float height = 1 - draw_share(p, DRAW_CROP_HEIGHT) * p->a->crop;
    float left = draw_share(p, DRAW_CROP_LEFT) * (1 - width) * (float)p->W;
    float top = draw_share(p, DRAW_CROP_TOP) * (1 - height) * (float)p->H;

    return (struct map){
        .a = m.a * width,
        .b = m.b * height,
        .c = m.a * left + m.b * top + m.c,
        .d = m.d * width,
        .e = m.e * height,
        .f = m.d * left + m.e * top + m.f,
    };
}

static struct map mirrored(struct map m, int W)
{
    return (struct map){-m.a, -m.b, (float)W - m.c, m.d, m.e, m.f};
}

enum { PIECE = 64 };

/* A position along an axis of n pixels, mirrored at the picture's edges, as pixel + share of the
 * next one. */
static inline float reflect(float at, float n)
{
    at = n - fabsf(n - fabsf(at)) - 0.5f;
    at = at > 0 ? at : 0;
    return at < n - 1 ? at : n - 1;
}

/* For `count` pixels of target row y from x0 on: the offset of the upper left of four source
 * pixels, and the shares of the right and the lower ones. */
VECTOR_LOOP static void locate(const struct map *m, int H, int W, int x0, int y, int count,
                               int *restrict ret_offset, float *restrict ret_right,
                               float *restrict ret_lower)
{
    float across = m->b * ((float)y + 0.5f) + m->c, down = m->e * ((float)y + 0.5f) + m->f;
    int last_column = W > 1 ? W - 2 : 0, last_row = H > 1 ? H - 2 : 0;

    for (int i = 0; i < count; i++) {
        float x = (float)(x0 + i) + 0.5f;
        float u = reflect(m->a * x + across, (float)W), v = reflect(m->d * x + down, (float)H);
        int column = (int)u < last_column ? (int)u : last_column;
        int row = (int)v < last_row ? (int)v : last_row;
        ret_offset[i] = row * W + column;
        ret_right[i] = u - (float)column;
        ret_lower[i] = v - (float)row;
    }
}

static void warp(const struct picture *p, const struct map *m, const uint8_t *pixels,
                 const float levels_of[256])
{
    int right = p->W > 1, below = p->H > 1 ? p->W : 0, offset[PIECE];
    float *to = p->levels, x_share[PIECE], y_share[PIECE];

    for (int y = 0; y < p->H; y++)
        for (int x0 = 0; x0 < p->W; x0 += PIECE) {
            int count = p->W - x0 < PIECE ? p->W - x0 : PIECE;
            locate(m, p->H, p->W, x0, y, count, offset, x_share, y_share);
            for (int i = 0; i < count; i++) {
                const uint8_t *from = pixels + offset[i];
                float a = levels_of[from[0]], b = levels_of[from[right]];
                float c = levels_of[from[below]], d = levels_of[from[below + right]];
                float upper = a + (b - a) * x_share[i], lower = c + (d - c) * x_share[i];
                *to++ = upper + (lower - upper) * y_share[i];
            }
        }
}

static void copy(const struct picture *p, const uint8_t *pixels, bool flip,
                 const float levels_of[256])
{
    float *to = p->levels;

    for (int y = 0; y < p->H; y++, pixels += p->W)
        for (int x = 0; x < p->W; x++)
            *to++ = levels_of[pixels[flip ? p->W - 1 - x : x]];
}

static void draw_levels(const struct picture *p, float ret_levels[256])
{
    float gamma = draw_factor(p, DRAW_GAMMA, p->a->gamma);

    for (int i = 0; i < 256; i++)
        ret_levels[i] = p->a->gamma > 0 ? 255 * powf((float)i / 255, gamma) : (float)i;
}

static void move_pixels(const struct picture *p, const uint8_t *pixels)
{
    bool flip = p->a->flip && draw_share(p, DRAW_FLIP) < 0.5f;
    float levels_of[256];
    struct map map;

    draw_levels(p, levels_of);
    if (!moves(p->a)) {
        copy(p, pixels, flip, levels_of);
        return;
    }
    map = draw_crop(p, draw_affine(p));
    if (flip)
        map = mirrored(map, p->W);
    warp(p, &map, pixels, levels_of);
}

/* --- what light, lens and camera do --- */

/* Exact for whole levels, in whatever order. */
VECTOR_LOOP static float mean_of(const float *levels, size_t count)
{
    double lanes[VECTOR_LANES] = {0}, sum = 0;
    size_t whole = count - count % VECTOR_LANES;

    for (size_t i = 0; i < whole; i += VECTOR_LANES)
        for (size_t lane = 0; lane < VECTOR_LANES; lane++)
            lanes[lane] += levels[i + lane];
    for (size_t i = whole; i < count; i++)
        lanes[0] += levels[i];
    for (size_t lane = 0; lane < VECTOR_LANES; lane++)
        sum += lanes[lane];
    return (float)(sum / (double)count);
}

VECTOR_LOOP static void change_light(float *levels, size_t count, float mean, float contrast,
                                     float brightness)
{
    for (size_t i = 0; i < count; i++)
        levels[i] = (levels[i] - mean) * contrast + (mean + brightness);
}

static void light(const struct picture *p)
{
    const struct augmentation *a = p->a;
    size_t count = (size_t)p->H * (size_t)p->W;

    if (a->contrast > 0 || a->brightness > 0)
        change_light(p->levels, count, mean_of(p->levels, count),
                     random_range(p->key, DRAW_CONTRAST, 1 - a->contrast, 1 + a->contrast),
                     draw(p, DRAW_BRIGHTNESS, 255 * a->brightness));
}

/* A draw below 0, as every other one is, leaves the picture as it is. */
static void disturb(const struct picture *p)
{
    float blur = draw(p, DRAW_BLUR, p->a->blur), noise = draw(p, DRAW_NOISE, p->a->noise);
    float blocks = draw(p, DRAW_BLOCKS, p->a->blocks);

    if (blur >= LEVELS_BLUR_LEAST)
        levels_blur(p->levels, p->H, p->W, blur);
    if (noise > 0)
        levels_noise(p->levels, p->H, p->W, noise, random_key(p->key, DRAW_NOISE_KEY));
    if (blocks > 0)
        levels_blocks(p->levels, p->H, p->W, blocks, 0, 0);
}

/* --- what hides a part --- */

struct rectangle {
    int left, top, right, bottom; /* right and bottom are outside */
};

static void cut_out(const struct picture *p)
{
    float half = p->a->cutout * (float)p->H / 2;
    float x = draw_share(p, DRAW_CUTOUT_X) * (float)p->W;
    float y = draw_share(p, DRAW_CUTOUT_Y) * (float)p->H;
    struct rectangle r = {
        .left = (int)fmaxf(rintf(x - half), 0),
        .top = (int)fmaxf(rintf(y - half), 0),
        .right = (int)fminf(rintf(x + half), (float)p->W),
        .bottom = (int)fminf(rintf(y + half), (float)p->H),
    };
    float mean = mean_of(p->levels, (size_t)p->H * (size_t)p->W);

    for (int row = r.top; row < r.bottom; row++)
        for (int column = r.left; column < r.right; column++)
            p->levels[(size_t)row * (size_t)p->W + (size_t)column] = mean;
}

static struct rectangle draw_erased(const struct picture *p)
{
    float most = fmaxf(p->a->erase_area, 0.02f);
    float area = random_range(p->key, DRAW_ERASE_AREA, 0.02f, most) * (float)p->W * (float)p->H;
    float shape = expf(draw(p, DRAW_ERASE_SHAPE, logf(10.0f / 3)));
    int width = (int)fminf(rintf(sqrtf(area * shape)), (float)p->W);
    int height = (int)fminf(rintf(sqrtf(area / shape)), (float)p->H);
    int left = (int)(draw_share(p, DRAW_ERASE_LEFT) * (float)(p->W - width + 1));
    int top = (int)(draw_share(p, DRAW_ERASE_TOP) * (float)(p->H - height + 1));

    return (struct rectangle){left, top, left + width, top + height};
}

static void erase(const struct picture *p)
{
    struct rectangle r = draw_erased(p);
    uint64_t key = random_key(p->key, DRAW_ERASE_KEY);

    for (int row = r.top; row < r.bottom; row++)
        for (int column = r.left; column < r.right; column++) {
            size_t at = (size_t)row * (size_t)p->W + (size_t)column;
            p->levels[at] = (float)(random_bits(key, at / 8) >> (at % 8 * 8) & 255);
        }
}

void augmentation_apply(const struct augmentation *augmentation, const uint8_t *pixels, int H,
                        int W, uint64_t key, float *ret_levels)
{
    static const struct augmentation none = {0};
    struct picture p = {augmentation ? augmentation : &none, H, W, key, ret_levels};

    move_pixels(&p, pixels);
    light(&p);
    disturb(&p);
    if (p.a->cutout > 0)
        cut_out(&p);
    if (p.a->erase > 0 && draw_share(&p, DRAW_ERASE) < p.a->erase)
        erase(&p);
}

/* warp.c - affine maps, and patches sampled through them.
 * SPDX-License-Identifier: MIT */
#include "image/warp.h"

#include <math.h>
#include <stdbool.h>

#include "image/resize.h"

mien_status affine_similarity(const float (*from)[2], const float (*to)[2], int count,
                              struct affine *ret_map, mien_error *err)
{
    double from_x = 0, from_y = 0, to_x = 0, to_y = 0, dot = 0, cross = 0, spread = 0;
    double a, b;

    for (int i = 0; i < count; i++) {
        from_x += from[i][0] / (double)count;
        from_y += from[i][1] / (double)count;
        to_x += to[i][0] / (double)count;
        to_y += to[i][1] / (double)count;
    }
    /* With both sets about their means, (x, y) as x + iy, the best factor is
     * sum(conj(from) to) / sum(|from|^2). */
    for (int i = 0; i < count; i++) {
        double x = from[i][0] - from_x, y = from[i][1] - from_y;
        double u = to[i][0] - to_x, v = to[i][1] - to_y;
        dot += x * u + y * v;
        cross += x * v - y * u;
        spread += x * x + y * y;
    }
    if (count < 2 || !(spread > 0) || !isfinite(spread + dot + cross))
        return error_set(err, MIEN_EINVAL,
                         "a similarity needs two finite points or more that do not coincide");
    a = dot / spread;
    b = cross / spread;
    *ret_map = (struct affine){
        {{a, -b, to_x - a * from_x + b * from_y}, {b, a, to_y - b * from_x - a * from_y}}};
    return MIEN_OK;
}

mien_status affine_inverse(const struct affine *map, struct affine *ret_inverse, mien_error *err)
{
    const double(*m)[3] = map->m;
    double determinant = m[0][0] * m[1][1] - m[0][1] * m[1][0];
    struct affine inverse;

    if (!isnormal(determinant) || !isfinite(m[0][2]) || !isfinite(m[1][2]))
        return error_set(err, MIEN_EINVAL, "an affine map that cannot be inverted");
    inverse.m[0][0] = m[1][1] / determinant;
    inverse.m[0][1] = -m[0][1] / determinant;
    inverse.m[1][0] = -m[1][0] / determinant;
    inverse.m[1][1] = m[0][0] / determinant;
    for (int i = 0; i < 2; i++)
        inverse.m[i][2] = -inverse.m[i][0] * m[0][2] - inverse.m[i][1] * m[1][2];
    *ret_inverse = inverse;
    return MIEN_OK;
}

/* A box of source pixels: x0 <= x < x1, y0 <= y < y1. */
struct box {
    int x0, y0, x1, y1;
};

static double smallest(const double corner[4])
{
    return fmin(fmin(corner[0], corner[1]), fmin(corner[2], corner[3]));
}

static double largest(const double corner[4])
{
    return fmax(fmax(corner[0], corner[1]), fmax(corner[2], corner[3]));
}

/* Far enough for any picture, and near enough for positions in fixed point. */
#define FARTHEST (1 << 20)

static int within(double value, int low, int high)
{
    return value < low ? low : value > high ? high : (int)value;
}

/* The bounds of where the map takes the target's box. */
static mien_status bounds_of(const struct affine *map, const struct image *target, double ret_x[2],
                             double ret_y[2], mien_error *err)
{
    double x[4], y[4];

    for (int i = 0; i < 4; i++) {
        double u = i & 1 ? target->width : 0, v = i & 2 ? target->height : 0;
        x[i] = map->m[0][0] * u + map->m[0][1] * v + map->m[0][2];
        y[i] = map->m[1][0] * u + map->m[1][1] * v + map->m[1][2];
        /* Written so that a NaN fails, too. */
        if (!(fabs(x[i]) <= FARTHEST && fabs(y[i]) <= FARTHEST))
            return error_set(err, MIEN_EINVAL,
                             "a warp that is not finite or reaches beyond %d pixels", FARTHEST);
    }
    ret_x[0] = smallest(x);
    ret_x[1] = largest(x);
    ret_y[0] = smallest(y);
    ret_y[1] = largest(y);
    return MIEN_OK;
}

/* The source pixels that a patch with these bounds can show: `margin` more on each side, for
 * interpolation and for averaging down, but no more than a rim of `margin` around a source with
 * black around it. At least one pixel, even where the whole patch lies outside. */
static void region_of(const double bounds[2], double margin, int size, enum image_edge edge,
                      int *ret_start, int *ret_end)
{
    int rim = edge == IMAGE_EDGE_BLACK ? (int)ceil(fmin(margin, size)) : 0;

    *ret_start = within(floor(bounds[0] - margin), -rim, size + rim - 1);
    *ret_end = within(ceil(bounds[1] + margin), *ret_start + 1, size + rim);
}

/* Positions as fixed point, and the part of them that interpolation uses. */
enum { POSITION_BITS = 24, BLEND_BITS = 11 };
#define BLEND_ONE (1 << BLEND_BITS)

/* Fills row y of `target`; `map` leads to `source`, which it does not shrink. */
typedef void sample_row(const struct image *source, const struct affine *map, int y,
                        struct image *target);

/* Linear interpolation along one axis: the two neighbours and the second one's weight. */
struct blend {
    int first, second, weight;
};

/* `position` counts pixel centres: 0 is the first pixel's. Outside, both are the border pixel. */
static inline struct blend blend_at(int64_t position, int size)
{
    int64_t first = position >> POSITION_BITS;
    int weight = (int)(position >> (POSITION_BITS - BLEND_BITS)) & (BLEND_ONE - 1);

    if (first < 0)
        return (struct blend){0, 0, 0};
    if (first >= size - 1)
        return (struct blend){size - 1, size - 1, 0};
    return (struct blend){(int)first, (int)first + 1, weight};
}

static inline uint8_t mix(int top_left, int top_right, int bottom_left, int bottom_right,
                          struct blend x, struct blend y)
{
    int top = top_left * (BLEND_ONE - x.weight) + top_right * x.weight;
    int bottom = bottom_left * (BLEND_ONE - x.weight) + bottom_right * x.weight;
    /* 255 * 2^22 fits 31 bits. */
    int value = top * (BLEND_ONE - y.weight) + bottom * y.weight;

    return (uint8_t)((value + (1 << (2 * BLEND_BITS - 1))) >> (2 * BLEND_BITS));
}

/* Where a row of the target lies in the source, in fixed point. */
struct walk {
    int64_t u, v, step_u, step_v;
};

/* From the target's centre (1/2, y + 1/2) to the source's centres, half a pixel back. */
static struct walk walk_along(const struct affine *map, int y)
{
    const double(*m)[3] = map->m, scale = 1 << POSITION_BITS;

    return (struct walk){llround((m[0][0] / 2 + m[0][1] * (y + 0.5) + m[0][2] - 0.5) * scale),
                         llround((m[1][0] / 2 + m[1][1] * (y + 0.5) + m[1][2] - 0.5) * scale),
                         llround(m[0][0] * scale), llround(m[1][0] * scale)};
}

static void sample_linear(const struct image *source, const struct affine *map, int y,
                          struct image *target)
{
    struct walk at = walk_along(map, y);
    size_t C = (size_t)target->channels;
    uint8_t *out = image_row(target, y);

    for (int x = 0; x < target->width; x++, at.u += at.step_u, at.v += at.step_v) {
        struct blend across = blend_at(at.u, source->width), down = blend_at(at.v, source->height);
        const uint8_t *top = image_row(source, down.first);
        const uint8_t *bottom = image_row(source, down.second);
        size_t left = (size_t)across.first * C, right = (size_t)across.second * C;
        for (size_t c = 0; c < C; c++, left++, right++)
            *out++ = mix(top[left], top[right], bottom[left], bottom[right], across, down);
    }
}

/* Cubic convolution along one axis: four neighbours and their weights. */
struct taps {
    int at[4], weight[4];
};

/* Keys, "Cubic convolution interpolation for digital image processing", IEEE TASSP 29(6), 1981,
 * equation 15 with a = -1/2. The weights add up to exactly BLEND_ONE, so that a flat picture stays
 * flat. */
static inline struct taps taps_at(int64_t position, int size)
{
    const int64_t one = BLEND_ONE, square = one * one;
    int64_t first = (position >> POSITION_BITS) - 1;
    int64_t t = position >> (POSITION_BITS - BLEND_BITS) & (one - 1), u = one - t;
    struct taps taps;

    taps.weight[0] = -(int)((t * u * u + square) / (2 * square));
    taps.weight[3] = -(int)((u * t * t + square) / (2 * square));
    taps.weight[2] = (int)((t * (square + 4 * one * t - 3 * t * t) + square) / (2 * square));
    taps.weight[1] = BLEND_ONE - taps.weight[0] - taps.weight[2] - taps.weight[3];
    for (int i = 0; i < 4; i++, first++)
        taps.at[i] = (int)(first < 0 ? 0 : first > size - 1 ? size - 1 : first);
    return taps;
}

/* Rows first, then down: 255 times weights whose magnitudes add up to 1.25 on either axis fits. */
static inline uint8_t mix_taps(const struct image *source, const struct taps *across,
                               const struct taps *down, size_t channel)
{
    size_t C = (size_t)source->channels;
    int value = 1 << (2 * BLEND_BITS - 1);

    for (int i = 0; i < 4; i++) {
        const uint8_t *row = image_row(source, down->at[i]) + channel;
        int sum = 0;
        for (int k = 0; k < 4; k++)
            sum += across->weight[k] * row[(size_t)across->at[k] * C];
        value += down->weight[i] * sum;
    }
    value = value < 0 ? 0 : value >> (2 * BLEND_BITS);
    return (uint8_t)(value > 255 ? 255 : value);
}

static void sample_cubic(const struct image *source, const struct affine *map, int y,
                         struct image *target)
{
    struct walk at = walk_along(map, y);
    uint8_t *out = image_row(target, y);

    for (int x = 0; x < target->width; x++, at.u += at.step_u, at.v += at.step_v) {
        struct taps across = taps_at(at.u, source->width), down = taps_at(at.v, source->height);
        for (int c = 0; c < target->channels; c++)
            *out++ = mix_taps(source, &across, &down, (size_t)c);
    }
}

/* Where a map shrinks by more than this, the region is averaged down first. Below, the four
 * neighbours of linear interpolation still see every pixel, or nearly. */
#define SHRINKS 1.5

/* `work` becomes `next`, which it then owns. */
static void replace(struct image *work, bool *owned, const struct image *next)
{
    if (*owned)
        image_free(work);
    *work = *next;
    *owned = true;
}

/* Makes `work`, a view of the region, what is to be sampled: in the target's channels, and of the
 * size at which the map no longer shrinks. */
static mien_status prepare(struct image *work, bool *owned, int channels, double shrink_x,
                           double shrink_y, mien_error *err)
{
    struct image next;
    mien_status status;

    if (work->channels != channels) {
        status = image_to_channels(work, channels, &next, err);
        if (status)
            return status;
        replace(work, owned, &next);
    }
    if (shrink_x > 1 || shrink_y > 1) {
        status = image_resized(work, (int)fmax(1, rint(work->width / shrink_x)),
                               (int)fmax(1, rint(work->height / shrink_y)), &next, err);
        if (status)
            return status;
        replace(work, owned, &next);
    }
    return MIEN_OK;
}

/* The map from the target to `work`, which shows the box of the source at another size. */
static struct affine map_to_work(const struct affine *map, const struct box *box,
                                 const struct image *work)
{
    double scale_x = (double)work->width / (box->x1 - box->x0);
    double scale_y = (double)work->height / (box->y1 - box->y0);
    struct affine result = *map;

    result.m[0][2] -= box->x0;
    result.m[1][2] -= box->y0;
    for (int i = 0; i < 3; i++) {
        result.m[0][i] *= scale_x;
        result.m[1][i] *= scale_y;
    }
    return result;
}

/* The box of the source as a picture: a view, or a copy where black lies around the source. */
static mien_status take_region(const struct image *source, const struct box *box,
                               enum image_edge edge, struct image *ret_work, bool *ret_owned,
                               mien_error *err)
{
    int W = box->x1 - box->x0, H = box->y1 - box->y0;
    mien_status status;

    *ret_owned = edge == IMAGE_EDGE_BLACK;
    if (!*ret_owned) {
        *ret_work = image_view(source, box->x0, box->y0, W, H);
        return MIEN_OK;
    }
    status = image_new(W, H, source->channels, ret_work, err);
    if (!status)
        image_crop(source, box->x0, box->y0, edge, ret_work);
    return status;
}

static mien_status warp(const struct image *source, const struct affine *target_to_source,
                        enum image_edge edge, sample_row *sample, struct image *target,
                        mien_error *err)
{
    const double(*m)[3] = target_to_source->m;
    double shrink_x = hypot(m[0][0], m[0][1]), shrink_y = hypot(m[1][0], m[1][1]);
    double across[2], down[2];
    struct image work;
    struct affine map;
    struct box box;
    bool owned = false;
    mien_status status;

    shrink_x = shrink_x > SHRINKS ? shrink_x : 1;
    shrink_y = shrink_y > SHRINKS ? shrink_y : 1;
    status = bounds_of(target_to_source, target, across, down, err);
    if (status)
        return status;
    region_of(across, 2 * shrink_x + 1, source->width, edge, &box.x0, &box.x1);
    region_of(down, 2 * shrink_y + 1, source->height, edge, &box.y0, &box.y1);
    status = take_region(source, &box, edge, &work, &owned, err);
    if (status)
        return status;
    status = prepare(&work, &owned, target->channels, shrink_x, shrink_y, err);
    if (!status) {
        map = map_to_work(target_to_source, &box, &work);
        for (int y = 0; y < target->height; y++)
            sample(&work, &map, y, target);
    }
    if (owned)
        image_free(&work);
    return status;
}

mien_status image_warp(const struct image *source, const struct affine *target_to_source,
                       enum image_edge edge, struct image *target, mien_error *err)
{
    return warp(source, target_to_source, edge, sample_linear, target, err);
}

mien_status image_warp_sharp(const struct image *source, const struct affine *target_to_source,
                             enum image_edge edge, struct image *target, mien_error *err)
{
    return warp(source, target_to_source, edge, sample_cubic, target, err);
}

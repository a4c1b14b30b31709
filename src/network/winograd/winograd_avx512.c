/* winograd_avx512.c - winograd_kernels.h, sixteen channels at a time.
 *
 * The points are 0, 1, -1, 2, -2, 1/2, -1/2 and infinity. A polynomial's values at p and -p are the
 * sum and the difference of its even and its odd part, which each transform below makes use of.
 * SPDX-License-Identifier: MIT */
#include "network/winograd/winograd_kernels.h"

#include "network/onednn/onednn.h"

#if defined(__x86_64__) && defined(__GNUC__)
#include <immintrin.h>
#include <stdint.h>

#define AVX512 __attribute__((target("avx512f,avx512bw,avx512vl,avx512bf16")))
#define AVX512_BODY AVX512 static inline __attribute__((always_inline))

enum {
    TILE = WINOGRAD_TILE,
    SIDE = WINOGRAD_SIDE,
    POINTS = WINOGRAD_POINTS,
    LANES = WINOGRAD_LANES,
    ROWS = 6, /* of a product's tile, whose sums stay in registers ... */
    VECTORS = WINOGRAD_PANEL_MOST / LANES, /* ... and columns */
};

typedef __m512 vector;

/* What a patch holds outside of its picture. */
static const float zeros[WINOGRAD_CHANNELS_MOST] __attribute__((aligned(64)));

/* --- transforms of one dimension: y[0], y[step], ... --- */

AVX512_BODY vector times(float factor, vector x)
{
    return _mm512_mul_ps(_mm512_set1_ps(factor), x);
}

/* factor * x + y */
AVX512_BODY vector fused(float factor, vector x, vector y)
{
    return _mm512_fmadd_ps(_mm512_set1_ps(factor), x, y);
}

AVX512_BODY void set_pair(vector even, vector odd, vector *y, int step)
{
    y[0] = even + odd;
    y[step] = even - odd;
}

/* B^T: 8 inputs to 8 points. */
AVX512_BODY void patch_to_points(const vector x[SIDE], vector *y, int step)
{
    y[0] = fused(5.25f, x[4] - x[2], x[0] - x[6]);
    set_pair(fused(-4.25f, x[4], x[2] + x[6]), fused(-4.25f, x[3], x[1] + x[5]), y + step, step);
    set_pair(fused(0.25f, x[2], fused(-1.25f, x[4], x[6])),
             fused(0.5f, x[1], fused(-2.5f, x[3], times(2, x[5]))), y + 3 * step, step);
    set_pair(fused(4, x[2], fused(-5, x[4], x[6])),
             fused(2, x[1], fused(-2.5f, x[3], times(0.5f, x[5]))), y + 5 * step, step);
    y[7 * step] = fused(5.25f, x[3] - x[5], x[7] - x[1]);
}

/* A^T: 8 points to 6 outputs. */
AVX512_BODY void points_to_tile(const vector x[SIDE], vector *y, int step)
{
    vector sum1 = x[1] + x[2], sum2 = x[3] + x[4], sum3 = x[5] + x[6];
    vector difference1 = x[1] - x[2], difference2 = x[3] - x[4], difference3 = x[5] - x[6];

    y[0] = x[0] + sum1 + fused(32, sum3, sum2);
    y[step] = difference1 + fused(2, difference2, times(16, difference3));
    y[2 * step] = sum1 + fused(4, sum2, times(8, sum3));
    y[3 * step] = difference1 + fused(8, difference2, times(4, difference3));
    y[4 * step] = sum1 + fused(16, sum2, times(2, sum3));
    y[5 * step] = x[7] + difference1 + fused(32, difference2, difference3);
}

/* A: 6 outputs' gradients to 8 points. */
AVX512_BODY void tile_to_points(const vector x[TILE], vector *y, int step)
{
    y[0] = x[0];
    set_pair(x[0] + x[2] + x[4], x[1] + x[3] + x[5], y + step, step);
    set_pair(fused(16, x[4], fused(4, x[2], x[0])), fused(32, x[5], fused(8, x[3], times(2, x[1]))),
             y + 3 * step, step);
    set_pair(fused(2, x[4], fused(8, x[2], times(32, x[0]))), fused(4, x[3], fused(16, x[1], x[5])),
             y + 5 * step, step);
    y[7 * step] = x[5];
}

/* G: 3 weights to 8 points. */
AVX512_BODY void filter_to_points(const vector x[3], vector *y, int step)
{
    y[0] = x[0];
    set_pair(times(-2.0f / 9, x[0] + x[2]), times(-2.0f / 9, x[1]), y + step, step);
    set_pair(times(1.0f / 90, fused(4, x[2], x[0])), times(2.0f / 90, x[1]), y + 3 * step, step);
    set_pair(times(1.0f / 45, fused(0.25f, x[2], x[0])), times(0.5f / 45, x[1]), y + 5 * step,
             step);
    y[7 * step] = x[2];
}

/* G^T: 8 points to 3 weights' gradients. */
AVX512_BODY void points_to_filter(const vector x[SIDE], vector *y, int step)
{
    vector sum1 = x[1] + x[2], sum2 = x[3] + x[4], sum3 = x[5] + x[6];
    vector difference1 = x[1] - x[2], difference2 = x[3] - x[4], difference3 = x[5] - x[6];

    y[0] = x[0] + fused(-2.0f / 9, sum1, fused(1.0f / 90, sum2, times(1.0f / 45, sum3)));
    y[step] =
        fused(-2.0f / 9, difference1, fused(2.0f / 90, difference2, times(0.5f / 45, difference3)));
    y[2 * step] = x[7] + fused(-2.0f / 9, sum1, fused(4.0f / 90, sum2, times(0.25f / 45, sum3)));
}

/* --- pictures --- */

AVX512_BODY vector load(const void *numbers, size_t i, bool bf16)
{
    const __m256i *halves = (const void *)((const uint16_t *)numbers + i);

    if (!bf16)
        return _mm512_loadu_ps((const float *)numbers + i);
    return _mm512_castsi512_ps(
        _mm512_slli_epi32(_mm512_cvtepu16_epi32(_mm256_loadu_si256(halves)), 16));
}

AVX512_BODY void store(void *numbers, size_t i, bool bf16, vector values)
{
    __m256i *halves = (void *)((uint16_t *)numbers + i);

    if (bf16)
        _mm256_storeu_si256(halves, (__m256i)_mm512_cvtneps_pbh(values));
    else
        _mm512_storeu_ps((float *)numbers + i, values);
}

/* A tile's picture and its upper left output. */
struct place {
    int picture, row, column;
};

static inline struct place place_of(const struct winograd_pictures *p, int tile)
{
    int across = (p->W + TILE - 1) / TILE, down = (p->H + TILE - 1) / TILE;

    return (struct place){tile / (across * down), tile / across % down * TILE,
                          tile % across * TILE};
}

static inline size_t number_of(const struct winograd_pictures *p, const struct place *at, int i,
                               int j)
{
    size_t row = (size_t)at->picture * (size_t)p->H + (size_t)(at->row + i);

    return (row * (size_t)p->W + (size_t)(at->column + j)) * (size_t)p->C;
}

static inline bool is_inside(const struct winograd_pictures *p, const struct place *at, int i,
                             int j)
{
    return at->row + i >= 0 && at->row + i < p->H && at->column + j >= 0 && at->column + j < p->W;
}

/* The patch begins a row above its tile and a column left of it. */
static void find_patch(const struct winograd_pictures *p, const void *x, int tile,
                       const void *ret_patch[POINTS])
{
    struct place at = place_of(p, tile);
    size_t bytes = p->bf16 ? sizeof(uint16_t) : sizeof(float);

    at.row--;
    at.column--;
    for (int i = 0; i < SIDE; i++)
        for (int j = 0; j < SIDE; j++)
            ret_patch[i * SIDE + j] = is_inside(p, &at, i, j)
                                          ? (const char *)x + number_of(p, &at, i, j) * bytes
                                          : (const void *)zeros;
}

AVX512_BODY void patch_loop(const void *const patch[POINTS], size_t C, bool bf16, size_t stride,
                            float *points)
{
    for (size_t c = 0; c < C; c += LANES) {
        vector half[POINTS], line[SIDE];

#pragma GCC unroll 8
        for (int j = 0; j < SIDE; j++) {
#pragma GCC unroll 8
            for (int i = 0; i < SIDE; i++)
                line[i] = load(patch[i * SIDE + j], c, bf16);
            patch_to_points(line, half + j, SIDE);
        }
#pragma GCC unroll 8
        for (int i = 0; i < SIDE; i++) {
            patch_to_points(half + i * SIDE, line, 1);
#pragma GCC unroll 8
            for (int j = 0; j < SIDE; j++)
                _mm512_storeu_ps(points + (size_t)(i * SIDE + j) * stride + c, line[j]);
        }
    }
}

AVX512 static void from_patches(const struct winograd_pictures *pictures, const void *x,
                                const struct winograd_block *block, float *points)
{
    size_t C = (size_t)pictures->C;

    for (int t = 0; t < block->tiles; t++) {
        const void *patch[POINTS];
        find_patch(pictures, x, block->first + t, patch);
        if (pictures->bf16)
            patch_loop(patch, C, true, block->stride, points + (size_t)t * C);
        else
            patch_loop(patch, C, false, block->stride, points + (size_t)t * C);
    }
}

AVX512_BODY void to_tile_loop(const struct winograd_pictures *p, const struct place *at, bool bf16,
                              const float *points, size_t stride, int channel, int width,
                              const float *bias, float least, void *y)
{
    for (int k = 0; k < width; k += LANES) {
        vector half[TILE * SIDE], line[SIDE], lowest = _mm512_set1_ps(least);
        vector add = bias ? _mm512_loadu_ps(bias + channel + k) : _mm512_setzero_ps();

#pragma GCC unroll 8
        for (int j = 0; j < SIDE; j++) {
#pragma GCC unroll 8
            for (int i = 0; i < SIDE; i++)
                line[i] = _mm512_loadu_ps(points + (size_t)(i * SIDE + j) * stride + k);
            points_to_tile(line, half + j, SIDE);
        }
#pragma GCC unroll 8
        for (int i = 0; i < TILE; i++) {
            points_to_tile(half + i * SIDE, line, 1);
#pragma GCC unroll 8
            for (int j = 0; j < TILE; j++)
                if (is_inside(p, at, i, j)) /* lowest first: NaN stays */
                    store(y, number_of(p, at, i, j) + (size_t)(channel + k), bf16,
                          _mm512_max_ps(lowest, line[j] + add));
        }
    }
}

AVX512 static void to_tiles(const struct winograd_pictures *pictures, const float *points,
                            const struct winograd_block *block, int channel, int width,
                            const float *bias, float least, void *y)
{
    for (int t = 0; t < block->tiles; t++) {
        struct place at = place_of(pictures, block->first + t);
        const float *from = points + (size_t)t * (size_t)width;
        if (pictures->bf16)
            to_tile_loop(pictures, &at, true, from, block->stride, channel, width, bias, least, y);
        else
            to_tile_loop(pictures, &at, false, from, block->stride, channel, width, bias, least, y);
    }
}

AVX512_BODY void from_tile_loop(const struct winograd_pictures *p, const struct place *at,
                                bool bf16, const void *dy, size_t stride, int channel, int width,
                                float *points)
{
    for (int k = 0; k < width; k += LANES) {
        vector half[SIDE * TILE], line[SIDE];

#pragma GCC unroll 8
        for (int j = 0; j < TILE; j++) {
#pragma GCC unroll 8
            for (int i = 0; i < TILE; i++)
                line[i] = is_inside(p, at, i, j)
                              ? load(dy, number_of(p, at, i, j) + (size_t)(channel + k), bf16)
                              : _mm512_setzero_ps();
            tile_to_points(line, half + j, TILE);
        }
#pragma GCC unroll 8
        for (int i = 0; i < SIDE; i++) {
            tile_to_points(half + i * TILE, line, 1);
#pragma GCC unroll 8
            for (int j = 0; j < SIDE; j++)
                _mm512_storeu_ps(points + (size_t)(i * SIDE + j) * stride + k, line[j]);
        }
    }
}

AVX512 static void from_tiles(const struct winograd_pictures *pictures, const void *dy,
                              const struct winograd_block *block, int channel, int width,
                              float *points)
{
    for (int t = 0; t < block->tiles; t++) {
        struct place at = place_of(pictures, block->first + t);
        float *to = points + (size_t)t * (size_t)width;
        if (pictures->bf16)
            from_tile_loop(pictures, &at, true, dy, block->stride, channel, width, to);
        else
            from_tile_loop(pictures, &at, false, dy, block->stride, channel, width, to);
    }
}

/* --- filters --- */

AVX512 static void from_filters(const float *filters, float *points, size_t stride)
{
    vector half[SIDE * 3], line[SIDE];

#pragma GCC unroll 3
    for (int s = 0; s < 3; s++) {
#pragma GCC unroll 3
        for (int r = 0; r < 3; r++)
            line[r] = _mm512_loadu_ps(filters + (r * 3 + s) * LANES);
        filter_to_points(line, half + s, 3);
    }
#pragma GCC unroll 8
    for (int i = 0; i < SIDE; i++) {
        filter_to_points(half + i * 3, line, 1);
#pragma GCC unroll 8
        for (int j = 0; j < SIDE; j++)
            _mm512_storeu_ps(points + (size_t)(i * SIDE + j) * stride, line[j]);
    }
}

AVX512 static void add_filters(const float *points, size_t point_stride, size_t count,
                               float *gradient, size_t weight_stride)
{
    for (size_t at = 0; at < count; at += LANES) {
        vector half[3 * SIDE], line[SIDE];

#pragma GCC unroll 8
        for (int j = 0; j < SIDE; j++) {
#pragma GCC unroll 8
            for (int i = 0; i < SIDE; i++)
                line[i] = _mm512_loadu_ps(points + (size_t)(i * SIDE + j) * point_stride + at);
            points_to_filter(line, half + j, SIDE);
        }
#pragma GCC unroll 3
        for (int r = 0; r < 3; r++) {
            points_to_filter(half + r * SIDE, line, 1);
#pragma GCC unroll 3
            for (int s = 0; s < 3; s++) {
                float *total = gradient + (size_t)(r * 3 + s) * weight_stride + at;
                _mm512_storeu_ps(total, line[s] + _mm512_loadu_ps(total));
            }
        }
    }
}

/* --- products --- */

/* `rows` and `vectors` are constants wherever this is inlined. */
AVX512_BODY void product_tile(int rows, int vectors, size_t depth, const float *a, size_t a_row,
                              size_t a_column, const float *b, float *c)
{
    vector sums[ROWS][VECTORS], right[VECTORS];
    int width = vectors * LANES;

#pragma GCC unroll 6
    for (int i = 0; i < rows; i++)
#pragma GCC unroll 4
        for (int j = 0; j < vectors; j++)
            sums[i][j] = _mm512_setzero_ps();
    for (size_t d = 0; d < depth; d++, a += a_column, b += width) {
#pragma GCC unroll 4
        for (int j = 0; j < vectors; j++)
            right[j] = _mm512_loadu_ps(b + j * LANES);
#pragma GCC unroll 6
        for (int i = 0; i < rows; i++) {
            vector left = _mm512_set1_ps(a[(size_t)i * a_row]);
#pragma GCC unroll 4
            for (int j = 0; j < vectors; j++)
                sums[i][j] = _mm512_fmadd_ps(left, right[j], sums[i][j]);
        }
    }
#pragma GCC unroll 6
    for (int i = 0; i < rows; i++)
#pragma GCC unroll 4
        for (int j = 0; j < vectors; j++)
            _mm512_storeu_ps(c + i * width + j * LANES, sums[i][j]);
}

AVX512_BODY void product_panel(int vectors, size_t rows, size_t depth, const float *a, size_t a_row,
                               size_t a_column, const float *b, float *c)
{
    for (; rows >= ROWS; rows -= ROWS, a += ROWS * a_row, c += ROWS * vectors * LANES)
        product_tile(ROWS, vectors, depth, a, a_row, a_column, b, c);
    switch (rows) {
    case 1:
        product_tile(1, vectors, depth, a, a_row, a_column, b, c);
        break;
    case 2:
        product_tile(2, vectors, depth, a, a_row, a_column, b, c);
        break;
    case 3:
        product_tile(3, vectors, depth, a, a_row, a_column, b, c);
        break;
    case 4:
        product_tile(4, vectors, depth, a, a_row, a_column, b, c);
        break;
    case 5:
        product_tile(5, vectors, depth, a, a_row, a_column, b, c);
        break;
    default:
        break;
    }
}

AVX512 static void product(size_t rows, size_t depth, int width, const float *a, size_t a_row,
                           size_t a_column, const float *b, float *c)
{
    switch (width / LANES) {
    case 1:
        product_panel(1, rows, depth, a, a_row, a_column, b, c);
        break;
    case 2:
        product_panel(2, rows, depth, a, a_row, a_column, b, c);
        break;
    case 3:
        product_panel(3, rows, depth, a, a_row, a_column, b, c);
        break;
    default:
        product_panel(4, rows, depth, a, a_row, a_column, b, c);
        break;
    }
}

const struct winograd_kernels *winograd_kernels_choose(void)
{
    static const struct winograd_kernels kernels = {
        from_patches, to_tiles, from_tiles, from_filters, add_filters, product,
    };

    return onednn_has_avx512() ? &kernels : NULL;
}

#else

const struct winograd_kernels *winograd_kernels_choose(void)
{
    return NULL;
}

#endif

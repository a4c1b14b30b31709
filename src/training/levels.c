/* levels.c - blur, noise, blocks and light.
 * SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "training/levels.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

#include "base/random.h"
#include "base/vector.h"

static int clamp(int value, int count)
{
    return value < 0 ? 0 : value >= count ? count - 1 : value;
}

VECTOR_LOOP static void add_scaled(const float *restrict from, float weight, size_t n,
                                   float *restrict to)
{
    for (size_t i = 0; i < n; i++)
        to[i] += weight * from[i];
}

enum { BLUR_RADIUS = 24, PAD = 32 };

/* Half of the kernel, from the middle outwards; returns how far it reaches. */
static int gaussian(float sigma, float ret_weights[BLUR_RADIUS + 1])
{
    int radius = (int)ceilf(3 * sigma);
    float sum = 0;

    radius = radius > BLUR_RADIUS ? BLUR_RADIUS : radius;
    for (int i = 0; i <= radius; i++) {
        ret_weights[i] = expf(-(float)(i * i) / (2 * sigma * sigma));
        sum += i ? 2 * ret_weights[i] : ret_weights[i];
    }
    for (int i = 0; i <= radius; i++)
        ret_weights[i] /= sum;
    return radius;
}

enum { STRIP = 64, PIECE = 512 };

/* `n` columns, at most STRIP, of rows W apart; their ends are repeated. */
static void blur_columns(float *levels, int H, size_t W, size_t n, const float *weights, int radius)
{
    float before[BLUR_RADIUS][STRIP]; /* the last rows, as they were */

    for (int y = 0; y < H; y++) {
        float sum[STRIP] = {0}, *row = levels + (size_t)y * W;
        for (int i = -radius; i <= radius; i++) {
            int from = clamp(y + i, H);
            add_scaled(from < y ? before[from % BLUR_RADIUS] : levels + (size_t)from * W,
                       weights[i < 0 ? -i : i], n, sum);
        }
        memcpy(before[y % BLUR_RADIUS], row, n * sizeof *row);
        memcpy(row, sum, n * sizeof *row);
    }
}

/* In pieces that fit the stack, each after PAD pixels of the one before, as they were. */
static void blur_row(float *row, int W, const float *weights, int radius)
{
    float padded[PAD + PIECE + PAD];

    for (int i = 0; i < PAD; i++)
        padded[i] = row[0];
    for (int x0 = 0; x0 < W; x0 += PIECE) {
        int n = W - x0 < PIECE ? W - x0 : PIECE;
        for (int i = 0; i < n + radius; i++)
            padded[PAD + i] = row[clamp(x0 + i, W)];
        memset(row + x0, 0, (size_t)n * sizeof *row);
        for (int i = -radius; i <= radius; i++)
            add_scaled(padded + PAD + i, weights[i < 0 ? -i : i], (size_t)n, row + x0);
        memmove(padded, padded + n, PAD * sizeof *padded);
    }
}

void levels_blur(float *levels, int H, int W, float sigma)
{
    float weights[BLUR_RADIUS + 1];
    int radius = gaussian(sigma, weights);

    for (int x0 = 0; x0 < W; x0 += STRIP)
        blur_columns(levels + x0, H, (size_t)W, (size_t)(W - x0 < STRIP ? W - x0 : STRIP), weights,
                     radius);
    for (int y = 0; y < H; y++)
        blur_row(levels + (size_t)y * (size_t)W, W, weights, radius);
}

/* to(x) += weight * from(x + shift), the ends of the row repeated. */
static void add_shifted(const float *from, int W, int shift, float weight, float *to)
{
    int first = shift < 0 ? -shift : 0, end = shift > 0 ? W - shift : W;

    for (int x = 0; x < first && x < W; x++)
        to[x] += weight * from[0];
    for (int x = end < 0 ? 0 : end; x < W; x++)
        to[x] += weight * from[W - 1];
    if (first < end)
        add_scaled(from + first + shift, weight, (size_t)(end - first), to + first);
}

void levels_motion_blur(float *levels, int H, int W, float length, float angle, float *scratch)
{
    int taps = 2 * (int)ceilf(length / 2) + 1;
    size_t w = (size_t)W;

    memcpy(scratch, levels, (size_t)H * w * sizeof *levels);
    memset(levels, 0, (size_t)H * w * sizeof *levels);
    for (int i = 0; i < taps; i++) {
        float at = length * ((float)i / (float)(taps - 1) - 0.5f);
        int across = (int)rintf(at * cosf(angle)), down = (int)rintf(at * sinf(angle));
        for (int y = 0; y < H; y++)
            add_shifted(scratch + (size_t)clamp(y + down, H) * w, W, across, 1 / (float)taps,
                        levels + (size_t)y * w);
    }
}

/* The sum of four random bytes is nearly normal: mean 510, variance 4 (256^2 - 1) / 12. */
#define FOUR_BYTES_MEAN 510.0f
#define FOUR_BYTES_DEVIATION 147.8f

static float four_bytes(uint32_t bits)
{
    uint32_t pairs = (bits & 0x00ff00ff) + ((bits >> 8) & 0x00ff00ff);

    return (float)(int32_t)((pairs & 0xffff) + (pairs >> 16)) - FOUR_BYTES_MEAN;
}

VECTOR_LOOP void levels_noise(float *levels, int H, int W, float sigma, uint64_t key)
{
    size_t count = (size_t)H * (size_t)W;
    float scale = sigma / FOUR_BYTES_DEVIATION;

    for (size_t i = 0; i < count / 2; i++) {
        uint64_t bits = random_bits(key, i);
        levels[2 * i] += scale * four_bytes((uint32_t)bits);
        levels[2 * i + 1] += scale * four_bytes((uint32_t)(bits >> 32));
    }
    if (count & 1)
        levels[count - 1] += scale * four_bytes((uint32_t)random_bits(key, count));
}

void levels_grain(float *levels, int H, int W, float sigma, uint64_t key)
{
    float scale = sigma / FOUR_BYTES_DEVIATION;

    for (int y = 0; y < H; y++) {
        float *row = levels + (size_t)y * (size_t)W;
        uint64_t row_key = random_key(key, (uint64_t)(y / 2));
        for (int x = 0; x < W; x += 2) {
            float grain = scale * four_bytes((uint32_t)random_bits(row_key, (uint64_t)x));
            row[x] += grain;
            if (x + 1 < W)
                row[x + 1] += grain;
        }
    }
}

enum { BLOCK = 8 };
typedef float block[BLOCK][BLOCK];

/* DCT-II, orthonormal: row u holds the cosine of frequency u. */
static void cosine_matrix(block ret_matrix, block ret_transposed)
{
    for (int u = 0; u < BLOCK; u++)
        for (int x = 0; x < BLOCK; x++) {
            double scale = u ? 0.5 : sqrt(0.125);
            ret_matrix[u][x] = (float)(scale * cos((2 * x + 1) * u * M_PI / 16));
            ret_transposed[x][u] = ret_matrix[u][x];
        }
}

static inline void multiply(block a, block b, block ret_product)
{
    for (int i = 0; i < BLOCK; i++) {
        float sum[BLOCK] = {0};
        for (int k = 0; k < BLOCK; k++)
            for (int j = 0; j < BLOCK; j++)
                sum[j] += a[i][k] * b[k][j];
        memcpy(ret_product[i], sum, sizeof sum);
    }
}

VECTOR_LOOP static void quantise(block values, block cosines, block transposed, block steps)
{
    block half, spectrum;

    multiply(cosines, values, half);
    multiply(half, transposed, spectrum);
    for (int u = 0; u < BLOCK; u++)
        for (int v = 0; v < BLOCK; v++)
            spectrum[u][v] = rintf(spectrum[u][v] / steps[u][v]) * steps[u][v];
    multiply(transposed, spectrum, half);
    multiply(half, cosines, values);
}

void levels_blocks(float *levels, int H, int W, float step, int left, int top)
{
    block cosines, transposed, steps, values;

    cosine_matrix(cosines, transposed);
    for (int u = 0; u < BLOCK; u++)
        for (int v = 0; v < BLOCK; v++)
            steps[u][v] = step * (1 + 6 * (float)(u + v) / (2 * BLOCK - 2));
    for (int y0 = top; y0 < H; y0 += BLOCK)
        for (int x0 = left; x0 < W; x0 += BLOCK) {
            for (int y = 0; y < BLOCK; y++)
                for (int x = 0; x < BLOCK; x++)
                    values[y][x] =
                        levels[(size_t)clamp(y0 + y, H) * (size_t)W + (size_t)clamp(x0 + x, W)];
            quantise(values, cosines, transposed, steps);
            for (int y = y0 < 0 ? -y0 : 0; y < BLOCK && y0 + y < H; y++)
                for (int x = x0 < 0 ? -x0 : 0; x < BLOCK && x0 + x < W; x++)
                    levels[(size_t)(y0 + y) * (size_t)W + (size_t)(x0 + x)] = values[y][x];
        }
}

void levels_vignette(float *levels, int H, int W, float edge)
{
    for (int y = 0; y < H; y++)
        for (int x = 0; x < W; x++) {
            float u = (2 * (float)x + 1) / (float)W - 1, v = (2 * (float)y + 1) / (float)H - 1;
            levels[(size_t)y * (size_t)W + (size_t)x] *= 1 + (edge - 1) * (u * u + v * v) / 2;
        }
}

void levels_slope(float *levels, int H, int W, float from, float to, float angle)
{
    float across = cosf(angle) / (float)W, down = sinf(angle) / (float)H;

    for (int y = 0; y < H; y++)
        for (int x = 0; x < W; x++) {
            float at = across * ((float)x - (float)W / 2) + down * ((float)y - (float)H / 2);
            levels[(size_t)y * (size_t)W + (size_t)x] *= from + (to - from) * (0.5f + 0.7f * at);
        }
}

VECTOR_LOOP void levels_round(float *levels, int H, int W)
{
    size_t count = (size_t)H * (size_t)W;

    for (size_t i = 0; i < count; i++) {
        float level = levels[i] < 0 ? 0 : levels[i] > 255 ? 255 : levels[i];
        levels[i] = rintf(level);
    }
}

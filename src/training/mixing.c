/* mixing.c - mixup and CutMix.
 * SPDX-License-Identifier: MIT */
#include "training/mixing.h"

#include <math.h>
#include <stddef.h>

#include "base/random.h"
#include "base/vector.h"
#include "training/random_stream.h"

void mixing_init(struct mixing *mixing)
{
    *mixing = (struct mixing){.probability = 1};
}

/* The logarithm of a number from Gamma(alpha), which itself may be too small for a double at small
 * alpha. Marsaglia, Tsang: "A simple method for generating gamma variables", ACM TOMS 26(3), 2000,
 * with their section 6 for alpha below 1. */
static double draw_log_gamma(struct random_stream *r, double alpha)
{
    double d = (alpha < 1 ? alpha + 1 : alpha) - 1.0 / 3, c = 1 / sqrt(9 * d), x, v, u;

    do {
        x = random_normal(r->key, r->counter++);
        v = (1 + c * x) * (1 + c * x) * (1 + c * x);
        u = 1 - random_stream_range(r, 0, 1);
    } while (v <= 0 || log(u) >= x * x / 2 + d - d * v + d * log(v));
    u = alpha < 1 ? 1 - random_stream_range(r, 0, 1) : 1;
    return log(d * v) + (alpha < 1 ? log(u) / alpha : 0);
}

/* From Beta(alpha, alpha). */
static float draw_share(struct random_stream *r, float alpha)
{
    double a = draw_log_gamma(r, (double)alpha), b = draw_log_gamma(r, (double)alpha);

    return (float)(1 / (1 + exp(b - a)));
}

struct work {
    const struct mixing *mixing;
    float *levels; /* (count, H, W) */
    int count, H, W;
    uint64_t key;
    float *shares; /* (count) */
};

VECTOR_LOOP static void mix_up(float *restrict a, float *restrict b, size_t n, float share)
{
    for (size_t i = 0; i < n; i++) {
        float x = a[i], y = b[i];
        a[i] = share * x + (1 - share) * y;
        b[i] = share * y + (1 - share) * x;
    }
}

static int within(float at, int most)
{
    return at < 0 ? 0 : at > (float)most ? most : (int)at;
}

/* Exchanges a rectangle of the picture's shape, its middle anywhere, cut off at the edges (section
 * 3.1); returns the share that is left. */
static float cut_mix(float *a, float *b, int H, int W, float share, struct random_stream *r)
{
    float side = sqrtf(1 - share), height = side * (float)H, width = side * (float)W;
    float x = random_stream_range(r, 0, (float)W), y = random_stream_range(r, 0, (float)H);
    int left = within(rintf(x - width / 2), W), right = within(rintf(x + width / 2), W);
    int top = within(rintf(y - height / 2), H), bottom = within(rintf(y + height / 2), H);

    for (int row = top; row < bottom; row++)
        for (int column = left; column < right; column++) {
            size_t i = (size_t)row * (size_t)W + (size_t)column;
            float level = a[i];
            a[i] = b[i];
            b[i] = level;
        }
    return 1 - (float)((right - left) * (bottom - top)) / ((float)H * (float)W);
}

static void mix_pair(void *context, int i, int worker)
{
    const struct work *w = context;
    const struct mixing *m = w->mixing;
    int partner = w->count - 1 - i;
    size_t n = (size_t)w->H * (size_t)w->W;
    float *a = w->levels + (size_t)i * n, *b = w->levels + (size_t)partner * n, share = 1;
    struct random_stream r = {random_key(w->key, (uint64_t)i), 0};
    bool mixed = random_stream_chance(&r, m->probability), half = random_stream_chance(&r, 0.5f);

    (void)worker;
    if (mixed && i != partner) {
        if (m->cutmix_alpha > 0 && (half || !(m->mixup_alpha > 0))) {
            share = cut_mix(a, b, w->H, w->W, draw_share(&r, m->cutmix_alpha), &r);
        } else if (m->mixup_alpha > 0) {
            share = draw_share(&r, m->mixup_alpha);
            mix_up(a, b, n, share);
        }
    }
    w->shares[i] = w->shares[partner] = share;
}

void mixing_apply(const struct mixing *mixing, float *levels, int count, int H, int W, uint64_t key,
                  struct thread_pool *pool, float *ret_shares)
{
    struct work work = {mixing, levels, count, H, W, key, ret_shares};

    thread_pool_run(pool, (count + 1) / 2, mix_pair, &work);
}

void mixing_targets(const float *shares, int count, size_t width, float *targets)
{
    for (int i = 0; i < count / 2; i++)
        mix_up(targets + (size_t)i * width, targets + (size_t)(count - 1 - i) * width, width,
               shares[i]);
}

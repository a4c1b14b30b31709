/* intervals.c - the bootstrap.
 * SPDX-License-Identifier: MIT */
#include "evaluation/intervals.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/random.h"

/* Every interval comes from the same samples. */
enum { SEED = 1 };

/* Draw `number` of `count` things. */
static size_t draw(uint64_t key, size_t number, size_t count)
{
    return (size_t)(((random_bits(key, number) >> 32) * (uint64_t)count) >> 32);
}

static int compare_numbers(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* Sorts `values` (BOOTSTRAP_ROUNDS), of which none is NaN. */
static void percentiles(double *values, double *ret_low, double *ret_high)
{
    qsort(values, BOOTSTRAP_ROUNDS, sizeof *values, compare_numbers);
    *ret_low = values[(int)(BOOTSTRAP_ROUNDS * 0.025)];
    *ret_high = values[(int)(BOOTSTRAP_ROUNDS * 0.975)];
}

struct interval accuracy_interval(size_t correct, size_t count)
{
    struct interval accuracy = {.value = (double)correct / (double)count};
    double rounds[BOOTSTRAP_ROUNDS];

    for (int r = 0; r < BOOTSTRAP_ROUNDS; r++) {
        uint64_t key = random_key(SEED, (uint64_t)r);
        size_t right = 0;
        for (size_t i = 0; i < count; i++)
            right += draw(key, i, count) < correct;
        rounds[r] = (double)right / (double)count;
    }
    percentiles(rounds, &accuracy.low, &accuracy.high);
    return accuracy;
}

/* Task r computes round r. */
struct bootstrap {
    const struct answers *before; /* NULL: no difference is asked for */
    const struct answers *answers;
    uint32_t
        *pictures;     /* (N): those with right answers first, so that accuracy_interval() agrees */
    uint16_t *weights; /* (workers, N) */
    size_t *confusion; /* (workers, L, L) */
    double *rounds;    /* (FIGURES, BOOTSTRAP_ROUNDS) */
};

static void figures_of(const struct bootstrap *b, const uint16_t *weights, size_t *confusion,
                       double ret_figures[FIGURES])
{
    double before[FIGURES];

    answers_figures(b->answers, weights, confusion, ret_figures);
    if (!b->before)
        return;
    answers_figures(b->before, weights, confusion, before);
    for (int f = 0; f < FIGURES; f++)
        ret_figures[f] -= before[f];
}

static void round_task(void *context, int index, int worker)
{
    const struct bootstrap *b = context;
    size_t count = b->answers->count, classes = b->answers->classes;
    uint16_t *weights = b->weights + (size_t)worker * count;
    uint64_t key = random_key(SEED, (uint64_t)index);
    double figures[FIGURES];

    memset(weights, 0, count * sizeof *weights);
    for (size_t i = 0; i < count; i++)
        weights[b->pictures[draw(key, i, count)]]++;
    figures_of(b, weights, b->confusion + (size_t)worker * classes * classes, figures);
    for (int f = 0; f < FIGURES; f++)
        b->rounds[f * BOOTSTRAP_ROUNDS + index] = figures[f];
}

static void order_pictures(const struct answers *a, uint32_t *pictures)
{
    size_t at = 0;

    for (int right = 1; right >= 0; right--)
        for (size_t i = 0; i < a->count; i++)
            if ((a->predicted[i] == a->labels[i]) == right)
                pictures[at++] = (uint32_t)i;
}

/* One sample in which a figure is NaN (no label has both pictures and others) leaves that figure
 * without an interval. */
static void fill(struct bootstrap *b, struct interval ret_intervals[FIGURES])
{
    double figures[FIGURES];

    figures_of(b, NULL, b->confusion, figures);
    for (int f = 0; f < FIGURES; f++) {
        double *rounds = b->rounds + f * BOOTSTRAP_ROUNDS;
        struct interval interval = {figures[f], NAN, NAN};
        bool whole = !isnan(figures[f]);
        for (int r = 0; r < BOOTSTRAP_ROUNDS; r++)
            whole &= !isnan(rounds[r]);
        if (whole)
            percentiles(rounds, &interval.low, &interval.high);
        ret_intervals[f] = interval;
    }
}

static mien_status run(struct bootstrap *b, struct thread_pool *pool,
                       struct interval ret_intervals[FIGURES], mien_error *err)
{
    size_t count = b->answers->count, cells = b->answers->classes * b->answers->classes;
    size_t workers = (size_t)thread_pool_size(pool), bytes;
    mien_status status = MIEN_OK;

    if (!mul_size(workers, count * sizeof *b->weights, &bytes))
        return error_memory(err, SIZE_MAX);
    b->pictures = malloc(count * sizeof *b->pictures);
    b->weights = malloc(bytes);
    b->confusion = malloc(workers * cells * sizeof *b->confusion);
    b->rounds = malloc(FIGURES * BOOTSTRAP_ROUNDS * sizeof *b->rounds);
    if (b->pictures && b->weights && b->confusion && b->rounds) {
        order_pictures(b->answers, b->pictures);
        thread_pool_run(pool, BOOTSTRAP_ROUNDS, round_task, b);
        fill(b, ret_intervals);
    } else {
        status = error_memory(err, bytes);
    }
    free(b->pictures);
    free(b->weights);
    free(b->confusion);
    free(b->rounds);
    return status;
}

mien_status intervals_new(const struct answers *answers, struct thread_pool *pool,
                          struct interval ret_intervals[FIGURES], mien_error *err)
{
    struct bootstrap b = {.answers = answers};

    return run(&b, pool, ret_intervals, err);
}

mien_status intervals_difference(const struct answers *before, const struct answers *after,
                                 struct thread_pool *pool, struct interval ret_intervals[FIGURES],
                                 mien_error *err)
{
    struct bootstrap b = {.before = before, .answers = after};

    return run(&b, pool, ret_intervals, err);
}

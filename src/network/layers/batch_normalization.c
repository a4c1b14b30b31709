/* batch_normalization.c - normalise each channel by the batch's mean and variance (Ioffe, Szegedy,
 * ICML 2015); in inference by their running averages, with Keras's defaults: momentum 0.99,
 * epsilon 0.001, biased variance.
 *
 * The batch is seen in slices. Each slice's mean and sum of squared deviations are merged in order
 * by Chan, Golub and LeVeque's formula (1979), so that nothing cancels and the result does not
 * depend on which thread saw which slice.
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/vector.h"
#include "network/bf16.h"
#include "network/layer.h"
#include "network/plan.h"

/* The loops go over rows of several pixels, at least so many numbers, and sum up so many rows at a
 * time: short loops over few channels would be slow. */
enum { ROW_LEAST = 256, ROWS_A_SUM = 64 };

struct batch_normalization {
    size_t C, pixels;         /* of one picture */
    size_t row;               /* numbers of a row, a multiple of C; the tables below repeat in it */
    float *mean;              /* (row) of this batch, or the running one */
    float *inverse_deviation; /* (C) the same */
    float *factor, *offset;   /* (row): y = factor * x + offset, and at least `least` */
    float *mean_dy, *slope;   /* (row): mean of dy; mean of dy * x^ over the deviation */
    float *partial;           /* (slices, 2 * C + 1): two figures a channel; pictures */
    float *memory;
    const struct plan_peers *peers; /* NULL: nobody */
    double
        *shared; /* (1 + peers, 2 * C + 1): mine, then everybody's: two figures a channel; count */
    float least; /* 0 where a ReLU follows, else no limit */
};

static mien_status batchnorm_parse(struct layer *layer, struct words *words, mien_error *err)
{
    layer->rate = 0.99f;
    if (words_match(words, "momentum"))
        return words_float(words, "momentum", 0, 1, &layer->rate, err);
    return MIEN_OK;
}

static mien_status batchnorm_shape(struct layer *layer, struct parameter *parameters,
                                   mien_error *err)
{
    size_t C = (size_t)layer->out.C;

    (void)err;
    layer_add_parameter(layer, parameters, "scale", PARAMETER_SCALE, 1, &C);
    layer_add_parameter(layer, parameters, "shift", PARAMETER_SHIFT, 1, &C);
    layer_add_parameter(layer, parameters, "mean", PARAMETER_MEAN, 1, &C);
    layer_add_parameter(layer, parameters, "variance", PARAMETER_VARIANCE, 1, &C);
    return MIEN_OK;
}

static void batchnorm_release(void *memory)
{
    struct batch_normalization *state = memory;

    free(state->shared);
    free(state->memory);
    free(state);
}

static mien_status batchnorm_prepare(const struct layer *layer, struct layer_setup *setup,
                                     mien_error *err)
{
    struct batch_normalization *state = calloc(1, sizeof *state);
    size_t C = (size_t)layer->out.C, slices = setup->training ? (size_t)setup->slices : 0;
    size_t row = (ROW_LEAST + C - 1) / C * C;
    size_t bytes = (5 * row + C + (2 * C + 1) * slices) * sizeof(float);

    if (!state)
        return error_memory(err, sizeof *state);
    state->memory = memory_aligned_new(bytes);
    if (!state->memory) {
        free(state);
        return error_memory(err, bytes);
    }
    state->peers = setup->peers;
    if (state->peers) {
        size_t rows = (size_t)state->peers->count + 1;
        state->shared = calloc(rows * (2 * C + 1), sizeof *state->shared);
        if (!state->shared) {
            batchnorm_release(state);
            return error_memory(err, rows * (2 * C + 1) * sizeof *state->shared);
        }
    }
    state->least = setup->relu ? 0 : -INFINITY;
    state->C = C;
    state->row = row;
    state->pixels = (size_t)layer->out.H * (size_t)layer->out.W;
    state->mean = state->memory;
    state->factor = state->mean + row;
    state->offset = state->factor + row;
    state->mean_dy = state->offset + row;
    state->slope = state->mean_dy + row;
    state->inverse_deviation = state->slope + row;
    state->partial = state->inverse_deviation + C;
    setup->ret_scratch_bytes = memory_aligned_size(5 * row * sizeof(float));
    setup->ret_state = state;
    return MIEN_OK;
}

/* Repeats the first C numbers of a table throughout its row. */
static void repeat(const struct batch_normalization *state, float *table)
{
    for (size_t i = state->C; i < state->row; i++)
        table[i] = table[i - state->C];
}

/* From mean and inverse deviation to one multiplication and one addition. */
static void set_factors(struct batch_normalization *state, const float *scale, const float *shift)
{
    for (size_t c = 0; c < state->C; c++) {
        state->factor[c] = scale[c] * state->inverse_deviation[c];
        state->offset[c] = shift[c] - state->mean[c] * state->factor[c];
    }
    repeat(state, state->mean);
    repeat(state, state->factor);
    repeat(state, state->offset);
}

/* In inference the running averages count; in training settle_forward overwrites this. */
static void batchnorm_update(void *memory, int worker, const float *const *weights)
{
    struct batch_normalization *state = memory;

    (void)worker;
    for (size_t c = 0; c < state->C; c++) {
        state->mean[c] = weights[2][c];
        state->inverse_deviation[c] = 1 / sqrtf(weights[3][c] + BATCHNORM_EPSILON);
    }
    set_factors(state, weights[0], weights[1]);
}

/* The loops below take `count` numbers, the first one a pixel's first channel. */
static inline size_t row_end(size_t first, size_t row, size_t count)
{
    return count - first < row ? count - first : row;
}

VECTOR_LOOP static void affine_loop(const void *x, void *y, size_t count, size_t row, bool bf16,
                                    const float *restrict factor, const float *restrict offset,
                                    float least)
{
    for (size_t first = 0; first < count; first += row) {
        size_t end = row_end(first, row, count);
        for (size_t i = 0; i < end; i++) {
            float value = number_at(x, first + i, bf16) * factor[i] + offset[i];
            number_set(y, first + i, bf16, value < least ? least : value); /* NaN stays */
        }
    }
}

static void batchnorm_forward(const struct layer_run *run)
{
    const struct batch_normalization *state = run->state;

    affine_loop(run->x[0], run->y, state->pixels * (size_t)run->slice * state->C, state->row,
                run->y_bf16, state->factor, state->offset, state->least);
}

/* Adds each number, less `pivot`, to `sum`, and its square to `squares`. */
VECTOR_LOOP static void sum_loop(const void *x, size_t count, size_t row, bool bf16,
                                 const float *restrict pivot, float *restrict sum,
                                 float *restrict squares)
{
    for (size_t first = 0; first < count; first += row) {
        size_t end = row_end(first, row, count);
        for (size_t i = 0; i < end; i++) {
            float d = number_at(x, first + i, bf16) - pivot[i];
            sum[i] += d;
            squares[i] += d * d;
        }
    }
}

VECTOR_LOOP static void add_and_clear(float *restrict total, float *restrict part, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        total[i] += part[i];
        part[i] = 0;
    }
}

static float *partial_of(const struct batch_normalization *state, int slice_number)
{
    return state->partial + (size_t)slice_number * (2 * state->C + 1);
}

/* What a gathering pass of one slice adds up. */
struct sums {
    float *pivot; /* (row) */
    float *part;  /* (2, row): of up to ROWS_A_SUM rows, since long sums of floats lose digits */
    float *total; /* (2, row) */
    size_t count, step; /* numbers in all, and at a time */
};

static struct sums start_sums(const struct layer_run *run)
{
    const struct batch_normalization *state = run->state;
    float *memory = run->scratch;
    struct sums s = {memory, memory + state->row, memory + 3 * state->row,
                     state->pixels * (size_t)run->pictures * state->C, ROWS_A_SUM * state->row};

    memset(s.part, 0, 4 * state->row * sizeof(float));
    return s;
}

/* Folds the rows' sums into one pixel's. */
static float *finish_sums(const struct layer_run *run, const struct sums *s)
{
    const struct batch_normalization *state = run->state;
    float *partial = partial_of(state, run->slice_number);

    for (int k = 0; k < 2; k++)
        for (size_t c = 0; c < state->C; c++) {
            float sum = 0;
            for (size_t i = c; i < state->row; i += state->C)
                sum += s->total[(size_t)k * state->row + i];
            partial[(size_t)k * state->C + c] = sum;
        }
    partial[2 * state->C] = (float)run->pictures;
    return partial;
}

/* The first pixel stands in for the mean, so that the squares do not cancel. */
static void batchnorm_gather_forward(const struct layer_run *run)
{
    const struct batch_normalization *state = run->state;
    size_t C = state->C, row = state->row, pixels = state->pixels * (size_t)run->pictures;
    struct sums s = start_sums(run);
    float *partial;

    for (size_t c = 0; c < C; c++)
        s.pivot[c] = number_at(run->x[0], c, run->x_bf16);
    repeat(state, s.pivot);
    for (size_t first = 0; first < s.count; first += s.step) {
        sum_loop(number_from(run->x[0], first, run->x_bf16), row_end(first, s.step, s.count), row,
                 run->x_bf16, s.pivot, s.part, s.part + row);
        add_and_clear(s.total, s.part, 2 * row);
    }
    partial = finish_sums(run, &s);
    for (size_t c = 0; c < C; c++) { /* sums about the first pixel to mean and deviations */
        float mean = partial[c] / (float)pixels;
        partial[C + c] -= partial[c] * mean;
        partial[c] = s.pivot[c] + mean;
    }
}

/* Merges one channel's slices: mean and sum of squared deviations. */
static void merge_channel(const struct batch_normalization *state, size_t c, int pictures,
                          double *ret_mean, double *ret_squares)
{
    double count = 0, mean = 0, squares = 0;

    for (int s = 0; count < (double)pictures * (double)state->pixels; s++) {
        const float *partial = partial_of(state, s);
        double more = (double)partial[2 * state->C] * (double)state->pixels;
        double delta = partial[c] - mean;
        mean += delta * more / (count + more);
        squares += partial[state->C + c] + delta * delta * count * more / (count + more);
        count += more;
    }
    *ret_mean = mean;
    *ret_squares = squares;
}

/* One process's figures in `shared`, behind those of its own. */
static const double *figures_of(const struct batch_normalization *state, int peer)
{
    return state->shared + (size_t)(peer + 1) * (2 * state->C + 1);
}

/* Everybody's figures of the pass; the count is of the numbers in a channel. */
static void share(struct batch_normalization *state, double count)
{
    size_t figures = 2 * state->C + 1;

    state->shared[figures - 1] = count;
    state->peers->gather(state->peers->context, state->shared, figures, state->shared + figures);
}

static double count_all(const struct batch_normalization *state)
{
    double count = 0;

    for (int p = 0; p < state->peers->count; p++)
        count += figures_of(state, p)[2 * state->C];
    return count;
}

/* The same formula over the processes, by rank, as over the slices. */
static void merge_peers(const struct batch_normalization *state, size_t c, double *ret_mean,
                        double *ret_squares)
{
    double count = 0, mean = 0, squares = 0;

    for (int p = 0; p < state->peers->count; p++) {
        const double *figures = figures_of(state, p);
        double more = figures[2 * state->C], delta = figures[c] - mean;
        mean += delta * more / (count + more);
        squares += figures[state->C + c] + delta * delta * count * more / (count + more);
        count += more;
    }
    *ret_mean = mean;
    *ret_squares = squares;
}

static void batchnorm_settle_forward(void *memory, const struct layer *layer, int pictures,
                                     float *const *weights)
{
    struct batch_normalization *state = memory;
    float momentum = layer->rate;
    double count = (double)pictures * (double)state->pixels;

    for (size_t c = 0; state->peers && c < state->C; c++)
        merge_channel(state, c, pictures, &state->shared[c], &state->shared[state->C + c]);
    if (state->peers) {
        share(state, count);
        count = count_all(state);
    }
    for (size_t c = 0; c < state->C; c++) {
        double mean, squares, variance;
        if (state->peers)
            merge_peers(state, c, &mean, &squares);
        else
            merge_channel(state, c, pictures, &mean, &squares);
        variance = squares / count;
        state->mean[c] = (float)mean;
        state->inverse_deviation[c] = 1 / sqrtf((float)variance + BATCHNORM_EPSILON);
        weights[2][c] = momentum * weights[2][c] + (1 - momentum) * (float)mean;
        weights[3][c] = momentum * weights[3][c] + (1 - momentum) * (float)variance;
    }
    set_factors(state, weights[0], weights[1]);
}

VECTOR_LOOP static void gradient_sums_loop(const void *x, const void *dy, size_t count, size_t row,
                                           bool bf16, const float *restrict mean,
                                           float *restrict sum_dy, float *restrict sum_dy_x)
{
    for (size_t first = 0; first < count; first += row) {
        size_t end = row_end(first, row, count);
        for (size_t i = 0; i < end; i++) {
            float d = number_at(dy, first + i, bf16);
            sum_dy[i] += d;
            sum_dy_x[i] += d * (number_at(x, first + i, bf16) - mean[i]);
        }
    }
}

static void batchnorm_gather_backward(const struct layer_run *run)
{
    const struct batch_normalization *state = run->state;
    bool bf16 = run->x_bf16;
    struct sums s = start_sums(run);

    for (size_t first = 0; first < s.count; first += s.step) {
        gradient_sums_loop(number_from(run->x[0], first, bf16), number_from(run->dy, first, bf16),
                           row_end(first, s.step, s.count), state->row, bf16, state->mean, s.part,
                           s.part + state->row);
        add_and_clear(s.total, s.part, 2 * state->row);
    }
    finish_sums(run, &s);
}

/* The sums of dy and dy * (x - mean) over one channel's slices. */
static void sum_channel(const struct batch_normalization *state, size_t c, int pictures,
                        double ret_sums[2])
{
    int seen = 0;

    ret_sums[0] = ret_sums[1] = 0;
    for (int s = 0; seen < pictures; s++) {
        const float *partial = partial_of(state, s);
        ret_sums[0] += partial[c];
        ret_sums[1] += partial[state->C + c];
        seen += (int)partial[2 * state->C];
    }
}

static void set_slope(struct batch_normalization *state, size_t c, const double sums[2],
                      double count)
{
    state->mean_dy[c] = (float)(sums[0] / count);
    state->slope[c] = (float)(sums[1] / count * state->inverse_deviation[c]);
}

/* From this process's sums in `shared` to the means over everybody's pictures. */
static void share_slopes(struct batch_normalization *state, double count)
{
    share(state, count);
    count = count_all(state);
    for (size_t c = 0; c < state->C; c++) {
        double sums[2] = {0, 0};
        for (int p = 0; p < state->peers->count; p++) {
            sums[0] += figures_of(state, p)[c];
            sums[1] += figures_of(state, p)[state->C + c];
        }
        set_slope(state, c, sums, count);
    }
}

static void batchnorm_settle_backward(void *memory, const struct layer *layer, int pictures,
                                      float *const *gradients)
{
    struct batch_normalization *state = memory;
    double count = (double)pictures * (double)state->pixels;

    (void)layer;
    for (size_t c = 0; c < state->C; c++) {
        double sums[2];
        sum_channel(state, c, pictures, sums);
        sums[1] *= state->inverse_deviation[c];
        gradients[0][c] = (float)sums[1]; /* of this process: all gradients are added up later */
        gradients[1][c] = (float)sums[0];
        set_slope(state, c, sums, count);
        if (state->peers) {
            state->shared[c] = sums[0];
            state->shared[state->C + c] = sums[1];
        }
    }
    if (state->peers)
        share_slopes(state, count);
    repeat(state, state->mean_dy);
    repeat(state, state->slope);
}

/* dx = factor * (dy - mean(dy) - x^ * mean(dy * x^)), where x^ is x normalised (section 3). The
 * mean is taken off x first: multiplied out, the terms would cancel and lose digits. */
VECTOR_LOOP static void gradient_loop(const void *x, const void *dy, void *dx, size_t count,
                                      size_t row, bool bf16, const float *restrict factor,
                                      const float *restrict mean, const float *restrict mean_dy,
                                      const float *restrict slope)
{
    for (size_t first = 0; first < count; first += row) {
        size_t end = row_end(first, row, count);
        for (size_t i = 0; i < end; i++) {
            float gradient = number_at(dy, first + i, bf16) - mean_dy[i];
            float deviation = number_at(x, first + i, bf16) - mean[i];
            number_set(dx, first + i, bf16, factor[i] * (gradient - deviation * slope[i]));
        }
    }
}

static void batchnorm_backward(const struct layer_run *run)
{
    const struct batch_normalization *state = run->state;
    size_t counted = state->pixels * (size_t)run->pictures * state->C;
    size_t all = state->pixels * (size_t)run->slice * state->C;

    if (!run->dx[0]) /* nothing in front is trained; scale and shift are settled */
        return;
    gradient_loop(run->x[0], run->dy, run->dx[0], counted, state->row, run->x_bf16, state->factor,
                  state->mean, state->mean_dy, state->slope);
    memset(number_to(run->dx[0], counted, run->x_bf16), 0,
           (all - counted) * number_bytes(run->x_bf16));
}

const struct layer_kind layer_batchnorm = {
    .name = "batchnorm",
    .synopsis = "batchnorm [momentum M]",
    .inputs_least = 1,
    .inputs_most = 1,
    .recompute = true,
    .in_place = true,
    .fuses_relu = true,
    .backward_wants_x = true,
    .bf16 = BF16_SAME,
    .parse = batchnorm_parse,
    .shape = batchnorm_shape,
    .prepare = batchnorm_prepare,
    .release = batchnorm_release,
    .update = batchnorm_update,
    .forward = batchnorm_forward,
    .backward = batchnorm_backward,
    .gather_forward = batchnorm_gather_forward,
    .settle_forward = batchnorm_settle_forward,
    .gather_backward = batchnorm_gather_backward,
    .settle_backward = batchnorm_settle_backward,
};

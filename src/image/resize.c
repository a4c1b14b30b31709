/* resize.c - separable resizing.
 *
 * Both filters, the mean over an area and linear interpolation, come down to one form: a target
 * pixel is a weighted run of source pixels in which all but the first and the last weigh the same.
 * Down the columns, where the whole picture is read, the middle of a run is added up unweighted in
 * 16 bits, one addition a pixel. Along the rows, LANES rows are worked on side by side, for a run's
 * pixels lie too irregularly for a vector of neighbours. Weights are fractions of 2^24 that add up
 * to exactly 2^24, so that a flat picture stays flat; all arithmetic is in integers or in floats
 * without contraction, so that every machine computes the same bytes.
 * SPDX-License-Identifier: MIT */
#include "image/resize.h"

#include <stdlib.h>

#include "base/memory.h"
#include "base/vector.h"

#define WEIGHT_ONE (UINT32_C(1) << 24)

/* More rows of 255 would overflow their 16-bit sum. Runs of up to FEW_ROWS + 1 rows need no such
 * sum. */
enum { ROWS_PER_SUM = 257, FEW_ROWS = 3 };

/* Target pixel = head * source[first] + body * (those between) + tail * source[last]. */
struct run {
    int first, last;
    uint32_t head, body, tail; /* tail is 0 where last == first */
};

/* The run of target pixel t where S source pixels shrink to T: in units of 1/T of a source pixel
 * it covers t S .. (t + 1) S. */
static struct run area_run(int64_t t, int64_t S, int64_t T)
{
    int64_t start = t * S, end = start + S;
    int64_t first = start / T, last = (end - 1) / T;
    struct run run = {(int)first, (int)last, 0, 0, 0};

    run.head = (uint32_t)(((first + 1) * T - start) * WEIGHT_ONE / S);
    run.body = (uint32_t)(T * WEIGHT_ONE / S);
    run.tail = WEIGHT_ONE - run.head - (uint32_t)(last - first - 1) * run.body;
    return run;
}

/* The run of target pixel t where S source pixels grow to T: its centre lies at
 * (t + 1/2) S / T - 1/2 between the source's centres. */
static struct run linear_run(int64_t t, int64_t S, int64_t T)
{
    int64_t position = (2 * t + 1) * S - T; /* in units of 1/(2 T) */
    int64_t first = position / (2 * T);
    struct run run = {(int)first, (int)first + 1, 0, 0, 0};

    if (position < 0 || first >= S - 1) {
        run.first = run.last = position < 0 ? 0 : (int)S - 1;
        run.head = WEIGHT_ONE;
        return run;
    }
    run.tail = (uint32_t)(position % (2 * T) * WEIGHT_ONE / (2 * T));
    run.head = WEIGHT_ONE - run.tail;
    return run;
}

static struct run run_of(int t, int S, int T)
{
    return S > T ? area_run(t, S, T) : linear_run(t, S, T);
}

/* Rows that the pass along the rows works on at once, one a lane; two vectors on any machine. */
enum { LANES = 8 };
typedef float lanes __attribute__((vector_size(LANES * sizeof(float))));

/* A weight is in 2^-24, a value in a lane in 2^-16: what a float holds exactly. */
#define PRODUCT_UNIT 0x1p-40f

/* What one call needs, in one allocation. n = source width * channels. */
struct scratch {
    uint32_t *total;  /* (n) weighted sums of a column, in 2^-24 */
    uint16_t *sum;    /* (n) unweighted sums of up to ROWS_PER_SUM rows */
    lanes *block;     /* (n) LANES rows of the target's height side by side */
    struct run *runs; /* (target width) */
};

static mien_status scratch_new(const struct image *source, const struct image *target,
                               void **ret_memory, struct scratch *ret_scratch, mien_error *err)
{
    /* Both sides are at most IMAGE_MAX_SIDE: nothing here can overflow. */
    size_t n = memory_aligned_size((size_t)source->width * (size_t)source->channels);
    size_t runs = (size_t)target->width * sizeof(struct run);
    size_t bytes = n * (sizeof(lanes) + sizeof(uint32_t) + sizeof(uint16_t)) + runs;
    uint8_t *memory = memory_aligned_new(bytes);

    if (!memory)
        return error_memory(err, bytes);
    *ret_memory = memory;
    ret_scratch->block = (lanes *)memory;
    ret_scratch->total = (uint32_t *)(ret_scratch->block + n);
    ret_scratch->sum = (uint16_t *)(ret_scratch->total + n);
    ret_scratch->runs = (struct run *)(ret_scratch->sum + n);
    return MIEN_OK;
}

/* total = the weighted rows of a run with `middle` rows between its first and its last. */
VECTOR_BODY void weigh_rows(const struct image *source, struct run run, int middle, size_t n,
                            uint32_t *restrict total)
{
    const uint8_t *restrict first = image_row(source, run.first);
    const uint8_t *restrict last = image_row(source, run.last);

    for (size_t i = 0; i < n; i++) {
        uint32_t sum = 0;
        for (int y = 1; y <= middle; y++)
            sum += first[(size_t)y * source->stride + i];
        total[i] = run.head * first[i] + run.body * sum + run.tail * last[i];
    }
}

VECTOR_LOOP
static void weigh_few_rows(const struct image *source, struct run run, size_t n,
                           uint32_t *restrict total)
{
    switch (run.last - run.first) {
    case FEW_ROWS:
        weigh_rows(source, run, 2, n, total);
        break;
    case 2:
        weigh_rows(source, run, 1, n, total);
        break;
    default:
        weigh_rows(source, run, 0, n, total);
    }
}

VECTOR_LOOP
static void weigh_ends(const uint8_t *restrict first, uint32_t head, const uint8_t *restrict last,
                       uint32_t tail, size_t n, uint32_t *restrict total)
{
    for (size_t i = 0; i < n; i++)
        total[i] = head * first[i] + tail * last[i];
}

/* sum = the sum of `rows` rows, two at a time to halve the traffic on `sum`. */
VECTOR_LOOP
static void sum_rows(const uint8_t *restrict row, size_t stride, int rows, size_t n,
                     uint16_t *restrict sum)
{
    int y = rows & 1;

    for (size_t i = 0; i < n; i++)
        sum[i] = y ? row[i] : 0;
    for (; y < rows; y += 2) {
        const uint8_t *restrict a = row + (size_t)y * stride;
        const uint8_t *restrict b = a + stride;
        for (size_t i = 0; i < n; i++)
            sum[i] = (uint16_t)(sum[i] + a[i] + b[i]);
    }
}

VECTOR_LOOP
static void add_weighted(const uint16_t *restrict sum, uint32_t weight, size_t n,
                         uint32_t *restrict total)
{
    for (size_t i = 0; i < n; i++)
        total[i] += weight * sum[i];
}

VECTOR_LOOP
static void fill_lane(const uint32_t *restrict total, size_t n, float *restrict lane)
{
    for (size_t i = 0; i < n; i++)
        lane[LANES * i] = (float)(int32_t)(total[i] >> 8);
}

/* scratch->total = the weighted rows of a run of any length. */
static void weigh_many_rows(const struct image *source, struct run run, size_t n,
                            const struct scratch *scratch)
{
    weigh_ends(image_row(source, run.first), run.head, image_row(source, run.last), run.tail, n,
               scratch->total);
    for (int y = run.first + 1; y < run.last; y += ROWS_PER_SUM) {
        int rows = run.last - y < ROWS_PER_SUM ? run.last - y : ROWS_PER_SUM;
        sum_rows(image_row(source, y), source->stride, rows, n, scratch->sum);
        add_weighted(scratch->sum, run.body, n, scratch->total);
    }
}

/* Lane `lane` of scratch->block = the source's rows of this run, combined. */
static void combine_rows(const struct image *source, struct run run, int lane,
                         const struct scratch *scratch)
{
    size_t n = (size_t)source->width * (size_t)source->channels;

    if (run.last - run.first <= FEW_ROWS)
        weigh_few_rows(source, run, n, scratch->total);
    else
        weigh_many_rows(source, run, n, scratch);
    fill_lane(scratch->total, n, (float *)scratch->block + lane);
}

/* One target pixel in every lane, plus a half for rounding; `w` weighs head, body and tail. */
static inline void combine_run(const lanes *first, const lanes *last, size_t C, const float w[3],
                               lanes *ret_value)
{
    lanes value = *first * w[0] + *last * w[2] + 0.5f;

    if (first + C < last) {
        lanes sum = first[C];
        for (const lanes *p = first + 2 * C; p < last; p += C)
            sum += *p;
        value += sum * w[1];
    }
    *ret_value = value;
}

/* Rows y to y + rows - 1 of the target out of scratch->block. */
VECTOR_LOOP
static void combine_columns(const struct scratch *scratch, int y, int rows, struct image *target)
{
    size_t C = (size_t)target->channels;
    uint8_t *out = image_row(target, y);

    for (const struct run *run = scratch->runs; run < scratch->runs + target->width; run++) {
        const float w[3] = {(float)run->head * PRODUCT_UNIT, (float)run->body * PRODUCT_UNIT,
                            (float)run->tail * PRODUCT_UNIT};
        const lanes *first = scratch->block + (size_t)run->first * C;
        const lanes *last = scratch->block + (size_t)run->last * C;
        for (size_t c = 0; c < C; c++, out++) {
            lanes value;
            combine_run(first + c, last + c, C, w, &value);
            for (int lane = 0; lane < rows; lane++)
                out[(size_t)lane * target->stride] = (uint8_t)(int)value[lane];
        }
    }
}

static void resize_rows(const struct image *source, const struct scratch *scratch,
                        struct image *target)
{
    for (int x = 0; x < target->width; x++)
        scratch->runs[x] = run_of(x, source->width, target->width);
    for (int y = 0; y < target->height; y += LANES) {
        int rows = target->height - y < LANES ? target->height - y : LANES;
        for (int lane = 0; lane < rows; lane++)
            combine_rows(source, run_of(y + lane, source->height, target->height), lane, scratch);
        combine_columns(scratch, y, rows, target);
    }
}

mien_status image_resize(const struct image *source, struct image *target, mien_error *err)
{
    struct scratch scratch = {0};
    void *memory = NULL;
    mien_status status;

    if (source->channels != target->channels)
        return error_set(err, MIEN_EINVAL, "resizing a picture of %d channels to one of %d",
                         source->channels, target->channels);
    if (source->width == target->width && source->height == target->height) {
        image_convert(source, target);
        return MIEN_OK;
    }
    status = scratch_new(source, target, &memory, &scratch, err);
    if (status)
        return status;
    resize_rows(source, &scratch, target);
    free(memory);
    return MIEN_OK;
}

mien_status image_resized(const struct image *source, int width, int height,
                          struct image *ret_image, mien_error *err)
{
    struct image target;
    mien_status status = image_new(width, height, source->channels, &target, err);

    if (status)
        return status;
    status = image_resize(source, &target, err);
    if (status) {
        image_free(&target);
        return status;
    }
    *ret_image = target;
    return MIEN_OK;
}

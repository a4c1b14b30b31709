/* test_winograd.c - minimal filtering against sums in double precision, in the definition's order.
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/random.h"
#include "network/bf16.h"
#include "network/winograd/winograd.h"
#include "tests/unit.h"

/* Of the largest number of a result; a bf16's rounding comes on top. */
#define TOLERANCE 5e-5
#define BF16_STEP (1.0 / 256)

struct shape {
    int N, H, W, C, K;
    bool bf16;
};

/* Pictures of whole tiles, of less than one, of a few rows more; panels of 16 to 64 channels; more
 * tiles than a block has. */
static const struct shape shapes[] = {
    {2, 6, 6, 16, 16, false},   {3, 12, 12, 32, 48, false}, {1, 24, 24, 64, 96, false},
    {1, 11, 17, 48, 16, false}, {5, 24, 24, 16, 32, false}, {2, 12, 12, 32, 64, true},
    {1, 23, 17, 96, 32, true},
};

struct arrays {
    struct convolution_shape shape;
    struct winograd *winograd;
    void *x, *y, *dx, *dy, *scratch;
    float *weights, *bias, *gradient, *dweights, *dbias;
    size_t inputs, outputs, filters;
};

static void *numbers_new(size_t count, bool bf16, uint64_t key)
{
    void *numbers = memory_aligned_new(count * number_bytes(bf16));

    for (size_t i = 0; i < count; i++)
        number_set(numbers, i, bf16, random_range(key, i, -0.5f, 0.5f));
    return numbers;
}

static struct arrays arrays_new(const struct shape *s)
{
    struct arrays a = {
        .shape = {.N = s->N,
                  .H = s->H,
                  .W = s->W,
                  .C = s->C,
                  .K = s->K,
                  .R = 3,
                  .S = 3,
                  .P = s->H,
                  .Q = s->W,
                  .stride = 1,
                  .groups = 1,
                  .pad_top = 1,
                  .pad_left = 1,
                  .bias = true,
                  .relu = true,
                  .x_bf16 = s->bf16,
                  .y_bf16 = s->bf16},
        .inputs = (size_t)(s->N * s->H * s->W * s->C),
        .outputs = (size_t)(s->N * s->H * s->W * s->K),
        .filters = (size_t)(s->K * 9 * s->C),
    };

    if (!winograd_suits(&a.shape)) {
        fprintf(stderr, "SKIPPED: this processor has no AVX-512\n");
        skip();
    }
    assert_int_equal(winograd_new(&a.shape, &a.winograd, NULL), MIEN_OK);
    a.x = numbers_new(a.inputs, s->bf16, 1);
    a.dy = numbers_new(a.outputs, s->bf16, 2);
    a.weights = numbers_new(a.filters, false, 3);
    a.bias = numbers_new((size_t)s->K, false, 4);
    a.y = memory_aligned_new(a.outputs * sizeof(float));
    a.dx = memory_aligned_new(a.inputs * sizeof(float));
    a.gradient = calloc(a.filters, sizeof(float));
    a.dweights = calloc(a.filters, sizeof(float));
    a.dbias = calloc((size_t)s->K, sizeof(float));
    a.scratch = memory_aligned_new(winograd_scratch_bytes(a.winograd));
    winograd_pack(a.winograd, a.weights);
    return a;
}

static void arrays_free(struct arrays *a)
{
    void *all[] = {a->x,        a->y,        a->dx,    a->dy,      a->weights,
                   a->gradient, a->dweights, a->dbias, a->scratch, a->bias};

    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        free(all[i]);
    winograd_free(a->winograd);
}

/* Calls `add` for every product of the convolution: output, input and weight. */
typedef void product_callback(const struct arrays *a, size_t y, size_t x, size_t weight,
                              double *sums);

static void each_product(const struct arrays *a, product_callback *add, double *sums)
{
    const struct convolution_shape *s = &a->shape;

    for (int at = 0; at < s->N * s->H * s->W * 9; at++) {
        int r = at / 3 % 3, q = at % 3, column = at / 9 % s->W, row = at / 9 / s->W % s->H;
        int n = at / 9 / s->W / s->H, i = row + r - 1, j = column + q - 1;
        if (i < 0 || i >= s->H || j < 0 || j >= s->W)
            continue;
        size_t y = (size_t)(((n * s->H + row) * s->W + column) * s->K);
        size_t x = (size_t)(((n * s->H + i) * s->W + j) * s->C);
        for (int k = 0; k < s->K; k++)
            for (int c = 0; c < s->C; c++)
                add(a, y + (size_t)k, x + (size_t)c, (size_t)(((k * 3 + r) * 3 + q) * s->C + c),
                    sums);
    }
}

static void add_output(const struct arrays *a, size_t y, size_t x, size_t weight, double *sums)
{
    sums[y] += (double)number_at(a->x, x, a->shape.x_bf16) * (double)a->weights[weight];
}

static void add_input_gradient(const struct arrays *a, size_t y, size_t x, size_t weight,
                               double *sums)
{
    sums[x] += (double)number_at(a->dy, y, a->shape.y_bf16) * (double)a->weights[weight];
}

static void add_weight_gradient(const struct arrays *a, size_t y, size_t x, size_t weight,
                                double *sums)
{
    sums[weight] +=
        (double)number_at(a->dy, y, a->shape.y_bf16) * (double)number_at(a->x, x, a->shape.x_bf16);
}

static void assert_near(const void *found, bool bf16, const double *expected, size_t count)
{
    double largest = 0;

    for (size_t i = 0; i < count; i++)
        largest = fmax(largest, fabs(expected[i]));
    assert_true(largest > 0.1);
    for (size_t i = 0; i < count; i++)
        assert_float_equal(number_at(found, i, bf16), expected[i],
                           largest * TOLERANCE + (bf16 ? fabs(expected[i]) * BF16_STEP : 0));
}

static void forward_is_the_convolution_with_bias_and_relu(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        struct arrays a = arrays_new(&shapes[i]);
        double *sums = calloc(a.outputs, sizeof *sums);
        each_product(&a, add_output, sums);
        for (size_t o = 0; o < a.outputs; o++)
            sums[o] = fmax(0, sums[o] + (double)a.bias[o % (size_t)a.shape.K]);
        winograd_forward(a.winograd, a.x, a.bias, a.y, a.scratch);
        assert_near(a.y, a.shape.y_bf16, sums, a.outputs);
        free(sums);
        arrays_free(&a);
    }
}

static void backward_gives_the_gradient_of_the_input(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        struct arrays a = arrays_new(&shapes[i]);
        double *sums = calloc(a.inputs, sizeof *sums);
        each_product(&a, add_input_gradient, sums);
        winograd_backward_data(a.winograd, a.dy, a.dx, a.scratch);
        assert_near(a.dx, a.shape.x_bf16, sums, a.inputs);
        free(sums);
        arrays_free(&a);
    }
}

static void backward_adds_to_the_gradients_of_weights_and_bias(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        struct arrays a = arrays_new(&shapes[i]);
        double *sums = calloc(a.filters, sizeof *sums);
        double *bias = calloc((size_t)a.shape.K, sizeof *bias);
        each_product(&a, add_weight_gradient, sums);
        for (size_t o = 0; o < a.outputs; o++)
            bias[o % (size_t)a.shape.K] += 2 * (double)number_at(a.dy, o, a.shape.y_bf16);
        for (size_t w = 0; w < a.filters; w++)
            sums[w] *= 2;
        for (int twice = 0; twice < 2; twice++)
            winograd_backward_weights(a.winograd, a.x, a.dy, a.gradient, a.dbias, a.scratch);
        winograd_order_gradient(a.winograd, a.gradient, a.dweights);
        assert_near(a.dweights, false, sums, a.filters);
        assert_near(a.dbias, false, bias, (size_t)a.shape.K);
        free(sums);
        free(bias);
        arrays_free(&a);
    }
}

static void a_picture_has_one_answer_in_any_batch(void **state)
{
    (void)state;
    struct shape two = shapes[1], one = two;
    one.N = 1;
    struct arrays a = arrays_new(&two), b = arrays_new(&one);
    winograd_forward(a.winograd, a.x, a.bias, a.y, a.scratch);
    winograd_forward(b.winograd, b.x, b.bias, b.y, b.scratch);
    assert_memory_equal(a.y, b.y, b.outputs * sizeof(float));
    arrays_free(&a);
    arrays_free(&b);
}

static void other_convolutions_do_not_suit(void **state)
{
    struct arrays a = arrays_new(&shapes[1]);
    struct convolution_shape other[8];
    (void)state;
    for (int i = 0; i < 8; i++)
        other[i] = a.shape;
    other[0].R = other[0].S = 5;
    other[1].stride = 2;
    other[2].groups = 2;
    other[3].C = 24;
    other[4].K = 8;
    other[5].H = other[5].P = other[5].W = other[5].Q = 7; /* tiles of 12 */
    other[6].pad_top = 0;
    other[7].int8 = true;
    for (int i = 0; i < 8; i++)
        assert_false(winograd_suits(&other[i]));
    arrays_free(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(forward_is_the_convolution_with_bias_and_relu),
        cmocka_unit_test(backward_gives_the_gradient_of_the_input),
        cmocka_unit_test(backward_adds_to_the_gradients_of_weights_and_bias),
        cmocka_unit_test(a_picture_has_one_answer_in_any_batch),
        cmocka_unit_test(other_convolutions_do_not_suit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

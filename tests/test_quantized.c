/* test_quantized.c - weights in whole numbers: exact sums on every instruction set (Meson runs this
 * program once for each, by ONEDNN_MAX_CPU_ISA), ranges, and files that are refused.
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include <string.h>

#include "base/random.h"
#include "network/model.h"
#include "network/plan.h"
#include "tests/unit.h"
#include "training/input_range.h"

enum { PICTURES = 3 };

/* A network of one layer on whole numbers, so that every step and scale is 1. */
struct fixture {
    struct architecture *architecture;
    struct network *network;
    struct plan *plan;
    struct quantized *quantized; /* (2): of the weights; the second parameter is the bias */
    const float *tensors[2];
    int8_t *weights;
    float *scales, *bias;
};

static void refuse_reference(void *context, const char *operation, const char *implementation)
{
    (void)context;
    if (strncmp(implementation, "ref", 3) == 0)
        fail_msg("%s runs oneDNN's reference code: %s", operation, implementation);
}

/* Weights of -most..most, a third of them at the ends. */
static int8_t random_weight(size_t i, int most)
{
    uint64_t bits = random_bits(5, i);

    return (int8_t)(bits % 3 == 0 ? (bits & 8 ? most : -most)
                                  : (int)((bits >> 8) % (uint64_t)(2 * most + 1)) - most);
}

static struct fixture make(const char *text, bool negative)
{
    struct fixture f = {0};
    struct plan_options options = {.batch = PICTURES};
    const struct parameter *p;
    mien_error err = {0};

    if (architecture_parse(text, "test", &f.architecture, &err))
        fail_msg("%s", err.message);
    p = &f.architecture->parameters[0];
    f.weights = malloc(p->count);
    f.quantized = calloc(2, sizeof *f.quantized);
    f.scales = malloc(p->dims[0] * sizeof *f.scales);
    f.bias = malloc(p->dims[0] * sizeof *f.bias);
    for (size_t i = 0; i < p->count; i++)
        f.weights[i] = random_weight(
            i, f.architecture->layers[f.architecture->layer_count - 1].kind->quantizes);
    for (size_t k = 0; k < p->dims[0]; k++) {
        f.scales[k] = 1;
        f.bias[k] = (float)k;
    }
    f.quantized[0] = (struct quantized){f.weights, f.scales, negative ? -127.0f : 0.0f,
                                        negative ? 127.0f : 255.0f};
    f.tensors[1] = f.bias;
    assert_int_equal(network_borrow(f.architecture, f.tensors, f.quantized, &f.network, &err), 0);
    if (plan_new(f.network, &options, &f.plan, &err))
        fail_msg("%s: %s", text, err.message);
    plan_implementations(f.plan, refuse_reference, NULL);
    return f;
}

static void unmake(struct fixture *f)
{
    plan_free(f->plan);
    network_free(f->network);
    architecture_free(f->architecture);
    free(f->bias);
    free(f->scales);
    free(f->quantized);
    free(f->weights);
}

/* One output of a convolution, as its definition says. */
static int32_t convolve(const struct layer *l, const int8_t *weights, const float *x, int p, int q,
                        int k)
{
    int C = l->in[0].C / l->groups, first = k / (l->filters / l->groups) * C;
    int32_t sum = 0;

    for (int r = 0; r < l->filter_h; r++)
        for (int s = 0; s < l->filter_w; s++) {
            int h = p * l->stride + r - l->filter_h / 2, w = q * l->stride + s - l->filter_w / 2;
            if (h < 0 || w < 0 || h >= l->in[0].H || w >= l->in[0].W)
                continue;
            for (int c = 0; c < C; c++)
                sum += (int)x[(h * l->in[0].W + w) * l->in[0].C + first + c] *
                       weights[((k * l->filter_h + r) * l->filter_w + s) * C + c];
        }
    return sum;
}

static void check_layer(const char *text, bool negative)
{
    struct fixture f = make(text, negative);
    const struct layer *l = &f.architecture->layers[f.architecture->layer_count - 1];
    size_t in = shape_count(l->in[0]), out = shape_count(l->out);
    const float *y = plan_output(f.plan, 0);

    for (size_t i = 0; i < PICTURES * in; i++) { /* a third at the ends, as the weights are */
        int least = negative ? -127 : 0, span = negative ? 254 : 255;
        uint64_t bits = random_bits(7, i);
        plan_input(f.plan)[i] =
            (float)(bits % 3 == 0 ? least + (bits & 8 ? span : 0)
                                  : least + (int)((bits >> 8) % (uint64_t)(span + 1)));
    }
    plan_forward(f.plan, PICTURES, 0);
    for (size_t n = 0; n < PICTURES; n++)
        for (size_t i = 0; i < out; i++) {
            int k = (int)(i % (size_t)l->out.C), q = (int)(i / (size_t)l->out.C);
            int32_t sum =
                convolve(l, f.weights, plan_input(f.plan) + n * in, q / l->out.W, q % l->out.W, k);
            float expected = (float)sum + (float)(l->bias ? k : 0);
            if (y[n * out + i] != expected)
                fail_msg("%s: output %zu of picture %zu is %g, not %g", text, i, n, y[n * out + i],
                         expected);
        }
    unmake(&f);
}

static void sums_of_whole_numbers_are_exact(void **state)
{
    static const char *const texts[] = {
        "input 12x12x1\nconvolution 16 3x3\noutput y\n",
        "input 12x12x16\nconvolution 16 5x5\noutput y\n",
        "input 12x10x64\nconvolution 64 3x3 stride 2\noutput y\n",
        "input 8x8x32\nconvolution 100 1x1 nobias\noutput y\n",
        "input 6x6x40\ndepthwise 3x3\noutput y\n",
        "input 9x9x24\ndepthwise 5x5 stride 2\noutput y\n",
        "input 8x8x32\nconvolution 64 3x3 groups 2\noutput y\n",
        "input 9x9x7\nconvolution 13 3x3\noutput y\n",
    };

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        check_layer(texts[i], false);
        check_layer(texts[i], true);
    }
}

static void a_dense_layer_sums_exactly_as_well(void **state)
{
    struct fixture f = make("input 1x1x301\ndense 9\noutput y\n", true);
    const float *x = plan_input(f.plan), *y = plan_output(f.plan, 0);

    (void)state;
    for (size_t i = 0; i < PICTURES * 301; i++)
        plan_input(f.plan)[i] = (float)((int)(i * 37 % 255) - 127);
    plan_forward(f.plan, PICTURES, 0);
    for (int n = 0; n < PICTURES; n++)
        for (int o = 0; o < 9; o++) {
            int32_t sum = o; /* the bias */
            for (int i = 0; i < 301; i++)
                sum += (int)x[n * 301 + i] * f.weights[o * 301 + i];
            assert_true(y[n * 9 + o] == (float)sum);
        }
    unmake(&f);
}

static void inputs_are_rounded_to_even_and_cut(void **state)
{
    const struct quantized plain = {.least = 0, .most = 255}, both = {.least = -127, .most = 127};
    const float x[] = {-3, 0.5f, 1.5f, 2.5f, 254.6f, 1e9f, -1e9f, NAN};
    uint8_t bytes[8];
    int16_t shorts[8];

    (void)state;
    quantized_bytes(&plain, x, 8, bytes);
    quantized_shorts(&both, x, 8, shorts);
    assert_memory_equal(bytes, ((const uint8_t[]){0, 0, 2, 2, 255, 255, 0, 0}), 8);
    assert_memory_equal(shorts, ((const int16_t[]){-3, 0, 2, 2, 127, 127, -127, -127}), 16);
}

static void a_range_leaves_out_what_is_rare_and_far(void **state)
{
    static struct input_range range, empty;
    float values[10000], far = 1000;

    (void)state;
    for (size_t i = 0; i < 10000; i++)
        values[i] = random_range(3, i, 0, 2);
    input_range_add(&range, values, 10000);
    assert_false(range.negative);
    assert_float_equal(input_range_most(&range, 255), 2, 0.05);
    for (int i = 0; i < 20; i++) /* 10 million values up to 2 */
        for (int k = 0; k < 50; k++)
            input_range_add(&range, values, 10000);
    input_range_add(&range, &far, 1);
    assert_true(input_range_most(&range, 255) < 250);
    values[0] = -0.1f;
    input_range_add(&range, values, 1);
    assert_true(range.negative);
    assert_true(input_range_most(&empty, 255) == 1);
}

/* A model file of one dense layer behind a flatten, with something wrong in it. */
static mien_status open_file(int8_t weight, float scale, const float *input, size_t tensors,
                             mien_error *err)
{
    char path[64];
    const int8_t weights[4] = {1, weight, 3, 4};
    const float scales[2] = {scale, 1}, dense[4] = {0};
    const struct model_tensor all[] = {
        {"convolution1.weights", MODEL_S8, 4, {4, 1, 1, 1}, weights, 4},
        {"dense1.weights", MODEL_F32, 2, {1, 4, 1, 1}, dense, sizeof dense},
        {"convolution1.weights.scales",
         MODEL_F32,
         1,
         {4, 1, 1, 1},
         (const float[]){scale, 1, 1, 1},
         4 * sizeof *scales},
        {"convolution1.weights.input", MODEL_F32, 1, {2, 1, 1, 1}, input, 2 * sizeof *input},
    };
    const struct model_description description = {
        .architecture =
            "input 1x1x1\nconvolution 4 1x1 nobias\ndense 1 nobias\noutput expression\n",
        .labels = (const char *const[]){"one"},
        .label_count = 1,
        .history = "",
        .tensors = all,
        .tensor_count = tensors,
    };
    struct model *model = NULL;
    mien_status status;

    snprintf(path, sizeof path, "test_quantized.%d.mien", (int)getpid());
    assert_int_equal(model_file_write(path, &description, NULL, err), MIEN_OK);
    status = model_open(path, &model, err);
    unlink(path);
    model_close(model);
    return status;
}

static void files_with_impossible_whole_numbers_are_refused(void **state)
{
    static const float good[2] = {0, 2}, half[2] = {-1, 2}, none[2] = {0, 0};
    mien_error err = {0};

    (void)state;
    assert_int_equal(open_file(63, 1, good, 4, &err), MIEN_OK);
    assert_int_equal(open_file(64, 1, good, 4, &err), MIEN_ECORRUPT);
    assert_non_null(strstr(err.message, "whole numbers that are too large"));
    assert_int_equal(open_file(1, 0, good, 4, &err), MIEN_ECORRUPT);
    assert_non_null(strstr(err.message, ".scales"));
    assert_int_equal(open_file(1, 1, half, 4, &err), MIEN_ECORRUPT);
    assert_non_null(strstr(err.message, ".input"));
    assert_int_equal(open_file(1, 1, none, 4, &err), MIEN_ECORRUPT);
    assert_int_equal(open_file(1, 1, good, 3, &err), MIEN_ECORRUPT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sums_of_whole_numbers_are_exact),
        cmocka_unit_test(a_dense_layer_sums_exactly_as_well),
        cmocka_unit_test(inputs_are_rounded_to_even_and_cut),
        cmocka_unit_test(a_range_leaves_out_what_is_rare_and_far),
        cmocka_unit_test(files_with_impossible_whole_numbers_are_refused),
    };
    return cmocka_run_group_tests_name("quantized", tests, NULL, NULL);
}

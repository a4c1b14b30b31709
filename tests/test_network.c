/* test_network.c - layers and plans: golden values, gradients, and answers that do not depend on
 * batch size, thread count or place in the batch.
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include <string.h>

#include "base/random.h"
#include "network/memory_plan.h"
#include "network/plan.h"
#include "tests/golden_file.h"
#include "tests/unit.h"

/* A network with a plan, for tests. */
struct fixture {
    struct architecture *architecture;
    struct network *network;
    struct thread_pool *pool;
    struct plan *plan;
};

static struct fixture make(const char *text, int batch, int threads, bool training)
{
    struct fixture f = {0};
    struct plan_options options = {.batch = batch, .training = training};
    mien_error err = {0};

    options.input_gradient = training;
    if (architecture_parse(text, "test", &f.architecture, &err))
        fail_msg("%s", err.message);
    assert_int_equal(network_new(f.architecture, 1, &f.network, &err), MIEN_OK);
    assert_int_equal(thread_pool_new(threads, &f.pool, &err), MIEN_OK);
    options.pool = f.pool;
    if (plan_new(f.network, &options, &f.plan, &err))
        fail_msg("%s", err.message);
    return f;
}

static void unmake(struct fixture *f)
{
    plan_free(f->plan);
    thread_pool_free(f->pool);
    network_free(f->network);
    architecture_free(f->architecture);
}

/* Where the case has such a tensor. */
static void check(const struct golden_case *golden, const char *name, const float *values,
                  double tolerance)
{
    if (golden_find(golden, name))
        golden_expect(golden, name, values, tolerance);
}

static void load(const struct golden_case *golden, struct fixture *f, const char *input)
{
    const struct golden_tensor *x = golden_find(golden, input);

    for (int i = 0; i < f->architecture->parameter_count; i++) {
        const struct parameter *p = &f->architecture->parameters[i];
        const struct golden_tensor *tensor = golden_find(golden, p->name);
        if (!tensor || tensor->count != p->count)
            fail_msg("%s: no tensor %s of %zu numbers", golden->name, p->name, p->count);
        memcpy(f->network->block + p->offset, tensor->values, p->count * sizeof(float));
    }
    memcpy(plan_input(f->plan), x->values, x->count * sizeof(float));
    plan_update(f->plan);
}

static void check_parameters(const struct golden_case *golden, const struct fixture *f,
                             const char *prefix, float *block)
{
    for (int i = 0; i < f->architecture->parameter_count; i++) {
        const struct parameter *p = &f->architecture->parameters[i];
        char name[80];
        snprintf(name, sizeof name, "%s%s", prefix, p->name);
        check(golden, name, block + p->offset, 3e-5);
    }
}

static void check_layer_case(const struct golden_case *golden)
{
    const struct golden_tensor *x = golden_find(golden, "x"), *dy = golden_find(golden, "dy");
    int batch = (int)x->dims[0];
    struct fixture f = make(golden->text, batch, 2, true);

    if (golden_find(golden, "y_inference")) {
        struct fixture inference = make(golden->text, batch, 2, false);
        load(golden, &inference, "x");
        plan_forward(inference.plan, batch, 0);
        check(golden, "y_inference", plan_output(inference.plan, 0), 2e-5);
        unmake(&inference);
    }
    load(golden, &f, "x");
    plan_forward(f.plan, batch, 0);
    check(golden, "y", plan_output(f.plan, 0), 2e-5);
    memcpy(plan_output_gradient(f.plan, 0), dy->values, dy->count * sizeof(float));
    plan_backward(f.plan);
    check(golden, "dx", plan_input_gradient(f.plan), 3e-5);
    check_parameters(golden, &f, "d", plan_gradients(f.plan));
    check_parameters(golden, &f, "next_", f.network->block);
    unmake(&f);
}

static void every_layer_agrees_with_the_golden_values(void **state)
{
    static struct golden_case golden;
    FILE *file = golden_open("layers.txt");
    int cases = 0;

    (void)state;
    while (golden_next(file, &golden)) {
        if (golden.text[0] && golden_find(&golden, "dy")) {
            check_layer_case(&golden);
            cases++;
        }
        golden_free(&golden);
    }
    fclose(file);
    assert_true(cases >= 30);
}

static double sum_of_products(const float *a, const float *b, size_t count)
{
    double sum = 0;

    for (size_t i = 0; i < count; i++)
        sum += (double)a[i] * b[i];
    return sum;
}

/* A network in which every kind of layer takes part, with branches and two outputs. */
static const char *const every_layer = "input 12x12x2\n"
                                       "normalize 10 50\n"
                                       "convolution 8 3x3\n"
                                       "batchnorm\n"
                                       "silu as a\n"
                                       "depthwise 3x3\n"
                                       "squeeze 4\n"
                                       "convolution 8 1x1 nobias\n"
                                       "batchnorm\n"
                                       "leaky 0.1\n"
                                       "dropout 0.25\n"
                                       "dropout 0.2 spatial\n"
                                       "dropout 0.2 path\n"
                                       "add a as b\n"
                                       "hardswish\n"
                                       "avgpool 2x2 as c\n"
                                       "convolution 6 3x3 groups 2 stride 2\n"
                                       "silu\n"
                                       "upsample\n"
                                       "concat c\n"
                                       "maxpool 2x2\n"
                                       "batchnorm\n"
                                       "flatten as features\n"
                                       "dense 20\n"
                                       "silu\n"
                                       "batchnorm\n"
                                       "dropout 0.3\n"
                                       "dense 5\n"
                                       "output first\n"
                                       "dense 3 from features\n"
                                       "sigmoid\n"
                                       "output second\n"
                                       "globalpool from b\n"
                                       "dense 2\n"
                                       "output third\n";

enum { PICTURES = 11, KEY = 5 };

static double random_loss(struct fixture *f, float *weights[3], bool fill)
{
    double loss = 0;

    plan_update(f->plan);
    plan_forward(f->plan, PICTURES, KEY);
    for (int i = 0; i < f->architecture->output_count; i++) {
        size_t count = PICTURES * shape_count(f->architecture->outputs[i].shape);
        for (size_t k = 0; fill && k < count; k++)
            weights[i][k] = random_range(random_key(9, (uint64_t)i), k, -1, 1);
        loss += sum_of_products(plan_output(f->plan, i), weights[i], count);
    }
    return loss;
}

static void fill_input(struct fixture *f, int pictures, size_t first)
{
    size_t count = shape_count(architecture_input(f->architecture));

    for (size_t i = 0; i < (size_t)pictures * count; i++)
        plan_input(f->plan)[i] = random_range(3, first * count + i, 0, 255);
}

/* How a difference is taken: the step, as a share of a tensor's values, and what the rounding of
 * the loss, divided by the step, may make of it. */
struct difference {
    float step;
    double rounding;
};

/* Derivative along a random direction of one tensor: a central difference of the loss against the
 * product of gradient and direction. */
static void check_direction(struct fixture *f, struct difference difference, float *weights[3],
                            const char *name, float *values, const float *gradient, size_t count)
{
    double expected = 0, norm = 0, up, down, measured;
    float *saved = malloc(count * sizeof *saved);
    float step;

    assert_non_null(saved);
    memcpy(saved, values, count * sizeof *saved);
    for (size_t i = 0; i < count; i++) {
        norm += (double)saved[i] * saved[i];
        expected += gradient[i] * (double)random_normal(77, i);
    }
    step = difference.step * (float)fmax(sqrt(norm / (double)count), 0.1);
    for (size_t i = 0; i < count; i++)
        values[i] = saved[i] + step * random_normal(77, i);
    up = random_loss(f, weights, false);
    for (size_t i = 0; i < count; i++)
        values[i] = saved[i] - step * random_normal(77, i);
    down = random_loss(f, weights, false);
    measured = (up - down) / (2 * step);
    memcpy(values, saved, count * sizeof *saved);
    free(saved);
    if (fabs(measured - expected) > 0.03 * fabs(expected) + difference.rounding)
        fail_msg("%s: gradient says %g, difference says %g", name, expected, measured);
}

static void check_gradients(const char *text, struct difference difference)
{
    struct fixture f = make(text, PICTURES + 3, 2, true);
    size_t block = f.architecture->block_floats;
    size_t inputs = PICTURES * shape_count(architecture_input(f.architecture));
    float *gradient = malloc(block * sizeof(float)), *dx = malloc(inputs * sizeof(float));
    float *weights[3] = {calloc(100, sizeof(float)), calloc(100, sizeof(float)),
                         calloc(100, sizeof(float))};

    fill_input(&f, PICTURES, 0);
    random_loss(&f, weights, true);
    for (int i = 0; i < f.architecture->output_count; i++)
        memcpy(plan_output_gradient(f.plan, i), weights[i],
               PICTURES * shape_count(f.architecture->outputs[i].shape) * sizeof(float));
    plan_backward(f.plan);
    memcpy(gradient, plan_gradients(f.plan), block * sizeof(float));
    memcpy(dx, plan_input_gradient(f.plan), inputs * sizeof(float));
    for (int i = 0; i < f.architecture->parameter_count; i++) {
        const struct parameter *p = &f.architecture->parameters[i];
        if (parameter_trained(p))
            check_direction(&f, difference, weights, p->name, f.network->block + p->offset,
                            gradient + p->offset, p->count);
    }
    check_direction(&f, difference, weights, "input", plan_input(f.plan), dx, inputs);
    for (int i = 0; i < 3; i++)
        free(weights[i]);
    free(dx);
    free(gradient);
    unmake(&f);
}

/* The step must be small, as pooling and leaky ReLUs have kinks; the loss is a sum of about 50 in
 * f32, so its rounding divided by the step is some 0.3. The golden values are the sharper test;
 * this one has every layer in one network, with branches. */
static void gradients_agree_with_finite_differences(void **state)
{
    (void)state;
    check_gradients(every_layer, (struct difference){1e-4f, 0.4});
}

/* Two edges of the second concat add to gradients that are there already (as in a dense block of
 * Huang et al., CVPR 2017). Everything is linear in each tensor, so the step may be large. */
static void edges_of_one_layer_that_add_keep_their_own_gradients(void **state)
{
    (void)state;
    check_gradients("input 6x6x2\nnormalize 128 64\nconvolution 3 3x3 as x0\n"
                    "convolution 3 3x3 as x1\nconcat x0\nconvolution 3 3x3 as x2\n"
                    "concat x1 x0\nglobalpool\ndense 3\noutput o\n",
                    (struct difference){0.1f, 0.001});
}

static void a_training_step_is_the_same_at_any_thread_count(void **state)
{
    float *expected = NULL;

    (void)state;
    for (int threads = 1; threads <= 4; threads++) {
        struct fixture f = make(every_layer, 40, threads, true);
        size_t bytes = f.architecture->block_floats * sizeof(float);
        fill_input(&f, 37, 0);
        plan_forward(f.plan, 37, KEY);
        for (int i = 0; i < 3; i++)
            memcpy(plan_output_gradient(f.plan, i), plan_output(f.plan, i),
                   37 * shape_count(f.architecture->outputs[i].shape) * sizeof(float));
        plan_backward(f.plan);
        if (!expected) {
            expected = malloc(bytes);
            memcpy(expected, plan_gradients(f.plan), bytes);
        }
        assert_memory_equal(plan_gradients(f.plan), expected, bytes);
        unmake(&f);
    }
    free(expected);
}

static void check_batch(const char *text, int batch, int threads, int pictures, float *answers)
{
    struct fixture f = make(text, batch, threads, false);
    size_t count = shape_count(f.architecture->outputs[0].shape);

    for (int first = 0; first < pictures; first += batch) {
        int here = pictures - first < batch ? pictures - first : batch;
        fill_input(&f, here, (size_t)first);
        plan_forward(f.plan, here, 0);
        if (answers[0] == 0)
            memcpy(answers, plan_output(f.plan, 0), (size_t)here * count * sizeof(float));
        assert_memory_equal(plan_output(f.plan, 0), answers + (size_t)first * count,
                            (size_t)here * count * sizeof(float));
    }
    unmake(&f);
}

static void a_picture_has_one_answer_at_any_batch_size_and_thread_count(void **state)
{
    static const int batches[] = {23, 1, 2, 5, 8, 16, 64};
    float answers[23 * 7] = {0};

    (void)state;
    for (size_t i = 0; i < sizeof batches / sizeof *batches; i++)
        check_batch(architecture_builtin("deck"), batches[i], 1 + (int)i % 3, 23, answers);
    memset(answers, 0, sizeof answers);
    for (size_t i = 0; i < sizeof batches / sizeof *batches; i++)
        check_batch(every_layer, batches[i], 1 + (int)i % 3, 23, answers);
}

/* In training, too, where the ReLU's gradient is that of the sum's sign. */
static void a_relu_behind_a_sum_is_computed(void **state)
{
    (void)state;
    for (int training = 0; training <= 1; training++) {
        struct fixture f = make("input 1x4x1\nnormalize 100 10 as a\nnormalize 20 5\n"
                                "add a\nrelu\noutput sum\n",
                                1, 1, training);
        float *x = plan_input(f.plan);
        for (int i = 0; i < 4; i++)
            x[i] = 110 + 20 * (float)i; /* the sum is 0 at 133.3 */
        plan_forward(f.plan, 1, 0);
        for (int i = 0; i < 4; i++) {
            float a = (x[i] - 100) / 10;
            assert_float_equal(plan_output(f.plan, 0)[i], fmaxf(0, a + (a - 20) / 5), 1e-5);
        }
        if (training) {
            for (int i = 0; i < 4; i++)
                plan_output_gradient(f.plan, 0)[i] = 1;
            plan_backward(f.plan);
            for (int i = 0; i < 4; i++)
                assert_float_equal(plan_input_gradient(f.plan)[i], x[i] < 134 ? 0 : 0.12f, 1e-6);
        }
        unmake(&f);
    }
}

static void nothing_is_computed_for_pictures_that_are_not_there(void **state)
{
    struct fixture f = make("input 12x12x3\nconvolution 8 3x3\nrelu\noutput y\n", 8, 1, false);
    size_t count = plan_output_floats(f.plan, 0), others = 5 * count;
    float *before = test_calloc(others, sizeof *before);

    (void)state;
    fill_input(&f, 8, 0);
    plan_forward(f.plan, 8, 0);
    memcpy(before, plan_output(f.plan, 0) + 3 * count, others * sizeof *before);
    fill_input(&f, 8, 100);
    plan_forward(f.plan, 3, 0);
    assert_memory_equal(plan_output(f.plan, 0) + 3 * count, before, others * sizeof *before);
    test_free(before);
    unmake(&f);
}

/* The same layers, once so that the convolution may take in what follows it, once with an output
 * in between, which keeps every layer by itself. */
static void folding_layers_into_a_convolution_changes_nothing(void **state)
{
    struct fixture folded = make("input 12x12x3\nconvolution 8 3x3\nbatchnorm\nrelu\n"
                                 "depthwise 3x3 nobias\nbatchnorm\nrelu\noutput y\n",
                                 3, 1, false);
    struct fixture plain = make("input 12x12x3\nconvolution 8 3x3\noutput a\nbatchnorm\n"
                                "output b\nrelu\ndepthwise 3x3 nobias\noutput c\nbatchnorm\n"
                                "output d\nrelu\noutput y\n",
                                3, 1, false);
    const float *y;

    (void)state;
    for (size_t i = 0; i < folded.architecture->block_floats; i++)
        folded.network->block[i] = plain.network->block[i] = random_range(5, i, 0.1f, 1);
    plan_update(folded.plan);
    plan_update(plain.plan);
    fill_input(&folded, 3, 0);
    fill_input(&plain, 3, 0);
    plan_forward(folded.plan, 3, 0);
    plan_forward(plain.plan, 3, 0);
    y = plan_output(plain.plan, 4);
    for (size_t i = 0; i < 3 * 12 * 12 * 8; i++)
        assert_float_equal(plan_output(folded.plan, 0)[i], y[i], 1e-5 * fmax(1, fabs(y[i])));
    unmake(&plain);
    unmake(&folded);
}

/* The detector's kinds of layers in both types; where the processor has no bf16 units the two are
 * the same. Three digits agree. */
static void bf16_gives_nearly_the_same_answer(void **state)
{
    static const char *const text = "input 32x32x1\nnormalize 128 64\nconvolution 16 3x3 stride 2 "
                                    "nobias\nbatchnorm\nrelu as a\ndepthwise 3x3 stride 2 nobias\n"
                                    "batchnorm\nrelu\nconvolution 16 1x1\nupsample\nadd a\nrelu\n"
                                    "convolution 8 1x1\noutput y\nmaxpool 2x2 from a\n"
                                    "convolution 4 1x1\noutput z\n";
    struct fixture f = make(text, 3, 1, false);
    struct plan_options options = {.batch = 3, .bf16 = true};
    struct plan *half;

    (void)state;
    assert_int_equal(plan_new(f.network, &options, &half, NULL), MIEN_OK);
    fill_input(&f, 3, 0);
    memcpy(plan_input(half), plan_input(f.plan), 3 * 32 * 32 * sizeof(float));
    plan_forward(f.plan, 3, 0);
    plan_forward(half, 3, 0);
    for (int output = 0; output < 2; output++) {
        size_t count = 3 * plan_output_floats(f.plan, output);
        double largest = 0, error = 0;
        for (size_t i = 0; i < count; i++) {
            float y = plan_output(f.plan, output)[i];
            largest = fmax(largest, fabs(y));
            error = fmax(error, fabs(y - plan_output(half, output)[i]));
        }
        assert_true(largest > 0.1 && error < 0.03 * largest);
    }
    plan_free(half);
    unmake(&f);
}

static double distance(const float *a, const float *b, size_t count)
{
    double sum = 0;

    for (size_t i = 0; i < count; i++)
        sum += ((double)a[i] - b[i]) * ((double)a[i] - b[i]);
    return sqrt(sum);
}

static struct fixture make_bf16(const char *text, int batch, int threads)
{
    struct fixture f = make(text, batch, threads, true);
    struct plan_options options = {
        .batch = batch, .training = true, .bf16 = true, .input_gradient = true, .pool = f.pool};

    plan_free(f.plan);
    assert_int_equal(plan_new(f.network, &options, &f.plan, NULL), MIEN_OK);
    return f;
}

static void run_backward(struct fixture *f, int pictures)
{
    fill_input(f, pictures, 0);
    plan_forward(f->plan, pictures, KEY);
    for (int i = 0; i < f->architecture->output_count; i++) {
        size_t count = (size_t)pictures * plan_output_floats(f->plan, i);
        for (size_t k = 0; k < count; k++)
            plan_output_gradient(f->plan, i)[k] =
                random_range(random_key(9, (uint64_t)i), k, -1, 1);
    }
    plan_backward(f->plan);
}

/* Whether a layer has something trained in front of it changes what it must compute, not the
 * gradients of its own. */
static void layers_with_nothing_trained_in_front_learn_as_well(void **state)
{
    static const char *const firsts[] = {"batchnorm",       "normalize 128 64\nbatchnorm",
                                         "depthwise 3x3",   "convolution 4 3x3",
                                         "relu\nsqueeze 2", "flatten\ndense 72"};

    (void)state;
    for (size_t i = 0; i < sizeof firsts / sizeof *firsts; i++) {
        struct plan_options options = {.batch = 8, .training = true};
        struct fixture f;
        struct plan *wanted;
        char text[256];
        snprintf(text, sizeof text,
                 "input 6x6x2\n%s as a\nrelu\nadd a\nflatten\ndense 3\noutput o\n", firsts[i]);
        f = make(text, 8, 1, true);
        wanted = f.plan;
        run_backward(&f, 7);
        options.pool = f.pool;
        assert_int_equal(plan_new(f.network, &options, &f.plan, NULL), MIEN_OK);
        run_backward(&f, 7);
        assert_memory_equal(plan_gradients(f.plan), plan_gradients(wanted),
                            f.architecture->block_floats * sizeof(float));
        plan_free(wanted);
        unmake(&f);
    }
}

/* Where the processor has no bf16 units the two are the same. A bias in front of a normalisation
 * has no gradient but rounding errors, so each tensor may err by a share of all of them. */
static void bf16_gives_nearly_the_same_gradients(void **state)
{
    struct fixture f = make(every_layer, 40, 2, true), half = make_bf16(every_layer, 40, 2);
    const float *expected = plan_gradients(f.plan), *given = plan_gradients(half.plan);
    size_t inputs = 37 * shape_count(architecture_input(f.architecture));
    const float *dx = plan_input_gradient(f.plan);
    double all;

    (void)state;
    run_backward(&f, 37);
    run_backward(&half, 37);
    all = sqrt(sum_of_products(expected, expected, f.architecture->block_floats));
    for (int i = 0; i < f.architecture->parameter_count; i++) {
        const struct parameter *p = &f.architecture->parameters[i];
        double error = distance(given + p->offset, expected + p->offset, p->count);
        double norm = sqrt(sum_of_products(expected + p->offset, expected + p->offset, p->count));
        if (parameter_trained(p) && !(error < 0.15 * norm + 1e-3 * all))
            fail_msg("%s: an error of %g in a gradient of %g, all %g", p->name, error, norm, all);
    }
    assert_true(distance(dx, plan_input_gradient(half.plan), inputs) <
                0.2 * sqrt(sum_of_products(dx, dx, inputs)));
    unmake(&half);
    unmake(&f);
}

static void a_bf16_step_is_the_same_at_any_thread_count(void **state)
{
    struct fixture one = make_bf16(every_layer, 40, 1), three = make_bf16(every_layer, 40, 3);

    (void)state;
    run_backward(&one, 37);
    run_backward(&three, 37);
    assert_memory_equal(plan_gradients(one.plan), plan_gradients(three.plan),
                        one.architecture->block_floats * sizeof(float));
    unmake(&three);
    unmake(&one);
}

static void an_output_with_nothing_trained_in_front_is_not_trained(void **state)
{
    struct plan_options options = {.batch = 2, .training = true};
    struct fixture f = make("input 4x4x1\nnormalize 128 64 as x\nglobalpool\noutput mean\n"
                            "flatten from x\ndense 3\noutput o\n",
                            2, 1, true);
    struct plan *plan = NULL;
    mien_error err = {0};

    (void)state;
    assert_int_equal(plan_new(f.network, &options, &plan, &err), MIEN_EINVAL);
    assert_string_equal(err.message,
                        "nothing in front of the output \"mean\" is trained: give it a layer with "
                        "weights, like dense, or leave it out");
    assert_null(plan);
    unmake(&f);
}

static void refuse_reference(void *context, const char *operation, const char *implementation)
{
    ++*(int *)context;
    if (strncmp(implementation, "ref", 3) == 0)
        fail_msg("%s runs oneDNN's reference code: %s", operation, implementation);
}

static void no_primitive_runs_reference_code(void **state)
{
    int primitives = 0;

    (void)state;
    for (int i = 0; architecture_texts[i].name; i++)
        for (int training = 0; training < 2; training++) {
            struct fixture f = make(architecture_texts[i].text, 32, 1, training);
            plan_implementations(f.plan, refuse_reference, &primitives);
            unmake(&f);
        }
    for (int i = 0; architecture_texts[i].name; i++) {
        struct fixture f = make_bf16(architecture_texts[i].text, 32, 1);
        plan_implementations(f.plan, refuse_reference, &primitives);
        unmake(&f);
    }
    assert_true(primitives > 20);
}

static void the_deck_network_has_the_size_of_the_reference(void **state)
{
    struct architecture *a;

    (void)state;
    assert_int_equal(architecture_parse(architecture_builtin("deck"), "deck", &a, NULL), MIEN_OK);
    assert_int_equal(architecture_total(a), 2407207);
    assert_int_equal(architecture_total(a) - architecture_trained(a), 160);
    assert_float_equal(architecture_macs(a) / 1e6, 25.4, 0.1);
    architecture_free(a);
}

/* On pictures of ones; alike: whatever the channel, whatever the pixel. */
static void check_dropout(const char *line, double rate, bool channels_alike, bool pixels_alike)
{
    enum { N = 3000, PIXELS = 9, C = 40 };
    char text[128];
    struct fixture f;
    const float *y;
    size_t zeros = 0;
    double sum = 0;

    snprintf(text, sizeof text, "input 3x3x%d\n%s\noutput y\n", C, line);
    f = make(text, N, 2, true);
    for (size_t i = 0; i < N * PIXELS * C; i++)
        plan_input(f.plan)[i] = 1;
    plan_forward(f.plan, N, 123);
    y = plan_output(f.plan, 0);
    for (size_t i = 0; i < N * PIXELS * C; i++) {
        size_t picture = i / (PIXELS * C) * PIXELS * C;
        zeros += y[i] == 0;
        sum += (double)y[i];
        assert_true(!pixels_alike || y[i] == y[picture + i % C]);
        assert_true(!channels_alike || y[i] == y[picture]);
    }
    assert_float_equal((double)zeros / (N * PIXELS * C), rate, 0.02);
    assert_float_equal(sum / (N * PIXELS * C), 1, 0.03);
    unmake(&f);
}

static void dropout_drops_its_share_of_what_it_drops_together(void **state)
{
    (void)state;
    check_dropout("dropout 0.2", 0.2, false, false);
    check_dropout("dropout 0.3 spatial", 0.3, false, true);
    check_dropout("dropout 0.4 path", 0.4, true, true);
}

static void bad_architectures_are_refused_with_the_line(void **state)
{
    static const char *const cases[][2] = {
        {"", "t: no output: end with a line output NAME"},
        {"relu\n", "t:1: the first line must be input HxWxC"},
        {"input 48x48\n", "t:1: input \"48x48\": give height x width x channels, like 48x48x1"},
        {"input 48x48x1\n\nconvoluton 3 3x3\n",
         "t:3: unknown layer \"convoluton\": did you mean \"convolution\"?"},
        {"input 48x48x1\nconvolution 0 3x3\n",
         "t:2: number of filters is \"0\": give a number from 1 to 65536"},
        {"input 48x48x1\nconvolution 4 2x2\n",
         "t:2: convolution: a filter of 2x2 has no centre: use odd sides"},
        {"input 48x48x1\ndense 7\n",
         "t:2: dense: the input is 48x48x1: put flatten or globalpool in front"},
        {"input 48x48x1\nrelu\nadd nothing\n", "t:3: no layer above is called \"nothing\""},
        {"input 48x48x1\nrelu as a\nmaxpool 2x2\nadd a\n",
         "t:4: add: 24x24x1 and 48x48x1 cannot be added"},
        {"input 48x48x1\nrelu\ndropout 1\n", "t:3: rate is \"1\": give a number from 0 to 0.99"},
        {"input 48x48x1\nrelu\ndropout 0.1 spacial\n",
         "t:3: \"spacial\" is not understood: write dropout RATE [spatial|path]"},
        {"input 48x48x1\nrelu\nrelu from input1\noutput y\n",
         "t:2: the result of relu1 is never used"},
        {"input 8192x8192x64\n", "t:1: input: an activation of 8192x8192x64 is too large"},
        {"input 64x64x64\nflatten\ndense 65536\noutput y\n", "t:3: more than 268435456 parameters"},
        {"input 8x8x1\nrelu extra\n", "t:2: \"extra\" is not understood: write relu"},
        {"input 8x8x1\nrelu as gr\303\266\303\237e\noutput y\n",
         "t:2: as wants a name of 1 to 31 ASCII characters"},
        {"input 8x8x1\nrelu\noutput\n", "t:3: output wants a name of 1 to 31 ASCII characters"},
        {"input 8x8x1\nrelu # gr\366\337er\noutput y\n",
         "t:2: a control character or something that is not UTF-8: take it out, or save the text "
         "as UTF-8"},
        {"input 8x8x1\r\nrelu\routput y\r\n",
         "t:2: a control character or something that is not UTF-8: take it out, or save the text "
         "as UTF-8"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct architecture *a = NULL;
        mien_error err = {0};
        assert_int_equal(architecture_parse(cases[i][0], "t", &a, &err), MIEN_EINVAL);
        assert_string_equal(err.message, cases[i][1]);
        assert_null(a);
    }
}

static void an_architecture_may_be_a_text_file_of_any_system(void **state)
{
    struct architecture *a = NULL;
    mien_error err = {0};

    (void)state;
    if (architecture_parse("# gr\303\266\303\237er\r\ninput 8x8x1\r\nrelu\r\noutput y", "t", &a,
                           &err))
        fail_msg("%s", err.message);
    assert_string_equal(a->text, "# gr\303\266\303\237er\ninput 8x8x1\nrelu\noutput y");
    assert_string_equal(a->outputs[0].name, "y");
    architecture_free(a);
}

static void another_size_keeps_all_else(void **state)
{
    struct architecture *a, *resized = NULL;
    mien_error err = {0};

    (void)state;
    assert_int_equal(architecture_parse("# p\n  input 8x8x1 as p # grey\nconvolution 1 3x3\nadd p\n"
                                        "globalpool\noutput y\n",
                                        "t", &a, NULL),
                     MIEN_OK);
    if (architecture_resize(a, 6, 4, &resized, &err))
        fail_msg("%s", err.message);
    assert_string_equal(resized->text, "# p\ninput 6x4x1 as p # grey\nconvolution 1 3x3\nadd p\n"
                                       "globalpool\noutput y\n");
    architecture_free(resized);
    architecture_free(a);
}

/* 12 weights, and 16: both take 16 floats of the block. */
static void a_size_that_changes_the_parameters_is_refused(void **state)
{
    struct architecture *a, *resized = NULL;
    mien_error err = {0};

    (void)state;
    assert_int_equal(architecture_parse("input 2x3x2\nflatten\ndense 1\noutput y\n", "t", &a, NULL),
                     MIEN_OK);
    assert_int_equal(architecture_resize(a, 1, 8, &resized, &err), MIEN_EINVAL);
    assert_string_equal(err.message, "the parameters depend on the size of the input");
    assert_null(resized);
    architecture_free(a);
}

static void buffers_that_live_together_never_overlap(void **state)
{
    enum { COUNT = 60 };
    struct memory_request requests[COUNT];
    int order[COUNT];
    size_t total, sum = 0;

    (void)state;
    for (int i = 0; i < COUNT; i++) {
        int first = (int)(random_bits(1, (uint64_t)i) % 40);
        requests[i].bytes = (size_t)(random_bits(2, (uint64_t)i) % 10000);
        requests[i].first = first;
        requests[i].last = first + (int)(random_bits(3, (uint64_t)i) % 6);
        sum += requests[i].bytes;
    }
    total = memory_plan(requests, COUNT, order);
    for (int i = 0; i < COUNT; i++)
        for (int j = 0; j < i; j++)
            if (requests[i].first <= requests[j].last && requests[j].first <= requests[i].last)
                assert_true(requests[i].ret_offset >= requests[j].ret_offset + requests[j].bytes ||
                            requests[j].ret_offset >= requests[i].ret_offset + requests[i].bytes);
    assert_true(total < sum / 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_layer_agrees_with_the_golden_values),
        cmocka_unit_test(gradients_agree_with_finite_differences),
        cmocka_unit_test(edges_of_one_layer_that_add_keep_their_own_gradients),
        cmocka_unit_test(a_training_step_is_the_same_at_any_thread_count),
        cmocka_unit_test(a_picture_has_one_answer_at_any_batch_size_and_thread_count),
        cmocka_unit_test(a_relu_behind_a_sum_is_computed),
        cmocka_unit_test(nothing_is_computed_for_pictures_that_are_not_there),
        cmocka_unit_test(folding_layers_into_a_convolution_changes_nothing),
        cmocka_unit_test(bf16_gives_nearly_the_same_answer),
        cmocka_unit_test(layers_with_nothing_trained_in_front_learn_as_well),
        cmocka_unit_test(bf16_gives_nearly_the_same_gradients),
        cmocka_unit_test(a_bf16_step_is_the_same_at_any_thread_count),
        cmocka_unit_test(an_output_with_nothing_trained_in_front_is_not_trained),
        cmocka_unit_test(no_primitive_runs_reference_code),
        cmocka_unit_test(the_deck_network_has_the_size_of_the_reference),
        cmocka_unit_test(dropout_drops_its_share_of_what_it_drops_together),
        cmocka_unit_test(bad_architectures_are_refused_with_the_line),
        cmocka_unit_test(an_architecture_may_be_a_text_file_of_any_system),
        cmocka_unit_test(another_size_keeps_all_else),
        cmocka_unit_test(a_size_that_changes_the_parameters_is_refused),
        cmocka_unit_test(buffers_that_live_together_never_overlap),
    };
    return cmocka_run_group_tests_name("network", tests, NULL, NULL);
}

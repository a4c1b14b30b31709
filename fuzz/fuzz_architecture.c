/* fuzz_architecture.c - any text as an architecture: refused in words, or a network that runs. In
 * inference each picture must have the same answer alone and in a batch; in training a step must
 * end. Networks that take long or much memory are parsed and no more.
 * SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "network/plan.h"

enum { PICTURES = 5, TEXT_MAX = 2048, LAYERS_MAX = 40 };
#define MACS_MAX 2e6
#define ACTIVATIONS_MAX ((size_t)1 << 16) /* floats of all layers of one picture */
#define PARAMETERS_MAX ((size_t)1 << 16)

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    /* oneDNN keeps what it made, which would look like a leak */
    return setenv("DNNL_PRIMITIVE_CACHE_CAPACITY", "16", 1);
}

static bool is_small(const struct architecture *a)
{
    size_t floats = 0;

    for (int i = 0; i < a->layer_count; i++)
        floats += shape_count(a->layers[i].out);
    return a->layer_count <= LAYERS_MAX && floats <= ACTIVATIONS_MAX &&
           a->block_floats <= PARAMETERS_MAX && architecture_macs(a) <= MACS_MAX;
}

static struct plan *new_plan(const struct network *network, int batch, bool training)
{
    struct plan_options options = {.batch = batch, .training = training, .input_gradient = true};
    struct plan *plan = NULL;
    mien_error err = {.message = ""};

    if (plan_new(network, &options, &plan, &err) && !err.message[0])
        abort(); /* a refusal without a reason */
    return plan;
}

/* Pictures `first` to `first + count - 1` of an endless series. */
static void forward(struct plan *plan, const struct architecture *a, int first, int count)
{
    size_t floats = shape_count(architecture_input(a));

    for (size_t i = 0; i < (size_t)count * floats; i++)
        plan_input(plan)[i] = (float)(random_bits(1, (size_t)first * floats + i) % 256);
    plan_forward(plan, count, 1);
}

/* Bit for bit, but for the kind of NaN. */
static void expect_equal(const float *a, const float *b, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (a[i] != b[i] && (a[i] == a[i] || b[i] == b[i]))
            abort();
}

static void infer(const struct network *network)
{
    const struct architecture *a = network->architecture;
    struct plan *batch = new_plan(network, PICTURES, false), *single = new_plan(network, 1, false);

    if (batch && single) {
        forward(batch, a, 0, PICTURES);
        for (int n = 0; n < PICTURES; n++) {
            forward(single, a, n, 1);
            for (int i = 0; i < a->output_count; i++) {
                size_t count = plan_output_floats(single, i);
                expect_equal(plan_output(batch, i) + (size_t)n * count, plan_output(single, i),
                             count);
            }
        }
    }
    plan_free(single);
    plan_free(batch);
}

static void train(const struct network *network)
{
    const struct architecture *a = network->architecture;
    struct plan *plan = new_plan(network, PICTURES, true);

    if (plan) {
        forward(plan, a, 0, PICTURES - 1);
        for (int i = 0; i < a->output_count; i++)
            memset(plan_output_gradient(plan, i), 0,
                   (PICTURES - 1) * plan_output_floats(plan, i) * sizeof(float));
        plan_backward(plan);
    }
    plan_free(plan);
}

static void run(const struct architecture *a)
{
    struct network *network;

    if (network_new(a, 1, &network, NULL))
        return;
    infer(network);
    train(network);
    network_free(network);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    struct architecture *a;
    mien_error err = {.message = ""};
    char text[TEXT_MAX + 1];

    if (bytes > TEXT_MAX)
        return 0;
    memcpy(text, data, bytes);
    text[bytes] = 0;
    if (architecture_parse(text, "fuzz", &a, &err)) {
        if (strncmp(err.message, "fuzz:", 5) != 0)
            abort(); /* a refusal that does not say where */
        return 0;
    }
    if (is_small(a))
        run(a);
    architecture_free(a);
    return 0;
}

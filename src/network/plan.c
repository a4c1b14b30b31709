/* plan.c - make a network ready to run by its layout, and hand out what the caller sees of it.
 * SPDX-License-Identifier: MIT */
#include "network/plan.h"

#include <stdint.h>
#include <stdlib.h>

#include "base/memory.h"
#include "network/plan_state.h"

/* Slices are dealt out to this many lanes, each of which adds up gradients of its own, whatever
 * the number of threads: the order of every sum is fixed. More lanes want more memory. */
enum { LANES = 8 };

static void bind_parameters(struct plan *plan)
{
    const struct architecture *a = plan->layout->architecture;

    for (int i = 0; i < a->layer_count; i++)
        for (int k = 0; k < a->layers[i].parameter_count; k++) {
            int number = a->layers[i].parameters[k];
            plan->layers[i].weights[k] = plan->network->tensors[number];
            if (plan->gradients)
                plan->layers[i].dweights[k] = plan->gradients + a->parameters[number].offset;
        }
}

static int most_slices(const struct plan_layout *layout)
{
    int least = layout->batch;

    for (int stage = 0; stage < layout->stages; stage++)
        least = layout->slice[stage] < least ? layout->slice[stage] : least;
    return layout->batch / least;
}

static mien_status prepare_layer(struct plan *plan, int number, mien_error *err)
{
    const struct plan_layout *layout = plan->layout;
    const struct architecture *a = layout->architecture;
    const struct layer *layer = &a->layers[number];
    struct plan_layer *made = &plan->layers[number];
    struct layer_setup setup = {
        .onednn = plan->onednn,
        .workers = plan->workers,
        .slice = layout->slice[layout->values[number].stage],
        .slices = most_slices(layout),
        .batch = layout->batch,
        .training = layout->training,
        .peers = plan->peers,
    };
    mien_status status;

    if (plan->network->quantized && layer->parameter_count &&
        plan->network->quantized[layer->parameters[0]].values)
        setup.quantized = &plan->network->quantized[layer->parameters[0]];
    setup.x_bf16 = layout->values[layer->inputs[0]].bf16;
    setup.y_bf16 = layout->values[number].bf16;
    for (int i = number + 1; i < a->layer_count; i++) {
        if (layout->values[i].fused_into != number)
            continue;
        if (a->layers[i].kind == &layer_relu)
            setup.relu = true;
        else
            setup.norm = plan->layers[i].weights;
    }
    if (!layer->kind->prepare)
        return MIEN_OK;
    status = layer->kind->prepare(layer, &setup, err);
    if (status)
        return error_prefix(err, status, "%s (line %d)", layer->name, layer->line);
    made->state = setup.ret_state;
    made->blocks = setup.ret_blocks;
    made->gradient_floats = setup.ret_gradient_floats;
    made->gradient_offset = plan->lane_floats;
    plan->lane_floats += memory_aligned_size(made->gradient_floats * sizeof(float)) / sizeof(float);
    if (setup.ret_scratch_bytes > plan->scratch_bytes)
        plan->scratch_bytes = memory_aligned_size(setup.ret_scratch_bytes);
    return MIEN_OK;
}

static float *new_floats(size_t count)
{
    return memory_aligned_new(count * sizeof(float));
}

static bool add_product(size_t *total, size_t count, size_t size)
{
    size_t bytes;

    return mul_size(count, size, &bytes) && add_size(*total, bytes, total);
}

/* Bytes of all activations, gradients and scratch memory. */
static size_t memory_bytes(const struct plan *plan)
{
    const struct plan_layout *layout = plan->layout;
    size_t input = shape_count(architecture_input(layout->architecture));
    size_t workers = (size_t)plan->workers, lanes = (size_t)plan->lanes, total = 0;

    if (add_product(&total, (size_t)layout->batch, input * sizeof(float)) &&
        add_product(&total, layout->kept_bytes, 1) &&
        add_product(&total, workers, layout->arena_bytes) &&
        add_product(&total, lanes, plan->lane_floats * sizeof(float)) &&
        add_product(&total, workers, plan->scratch_bytes))
        return total;
    return SIZE_MAX;
}

/* Asked before the primitives are made, when their scratch memory is not known yet, and again
 * before anything large is allocated. */
static mien_status refuse_too_large(const struct plan *plan, int batch, mien_error *err)
{
    struct shape input = architecture_input(plan->layout->architecture);
    size_t bytes = memory_bytes(plan);

    if (bytes <= PLAN_BYTES_MAX)
        return MIEN_OK;
    return error_set(
        err, MIEN_EUNSUPPORTED,
        "a batch of %d pictures of %dx%dx%d needs %.1f GiB, more than the %zu GiB that "
        "a network may take: use a smaller batch, smaller pictures or fewer channels",
        batch, input.H, input.W, input.C, (double)bytes * 0x1p-30, PLAN_BYTES_MAX >> 30);
}

static mien_status allocate(struct plan *plan, mien_error *err)
{
    const struct plan_layout *layout = plan->layout;
    size_t workers = (size_t)plan->workers;

    plan->input =
        new_floats((size_t)layout->batch * shape_count(architecture_input(layout->architecture)));
    plan->kept = memory_aligned_new(layout->kept_bytes);
    plan->arenas = memory_aligned_new(workers * layout->arena_bytes);
    plan->scratch = memory_aligned_new(workers * plan->scratch_bytes);
    plan->lane_sums = new_floats((size_t)plan->lanes * plan->lane_floats);
    if (!plan->input || !plan->kept || !plan->arenas || !plan->scratch || !plan->lane_sums)
        return error_memory(err, memory_bytes(plan));
    return MIEN_OK;
}

/* Such an output has no gradient to begin with. */
static mien_status refuse_untrained(const struct plan_layout *layout, mien_error *err)
{
    const struct architecture *a = layout->architecture;

    for (int i = 0; i < a->output_count; i++)
        if (!layout->values[a->outputs[i].layer].wants_gradient)
            return error_set(err, MIEN_EINVAL,
                             "nothing in front of the output \"%s\" is trained: give it a layer "
                             "with weights, like dense, or leave it out",
                             a->outputs[i].name);
    return MIEN_OK;
}

static mien_status make_plan(struct plan *plan, const struct plan_options *options, mien_error *err)
{
    const struct architecture *a = plan->network->architecture;
    struct plan_options possible = *options;
    mien_status status;

    possible.bf16 &= plan_has_bf16() && !plan->network->quantized;
    status = plan_layout_new(a, &possible, &plan->layout, err);
    if (!status && options->training)
        status = refuse_untrained(plan->layout, err);
    if (status)
        return status;
    plan->lanes = most_slices(plan->layout) < LANES ? most_slices(plan->layout) : LANES;
    status = refuse_too_large(plan, options->batch, err);
    if (status)
        return status;
    plan->layers = calloc((size_t)a->layer_count, sizeof *plan->layers);
    if (options->training)
        plan->gradients = new_floats(a->block_floats);
    if (!plan->layers || (options->training && !plan->gradients))
        return error_memory(err, a->block_floats * sizeof(float));
    bind_parameters(plan);
    status = onednn_new(plan->workers, &plan->onednn, err);
    for (int i = 0; i < a->layer_count && !status; i++)
        status = prepare_layer(plan, i, err);
    if (!status)
        status = refuse_too_large(plan, options->batch, err);
    return status ? status : allocate(plan, err);
}

bool plan_has_bf16(void)
{
    return onednn_has_bf16();
}

mien_status plan_new(const struct network *network, const struct plan_options *options,
                     struct plan **ret_plan, mien_error *err)
{
    struct plan *plan;
    mien_status status;

    if (options->batch < 1 || options->batch > PLAN_BATCH_MAX)
        return error_set(err, MIEN_EINVAL, "a batch of %d pictures: give 1 to %d", options->batch,
                         PLAN_BATCH_MAX);
    if (options->training && !network->block)
        return error_set(err, MIEN_EINVAL, "a network with borrowed parameters cannot be trained");
    plan = calloc(1, sizeof *plan);
    if (!plan)
        return error_memory(err, sizeof *plan);
    plan->network = network;
    plan->pool = options->pool;
    plan->peers = options->training ? options->peers : NULL;
    plan->workers = thread_pool_size(options->pool);
    status = make_plan(plan, options, err);
    if (status) {
        plan_free(plan);
        return status;
    }
    plan_update(plan);
    *ret_plan = plan;
    return MIEN_OK;
}

void plan_free(struct plan *plan)
{
    if (!plan)
        return;
    for (int i = 0; plan->layers && i < plan->layout->architecture->layer_count; i++)
        if (plan->layers[i].state)
            plan->layout->architecture->layers[i].kind->release(plan->layers[i].state);
    free(plan->layers);
    onednn_free(plan->onednn);
    plan_layout_free(plan->layout);
    free(plan->gradients);
    free(plan->lane_sums);
    free(plan->scratch);
    free(plan->arenas);
    free(plan->kept);
    free(plan->input);
    free(plan);
}

static void update_layer(void *context, int number, int worker)
{
    struct plan *plan = context;
    const struct layer *layer = &plan->layout->architecture->layers[number];

    if (layer->kind->update)
        layer->kind->update(plan->layers[number].state, worker, plan->layers[number].weights);
}

void plan_update(struct plan *plan)
{
    thread_pool_run(plan->pool, plan->layout->architecture->layer_count, update_layer, plan);
}

void plan_place(struct plan *plan, size_t first)
{
    plan->place = first;
}

float *plan_input(struct plan *plan)
{
    return plan->input;
}

const float *plan_output(const struct plan *plan, int number)
{
    return plan_value_at(plan, plan->layout->architecture->outputs[number].layer, 0, 0);
}

size_t plan_output_floats(const struct plan *plan, int number)
{
    return shape_count(plan->layout->architecture->outputs[number].shape);
}

float *plan_output_gradient(struct plan *plan, int number)
{
    return plan_gradient_at(plan, plan->layout->architecture->outputs[number].layer, 0, 0);
}

float *plan_gradients(struct plan *plan)
{
    return plan->gradients;
}

const float *plan_input_gradient(const struct plan *plan)
{
    return plan_gradient_at(plan, 0, 0, 0);
}

void plan_implementations(const struct plan *plan,
                          void (*report)(void *context, const char *operation,
                                         const char *implementation),
                          void *context)
{
    const struct architecture *a = plan->layout->architecture;

    for (int i = 0; i < a->layer_count; i++)
        if (a->layers[i].kind->implementations)
            a->layers[i].kind->implementations(plan->layers[i].state, report, context);
}

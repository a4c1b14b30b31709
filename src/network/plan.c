/* plan.c - run a network by its layout: stages over slices over threads.
 * SPDX-License-Identifier: MIT */
#include "network/plan.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/random.h"
#include "base/vector.h"
#include "network/bf16.h"
#include "network/onednn/onednn.h"
#include "network/plan_layout.h"

/* Slices are dealt out to this many lanes, each of which adds up gradients of its own, whatever
 * the number of threads: the order of every sum is fixed. More lanes want more memory. */
enum { LANES = 8, PIECE = 1 << 14 /* floats of all lanes that are added up in one task */ };

struct plan_layer {
    void *state;
    size_t gradient_floats; /* of one lane's accumulator */
    size_t gradient_offset; /* in a lane */
    int blocks;
    const float *weights[LAYER_PARAMETERS_MAX];
    float *dweights[LAYER_PARAMETERS_MAX];
};

struct plan {
    const struct network *network;
    struct plan_layout *layout;
    struct thread_pool *pool;
    struct onednn *onednn;
    struct plan_layer *layers; /* (layer_count) */
    int workers, lanes;

    float *input;     /* (batch, H, W, C) */
    char *kept;       /* layout->kept_bytes */
    char *arenas;     /* (workers, arena_bytes) */
    char *scratch;    /* (workers, scratch_bytes) */
    float *lane_sums; /* (lanes, lane_floats) */
    float *gradients; /* (block_floats) */
    size_t scratch_bytes, lane_floats;
    const struct plan_peers *peers; /* may be NULL */
    size_t place;                   /* of the first picture in the whole batch */

    /* of the run in progress */
    int pictures, stage, whole_layer;
    uint64_t key;
};

/* --- making --- */

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

/* Asked before the primitives are made, when their scratch memory is not known yet, and again
 * before anything large is allocated. */
static mien_status refuse_too_large(const struct plan *plan, int batch, mien_error *err)
{
    struct shape input = architecture_input(plan->layout->architecture);
    size_t bytes = plan_memory_bytes(plan);

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
        return error_memory(err, plan_memory_bytes(plan));
    return MIEN_OK;
}

static mien_status make_plan(struct plan *plan, const struct plan_options *options, mien_error *err)
{
    const struct architecture *a = plan->network->architecture;
    struct plan_options possible = *options;
    mien_status status;

    possible.bf16 &= plan_has_bf16() && !plan->network->quantized;
    status = plan_layout_new(a, &possible, &plan->layout, err);
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

/* --- where things lie --- */

static void *value_at(const struct plan *plan, int number, int worker, int first)
{
    const struct plan_layout *layout = plan->layout;
    const struct value_place *value = &layout->values[number];

    if (number == 0)
        return (char *)plan->input + plan_layout_bytes(layout, number, first);
    if (value->kept)
        return plan->kept + value->offset + plan_layout_bytes(layout, number, first);
    return plan->arenas + (size_t)worker * layout->arena_bytes + value->offset;
}

/* NULL where nobody wants the gradient. */
static void *gradient_at(const struct plan *plan, int number, int worker, int first)
{
    const struct plan_layout *layout = plan->layout;
    const struct value_place *value = &layout->values[number];

    if (!value->wants_gradient)
        return NULL;
    if (value->gradient_kept)
        return plan->kept + value->gradient_offset + plan_layout_bytes(layout, number, first);
    return plan->arenas + (size_t)worker * layout->arena_bytes + value->gradient_offset;
}

/* Everything a layer sees of one slice (or, with `pictures` of the whole batch, of a block). */
static struct layer_run make_run(struct plan *plan, int number, int worker, int slice_number)
{
    const struct plan_layout *layout = plan->layout;
    const struct layer *layer = &layout->architecture->layers[number];
    bool whole = plan_layout_whole(layout, number);
    int slice = layout->slice[plan->stage];
    int first = whole ? 0 : slice_number * slice, left = plan->pictures - first;
    struct layer_run run = {
        .layer = layer,
        .state = plan->layers[number].state,
        .weights = plan->layers[number].weights,
        .dweights = plan->layers[number].dweights,
        .worker = worker,
        .slice = whole ? layout->batch : slice,
        .first = (size_t)first,
        .place = plan->place + (size_t)first,
        .slice_number = slice_number,
        .y = value_at(plan, number, worker, first),
        .scratch = plan->scratch + (size_t)worker * plan->scratch_bytes,
        .key = random_key(plan->key, (uint64_t)number),
        .x_bf16 = layout->values[layer->inputs[0]].bf16,
        .y_bf16 = layout->values[number].bf16,
        .training = layout->training,
    };

    run.pictures = left < run.slice ? left : run.slice;
    if (!layout->training)
        run.slice = run.pictures;
    for (int k = 0; k < layer->input_count; k++)
        run.x[k] = value_at(plan, layer->inputs[k], worker, first);
    return run;
}

/* --- forward --- */

static void forward_layer(struct plan *plan, int number, int worker, int slice_number)
{
    struct layer_run run = make_run(plan, number, worker, slice_number);

    if (!plan->layout->values[number].fused_into)
        run.layer->kind->forward(&run);
}

static void gather_slice(struct plan *plan, enum plan_phase phase, int worker, int slice_number)
{
    for (int i = 1; i < plan->layout->architecture->layer_count; i++)
        if (plan_layout_runs(plan->layout, i, plan->stage, phase)) {
            struct layer_run run = make_run(plan, i, worker, slice_number);
            run.layer->kind->gather_forward(&run);
        }
}

static void forward_slice(void *context, int slice_number, int worker)
{
    struct plan *plan = context;

    for (int i = 1; i < plan->layout->architecture->layer_count; i++)
        if (plan_layout_runs(plan->layout, i, plan->stage, PHASE_SLICED))
            forward_layer(plan, i, worker, slice_number);
    if (plan->layout->training)
        gather_slice(plan, PHASE_GATHER, worker, slice_number);
}

static void gather_whole_slice(void *context, int slice_number, int worker)
{
    gather_slice(context, PHASE_GATHER_WHOLE, worker, slice_number);
}

/* Slices of this stage that hold pictures. */
static int used_slices(const struct plan *plan)
{
    int slice = plan->layout->slice[plan->stage];

    return (plan->pictures + slice - 1) / slice;
}

static void forward_block(void *context, int block, int worker)
{
    struct plan *plan = context;

    forward_layer(plan, plan->whole_layer, worker, block);
}

/* Whether any layer has work in this phase of the stage. */
static bool has_phase(const struct plan *plan, int stage, enum plan_phase phase)
{
    for (int i = 1; i < plan->layout->architecture->layer_count; i++)
        if (plan_layout_runs(plan->layout, i, stage, phase))
            return true;
    return false;
}

static void settle_forward(struct plan *plan)
{
    const struct architecture *a = plan->layout->architecture;

    for (int i = 1; i < a->layer_count; i++)
        if (plan_layout_gathers(plan->layout, i) &&
            plan->layout->values[a->layers[i].inputs[0]].stage == plan->stage) {
            float *weights[LAYER_PARAMETERS_MAX]; /* a trained network's block is ours to write */
            for (int k = 0; k < a->layers[i].parameter_count; k++)
                weights[k] =
                    plan->network->block + a->parameters[a->layers[i].parameters[k]].offset;
            a->layers[i].kind->settle_forward(plan->layers[i].state, &a->layers[i], plan->pictures,
                                              weights);
        }
}

void plan_forward(struct plan *plan, int pictures, uint64_t key)
{
    const struct plan_layout *layout = plan->layout;

    plan->pictures = pictures;
    plan->key = key;
    for (int stage = 0; stage < layout->stages; stage++) {
        plan->stage = stage;
        if (has_phase(plan, stage, PHASE_SLICED) || has_phase(plan, stage, PHASE_GATHER))
            thread_pool_run(plan->pool, used_slices(plan), forward_slice, plan);
        for (int i = 1; i < layout->architecture->layer_count; i++)
            if (plan_layout_runs(layout, i, stage, PHASE_WHOLE)) {
                plan->whole_layer = i;
                thread_pool_run(plan->pool, plan->layers[i].blocks, forward_block, plan);
            }
        if (has_phase(plan, stage, PHASE_GATHER_WHOLE))
            thread_pool_run(plan->pool, used_slices(plan), gather_whole_slice, plan);
        settle_forward(plan);
    }
}

/* --- backward --- */

VECTOR_LOOP static void add_into(float *restrict total, const float *restrict more, size_t count)
{
    for (size_t i = 0; i < count; i++)
        total[i] += more[i];
}

VECTOR_LOOP static void add_bf16_into(uint16_t *restrict total, const uint16_t *restrict more,
                                      size_t count)
{
    for (size_t i = 0; i < count; i++)
        total[i] = bf16_from_float(bf16_to_float(total[i]) + bf16_to_float(more[i]));
}

/* Adds to the gradient of value `number`, for `pictures` from `total` on. */
static void add_gradient(const struct plan *plan, int number, void *total, const void *more,
                         int pictures)
{
    size_t count = shape_count(plan->layout->architecture->layers[number].out) * (size_t)pictures;

    if (plan->layout->values[number].bf16)
        add_bf16_into(total, more, count);
    else
        add_into(total, more, count);
}

/* Layer `number` from dy to dx. An edge that is not the first to write a gradient is computed
 * aside and added. */
static void backward_layer(struct plan *plan, int number, int worker, int lane, int slice_number)
{
    const struct plan_layout *layout = plan->layout;
    struct plan_layer *made = &plan->layers[number];
    struct layer_run run = make_run(plan, number, worker, slice_number);
    const struct layer *layer = run.layer;
    int first = (int)run.first;

    run.dy = gradient_at(plan, number, worker, first);
    if (!run.dy)
        return;
    run.gradient = plan->lane_sums + (size_t)lane * plan->lane_floats + made->gradient_offset;
    for (int k = 0; k < layer->input_count; k++) {
        run.dx[k] = gradient_at(plan, layer->inputs[k], worker, first);
        if (run.dx[k] && layout->adds[number][k])
            run.dx[k] =
                plan_layout_whole(layout, number)
                    ? plan->kept + layout->whole_sum_offset
                    : plan->arenas + (size_t)worker * layout->arena_bytes + layout->sum_offset;
    }
    if (!run.dx[0] && !layer->parameter_count && layer->input_count == 1)
        return;
    layer->kind->backward(&run);
    for (int k = 0; k < layer->input_count && !plan_layout_whole(layout, number); k++)
        if (run.dx[k] && layout->adds[number][k])
            add_gradient(plan, layer->inputs[k], gradient_at(plan, layer->inputs[k], worker, first),
                         run.dx[k], run.slice);
}

/* The slices of a lane: `run_slice` for each that holds pictures. */
static void for_lane(struct plan *plan, int lane, int worker,
                     void (*run_slice)(struct plan *plan, int worker, int lane, int slice_number))
{
    int slices = plan->layout->batch / plan->layout->slice[plan->stage], used = used_slices(plan);
    int first = slices * lane / plan->lanes, end = slices * (lane + 1) / plan->lanes;

    for (int s = first; s < end && s < used; s++)
        run_slice(plan, worker, lane, s);
}

/* What forward left in scratch memory, once more. */
static void recompute_slice(struct plan *plan, int worker, int slice_number)
{
    for (int i = 1; i < plan->layout->architecture->layer_count; i++)
        if (plan_layout_runs(plan->layout, i, plan->stage, PHASE_SLICED) &&
            !plan->layout->values[i].kept)
            forward_layer(plan, i, worker, slice_number);
}

static void backward_slice(struct plan *plan, int worker, int lane, int slice_number)
{
    const struct plan_layout *layout = plan->layout;
    int count = layout->architecture->layer_count;

    recompute_slice(plan, worker, slice_number);
    for (int i = count; i-- > 1;)
        if (plan_layout_runs(layout, i, plan->stage, PHASE_GATHER))
            backward_layer(plan, i, worker, lane, slice_number);
    for (int i = count; i-- > 1;) {
        if (!plan_layout_runs(layout, i, plan->stage, PHASE_SLICED))
            continue;
        if (plan_layout_gathers(layout, i)) {
            struct layer_run run = make_run(plan, i, worker, slice_number);
            run.dy = gradient_at(plan, i, worker, (int)run.first);
            run.layer->kind->gather_backward(&run);
        } else {
            backward_layer(plan, i, worker, lane, slice_number);
        }
    }
}

static void backward_lane(void *context, int lane, int worker)
{
    for_lane(context, lane, worker, backward_slice);
}

static void backward_gathered_whole_slice(struct plan *plan, int worker, int lane, int slice_number)
{
    for (int i = plan->layout->architecture->layer_count; i-- > 1;)
        if (plan_layout_runs(plan->layout, i, plan->stage, PHASE_GATHER_WHOLE))
            backward_layer(plan, i, worker, lane, slice_number);
}

static void backward_gathered_whole_lane(void *context, int lane, int worker)
{
    for_lane(context, lane, worker, backward_gathered_whole_slice);
}

static void backward_block(void *context, int block, int worker)
{
    struct plan *plan = context;

    backward_layer(plan, plan->whole_layer, worker, 0, block);
}

/* Rows that no slice wrote still hold the last batch's gradients. */
static void clear_rest(struct plan *plan, int number)
{
    memset(gradient_at(plan, number, 0, plan->pictures), 0,
           plan_layout_bytes(plan->layout, number, plan->layout->batch - plan->pictures));
}

static void backward_whole(struct plan *plan, int number)
{
    const struct plan_layout *layout = plan->layout;
    const struct layer *layer = &layout->architecture->layers[number];
    int input = layer->inputs[0];

    clear_rest(plan, number);
    plan->whole_layer = number;
    thread_pool_run(plan->pool, plan->layers[number].blocks, backward_block, plan);
    if (layout->adds[number][0] && layout->values[input].wants_gradient)
        add_gradient(plan, input, gradient_at(plan, input, 0, 0),
                     plan->kept + layout->whole_sum_offset, layout->batch);
}

static void settle_backward(struct plan *plan)
{
    const struct architecture *a = plan->layout->architecture;

    for (int i = 1; i < a->layer_count; i++)
        if (plan_layout_gathers(plan->layout, i) && plan->layout->values[i].stage == plan->stage)
            a->layers[i].kind->settle_backward(plan->layers[i].state, &a->layers[i], plan->pictures,
                                               plan->layers[i].dweights);
}

static bool has_gradients(const struct plan *plan, int number)
{
    return plan->layout->architecture->layers[number].kind->reduce &&
           plan->layout->values[number].stage == plan->stage;
}

static int piece_count(const struct plan *plan, int number)
{
    return has_gradients(plan, number)
               ? (int)((plan->layers[number].gradient_floats + PIECE - 1) / PIECE)
               : 0;
}

/* Adds up the lanes in order, in one piece of what the stage's layers add to. */
static void add_lanes(void *context, int piece, int worker)
{
    struct plan *plan = context;
    int number = 1, pieces;
    size_t first, left;
    float *sum;

    (void)worker;
    while (piece >= (pieces = piece_count(plan, number))) {
        piece -= pieces;
        number++;
    }
    first = (size_t)piece * PIECE;
    left = plan->layers[number].gradient_floats - first;
    sum = plan->lane_sums + plan->layers[number].gradient_offset + first;
    for (int lane = 1; lane < plan->lanes; lane++)
        add_into(sum, sum + (size_t)lane * plan->lane_floats, left < PIECE ? left : PIECE);
}

/* Hands each layer its sum. */
static void reduce_layer(void *context, int number, int worker)
{
    struct plan *plan = context;
    struct plan_layer *made = &plan->layers[number];
    const struct layer *layer = &plan->layout->architecture->layers[number];

    if (has_gradients(plan, number))
        layer->kind->reduce(made->state, layer, worker, plan->lane_sums + made->gradient_offset,
                            made->dweights);
}

static void reduce(struct plan *plan)
{
    int count = plan->layout->architecture->layer_count, pieces = 0;

    for (int i = 1; i < count; i++)
        pieces += piece_count(plan, i);
    thread_pool_run(plan->pool, pieces, add_lanes, plan);
    thread_pool_run(plan->pool, count, reduce_layer, plan);
}

/* Hands the gradients of this stage's layers to the peers, neighbours in one piece. */
static void tell_ready(struct plan *plan)
{
    const struct architecture *a = plan->layout->architecture;
    size_t first = 0, end = 0;

    for (int i = 1; i < a->layer_count; i++)
        for (int k = 0; k < a->layers[i].parameter_count; k++) {
            const struct parameter *p = &a->parameters[a->layers[i].parameters[k]];
            size_t after =
                p->offset + memory_aligned_size(p->count * sizeof(float)) / sizeof(float);
            if (plan->layout->values[i].stage != plan->stage || !parameter_trained(p))
                continue;
            if (end > first && p->offset != end) {
                plan->peers->ready(plan->peers->context, plan->gradients + first, end - first);
                first = end;
            }
            if (end == first)
                first = p->offset;
            end = after;
        }
    if (end > first)
        plan->peers->ready(plan->peers->context, plan->gradients + first, end - first);
}

static void backward_stage(struct plan *plan)
{
    const struct plan_layout *layout = plan->layout;

    if (has_phase(plan, plan->stage, PHASE_GATHER_WHOLE))
        thread_pool_run(plan->pool, plan->lanes, backward_gathered_whole_lane, plan);
    for (int i = layout->architecture->layer_count; i-- > 1;)
        if (plan_layout_runs(layout, i, plan->stage, PHASE_WHOLE))
            backward_whole(plan, i);
    thread_pool_run(plan->pool, plan->lanes, backward_lane, plan);
    settle_backward(plan);
    reduce(plan);
    if (plan->peers)
        tell_ready(plan);
}

static void clear_lane(void *context, int lane, int worker)
{
    struct plan *plan = context;

    (void)worker;
    memset(plan->lane_sums + (size_t)lane * plan->lane_floats, 0,
           plan->lane_floats * sizeof(float));
}

void plan_backward(struct plan *plan)
{
    const struct plan_layout *layout = plan->layout;
    const struct architecture *a = layout->architecture;

    thread_pool_run(plan->pool, plan->lanes, clear_lane, plan);
    for (int i = 0; i < a->output_count; i++) {
        size_t count = shape_count(a->outputs[i].shape), used = (size_t)plan->pictures;
        memset(plan_output_gradient(plan, i) + used * count, 0,
               ((size_t)layout->batch - used) * count * sizeof(float));
    }
    for (int stage = layout->stages; stage-- > 0;) {
        plan->stage = stage;
        backward_stage(plan);
    }
}

/* --- what the caller sees --- */

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
    return value_at(plan, plan->layout->architecture->outputs[number].layer, 0, 0);
}

size_t plan_output_floats(const struct plan *plan, int number)
{
    return shape_count(plan->layout->architecture->outputs[number].shape);
}

float *plan_output_gradient(struct plan *plan, int number)
{
    return gradient_at(plan, plan->layout->architecture->outputs[number].layer, 0, 0);
}

float *plan_gradients(struct plan *plan)
{
    return plan->gradients;
}

const float *plan_input_gradient(const struct plan *plan)
{
    return gradient_at(plan, 0, 0, 0);
}

size_t plan_memory_bytes(const struct plan *plan)
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

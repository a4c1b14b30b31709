/* plan_backward.c - from the outputs' gradients to the parameters': stages backwards, slices dealt
 * to lanes, lanes added up in order.
 * SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/memory.h"
#include "base/vector.h"
#include "network/bf16.h"
#include "network/plan_state.h"

enum { PIECE = 1 << 14 }; /* floats of all lanes that are added up in one task */

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

/* From dy to the gradient of the layer's input `k`. What is not the first to write that is computed
 * aside and added: at one place for all, so edges are taken one at a time. */
static void backward_edge(struct plan *plan, int number, int k, struct layer_run run)
{
    const struct plan_layout *layout = plan->layout;
    int input = run.layer->inputs[k];
    void *gradient = plan_gradient_at(plan, input, run.worker, (int)run.first);
    bool adds = gradient && layout->adds[number][k], whole = plan_layout_whole(layout, number);

    if (!gradient && !run.layer->parameter_count)
        return;
    run.dx[k] = gradient;
    if (adds)
        run.dx[k] =
            whole ? plan->kept + layout->whole_sum_offset
                  : plan->arenas + (size_t)run.worker * layout->arena_bytes + layout->sum_offset;
    run.layer->kind->backward(&run);
    if (adds && !whole)
        add_gradient(plan, input, gradient, run.dx[k], run.slice);
}

/* Layer `number` from dy to dx. */
static void backward_layer(struct plan *plan, int number, int worker, int lane, int slice_number)
{
    struct layer_run run = plan_layer_run(plan, number, worker, slice_number);

    run.dy = plan_gradient_at(plan, number, worker, (int)run.first);
    if (!run.dy)
        return;
    run.gradient =
        plan->lane_sums + (size_t)lane * plan->lane_floats + plan->layers[number].gradient_offset;
    for (int k = 0; k < run.layer->input_count; k++)
        backward_edge(plan, number, k, run);
}

/* The slices of a lane: `run_slice` for each that holds pictures. */
static void for_lane(struct plan *plan, int lane, int worker,
                     void (*run_slice)(struct plan *plan, int worker, int lane, int slice_number))
{
    int slices = plan->layout->batch / plan->layout->slice[plan->stage],
        used = plan_used_slices(plan);
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
            plan_forward_layer(plan, i, worker, slice_number);
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
            struct layer_run run = plan_layer_run(plan, i, worker, slice_number);
            run.dy = plan_gradient_at(plan, i, worker, (int)run.first);
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
    memset(plan_gradient_at(plan, number, 0, plan->pictures), 0,
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
        add_gradient(plan, input, plan_gradient_at(plan, input, 0, 0),
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

    if (plan_has_phase(plan, plan->stage, PHASE_GATHER_WHOLE))
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

/* plan_state.c - where things lie while a plan runs, and what both directions do with them.
 * SPDX-License-Identifier: MIT */
#include "network/plan_state.h"

#include "base/random.h"

void *plan_value_at(const struct plan *plan, int number, int worker, int first)
{
    const struct plan_layout *layout = plan->layout;
    const struct value_place *value = &layout->values[number];

    if (number == 0)
        return (char *)plan->input + plan_layout_bytes(layout, number, first);
    if (value->kept)
        return plan->kept + value->offset + plan_layout_bytes(layout, number, first);
    return plan->arenas + (size_t)worker * layout->arena_bytes + value->offset;
}

void *plan_gradient_at(const struct plan *plan, int number, int worker, int first)
{
    const struct plan_layout *layout = plan->layout;
    const struct value_place *value = &layout->values[number];

    if (!value->wants_gradient)
        return NULL;
    if (value->gradient_kept)
        return plan->kept + value->gradient_offset + plan_layout_bytes(layout, number, first);
    return plan->arenas + (size_t)worker * layout->arena_bytes + value->gradient_offset;
}

struct layer_run plan_layer_run(struct plan *plan, int number, int worker, int slice_number)
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
        .y = plan_value_at(plan, number, worker, first),
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
        run.x[k] = plan_value_at(plan, layer->inputs[k], worker, first);
    return run;
}

void plan_forward_layer(struct plan *plan, int number, int worker, int slice_number)
{
    struct layer_run run = plan_layer_run(plan, number, worker, slice_number);

    if (!plan->layout->values[number].fused_into)
        run.layer->kind->forward(&run);
}

int plan_used_slices(const struct plan *plan)
{
    int slice = plan->layout->slice[plan->stage];

    return (plan->pictures + slice - 1) / slice;
}

bool plan_has_phase(const struct plan *plan, int stage, enum plan_phase phase)
{
    for (int i = 1; i < plan->layout->architecture->layer_count; i++)
        if (plan_layout_runs(plan->layout, i, stage, phase))
            return true;
    return false;
}

/* plan_forward.c - from pictures to outputs: stage by stage, slices side by side.
 * SPDX-License-Identifier: MIT */
#include "network/plan_state.h"

static void gather_slice(struct plan *plan, enum plan_phase phase, int worker, int slice_number)
{
    for (int i = 1; i < plan->layout->architecture->layer_count; i++)
        if (plan_layout_runs(plan->layout, i, plan->stage, phase)) {
            struct layer_run run = plan_layer_run(plan, i, worker, slice_number);
            run.layer->kind->gather_forward(&run);
        }
}

static void forward_slice(void *context, int slice_number, int worker)
{
    struct plan *plan = context;

    for (int i = 1; i < plan->layout->architecture->layer_count; i++)
        if (plan_layout_runs(plan->layout, i, plan->stage, PHASE_SLICED))
            plan_forward_layer(plan, i, worker, slice_number);
    if (plan->layout->training)
        gather_slice(plan, PHASE_GATHER, worker, slice_number);
}

static void gather_whole_slice(void *context, int slice_number, int worker)
{
    gather_slice(context, PHASE_GATHER_WHOLE, worker, slice_number);
}

static void forward_block(void *context, int block, int worker)
{
    struct plan *plan = context;

    plan_forward_layer(plan, plan->whole_layer, worker, block);
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
        if (plan_has_phase(plan, stage, PHASE_SLICED) || plan_has_phase(plan, stage, PHASE_GATHER))
            thread_pool_run(plan->pool, plan_used_slices(plan), forward_slice, plan);
        for (int i = 1; i < layout->architecture->layer_count; i++)
            if (plan_layout_runs(layout, i, stage, PHASE_WHOLE)) {
                plan->whole_layer = i;
                thread_pool_run(plan->pool, plan->layers[i].blocks, forward_block, plan);
            }
        if (plan_has_phase(plan, stage, PHASE_GATHER_WHOLE))
            thread_pool_run(plan->pool, plan_used_slices(plan), gather_whole_slice, plan);
        settle_forward(plan);
    }
}

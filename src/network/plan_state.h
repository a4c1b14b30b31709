/* plan_state.h - what the parts of a plan share: plan.c makes it, plan_forward.c and
 * plan_backward.c run it, plan_state.c says where things lie meanwhile.
 * SPDX-License-Identifier: MIT */
#ifndef NETWORK_PLAN_STATE_H
#define NETWORK_PLAN_STATE_H

#include "network/onednn/onednn.h"
#include "network/plan.h"
#include "network/plan_layout.h"

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

/* Where value `number` of the pictures from `first` on lies: kept for the whole batch, or in the
 * worker's arena, which holds one slice. */
void *plan_value_at(const struct plan *plan, int number, int worker, int first);

/* The same of its gradient; NULL where nobody wants that. */
void *plan_gradient_at(const struct plan *plan, int number, int worker, int first);

/* Everything a layer sees of one slice (or, with `pictures` of the whole batch, of a block). */
struct layer_run plan_layer_run(struct plan *plan, int number, int worker, int slice_number);

/* Layer `number` of one slice or block, from x to y. */
void plan_forward_layer(struct plan *plan, int number, int worker, int slice_number);

/* Slices of this stage that hold pictures. */
int plan_used_slices(const struct plan *plan);

/* Whether any layer has work in this phase of the stage. */
bool plan_has_phase(const struct plan *plan, int stage, enum plan_phase phase);

#endif

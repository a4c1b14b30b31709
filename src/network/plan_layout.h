/* plan_layout.h - the decisions of a plan before anything runs: which stage each layer belongs to,
 * which values share memory, which are kept for the whole batch, and where everything lies.
 *
 * "Value v" is the output of layer v; a "group" is the values that share one buffer.
 * SPDX-License-Identifier: MIT */
#ifndef NETWORK_PLAN_LAYOUT_H
#define NETWORK_PLAN_LAYOUT_H

#include "network/plan.h"

/* One value's place, and that of its gradient. Offsets are in bytes: into the kept memory, where
 * a buffer holds the whole batch, or into a worker's arena, where it holds one slice. */
struct value_place {
    int stage;
    int consumers;
    bool is_output;
    int fused_into; /* the layer that computes this one as well (a ReLU, a normalisation), or 0 */

    bool bf16; /* it and its gradient hold bf16 */
    int group; /* the value whose buffer this one uses: its own number or one before it */
    bool kept;
    size_t offset;

    bool wants_gradient; /* something up to here is trained */
    int gradient_group;  /* the value whose gradient's buffer this one uses: own or one after it */
    bool gradient_kept;
    size_t gradient_offset;
};

struct plan_layout {
    const struct architecture *architecture; /* borrowed */
    bool training;
    int stages;
    int *slice;                     /* (stages): pictures of a slice there */
    int batch;                      /* what was asked for, rounded up to whole slices */
    struct value_place *values;     /* (layer_count) */
    bool (*adds)[LAYER_INPUTS_MAX]; /* (layer_count): this edge's gradient is not the first one */
    size_t kept_bytes, arena_bytes;
    size_t sum_offset;       /* arena: where the gradient of an edge that adds is computed */
    size_t whole_sum_offset; /* kept: the same for whole_batch layers */
};

/* What runs in a stage, in forward order. Backward goes the other way round. */
enum plan_phase {
    PHASE_SLICED,       /* layers that take slices */
    PHASE_GATHER,       /* ... and after them, on the same slice: figures of the whole batch */
    PHASE_WHOLE,        /* layers that take the whole batch */
    PHASE_GATHER_WHOLE, /* figures of what those computed */
};

mien_status plan_layout_new(const struct architecture *architecture,
                            const struct plan_options *options, struct plan_layout **ret_layout,
                            mien_error *err);
void plan_layout_free(struct plan_layout *layout);

/* Whether layer `number` has work in this stage and phase. A layer that gathers has work in two
 * stages: in that of its input it gathers, in its own it computes. */
bool plan_layout_runs(const struct plan_layout *layout, int number, int stage,
                      enum plan_phase phase);

/* Whether the layer needs figures of the whole batch here: only in training. */
bool plan_layout_gathers(const struct plan_layout *layout, int number);
bool plan_layout_whole(const struct plan_layout *layout, int number);

/* Bytes that `pictures` of value `number` take. */
size_t plan_layout_bytes(const struct plan_layout *layout, int number, int pictures);

#endif

/* plan_layout.c - stages, shared buffers and places of a plan.
 * SPDX-License-Identifier: MIT */
#include "network/plan_layout.h"

#include <limits.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/memory.h"
#include "network/bf16.h"
#include "network/memory_plan.h"

/* A slice's largest activation should stay in the second-level cache beside the next one. In
 * training a batch should have at least SLICES_LEAST of them, for as many threads. */
#define SLICE_BYTES ((size_t)768 * 1024)
enum { SLICE_MAX = 16, SLICES_LEAST = 8 };

/* A buffer holds at most a whole batch, rounded up to slices, of the largest activation; of values,
 * gradients and sums there are two a layer and one more. So no product or sum of sizes below can
 * overflow: what the buffers take in all, in bytes, fits twice into a size. */
_Static_assert(SIZE_MAX / 2 / sizeof(float) / (2 * ARCHITECTURE_LAYERS_MAX + 1) /
                       (PLAN_BATCH_MAX + SLICE_MAX) >
                   ARCHITECTURE_ACTIVATION_MAX,
               "sizes of a layout must not overflow");

bool plan_layout_gathers(const struct plan_layout *layout, int number)
{
    return layout->training && layout->architecture->layers[number].kind->gather_forward;
}

bool plan_layout_whole(const struct plan_layout *layout, int number)
{
    return layout->training && layout->architecture->layers[number].kind->whole_batch;
}

bool plan_layout_runs(const struct plan_layout *layout, int number, int stage,
                      enum plan_phase phase)
{
    const struct layer *layer = &layout->architecture->layers[number];
    int input = layer->inputs[0];

    if (number == 0)
        return false;
    if (phase == PHASE_GATHER || phase == PHASE_GATHER_WHOLE)
        return plan_layout_gathers(layout, number) && layout->values[input].stage == stage &&
               plan_layout_whole(layout, input) == (phase == PHASE_GATHER_WHOLE);
    return layout->values[number].stage == stage &&
           plan_layout_whole(layout, number) == (phase == PHASE_WHOLE);
}

size_t plan_layout_bytes(const struct plan_layout *layout, int number, int pictures)
{
    return shape_count(layout->architecture->layers[number].out) * (size_t)pictures *
           number_bytes(layout->values[number].bf16);
}

static void find_readers(struct plan_layout *layout)
{
    const struct architecture *a = layout->architecture;

    for (int i = 1; i < a->layer_count; i++)
        for (int k = 0; k < a->layers[i].input_count; k++)
            layout->values[a->layers[i].inputs[k]].consumers++;
    for (int i = 0; i < a->output_count; i++)
        layout->values[a->outputs[i].layer].is_output = true;
}

static void assign_stages(struct plan_layout *layout)
{
    const struct architecture *a = layout->architecture;

    layout->stages = 1;
    for (int i = 1; i < a->layer_count; i++) {
        struct value_place *value = &layout->values[i];
        for (int k = 0; k < a->layers[i].input_count; k++) {
            int input = a->layers[i].inputs[k];
            bool meets = plan_layout_gathers(layout, i) || plan_layout_whole(layout, i) ||
                         plan_layout_whole(layout, input);
            int stage = layout->values[input].stage + meets;
            value->stage = stage > value->stage ? stage : value->stage;
        }
        if (value->stage >= layout->stages)
            layout->stages = value->stage + 1;
    }
}

/* Whether layer `number` may write over its input. */
static bool may_share(const struct plan_layout *layout, int number)
{
    const struct layer *layer = &layout->architecture->layers[number];
    int input = layer->inputs[0];
    const struct layer_kind *before = layout->architecture->layers[input].kind;

    if (!layer->kind->in_place || input == 0 || layout->values[input].consumers != 1 ||
        layout->values[input].is_output)
        return false;
    return !layout->training || (!before->backward_wants_y && !layer->kind->backward_wants_x);
}

/* The layer that can compute layer `number`, which follows it, in the same pass; or 0. */
static int fusing_layer(const struct plan_layout *layout, int number)
{
    const struct layer *layers = layout->architecture->layers;
    int input = layers[number].inputs[0], norm = layout->values[input].fused_into;

    if (layers[number].kind == &layer_relu && norm && layers[input].kind == &layer_batchnorm)
        return norm;
    if (layers[number].kind == &layer_relu && layers[input].kind->fuses_relu)
        return input;
    if (layers[number].kind == &layer_batchnorm && !layout->training &&
        layers[input].kind->fuses_batchnorm)
        return input;
    return 0;
}

static void share_values(struct plan_layout *layout)
{
    const struct architecture *a = layout->architecture;

    for (int i = 0; i < a->layer_count; i++) {
        struct value_place *value = &layout->values[i];
        int input = a->layers[i].inputs[0];
        value->group = i;
        if (i == 0 || !may_share(layout, i))
            continue;
        value->group = layout->values[input].group;
        value->fused_into = fusing_layer(layout, i);
    }
}

static bool reads_bf16(const struct layer_kind *kind)
{
    return kind->bf16 == BF16_READS || kind->bf16 == BF16_CONVOLUTION;
}

/* Whether value `number` may hold bf16 as far as its neighbours go. */
static bool may_be_bf16(const struct plan_layout *layout, int number)
{
    const struct layer *layers = layout->architecture->layers;
    const struct value_place *values = layout->values;
    bool fused = values[number].fused_into != 0;

    if (values[number].is_output)
        return false;
    if (!fused &&
        (layers[number].kind->bf16 == BF16_NEVER || layers[number].kind->bf16 == BF16_READS))
        return false;
    for (int k = 0; k < layers[number].input_count; k++)
        if (layers[number].kind->bf16 != BF16_WRITES && !values[layers[number].inputs[k]].bf16)
            return false;
    for (int i = number + 1; i < layout->architecture->layer_count; i++)
        for (int k = 0; k < layers[i].input_count; k++) {
            bool same = layers[i].kind->bf16 == BF16_SAME || values[i].fused_into;
            if (layers[i].inputs[k] == number &&
                !(same ? values[i].bf16 : reads_bf16(layers[i].kind)))
                return false;
        }
    return true;
}

/* Starts with bf16 everywhere and takes it back until every value suits its neighbours. */
static void choose_types(struct plan_layout *layout)
{
    int count = layout->architecture->layer_count;
    bool changed = true;

    for (int i = 1; i < count; i++)
        layout->values[i].bf16 = true;
    while (changed) {
        changed = false;
        for (int i = 1; i < count; i++)
            if (layout->values[i].bf16 && !may_be_bf16(layout, i)) {
                layout->values[i].bf16 = false;
                changed = true;
            }
    }
}

/* A value is kept for the whole batch if another stage reads it or if it is dear to compute. */
static bool must_keep(const struct plan_layout *layout, int number)
{
    const struct architecture *a = layout->architecture;
    const struct value_place *value = &layout->values[number];

    if (number == 0)
        return false; /* the caller's input lies elsewhere */
    if (value->is_output || (layout->training && !a->layers[number].kind->recompute))
        return true;
    for (int i = 1; i < a->layer_count; i++)
        for (int k = 0; k < a->layers[i].input_count; k++)
            if (a->layers[i].inputs[k] == number && layout->values[i].stage != value->stage)
                return true;
    return false;
}

static void choose_kept(struct plan_layout *layout)
{
    int count = layout->architecture->layer_count;

    for (int i = 0; i < count; i++)
        if (must_keep(layout, i))
            layout->values[layout->values[i].group].kept = true;
    for (int i = 0; i < count; i++)
        layout->values[i].kept = layout->values[layout->values[i].group].kept;
}

static void find_wanted_gradients(struct plan_layout *layout)
{
    const struct architecture *a = layout->architecture;

    for (int i = 1; layout->training && i < a->layer_count; i++) {
        struct value_place *value = &layout->values[i];
        for (int k = 0; k < a->layers[i].parameter_count; k++)
            value->wants_gradient |= parameter_trained(&a->parameters[a->layers[i].parameters[k]]);
        for (int k = 0; k < a->layers[i].input_count; k++)
            value->wants_gradient |= layout->values[a->layers[i].inputs[k]].wants_gradient;
    }
}

/* The stage in whose backward pass layer `number` writes the gradient of its input. */
static int writing_stage(const struct plan_layout *layout, int number)
{
    int input = layout->architecture->layers[number].inputs[0];

    return plan_layout_gathers(layout, number) ? layout->values[input].stage
                                               : layout->values[number].stage;
}

/* ... and the one in which its own output's gradient is read for the last time. */
static int reading_stage(const struct plan_layout *layout, int number)
{
    return number ? writing_stage(layout, number) : 0;
}

static bool must_keep_gradient(const struct plan_layout *layout, int number)
{
    const struct architecture *a = layout->architecture;
    const struct value_place *value = &layout->values[number];

    if (!value->wants_gradient)
        return false;
    if (number == 0 || value->is_output || plan_layout_gathers(layout, number) ||
        plan_layout_whole(layout, number))
        return true;
    for (int i = 1; i < a->layer_count; i++)
        for (int k = 0; k < a->layers[i].input_count; k++)
            if (a->layers[i].inputs[k] == number &&
                (plan_layout_whole(layout, i) || writing_stage(layout, i) != value->stage))
                return true;
    return false;
}

static void share_gradients(struct plan_layout *layout)
{
    const struct architecture *a = layout->architecture;

    for (int i = 0; i < a->layer_count; i++) {
        layout->values[i].gradient_group = i;
        layout->values[i].gradient_kept = must_keep_gradient(layout, i);
    }
    for (int i = a->layer_count; i-- > 1;) {
        int input = a->layers[i].inputs[0];
        struct value_place *before = &layout->values[input];
        if (a->layers[i].kind->in_place && before->consumers == 1 && !before->is_output &&
            before->wants_gradient && before->gradient_kept == layout->values[i].gradient_kept)
            before->gradient_group = layout->values[i].gradient_group;
    }
}

/* Goes through all edges in the order in which backward writes their gradients. */
static void find_additions(struct plan_layout *layout, bool *written)
{
    static const enum plan_phase backwards[] = {PHASE_GATHER_WHOLE, PHASE_WHOLE, PHASE_GATHER,
                                                PHASE_SLICED};
    const struct architecture *a = layout->architecture;

    for (int i = 0; i < a->layer_count; i++)
        written[i] = layout->values[i].is_output;
    for (int stage = layout->stages; stage-- > 0;)
        for (int phase = 0; phase < 4; phase++)
            for (int i = a->layer_count; i-- > 1;) {
                bool own = backwards[phase] == PHASE_SLICED || backwards[phase] == PHASE_WHOLE;
                if (!plan_layout_runs(layout, i, stage, backwards[phase]) ||
                    (own && plan_layout_gathers(layout, i)))
                    continue;
                for (int k = 0; k < a->layers[i].input_count; k++) {
                    int input = a->layers[i].inputs[k];
                    layout->adds[i][k] = written[input];
                    written[input] = true;
                }
            }
}

static void widen(struct memory_request *request, size_t bytes, int first, int last)
{
    request->bytes = bytes > request->bytes ? bytes : request->bytes;
    request->first = first < request->first ? first : request->first;
    request->last = last > request->last ? last : request->last;
}

/* A value lives from the step that computes it to the last that reads it. In training a step is a
 * stage, forward from 0 on, the loss at `stages`, backward from there; in inference a layer. */
static void request_value(const struct plan_layout *layout, int number,
                          struct memory_request *request)
{
    const struct architecture *a = layout->architecture;
    const struct value_place *value = &layout->values[number];
    size_t bytes = plan_layout_bytes(layout, number,
                                     value->kept ? layout->batch : layout->slice[value->stage]);
    int last = number;

    if (layout->training && value->kept) {
        widen(request, bytes, value->stage, 2 * layout->stages - value->stage);
    } else if (layout->training) {
        widen(request, bytes, value->stage, value->stage);
    } else if (value->kept) {
        widen(request, bytes, 0, 0);
    } else {
        for (int i = 1; i < a->layer_count; i++)
            for (int k = 0; k < a->layers[i].input_count; k++)
                if (a->layers[i].inputs[k] == number)
                    last = i;
        widen(request, bytes, number, last);
    }
}

static void request_gradient(const struct plan_layout *layout, int number,
                             struct memory_request *request)
{
    const struct architecture *a = layout->architecture;
    const struct value_place *value = &layout->values[number];
    int end = 2 * layout->stages, first = value->is_output ? layout->stages : end;

    if (!value->gradient_kept) {
        widen(request, plan_layout_bytes(layout, number, layout->slice[value->stage]), value->stage,
              value->stage);
        return;
    }
    for (int i = 1; i < a->layer_count; i++)
        for (int k = 0; k < a->layers[i].input_count; k++)
            if (a->layers[i].inputs[k] == number && end - writing_stage(layout, i) < first)
                first = end - writing_stage(layout, i);
    widen(request, plan_layout_bytes(layout, number, layout->batch), first,
          end - reading_stage(layout, number));
}

/* Requests: 0 to n-1 values, n to 2n-1 gradients, 2n the sums. `kept` chooses the memory. */
static size_t place(struct plan_layout *layout, struct memory_request *requests, int *order,
                    bool kept)
{
    const struct architecture *a = layout->architecture;
    int n = a->layer_count;
    size_t *sum_offset = kept ? &layout->whole_sum_offset : &layout->sum_offset, bytes;

    for (int i = 0; i <= 2 * n; i++)
        requests[i] = (struct memory_request){0, INT_MAX, -1, 0};
    for (int i = 0; i < n; i++) {
        const struct value_place *value = &layout->values[i];
        if (i > 0 && value->kept == kept)
            request_value(layout, i, &requests[value->group]);
        if (value->wants_gradient && value->gradient_kept == kept)
            request_gradient(layout, i, &requests[n + value->gradient_group]);
        for (int k = 0; k < a->layers[i].input_count; k++)
            if (layout->adds[i][k] && plan_layout_whole(layout, i) == kept)
                widen(&requests[2 * n],
                      plan_layout_bytes(layout, a->layers[i].inputs[k],
                                        kept ? layout->batch
                                             : layout->slice[writing_stage(layout, i)]),
                      0, 2 * layout->stages);
    }
    bytes = memory_plan(requests, 2 * n + 1, order);
    for (int i = 0; i < n; i++) {
        struct value_place *value = &layout->values[i];
        if (value->kept == kept)
            value->offset = requests[value->group].ret_offset;
        if (value->wants_gradient && value->gradient_kept == kept)
            value->gradient_offset = requests[n + value->gradient_group].ret_offset;
    }
    *sum_offset = requests[2 * n].ret_offset;
    return bytes;
}

/* The largest activation of one picture that the layers of a stage read or write. */
static size_t largest_bytes(const struct plan_layout *layout, int stage)
{
    const struct architecture *a = layout->architecture;
    size_t largest = 1, bytes;

    for (int i = 0; i < a->layer_count; i++) {
        if (layout->values[i].stage != stage)
            continue;
        bytes = plan_layout_bytes(layout, i, 1);
        largest = bytes > largest ? bytes : largest;
        for (int k = 0; k < a->layers[i].input_count; k++) {
            bytes = plan_layout_bytes(layout, a->layers[i].inputs[k], 1);
            largest = bytes > largest ? bytes : largest;
        }
    }
    return largest;
}

/* Powers of two, so that the batch is whole slices in every stage. */
static int slice_of_stage(const struct plan_layout *layout, int stage, int batch)
{
    size_t fits = SLICE_BYTES / largest_bytes(layout, stage);
    int most = layout->training ? batch / SLICES_LEAST : batch, slice = 1;

    while (slice < SLICE_MAX && 2 * (size_t)slice <= fits && 2 * slice <= most)
        slice *= 2;
    return slice;
}

static void choose_slices(struct plan_layout *layout, int batch)
{
    int largest = 1;

    for (int stage = 0; stage < layout->stages; stage++) {
        layout->slice[stage] = slice_of_stage(layout, stage, batch);
        largest = layout->slice[stage] > largest ? layout->slice[stage] : largest;
    }
    layout->batch = (batch + largest - 1) / largest * largest;
}

static mien_status place_all(struct plan_layout *layout, mien_error *err)
{
    size_t count = 2 * (size_t)layout->architecture->layer_count + 1;
    struct memory_request *requests = calloc(count, sizeof *requests);
    int *order = calloc(count, sizeof *order);
    bool *written = calloc(count, sizeof *written);
    mien_status status = MIEN_OK;

    if (!requests || !order || !written) {
        status = error_memory(err, count * sizeof *requests);
    } else {
        if (layout->training)
            find_additions(layout, written);
        layout->kept_bytes = place(layout, requests, order, true);
        layout->arena_bytes = place(layout, requests, order, false);
    }
    free(written);
    free(order);
    free(requests);
    return status;
}

mien_status plan_layout_new(const struct architecture *architecture,
                            const struct plan_options *options, struct plan_layout **ret_layout,
                            mien_error *err)
{
    struct plan_layout *layout = calloc(1, sizeof *layout);
    size_t count = (size_t)architecture->layer_count;
    mien_status status;

    if (!layout)
        return error_memory(err, sizeof *layout);
    layout->architecture = architecture;
    layout->training = options->training;
    layout->values = calloc(count, sizeof *layout->values);
    layout->adds = calloc(count, sizeof *layout->adds);
    layout->slice = calloc(count, sizeof *layout->slice); /* there are no more stages than layers */
    if (!layout->values || !layout->adds || !layout->slice) {
        plan_layout_free(layout);
        return error_memory(err, count * sizeof *layout->values);
    }
    find_readers(layout);
    assign_stages(layout);
    share_values(layout);
    if (options->bf16)
        choose_types(layout);
    choose_slices(layout, options->batch);
    choose_kept(layout);
    layout->values[0].wants_gradient = options->training && options->input_gradient;
    find_wanted_gradients(layout);
    share_gradients(layout);
    status = place_all(layout, err);
    if (status)
        plan_layout_free(layout);
    else
        *ret_layout = layout;
    return status;
}

void plan_layout_free(struct plan_layout *layout)
{
    if (!layout)
        return;
    free(layout->slice);
    free(layout->adds);
    free(layout->values);
    free(layout);
}

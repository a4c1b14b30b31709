/* layers.c - the list of all kinds of layers.
 * SPDX-License-Identifier: MIT */
#include "network/layer.h"

extern const struct layer_kind layer_add, layer_avgpool, layer_concat, layer_convolution,
    layer_dense, layer_depthwise, layer_dropout, layer_flatten, layer_globalpool, layer_hardswish,
    layer_leaky, layer_maxpool, layer_normalize, layer_sigmoid, layer_silu, layer_squeeze,
    layer_upsample;

const struct layer_kind *const layer_kinds[] = {
    &layer_convolution, &layer_depthwise, &layer_dense,      &layer_batchnorm, &layer_relu,
    &layer_leaky,       &layer_silu,      &layer_hardswish,  &layer_sigmoid,   &layer_dropout,
    &layer_maxpool,     &layer_avgpool,   &layer_globalpool, &layer_normalize, &layer_flatten,
    &layer_add,         &layer_concat,    &layer_upsample,   &layer_squeeze,   NULL,
};

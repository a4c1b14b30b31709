/* network.c - parameters: their memory and how they start.
 * SPDX-License-Identifier: MIT */
#include "network/network.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/random.h"

static void initialize(const struct parameter *parameter, uint64_t key, float *ret_values)
{
    float limit = sqrtf(6.0f / (float)(parameter->fan_in + parameter->fan_out));
    bool ones = parameter->role == PARAMETER_SCALE || parameter->role == PARAMETER_VARIANCE;

    for (size_t i = 0; i < parameter->count; i++)
        ret_values[i] = parameter->role == PARAMETER_WEIGHTS
                            ? (2 * random_uniform(key, i) - 1) * limit
                        : ones ? 1.0f
                               : 0.0f;
}

static mien_status new_network(const struct architecture *architecture,
                               struct network **ret_network, mien_error *err)
{
    struct network *network = calloc(1, sizeof *network);
    size_t count = (size_t)architecture->parameter_count;

    if (!network)
        return error_memory(err, sizeof *network);
    network->architecture = architecture;
    for (int i = 0; i < ARCHITECTURE_OUTPUTS_MAX; i++)
        network->temperatures[i] = 1;
    network->tensors = calloc(count ? count : 1, sizeof *network->tensors);
    if (!network->tensors) {
        free(network);
        return error_memory(err, count * sizeof *network->tensors);
    }
    *ret_network = network;
    return MIEN_OK;
}

mien_status network_new(const struct architecture *architecture, uint64_t seed,
                        struct network **ret_network, mien_error *err)
{
    struct network *network = NULL;
    mien_status status = new_network(architecture, &network, err);

    if (status)
        return status;
    network->block = memory_aligned_new(architecture->block_floats * sizeof(float));
    if (!network->block) {
        network_free(network);
        return error_memory(err, architecture->block_floats * sizeof(float));
    }
    for (int i = 0; i < architecture->parameter_count; i++) {
        const struct parameter *parameter = &architecture->parameters[i];
        float *values = network->block + parameter->offset;
        initialize(parameter, random_key(seed, (uint64_t)i), values);
        network->tensors[i] = values;
    }
    *ret_network = network;
    return MIEN_OK;
}

mien_status network_borrow(const struct architecture *architecture, const float *const *tensors,
                           const struct quantized *quantized, struct network **ret_network,
                           mien_error *err)
{
    struct network *network = NULL;
    mien_status status = new_network(architecture, &network, err);

    if (status)
        return status;
    network->quantized = quantized;
    memcpy(network->tensors, tensors,
           (size_t)architecture->parameter_count * sizeof *network->tensors);
    *ret_network = network;
    return MIEN_OK;
}

void network_free(struct network *network)
{
    if (!network)
        return;
    free(network->tensors);
    free(network->block);
    free(network);
}

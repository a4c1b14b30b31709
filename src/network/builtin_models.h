/* builtin_models.h - the models that are built into the library (models/meson.build).
 * SPDX-License-Identifier: MIT */
#ifndef NETWORK_BUILTIN_MODELS_H
#define NETWORK_BUILTIN_MODELS_H

#include <stddef.h>

/* A model file in read-only memory, MEMORY_ALIGNMENT-aligned: what model_file_open_memory takes. */
struct builtin_model {
    const char *name; /* the file's name without ".mien" */
    const void *data;
    size_t bytes;
};

/* In the order of models/meson.build; ends with an entry whose name is NULL. */
extern const struct builtin_model builtin_models[];

/* The model of this name, or NULL. */
const struct builtin_model *builtin_model_find(const char *name);

#endif

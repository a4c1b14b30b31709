/* builtin_models.c - find a model that is built into the library; scripts/embed.sh makes the
 * table.
 * SPDX-License-Identifier: MIT */
#include "network/builtin_models.h"

#include <string.h>

const struct builtin_model *builtin_model_find(const char *name)
{
    for (const struct builtin_model *model = builtin_models; model->name; model++)
        if (!strcmp(model->name, name))
            return model;
    return NULL;
}

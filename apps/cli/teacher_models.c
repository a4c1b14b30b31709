/* teacher_models.c - open the models that teach.
 * SPDX-License-Identifier: MIT */
#include "teacher_models.h"

#include <stdlib.h>

mien_status teacher_models_open(const struct string_list *names, struct teacher_models *teachers,
                                mien_error *err)
{
    mien_status status = MIEN_OK;

    teachers->models = calloc(names->count + 1, sizeof *teachers->models);
    teachers->networks = calloc(names->count + 1, sizeof *teachers->networks);
    if (!teachers->models || !teachers->networks)
        return error_memory(err, names->count * sizeof *teachers->models);
    for (size_t i = 0; i < names->count && !status; i++) {
        status = model_open(names->values[i], &teachers->models[i], err);
        if (!status)
            teachers->networks[teachers->count++] = teachers->models[i]->network;
    }
    return status;
}

void teacher_models_close(struct teacher_models *teachers)
{
    for (int i = 0; i < teachers->count; i++)
        model_close(teachers->models[i]);
    free(teachers->models);
    free(teachers->networks);
    *teachers = (struct teacher_models){0};
}

/* teacher_models.h - `--teacher MODEL`: the models whose answers a training learns.
 * SPDX-License-Identifier: MIT */
#ifndef CLI_TEACHER_MODELS_H
#define CLI_TEACHER_MODELS_H

#include "network/model.h"
#include "options.h"

/* For a struct with a `struct string_list teachers`. */
#define OPTION_TEACHERS(type)                                                                      \
    {                                                                                              \
        "teacher", 0, "MODEL",                                                                     \
            "learn this model's answers as well (distillation); may be given several times",       \
            OPTION_STRINGS(type, teachers)                                                         \
    }

/* Read only once opened. Starts as {0}. */
struct teacher_models {
    struct model **models;
    const struct network **networks; /* (count), for training_job */
    int count;
};

/* Opens all of them; on failure, too, teacher_models_close() ends it. */
mien_status teacher_models_open(const struct string_list *names, struct teacher_models *teachers,
                                mien_error *err);
void teacher_models_close(struct teacher_models *teachers);

#endif

/* teacher.h - trained networks whose answers another one learns (Hinton, Vinyals, Dean:
 * "Distilling the knowledge in a neural network", 2015).
 * SPDX-License-Identifier: MIT */
#ifndef TRAINING_TEACHER_H
#define TRAINING_TEACHER_H

#include "base/thread_pool.h"
#include "network/network.h"
#include "training/head.h"

/* One thread at a time. */
struct teacher;

/* `count` (at least 1) networks, borrowed. They must take the input of `architecture`; what they
 * teach is those of its heads (HEADS) that all of them have, `expression` at least: else
 * MIEN_EINVAL. Batches have up to `batch` pictures. */
mien_status teacher_new(const struct network *const *networks, int count,
                        const struct architecture *architecture, const struct head *heads,
                        int batch, bool bf16, struct thread_pool *pool,
                        struct teacher **ret_teacher, mien_error *err);
void teacher_free(struct teacher *teacher);

/* Answers for levels (pictures, H, W, C): the mean of the networks' probabilities at `temperature`,
 * with `mirror` over the pictures and their mirror images. */
void teacher_answer(struct teacher *teacher, const float *levels, int pictures, float temperature,
                    bool mirror);

/* The last answer for a head (pictures, classes), or NULL if it is not taught. */
const float *teacher_targets(const struct teacher *teacher, enum head_kind head);

#endif

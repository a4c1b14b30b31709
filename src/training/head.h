/* head.h - the outputs of a network that are trained: what their targets are and what their loss
 * is. "expression" learns the data set's labels, "votes" how FER+'s taggers voted.
 * SPDX-License-Identifier: MIT */
#ifndef TRAINING_HEAD_H
#define TRAINING_HEAD_H

#include "dataset/dataset.h"
#include "dataset/votes.h"
#include "network/architecture.h"
#include "training/loss.h"
#include "training/recipe.h"

enum head_kind { HEAD_EXPRESSION, HEAD_VOTES, HEADS };

/* Read only once made. */
struct head {
    enum head_kind kind;
    int output; /* of the architecture; -1: it has none of this kind */
    size_t classes;
    float weight; /* of its loss; 0: not trained */
    struct loss loss;
    float smoothing, votes_share; /* of the targets */
    float teacher_weight, teacher_temperature;
    const struct dataset *dataset;
    const struct votes *votes; /* may be NULL */
    float *class_weights;      /* private */
    float *slopes;             /* private: (batch, classes) */
};

/* Finds the head's output and what the recipe says of it. `rows` (count) are those of training.
 * MIEN_EINVAL if the output does not fit the data. Everything is borrowed. */
mien_status head_init(struct head *head, enum head_kind kind,
                      const struct architecture *architecture, const struct recipe *recipe,
                      const struct dataset *dataset, const struct votes *votes,
                      const uint32_t *rows, size_t count, mien_error *err);
void head_release(struct head *head);

/* The targets of `rows`, (count, classes): distributions, or zeros for a picture that says nothing
 * here. `training`: smoothed and mixed with votes, as the recipe says. */
void head_targets(const struct head *head, const uint32_t *rows, size_t count, bool training,
                  float *ret_targets);

/* The weighted mean loss of logits (count, classes); the gradient goes to dlogits. A teacher's
 * answer `taught` (count, classes), if not NULL, has the share of it that the recipe says. */
double head_loss(const struct head *head, const float *logits, const float *targets,
                 const float *taught, size_t count, float *dlogits);

/* How many rows have their largest logit where their target is largest; `ret_counted` are those
 * with a target. */
size_t head_correct(const struct head *head, const float *logits, const float *targets,
                    size_t count, size_t *ret_counted);

#endif

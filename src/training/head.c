/* head.c - targets and losses of a network's outputs.
 * SPDX-License-Identifier: MIT */
#include "training/head.h"

#include <stdlib.h>
#include <string.h>

#include "network/softmax.h"

static const char *const names[HEADS] = {"expression", "votes"};

static mien_status check_output(const struct head *head, mien_error *err)
{
    if (head->kind == HEAD_EXPRESSION && head->output < 0)
        return error_set(err, MIEN_EINVAL, "the architecture has no output \"expression\"");
    if (head->kind == HEAD_EXPRESSION && head->classes != (size_t)head->dataset->label_count)
        return error_set(err, MIEN_EINVAL,
                         "the data set has %d labels, the network's output has %zu",
                         head->dataset->label_count, head->classes);
    if (head->output < 0 || head->kind != HEAD_VOTES)
        return MIEN_OK;
    if (head->classes != VOTES_COLUMNS)
        return error_set(err, MIEN_EINVAL, "the output \"votes\" has %zu numbers: give it %d",
                         head->classes, VOTES_COLUMNS);
    if (!head->votes && head->weight > 0)
        return error_set(err, MIEN_EINVAL,
                         "the network has an output \"votes\" and there are no votes to learn: "
                         "give them, or set votes_weight to 0");
    return MIEN_OK;
}

static mien_status check_votes(const struct head *head, mien_error *err)
{
    if (head->votes_share > 0 && !head->votes)
        return error_set(err, MIEN_EINVAL, "votes_share %g without votes: give them",
                         (double)head->votes_share);
    if (head->votes_share > 0 && head->classes > VOTES_COLUMNS)
        return error_set(
            err, MIEN_EINVAL,
            "votes_share %g: votes are on %d expressions, the data set has %zu labels: "
            "set it to 0",
            (double)head->votes_share, VOTES_COLUMNS, head->classes);
    if (head->votes && head->votes->count != head->dataset->count)
        return error_set(err, MIEN_EINVAL, "votes on %zu pictures, the data set has %zu",
                         head->votes->count, head->dataset->count);
    return MIEN_OK;
}

static mien_status balance(struct head *head, const uint32_t *rows, size_t count, mien_error *err)
{
    size_t *counts = calloc(head->classes, sizeof *counts);

    head->class_weights = calloc(head->classes, sizeof *head->class_weights);
    if (!counts || !head->class_weights) {
        free(counts);
        return error_memory(err, head->classes * sizeof *counts);
    }
    dataset_count_labels(head->dataset, rows, count, counts);
    balanced_class_weights(counts, head->classes, head->class_weights);
    head->loss.class_weights = head->class_weights;
    free(counts);
    return MIEN_OK;
}

mien_status head_init(struct head *head, enum head_kind kind,
                      const struct architecture *architecture, const struct recipe *recipe,
                      const struct dataset *dataset, const struct votes *votes,
                      const uint32_t *rows, size_t count, mien_error *err)
{
    bool expression = kind == HEAD_EXPRESSION;
    mien_status status;

    *head = (struct head){
        .kind = kind,
        .output = architecture_find_output(architecture, names[kind]),
        .weight = expression ? recipe->expression_weight : recipe->votes_weight,
        .loss.focal = recipe->focal,
        .smoothing = expression ? recipe->label_smoothing : 0,
        .votes_share = expression ? recipe->votes_share : 1,
        .teacher_weight = recipe->teacher_weight,
        .teacher_temperature = recipe->teacher_temperature,
        .dataset = dataset,
        .votes = votes,
    };
    if (head->output >= 0)
        head->classes = shape_count(architecture->outputs[head->output].shape);
    else
        head->weight = head->votes_share = 0;
    status = check_output(head, err);
    if (!status && (expression || head->weight > 0)) /* expressions have targets in any case */
        status = check_votes(head, err);
    if (!status && expression && recipe->class_weights == CLASS_WEIGHTS_BALANCED)
        status = balance(head, rows, count, err);
    if (status || head->output < 0)
        return status;
    head->slopes = calloc((size_t)recipe->batch * head->classes, sizeof *head->slopes);
    return head->slopes ? MIEN_OK : error_memory(err, head->classes * sizeof *head->slopes);
}

void head_release(struct head *head)
{
    free(head->class_weights);
    free(head->slopes);
    head->class_weights = head->slopes = NULL;
}

/* The votes on a row, those of a single tagger dropped (as votes_majority does), over the first
 * `classes` columns (at most VOTES_COLUMNS), as a distribution. False if there are none. */
static bool vote_distribution(const struct votes *votes, size_t row, size_t classes,
                              float *ret_distribution)
{
    const uint8_t *cast = votes_of(votes, row);
    int sum = 0;

    for (size_t c = 0; c < classes; c++)
        sum += cast[c] > 1 ? cast[c] : 0;
    for (size_t c = 0; c < classes && sum; c++)
        ret_distribution[c] = cast[c] > 1 ? (float)cast[c] / (float)sum : 0;
    return sum > 0;
}

static void expression_target(const struct head *head, uint32_t row, bool training, float *target)
{
    float share = training ? head->votes_share : 0;
    float distribution[VOTES_COLUMNS];

    label_target(head->dataset->labels[row], head->classes, training ? head->smoothing : 0, target);
    if (share > 0 && vote_distribution(head->votes, row, head->classes, distribution))
        for (size_t c = 0; c < head->classes; c++)
            target[c] = (1 - share) * target[c] + share * distribution[c];
}

void head_targets(const struct head *head, const uint32_t *rows, size_t count, bool training,
                  float *ret_targets)
{
    for (size_t i = 0; i < count; i++) {
        float *target = ret_targets + i * head->classes;
        if (head->kind == HEAD_EXPRESSION)
            expression_target(head, rows[i], training, target);
        else if (!vote_distribution(head->votes, rows[i], head->classes, target))
            memset(target, 0, head->classes * sizeof *target);
    }
}

/* gradient = a * gradient + b * more */
static void blend(float *gradient, const float *more, size_t count, float a, float b)
{
    for (size_t i = 0; i < count; i++)
        gradient[i] = a * gradient[i] + b * more[i];
}

double head_loss(const struct head *head, const float *logits, const float *targets,
                 const float *taught, size_t count, float *dlogits)
{
    double loss = loss_mean(&head->loss, logits, targets, NULL, count, head->classes, dlogits);
    size_t values = count * head->classes;
    float share = head->teacher_weight;

    if (taught) {
        double far = distillation_loss(logits, taught, head->teacher_temperature, count,
                                       head->classes, head->slopes);
        loss = (1 - (double)share) * loss + (double)share * far;
        blend(dlogits, head->slopes, values, 1 - share, share);
    }
    if (head->weight == 1)
        return loss;
    for (size_t i = 0; i < values; i++)
        dlogits[i] *= head->weight;
    return (double)head->weight * loss;
}

size_t head_correct(const struct head *head, const float *logits, const float *targets,
                    size_t count, size_t *ret_counted)
{
    size_t correct = 0, counted = 0;

    for (size_t i = 0; i < count; i++) {
        const float *target = targets + i * head->classes;
        size_t aim = largest_index(target, head->classes);
        if (!(target[aim] > 0))
            continue;
        counted++;
        correct += largest_index(logits + i * head->classes, head->classes) == aim;
    }
    *ret_counted = counted;
    return correct;
}

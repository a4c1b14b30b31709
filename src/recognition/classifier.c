/* classifier.c - one way to ask a network and nearest neighbours.
 * SPDX-License-Identifier: MIT */
#include "recognition/classifier.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "neighbours/knn_model.h"
#include "network/model.h"
#include "network/plan.h"
#include "network/softmax.h"

/* What the output "votes" has: a label's votes in the order of the model's own labels, then these
 * three. */
enum { VOTES_OWN = 7, VOTES_CONTEMPT = VOTES_OWN, VOTES_NOT_A_FACE = 9, VOTES = 10 };

struct classifier {
    struct model *model;                /* NULL: neighbours answer */
    struct knn_model *neighbours;       /* NULL: the model answers */
    struct model_file *neighbours_file; /* theirs */
    int expression, votes;              /* the model's outputs; `votes` -1 where there is none */
    bool by_votes;                      /* answers come from "votes" */
    struct shape input;
};

const struct model_file *classifier_file(const struct classifier *c)
{
    return c->model ? c->model->file : c->neighbours_file;
}

static size_t own_labels(const struct classifier *c)
{
    return classifier_file(c)->content.label_count;
}

static mien_status open_network(struct classifier *c, struct model_file *file, const char *source,
                                mien_error *err)
{
    const struct architecture *a;
    mien_status status = model_join(file, source, &c->model, err);
    size_t votes;

    if (status)
        return status;
    a = c->model->architecture;
    c->input = architecture_input(a);
    c->expression = architecture_find_output(a, "expression");
    c->votes = architecture_find_output(a, "votes");
    votes = c->votes < 0 ? VOTES : shape_count(a->outputs[c->votes].shape);
    if (votes != VOTES || (c->votes >= 0 && own_labels(c) != VOTES_OWN))
        return error_set(err, MIEN_EINVAL,
                         "%s: an output \"votes\" of %zu numbers beside %zu labels; %d beside %d "
                         "are possible",
                         source, votes, own_labels(c), VOTES, VOTES_OWN);
    c->by_votes = c->votes >= 0;
    return MIEN_OK;
}

static mien_status open_neighbours(struct classifier *c, struct model_file *file,
                                   const char *source, mien_error *err)
{
    int width, height, labels;
    mien_status status;

    c->neighbours_file = file;
    c->votes = -1;
    status = knn_model_new(file, NULL, &c->neighbours, err);
    if (status)
        return error_prefix(err, status, "%s", source);
    knn_model_shape(c->neighbours, &width, &height, &labels);
    c->input = (struct shape){height, width, 1};
    return MIEN_OK;
}

static mien_status check_labels(const struct classifier *c, const char *source, mien_error *err)
{
    if (own_labels(c) == 0 || c->input.C != 1)
        return error_set(err, MIEN_EINVAL, "%s: the model does not classify grey faces", source);
    if (own_labels(c) > MIEN_LABELS_MAX)
        return error_set(err, MIEN_EINVAL, "%s: the model has %zu labels, at most %d are possible",
                         source, own_labels(c), MIEN_LABELS_MAX);
    return MIEN_OK;
}

mien_status classifier_open(const char *path_or_name, struct classifier **ret_classifier,
                            mien_error *err)
{
    struct classifier *c = calloc(1, sizeof *c);
    struct model_file *file = NULL;
    mien_status status;

    if (!c)
        return error_memory(err, sizeof *c);
    status = model_file_find(path_or_name, &file, err);
    if (!status)
        status = model_file_holds_neighbours(file) ? open_neighbours(c, file, path_or_name, err)
                                                   : open_network(c, file, path_or_name, err);
    if (!status)
        status = check_labels(c, path_or_name, err);
    if (status)
        classifier_close(c);
    else
        *ret_classifier = c;
    return status;
}

void classifier_close(struct classifier *c)
{
    if (!c)
        return;
    model_close(c->model);
    knn_model_free(c->neighbours);
    model_file_close(c->neighbours_file);
    free(c);
}

struct shape classifier_input(const struct classifier *c)
{
    return c->input;
}

int classifier_label_count(const struct classifier *c)
{
    return (int)own_labels(c) + (c->by_votes ? 1 : 0);
}

const char *classifier_label(const struct classifier *c, int label)
{
    return label == (int)own_labels(c) ? "contempt" : classifier_file(c)->content.labels[label];
}

mien_status classifier_use_labels(struct classifier *c, int count, mien_error *err)
{
    int own = (int)own_labels(c);

    if (count != own && !(c->votes >= 0 && count == own + 1))
        return error_set(err, MIEN_EINVAL, "the model has %d labels%s, not %d", own,
                         c->votes >= 0 ? ", or with contempt 8" : "", count);
    c->by_votes = count != own;
    return MIEN_OK;
}

/* Of a network: its plan. Of neighbours: the faces as levels and as bytes, and what they vote. */
struct classifier_run {
    const struct classifier *classifier;
    struct plan *plan;
    float *levels;   /* (batch, H, W) */
    uint8_t *pixels; /* (batch, H, W) */
    float *shares;   /* (batch, labels) */
};

static mien_status make_run(struct classifier_run *run, int batch, mien_error *err)
{
    const struct classifier *c = run->classifier;
    struct plan_options options = {.batch = batch};
    size_t faces = (size_t)batch, pixels = shape_count(c->input);

    if (c->model)
        return plan_new(c->model->network, &options, &run->plan, err);
    run->levels = calloc(faces * pixels, sizeof *run->levels);
    run->pixels = calloc(faces * pixels, 1);
    run->shares = calloc(faces * own_labels(c), sizeof *run->shares);
    if (!run->levels || !run->pixels || !run->shares)
        return error_memory(err, faces * pixels * sizeof *run->levels);
    return MIEN_OK;
}

mien_status classifier_run_new(const struct classifier *classifier, int batch,
                               struct classifier_run **ret_run, mien_error *err)
{
    struct classifier_run *run = calloc(1, sizeof *run);
    mien_status status;

    if (!run)
        return error_memory(err, sizeof *run);
    run->classifier = classifier;
    status = make_run(run, batch, err);
    if (status)
        classifier_run_free(run);
    else
        *ret_run = run;
    return status;
}

void classifier_run_free(struct classifier_run *run)
{
    if (!run)
        return;
    plan_free(run->plan);
    free(run->levels);
    free(run->pixels);
    free(run->shares);
    free(run);
}

float *classifier_run_levels(struct classifier_run *run)
{
    return run->plan ? plan_input(run->plan) : run->levels;
}

static mien_status check_finite(const struct classifier *c, const float *logits, size_t count,
                                mien_error *err)
{
    const char *name = model_file_about(classifier_file(c), "name");

    for (size_t i = 0; i < count; i++) /* weights of a failed training can be too large */
        if (!isfinite(logits[i]))
            return error_set(err, MIEN_ECORRUPT,
                             "the model %s computes numbers that are not finite", name ? name : "");
    return MIEN_OK;
}

static const struct answer_rule *rule_of(const struct classifier *c)
{
    return c->by_votes ? &c->model->rules.votes : &c->model->rules.expression;
}

int classifier_uncertain(const struct classifier *c, float probability)
{
    return c->model && rule_of(c)->can_be_uncertain ? probability < rule_of(c)->uncertain_below
                                                    : -1;
}

/* From the logits of the output that answers. */
static void answer(const struct classifier *c, const float *logits, mien_face *face)
{
    size_t labels = (size_t)classifier_label_count(c);

    softmax(logits, labels, rule_of(c)->temperature, face->probabilities);
    face->expression = (int)largest_index(face->probabilities, labels);
    face->uncertain = classifier_uncertain(c, face->probabilities[face->expression]);
}

/* From all votes' logits. */
static bool is_no_face(const struct classifier *c, const float *logits)
{
    float shares[VOTES];

    softmax(logits, VOTES, c->model->rules.votes.temperature, shares);
    return shares[VOTES_NOT_A_FACE] > c->model->rules.not_a_face_above;
}

static mien_status ask_network(struct classifier_run *run, size_t count, mien_face *faces,
                               mien_error *err)
{
    const struct classifier *c = run->classifier;
    const float *expression, *votes = NULL; /* (count, labels), (count, VOTES) */
    mien_status status;

    plan_forward(run->plan, (int)count, 0);
    expression = plan_output(run->plan, c->expression);
    status = check_finite(c, expression, count * own_labels(c), err);
    if (c->votes >= 0 && !status) {
        votes = plan_output(run->plan, c->votes);
        status = check_finite(c, votes, count * VOTES, err);
    }
    for (size_t i = 0; i < count && !status; i++) {
        answer(c, c->by_votes ? votes + i * VOTES : expression + i * own_labels(c), &faces[i]);
        if (votes && is_no_face(c, votes + i * VOTES))
            faces[i].reasons |= MIEN_REASON_NOT_A_FACE;
    }
    return status;
}

static mien_status ask_neighbours(struct classifier_run *run, size_t count, mien_face *faces,
                                  mien_error *err)
{
    const struct classifier *c = run->classifier;
    size_t labels = own_labels(c);
    mien_status status;

    for (size_t i = 0; i < count * shape_count(c->input); i++)
        run->pixels[i] = (uint8_t)run->levels[i];
    status = knn_model_classify(c->neighbours, run->pixels, count, NULL, run->shares, err);
    if (!status)
        status = check_finite(c, run->shares, count * labels, err);
    for (size_t i = 0; i < count && !status; i++) {
        memcpy(faces[i].probabilities, run->shares + i * labels, labels * sizeof *run->shares);
        faces[i].expression = (int)largest_index(faces[i].probabilities, labels);
        faces[i].uncertain = -1;
    }
    return status;
}

mien_status classifier_run_answer(struct classifier_run *run, size_t count, mien_face *faces,
                                  mien_error *err)
{
    return run->plan ? ask_network(run, count, faces, err) : ask_neighbours(run, count, faces, err);
}

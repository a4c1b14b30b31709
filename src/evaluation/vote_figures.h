/* vote_figures.h - a classifier against what ten people said (FER+; Barsoum, Zhang, Canton Ferrer,
 * Zhang: "Training deep networks for facial expression recognition with crowd-sourced label
 * distribution", ICMI 2016).
 *
 * Only pictures with a majority count (votes_majority()): the usual 3,153 of PrivateTest.
 * SPDX-License-Identifier: MIT */
#ifndef EVALUATION_VOTE_FIGURES_H
#define EVALUATION_VOTE_FIGURES_H

#include "dataset/votes.h"
#include "evaluation/calibration.h"
#include "evaluation/intervals.h"
#include "evaluation/prediction.h"
#include "evaluation/provenance.h"
#include "network/model.h"

/* An expression counts as one of a picture's labels if it has this share of its votes. */
#define VOTE_FIGURES_SHARE 0.3

/* What a model says to be impossible is taken to have this probability, for cross entropies. */
#define VOTE_FIGURES_LEAST 1e-3

struct vote_figures {
    size_t rows;                      /* asked for */
    size_t count;                     /* with a majority */
    size_t correct;                   /* the majority named */
    struct interval figures[FIGURES]; /* against the majority, of eight labels */
    struct coverage coverage;         /* of the same answers */
    /* Without the pictures that are identical to one in training; all 0 where these are all or
     * none. */
    size_t new_count, new_correct;
    struct interval new_accuracy;
    const struct answer_rule *rule; /* when the model calls them uncertain; its own */
    double multi_label;   /* against any expression with VOTE_FIGURES_SHARE of the votes */
    double drawn;         /* against a label drawn from the votes: the expected accuracy */
    double cross_entropy; /* of the votes' distribution under the model's, nats */
    double divergence;    /* Kullback-Leibler, votes from model: cross entropy less entropy */
    double tagger;        /* accuracy of a single tagger against the majority of the others */
    size_t confusion[DATASET_EXPRESSIONS_PLUS * DATASET_EXPRESSIONS_PLUS]; /* rows: majority */
    bool from_votes; /* the model has an output "votes"; else its labels are compared */
};

/* Compares what the model `said`, as probabilities, of pictures that are `rows` of a data set with
 * the votes of that data set; `provenance` is of the same rows. A model with an output "votes"
 * (VOTES_COLUMNS numbers) answers by it; any other by its labels, an expression that it lacks
 * having probability 0. `model` outlives the figures; `pool` may be NULL. MIEN_EINVAL if no row has
 * a majority, or no label is an expression.
 */
mien_status vote_figures_new(const struct model *model, const struct predictions *said,
                             const struct votes *votes, const uint32_t *rows,
                             const struct provenance *provenance, struct thread_pool *pool,
                             struct vote_figures *ret_figures, mien_error *err);

/* Accepts a zeroed struct. */
void vote_figures_free(struct vote_figures *figures);

#endif

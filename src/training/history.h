/* history.h - the figures of every epoch of a training.
 * SPDX-License-Identifier: MIT */
#ifndef TRAINING_HISTORY_H
#define TRAINING_HISTORY_H

#include <stdbool.h>

#include "base/error.h"

/* One epoch's figures. Those of training are means over its batches, as they were seen: with
 * dropout, augmentation and mixing, the losses of all outputs in one. */
struct training_epoch {
    int epoch; /* from 1 */
    double loss, accuracy;
    double validation_loss, validation_accuracy; /* of the output "expression" */
    bool has_votes;
    double votes_loss, votes_accuracy; /* validation of the output "votes" */
    double learning_rate;              /* of the last step */
    double seconds;
    bool best; /* the best validation accuracy so far */
};

struct training_history {
    struct training_epoch *epochs; /* (count) */
    int count;
    int best;      /* number of the epoch whose weights were kept, from 1 */
    bool finished; /* the training came to its end; else it was stopped */
};

mien_status training_history_add(struct training_history *history,
                                 const struct training_epoch *epoch, mien_error *err);
void training_history_free(struct training_history *history);

/* The history as CSV with a header line; the caller frees it. NULL if out of memory. */
char *training_history_csv(const struct training_history *history);

#endif

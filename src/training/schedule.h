/* schedule.h - when to lower the learning rate and when to stop, with Keras's semantics.
 * SPDX-License-Identifier: MIT */
#ifndef TRAINING_SCHEDULE_H
#define TRAINING_SCHEDULE_H

#include <stdbool.h>

/* EarlyStopping: an epoch is better if it improves on the best so far by more than `min_delta`;
 * after `patience` epochs in a row that are not, it is time to stop. */
struct early_stopping {
    int patience;
    double min_delta;
    int waited;
    double best; /* of "higher is better"; start with -INFINITY */
};

void early_stopping_init(struct early_stopping *stopping, int patience, double min_delta);

/* Takes an epoch's figure, of which more is better (hand in minus the loss). Returns whether it
 * is the best so far; `ret_stop` says whether to stop. */
bool early_stopping_see(struct early_stopping *stopping, double value, bool *ret_stop);

/* ReduceLROnPlateau: after `patience` epochs in a row without an improvement of the loss by more
 * than `min_delta`, the rate is multiplied by `factor`, not below `least`. */
struct plateau {
    int patience;
    double factor, least, min_delta;
    int waited;
    double best; /* lowest loss; start with INFINITY */
};

/* Keras's min_delta, 1e-4. */
void plateau_init(struct plateau *plateau, int patience, double factor, double least);

/* Takes an epoch's loss and rate and returns the rate of the next. */
double plateau_see(struct plateau *plateau, double loss, double rate);

#endif

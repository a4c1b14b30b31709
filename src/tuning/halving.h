/* halving.h - successive halving: many trials are trained a little, and the best go on (Jamieson,
 * Talwalkar: "Non-stochastic best arm identification and hyperparameter optimization", AISTATS
 * 2016). With one round it is random search.
 * SPDX-License-Identifier: MIT */
#ifndef TUNING_HALVING_H
#define TUNING_HALVING_H

#include <stddef.h>

struct halving {
    int trials; /* of the first round */
    int epochs; /* of the last round, in all */
    int factor; /* of the trials, one in so many goes on, to so many times the epochs */
    int rounds; /* at least 1 */
};

/* As many rounds as leave a trial and an epoch; `factor` 1: one round. trials and epochs at least
 * 1. */
struct halving halving_new(int trials, int epochs, int factor);

/* Of round `round`, counted from 0: how many trials take part, and up to which epoch. */
int halving_trials(const struct halving *halving, int round);
int halving_epochs(const struct halving *halving, int round);

/* Sorts `trials` (count), numbers into `scores`, by score, the highest first; of equal ones the
 * lower number. */
void halving_sort(int *trials, size_t count, const double *scores);

#endif

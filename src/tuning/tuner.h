/* tuner.h - a search: its trials, what became of them, and the rounds that they go through.
 *
 * What a trial is trained with depends on the seed, its number and the space alone, and who goes on
 * on the validation accuracies alone: a search has one result at any number of threads, and one
 * that was broken off goes on from its table as if it never had been.
 * SPDX-License-Identifier: MIT */
#ifndef TUNING_TUNER_H
#define TUNING_TUNER_H

#include <stdbool.h>

#include "tuning/halving.h"
#include "tuning/search_space.h"

struct trial {
    int number;                                       /* from 0 */
    char values[SEARCH_FIELDS_MAX][SEARCH_VALUE_MAX]; /* of the fields, as a recipe writes them */
    int rounds;                                       /* that it has been through */
    int epochs, best_epoch;                           /* trained so far, and the best of them */
    double accuracy, loss; /* of validation at the best epoch; meaningless before the first round */
    double seconds;
    bool failed; /* its training diverged */
};

struct tuner {
    const struct search_space *space; /* borrowed */
    struct halving halving;
    struct trial *trials; /* (halving.trials) */
};

/* Draws all trials; none is trained yet. */
mien_status tuner_new(const struct search_space *space, const struct halving *halving,
                      uint64_t seed, struct tuner **ret_tuner, mien_error *err);
void tuner_free(struct tuner *tuner);

/* The table of all trials as CSV: `trial,rounds,epochs,best_epoch,validation_accuracy,
 * validation_loss,seconds,state,FIELD...`. Trials count from 1 in it. */
mien_status tuner_write(const struct tuner *tuner, const char *path, mien_error *err);

/* Takes up a search where its table stands. MIEN_EINVAL if it is another search's. */
mien_status tuner_read(struct tuner *tuner, const char *path, mien_error *err);

/* Trains `trial` up to epoch `epochs` in all, going on where it stands, on `threads` threads, and
 * fills in epochs, best_epoch, accuracy, loss, seconds and failed of `ret_trial`, a copy of it.
 * Called for several trials at once. A failure ends the search; MIEN_ECANCELLED leaves the trial
 * to be called for again. */
typedef mien_status tuner_train(void *context, const struct trial *trial, int epochs, int threads,
                                struct trial *ret_trial, mien_error *err);

/* After a trial's round; one call at a time. */
typedef void tuner_tell(void *context, const struct tuner *tuner, const struct trial *trial);

struct tuner_options {
    int parallel, threads; /* trials at once, and the threads that they share; at least 1 */
    const char *table;     /* where tuner_write() goes after every trial's round */
    tuner_train *train;
    tuner_tell *tell; /* may be NULL */
    void *context;
};

/* Runs what is left of the search. The first failure that `train` reports is returned. */
mien_status tuner_run(struct tuner *tuner, const struct tuner_options *options, mien_error *err);

/* The one with the highest validation accuracy, of equals the first; NULL if there is none. */
const struct trial *tuner_best(const struct tuner *tuner);

/* Whether the trial may still be trained further: it is not known yet that others are better. */
bool tuner_may_go_on(const struct tuner *tuner, const struct trial *trial);

/* "waiting" (it may still be trained further), "trained", "dropped", "diverged". */
const char *tuner_state(const struct tuner *tuner, const struct trial *trial);

#endif

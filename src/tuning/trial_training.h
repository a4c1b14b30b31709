/* trial_training.h - trials as trainings of a network: what tuner.h leaves open.
 * SPDX-License-Identifier: MIT */
#ifndef TUNING_TRIAL_TRAINING_H
#define TUNING_TRIAL_TRAINING_H

#include "network/architecture.h"
#include "training/trainer.h"
#include "tuning/tuner.h"

/* All of it borrowed and read only. */
struct trial_training {
    const struct architecture *architecture;
    const struct training_data *data;
    const struct recipe *recipe; /* what the space says nothing of */
    const struct search_space *space;
    const struct network *const *teachers; /* (teacher_count), as in trainer.h */
    int teacher_count;
    bool bf16;             /* as in plan.h */
    const char *folder;    /* exists; of the checkpoints */
    bool (*stopped)(void); /* asked after every step, by several threads */
};

/* Whether every value that the space allows fits its field of a recipe. MIEN_EINVAL names the
 * space's line. */
mien_status trial_space_check(const struct search_space *space, const struct recipe *recipe,
                              mien_error *err);

/* The recipe of a trial. MIEN_EINVAL if its fields do not go together. */
mien_status trial_recipe(const struct trial_training *training, const struct trial *trial,
                         struct recipe *ret_recipe, mien_error *err);

/* Removes what is kept of a trial to go on with. */
void trial_forget(const struct trial_training *training, const struct trial *trial);

/* A tuner_train: `context` is a struct trial_training. */
mien_status trial_train(void *context, const struct trial *trial, int epochs, int threads,
                        struct trial *ret_trial, mien_error *err);

#endif

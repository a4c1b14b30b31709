/* schedule.h - the learning rate of every step, and when to stop.
 * SPDX-License-Identifier: MIT */
#ifndef TRAINING_SCHEDULE_H
#define TRAINING_SCHEDULE_H

#include <stdbool.h>
#include <stdint.h>

/* EarlyStopping with Keras's semantics: an epoch is better if it improves on the best so far by
 * more than `min_delta`; after `patience` epochs in a row that are not, it is time to stop. */
struct early_stopping {
    int64_t patience; /* 0: never stop */
    double min_delta;
    int64_t waited;
    double best; /* of "higher is better"; start with -INFINITY */
};

void early_stopping_init(struct early_stopping *stopping, int64_t patience, double min_delta);

/* Takes an epoch's figure, of which more is better (hand in minus the loss). Returns whether it
 * is the best so far; `ret_stop` says whether to stop. */
bool early_stopping_see(struct early_stopping *stopping, double value, bool *ret_stop);

/* ReduceLROnPlateau with Keras's semantics: after `patience` epochs in a row without an improvement
 * of the loss by more than `min_delta`, the rate is multiplied by `factor`, not below `least`. */
struct plateau {
    int64_t patience;
    double factor, least, min_delta;
    int64_t waited;
    double best; /* lowest loss; start with INFINITY */
};

/* Keras's min_delta, 1e-4. */
void plateau_init(struct plateau *plateau, int64_t patience, double factor, double least);

/* Takes an epoch's loss and rate and returns the rate of the next. */
double plateau_see(struct plateau *plateau, double loss, double rate);

enum schedule_kind {
    SCHEDULE_CONSTANT,
    SCHEDULE_STEP,      /* times step_factor every step_epochs */
    SCHEDULE_PLATEAU,   /* struct plateau on the validation loss */
    SCHEDULE_COSINE,    /* SGDR (Loshchilov, Hutter, ICLR 2017), eq. 5, a step at a time */
    SCHEDULE_ONE_CYCLE, /* Smith, Topin 2019, in PyTorch's two phases: up and down by cosines */
};

struct schedule_options {
    int kind;            /* enum schedule_kind */
    float rate;          /* the highest */
    float least_rate;    /* never below; where cosine and one-cycle end */
    float warmup_epochs; /* the rate rises in a line first: step s of W has (s + 1) / W of it */
    int64_t step_epochs;
    float step_factor;
    int64_t plateau_patience;
    float plateau_factor;
    int64_t cycles;      /* cosine: they share the epochs after the warm-up */
    float cycle_growth;  /* each is so much longer than the one before */
    float peak_share;    /* one-cycle: share of the steps up to the highest rate */
    float start_divisor; /* one-cycle: the first rate is the highest divided by this */
};

/* Plateau from 0.001 down to 1e-7, halved after 3 epochs. The others, once chosen: steps of 0.1
 * every 10 epochs; one cycle; a peak at 0.3 from a 25th. */
void schedule_options_init(struct schedule_options *options);

struct schedule {
    struct schedule_options options;
    int64_t epochs, steps; /* of the training; a step is a batch: `steps` an epoch */
    struct plateau plateau;
    double plateau_rate; /* with `plateau`, all that it remembers */
};

void schedule_init(struct schedule *schedule, const struct schedule_options *options,
                   int64_t epochs, int64_t steps);

/* The rate of step `step`, counted from 0 through all epochs. */
double schedule_rate(const struct schedule *schedule, int64_t step);

/* Takes an epoch's validation loss. */
void schedule_see(struct schedule *schedule, double validation_loss);

#endif

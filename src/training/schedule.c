/* schedule.c - learning rates, early stopping and reduction on plateau.
 * SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "training/schedule.h"

#include <math.h>

void early_stopping_init(struct early_stopping *stopping, int64_t patience, double min_delta)
{
    *stopping = (struct early_stopping){patience, min_delta, 0, -INFINITY};
}

bool early_stopping_see(struct early_stopping *stopping, double value, bool *ret_stop)
{
    bool better = value - stopping->min_delta > stopping->best;

    if (better) {
        stopping->best = value;
        stopping->waited = 0;
    } else {
        stopping->waited++;
    }
    *ret_stop = stopping->patience > 0 && stopping->waited >= stopping->patience;
    return better;
}

void plateau_init(struct plateau *plateau, int64_t patience, double factor, double least)
{
    *plateau = (struct plateau){patience, factor, least, 1e-4, 0, INFINITY};
}

double plateau_see(struct plateau *plateau, double loss, double rate)
{
    if (loss < plateau->best - plateau->min_delta) {
        plateau->best = loss;
        plateau->waited = 0;
        return rate;
    }
    if (++plateau->waited < plateau->patience)
        return rate;
    plateau->waited = 0;
    return fmax(rate * plateau->factor, plateau->least);
}

void schedule_options_init(struct schedule_options *options)
{
    *options = (struct schedule_options){
        .kind = SCHEDULE_PLATEAU,
        .rate = 1e-3f,
        .least_rate = 1e-7f,
        .step_epochs = 10,
        .step_factor = 0.1f,
        .plateau_patience = 3,
        .plateau_factor = 0.5f,
        .cycles = 1,
        .cycle_growth = 1,
        .peak_share = 0.3f,
        .start_divisor = 25,
    };
}

void schedule_init(struct schedule *schedule, const struct schedule_options *options,
                   int64_t epochs, int64_t steps)
{
    *schedule = (struct schedule){.options = *options, .epochs = epochs, .steps = steps};
    plateau_init(&schedule->plateau, options->plateau_patience, (double)options->plateau_factor,
                 (double)options->least_rate);
    schedule->plateau_rate = (double)options->rate;
}

/* From `start` to `end` as the share of the way goes from 0 to 1. */
static double cosine(double start, double end, double share)
{
    return end + (start - end) * 0.5 * (1 + cos(M_PI * share));
}

/* `at` of `length` steps, cut into cycles of lengths 1, g, g^2, ... */
static double cosine_rate(const struct schedule_options *o, double at, double length)
{
    double parts = 0, size = 1, growth = (double)o->cycle_growth;

    for (int64_t i = 0; i < o->cycles; i++, size *= growth)
        parts += size;
    size = length / parts;
    for (int64_t i = 1; i < o->cycles && at >= size; i++, size *= growth)
        at -= size;
    return cosine((double)o->rate, (double)o->least_rate, at / size);
}

/* The peak is at step peak_share * length - 1, the end at the last step. */
static double one_cycle_rate(const struct schedule_options *o, double at, double length)
{
    double peak = (double)o->peak_share * length - 1, rate = (double)o->rate;

    if (at <= peak)
        return cosine(rate / (double)o->start_divisor, rate, peak > 0 ? at / peak : 1);
    return cosine(rate, (double)o->least_rate, (at - peak) / (length - 1 - peak));
}

static double step_rate(const struct schedule_options *o, int64_t epoch)
{
    double rate = (double)o->rate * pow((double)o->step_factor, (double)(epoch / o->step_epochs));

    return fmax(rate, (double)o->least_rate);
}

double schedule_rate(const struct schedule *schedule, int64_t step)
{
    const struct schedule_options *o = &schedule->options;
    double warmup = round((double)o->warmup_epochs * (double)schedule->steps);
    double length = (double)schedule->epochs * (double)schedule->steps;

    if ((double)step < warmup)
        return (double)o->rate * (double)(step + 1) / warmup;
    switch (o->kind) {
    case SCHEDULE_STEP:
        return step_rate(o, step / schedule->steps);
    case SCHEDULE_PLATEAU:
        return schedule->plateau_rate;
    case SCHEDULE_COSINE:
        return cosine_rate(o, (double)step - warmup, length - warmup);
    case SCHEDULE_ONE_CYCLE:
        return one_cycle_rate(o, (double)step, length);
    default:
        return (double)o->rate;
    }
}

void schedule_see(struct schedule *schedule, double validation_loss)
{
    if (schedule->options.kind == SCHEDULE_PLATEAU)
        schedule->plateau_rate =
            plateau_see(&schedule->plateau, validation_loss, schedule->plateau_rate);
}

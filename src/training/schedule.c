/* schedule.c - early stopping and reduction on plateau.
 * SPDX-License-Identifier: MIT */
#include "training/schedule.h"

#include <math.h>

void early_stopping_init(struct early_stopping *stopping, int patience, double min_delta)
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
    *ret_stop = stopping->waited >= stopping->patience;
    return better;
}

void plateau_init(struct plateau *plateau, int patience, double factor, double least)
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

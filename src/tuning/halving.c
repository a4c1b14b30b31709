/* halving.c - which trials go on, and for how long.
 * SPDX-License-Identifier: MIT */
#include "tuning/halving.h"

static int divided(int number, int factor, int times)
{
    for (int i = 0; i < times; i++)
        number /= factor;
    return number;
}

struct halving halving_new(int trials, int epochs, int factor)
{
    struct halving h = {trials, epochs, factor, 1};

    while (factor > 1 && divided(trials, factor, h.rounds) && divided(epochs, factor, h.rounds))
        h.rounds++;
    return h;
}

int halving_trials(const struct halving *h, int round)
{
    return divided(h->trials, h->factor, round);
}

int halving_epochs(const struct halving *h, int round)
{
    return divided(h->epochs, h->factor, h->rounds - 1 - round);
}

void halving_sort(int *trials, size_t count, const double *scores)
{
    for (size_t i = 1; i < count; i++) {
        int trial = trials[i];
        size_t j = i;
        for (; j > 0; j--) {
            int other = trials[j - 1];
            if (scores[other] > scores[trial] ||
                (!(scores[trial] > scores[other]) && other < trial))
                break;
            trials[j] = other;
        }
        trials[j] = trial;
    }
}

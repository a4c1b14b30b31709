/* tuner.c - draw trials, train them round by round, several at once.
 * SPDX-License-Identifier: MIT */
#include "tuning/tuner.h"

#include <math.h>
#include <pthread.h>
#include <stdlib.h>

#include "base/thread_pool.h"

mien_status tuner_new(const struct search_space *space, const struct halving *halving,
                      uint64_t seed, struct tuner **ret_tuner, mien_error *err)
{
    size_t count = (size_t)halving->trials;
    struct tuner *tuner = calloc(1, sizeof *tuner);

    if (tuner)
        tuner->trials = calloc(count, sizeof *tuner->trials);
    if (!tuner || !tuner->trials) {
        tuner_free(tuner);
        return error_memory(err, count * sizeof *tuner->trials);
    }
    tuner->space = space;
    tuner->halving = *halving;
    for (size_t i = 0; i < count; i++) {
        tuner->trials[i].number = (int)i;
        for (size_t f = 0; f < space->count; f++)
            search_space_draw(space, f, seed, (int)i, tuner->trials[i].values[f]);
    }
    *ret_tuner = tuner;
    return MIEN_OK;
}

void tuner_free(struct tuner *tuner)
{
    if (tuner)
        free(tuner->trials);
    free(tuner);
}

/* --- who goes on --- */

/* A trial's standing when `round` begins. One that has gone on since has only become better: it
 * would be chosen again. */
static double score(const struct trial *trial, int round)
{
    return trial->rounds < round || (trial->failed && trial->rounds <= round) ? -INFINITY
                                                                              : trial->accuracy;
}

/* The numbers of the trials of `round` into `ret_chosen` (trials), of which all but the first
 * round's must have been chosen for the round before; returns how many there are. */
static int choose(const struct tuner *tuner, int round, double *scores, int *ret_chosen)
{
    int count = tuner->halving.trials, most = halving_trials(&tuner->halving, round);

    for (int i = 0; i < count; i++) {
        ret_chosen[i] = i;
        scores[i] = round ? score(&tuner->trials[i], round) : 0;
    }
    halving_sort(ret_chosen, (size_t)count, scores);
    while (most > 0 && scores[ret_chosen[most - 1]] == -INFINITY)
        most--;
    return most;
}

const struct trial *tuner_best(const struct tuner *tuner)
{
    const struct trial *best = NULL;

    for (int i = 0; i < tuner->halving.trials; i++) {
        const struct trial *t = &tuner->trials[i];
        if (t->rounds && !t->failed && (!best || t->accuracy > best->accuracy))
            best = t;
    }
    return best;
}

bool tuner_may_go_on(const struct tuner *tuner, const struct trial *trial)
{
    double own = score(trial, trial->rounds);
    int ahead = 0;

    if (trial->failed || trial->rounds == tuner->halving.rounds)
        return false;
    for (int i = 0; i < tuner->halving.trials && trial->rounds; i++) {
        double other = score(&tuner->trials[i], trial->rounds);
        ahead += other > own || (other == own && i < trial->number);
    }
    return ahead < halving_trials(&tuner->halving, trial->rounds);
}

const char *tuner_state(const struct tuner *tuner, const struct trial *trial)
{
    if (trial->failed)
        return "diverged";
    if (trial->rounds == tuner->halving.rounds)
        return "trained";
    return tuner_may_go_on(tuner, trial) ? "waiting" : "dropped";
}

/* --- running --- */

/* One round under way. */
struct round {
    struct tuner *tuner;
    const struct tuner_options *options;
    int number, threads; /* threads: for each trial */
    const int *chosen;
    pthread_mutex_t lock; /* of all that follows, and of the trials */
    mien_status status;
    mien_error err;
};

/* Accuracies as the table keeps them, so that a search taken up again compares the same numbers. */
static double rounded(double value)
{
    return rint(1e6 * value) / 1e6;
}

static mien_status record(struct round *round, const struct trial *result, mien_error *err)
{
    struct trial *trial = &round->tuner->trials[result->number];
    mien_status status;

    *trial = *result;
    trial->rounds = round->number + 1;
    trial->accuracy = rounded(trial->accuracy);
    trial->loss = rounded(trial->loss);
    status = tuner_write(round->tuner, round->options->table, err);
    if (!status && round->options->tell)
        round->options->tell(round->options->context, round->tuner, trial);
    return status;
}

static void run_trial(void *context, int index, int worker)
{
    struct round *round = context;
    const struct tuner_options *o = round->options;
    const struct trial *trial = &round->tuner->trials[round->chosen[index]];
    struct trial before, after;
    mien_error err = {0};
    mien_status status;

    (void)worker;
    pthread_mutex_lock(&round->lock);
    before = after = *trial;
    status = round->status;
    pthread_mutex_unlock(&round->lock);
    if (status || before.rounds > round->number)
        return;
    status = o->train(o->context, &before, halving_epochs(&round->tuner->halving, round->number),
                      round->threads, &after, &err);
    pthread_mutex_lock(&round->lock);
    if (!status)
        status = record(round, &after, &err);
    if (status && !round->status) {
        round->status = status;
        round->err = err;
    }
    pthread_mutex_unlock(&round->lock);
}

static mien_status run_round(struct tuner *tuner, const struct tuner_options *options, int number,
                             const int *chosen, int count, mien_error *err)
{
    int workers = count < options->parallel ? count : options->parallel;
    int threads = options->threads / workers;
    struct round round = {
        .tuner = tuner,
        .options = options,
        .number = number,
        .threads = threads > 0 ? threads : 1,
        .chosen = chosen,
    };
    struct thread_pool *pool;
    mien_status status = thread_pool_new(workers, &pool, err);

    if (status)
        return status;
    pthread_mutex_init(&round.lock, NULL);
    thread_pool_run(pool, count, run_trial, &round);
    pthread_mutex_destroy(&round.lock);
    thread_pool_free(pool);
    if (round.status && err)
        *err = round.err;
    return round.status;
}

mien_status tuner_run(struct tuner *tuner, const struct tuner_options *options, mien_error *err)
{
    size_t count = (size_t)tuner->halving.trials;
    double *scores = calloc(count, sizeof *scores);
    int *chosen = calloc(count, sizeof *chosen);
    mien_status status = MIEN_OK;

    if (!scores || !chosen)
        status = error_memory(err, count * sizeof *scores);
    for (int number = 0; number < tuner->halving.rounds && !status; number++) {
        int here = choose(tuner, number, scores, chosen);
        if (here == 0)
            break;
        status = run_round(tuner, options, number, chosen, here, err);
    }
    if (!status && !tuner_best(tuner))
        status = error_set(err, MIEN_EINVAL,
                           "the training of every trial diverged: lower learning rates may help");
    free(chosen);
    free(scores);
    return status;
}

/* peers_mpi.c - processes that train together, over MPI.
 *
 * Sums run on a thread of their own, because MPI moves nothing on while the program computes. That
 * thread and the caller's have a communicator each. Waiting is by testing, so that a process that
 * is told to end, as mpirun tells the rest when one has died, does end.
 * SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <mpi.h>

#include "base/clock.h"
#include "training/peers.h"

enum { SUMS_MAX = 1024 };

/* How long the others may still answer after this process was told to end. */
static const double PATIENCE_S = 0.25;

struct sum {
    float *values;
    size_t count;
};

struct peers {
    int count, rank;
    MPI_Comm exchange, sums; /* of the caller's thread and of the adding one */
    bool (*stopping)(void);
    atomic_bool failed;

    pthread_t thread;
    bool has_thread;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    struct sum queue[SUMS_MAX]; /* since the last finish */
    int queued, done;
    bool ending;
    double bytes, waited_s;
};

static void pause_briefly(void)
{
    nanosleep(&(struct timespec){0, 20000}, NULL);
}

/* Waits for a request that was started with the status `started`. */
static void await(struct peers *peers, int started, MPI_Request *request)
{
    double told = 0;
    int done = 0;

    if (started != MPI_SUCCESS)
        atomic_store(&peers->failed, true);
    while (!done && !atomic_load(&peers->failed)) {
        if (MPI_Test(request, &done, MPI_STATUS_IGNORE) != MPI_SUCCESS)
            atomic_store(&peers->failed, true);
        if (done)
            break;
        if (peers->stopping() && told == 0)
            told = clock_now_s();
        if (told > 0 && clock_now_s() - told > PATIENCE_S)
            atomic_store(&peers->failed, true);
        pause_briefly();
    }
}

/* --- sums in the background --- */

static void add_up(struct peers *peers, const struct sum *sum)
{
    for (size_t at = 0; at < sum->count && !atomic_load(&peers->failed); at += INT_MAX) {
        size_t left = sum->count - at;
        int count = left < INT_MAX ? (int)left : INT_MAX;
        MPI_Request request;
        await(peers,
              MPI_Iallreduce(MPI_IN_PLACE, sum->values + at, count, MPI_FLOAT, MPI_SUM, peers->sums,
                             &request),
              &request);
    }
}

static void *add_sums(void *context)
{
    struct peers *peers = context;

    pthread_mutex_lock(&peers->mutex);
    while (!peers->ending || peers->done < peers->queued) {
        if (peers->done < peers->queued) {
            struct sum sum = peers->queue[peers->done];
            pthread_mutex_unlock(&peers->mutex);
            add_up(peers, &sum);
            pthread_mutex_lock(&peers->mutex);
            peers->done++;
            pthread_cond_broadcast(&peers->changed);
        } else {
            pthread_cond_wait(&peers->changed, &peers->mutex);
        }
    }
    pthread_mutex_unlock(&peers->mutex);
    return NULL;
}

void peers_sum_finish(struct peers *peers)
{
    double started = clock_now_s();

    pthread_mutex_lock(&peers->mutex);
    while (peers->done < peers->queued)
        pthread_cond_wait(&peers->changed, &peers->mutex);
    peers->queued = peers->done = 0;
    pthread_mutex_unlock(&peers->mutex);
    peers->waited_s += clock_now_s() - started;
}

void peers_sum_start(struct peers *peers, float *values, size_t count)
{
    if (peers->queued == SUMS_MAX)
        peers_sum_finish(peers);
    pthread_mutex_lock(&peers->mutex);
    peers->queue[peers->queued++] = (struct sum){values, count};
    pthread_cond_broadcast(&peers->changed);
    pthread_mutex_unlock(&peers->mutex);
    peers->bytes += (double)(count * sizeof *values);
}

/* --- joining and leaving --- */

static bool started_by_mpi(void)
{
    return getenv("OMPI_COMM_WORLD_SIZE") || getenv("PMI_SIZE") || getenv("PMIX_RANK");
}

static mien_status join(struct peers *peers, mien_error *err)
{
    int provided = MPI_THREAD_SINGLE;

    if (MPI_Init_thread(NULL, NULL, MPI_THREAD_MULTIPLE, &provided) != MPI_SUCCESS)
        return error_set(err, MIEN_EIO, "MPI cannot be started");
    if (provided < MPI_THREAD_MULTIPLE)
        return error_set(err, MIEN_EUNSUPPORTED,
                         "this MPI does not take calls from several threads "
                         "(MPI_THREAD_MULTIPLE)");
    MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
    if (MPI_Comm_dup(MPI_COMM_WORLD, &peers->exchange) != MPI_SUCCESS ||
        MPI_Comm_dup(MPI_COMM_WORLD, &peers->sums) != MPI_SUCCESS)
        return error_set(err, MIEN_EIO, "MPI: no communicators");
    MPI_Comm_size(MPI_COMM_WORLD, &peers->count);
    MPI_Comm_rank(MPI_COMM_WORLD, &peers->rank);
    if (peers->count > PEERS_MAX)
        return error_set(err, MIEN_EUNSUPPORTED, "%d processes: at most %d train together",
                         peers->count, PEERS_MAX);
    return MIEN_OK;
}

mien_status peers_open(bool (*stopping)(void), struct peers **ret_peers, mien_error *err)
{
    struct peers *peers;
    mien_status status;

    *ret_peers = NULL;
    if (!started_by_mpi())
        return MIEN_OK;
    peers = calloc(1, sizeof *peers);
    if (!peers)
        return error_memory(err, sizeof *peers);
    peers->stopping = stopping;
    pthread_mutex_init(&peers->mutex, NULL);
    pthread_cond_init(&peers->changed, NULL);
    status = join(peers, err);
    if (!status && peers->count > 1) {
        peers->has_thread = pthread_create(&peers->thread, NULL, add_sums, peers) == 0;
        if (!peers->has_thread)
            status = error_set(err, MIEN_ENOMEM, "no thread for MPI");
    }
    if (status || peers->count == 1)
        peers_close(peers, !status);
    else
        *ret_peers = peers;
    return status;
}

void peers_close(struct peers *peers, bool good)
{
    int started;

    if (!peers)
        return;
    pthread_mutex_lock(&peers->mutex);
    peers->ending = true;
    pthread_cond_broadcast(&peers->changed);
    pthread_mutex_unlock(&peers->mutex);
    if (peers->has_thread)
        pthread_join(peers->thread, NULL);
    if (MPI_Initialized(&started) == MPI_SUCCESS && started && good && !atomic_load(&peers->failed))
        MPI_Finalize(); /* which waits for the others */
    pthread_cond_destroy(&peers->changed);
    pthread_mutex_destroy(&peers->mutex);
    free(peers);
}

int peers_count(const struct peers *peers)
{
    return peers ? peers->count : 1;
}

int peers_rank(const struct peers *peers)
{
    return peers ? peers->rank : 0;
}

void peers_gather(struct peers *peers, const double *mine, size_t count, double *ret_all)
{
    MPI_Request request;

    for (int p = 0; p < peers->count; p++) /* what there is if nobody answers */
        memcpy(ret_all + (size_t)p * count, mine, count * sizeof *mine);
    if (atomic_load(&peers->failed))
        return;
    await(peers,
          MPI_Iallgather(mine, (int)count, MPI_DOUBLE, ret_all, (int)count, MPI_DOUBLE,
                         peers->exchange, &request),
          &request);
}

mien_status peers_check(const struct peers *peers, mien_error *err)
{
    if (!peers || !atomic_load(&peers->failed))
        return MIEN_OK;
    return error_set(err, MIEN_EIO, "one of the %d processes is gone", peers->count);
}

void peers_cost(const struct peers *peers, double *ret_bytes, double *ret_waited_s)
{
    *ret_bytes = peers ? peers->bytes : 0;
    *ret_waited_s = peers ? peers->waited_s : 0;
}

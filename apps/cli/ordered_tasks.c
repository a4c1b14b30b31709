/* ordered_tasks.c - a ring of results between the workers and their order.
 * SPDX-License-Identifier: MIT */
#include "ordered_tasks.h"

#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Results of each worker that may wait: enough to be busy while one of them has a large picture. */
enum { AHEAD = 8 };

struct ring {
    const struct ordered_tasks *tasks;
    int slots;
    bool *filled;           /* (slots) */
    unsigned char *results; /* (slots, result_bytes) */

    pthread_mutex_t taking; /* held while a task is taken; before `lock` */
    int64_t begun;          /* tasks that were taken */
    bool over;              /* there are no more to take */

    pthread_mutex_t lock; /* of `finished` and `filled` */
    pthread_cond_t moved;
    int64_t finished;
};

static void *slot_of(struct ring *ring, int64_t index)
{
    return ring->results + (size_t)(index % ring->slots) * ring->tasks->result_bytes;
}

/* Waits until the slot of task `index` is free. The one that all wait for is never among those
 * waiting: it was taken before. */
static void wait_for_slot(struct ring *ring, int64_t index)
{
    pthread_mutex_lock(&ring->lock);
    while (index - ring->finished >= ring->slots)
        pthread_cond_wait(&ring->moved, &ring->lock);
    pthread_mutex_unlock(&ring->lock);
}

/* The number of the task that was taken, or -1. */
static int64_t take(struct ring *ring)
{
    const struct ordered_tasks *tasks = ring->tasks;
    int64_t index = -1;

    pthread_mutex_lock(&ring->taking);
    if (!ring->over) {
        void *result = slot_of(ring, ring->begun);
        wait_for_slot(ring, ring->begun);
        memset(result, 0, tasks->result_bytes);
        ring->over = !tasks->next(tasks->context, result);
        if (!ring->over)
            index = ring->begun++;
    }
    pthread_mutex_unlock(&ring->taking);
    return index;
}

/* Finishes what is at its turn now. */
static void finish_ready(struct ring *ring, int64_t index)
{
    const struct ordered_tasks *tasks = ring->tasks;

    pthread_mutex_lock(&ring->lock);
    ring->filled[index % ring->slots] = true;
    while (ring->filled[ring->finished % ring->slots]) {
        tasks->finish(tasks->context, slot_of(ring, ring->finished));
        ring->filled[ring->finished % ring->slots] = false;
        ring->finished++;
    }
    pthread_cond_broadcast(&ring->moved);
    pthread_mutex_unlock(&ring->lock);
}

static void run_worker(void *context, int index, int worker)
{
    struct ring *ring = context;
    int64_t task;

    (void)index;
    while ((task = take(ring)) >= 0) {
        ring->tasks->work(ring->tasks->context, worker, slot_of(ring, task));
        finish_ready(ring, task);
    }
}

mien_status ordered_tasks_run(struct thread_pool *pool, const struct ordered_tasks *tasks,
                              mien_error *err)
{
    struct ring ring = {.tasks = tasks, .slots = AHEAD * thread_pool_size(pool)};

    ring.filled = calloc((size_t)ring.slots, sizeof *ring.filled);
    ring.results = calloc((size_t)ring.slots, tasks->result_bytes);
    if (!ring.filled || !ring.results) {
        free(ring.filled);
        free(ring.results);
        return error_memory(err, (size_t)ring.slots * tasks->result_bytes);
    }
    pthread_mutex_init(&ring.taking, NULL);
    pthread_mutex_init(&ring.lock, NULL);
    pthread_cond_init(&ring.moved, NULL);
    thread_pool_run(pool, thread_pool_size(pool), run_worker, &ring);
    pthread_cond_destroy(&ring.moved);
    pthread_mutex_destroy(&ring.lock);
    pthread_mutex_destroy(&ring.taking);
    free(ring.filled);
    free(ring.results);
    return MIEN_OK;
}

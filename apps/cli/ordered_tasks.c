/* ordered_tasks.c - a ring of results between the workers and their order.
 * SPDX-License-Identifier: MIT */
#include "ordered_tasks.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Results of each worker that may wait: enough to be busy while one of them has a large picture. */
enum { AHEAD = 8 };

struct ring {
    const struct ordered_tasks *tasks;
    pthread_mutex_t lock;
    pthread_cond_t moved;
    int slots;
    int next;               /* the first task that is not finished */
    bool *filled;           /* (slots) */
    unsigned char *results; /* (slots, result_bytes) */
};

static void *slot_of(struct ring *ring, int index)
{
    return ring->results + (size_t)(index % ring->slots) * ring->tasks->result_bytes;
}

/* Finishes what is at its turn now. The lock is held. */
static void finish_ready(struct ring *ring)
{
    const struct ordered_tasks *tasks = ring->tasks;

    while (ring->next < tasks->count && ring->filled[ring->next % ring->slots]) {
        tasks->finish(tasks->context, ring->next, slot_of(ring, ring->next));
        ring->filled[ring->next % ring->slots] = false;
        ring->next++;
    }
    pthread_cond_broadcast(&ring->moved);
}

static void run_task(void *context, int index, int worker)
{
    struct ring *ring = context;
    const struct ordered_tasks *tasks = ring->tasks;
    void *result = slot_of(ring, index);

    /* The pool gives tasks out in order: the one that all wait for is never among those waiting. */
    pthread_mutex_lock(&ring->lock);
    while (index - ring->next >= ring->slots)
        pthread_cond_wait(&ring->moved, &ring->lock);
    pthread_mutex_unlock(&ring->lock);
    memset(result, 0, tasks->result_bytes);
    tasks->work(tasks->context, index, worker, result);
    pthread_mutex_lock(&ring->lock);
    ring->filled[index % ring->slots] = true;
    finish_ready(ring);
    pthread_mutex_unlock(&ring->lock);
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
    pthread_mutex_init(&ring.lock, NULL);
    pthread_cond_init(&ring.moved, NULL);
    thread_pool_run(pool, tasks->count, run_task, &ring);
    pthread_cond_destroy(&ring.moved);
    pthread_mutex_destroy(&ring.lock);
    free(ring.filled);
    free(ring.results);
    return MIEN_OK;
}

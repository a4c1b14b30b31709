/* thread_pool.c - a fixed team of threads over pthreads.
 * SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "base/thread_pool.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>

enum { MAX_THREADS = 256 };

struct thread_pool {
    int size;
    pthread_t *threads; /* (MAX_THREADS), size - 1 of them used */
    int started;
    pthread_mutex_t lock;
    pthread_cond_t work, done;
    unsigned long run; /* counts runs: a worker joins each once */
    bool open;         /* a run may be joined */
    bool stopping;
    int inside; /* workers that joined and are not done */
    thread_pool_task *task;
    void *context;
    int tasks;
    atomic_int next;
};

struct worker_start {
    struct thread_pool *pool;
    int worker;
};

int thread_pool_processors(void)
{
    cpu_set_t set;
    int count = sched_getaffinity(0, sizeof set, &set) ? 1 : CPU_COUNT(&set);

    return count < 1 ? 1 : count > MAX_THREADS ? MAX_THREADS : count;
}

static void work_off(struct thread_pool *pool, int worker)
{
    int index;

    while ((index = atomic_fetch_add_explicit(&pool->next, 1, memory_order_relaxed)) < pool->tasks)
        pool->task(pool->context, index, worker);
}

static void *worker_main(void *argument)
{
    struct worker_start start = *(struct worker_start *)argument;
    struct thread_pool *pool = start.pool;
    unsigned long seen = 0;

    free(argument);
    pthread_mutex_lock(&pool->lock);
    for (;;) {
        while (!(pool->open && pool->run != seen) && !pool->stopping)
            pthread_cond_wait(&pool->work, &pool->lock);
        if (pool->stopping)
            break;
        seen = pool->run;
        pool->inside++;
        pthread_mutex_unlock(&pool->lock);
        work_off(pool, start.worker);
        pthread_mutex_lock(&pool->lock);
        if (--pool->inside == 0)
            pthread_cond_signal(&pool->done);
    }
    pthread_mutex_unlock(&pool->lock);
    return NULL;
}

static bool start_worker(struct thread_pool *pool, int worker)
{
    struct worker_start *start = malloc(sizeof *start);

    if (!start)
        return false;
    *start = (struct worker_start){pool, worker};
    if (pthread_create(&pool->threads[worker - 1], NULL, worker_main, start)) {
        free(start);
        return false;
    }
    pool->started++;
    return true;
}

mien_status thread_pool_new(int threads, struct thread_pool **ret_pool, mien_error *err)
{
    struct thread_pool *pool;

    if (threads < 0 || threads > MAX_THREADS)
        return error_set(err, MIEN_EINVAL, "%d threads: give 1 to %d, or 0 for one a processor",
                         threads, MAX_THREADS);
    pool = calloc(1, sizeof *pool);
    if (!pool)
        return error_memory(err, sizeof *pool);
    pool->size = threads ? threads : thread_pool_processors();
    pthread_mutex_init(&pool->lock, NULL);
    pthread_cond_init(&pool->work, NULL);
    pthread_cond_init(&pool->done, NULL);
    pool->threads = calloc(MAX_THREADS, sizeof *pool->threads);
    if (!pool->threads) {
        thread_pool_free(pool);
        return error_memory(err, (size_t)MAX_THREADS * sizeof *pool->threads);
    }
    for (int worker = 1; worker < pool->size; worker++) {
        if (!start_worker(pool, worker)) {
            int size = pool->size;
            thread_pool_free(pool);
            return error_set(err, MIEN_ENOMEM, "thread %d of %d could not be started", worker + 1,
                             size);
        }
    }
    *ret_pool = pool;
    return MIEN_OK;
}

void thread_pool_free(struct thread_pool *pool)
{
    if (!pool)
        return;
    pthread_mutex_lock(&pool->lock);
    pool->stopping = true;
    pthread_cond_broadcast(&pool->work);
    pthread_mutex_unlock(&pool->lock);
    for (int i = 0; i < pool->started; i++)
        pthread_join(pool->threads[i], NULL);
    pthread_cond_destroy(&pool->done);
    pthread_cond_destroy(&pool->work);
    pthread_mutex_destroy(&pool->lock);
    free(pool->threads);
    free(pool);
}

int thread_pool_size(const struct thread_pool *pool)
{
    return pool ? pool->size : 1;
}

void thread_pool_run(struct thread_pool *pool, int tasks, thread_pool_task *task, void *context)
{
    if (!pool || pool->size == 1 || tasks <= 1) {
        for (int index = 0; index < tasks; index++)
            task(context, index, 0);
        return;
    }
    pthread_mutex_lock(&pool->lock);
    pool->task = task;
    pool->context = context;
    pool->tasks = tasks;
    atomic_store_explicit(&pool->next, 0, memory_order_relaxed);
    pool->open = true;
    pool->run++;
    for (int i = 1; i < tasks && i < pool->size; i++)
        pthread_cond_signal(&pool->work);
    pthread_mutex_unlock(&pool->lock);
    work_off(pool, 0);
    pthread_mutex_lock(&pool->lock);
    pool->open = false; /* who wakes only now has nothing to do, and is not waited for */
    while (pool->inside)
        pthread_cond_wait(&pool->done, &pool->lock);
    pthread_mutex_unlock(&pool->lock);
}

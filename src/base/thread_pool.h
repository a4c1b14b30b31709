/* thread_pool.h - a fixed team of threads that runs numbered tasks.
 * Results must never depend on the team's size: a task may use only its number to decide what it
 * computes; its worker number chooses scratch memory and nothing else.
 * SPDX-License-Identifier: MIT */
#ifndef BASE_THREAD_POOL_H
#define BASE_THREAD_POOL_H

#include "base/error.h"

struct thread_pool;

/* Task `index` of a run, on worker `worker` (0 is the calling thread). */
typedef void thread_pool_task(void *context, int index, int worker);

/* `threads` counts the caller too; 0 means one a processor. Sleeps when idle, never spins. */
mien_status thread_pool_new(int threads, struct thread_pool **ret_pool, mien_error *err);
void thread_pool_free(struct thread_pool *pool);

/* The number of workers, the caller included; 1 for NULL. */
int thread_pool_size(const struct thread_pool *pool);

/* Runs tasks 0..tasks-1 and returns when all are done. The caller works too. A NULL pool runs
 * them in order on the caller. One run at a time, from one thread; tasks must not start a run. */
void thread_pool_run(struct thread_pool *pool, int tasks, thread_pool_task *task, void *context);

/* Processors that this process may use (its affinity mask), at least 1. */
int thread_pool_processors(void);

#endif

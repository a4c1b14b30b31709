/* ordered_tasks.h - many threads work, one result after the other comes out in the order of the
 * tasks, and only a few wait for their turn.
 * SPDX-License-Identifier: MIT */
#ifndef CLI_ORDERED_TASKS_H
#define CLI_ORDERED_TASKS_H

#include <stdbool.h>

#include "base/thread_pool.h"

struct ordered_tasks {
    size_t result_bytes; /* of one result, at least 1 */
    /* Puts what the next task is about into the zeroed `result`, or says false: there are no more.
     * One call at a time, on any of the threads, while others work. */
    bool (*next)(void *context, void *result);
    /* Does the task; on several threads at once, the worker's number chooses scratch memory. */
    void (*work)(void *context, int worker, void *result);
    /* Takes the result of every task, in the order of next(), one call at a time, on any of the
     * threads. */
    void (*finish)(void *context, void *result);
    void *context;
};

/* Runs all tasks; a worker that is far ahead of the slowest one waits for it.
 * @param pool may be NULL: the caller alone
 * @return MIEN_OK, or MIEN_ENOMEM before anything was run */
mien_status ordered_tasks_run(struct thread_pool *pool, const struct ordered_tasks *tasks,
                              mien_error *err);

#endif

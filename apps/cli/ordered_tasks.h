/* ordered_tasks.h - many threads work, one result after the other comes out in the order of the
 * tasks, and only a few wait for their turn.
 * SPDX-License-Identifier: MIT */
#ifndef CLI_ORDERED_TASKS_H
#define CLI_ORDERED_TASKS_H

#include "base/thread_pool.h"

struct ordered_tasks {
    int count;
    size_t result_bytes; /* of one result, at least 1 */
    /* Fills in the zeroed `result` of task `index`; on several threads at once, the worker's
     * number chooses scratch memory. */
    void (*work)(void *context, int index, int worker, void *result);
    /* Takes the result of every task, 0 to count - 1, one call at a time, on any of the threads. */
    void (*finish)(void *context, int index, void *result);
    void *context;
};

/* Runs all tasks; a worker that is far ahead of the slowest one waits for it.
 * @param pool may be NULL: the caller alone
 * @return MIEN_OK, or MIEN_ENOMEM before anything was run */
mien_status ordered_tasks_run(struct thread_pool *pool, const struct ordered_tasks *tasks,
                              mien_error *err);

#endif

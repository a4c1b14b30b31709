/* test_ordered_tasks.c - work on many threads, results in order, few of them waiting.
 * SPDX-License-Identifier: MIT */
#include "tests/unit.h"

#include <pthread.h>

#include "ordered_tasks.h"

enum { TASKS = 500 };

struct log {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    int count, taken, begun, finished, most_ahead;
    bool in_order;
    int waits_for; /* the first task lasts until so many were begun; 0: no longer than others */
};

static bool next(void *context, void *result)
{
    struct log *log = context;

    assert_int_equal(*(int *)result, 0);
    *(int *)result = log->taken;
    return log->taken++ < log->count;
}

static void work(void *context, int worker, void *result)
{
    struct log *log = context;
    int index = *(int *)result;

    (void)worker;
    *(int *)result = 3 * index + 1;
    pthread_mutex_lock(&log->lock);
    log->begun++;
    if (index - log->finished > log->most_ahead)
        log->most_ahead = index - log->finished;
    pthread_cond_broadcast(&log->changed);
    while (index == 0 && log->begun < log->waits_for)
        pthread_cond_wait(&log->changed, &log->lock);
    pthread_mutex_unlock(&log->lock);
}

static void finish(void *context, void *result)
{
    struct log *log = context;

    pthread_mutex_lock(&log->lock);
    log->in_order &= *(int *)result == 3 * log->finished + 1;
    log->finished++;
    pthread_mutex_unlock(&log->lock);
}

static void run(int threads, int count, struct log *log)
{
    struct ordered_tasks tasks = {sizeof(int), next, work, finish, log};
    struct thread_pool *pool = NULL;

    pthread_mutex_init(&log->lock, NULL);
    pthread_cond_init(&log->changed, NULL);
    log->in_order = true;
    log->count = count;
    if (threads)
        assert_int_equal(thread_pool_new(threads, &pool, NULL), MIEN_OK);
    assert_int_equal(ordered_tasks_run(pool, &tasks, NULL), MIEN_OK);
    thread_pool_free(pool);
    pthread_cond_destroy(&log->changed);
    pthread_mutex_destroy(&log->lock);
}

static void results_come_in_order_at_any_number_of_threads(void **state)
{
    (void)state;
    for (int threads = 0; threads <= 5; threads++) {
        struct log log = {0};
        run(threads, TASKS, &log);
        assert_true(log.in_order);
        assert_int_equal(log.finished, TASKS);
        assert_int_equal(log.taken, TASKS + 1); /* that there are no more is asked once */
    }
}

static void others_go_on_while_one_is_slow_but_not_without_end(void **state)
{
    struct log log = {.waits_for = 20};

    (void)state;
    run(4, TASKS, &log);
    assert_true(log.in_order);
    assert_in_range(log.most_ahead, 19, 31); /* eight of each thread wait, at most */
}

static void no_task_is_no_work(void **state)
{
    struct log log = {0};

    (void)state;
    run(2, 0, &log);
    assert_int_equal(log.begun, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(results_come_in_order_at_any_number_of_threads),
        cmocka_unit_test(others_go_on_while_one_is_slow_but_not_without_end),
        cmocka_unit_test(no_task_is_no_work),
    };
    return cmocka_run_group_tests_name("ordered_tasks", tests, NULL, NULL);
}

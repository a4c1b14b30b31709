/* test_plan_limits.c - architectures that ask for too much are refused before memory is touched: a
 * model file brings its own.
 * SPDX-License-Identifier: MIT */
#include <string.h>
#include <sys/resource.h>

#include "base/text.h"
#include "network/plan.h"
#include "tests/unit.h"

struct request {
    int batch, threads;
    bool training;
};

/* Makes a plan and drops it. */
static mien_status try_plan(const char *text, struct request request, mien_error *err)
{
    struct plan_options options = {.batch = request.batch, .training = request.training};
    struct architecture *architecture;
    struct network *network;
    struct plan *plan = NULL;
    mien_status status;

    if (architecture_parse(text, "test", &architecture, err))
        fail_msg("%s", err->message);
    assert_int_equal(network_new(architecture, 1, &network, err), MIEN_OK);
    assert_int_equal(thread_pool_new(request.threads, &options.pool, err), MIEN_OK);
    status = plan_new(network, &options, &plan, err);
    assert_true(!plan == !!status);
    plan_free(plan);
    thread_pool_free(options.pool);
    network_free(network);
    architecture_free(architecture);
    return status;
}

static size_t peak_bytes(void)
{
    struct rusage usage;

    getrusage(RUSAGE_SELF, &usage);
    return (size_t)usage.ru_maxrss * 1024;
}

static void expect_refused(const char *text, struct request request)
{
    size_t before = peak_bytes();
    mien_error err = {0};

    assert_int_equal(try_plan(text, request, &err), MIEN_EUNSUPPORTED);
    if (!strstr(err.message, "more than the 8 GiB that a network may take"))
        fail_msg("%s", err.message);
    assert_in_range(peak_bytes() - before, 0, (size_t)256 << 20);
}

/* An activation of the input's size is 1 GiB, and twelve of them are alive together. */
static void many_large_activations_are_refused(void **state)
{
    struct text text = {0};

    (void)state;
    text_add(&text, "input 8192x8192x4\n");
    for (int i = 0; i < 12; i++)
        text_add(&text, "convolution 4 1x1 from input1 as c%d\n", i);
    for (int i = 0; i < 11; i++)
        text_add(&text, "add c%d\n", i);
    text_add(&text, "output map\n");
    assert_false(text.failed);
    expect_refused(text.data, (struct request){.batch = 1, .threads = 1});
    text_free(&text);
}

static void a_batch_that_is_too_large_is_refused(void **state)
{
    static const char text[] = "input 48x48x1\nconvolution 64 3x3\nbatchnorm\noutput map\n";
    mien_error err;

    (void)state;
    expect_refused(text, (struct request){.batch = 65536, .threads = 1, .training = true});
    assert_int_equal(try_plan(text, (struct request){16, 1, true}, &err), MIEN_OK);
}

static void memory_that_every_thread_needs_is_counted(void **state)
{
    static const char text[] =
        "input 4096x4096x4\nconvolution 4 1x1\nleaky 0.1\nconvolution 1 1x1\n"
        "output map\n";

    (void)state;
    expect_refused(text, (struct request){.batch = 1, .threads = 64});
}

static void the_largest_batch_of_a_small_network_is_accepted(void **state)
{
    mien_error err;

    (void)state;
    assert_int_equal(try_plan("input 1x1x1\ndense 2\noutput two\n",
                              (struct request){PLAN_BATCH_MAX, 1, true}, &err),
                     MIEN_OK);
    assert_int_equal(try_plan("input 1x1x1\ndense 2\noutput two\n",
                              (struct request){PLAN_BATCH_MAX + 1, 1, true}, &err),
                     MIEN_EINVAL);
}

/* Deepest and widest: as many layers as there may be, each of which is read again at the end. */
static void a_network_with_the_most_layers_is_planned(void **state)
{
    const int half = ARCHITECTURE_LAYERS_MAX / 2 - 2;
    struct text text = {0};
    mien_error err = {0};

    (void)state;
    text_add(&text, "input 4x4x1\n");
    for (int i = 0; i < half; i++)
        text_add(&text, "convolution 1 1x1 as c%d\n", i);
    for (int i = 0; i < half; i++)
        text_add(&text, "add c%d\n", i);
    text_add(&text, "output map\n");
    assert_false(text.failed);
    for (int training = 0; training < 2; training++)
        if (try_plan(text.data, (struct request){2, 1, training}, &err))
            fail_msg("%s", err.message);
    text_free(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(many_large_activations_are_refused),
        cmocka_unit_test(a_batch_that_is_too_large_is_refused),
        cmocka_unit_test(memory_that_every_thread_needs_is_counted),
        cmocka_unit_test(the_largest_batch_of_a_small_network_is_accepted),
        cmocka_unit_test(a_network_with_the_most_layers_is_planned),
    };
    return cmocka_run_group_tests_name("plan_limits", tests, NULL, NULL);
}

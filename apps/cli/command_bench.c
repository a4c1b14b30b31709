/* command_bench.c - `mien bench`: how fast this machine trains and recognises.
 * SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "architecture_choice.h"
#include "base/clock.h"
#include "base/random.h"
#include "command.h"
#include "network/model.h"
#include "network/plan.h"
#include "output.h"
#include "precision.h"
#include "terminal.h"
#include "training/augmentation.h"
#include "training/loss.h"
#include "training/optimizer.h"

struct values {
    const char *arch, *model;
    int64_t batch, jobs;
    double seconds;
    int precision;
    bool json;
};

static const struct values defaults = {.arch = "deck", .batch = 0, .seconds = 5};

static const struct option options[] = {
    {"arch", 0, "NAME", "built-in architecture, or a text file of one",
     OPTION_STRING(struct values, arch)},
    {"model", 0, "FILE", "recognize: a model's weights and architecture, not random ones",
     OPTION_STRING(struct values, model)},
    {"batch", 0, "N", "pictures at once; 0: 256 to train, 1 to recognize",
     OPTION_INTEGER(struct values, batch, 0, 65536)},
    {"seconds", 0, "S", "how long to measure", OPTION_NUMBER(struct values, seconds, 0.1, 3600)},
    OPTION_PRECISION(struct values),
    OPTION_JOBS(struct values),
    OPTION_JSON(struct values),
    {0},
};

enum { REPETITIONS = 7 };

/* A network on random grey pictures, ready to run or to be trained. */
struct work {
    const struct values *values;
    bool training, bf16;
    int batch, classes;
    struct model *model; /* or NULL, and these two are our own */
    const struct architecture *architecture;
    struct network *network;
    struct thread_pool *pool;
    struct plan *plan;
    struct optimizer *optimizer;
    uint8_t *pictures; /* (batch, H, W) */
    float *targets;    /* (batch, classes) */
    long step;
};

static mien_status open_network(struct work *w, mien_error *err)
{
    struct architecture *architecture = NULL;
    mien_status status;

    if (w->values->model) {
        status = model_open(w->values->model, &w->model, err);
        if (!status) {
            w->architecture = w->model->architecture;
            w->network = w->model->network;
        }
        return status;
    }
    status = architecture_choose(w->values->arch, &architecture, err);
    w->architecture = architecture;
    return status ? status : network_new(architecture, 1, &w->network, err);
}

static mien_status prepare(struct work *w, mien_error *err)
{
    struct plan_options o = {.batch = w->batch, .training = w->training};
    size_t pixels;
    mien_status status = open_network(w, err);

    if (!status && w->training)
        status = precision_choose(w->values->precision, &o.bf16, err);
    if (!status)
        status = thread_pool_new((int)w->values->jobs, &w->pool, err);
    o.pool = w->pool;
    w->bf16 = o.bf16;
    if (!status)
        status = plan_new(w->network, &o, &w->plan, err);
    if (!status && w->training)
        status = optimizer_new(w->architecture, NULL, &w->optimizer, err);
    if (status)
        return status;
    pixels = (size_t)w->batch * shape_count(architecture_input(w->architecture));
    w->classes = (int)plan_output_floats(w->plan, 0);
    w->pictures = malloc(pixels);
    w->targets = calloc((size_t)w->batch * (size_t)w->classes, sizeof *w->targets);
    if (!w->pictures || !w->targets)
        return error_memory(err, pixels);
    for (size_t i = 0; i < pixels; i++)
        w->pictures[i] = (uint8_t)random_bits(1, i);
    for (int i = 0; i < w->batch; i++)
        label_target((size_t)(i % w->classes), (size_t)w->classes, 0,
                     w->targets + (size_t)i * (size_t)w->classes);
    return MIEN_OK;
}

static void release(struct work *w)
{
    free(w->targets);
    free(w->pictures);
    optimizer_free(w->optimizer);
    plan_free(w->plan);
    thread_pool_free(w->pool);
    if (w->model) {
        model_close(w->model);
        return;
    }
    network_free(w->network);
    architecture_free((struct architecture *)w->architecture);
}

static void load(void *context, int index, int worker)
{
    struct work *w = context;
    struct shape input = architecture_input(w->architecture);
    struct augmentation augmentation;
    size_t count = shape_count(input), at = (size_t)index * count;

    (void)worker;
    augmentation_init(&augmentation);
    augmentation_apply(w->training ? &augmentation : NULL, w->pictures + at, input.H,
                       input.W * input.C, random_key((uint64_t)w->step, (uint64_t)index),
                       plan_input(w->plan) + at);
}

/* What training does with a batch, or what recognition does: all of it, from bytes on. */
static void run_once(struct work *w)
{
    w->step++;
    thread_pool_run(w->pool, w->batch, load, w);
    plan_forward(w->plan, w->batch, (uint64_t)w->step);
    if (!w->training)
        return;
    cross_entropy(plan_output(w->plan, 0), w->targets, (size_t)w->batch, (size_t)w->classes,
                  plan_output_gradient(w->plan, 0));
    plan_backward(w->plan);
    optimizer_step(w->optimizer, w->network, plan_gradients(w->plan), 1e-3f, w->pool);
    plan_update(w->plan);
}

static int compare_numbers(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* Pictures a second: least, median and most of the repetitions, after a warm-up. */
static void measure(struct work *w, double ret_speeds[REPETITIONS])
{
    for (int i = 0; i < 3; i++)
        run_once(w);
    for (int r = 0; r < REPETITIONS; r++) {
        double start = clock_now_s(), elapsed;
        long pictures = 0;
        do {
            run_once(w);
            pictures += w->batch;
            elapsed = clock_now_s() - start;
        } while (elapsed < w->values->seconds / REPETITIONS && !stop_requested());
        ret_speeds[r] = (double)pictures / elapsed;
    }
    qsort(ret_speeds, REPETITIONS, sizeof *ret_speeds, compare_numbers);
}

static double peak_megabytes(void)
{
    struct rusage usage;

    getrusage(RUSAGE_SELF, &usage);
    return (double)usage.ru_maxrss / 1024;
}

static const char *name_of(const struct work *w)
{
    return w->model ? w->values->model : w->values->arch;
}

static const char *precision_of(const struct work *w)
{
    return w->network->quantized ? "int8" : w->bf16 ? "bf16" : "f32";
}

static mien_status print(const struct work *w, const double *speeds, mien_error *err)
{
    double median = speeds[REPETITIONS / 2], mmac = architecture_macs(w->architecture) / 1e6;

    if (w->values->json)
        return output_json(json_pack("{s:s, s:o, s:o, s:s, s:i, s:i, s:o, s:o, s:o, s:o}", "task",
                                     w->training ? "train" : "recognize", "arch",
                                     output_string(name_of(w)), "mmac", output_number(mmac),
                                     "precision", precision_of(w), "batch", w->batch, "threads",
                                     thread_pool_size(w->pool), "pictures_per_second",
                                     output_number(median), "least", output_number(speeds[0]),
                                     "most", output_number(speeds[REPETITIONS - 1]),
                                     "peak_megabytes", output_number(peak_megabytes())),
                           err);
    printf("%s %s (%.1f MMAC), %s, batch %d, %d threads: %.0f pictures/s (%.0f to %.0f), %.1f us "
           "each; "
           "peak memory %.0f MB\n",
           w->training ? "train" : "recognize", name_of(w), mmac, precision_of(w), w->batch,
           thread_pool_size(w->pool), median, speeds[0], speeds[REPETITIONS - 1], 1e6 / median,
           peak_megabytes());
    return MIEN_OK;
}

static int run(const struct command_line *line)
{
    const struct values *v = line->values;
    struct work w = {.values = v, .training = strcmp(line->arguments[0], "train") == 0};
    double speeds[REPETITIONS];
    mien_error err;
    int exit_status = COMMAND_DONE;

    if (!w.training && strcmp(line->arguments[0], "recognize") != 0)
        return command_wrong_usage(line, "\"%s\": say train or recognize", line->arguments[0]);
    if (w.training && v->model)
        return command_wrong_usage(line, "--model is for recognize: say --arch to train");
    w.batch = v->batch ? (int)v->batch : w.training ? 256 : 1;
    stop_listen();
    if (prepare(&w, &err)) {
        exit_status = command_failed(line, &err);
    } else {
        measure(&w, speeds);
        if (print(&w, speeds, &err))
            exit_status = command_failed(line, &err);
    }
    if (!exit_status && stop_requested())
        exit_status = COMMAND_INTERRUPTED;
    release(&w);
    return exit_status;
}

const struct command command_bench = {
    .name = "bench",
    .summary = "Measure how fast this machine trains or recognises.",
    .arguments = "TASK",
    .details =
        "TASK is train or recognize. Whole steps are timed, from the bytes of a picture on:\n"
        "augmentation, forward, loss, backward and optimiser to train. The median of seven\n"
        "repetitions is given, and the least and the most.\n",
    .options = options,
    .run = run,
    COMMAND_VALUES(struct values, &defaults),
};

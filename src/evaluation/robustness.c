/* robustness.c - make a worse copy of the pictures, predict, count.
 * SPDX-License-Identifier: MIT */
#include "evaluation/robustness.h"

#include <stdlib.h>

#include "base/memory.h"
#include "base/random.h"
#include "evaluation/prediction.h"
#include "network/softmax.h"

enum { SEED = 1 };

/* Task i makes picture i worse. */
struct worsening {
    const struct dataset *dataset;
    const uint32_t *rows;
    enum perturbation perturbation;
    double level;
    uint8_t *pixels;       /* (count, H, W) */
    mien_status *statuses; /* (count) */
};

static void worsen_task(void *context, int index, int worker)
{
    const struct worsening *w = context;
    size_t bytes = (size_t)w->dataset->width * (size_t)w->dataset->height;
    struct image source =
        image_borrow(dataset_picture(w->dataset, w->rows[index]), w->dataset->width,
                     w->dataset->height, 1, (size_t)w->dataset->width);
    struct image target = source;

    (void)worker;
    target.pixels = w->pixels + (size_t)index * bytes;
    w->statuses[index] = perturb(w->perturbation, w->level, random_key(SEED, w->rows[index]),
                                 &source, &target, NULL);
}

/* All that passes share. */
struct passes {
    struct worsening worsening;
    struct dataset worse; /* a view of the worse copies */
    uint32_t *rows;       /* (count) 0, 1, 2, ... of that view */
    const uint16_t *labels;
    float *logits; /* (count, classes) */
    size_t count, classes;
    int output;
    struct predictor *predictor;
    struct thread_pool *pool;
};

static mien_status run_pass(struct passes *p, struct interval *ret_accuracy, mien_error *err)
{
    size_t correct = 0;
    mien_status status = MIEN_OK;

    thread_pool_run(p->pool, (int)p->count, worsen_task, &p->worsening);
    for (size_t i = 0; i < p->count; i++)
        if (p->worsening.statuses[i])
            return error_set(err, p->worsening.statuses[i], "picture %zu cannot be changed", i);
    status = predictor_run(p->predictor, &p->worse, p->rows, p->count, p->output, p->logits, err);
    for (size_t i = 0; i < p->count && !status; i++)
        correct += largest_index(p->logits + i * p->classes, p->classes) == p->labels[i];
    ret_accuracy->value = (double)correct / (double)p->count;
    accuracy_interval(correct, p->count, SEED, &ret_accuracy->low, &ret_accuracy->high);
    return status;
}

static int count_passes(void)
{
    int passes = 0;

    for (int k = 0; k < PERTURBATIONS; k++)
        passes += (int)perturbation_kind((enum perturbation)k)->level_count;
    return passes;
}

static mien_status run_passes(struct passes *p, robustness_progress *progress, void *context,
                              struct robustness *ret_robustness, mien_error *err)
{
    int pass = 0, passes = count_passes();
    mien_status status = MIEN_OK;

    for (int k = 0; k < PERTURBATIONS; k++) {
        const struct perturbation_kind *kind = perturbation_kind((enum perturbation)k);
        for (size_t l = 0; l < kind->level_count && !status; l++) {
            if (progress && !progress(context, pass++, passes))
                return error_set(err, MIEN_ECANCELLED, "stopped");
            p->worsening.perturbation = (enum perturbation)k;
            p->worsening.level = kind->levels[l];
            status = run_pass(p, &ret_robustness->accuracy[k][l], err);
        }
    }
    return status;
}

mien_status robustness_measure(const struct network *network, struct thread_pool *pool,
                               const struct dataset *dataset, const uint32_t *rows,
                               const uint16_t *labels, size_t count, robustness_progress *progress,
                               void *context, struct robustness *ret_robustness, mien_error *err)
{
    struct passes p = {.labels = labels, .count = count, .pool = pool};
    size_t picture = (size_t)dataset->width * (size_t)dataset->height, bytes = 0;
    struct robustness robustness = {0};
    mien_status status = MIEN_OK;

    p.output = architecture_find_output(network->architecture, "expression");
    p.classes = shape_count(network->architecture->outputs[p.output].shape);
    p.worsening = (struct worsening){.dataset = dataset, .rows = rows};
    if (mul_size(count, picture, &bytes))
        p.worsening.pixels = malloc(bytes);
    p.worsening.statuses = calloc(count, sizeof *p.worsening.statuses);
    p.rows = malloc(count * sizeof *p.rows);
    p.logits = malloc(count * p.classes * sizeof *p.logits);
    if (!p.worsening.pixels || !p.worsening.statuses || !p.rows || !p.logits)
        status = error_memory(err, bytes);
    for (size_t i = 0; i < count && !status; i++)
        p.rows[i] = (uint32_t)i;
    p.worse = (struct dataset){.count = count,
                               .width = dataset->width,
                               .height = dataset->height,
                               .pixels = p.worsening.pixels};
    if (!status)
        status = predictor_new(network, pool, &p.predictor, err);
    if (!status)
        status = run_passes(&p, progress, context, &robustness, err);
    if (!status)
        *ret_robustness = robustness;
    predictor_free(p.predictor);
    free(p.worsening.pixels);
    free(p.worsening.statuses);
    free(p.rows);
    free(p.logits);
    return status;
}

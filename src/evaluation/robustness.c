/* robustness.c - make a worse copy of the pictures, predict, count.
 * SPDX-License-Identifier: MIT */
#include "evaluation/robustness.h"

#include "base/random.h"
#include "evaluation/picture_copies.h"
#include "network/softmax.h"

enum { SEED = 1 };

/* How pictures get worse. */
struct worsening {
    enum perturbation perturbation;
    double level;
};

static mien_status worsen(const void *context, uint32_t row, const struct image *picture,
                          struct image *copy)
{
    const struct worsening *w = context;

    return perturb(w->perturbation, w->level, random_key(SEED, row), picture, copy, NULL);
}

/* All that passes share. */
struct passes {
    const uint16_t *labels; /* (N) */
    int output;
    struct picture_copies worse;
    struct predictor *predictor;
    struct predictions said; /* logits */
    struct thread_pool *pool;
};

static mien_status run_pass(struct passes *p, const struct worsening *worsening,
                            struct interval *ret_accuracy, mien_error *err)
{
    size_t count = p->said.count, classes = p->said.width[p->output], correct = 0;
    mien_status status = picture_copies_make(&p->worse, p->pool, worsen, worsening, err);

    if (!status)
        status = predictor_run(p->predictor, &p->worse.copies, p->worse.rows, count, p->said.values,
                               err);
    if (status)
        return status;
    for (size_t i = 0; i < count; i++)
        correct += largest_index(p->said.values[p->output] + i * classes, classes) == p->labels[i];
    *ret_accuracy = accuracy_interval(correct, count);
    return MIEN_OK;
}

static int count_passes(void)
{
    int passes = 0;

    for (int k = 0; k < PERTURBATIONS; k++)
        passes += (int)perturbation_kind((enum perturbation)k)->level_count;
    return passes;
}

static mien_status run_passes(struct passes *p, pass_progress *progress, void *context,
                              struct robustness *ret_robustness, mien_error *err)
{
    int pass = 0, passes = count_passes();
    mien_status status = MIEN_OK;

    for (int k = 0; k < PERTURBATIONS; k++) {
        const struct perturbation_kind *kind = perturbation_kind((enum perturbation)k);
        for (size_t l = 0; l < kind->level_count && !status; l++) {
            struct worsening worsening = {(enum perturbation)k, kind->levels[l]};
            if (progress && !progress(context, pass++, passes))
                return error_set(err, MIEN_ECANCELLED, "stopped");
            status = run_pass(p, &worsening, &ret_robustness->accuracy[k][l], err);
        }
    }
    return status;
}

mien_status robustness_measure(const struct network *network, struct thread_pool *pool,
                               const struct dataset *dataset, const uint32_t *rows,
                               const uint16_t *labels, size_t count, pass_progress *progress,
                               void *context, struct robustness *ret_robustness, mien_error *err)
{
    struct passes p = {.labels = labels, .pool = pool};
    struct robustness robustness = {0};
    mien_status status = picture_copies_new(dataset, rows, count, &p.worse, err);

    p.output = architecture_find_output(network->architecture, "expression");
    if (!status)
        status = predictions_new(network->architecture, count, &p.said, err);
    if (!status)
        status = predictor_new(network, pool, &p.predictor, err);
    if (!status)
        status = run_passes(&p, progress, context, &robustness, err);
    if (!status)
        *ret_robustness = robustness;
    predictor_free(p.predictor);
    predictions_free(&p.said);
    picture_copies_free(&p.worse);
    return status;
}

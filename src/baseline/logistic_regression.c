/* logistic_regression.c - multinomial logistic regression by accelerated gradient descent with
 * adaptive restart (Nesterov, 1983; O'Donoghue, Candes, "Adaptive restart for accelerated
 * gradient schemes", Found. Comput. Math. 15, 2015).
 * SPDX-License-Identifier: MIT */
#include "baseline/logistic_regression.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <cblas.h>

#include "base/thread_pool.h"
#include "network/softmax.h"

/* Examples of one task; the tasks' gradients are added up in their order. */
enum { BLOCK = 1024 };

/* The mean loss of a softmax has no second derivative above 1/2 along features of variance 1
 * (Boehning, "Multinomial logistic regression algorithm", Ann. Inst. Stat. Math. 44, 1992). */
static const double curvature = 0.5;

/* A point is the weights (L, K), then the biases (L): `size` numbers. */
struct fitting {
    const float *features;
    const uint16_t *labels;
    size_t count, feature_count, size;
    int label_count, tasks;
    double penalty;          /* beside the mean loss */
    double *weights, *ahead; /* (size) the point, and the point that momentum leads to */
    double *gradient;        /* (size) at `ahead` */
    float *rounded;          /* (size) `ahead` */
    float *errors;           /* (workers, BLOCK, L): probability less target */
    float *gradients;        /* (tasks, size) */
};

void logistic_options_init(struct logistic_options *options)
{
    *options = (struct logistic_options){.penalty = 1, .tolerance = 1e-5, .iterations = 1000};
}

/* Logits of examples first..first + count - 1, then what they are wrong by. */
static void find_errors(const struct fitting *fitting, size_t first, size_t count, float *errors)
{
    const int labels = fitting->label_count, features = (int)fitting->feature_count;
    const float *biases = fitting->rounded + (size_t)labels * fitting->feature_count;

    for (size_t i = 0; i < count; i++)
        memcpy(errors + i * (size_t)labels, biases, (size_t)labels * sizeof *errors);
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, (int)count, labels, features, 1,
                fitting->features + first * fitting->feature_count, features, fitting->rounded,
                features, 1, errors, labels);
    for (size_t i = 0; i < count; i++, errors += labels) {
        softmax(errors, (size_t)labels, 1, errors);
        errors[fitting->labels[first + i]] -= 1;
    }
}

static void block_gradient(void *context, int task, int worker)
{
    const struct fitting *fitting = context;
    const int labels = fitting->label_count, features = (int)fitting->feature_count;
    const size_t first = (size_t)task * BLOCK, left = fitting->count - first;
    const size_t count = left < BLOCK ? left : BLOCK;
    float *errors = fitting->errors + worker * BLOCK * labels;
    float *gradient = fitting->gradients + (size_t)task * fitting->size;
    float *biases = gradient + (size_t)labels * fitting->feature_count;

    find_errors(fitting, first, count, errors);
    cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, labels, features, (int)count, 1, errors,
                labels, fitting->features + first * fitting->feature_count, features, 0, gradient,
                features);
    memset(biases, 0, (size_t)labels * sizeof *biases);
    for (size_t i = 0; i < count; i++)
        for (int label = 0; label < labels; label++)
            biases[label] += errors[i * (size_t)labels + (size_t)label];
}

/* The gradient at `ahead`; returns its largest element. */
static double find_gradient(struct fitting *fitting, struct thread_pool *pool)
{
    const size_t weights = (size_t)fitting->label_count * fitting->feature_count;
    double largest = 0;

    for (size_t i = 0; i < fitting->size; i++)
        fitting->rounded[i] = (float)fitting->ahead[i];
    thread_pool_run(pool, fitting->tasks, block_gradient, fitting);
    for (size_t i = 0; i < fitting->size; i++) {
        double sum = 0;

        for (size_t task = 0; task < (size_t)fitting->tasks; task++)
            sum += (double)fitting->gradients[task * fitting->size + i];
        fitting->gradient[i] =
            sum / (double)fitting->count + (i < weights ? fitting->penalty * fitting->ahead[i] : 0);
        largest = fmax(largest, fabs(fitting->gradient[i]));
    }
    return largest;
}

/* One step from `ahead`; `steps` counts those since the last restart. */
static void step(struct fitting *fitting, int *steps)
{
    const double length = 1 / (curvature + fitting->penalty);
    const double momentum = *steps / (*steps + 3.0);
    double uphill = 0;

    for (size_t i = 0; i < fitting->size; i++) {
        const double next = fitting->ahead[i] - length * fitting->gradient[i];
        const double change = next - fitting->weights[i];

        uphill += fitting->gradient[i] * change;
        fitting->ahead[i] = next + momentum * change;
        fitting->weights[i] = next;
    }
    ++*steps;
    if (uphill > 0) { /* momentum leads astray: begin again from here */
        memcpy(fitting->ahead, fitting->weights, fitting->size * sizeof *fitting->ahead);
        *steps = 0;
    }
}

static int descend(struct fitting *fitting, const struct logistic_options *options,
                   struct thread_pool *pool)
{
    int iteration = 0, steps = 0;

    while (iteration < options->iterations && find_gradient(fitting, pool) > options->tolerance) {
        step(fitting, &steps);
        iteration++;
    }
    return iteration;
}

static void fitting_free(struct fitting *fitting)
{
    free(fitting->weights);
    free(fitting->ahead);
    free(fitting->gradient);
    free(fitting->rounded);
    free(fitting->errors);
    free(fitting->gradients);
}

static mien_status allocate(struct fitting *fitting, int workers, mien_error *err)
{
    const size_t size = fitting->size, labels = (size_t)fitting->label_count;

    fitting->weights = calloc(size, sizeof(double));
    fitting->ahead = calloc(size, sizeof(double));
    fitting->gradient = calloc(size, sizeof(double));
    fitting->rounded = calloc(size, sizeof(float));
    fitting->errors = calloc((size_t)workers * BLOCK, labels * sizeof(float));
    fitting->gradients = calloc((size_t)fitting->tasks, size * sizeof(float));
    if (!fitting->weights || !fitting->ahead || !fitting->gradient || !fitting->rounded ||
        !fitting->errors || !fitting->gradients)
        return error_memory(err, (size_t)fitting->tasks * size * sizeof(float));
    return MIEN_OK;
}

mien_status logistic_regression_fit(const float *features, size_t count, size_t feature_count,
                                    const uint16_t *labels, int label_count,
                                    const struct logistic_options *options,
                                    struct thread_pool *pool,
                                    struct logistic_regression *ret_regression, mien_error *err)
{
    struct fitting fitting = {.features = features,
                              .labels = labels,
                              .count = count,
                              .feature_count = feature_count,
                              .size = (size_t)label_count * (feature_count + 1),
                              .label_count = label_count,
                              .tasks = (int)((count + BLOCK - 1) / BLOCK),
                              .penalty = options->penalty / (double)count};
    const int blas_threads = openblas_get_num_threads();
    mien_status status = allocate(&fitting, thread_pool_size(pool), err);

    if (!status) {
        openblas_set_num_threads(1); /* the pool's threads share the work */
        *ret_regression = (struct logistic_regression){
            feature_count, label_count, descend(&fitting, options, pool), fitting.ahead};
        fitting.ahead = NULL; /* where the gradient was found small */
        openblas_set_num_threads(blas_threads);
    }
    fitting_free(&fitting);
    return status;
}

void logistic_regression_free(struct logistic_regression *regression)
{
    free(regression->weights);
    *regression = (struct logistic_regression){0};
}

void logistic_regression_classify(const struct logistic_regression *regression,
                                  const float *features, float *ret_probabilities)
{
    const size_t labels = (size_t)regression->label_count;

    for (size_t label = 0; label < labels; label++) {
        const double *weights = regression->weights + label * regression->features;
        double logit = regression->weights[labels * regression->features + label];

        for (size_t k = 0; k < regression->features; k++)
            logit += weights[k] * (double)features[k];
        ret_probabilities[label] = (float)logit;
    }
    softmax(ret_probabilities, labels, 1, ret_probabilities);
}

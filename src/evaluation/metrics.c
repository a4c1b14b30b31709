/* metrics.c - confusion matrix and what follows from it.
 * SPDX-License-Identifier: MIT */
#include "evaluation/metrics.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/random.h"
#include "network/softmax.h"

enum { BOOTSTRAP_ROUNDS = 2000 };

static double ratio(double a, double b)
{
    return b > 0 ? a / b : 0;
}

static bool among_two(const float *row, size_t classes, size_t label)
{
    int better = 0;

    for (size_t c = 0; c < classes; c++)
        better += row[c] > row[label] || (row[c] == row[label] && c < label);
    return better < 2;
}

static void count_rows(struct metrics *m, const float *probabilities, const uint16_t *labels)
{
    for (size_t i = 0; i < m->count; i++) {
        const float *row = probabilities + i * m->classes;
        size_t predicted = largest_index(row, m->classes);
        m->confusion[labels[i] * m->classes + predicted]++;
        m->correct += predicted == labels[i];
        m->top2 += among_two(row, m->classes, labels[i]);
        m->log_loss -= log(fmax(row[labels[i]], 1e-15));
    }
    m->accuracy = (double)m->correct / (double)m->count;
    m->top2 /= (double)m->count;
    m->log_loss /= (double)m->count;
}

static void count_classes(struct metrics *m)
{
    size_t present = 0;

    for (size_t c = 0; c < m->classes; c++) {
        struct class_metrics *k = &m->by_class[c];
        size_t predicted = 0, right = m->confusion[c * m->classes + c];
        for (size_t other = 0; other < m->classes; other++) {
            k->support += m->confusion[c * m->classes + other];
            predicted += m->confusion[other * m->classes + c];
        }
        k->precision = ratio((double)right, (double)predicted);
        k->recall = ratio((double)right, (double)k->support);
        k->f1 = ratio(2 * k->precision * k->recall, k->precision + k->recall);
        present += k->support > 0;
        m->balanced_accuracy += k->recall;
        m->macro_f1 += k->f1;
    }
    m->balanced_accuracy /= (double)present;
    m->macro_f1 /= (double)present;
}

mien_status metrics_new(const float *probabilities, const uint16_t *labels, size_t count,
                        size_t classes, struct metrics **ret_metrics, mien_error *err)
{
    struct metrics *m;

    if (count == 0)
        return error_set(err, MIEN_EINVAL, "no pictures to evaluate");
    m = calloc(1, sizeof *m);
    if (!m)
        return error_memory(err, sizeof *m);
    m->count = count;
    m->classes = classes;
    m->confusion = calloc(classes * classes, sizeof *m->confusion);
    m->by_class = calloc(classes, sizeof *m->by_class);
    if (!m->confusion || !m->by_class) {
        metrics_free(m);
        return error_memory(err, classes * classes * sizeof *m->confusion);
    }
    count_rows(m, probabilities, labels);
    count_classes(m);
    *ret_metrics = m;
    return MIEN_OK;
}

void metrics_free(struct metrics *metrics)
{
    if (!metrics)
        return;
    free(metrics->confusion);
    free(metrics->by_class);
    free(metrics);
}

static int compare_numbers(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* The accuracy of `count` answers drawn with repetition: answers 0 to correct-1 are the right
 * ones. */
static double resample(size_t correct, size_t count, uint64_t key)
{
    size_t right = 0;

    for (size_t i = 0; i < count; i++)
        right += ((random_bits(key, i) >> 32) * (uint64_t)count) >> 32 < correct;
    return (double)right / (double)count;
}

void accuracy_interval(size_t correct, size_t count, uint64_t seed, double *ret_low,
                       double *ret_high)
{
    double rounds[BOOTSTRAP_ROUNDS];

    for (int r = 0; r < BOOTSTRAP_ROUNDS; r++)
        rounds[r] = resample(correct, count, random_key(seed, (uint64_t)r));
    qsort(rounds, BOOTSTRAP_ROUNDS, sizeof *rounds, compare_numbers);
    *ret_low = rounds[(int)(BOOTSTRAP_ROUNDS * 0.025)];
    *ret_high = rounds[(int)(BOOTSTRAP_ROUNDS * 0.975)];
}

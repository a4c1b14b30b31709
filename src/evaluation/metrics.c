/* metrics.c - confusion matrix and what follows from it.
 * SPDX-License-Identifier: MIT */
#include "evaluation/metrics.h"

#include <math.h>
#include <stdlib.h>

#include "network/softmax.h"

static double ratio(double a, double b)
{
    return b > 0 ? a / b : 0;
}

bool among_two(const float *row, size_t classes, size_t label)
{
    int better = 0;

    for (size_t c = 0; c < classes; c++)
        better += row[c] > row[label] || (row[c] == row[label] && c < label);
    return better < 2;
}

double log_loss_of(float probability)
{
    return -log(fmax(probability, 1e-15));
}

static size_t predicted_as(const size_t *confusion, size_t classes, size_t label)
{
    size_t sum = 0;

    for (size_t row = 0; row < classes; row++)
        sum += confusion[row * classes + label];
    return sum;
}

struct class_metrics confusion_class(const size_t *confusion, size_t classes, size_t label)
{
    struct class_metrics k = {0};
    double right = (double)confusion[label * classes + label];

    for (size_t c = 0; c < classes; c++)
        k.support += confusion[label * classes + c];
    k.precision = ratio(right, (double)predicted_as(confusion, classes, label));
    k.recall = ratio(right, (double)k.support);
    k.f1 = ratio(2 * k.precision * k.recall, k.precision + k.recall);
    return k;
}

void confusion_rate(const size_t *confusion, size_t classes, struct confusion_rates *ret_rates)
{
    struct confusion_rates r = {0};
    double present = 0, named = 0, count = 0, right = 0;
    double actual2 = 0, predicted2 = 0, chance = 0; /* sums of squares and products of margins */

    for (size_t c = 0; c < classes; c++) {
        struct class_metrics k = confusion_class(confusion, classes, c);
        double support = (double)k.support;
        double predicted = (double)predicted_as(confusion, classes, c);
        present += support > 0;
        named += support > 0 || predicted > 0;
        r.balanced_accuracy += k.recall;
        r.macro_f1 += k.f1;
        count += support;
        right += (double)confusion[c * classes + c];
        actual2 += support * support;
        predicted2 += predicted * predicted;
        chance += support * predicted;
    }
    r.accuracy = ratio(right, count);
    r.balanced_accuracy = ratio(r.balanced_accuracy, present);
    r.macro_f1 = ratio(r.macro_f1, named);
    r.matthews = ratio(right * count - chance,
                       sqrt(count * count - predicted2) * sqrt(count * count - actual2));
    r.kappa = ratio(right * count - chance, count * count - chance);
    *ret_rates = r;
}

static void count_rows(struct metrics *m, const float *probabilities, const uint16_t *labels)
{
    for (size_t i = 0; i < m->count; i++) {
        const float *row = probabilities + i * m->classes;
        size_t predicted = largest_index(row, m->classes);
        m->confusion[labels[i] * m->classes + predicted]++;
        m->correct += predicted == labels[i];
        m->top2 += among_two(row, m->classes, labels[i]);
        m->log_loss += log_loss_of(row[labels[i]]);
    }
    m->top2 /= (double)m->count;
    m->log_loss /= (double)m->count;
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
    confusion_rate(m->confusion, classes, &m->rates);
    for (size_t c = 0; c < classes; c++)
        m->by_class[c] = confusion_class(m->confusion, classes, c);
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

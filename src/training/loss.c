/* loss.c - softmax with cross-entropy or focal loss.
 * SPDX-License-Identifier: MIT */
#include "training/loss.h"

#include <math.h>

/* log(sum(exp(logits / temperature))) without overflow */
static double log_sum_exp(const float *logits, size_t classes, double temperature)
{
    double most = logits[0], sum = 0;

    for (size_t c = 1; c < classes; c++)
        most = logits[c] > most ? logits[c] : most;
    for (size_t c = 0; c < classes; c++)
        sum += exp((logits[c] - most) / temperature);
    return most / temperature + log(sum);
}

/* One class's share of a row's loss, and p * d(share)/dp. */
static double class_loss(double weight, double log_probability, double gamma, double *ret_slope)
{
    double unknown, power;

    if (gamma == 0) {
        *ret_slope = -weight;
        return -weight * log_probability;
    }
    unknown = fmax(-expm1(log_probability), 1e-12); /* 1 - p; the slope has its power gamma - 1 */
    power = weight * pow(unknown, gamma);
    *ret_slope = power * (gamma * exp(log_probability) * log_probability / unknown - 1);
    return -power * log_probability;
}

/* Of one row of `count`; the softmax's derivative is dp_k/dlogit_c = p_k ((k == c) - p_c). */
static double row_loss(const struct loss *loss, const float *logits, const float *target,
                       double weight, size_t count, size_t classes, float *dlogits)
{
    double total = log_sum_exp(logits, classes, 1), slopes = 0, sum = 0, slope = 0;

    for (size_t c = 0; c < classes; c++) {
        double class_weight = loss->class_weights ? (double)loss->class_weights[c] : 1;
        sum += class_loss(class_weight * (double)target[c], logits[c] - total, (double)loss->focal,
                          &slope);
        slopes += slope;
        if (dlogits)
            dlogits[c] = (float)slope;
    }
    for (size_t c = 0; c < classes && dlogits; c++)
        dlogits[c] = (float)(weight * ((double)dlogits[c] - exp(logits[c] - total) * slopes) /
                             (double)count);
    return weight * sum;
}

double loss_mean(const struct loss *loss, const float *logits, const float *targets,
                 const float *row_weights, size_t count, size_t classes, float *dlogits)
{
    double sum = 0;

    for (size_t n = 0; n < count; n++)
        sum += row_loss(loss, logits + n * classes, targets + n * classes,
                        row_weights ? (double)row_weights[n] : 1, count, classes,
                        dlogits ? dlogits + n * classes : NULL);
    return sum / (double)count;
}

double cross_entropy(const float *logits, const float *targets, size_t count, size_t classes,
                     float *dlogits)
{
    return loss_mean(&(struct loss){0}, logits, targets, NULL, count, classes, dlogits);
}

double distillation_loss(const float *logits, const float *targets, float temperature, size_t count,
                         size_t classes, float *dlogits)
{
    double t = (double)temperature, sum = 0;

    for (size_t n = 0; n < count * classes; n += classes) {
        double total = log_sum_exp(logits + n, classes, t);
        for (size_t c = n; c < n + classes; c++) {
            double log_probability = logits[c] / t - total, target = (double)targets[c];
            if (target > 0)
                sum += target * (log(target) - log_probability);
            dlogits[c] = (float)(t * (exp(log_probability) - target) / (double)count);
        }
    }
    return t * t * sum / (double)count;
}

void label_target(size_t label, size_t classes, float smoothing, float *ret_target)
{
    for (size_t c = 0; c < classes; c++)
        ret_target[c] = smoothing / (float)classes;
    ret_target[label] += 1 - smoothing;
}

void balanced_class_weights(const size_t *class_rows, size_t classes, float *ret_weights)
{
    size_t rows = 0, present = 0;

    for (size_t c = 0; c < classes; c++) {
        rows += class_rows[c];
        present += class_rows[c] > 0;
    }
    for (size_t c = 0; c < classes; c++)
        ret_weights[c] =
            class_rows[c] ? (float)((double)rows / ((double)present * (double)class_rows[c])) : 0;
}

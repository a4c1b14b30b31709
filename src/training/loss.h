/* loss.h - softmax with cross-entropy or focal loss, for soft targets, weighted.
 * SPDX-License-Identifier: MIT */
#ifndef TRAINING_LOSS_H
#define TRAINING_LOSS_H

#include <stddef.h>

/* Zeroed, it is plain cross-entropy. */
struct loss {
    float focal; /* gamma of Lin et al. (ICCV 2017), eq. 4: what is known counts less; 0: off */
    const float *class_weights; /* (classes), borrowed; NULL: all 1 */
};

/* The mean over `count` rows of logits (count, classes) against targets (count, classes), each row
 * a distribution t: of weight * sum over c of -w_c t_c (1 - p_c)^gamma log p_c. `row_weights`
 * (count) may be NULL for all 1; 0 leaves a row out. The sum is divided by `count`, so weights
 * should average 1. The gradient goes to dlogits (count, classes) if not NULL. */
double loss_mean(const struct loss *loss, const float *logits, const float *targets,
                 const float *row_weights, size_t count, size_t classes, float *dlogits);

/* The same for plain cross-entropy. */
double cross_entropy(const float *logits, const float *targets, size_t count, size_t classes,
                     float *dlogits);

/* Distillation (Hinton, Vinyals, Dean 2015): the mean of T^2 times the divergence of the answer
 * softmax(logits / T) from the teacher's `targets`, T the temperature: T^2 sum over c of
 * t_c log(t_c / p_c), whose gradient goes to dlogits (count, classes). */
double distillation_loss(const float *logits, const float *targets, float temperature, size_t count,
                         size_t classes, float *dlogits);

/* Writes a target row for a label: 1 - smoothing for it, then smoothing / classes for every class
 * (Szegedy et al., CVPR 2016, section 7). */
void label_target(size_t label, size_t classes, float smoothing, float *ret_target);

/* The weights that let every class count the same, with a mean of 1 over all rows: rows / (classes
 * * rows of the class), as scikit-learn's "balanced". Classes without rows do not count, and get
 * 0. */
void balanced_class_weights(const size_t *class_rows, size_t classes, float *ret_weights);

#endif

/* loss.h - softmax with cross-entropy.
 * SPDX-License-Identifier: MIT */
#ifndef TRAINING_LOSS_H
#define TRAINING_LOSS_H

#include <stddef.h>

/* Mean cross-entropy of `count` rows of logits (count, classes) against targets (count, classes),
 * each row a distribution; the gradient goes to dlogits (count, classes) if not NULL. */
double cross_entropy(const float *logits, const float *targets, size_t count, size_t classes,
                     float *dlogits);

/* Writes a target row for a label: 1 - smoothing for it, then smoothing / classes for every class
 * (Szegedy et al., CVPR 2016, section 7). */
void label_target(size_t label, size_t classes, float smoothing, float *ret_target);

#endif

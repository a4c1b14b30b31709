/* perturbation.h - ways in which pictures of faces get worse, in steps (after Hendrycks,
 * Dietterich: "Benchmarking neural network robustness to common corruptions and perturbations",
 * ICLR 2019).
 * SPDX-License-Identifier: MIT */
#ifndef EVALUATION_PERTURBATION_H
#define EVALUATION_PERTURBATION_H

#include <stddef.h>

#include "image/image.h"

enum perturbation {
    PERTURB_SHIFT,      /* level: share of the side, in a direction drawn by the key */
    PERTURB_SCALE,      /* factor */
    PERTURB_ROTATION,   /* degrees, clockwise */
    PERTURB_BRIGHTNESS, /* factor on every pixel */
    PERTURB_BLUR,       /* standard deviation of a Gaussian, pixels of a face of 48 */
    PERTURB_NOISE,      /* standard deviation, levels of 255 */
    PERTURB_JPEG,       /* quality 1 to 100 */
    PERTURB_EYES,       /* height of a grey bar over the eyes, share of the height */
    PERTURB_MOUTH,      /* ... over the mouth */
    PERTURBATIONS
};

enum { PERTURBATION_LEVELS = 7 };

struct perturbation_kind {
    const char *name;  /* "rotation": for people, files and JSON */
    const char *level; /* what a level is, for an axis */
    double levels[PERTURBATION_LEVELS];
    size_t level_count;
};

const struct perturbation_kind *perturbation_kind(enum perturbation perturbation);

/* Fills `target` with `source`, of the same size and grey, made worse. The same key gives the same
 * picture; `level` need not be one of the kind's. */
mien_status perturb(enum perturbation perturbation, double level, uint64_t key,
                    const struct image *source, struct image *target, mien_error *err);

#endif

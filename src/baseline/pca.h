/* pca.h - principal components of grey pictures.
 * N pictures, D pixels a picture, K components.
 *
 * The covariance's sums are exact and everything after them is computed in double precision on
 * fixed pieces of work: the result is the same at any thread count.
 * SPDX-License-Identifier: MIT */
#ifndef BASELINE_PCA_H
#define BASELINE_PCA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "baseline/covariance.h"

struct thread_pool;

/* 96 x 96 pixels: the covariance then has 680 MB. */
enum { PCA_MAX_DIMS = 9216 };

struct pca_options {
    size_t components; /* K, 1 to the smaller of D and N - 1; 0: as many as `share` needs */
    double share;      /* of the variance that the components hold together, above 0 to 1 */
};

/* Constant once fitted: any number of threads may use it. */
struct pca {
    size_t dims, components, picture_count; /* D, K, N */
    double *mean;                           /* (D) */
    double *variances;                      /* (D) along every component, largest first */
    double total_variance;                  /* their sum; above 0 */
    float *axes; /* (K, D) of length 1, at right angles; the element that is farthest from 0, the
                    first of several, is positive */
};

/* MIEN_EINVAL: fewer than two pictures, more than PCA_MAX_DIMS pixels, pictures that are all the
 * same, or components that are not to be had. */
mien_status pca_fit(const struct byte_rows *pictures, const struct pca_options *options,
                    struct thread_pool *pool, struct pca *ret_pca, mien_error *err);
void pca_free(struct pca *pca);

/* The share of the variance that the first `components` hold. */
double pca_share(const struct pca *pca, size_t components);

/* The pictures' coordinates along the components, `ret_features` (N, K). With `whiten` each is
 * divided by its standard deviation (and is 0 where that is 0). MIEN_ENOMEM. */
mien_status pca_transform(const struct pca *pca, const struct byte_rows *pictures, bool whiten,
                          struct thread_pool *pool, float *ret_features, mien_error *err);

/* The picture (D), in levels of 0 to 255 and beyond, of the first `components` of one picture's
 * features (K). */
void pca_inverse(const struct pca *pca, const float *features, size_t components, bool whitened,
                 float *ret_levels);

#endif

/* pca.c - principal components by the covariance's eigenvectors (LAPACK).
 * Pictures are more than pixels, so that the D x D covariance is the small problem; in double
 * precision, from exact sums, squaring the data loses nothing that bytes had.
 * SPDX-License-Identifier: MIT */
#include "baseline/pca.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <cblas.h>
#include <lapacke.h>

#include "base/memory.h"
#include "base/thread_pool.h"

/* The reduction to tridiagonal form waits for memory half of its time, and two threads take half
 * as long as one. Always two: the number of BLAS's threads changes the order of its sums. */
enum { REDUCTION_THREADS = 2 };

struct eigen {
    lapack_int n, k;                          /* size; eigenvectors asked for */
    double *matrix;                           /* (n, n), in the end the reflectors */
    double *diagonal, *beside, *tau, *values; /* (n) each; values ascend */
    double *vectors;                          /* (k, n), the largest last */
};

static void eigen_free(struct eigen *eigen)
{
    free(eigen->matrix);
    free(eigen->diagonal);
    free(eigen->beside);
    free(eigen->tau);
    free(eigen->values);
    free(eigen->vectors);
}

static mien_status eigen_init(struct eigen *eigen, size_t n, mien_error *err)
{
    size_t bytes = n * n * sizeof(double); /* n is at most PCA_MAX_DIMS */

    eigen->n = (lapack_int)n;
    eigen->matrix = memory_aligned_new(bytes);
    eigen->diagonal = calloc(n, sizeof(double));
    eigen->beside = calloc(n, sizeof(double));
    eigen->tau = calloc(n, sizeof(double));
    eigen->values = calloc(n, sizeof(double));
    if (!eigen->matrix || !eigen->diagonal || !eigen->beside || !eigen->tau || !eigen->values)
        return error_memory(err, bytes);
    return MIEN_OK;
}

static mien_status lapack_failed(lapack_int info, const char *routine, mien_error *err)
{
    if (info == LAPACK_WORK_MEMORY_ERROR || info == LAPACK_TRANSPOSE_MEMORY_ERROR)
        return error_set(err, MIEN_ENOMEM, "out of memory in the eigensolver (%s)", routine);
    return error_set(err, MIEN_EINVAL, "the eigensolver (%s) found no answer (%d)", routine,
                     (int)info);
}

/* Reduces the matrix to tridiagonal form and finds all eigenvalues. */
static mien_status find_values(struct eigen *eigen, mien_error *err)
{
    const size_t bytes = (size_t)eigen->n * sizeof(double);
    double *beside = malloc(bytes);
    lapack_int info;

    if (!beside)
        return error_memory(err, bytes);
    openblas_set_num_threads(REDUCTION_THREADS);
    info = LAPACKE_dsytrd(LAPACK_COL_MAJOR, 'L', eigen->n, eigen->matrix, eigen->n, eigen->diagonal,
                          eigen->beside, eigen->tau);
    openblas_set_num_threads(1);
    if (!info) {
        memcpy(eigen->values, eigen->diagonal, bytes);
        memcpy(beside, eigen->beside, bytes);
        info = LAPACKE_dsterf(eigen->n, eigen->values, beside);
    }
    free(beside);
    return info ? lapack_failed(info, "dsytrd, dsterf", err) : MIEN_OK;
}

/* The eigenvectors of the k largest eigenvalues, after find_values. */
static mien_status find_vectors(struct eigen *eigen, size_t k, mien_error *err)
{
    const size_t bytes = k * (size_t)eigen->n * sizeof(double);
    double *values = calloc((size_t)eigen->n, sizeof *values);
    lapack_int *support = calloc(2 * (size_t)eigen->n, sizeof *support);
    lapack_logical careful = 1;
    lapack_int found, info;
    mien_status status = MIEN_OK;

    eigen->k = (lapack_int)k;
    eigen->vectors = memory_aligned_new(bytes);
    if (!values || !support || !eigen->vectors) {
        status = error_memory(err, bytes);
        goto out;
    }
    info = LAPACKE_dstemr(LAPACK_COL_MAJOR, 'V', 'I', eigen->n, eigen->diagonal, eigen->beside, 0,
                          0, eigen->n - eigen->k + 1, eigen->n, &found, values, eigen->vectors,
                          eigen->n, eigen->k, support, &careful);
    if (!info) /* not in pieces on the pool: it writes to the matrix in between */
        info = LAPACKE_dormtr(LAPACK_COL_MAJOR, 'L', 'L', 'N', eigen->n, eigen->k, eigen->matrix,
                              eigen->n, eigen->tau, eigen->vectors, eigen->n);
    if (info)
        status = lapack_failed(info, "dstemr, dormtr", err);
out:
    free(values);
    free(support);
    return status;
}

static mien_status check(const struct byte_rows *pictures, const struct pca_options *options,
                         mien_error *err)
{
    const size_t others = pictures->count - 1;
    const size_t most = pictures->dims < others ? pictures->dims : others;

    if (pictures->count < 2)
        return error_set(err, MIEN_EINVAL,
                         "%zu picture: principal components need 2 or more pictures",
                         pictures->count);
    if (pictures->dims < 1 || pictures->dims > PCA_MAX_DIMS)
        return error_set(err, MIEN_EINVAL,
                         "pictures of %zu pixels: principal components take 1 to %d (96 x 96)",
                         pictures->dims, PCA_MAX_DIMS);
    if (options->components > most)
        return error_set(err, MIEN_EINVAL,
                         "%zu components: %zu pictures of %zu pixels have at most %zu",
                         options->components, pictures->count, pictures->dims, most);
    if (!options->components && !(options->share > 0 && options->share <= 1))
        return error_set(err, MIEN_EINVAL, "a share of %g of the variance: give above 0, up to 1",
                         options->share);
    return MIEN_OK;
}

/* Takes the eigenvalues over, largest first; rounding leaves some a little below 0. */
static mien_status take_values(const struct eigen *eigen, struct pca *pca, mien_error *err)
{
    pca->total_variance = 0;
    for (size_t i = 0; i < pca->dims; i++) {
        pca->variances[i] = fmax(eigen->values[pca->dims - 1 - i], 0);
        pca->total_variance += pca->variances[i];
    }
    if (pca->variances[0] <= 0)
        return error_set(err, MIEN_EINVAL,
                         "all %zu pictures are the same: they have no principal "
                         "components",
                         pca->picture_count);
    return MIEN_OK;
}

static size_t components_for(const struct pca *pca, double share)
{
    const size_t others = pca->picture_count - 1;
    const size_t most = pca->dims < others ? pca->dims : others;
    double sum = 0;

    for (size_t k = 0; k < most; k++) {
        sum += pca->variances[k];
        if (sum >= share * pca->total_variance)
            return k + 1;
    }
    return most;
}

/* Takes the eigenvectors over, largest variance first, with their sign fixed. */
static void take_axes(const struct eigen *eigen, struct pca *pca)
{
    for (size_t k = 0; k < pca->components; k++) {
        const double *vector = eigen->vectors + (pca->components - 1 - k) * pca->dims;
        size_t farthest = 0;

        for (size_t d = 1; d < pca->dims; d++)
            if (fabs(vector[d]) > fabs(vector[farthest]))
                farthest = d;
        for (size_t d = 0; d < pca->dims; d++)
            pca->axes[k * pca->dims + d] = (float)(vector[farthest] < 0 ? -vector[d] : vector[d]);
    }
}

static mien_status solve(const struct pca_options *options, struct eigen *eigen, struct pca *pca,
                         mien_error *err)
{
    mien_status status = find_values(eigen, err);

    if (!status)
        status = take_values(eigen, pca, err);
    if (status)
        return status;
    pca->components =
        options->components ? options->components : components_for(pca, options->share);
    status = find_vectors(eigen, pca->components, err);
    if (status)
        return status;
    pca->axes = memory_aligned_new(pca->components * pca->dims * sizeof *pca->axes);
    if (!pca->axes)
        return error_memory(err, pca->components * pca->dims * sizeof *pca->axes);
    take_axes(eigen, pca);
    return MIEN_OK;
}

mien_status pca_fit(const struct byte_rows *pictures, const struct pca_options *options,
                    struct thread_pool *pool, struct pca *ret_pca, mien_error *err)
{
    struct pca pca = {.dims = pictures->dims, .picture_count = pictures->count};
    struct eigen eigen = {0};
    const int blas_threads = openblas_get_num_threads();
    mien_status status = check(pictures, options, err);

    if (status)
        return status;
    openblas_set_num_threads(1); /* as everywhere but in the reduction */
    pca.mean = calloc(pca.dims, sizeof *pca.mean);
    pca.variances = calloc(pca.dims, sizeof *pca.variances);
    if (!pca.mean || !pca.variances)
        status = error_memory(err, pca.dims * sizeof *pca.mean);
    if (!status)
        status = eigen_init(&eigen, pca.dims, err);
    if (!status)
        status = covariance_of_bytes(pictures, pool, pca.mean, eigen.matrix, err);
    if (!status)
        status = solve(options, &eigen, &pca, err);
    openblas_set_num_threads(blas_threads);
    eigen_free(&eigen);
    if (status) {
        pca_free(&pca);
        return status;
    }
    *ret_pca = pca;
    return MIEN_OK;
}

void pca_free(struct pca *pca)
{
    if (!pca)
        return;
    free(pca->mean);
    free(pca->variances);
    free(pca->axes);
    *pca = (struct pca){0};
}

double pca_share(const struct pca *pca, size_t components)
{
    double sum = 0;

    for (size_t k = 0; k < components; k++)
        sum += pca->variances[k];
    return sum / pca->total_variance;
}

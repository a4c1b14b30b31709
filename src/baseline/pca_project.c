/* pca_project.c - pictures to principal components and back.
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdlib.h>

#include <cblas.h>

#include "base/memory.h"
#include "base/thread_pool.h"
#include "baseline/pca.h"

/* Pictures of one task. */
enum { BLOCK = 256 };

struct projection {
    const struct pca *pca;
    const struct byte_rows *pictures;
    float *mean;   /* (D) */
    float *scales; /* (K) */
    float *blocks; /* (workers, BLOCK, D) */
    float *features;
};

static void centre(const struct projection *projection, size_t first, size_t count,
                   float *ret_block)
{
    const size_t dims = projection->pca->dims;

    for (size_t i = 0; i < count; i++, ret_block += dims) {
        const uint8_t *pixels = byte_rows_at(projection->pictures, first + i);

        for (size_t d = 0; d < dims; d++)
            ret_block[d] = (float)pixels[d] - projection->mean[d];
    }
}

static void project_block(void *context, int task, int worker)
{
    const struct projection *projection = context;
    const size_t dims = projection->pca->dims, components = projection->pca->components;
    const size_t first = (size_t)task * BLOCK, left = projection->pictures->count - first;
    const size_t count = left < BLOCK ? left : BLOCK;
    float *block = projection->blocks + (size_t)worker * BLOCK * dims;
    float *features = projection->features + first * components;

    centre(projection, first, count, block);
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, (int)count, (int)components, (int)dims, 1,
                block, (int)dims, projection->pca->axes, (int)dims, 0, features, (int)components);
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < components; k++)
            features[i * components + k] *= projection->scales[k];
}

static float deviation(const struct pca *pca, size_t component)
{
    return (float)sqrt(pca->variances[component]);
}

static mien_status prepare(struct projection *projection, bool whiten, int workers, mien_error *err)
{
    const struct pca *pca = projection->pca;
    const size_t block_bytes = (size_t)workers * BLOCK * pca->dims * sizeof(float);

    projection->mean = calloc(pca->dims, sizeof(float));
    projection->scales = calloc(pca->components, sizeof(float));
    projection->blocks = memory_aligned_new(block_bytes);
    if (!projection->mean || !projection->scales || !projection->blocks)
        return error_memory(err, block_bytes);
    for (size_t d = 0; d < pca->dims; d++)
        projection->mean[d] = (float)pca->mean[d];
    for (size_t k = 0; k < pca->components; k++)
        projection->scales[k] = !whiten ? 1 : deviation(pca, k) > 0 ? 1 / deviation(pca, k) : 0;
    return MIEN_OK;
}

mien_status pca_transform(const struct pca *pca, const struct byte_rows *pictures, bool whiten,
                          struct thread_pool *pool, float *ret_features, mien_error *err)
{
    struct projection projection = {.pca = pca, .pictures = pictures, .features = ret_features};
    const int blas_threads = openblas_get_num_threads();
    mien_status status;

    if (pictures->dims != pca->dims)
        return error_set(err, MIEN_EINVAL, "pictures of %zu pixels for components of %zu",
                         pictures->dims, pca->dims);
    status = prepare(&projection, whiten, thread_pool_size(pool), err);
    if (!status) {
        openblas_set_num_threads(1); /* the pool's threads share the work */
        thread_pool_run(pool, (int)((pictures->count + BLOCK - 1) / BLOCK), project_block,
                        &projection);
        openblas_set_num_threads(blas_threads);
    }
    free(projection.mean);
    free(projection.scales);
    free(projection.blocks);
    return status;
}

void pca_inverse(const struct pca *pca, const float *features, size_t components, bool whitened,
                 float *ret_levels)
{
    for (size_t d = 0; d < pca->dims; d++)
        ret_levels[d] = (float)pca->mean[d];
    for (size_t k = 0; k < components; k++) {
        const float *axis = pca->axes + k * pca->dims;
        const float feature = features[k] * (whitened ? deviation(pca, k) : 1);

        for (size_t d = 0; d < pca->dims; d++)
            ret_levels[d] += feature * axis[d];
    }
}

/* knn_vote.c - the neighbours' votes: labels and shares for several k from one search.
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/thread_pool.h"
#include "neighbours/knn_search.h"

struct election {
    const struct knn_index *index;
    const struct knn_options *options;
    double *votes; /* (workers, label_count) */
    uint16_t *labels;
    float *shares;
};

/* Sorted neighbours: where one has distance 0, so has the first. */
static double weight_of(const struct election *election, const uint64_t *keys, size_t i)
{
    double distance;

    if (election->options->weights == KNN_UNIFORM)
        return 1;
    distance = knn_key_distance(election->index, keys[i]);
    if (neighbour_distance(keys[0]) == 0)
        return distance > 0 ? 0 : 1;
    return 1 / distance;
}

static uint16_t winner(const double *votes, int label_count)
{
    int best = 0;

    for (int label = 1; label < label_count; label++)
        if (votes[label] > votes[best])
            best = label;
    return (uint16_t)best;
}

static void write_shares(const double *votes, int label_count, float *ret_shares)
{
    double sum = 0;

    for (int label = 0; label < label_count; label++)
        sum += votes[label];
    for (int label = 0; label < label_count; label++)
        ret_shares[label] = (float)(votes[label] / sum);
}

static void count_votes(void *context, size_t query, const uint64_t *keys, int worker)
{
    const struct election *election = context;
    const struct knn_index *index = election->index;
    const struct knn_options *options = election->options;
    double *votes = election->votes + worker * index->label_count;
    size_t counted = 0;

    memset(votes, 0, (size_t)index->label_count * sizeof *votes);
    for (size_t i = 0; i < options->k_count; i++) {
        const size_t result = query * options->k_count + i;

        for (; counted < options->k[i]; counted++)
            votes[index->labels[neighbour_row(keys[counted])]] +=
                weight_of(election, keys, counted);
        election->labels[result] = winner(votes, index->label_count);
        if (election->shares)
            write_shares(votes, index->label_count,
                         election->shares + result * (size_t)index->label_count);
    }
}

static mien_status check_options(const struct knn_options *options, mien_error *err)
{
    if (options->k_count < 1)
        return error_set(err, MIEN_EINVAL, "no k is given: name one or more");
    for (size_t i = 0; i < options->k_count; i++) {
        if (options->k[i] < 1)
            return error_set(err, MIEN_EINVAL, "k of 0: at least 1 neighbour has to vote");
        if (i && options->k[i] <= options->k[i - 1])
            return error_set(err, MIEN_EINVAL, "k of %zu after %zu: they must ascend",
                             options->k[i], options->k[i - 1]);
    }
    return MIEN_OK;
}

mien_status knn_classify(const struct knn_index *index, const struct knn_vectors *queries,
                         const struct knn_options *options, struct thread_pool *pool,
                         uint16_t *ret_labels, float *ret_shares, mien_error *err)
{
    struct election election = {index, options, NULL, ret_labels, ret_shares};
    mien_status status = check_options(options, err);

    if (status)
        return status;
    election.votes =
        calloc((size_t)thread_pool_size(pool) * (size_t)index->label_count, sizeof *election.votes);
    if (!election.votes)
        return error_memory(err, sizeof *election.votes * (size_t)index->label_count);
    status = knn_search_each(index, queries, options->k[options->k_count - 1], pool, count_votes,
                             &election, err);
    free(election.votes);
    return status;
}

/* split.h - which rows of a data set are for training, validation and test.
 * SPDX-License-Identifier: MIT */
#ifndef DATASET_SPLIT_H
#define DATASET_SPLIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/sha256.h"
#include "dataset/dataset.h"

enum split_kind {
    SPLIT_OFFICIAL, /* the parts that the data set names */
    SPLIT_DECK,     /* 80 : 12 : 8, exactly the rows of scikit-learn's train_test_split(0.2) and
                       then (0.4) with random_state 121 */
    SPLIT_RATIO     /* shares given as train:test:validation */
};

struct split_options {
    enum split_kind kind;        /* default SPLIT_OFFICIAL */
    double share[DATASET_PARTS]; /* SPLIT_RATIO: by enum dataset_part, >= 0; the sum is > 0 */
    uint64_t seed;               /* SPLIT_RATIO: the shuffle's; default 0 */
    bool stratify;               /* SPLIT_RATIO: every label by itself in these shares */
};

/* Row numbers by part. Constant once made: any number of threads may read it. */
struct split {
    uint32_t *rows[DATASET_PARTS]; /* (count[part]); shuffled, but ascending in SPLIT_OFFICIAL */
    size_t count[DATASET_PARTS];   /* 0 is possible: see split_select */
};

void split_options_init(struct split_options *options);

/* Reads what --split says into kind and share: "official", "deck" or "A:B:C", the shares of
 * train, test and validation in this order ("80:12:8" or "8:1:1"). */
mien_status split_options_parse(const char *text, struct split_options *options, mien_error *err);

/* `options` NULL: the defaults. MIEN_EINVAL if official is asked of a data set without parts. */
mien_status split_new(const struct dataset *dataset, const struct split_options *options,
                      struct split *ret_split, mien_error *err);
void split_free(struct split *split);

/* The rows of the named parts, one after the other in the order given: "train", "test",
 * "validation", "test+validation", ... The caller frees `ret_rows`. MIEN_EINVAL for an unknown
 * name, one named twice, or parts that hold no row at all. */
mien_status split_select(const struct split *split, const char *parts, uint32_t **ret_rows,
                         size_t *ret_count, mien_error *err);

/* SHA-256 of row numbers as little-endian 32-bit integers: tells whether two splits agree. */
void split_sha256(const uint32_t *rows, size_t count, uint8_t ret_digest[SHA256_BYTES]);

#endif

/* votes.h - FER+: how ten people labelled each picture of FER2013 (Barsoum et al.: "Training deep
 * networks for facial expression recognition with crowd-sourced label distribution", ICMI 2016).
 * N rows.
 * SPDX-License-Identifier: MIT */
#ifndef DATASET_VOTES_H
#define DATASET_VOTES_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "dataset/dataset.h"

enum {
    VOTES_UNKNOWN = DATASET_EXPRESSIONS_PLUS,        /* nobody could tell */
    VOTES_NOT_A_FACE = DATASET_EXPRESSIONS_PLUS + 1, /* "NF" */
    VOTES_COLUMNS = DATASET_EXPRESSIONS_PLUS + 2,
};

/* Constant once open: any number of threads may read it. */
struct votes {
    size_t count;   /* N */
    uint8_t *votes; /* (N, VOTES_COLUMNS), the columns in the order of dataset_expressions */
};

/* Reads FER+'s fer2013new.csv: a line of names, then a line a row, whose columns neutral,
 * happiness, ..., contempt, unknown and NF are found by name. It must have `count` rows, those of
 * the data set in the same order. MIEN_EIO, or MIEN_ECORRUPT with a message that names file and
 * line. */
mien_status votes_open(const char *path, size_t count, struct votes *ret_votes, mien_error *err);
void votes_close(struct votes *votes);

/* (VOTES_COLUMNS), the votes of row `row`. */
static inline const uint8_t *votes_of(const struct votes *votes, size_t row)
{
    return votes->votes + row * VOTES_COLUMNS;
}

/* The expression on which the taggers agree, or -1: votes of a single tagger are dropped; the top
 * column must then hold more than half of the votes left and be one of the eight expressions. */
int votes_majority(const uint8_t votes[VOTES_COLUMNS]);

/* How much the taggers disagree: the entropy of their votes in bits, 0 to log2(10). */
double votes_entropy(const uint8_t votes[VOTES_COLUMNS]);

#endif

/* provenance.h - whether a model has seen the pictures that it is measured on.
 * SPDX-License-Identifier: MIT */
#ifndef EVALUATION_PROVENANCE_H
#define EVALUATION_PROVENANCE_H

#include "base/thread_pool.h"
#include "dataset/dataset.h"
#include "dataset/split.h"
#include "network/model.h"

enum provenance_knowledge {
    PROVENANCE_SILENT,     /* the model does not say what it was trained on */
    PROVENANCE_OTHER_DATA, /* on another data set */
    PROVENANCE_ROWS_LOST,  /* on this one, on rows that cannot be told */
    PROVENANCE_EXACT,      /* on this one, and the very rows are known */
};

/* What is known of one measured picture; the first that holds. */
enum picture_past {
    PAST_TRAINED,   /* the model was trained on this very row */
    PAST_IDENTICAL, /* a picture with the same pixels is among the training rows */
    PAST_NEAR,      /* a near-identical one (audit.h) */
    PAST_NONE,
    PASTS
};

/* The training rows are the model's own where they are known, and otherwise those of the split in
 * force: what a model of that split would have been trained on. */
struct provenance {
    enum provenance_knowledge knowledge;
    size_t count;      /* N measured rows */
    uint8_t *past;     /* (N), enum picture_past */
    size_t of[PASTS];  /* how many of each */
    size_t chose;      /* measured rows by which the model's epoch was chosen */
    bool any_training; /* there are training rows to compare with */
};

/* `split` is the one in force; `rows` (count) are measured. Audits the data set. */
mien_status provenance_new(const struct model *model, const struct dataset *dataset,
                           const struct split *split, const uint32_t *rows, size_t count,
                           struct thread_pool *pool, struct provenance *ret_provenance,
                           mien_error *err);

/* The rows that the model was trained on where they are known, and otherwise the data set's part
 * train. The caller frees `ret_rows`. MIEN_EINVAL where there are none. */
mien_status provenance_training_rows(const struct model *model, const struct dataset *dataset,
                                     uint32_t **ret_rows, size_t *ret_count, mien_error *err);

/* Accepts a zeroed struct. */
void provenance_free(struct provenance *provenance);

/* One sentence on what is known. */
const char *provenance_text(const struct provenance *provenance);

#endif

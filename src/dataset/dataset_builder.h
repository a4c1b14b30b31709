/* dataset_builder.h - a data set that grows row by row while it is read.
 * SPDX-License-Identifier: MIT */
#ifndef DATASET_DATASET_BUILDER_H
#define DATASET_DATASET_BUILDER_H

#include "dataset/dataset.h"

/* One thread at a time. `data` is a half-built data set: count, and what the rows so far say. */
struct dataset_builder {
    struct dataset data;
    size_t capacity; /* rows that the arrays have room for */
    size_t guess;    /* rows to make room for at first */
};

/* An empty data set of W = H = size. `guess` is about how many rows it will have, or 0: too many
 * costs nothing, because memory counts only once it is written to. */
void dataset_builder_init(struct dataset_builder *builder, int size, size_t guess);

/* Makes room for `rows` rows in all. */
mien_status dataset_builder_reserve(struct dataset_builder *builder, size_t rows, mien_error *err);

/* Where the next row's pixels go, with PIXEL_PARSER_SLACK behind them. */
mien_status dataset_builder_pixels(struct dataset_builder *builder, uint8_t **ret_pixels,
                                   mien_error *err);

/* The row whose pixels were written is whole: it counts from now on. */
void dataset_builder_add(struct dataset_builder *builder, int label, enum dataset_part part);

/* Copies of these names become the label names. */
mien_status dataset_builder_name_labels(struct dataset_builder *builder, const char *const *names,
                                        int count, mien_error *err);

/* Moves the data set out; the builder is empty afterwards. */
void dataset_builder_finish(struct dataset_builder *builder, struct dataset *ret_dataset);

/* Accepts a zeroed builder, and a finished one. */
void dataset_builder_free(struct dataset_builder *builder);

#endif

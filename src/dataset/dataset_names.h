/* dataset_names.h - how files and folders spell parts and expressions.
 * SPDX-License-Identifier: MIT */
#ifndef DATASET_DATASET_NAMES_H
#define DATASET_DATASET_NAMES_H

#include "dataset/dataset.h"

/* The part that `name` means ("Training", "val", "PrivateTest", ...; case does not matter), or
 * -1. */
int dataset_part_find(const char *name);

/* The expression that `name` means ("anger", "Happiness", ...; case does not matter), as an index
 * of dataset_expressions, or -1. */
int dataset_expression_find(const char *name);

#endif

/* golden_file.h - read the cases of tests/golden (format: its README).
 * SPDX-License-Identifier: MIT */
#ifndef TESTS_GOLDEN_FILE_H
#define TESTS_GOLDEN_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum { GOLDEN_TENSORS_MAX = 512 };

struct golden_tensor {
    char name[64];
    int rank;
    size_t dims[4], count;
    float *values;
};

struct golden_case {
    char name[64];
    uint64_t seed;
    char text[4096]; /* the architecture, or "" */
    struct golden_tensor tensors[GOLDEN_TENSORS_MAX];
    int tensor_count;
};

/* Opens tests/golden/NAME; fails the test if it is not there. */
FILE *golden_open(const char *name);

/* Reads the next case of the open file; false at the end. Fails the test on a bad file. */
bool golden_next(FILE *file, struct golden_case *ret_case);
void golden_free(struct golden_case *golden);

/* The tensor of that name, or NULL. */
const struct golden_tensor *golden_find(const struct golden_case *golden, const char *name);

/* Fails the test if `values` differ from the tensor of that name by more than `tolerance` times its
 * largest magnitude. */
void golden_expect(const struct golden_case *golden, const char *name, const float *values,
                   double tolerance);

#endif

/* assignment.h - pairs rows with columns at the least total cost.
 * SPDX-License-Identifier: MIT */
#ifndef FACE_ASSIGNMENT_H
#define FACE_ASSIGNMENT_H

#include <stddef.h>

#include "base/error.h"

/* Gives each row at most one column and each column at most one row, such that the sum of the
 * pairs' costs, and of `unpaired` for every row that stays alone, is least: the Hungarian method by
 * shortest augmenting paths (Jonker and Volgenant, Computing 38, 1987), in rows^2 (rows + columns)
 * steps.
 * @param cost       (rows, columns); pairs of infinite cost are never made
 * @param unpaired   what it costs to leave a row alone, finite
 * @param ret_column out (rows): each row's column, or -1
 * @return MIEN_ENOMEM */
mien_status assignment_solve(const double *cost, size_t rows, size_t columns, double unpaired,
                             int *ret_column, mien_error *err);

#endif

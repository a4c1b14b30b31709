/* lint.h - what clang-tidy cannot see from one file: the functions that fill in an error return the
 * status that they are given, which is never MIEN_OK. Without this it takes every
 * `return error_set(...)` for a possible success and follows pointers that were never set.
 * SPDX-License-Identifier: MIT */
#include "base/error.h"

#define error_set(err, status, ...) (error_set(err, status, __VA_ARGS__), (status))
#define error_prefix(err, status, ...) (error_prefix(err, status, __VA_ARGS__), (status))
#define error_memory(err, bytes) (error_memory(err, bytes), MIEN_ENOMEM)

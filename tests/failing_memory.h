/* failing_memory.h - makes one allocation after the other fail, and counts what is left behind.
 * A test that depends on it is linked such that the calls of its own objects and of the project's
 * static libraries come here; those of shared libraries do not.
 * SPDX-License-Identifier: MIT */
#ifndef TESTS_FAILING_MEMORY_H
#define TESTS_FAILING_MEMORY_H

#include <stdbool.h>
#include <stddef.h>

/* From now on allocation `number`, counted from 0, fails, and with `ever_after` all that follow.
 * Any thread may allocate meanwhile. */
void failing_memory_begin(size_t number, bool ever_after);

/* All allocations work again. Returns whether one has failed; `ret_left`: how many of those made
 * meanwhile have not been freed. */
bool failing_memory_end(size_t *ret_left);

#endif

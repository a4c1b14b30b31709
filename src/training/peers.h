/* peers.h - the processes that train one network together (MPI), each on its share of every batch.
 * They are started by mpirun or srun; what they add up and exchange is the same in all of them.
 *
 * Once a process is gone, nothing more comes from the others: what is received then is of no worth,
 * nobody waits, and peers_check() tells.
 * SPDX-License-Identifier: MIT */
#ifndef TRAINING_PEERS_H
#define TRAINING_PEERS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

enum { PEERS_MAX = 1024 };

/* For one thread; NULL stands for a process that is alone. */
struct peers;

/* Joins the processes with which this one was started; NULL if it was started alone. `stopping`
 * tells whether the program was asked to end: then nobody waits for the others for long.
 * MIEN_EUNSUPPORTED if there are more than PEERS_MAX, or if this program is built without MPI and
 * was started as one of several. */
mien_status peers_open(bool (*stopping)(void), struct peers **ret_peers, mien_error *err);

/* `good`: all processes end like this; else the others are not waited for. NULL is welcome. */
void peers_close(struct peers *peers, bool good);

/* 1 and 0 for NULL. */
int peers_count(const struct peers *peers);
int peers_rank(const struct peers *peers);

/* Every process's `mine` (count), by rank, in ret_all (processes, count). */
void peers_gather(struct peers *peers, const double *mine, size_t count, double *ret_all);

/* Adds `values` (count) of all processes up, in place and in the background, until
 * peers_sum_finish() has returned; the next ones start when these are done. */
void peers_sum_start(struct peers *peers, float *values, size_t count);
void peers_sum_finish(struct peers *peers);

/* MIEN_EIO if one of the others is gone. NULL is fine. */
mien_status peers_check(const struct peers *peers, mien_error *err);

/* Bytes that were added up, and seconds for which peers_sum_finish() waited. */
void peers_cost(const struct peers *peers, double *ret_bytes, double *ret_waited_s);

#endif

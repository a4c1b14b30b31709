/* peers_alone.c - a program built without MPI trains by itself.
 * SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "training/peers.h"

static bool started_with_others(void)
{
    const char *open_mpi = getenv("OMPI_COMM_WORLD_SIZE"), *pmi = getenv("PMI_SIZE");

    return (open_mpi && atoi(open_mpi) > 1) || (pmi && atoi(pmi) > 1);
}

mien_status peers_open(bool (*stopping)(void), struct peers **ret_peers, mien_error *err)
{
    (void)stopping;
    if (started_with_others())
        return error_set(err, MIEN_EUNSUPPORTED,
                         "started as one of several processes, but built without MPI: build with "
                         "-Dmpi=enabled");
    *ret_peers = NULL;
    return MIEN_OK;
}

void peers_close(struct peers *peers, bool good)
{
    (void)good;
    (void)peers;
}

int peers_count(const struct peers *peers)
{
    (void)peers;
    return 1;
}

int peers_rank(const struct peers *peers)
{
    (void)peers;
    return 0;
}

void peers_gather(struct peers *peers, const double *mine, size_t count, double *ret_all)
{
    (void)peers;
    for (size_t i = 0; i < count; i++)
        ret_all[i] = mine[i];
}

void peers_sum_start(struct peers *peers, float *values, size_t count)
{
    (void)peers;
    (void)values;
    (void)count;
}

void peers_sum_finish(struct peers *peers)
{
    (void)peers;
}

mien_status peers_check(const struct peers *peers, mien_error *err)
{
    (void)peers;
    (void)err;
    return MIEN_OK;
}

void peers_cost(const struct peers *peers, double *ret_bytes, double *ret_waited_s)
{
    (void)peers;
    *ret_bytes = *ret_waited_s = 0;
}

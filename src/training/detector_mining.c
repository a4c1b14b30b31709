/* detector_mining.c - collect false alarms on the training pictures.
 * SPDX-License-Identifier: MIT */
#include "training/detector_mining.h"

#include <stdlib.h>

#include "base/thread_pool.h"
#include "face/detector.h"

/* A detection that overlaps a mark by more is a sloppy hit, not a false alarm. */
#define LEAST_MISS 0.2f

enum { REGIONS_A_PICTURE = 8 };

struct mining {
    const struct detector_data *data;
    struct detector **detectors; /* (workers) */
    struct detector_options options;
    struct detector_region *regions; /* (data->count, REGIONS_A_PICTURE) */
    int *counts;                     /* (data->count) */
    mien_status *statuses;           /* (data->count) */
};

static bool is_false(const struct detection *d, const struct detector_picture *picture)
{
    const float box[4] = {d->x, d->y, d->w, d->h};

    for (int i = 0; i < picture->mark_count; i++) {
        const struct face_mark *mark = &picture->marks[i];
        const float other[4] = {mark->x, mark->y, mark->w, mark->h};
        if (face_box_iou(box, other) >= LEAST_MISS)
            return false;
    }
    return true;
}

static void mine_picture(void *context, int index, int worker)
{
    struct mining *m = context;
    const struct detector_picture *picture = &m->data->pictures[index];
    const struct detection *found;
    size_t count = 0;

    m->statuses[index] =
        detector_find(m->detectors[worker], &picture->grey, &m->options, &found, &count, NULL);
    for (size_t i = 0; i < count && !m->statuses[index]; i++)
        if (m->counts[index] < REGIONS_A_PICTURE && is_false(&found[i], picture))
            m->regions[(size_t)index * REGIONS_A_PICTURE + (size_t)m->counts[index]++] =
                (struct detector_region){(uint32_t)index, found[i].x, found[i].y, found[i].w,
                                         found[i].h};
}

/* Moves the regions together, in order. */
static mien_status close_ranks(struct mining *m, size_t *ret_count, mien_error *err)
{
    size_t count = 0;

    for (size_t i = 0; i < m->data->count; i++) {
        if (m->statuses[i])
            return error_set(err, m->statuses[i], "%s: the detector failed",
                             m->data->pictures[i].file);
        for (int k = 0; k < m->counts[i]; k++)
            m->regions[count++] = m->regions[i * REGIONS_A_PICTURE + (size_t)k];
    }
    *ret_count = count;
    return MIEN_OK;
}

static mien_status prepare(struct mining *m, const struct network *network, int workers,
                           mien_error *err)
{
    size_t pictures = m->data->count;
    mien_status status = MIEN_OK;

    m->detectors = calloc((size_t)workers, sizeof *m->detectors);
    m->regions = calloc(pictures * REGIONS_A_PICTURE, sizeof *m->regions);
    m->counts = calloc(pictures, sizeof *m->counts);
    m->statuses = calloc(pictures, sizeof *m->statuses);
    if (!m->detectors || !m->regions || !m->counts || !m->statuses)
        return error_memory(err, pictures * REGIONS_A_PICTURE * sizeof *m->regions);
    for (int i = 0; i < workers && !status; i++)
        status = detector_new(network, &m->detectors[i], err);
    return status;
}

mien_status detector_mine(const struct network *network, const struct detector_data *data,
                          struct thread_pool *pool, float threshold,
                          struct detector_region **ret_regions, size_t *ret_count, mien_error *err)
{
    struct mining m = {.data = data};
    int workers = thread_pool_size(pool);
    mien_status status = prepare(&m, network, workers, err);

    detector_options_init(&m.options);
    m.options.threshold = threshold;
    m.options.least = 0;
    if (!status) {
        thread_pool_run(pool, (int)data->count, mine_picture, &m);
        status = close_ranks(&m, ret_count, err);
    }
    for (int i = 0; m.detectors && i < workers; i++)
        detector_free(m.detectors[i]);
    free(m.detectors);
    free(m.counts);
    free(m.statuses);
    if (status)
        free(m.regions);
    else
        *ret_regions = m.regions;
    return status;
}

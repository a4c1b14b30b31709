/* detector_mining.c - collect false alarms on the training pictures, and faces that are missed.
 * SPDX-License-Identifier: MIT */
#include "training/detector_mining.h"

#include <stdlib.h>
#include <string.h>

#include "base/thread_pool.h"
#include "dataset/dataset.h"
#include "face/detector.h"
#include "image/resize.h"

/* A detection that overlaps a mark by more is a sloppy hit, not a false alarm. */
#define LEAST_MISS 0.2f

/* A face that scores less may be none, one that scores more is well known. */
#define FACE_LEAST 0.15f
#define FACE_MOST 0.7f

enum { SCALES = 3, REGIONS_A_PICTURE = 8, FACE_SIDE = 64, FACE_CANVAS = 96 };

/* At which each picture is looked at. */
static const float scales[SCALES] = {0.5f, 1, 1.5f};

struct mining {
    const struct detector_data *data;
    struct detector **detectors; /* (workers) */
    struct detector_options options;
    struct detector_region *regions; /* (data->count, REGIONS_A_PICTURE) */
    int *counts;                     /* (data->count) */
    mien_status *statuses;           /* (data->count) */
};

static bool is_false(const struct detector_region *region, const struct detector_picture *picture)
{
    const float box[4] = {region->x, region->y, region->w, region->h};

    for (int i = 0; i < picture->mark_count; i++) {
        const struct face_mark *mark = &picture->marks[i];
        const float other[4] = {mark->x, mark->y, mark->w, mark->h};
        if (face_box_iou(box, other) >= LEAST_MISS)
            return false;
    }
    return true;
}

/* Adds the false alarms of the picture at this scale. */
static mien_status mine_scale(struct mining *m, uint32_t index, float scale, int worker)
{
    const struct detector_picture *picture = &m->data->pictures[index];
    const struct detection *found;
    struct image scaled;
    size_t count = 0;
    mien_status status =
        image_resized(&picture->grey, (int)((float)picture->grey.width * scale) + 1,
                      (int)((float)picture->grey.height * scale) + 1, &scaled, NULL);

    if (status)
        return status;
    status = detector_find(m->detectors[worker], &scaled, &m->options, &found, &count, NULL);
    for (size_t i = 0; i < count && !status; i++) {
        struct detector_region region = {
            index, found[i].x / scale, found[i].y / scale, found[i].w / scale, found[i].h / scale,
            scale};
        if (m->counts[index] < REGIONS_A_PICTURE && is_false(&region, picture))
            m->regions[index * REGIONS_A_PICTURE + (size_t)m->counts[index]++] = region;
    }
    image_free(&scaled);
    return status;
}

static void mine_picture(void *context, int index, int worker)
{
    struct mining *m = context;

    for (int i = 0; i < SCALES && !m->statuses[index]; i++)
        m->statuses[index] = mine_scale(m, (uint32_t)index, scales[i], worker);
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

static void free_detectors(struct detector **detectors, int count)
{
    for (int i = 0; detectors && i < count; i++)
        detector_free(detectors[i]);
    free(detectors);
}

/* One a worker. */
static mien_status make_detectors(const struct network *network, int count,
                                  struct detector ***ret_detectors, mien_error *err)
{
    struct detector **detectors = calloc((size_t)count, sizeof *detectors);
    mien_status status = MIEN_OK;

    if (!detectors)
        return error_memory(err, (size_t)count * sizeof *detectors);
    for (int i = 0; i < count && !status; i++)
        status = detector_new(network, &detectors[i], err);
    if (status)
        free_detectors(detectors, count);
    else
        *ret_detectors = detectors;
    return status;
}

mien_status detector_mine(const struct network *network, const struct detector_data *data,
                          struct thread_pool *pool, float threshold,
                          struct detector_region **ret_regions, size_t *ret_count, mien_error *err)
{
    struct mining m = {.data = data};
    int workers = thread_pool_size(pool);
    mien_status status = make_detectors(network, workers, &m.detectors, err);

    if (status)
        return status;
    detector_options_init(&m.options);
    m.options.threshold = threshold;
    m.options.least = 0;
    m.regions = calloc(data->count * REGIONS_A_PICTURE, sizeof *m.regions);
    m.counts = calloc(data->count, sizeof *m.counts);
    m.statuses = calloc(data->count, sizeof *m.statuses);
    if (!m.regions || !m.counts || !m.statuses) {
        status = error_memory(err, data->count * REGIONS_A_PICTURE * sizeof *m.regions);
    } else {
        thread_pool_run(pool, (int)data->count, mine_picture, &m);
        status = close_ranks(&m, ret_count, err);
    }
    free_detectors(m.detectors, workers);
    free(m.counts);
    free(m.statuses);
    if (status)
        free(m.regions);
    else
        *ret_regions = m.regions;
    return status;
}

struct face_mining {
    const struct dataset *faces;
    const uint32_t *rows;        /* (count) */
    struct detector **detectors; /* (workers) */
    float *scores;               /* (count); -1: failed */
};

/* The best score of a face, on a grey ground. */
static mien_status score_face(struct detector *detector, const struct dataset *faces, uint32_t row,
                              float *ret_score)
{
    enum { MARGIN = (FACE_CANVAS - FACE_SIDE) / 2 };
    const struct image crop = image_borrow(dataset_picture(faces, row), faces->width, faces->height,
                                           1, (size_t)faces->width);
    struct detector_options options;
    const struct detection *found;
    struct image canvas, middle;
    size_t count = 0;
    mien_status status = image_new(FACE_CANVAS, FACE_CANVAS, 1, &canvas, NULL);

    if (status)
        return status;
    for (int y = 0; y < FACE_CANVAS; y++)
        memset(image_row(&canvas, y), 128, FACE_CANVAS);
    middle = image_view(&canvas, MARGIN, MARGIN, FACE_SIDE, FACE_SIDE);
    status = image_resize(&crop, &middle, NULL);
    detector_options_init(&options);
    options.threshold = FACE_LEAST;
    if (!status)
        status = detector_find(detector, &canvas, &options, &found, &count, NULL);
    if (!status)
        *ret_score = count ? found[0].score : 0;
    image_free(&canvas);
    return status;
}

static void mine_face(void *context, int index, int worker)
{
    struct face_mining *m = context;

    if (score_face(m->detectors[worker], m->faces, m->rows[index], &m->scores[index]))
        m->scores[index] = -1;
}

static mien_status choose_rows(const struct face_mining *m, size_t count, uint32_t *rows,
                               size_t *ret_count, mien_error *err)
{
    size_t chosen = 0;

    for (size_t i = 0; i < count; i++) {
        if (m->scores[i] < 0)
            return error_set(err, MIEN_ENOMEM, "the detector failed on row %u", m->rows[i]);
        if (m->scores[i] >= FACE_LEAST && m->scores[i] < FACE_MOST)
            rows[chosen++] = m->rows[i];
    }
    *ret_count = chosen;
    return MIEN_OK;
}

mien_status detector_mine_faces(const struct network *network, const struct dataset *faces,
                                const uint32_t *rows, size_t count, struct thread_pool *pool,
                                uint32_t **ret_rows, size_t *ret_count, mien_error *err)
{
    struct face_mining m = {.faces = faces, .rows = rows};
    int workers = thread_pool_size(pool);
    uint32_t *chosen = malloc((count + 1) * sizeof *chosen);
    mien_status status = make_detectors(network, workers, &m.detectors, err);

    m.scores = malloc((count + 1) * sizeof *m.scores);
    if (!status && (!chosen || !m.scores))
        status = error_memory(err, (count + 1) * (sizeof *chosen + sizeof *m.scores));
    if (!status) {
        thread_pool_run(pool, (int)count, mine_face, &m);
        status = choose_rows(&m, count, chosen, ret_count, err);
    }
    free_detectors(m.detectors, workers);
    free(m.scores);
    if (status)
        free(chosen);
    else
        *ret_rows = chosen;
    return status;
}

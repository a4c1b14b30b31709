/* picture_views.c - ten passes, whose probabilities are added up.
 * SPDX-License-Identifier: MIT */
#include "evaluation/picture_views.h"

#include "evaluation/picture_copies.h"
#include "image/warp.h"

/* The side of a corner, share of the picture's. */
#define CORNER (11 / 12.0)

enum { VIEWS = 10 };

static const struct {
    const char *name;
    int size; /* the first so many views */
} sets[VIEW_SETS] = {
    [VIEWS_FLIP] = {"flip", 2},
    [VIEWS_CROPS] = {"crops", VIEWS},
};

const char *view_set_name(enum view_set set)
{
    return sets[set].name;
}

int view_set_size(enum view_set set)
{
    return sets[set].size;
}

/* View 2 i is the picture (i = 0) or one of its corners, view 2 i + 1 the same mirrored. */
static mien_status look(const void *context, uint32_t row, const struct image *picture,
                        struct image *copy)
{
    int view = *(const int *)context, corner = view / 2 - 1;
    double side = corner < 0 ? 1 : CORNER, w = picture->width, h = picture->height;
    double left = corner % 2 == 1 ? (1 - side) * w : 0;
    double top = corner >= 2 ? (1 - side) * h : 0;
    struct affine map = {{{side, 0, left}, {0, side, top}}};

    (void)row;
    if (view % 2 == 1) { /* x of the view counts from its right edge */
        map.m[0][0] = -side;
        map.m[0][2] = left + side * w;
    }
    return image_warp(picture, &map, IMAGE_EDGE_REPLICATE, copy, NULL);
}

struct work {
    const struct network *network;
    struct thread_pool *pool;
    struct picture_copies copies;
    struct predictor *predictor;
    struct predictions view, sum; /* of one view; of all so far */
};

static void add(const struct predictions *view, struct predictions *sum)
{
    for (int o = 0; o < ARCHITECTURE_OUTPUTS_MAX; o++)
        for (size_t i = 0; i < sum->count * sum->width[o]; i++)
            sum->values[o][i] += view->values[o][i];
}

static void keep_mean(const struct predictions *sum, int views, struct predictions *mean)
{
    for (int o = 0; o < ARCHITECTURE_OUTPUTS_MAX; o++)
        for (size_t i = 0; i < sum->count * sum->width[o]; i++)
            mean->values[o][i] = sum->values[o][i] / (float)views;
}

static mien_status run_view(struct work *w, int view, mien_error *err)
{
    mien_status status = picture_copies_make(&w->copies, w->pool, look, &view, err);

    if (!status)
        status = predictor_run(w->predictor, &w->copies.copies, w->copies.rows, w->view.count,
                               w->view.values, err);
    if (status)
        return status;
    predictions_soften(&w->view, w->network);
    add(&w->view, &w->sum);
    return MIEN_OK;
}

static mien_status run_views(struct work *w, pass_progress *progress, void *context,
                             struct predictions *said, mien_error *err)
{
    mien_status status = MIEN_OK;

    for (int view = 0; view < VIEWS && !status; view++) {
        if (progress && !progress(context, view, VIEWS))
            return error_set(err, MIEN_ECANCELLED, "stopped");
        status = run_view(w, view, err);
        for (int s = 0; s < VIEW_SETS && !status; s++)
            if (view + 1 == sets[s].size)
                keep_mean(&w->sum, sets[s].size, &said[s]);
    }
    return status;
}

mien_status picture_views_predict(const struct network *network, struct thread_pool *pool,
                                  const struct dataset *dataset, const uint32_t *rows, size_t count,
                                  pass_progress *progress, void *context,
                                  struct predictions ret_said[VIEW_SETS], mien_error *err)
{
    struct work w = {.network = network, .pool = pool};
    struct predictions said[VIEW_SETS] = {0};
    mien_status status = picture_copies_new(dataset, rows, count, &w.copies, err);

    for (int s = 0; s < VIEW_SETS && !status; s++)
        status = predictions_new(network->architecture, count, &said[s], err);
    if (!status)
        status = predictions_new(network->architecture, count, &w.view, err);
    if (!status)
        status = predictions_new(network->architecture, count, &w.sum, err);
    if (!status)
        status = predictor_new(network, pool, &w.predictor, err);
    if (!status)
        status = run_views(&w, progress, context, said, err);
    for (int s = 0; s < VIEW_SETS; s++)
        if (status)
            predictions_free(&said[s]);
        else
            ret_said[s] = said[s];
    predictor_free(w.predictor);
    predictions_free(&w.view);
    predictions_free(&w.sum);
    picture_copies_free(&w.copies);
    return status;
}

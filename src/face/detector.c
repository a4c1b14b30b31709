/* detector.c - scale a picture, run the network, read its grids, keep the best of what overlaps.
 * SPDX-License-Identifier: MIT */
#include "face/detector.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "face/detector_grid.h"
#include "image/resize.h"
#include "network/plan.h"

enum {
    STEP = 32,         /* sides of the network's input are multiples of the coarsest stride */
    MAIN_SIDE = 1024,  /* larger pictures are shrunk to this long side */
    SMALL_SIDE = 256,  /* and looked at once more in this size, for faces larger than those */
    SMALL_LEAST = 96,  /* that training has seen; the small view answers for faces of that size */
    NETWORK_LEAST = 8, /* pixels: the smallest face that training has seen */
    PLANS = 8,
    CANDIDATES_MAX = 20000,
};

/* A network input of one size. */
struct view_plan {
    struct architecture *architecture;
    struct network *network;
    struct plan *plan;
    int H, W;
    unsigned long used; /* when last */
};

struct detector {
    const struct network *network;
    int outputs[GRID_LEVELS];
    struct view_plan plans[PLANS];
    unsigned long clock;
    struct image scaled;
    struct detection *candidates; /* (CANDIDATES_MAX) */
    size_t count;
};

void detector_options_init(struct detector_options *options)
{
    *options = (struct detector_options){
        .threshold = (float)DETECTOR_THRESHOLD, .overlap = 0.4f, .least = 20, .most_faces = 1000};
}

mien_status detector_new(const struct network *network, struct detector **ret_detector,
                         mien_error *err)
{
    const struct architecture *a = network->architecture;
    struct detector *detector = calloc(1, sizeof *detector);

    if (!detector)
        return error_memory(err, sizeof *detector);
    detector->network = network;
    detector->candidates = calloc(CANDIDATES_MAX, sizeof *detector->candidates);
    if (!detector->candidates) {
        detector_free(detector);
        return error_memory(err, CANDIDATES_MAX * sizeof *detector->candidates);
    }
    for (int i = 0; i < GRID_LEVELS; i++) {
        detector->outputs[i] = architecture_find_output(a, grid_names[i]);
        if (detector->outputs[i] < 0 || architecture_input(a).C != 1 ||
            a->outputs[detector->outputs[i]].shape.C != GRID_NUMBERS) {
            detector_free(detector);
            return error_set(err, MIEN_EINVAL, "the model is no face detector: it has no %s",
                             grid_names[i]);
        }
    }
    *ret_detector = detector;
    return MIEN_OK;
}

static void view_plan_free(struct view_plan *view)
{
    plan_free(view->plan);
    network_free(view->network);
    architecture_free(view->architecture);
    *view = (struct view_plan){0};
}

void detector_free(struct detector *detector)
{
    if (!detector)
        return;
    for (int i = 0; i < PLANS; i++)
        view_plan_free(&detector->plans[i]);
    image_free(&detector->scaled);
    free(detector->candidates);
    free(detector);
}

static mien_status make_view_plan(const struct detector *detector, int H, int W,
                                  struct view_plan *ret_view, mien_error *err)
{
    struct plan_options options = {.batch = 1, .bf16 = true};
    struct view_plan view = {.H = H, .W = W};
    mien_status status =
        architecture_resize(detector->network->architecture, H, W, &view.architecture, err);

    if (!status)
        status = network_borrow(view.architecture, detector->network->tensors, &view.network, err);
    if (!status)
        status = plan_new(view.network, &options, &view.plan, err);
    if (status)
        view_plan_free(&view);
    else
        *ret_view = view;
    return status;
}

/* The plan for an input of H x W: one at hand, or a new one in place of the one used longest ago.
 */
static mien_status find_plan(struct detector *detector, int H, int W, struct plan **ret_plan,
                             mien_error *err)
{
    struct view_plan *oldest = &detector->plans[0];
    mien_status status;

    detector->clock++;
    for (int i = 0; i < PLANS; i++) {
        struct view_plan *view = &detector->plans[i];
        if (view->plan && view->H == H && view->W == W) {
            view->used = detector->clock;
            *ret_plan = view->plan;
            return MIEN_OK;
        }
        if (view->used < oldest->used)
            oldest = view;
    }
    view_plan_free(oldest);
    status = make_view_plan(detector, H, W, oldest, err);
    oldest->used = detector->clock;
    *ret_plan = oldest->plan;
    return status;
}

static int round_up(int side)
{
    return (side + STEP - 1) / STEP * STEP;
}

/* Grey levels into the network's input; what lies beyond the picture is middle grey. */
static void load_levels(const struct image *grey, int H, int W, float *levels)
{
    for (int y = 0; y < H; y++, levels += W)
        for (int x = 0; x < W; x++)
            levels[x] = y < grey->height && x < grey->width ? image_row(grey, y)[x] : 128;
}

/* The picture in grey at `width` x `height`, in detector->scaled. */
static mien_status scale_picture(struct detector *detector, const struct image *image, int width,
                                 int height, mien_error *err)
{
    struct image resized = {0};
    mien_status status;

    image_free(&detector->scaled);
    if (width == image->width && height == image->height)
        return image_to_channels(image, 1, &detector->scaled, err);
    status = image_resized(image, width, height, &resized, err);
    if (!status)
        status = image_to_channels(&resized, 1, &detector->scaled, err);
    image_free(&resized);
    return status;
}

static void read_cell(struct detector *detector, const float *numbers, int x, int y, int stride,
                      float scale_x, float scale_y, float least, float score)
{
    struct grid_box box = grid_decode_box(numbers, x, y, stride);
    struct detection *d = &detector->candidates[detector->count];

    if (box.h < least || detector->count == CANDIDATES_MAX)
        return;
    *d = (struct detection){(box.centre_x - box.w / 2) * scale_x,
                            (box.centre_y - box.h / 2) * scale_y,
                            box.w * scale_x,
                            box.h * scale_y,
                            score,
                            {{0}}};
    for (int i = 0; i < GRID_FACE_LANDMARKS; i++) {
        const float *at = numbers + GRID_LANDMARKS + 2 * i;
        d->landmarks[i][0] = ((float)x + 0.5f + at[0]) * (float)stride * scale_x;
        d->landmarks[i][1] = ((float)y + 0.5f + at[1]) * (float)stride * scale_y;
    }
    detector->count++;
}

/* Adds the cells of all grids whose score reaches the threshold. */
static void read_grids(struct detector *detector, const struct view_plan *view, float scale_x,
                       float scale_y, float least, float threshold)
{
    float logit = logf(threshold / (1 - threshold));

    for (int level = 0; level < GRID_LEVELS; level++) {
        int stride = grid_strides[level], H = view->H / stride, W = view->W / stride;
        const float *grid = plan_output(view->plan, detector->outputs[level]);
        for (int y = 0; y < H; y++)
            for (int x = 0; x < W; x++, grid += GRID_NUMBERS)
                if (grid[GRID_SCORE] >= logit)
                    read_cell(detector, grid, x, y, stride, scale_x, scale_y, least,
                              1 / (1 + expf(-grid[GRID_SCORE])));
    }
}

/* Looks at the picture with its long side shrunk to at most `side`, for faces of at least `least`
 * pixels there. */
static mien_status look(struct detector *detector, const struct image *image, int side, float least,
                        float threshold, mien_error *err)
{
    int longest = image->width > image->height ? image->width : image->height;
    double scale = longest > side ? (double)side / longest : 1;
    int width = (int)fmax(1, round(image->width * scale));
    int height = (int)fmax(1, round(image->height * scale));
    struct view_plan view = {.H = round_up(height), .W = round_up(width)};
    mien_status status = scale_picture(detector, image, width, height, err);

    if (!status)
        status = find_plan(detector, view.H, view.W, &view.plan, err);
    if (status)
        return status;
    load_levels(&detector->scaled, view.H, view.W, plan_input(view.plan));
    plan_forward(view.plan, 1, 0);
    read_grids(detector, &view, (float)image->width / (float)width,
               (float)image->height / (float)height, least, threshold);
    return MIEN_OK;
}

static int compare_scores(const void *a, const void *b)
{
    const struct detection *x = a, *y = b;

    if (x->score != y->score)
        return x->score < y->score ? 1 : -1;
    return x->y != y->y ? (x->y > y->y ? 1 : -1) : (x->x > y->x) - (x->x < y->x);
}

static float intersection_over_union(const struct detection *a, const struct detection *b)
{
    float w = fminf(a->x + a->w, b->x + b->w) - fmaxf(a->x, b->x);
    float h = fminf(a->y + a->h, b->y + b->h) - fmaxf(a->y, b->y);
    float both = w > 0 && h > 0 ? w * h : 0;

    return both / (a->w * a->h + b->w * b->h - both);
}

/* Greedy non-maximum suppression: best first, each drops the weaker ones that overlap it. */
static void suppress(struct detector *detector, const struct detector_options *options)
{
    struct detection *d = detector->candidates;
    size_t kept = 0;

    qsort(d, detector->count, sizeof *d, compare_scores);
    for (size_t i = 0; i < detector->count && kept < (size_t)options->most_faces; i++) {
        bool free_standing = true;
        for (size_t k = 0; k < kept && free_standing; k++)
            free_standing = intersection_over_union(&d[i], &d[k]) <= options->overlap;
        if (free_standing)
            d[kept++] = d[i];
    }
    detector->count = kept;
}

static size_t drop_smaller(struct detection *detections, size_t count, float least)
{
    size_t kept = 0;

    for (size_t i = 0; i < count; i++)
        if (detections[i].h >= least)
            detections[kept++] = detections[i];
    return kept;
}

mien_status detector_find(struct detector *detector, const struct image *image,
                          const struct detector_options *options,
                          const struct detection **ret_detections, size_t *ret_count,
                          mien_error *err)
{
    int longest = image->width > image->height ? image->width : image->height;
    struct detector_options usual;
    mien_status status;

    detector_options_init(&usual);
    options = options ? options : &usual;
    if (!(options->threshold > 0 && options->threshold < 1))
        return error_set(err, MIEN_EINVAL, "a threshold of %g: give one between 0 and 1",
                         (double)options->threshold);
    detector->count = 0;
    status = look(detector, image, MAIN_SIDE, NETWORK_LEAST, options->threshold, err);
    if (!status && longest > SMALL_SIDE * 3 / 2)
        status = look(detector, image, SMALL_SIDE, SMALL_LEAST, options->threshold, err);
    if (status)
        return status;
    suppress(detector, options);
    detector->count = drop_smaller(detector->candidates, detector->count, options->least);
    *ret_detections = detector->candidates;
    *ret_count = detector->count;
    return MIEN_OK;
}

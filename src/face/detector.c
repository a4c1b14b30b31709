/* detector.c - scale a picture, run the network, read its grids, keep the best of what overlaps.
 * SPDX-License-Identifier: MIT */
#include "face/detector.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/vector.h"
#include "face/detector_grid.h"
#include "face/landmarks.h"
#include "image/resize.h"
#include "network/plan.h"

enum {
    MAIN_SIDE = 1536, /* larger pictures are shrunk to this long side, others enlarged up to it */
    SMALL_SIDE = 192, /* no view is smaller: a face may fill it */
    SHRINK = 3,       /* from a view to the next at most */
    FACE_LEAST = 8,   /* pixels; training has seen faces from here */
    FACE_MOST = 200,  /* and up to here */
    PLANS = 8,
    CANDIDATES_MAX = 20000,
};

/* Two views share the faces from this part of the larger one's FACE_MOST on: near the limit the two
 * may find a face to have different sizes. */
#define OVERLAP 0.8f

/* Less enlarged, a picture shows nothing new. */
#define LEAST_ENLARGED 1.25

/* What is subtracted from the logits of an enlarged picture: its scores are higher by so much at
 * the same precision (validation photographs). */
#define ENLARGED_DOUBT 0.25f

/* The same for faces of 12 pixels and below, falling to nothing at 20: what is that small and looks
 * like a face seldom is one. */
#define SMALL_DOUBT 0.4f

/* A face of which more lies inside of a more certain one is a part of that. */
#define MOST_INSIDE 0.75f

/* A network input of one size. */
struct view_plan {
    struct architecture *architecture;
    struct network *network;
    struct plan *plan;
    int H, W;
    unsigned long used; /* when last */
};

/* The picture in grey and perhaps smaller. It answers for faces whose size there the network has
 * been trained on. */
struct view {
    struct image grey;
    float scale_x, scale_y; /* from it to the picture */
    float least, most;      /* heights of faces, in its pixels */
    float doubt;            /* subtracted from its logits */
};

struct detector {
    const struct network *network;
    int outputs[GRID_LEVELS];
    struct view_plan plans[PLANS];
    unsigned long clock;
    struct landmark_placer *placer; /* NULL: the grids' own landmarks */
    struct detection *candidates;   /* (CANDIDATES_MAX) */
    size_t count;
};

void detector_options_init(struct detector_options *options)
{
    *options = (struct detector_options){.threshold = (float)DETECTOR_THRESHOLD,
                                         .overlap = 0.4f,
                                         .least = 20,
                                         .enlarge = 1,
                                         .most_faces = 1000};
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
    landmark_placer_free(detector->placer);
    free(detector->candidates);
    free(detector);
}

mien_status detector_use_landmarks(struct detector *detector, const struct network *network,
                                   mien_error *err)
{
    struct landmark_placer *placer;
    mien_status status = landmark_placer_new(network, &placer, err);

    if (status)
        return status;
    landmark_placer_free(detector->placer);
    detector->placer = placer;
    return MIEN_OK;
}

static mien_status make_view_plan(const struct detector *detector, int H, int W,
                                  struct view_plan *ret_view, mien_error *err)
{
    struct plan_options options = {.batch = 1, .bf16 = true};
    struct view_plan view = {.H = H, .W = W};
    mien_status status =
        architecture_resize(detector->network->architecture, H, W, &view.architecture, err);

    if (!status)
        status = network_borrow(view.architecture, detector->network->tensors,
                                detector->network->quantized, &view.network, err);
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
    return (side + DETECTOR_STEP - 1) / DETECTOR_STEP * DETECTOR_STEP;
}

/* Grey levels into the network's input; what lies beyond the picture is middle grey. */
VECTOR_LOOP
static void load_levels(const struct image *grey, int H, int W, float *restrict levels)
{
    for (int y = 0; y < H; y++, levels += W) {
        const uint8_t *restrict row = image_row(grey, y < grey->height ? y : 0);
        int width = y < grey->height ? grey->width : 0;
        for (int x = 0; x < width; x++)
            levels[x] = row[x];
        for (int x = width; x < W; x++)
            levels[x] = 128;
    }
}

/* The picture in grey, scaled. */
static mien_status scaled_grey(const struct image *image, double scale, struct image *ret_grey,
                               mien_error *err)
{
    int width = (int)fmax(1, round(image->width * scale));
    int height = (int)fmax(1, round(image->height * scale));
    struct image grey;
    mien_status status = image_to_channels(image, 1, &grey, err);

    if (status)
        return status;
    if (width == image->width && height == image->height) {
        *ret_grey = grey;
        return MIEN_OK;
    }
    status = image_resized(&grey, width, height, ret_grey, err);
    image_free(&grey);
    return status;
}

/* What is subtracted from the logit of a face of `h` pixels in the view. */
static float doubt(const struct view *view, float h)
{
    float size = h * fminf(view->scale_y, 1); /* enlarging adds no pixels */

    return view->doubt + SMALL_DOUBT * fmaxf(0, fminf(1, (20 - size) / 8));
}

static void read_cell(struct detector *detector, const struct view *view, const float *numbers,
                      int x, int y, int stride, float threshold)
{
    struct grid_box box = grid_decode_box(numbers, x, y, stride);
    float score = 1 / (1 + expf(doubt(view, box.h) - numbers[GRID_SCORE]));
    struct detection *d = &detector->candidates[detector->count];

    if (score < threshold || box.h < view->least || box.h > view->most ||
        detector->count == CANDIDATES_MAX)
        return;
    *d = (struct detection){(box.centre_x - box.w / 2) * view->scale_x,
                            (box.centre_y - box.h / 2) * view->scale_y,
                            box.w * view->scale_x,
                            box.h * view->scale_y,
                            score,
                            {{0}}};
    for (int i = 0; i < GRID_FACE_LANDMARKS; i++) {
        const float *at = numbers + GRID_LANDMARKS + 2 * i;
        d->landmarks[i][0] = ((float)x + 0.5f + at[0]) * (float)stride * view->scale_x;
        d->landmarks[i][1] = ((float)y + 0.5f + at[1]) * (float)stride * view->scale_y;
    }
    detector->count++;
}

/* Adds the cells of all grids whose score reaches the threshold. */
static void read_grids(struct detector *detector, const struct view *view,
                       const struct view_plan *plan, float threshold)
{
    float least = logf(threshold / (1 - threshold)) + view->doubt; /* of a large face */

    for (int level = 0; level < GRID_LEVELS; level++) {
        int stride = grid_strides[level], H = plan->H / stride, W = plan->W / stride;
        const float *grid = plan_output(plan->plan, detector->outputs[level]);
        for (int y = 0; y < H; y++)
            for (int x = 0; x < W; x++, grid += GRID_NUMBERS)
                if (grid[GRID_SCORE] >= least)
                    read_cell(detector, view, grid, x, y, stride, threshold);
    }
}

static mien_status look(struct detector *detector, const struct view *view, float threshold,
                        mien_error *err)
{
    struct view_plan plan = {.H = round_up(view->grey.height), .W = round_up(view->grey.width)};
    mien_status status = find_plan(detector, plan.H, plan.W, &plan.plan, err);

    if (status)
        return status;
    load_levels(&view->grey, plan.H, plan.W, plan_input(plan.plan));
    plan_forward(plan.plan, 1, 0);
    read_grids(detector, view, &plan, threshold);
    return MIEN_OK;
}

static int compare_scores(const void *a, const void *b)
{
    const struct detection *x = a, *y = b;

    if (x->score != y->score)
        return x->score < y->score ? 1 : -1;
    return x->y != y->y ? (x->y > y->y ? 1 : -1) : (x->x > y->x) - (x->x < y->x);
}

/* Whether `weaker` shows the face of `stronger` once more, or a part of it. */
static bool repeats(const struct detection *weaker, const struct detection *stronger, float overlap)
{
    const struct detection *a = weaker, *b = stronger;
    float w = fminf(a->x + a->w, b->x + b->w) - fmaxf(a->x, b->x);
    float h = fminf(a->y + a->h, b->y + b->h) - fmaxf(a->y, b->y);
    float both = w > 0 && h > 0 ? w * h : 0;

    return both > overlap * (a->w * a->h + b->w * b->h - both) || both > MOST_INSIDE * a->w * a->h;
}

/* Greedy non-maximum suppression: best first, each drops the weaker ones that repeat it. */
static void suppress(struct detector *detector, const struct detector_options *options)
{
    struct detection *d = detector->candidates;
    size_t kept = 0;

    qsort(d, detector->count, sizeof *d, compare_scores);
    for (size_t i = 0; i < detector->count && kept < (size_t)options->most_faces; i++) {
        bool free_standing = true;
        for (size_t k = 0; k < kept && free_standing; k++)
            free_standing = !repeats(&d[i], &d[k], options->overlap);
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

static int longest_side(const struct image *image)
{
    return image->width > image->height ? image->width : image->height;
}

static void set_scale(const struct image *picture, struct view *view)
{
    view->scale_x = (float)picture->width / (float)view->grey.width;
    view->scale_y = (float)picture->height / (float)view->grey.height;
}

/* The next smaller view, for the faces that are too large for this one; without pixels when there
 * is none. */
static mien_status next_view(const struct image *picture, struct view *view, struct view *ret_next,
                             mien_error *err)
{
    int longest = longest_side(&view->grey);
    double side = fmax(longest / SHRINK, SMALL_SIDE);
    mien_status status;

    *ret_next = (struct view){.most = INFINITY};
    if (longest <= SMALL_SIDE * 3 / 2)
        return MIEN_OK;
    status = scaled_grey(&view->grey, side / longest, &ret_next->grey, err);
    if (status)
        return status;
    set_scale(picture, ret_next);
    view->most = FACE_MOST;
    ret_next->least = OVERLAP * FACE_MOST * view->scale_y / ret_next->scale_y;
    return MIEN_OK;
}

/* Looks at the picture enlarged, for all but large faces. */
static mien_status look_enlarged(struct detector *detector, const struct image *picture,
                                 double scale, float threshold, mien_error *err)
{
    struct view view = {.least = FACE_LEAST, .most = FACE_MOST, .doubt = ENLARGED_DOUBT};
    mien_status status = scaled_grey(picture, scale, &view.grey, err);

    if (status)
        return status;
    set_scale(picture, &view);
    status = look(detector, &view, threshold, err);
    image_free(&view.grey);
    return status;
}

/* Looks at the picture as it is, and smaller. */
static mien_status look_at_views(struct detector *detector, const struct image *picture,
                                 float threshold, mien_error *err)
{
    struct view view = {.least = FACE_LEAST, .most = INFINITY}, next;
    double scale = fmin(1, (double)MAIN_SIDE / longest_side(picture));
    mien_status status = scaled_grey(picture, scale, &view.grey, err);

    if (!status)
        set_scale(picture, &view);
    while (!status && view.grey.pixels) {
        status = next_view(picture, &view, &next, err);
        if (!status)
            status = look(detector, &view, threshold, err);
        image_free(&view.grey);
        view = next;
    }
    return status;
}

mien_status detector_find(struct detector *detector, const struct image *image,
                          const struct detector_options *options,
                          const struct detection **ret_detections, size_t *ret_count,
                          mien_error *err)
{
    struct detector_options usual;
    double enlarge;
    mien_status status;

    detector_options_init(&usual);
    options = options ? options : &usual;
    if (!(options->threshold > 0 && options->threshold < 1))
        return error_set(err, MIEN_EINVAL, "a threshold of %g: give one between 0 and 1",
                         (double)options->threshold);
    if (!(options->enlarge >= 1 && options->enlarge <= 2))
        return error_set(err, MIEN_EINVAL, "enlarged %g times: give a number from 1 to 2",
                         (double)options->enlarge);
    detector->count = 0;
    enlarge = fmin((double)options->enlarge, (double)MAIN_SIDE / longest_side(image));
    status = look_at_views(detector, image, options->threshold, err);
    if (!status && enlarge >= LEAST_ENLARGED)
        status = look_enlarged(detector, image, enlarge, options->threshold, err);
    if (status)
        return status;
    suppress(detector, options);
    detector->count = drop_smaller(detector->candidates, detector->count, options->least);
    if (detector->placer)
        status = landmark_placer_place(detector->placer, image, detector->candidates,
                                       detector->count, err);
    if (status)
        return status;
    *ret_detections = detector->candidates;
    *ret_count = detector->count;
    return MIEN_OK;
}

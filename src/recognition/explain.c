/* explain.c - which parts of a face an answer hangs on.
 *
 * Parts are covered one after the other (Zeiler, Fergus: "Visualizing and understanding
 * convolutional networks", ECCV 2014, section 4.2): that asks the network what it would say
 * without them, needs no gradients, and holds for any architecture.
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "recognition/pipeline.h"

/* Squares of about this share of the side are covered, a step of a fraction of that apart. */
enum { SQUARES_A_SIDE = 5, STEPS_A_SQUARE = 3 };

void mien_input_size(const mien_recognizer *recognizer, int *ret_width, int *ret_height)
{
    *ret_width = recognizer->input.W;
    *ret_height = recognizer->input.H;
}

/* A square that is covered; it may reach beyond the face. */
struct cover {
    int x, y, side;
};

/* The covers of a face, row by row. */
struct covering {
    int side, step, columns, rows;
};

static struct covering covering_of(struct shape input)
{
    int shorter = input.W < input.H ? input.W : input.H;
    struct covering c = {.side = shorter / SQUARES_A_SIDE > 1 ? shorter / SQUARES_A_SIDE : 1};

    c.step = c.side / STEPS_A_SQUARE > 1 ? c.side / STEPS_A_SQUARE : 1;
    c.columns = (input.W + c.side - 1) / c.step;
    c.rows = (input.H + c.side - 1) / c.step;
    return c;
}

/* Cover `number`; the first one shows a step of the face's corner. */
static struct cover cover_of(const struct covering *c, int number)
{
    return (struct cover){(number % c->columns + 1) * c->step - c->side,
                          (number / c->columns + 1) * c->step - c->side, c->side};
}

static bool is_covered(const struct cover *cover, int x, int y)
{
    return x >= cover->x && x < cover->x + cover->side && y >= cover->y &&
           y < cover->y + cover->side;
}

static void load_covered(const struct shape input, const uint8_t *seen, float grey,
                         const struct cover *cover, float *levels)
{
    for (int y = 0; y < input.H; y++)
        for (int x = 0; x < input.W; x++, seen++)
            *levels++ = cover && is_covered(cover, x, y) ? grey : *seen;
}

/* What the covers tell of every pixel so far. */
struct weighing {
    const mien_recognizer *recognizer;
    mien_workspace *workspace;
    const uint8_t *seen; /* (H, W) */
    float grey;          /* its mean, a whole number: what covers it */
    int label;
    float *sums; /* (H, W): of the falls of the probability */
    int *counts; /* (H, W): covers */
};

/* Asks about the first `count` pictures whose levels are put. */
static mien_status ask(const struct weighing *w, int count, float *ret_probabilities,
                       mien_error *err)
{
    mien_face answers[PIPELINE_BATCH] = {0};
    mien_status status = classifier_run_answer(w->workspace->run, (size_t)count, answers, err);

    for (int i = 0; i < count && !status; i++)
        ret_probabilities[i] = answers[i].probabilities[w->label];
    return status;
}

static void add_fall(struct weighing *w, const struct cover *cover, float fall)
{
    struct shape input = w->recognizer->input;

    for (int y = 0; y < input.H; y++)
        for (int x = 0; x < input.W; x++)
            if (is_covered(cover, x, y)) {
                w->sums[y * input.W + x] += fall;
                w->counts[y * input.W + x]++;
            }
}

static mien_status weigh(struct weighing *w, mien_error *err)
{
    struct shape input = w->recognizer->input;
    struct covering covering = covering_of(input);
    int count = covering.columns * covering.rows;
    float *levels = classifier_run_levels(w->workspace->run);
    float whole, covered[PIPELINE_BATCH];
    mien_status status;

    load_covered(input, w->seen, w->grey, NULL, levels);
    status = ask(w, 1, &whole, err);
    for (int first = 0; first < count && !status; first += PIPELINE_BATCH) {
        int here = count - first < PIPELINE_BATCH ? count - first : PIPELINE_BATCH;
        for (int i = 0; i < here; i++) {
            struct cover cover = cover_of(&covering, first + i);
            load_covered(input, w->seen, w->grey, &cover, levels + (size_t)i * shape_count(input));
        }
        status = ask(w, here, covered, err);
        for (int i = 0; i < here && !status; i++) {
            struct cover cover = cover_of(&covering, first + i);
            add_fall(w, &cover, whole - covered[i]);
        }
    }
    return status;
}

static float mean_of(const uint8_t *values, size_t count)
{
    double sum = 0;

    for (size_t i = 0; i < count; i++)
        sum += values[i];
    return roundf((float)(sum / (double)count));
}

/* The face as the network sees it. */
static mien_status see(const mien_recognizer *recognizer, mien_workspace *workspace,
                       const mien_picture *picture, const mien_face *face, uint8_t *seen,
                       mien_error *err)
{
    struct shape input = recognizer->input;
    struct image image;
    struct affine map;
    mien_status status = pipeline_picture(picture, &image, err);

    if (!status)
        status = pipeline_map(recognizer, face, &map, err);
    if (!status)
        status = image_warp_sharp(&image, &map, IMAGE_EDGE_REPLICATE, &workspace->crop, err);
    for (int y = 0; y < input.H && !status; y++)
        memcpy(seen + (size_t)y * (size_t)input.W, image_row(&workspace->crop, y), (size_t)input.W);
    return status;
}

mien_status mien_explain(const mien_recognizer *recognizer, mien_workspace *workspace,
                         const mien_picture *picture, const mien_face *face, int label,
                         uint8_t *ret_seen, float *ret_weights, mien_error *err)
{
    size_t pixels = shape_count(recognizer->input);
    uint8_t *seen = malloc(pixels);
    float *sums = calloc(pixels, sizeof *sums);
    int *counts = calloc(pixels, sizeof *counts);
    mien_status status;

    if (label < 0 || label >= mien_label_count(recognizer))
        status = error_set(err, MIEN_EINVAL, "label %d: the model has 0 to %d", label,
                           mien_label_count(recognizer) - 1);
    else if (!seen || !sums || !counts)
        status = error_memory(err, pixels * sizeof *sums);
    else
        status = see(recognizer, workspace, picture, face, seen, err);
    if (!status) {
        struct weighing w = {recognizer, workspace, seen,  mean_of(seen, pixels),
                             label,      sums,      counts};
        status = weigh(&w, err);
    }
    for (size_t i = 0; i < pixels && !status; i++)
        ret_weights[i] = sums[i] / (float)counts[i];
    if (!status)
        memcpy(ret_seen, seen, pixels);
    free(seen);
    free(sums);
    free(counts);
    return status;
}

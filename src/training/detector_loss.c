/* detector_loss.c - assignment of faces to cells, and the loss of each cell.
 * SPDX-License-Identifier: MIT */
#include "training/detector_loss.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "face/detector_grid.h"

#define BOX_WEIGHT 2.0f
/* As strong in the gradient as the box; with 1 nothing is learned. */
#define LANDMARK_WEIGHT 10.0f

/* Sides of faces (square root of the area, pixels) that each grid learns; they overlap, so that
 * no size falls between two grids. */
static const float level_least[GRID_LEVELS] = {0, 40, 96};
static const float level_most[GRID_LEVELS] = {56, 128, INFINITY};

static int level_of(int stride)
{
    int level = 0;

    while (level < GRID_LEVELS - 1 && grid_strides[level] != stride)
        level++;
    return level;
}

static bool learns(int level, const struct face_mark *mark)
{
    float side = sqrtf(mark->w * mark->h);

    return side >= level_least[level] && side < level_most[level];
}

/* A face of nearly the right size: the grid may find it or not. */
static bool nearly_learns(int level, const struct face_mark *mark)
{
    float side = sqrtf(mark->w * mark->h);

    return side >= level_least[level] / 2 && side < level_most[level] * 2;
}

/* Whether the point of a cell is near enough to the middle of the face to answer for it: within
 * one stride, and within the box unless the face is smaller than a cell. */
static bool is_central(const struct face_mark *mark, float x, float y, float stride)
{
    float dx = fabsf(x - (mark->x + mark->w / 2)), dy = fabsf(y - (mark->y + mark->h / 2));
    float reach_x = fminf(stride, fmaxf(mark->w / 2, stride / 2));
    float reach_y = fminf(stride, fmaxf(mark->h / 2, stride / 2));

    return dx <= reach_x && dy <= reach_y;
}

static bool is_inside(const struct face_mark *mark, float x, float y)
{
    return x >= mark->x && x < mark->x + mark->w && y >= mark->y && y < mark->y + mark->h;
}

/* The smallest face that the cell answers for, or NULL. `ret_ignored`: the cell is to say nothing,
 * as it lies in an ignored face or in one that a neighbouring grid learns. */
static const struct face_mark *assign(const struct face_mark *marks, size_t count, int level,
                                      float x, float y, bool *ret_ignored)
{
    const struct face_mark *chosen = NULL;
    float stride = (float)grid_strides[level];

    *ret_ignored = false;
    for (size_t i = 0; i < count; i++) {
        const struct face_mark *mark = &marks[i];
        if (mark->ignore)
            *ret_ignored |= is_inside(mark, x, y);
        else if (is_central(mark, x, y, stride) && learns(level, mark) &&
                 (!chosen || mark->w * mark->h < chosen->w * chosen->h))
            chosen = mark;
        else if (is_central(mark, x, y, stride))
            *ret_ignored |= nearly_learns(level, mark);
    }
    return chosen;
}

/* 1 - GIoU of the predicted box and the face, its IoU, and the gradient by centre and size. */
static float box_loss(const struct grid_box *p, const struct face_mark *g, float *ret_iou,
                      float d[4])
{
    float x1 = p->centre_x - p->w / 2, x2 = p->centre_x + p->w / 2;
    float y1 = p->centre_y - p->h / 2, y2 = p->centre_y + p->h / 2;
    float gx2 = g->x + g->w, gy2 = g->y + g->h;
    float iw = fmaxf(fminf(x2, gx2) - fmaxf(x1, g->x), 0);
    float ih = fmaxf(fminf(y2, gy2) - fmaxf(y1, g->y), 0);
    float cw = fmaxf(x2, gx2) - fminf(x1, g->x), ch = fmaxf(y2, gy2) - fminf(y1, g->y);
    float I = iw * ih, U = p->w * p->h + g->w * g->h - I, C = cw * ch;
    bool meets = iw > 0 && ih > 0;
    /* derivatives of I, of the predicted area and of C by x1, x2, y1, y2 */
    float dI[4] = {meets && x1 > g->x ? -ih : 0, meets && x2 < gx2 ? ih : 0,
                   meets && y1 > g->y ? -iw : 0, meets && y2 < gy2 ? iw : 0};
    float dA[4] = {-p->h, p->h, -p->w, p->w};
    float dC[4] = {x1 < g->x ? -ch : 0, x2 > gx2 ? ch : 0, y1 < g->y ? -cw : 0, y2 > gy2 ? cw : 0};
    float by[4];

    for (int i = 0; i < 4; i++) {
        float dU = dA[i] - dI[i];
        by[i] = -(dI[i] * U - I * dU) / (U * U) - (dU * C - U * dC[i]) / (C * C);
    }
    d[0] = by[0] + by[1];
    d[1] = by[2] + by[3];
    d[2] = (by[1] - by[0]) / 2;
    d[3] = (by[3] - by[2]) / 2;
    *ret_iou = I / U;
    return 2 - I / U - U / C;
}

static float logistic(float x)
{
    return 1 / (1 + expf(-x));
}

/* Quality focal loss with exponent 2: |target - p|^2 times the binary cross-entropy. */
static float score_loss(float logit, float target, float *ret_gradient)
{
    float p = logistic(logit), error = p - target;
    float entropy = fmaxf(logit, 0) - logit * target + log1pf(expf(-fabsf(logit)));

    *ret_gradient = error * error * error + 2 * error * p * (1 - p) * entropy;
    return error * error * entropy;
}

/* What a face's score is to become: half for being one, half for how well its box lies. With the
 * IoU alone, faces whose box is hard to tell, blurred or in profile, score like what is none. */
static float score_target(float iou)
{
    return (1 + iou) / 2;
}

/* Smooth L1 (Girshick, ICCV 2015) of each coordinate over the side of the face, mean of all. */
static float landmark_loss(const float *numbers, const struct face_mark *mark, float x, float y,
                           float stride, float *d)
{
    float side = sqrtf(mark->w * mark->h), loss = 0;
    const float beta = 0.05f; /* errors below a twentieth of the face count as squares */

    for (int i = 0; i < 2 * GRID_FACE_LANDMARKS; i++) {
        float at = (i % 2 ? y : x) + stride * numbers[i];
        float error = (at - mark->landmarks[i / 2][i % 2]) / side, size = fabsf(error);
        float share = 1.0f / (2 * GRID_FACE_LANDMARKS);
        loss += share * (size < beta ? error * error / (2 * beta) : size - beta / 2);
        d[i] = share * (size < beta ? error / beta : copysignf(1, error)) * stride / side;
    }
    return loss;
}

static void positive_cell(const float *numbers, int column, int row, int stride,
                          const struct face_mark *mark, struct detector_loss *loss, float *d)
{
    struct grid_box box = grid_decode_box(numbers, column, row, stride);
    float s = (float)stride, iou, by[4];

    loss->positives++;
    loss->box += box_loss(&box, mark, &iou, by);
    loss->score += score_loss(numbers[GRID_SCORE], score_target(iou), &d[GRID_SCORE]);
    d[GRID_BOX] = BOX_WEIGHT * by[0] * s;
    d[GRID_BOX + 1] = BOX_WEIGHT * by[1] * s;
    d[GRID_BOX + 2] = numbers[GRID_BOX + 2] < GRID_LARGEST_LOG ? BOX_WEIGHT * by[2] * box.w : 0;
    d[GRID_BOX + 3] = numbers[GRID_BOX + 3] < GRID_LARGEST_LOG ? BOX_WEIGHT * by[3] * box.h : 0;
    if (!mark->has_landmarks)
        return;
    loss->landmarks += landmark_loss(numbers + GRID_LANDMARKS, mark, ((float)column + 0.5f) * s,
                                     ((float)row + 0.5f) * s, s, d + GRID_LANDMARKS);
    for (int i = 0; i < 2 * GRID_FACE_LANDMARKS; i++)
        d[GRID_LANDMARKS + i] *= LANDMARK_WEIGHT;
}

void detector_loss_grid(const float *grid, int H, int W, int stride, const struct face_mark *marks,
                        size_t count, struct detector_loss *loss, float *dgrid)
{
    int level = level_of(stride);

    memset(dgrid, 0, (size_t)H * (size_t)W * GRID_NUMBERS * sizeof *dgrid);
    for (int row = 0; row < H; row++)
        for (int column = 0; column < W; column++) {
            size_t cell = ((size_t)row * (size_t)W + (size_t)column) * GRID_NUMBERS;
            float x = ((float)column + 0.5f) * (float)stride;
            float y = ((float)row + 0.5f) * (float)stride;
            bool ignored;
            const struct face_mark *mark = assign(marks, count, level, x, y, &ignored);
            if (mark)
                positive_cell(grid + cell, column, row, stride, mark, loss, dgrid + cell);
            else if (!ignored)
                loss->score += score_loss(grid[cell + GRID_SCORE], 0, &dgrid[cell + GRID_SCORE]);
        }
}

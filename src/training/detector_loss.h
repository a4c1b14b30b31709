/* detector_loss.h - what a detector's grids should have said about a picture.
 * SPDX-License-Identifier: MIT */
#ifndef TRAINING_DETECTOR_LOSS_H
#define TRAINING_DETECTOR_LOSS_H

#include <stddef.h>

#include "training/detector_data.h"

/* Sums over the cells of one picture; divide by the positives of the whole batch. */
struct detector_loss {
    double score, box, landmarks;
    double positives; /* cells that a face is assigned to */
};

/* Adds a picture's loss of one grid (H, W, GRID_NUMBERS) at `stride` to `loss`, and writes the
 * gradient of score + 2 box + 10 landmarks to dgrid (same shape). Scores: quality focal loss (Li et
 * al., "Generalized focal loss", NeurIPS 2020), but with a target of (1 + the IoU of the predicted
 * box) / 2, as faces are to be found whose box is hard to tell; boxes: generalized IoU (Rezatofighi
 * et al., CVPR 2019); landmarks: smooth L1 over the size of the face. Cells within ignored marks
 * count nowhere. */
void detector_loss_grid(const float *grid, int H, int W, int stride, const struct face_mark *marks,
                        size_t count, struct detector_loss *loss, float *dgrid);

#endif

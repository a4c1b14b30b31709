/* detector_grid.h - what the 13 numbers of a detector's cell mean, for the detector that reads
 * them and the training that teaches them.
 *
 * A cell at column x, row y of the grid with stride s stands for the point a = ((x + 0.5) s,
 * (y + 0.5) s) of the picture. Its numbers are the logit of the score; the centre of the box as
 * a + s (n1, n2); width and height as s (exp(n3), exp(n4)); and the landmarks left eye, right eye,
 * nose, mouth (as seen in the picture) as a + s (n5, n6), ... The anchor-free form of FCOS (Tian
 * et al., ICCV 2019) with the centre and logarithmic size of YOLOX (Ge et al., 2021).
 * SPDX-License-Identifier: MIT */
#ifndef FACE_DETECTOR_GRID_H
#define FACE_DETECTOR_GRID_H

#include <math.h>

enum {
    GRID_LEVELS = 3,
    GRID_SCORE = 0,
    GRID_BOX = 1,
    GRID_LANDMARKS = 5,
    GRID_NUMBERS = 13,
    GRID_FACE_LANDMARKS = 4,
};

/* Strides and names of the outputs, finest first. */
static const int grid_strides[GRID_LEVELS] = {8, 16, 32};
static const char *const grid_names[GRID_LEVELS] = {"grid8", "grid16", "grid32"};

/* exp(6) cells are more than any picture that the detector sees. */
#define GRID_LARGEST_LOG 6.0f

struct grid_box {
    float centre_x, centre_y, w, h;
};

static inline struct grid_box grid_decode_box(const float *numbers, int x, int y, int stride)
{
    float s = (float)stride, log_w = fminf(numbers[GRID_BOX + 2], GRID_LARGEST_LOG);
    float log_h = fminf(numbers[GRID_BOX + 3], GRID_LARGEST_LOG);

    return (struct grid_box){((float)x + 0.5f + numbers[GRID_BOX]) * s,
                             ((float)y + 0.5f + numbers[GRID_BOX + 1]) * s, s * expf(log_w),
                             s * expf(log_h)};
}

#endif

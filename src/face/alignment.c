/* alignment.c - the frame of FER2013's crops.
 * SPDX-License-Identifier: MIT */
#include "face/alignment.h"

/* Where the landmarks lie in FER2013's crops, as shares of their side: means over the Training
 * pictures, each put on a larger canvas and looked at by the detector (bench/crop_frame.c). */
static const float crop_landmarks[4][2] = {
    {0.322f, 0.391f}, {0.675f, 0.388f}, {0.501f, 0.658f}, {0.502f, 0.774f}};

/* The square is smaller by this than FER2013's: where landmarks are off, too large a square costs
 * much more accuracy than too small a one (bench/pipeline.c). */
#define TIGHTER 0.91f

mien_status alignment_map(const float landmarks[4][2], int side, struct affine *ret_map,
                          mien_error *err)
{
    float targets[4][2];

    for (int i = 0; i < 4; i++)
        for (int k = 0; k < 2; k++)
            targets[i][k] = (0.5f + (crop_landmarks[i][k] - 0.5f) / TIGHTER) * (float)side;
    return affine_similarity((const float(*)[2])targets, landmarks, 4, ret_map, err);
}

/* alignment.c - the frame of FER2013's crops.
 * SPDX-License-Identifier: MIT */
#include "face/alignment.h"

#include <math.h>

/* Where landmarks and box lie in FER2013's crops, as shares of their side: means over the Training
 * pictures, each put on a larger canvas and looked at by the detector (bench/crop_frame.c). */
static const float crop_landmarks[4][2] = {
    {0.321f, 0.393f}, {0.677f, 0.391f}, {0.501f, 0.662f}, {0.502f, 0.780f}};
static const double crop_box_middle[2] = {0.498, 0.553};
static const double crop_box_size[2] = {0.910, 1.109};

/* All chosen on PublicTest, found in photographs (bench/pipeline.c). The square is smaller by
 * TIGHTER than FER2013's: where a face's place is off, too large a square costs much more accuracy
 * than too small a one. Of the turn that the landmarks show, KEPT_TURN stays, at most MOST_KEPT:
 * small turns are as often their error, or the way a head is held in FER2013's crops too. */
#define TIGHTER 0.92
#define KEPT_TURN (1 / 3.0)
#define MOST_KEPT 0.09 /* radians */

/* A square in the picture. */
struct square {
    double middle[2], side, turn; /* turn in radians, as the y axis points down clockwise */
};

/* The crop's frame such that the landmarks lie in it as they do on average: a similarity, the best
 * one in the sense of least squares (Umeyama, IEEE TPAMI 13(4), 1991). */
static mien_status square_of_landmarks(const float landmarks[4][2], struct square *ret_square,
                                       mien_error *err)
{
    float from_middle[4][2];
    struct affine fit;
    mien_status status;

    for (int i = 0; i < 4; i++)
        for (int k = 0; k < 2; k++)
            from_middle[i][k] = crop_landmarks[i][k] - 0.5f;
    status = affine_similarity((const float(*)[2])from_middle, landmarks, 4, &fit, err);
    if (!status)
        *ret_square = (struct square){{fit.m[0][2], fit.m[1][2]},
                                      hypot(fit.m[0][0], fit.m[1][0]),
                                      atan2(fit.m[1][0], fit.m[0][0])};
    return status;
}

/* The same by the box of a face that is turned by `turn`. */
static struct square square_of_box(const float box[4], double turn)
{
    double side = sqrt(box[2] / crop_box_size[0] * (box[3] / crop_box_size[1]));
    double x = (0.5 - crop_box_middle[0]) * side, y = (0.5 - crop_box_middle[1]) * side;

    return (struct square){{box[0] + box[2] / 2 + x * cos(turn) - y * sin(turn),
                            box[1] + box[3] / 2 + x * sin(turn) + y * cos(turn)},
                           side,
                           turn};
}

mien_status alignment_map(const float box[4], const float landmarks[4][2], int side,
                          struct affine *ret_map, mien_error *err)
{
    struct square a, b;
    mien_status status = square_of_landmarks(landmarks, &a, err);
    double turn, scale, c, s, half = side / 2.0;

    if (status)
        return status;
    b = square_of_box(box, a.turn);
    turn = a.turn - fmax(-MOST_KEPT, fmin(KEPT_TURN * a.turn, MOST_KEPT));
    scale = TIGHTER * (a.side + b.side) / 2 / side;
    c = scale * cos(turn);
    s = scale * sin(turn);
    *ret_map = (struct affine){{{c, -s, (a.middle[0] + b.middle[0]) / 2 - c * half + s * half},
                                {s, c, (a.middle[1] + b.middle[1]) / 2 - s * half - c * half}}};
    return MIEN_OK;
}

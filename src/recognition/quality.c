/* quality.c - too small, blurred, turned away, dark, cut off.
 * SPDX-License-Identifier: MIT */
#include "recognition/quality.h"

#include <math.h>

/* bench/quality_rules measures these: of faces that are left as they were, of which 70% are read
 * rightly, they touch one in a hundred at most; just beyond them 58% are (blur), 64% (size) and 63%
 * (light). A box of fewer pixels is enlarged for the classifier. */
#define LEAST_SIDE 30.0f
/* Grey levels. */
#define LEAST_LIGHT 50.0
#define LEAST_SHARPNESS 0.05
/* A face cut off by more than this share of its box. */
#define MOST_CUT 0.15f
/* How far the nose is from the middle of the eyes, in eye distances. Landmarks as found follow a
 * turned head by a third: this is where the marked ones of the validation photographs are at 0.3 or
 * so, a turn of some 35 degrees; one face in a hundred that looks ahead is beyond. */
#define MOST_TURN 0.13f

static double mean_level(const struct image *crop)
{
    double sum = 0;

    for (int y = 0; y < crop->height; y++)
        for (int x = 0; x < crop->width; x++)
            sum += image_row(crop, y)[x];
    return sum / ((double)crop->width * crop->height);
}

/* The mean square of the Laplacian over the variance of the levels: how much of the contrast is
 * in fine detail (after Pech-Pacheco et al., ICPR 2000; the quotient makes it independent of
 * light). */
static double sharpness(const struct image *crop, double mean)
{
    double laplacian = 0, variance = 1;

    for (int y = 1; y < crop->height - 1; y++) {
        const uint8_t *row = image_row(crop, y);
        for (int x = 1; x < crop->width - 1; x++) {
            double l = row[x - 1] + row[x + 1] + image_row(crop, y - 1)[x] +
                       image_row(crop, y + 1)[x] - 4.0 * row[x];
            laplacian += l * l;
            variance += (row[x] - mean) * (row[x] - mean);
        }
    }
    return laplacian / variance;
}

/* How much of the box lies outside the picture. */
static float cut_share(const mien_box *box, const mien_picture *picture)
{
    float w = fminf(box->x + box->w, (float)picture->width) - fmaxf(box->x, 0);
    float h = fminf(box->y + box->h, (float)picture->height) - fmaxf(box->y, 0);

    return 1 - fmaxf(w, 0) * fmaxf(h, 0) / (box->w * box->h);
}

/* Along the line of the eyes, so that a tilted head is not taken for a turned one. */
static float turn(const float landmarks[4][2])
{
    float ex = landmarks[1][0] - landmarks[0][0], ey = landmarks[1][1] - landmarks[0][1];
    float nx = landmarks[2][0] - (landmarks[0][0] + landmarks[1][0]) / 2;
    float ny = landmarks[2][1] - (landmarks[0][1] + landmarks[1][1]) / 2;
    float square = ex * ex + ey * ey;

    return square > 0 ? fabsf(nx * ex + ny * ey) / square : INFINITY;
}

unsigned quality_reasons(const mien_face *face, const mien_picture *picture,
                         const struct image *crop)
{
    double mean = mean_level(crop);
    unsigned reasons = 0;

    if (fminf(face->box.w, face->box.h) < LEAST_SIDE)
        reasons |= MIEN_REASON_SMALL;
    else if (sharpness(crop, mean) < LEAST_SHARPNESS) /* an enlarged face is smooth anyway */
        reasons |= MIEN_REASON_BLURRED;
    if (mean < LEAST_LIGHT)
        reasons |= MIEN_REASON_DARK;
    if (cut_share(&face->box, picture) > MOST_CUT)
        reasons |= MIEN_REASON_CUT_OFF;
    if (face->has_landmarks && turn(face->landmarks) > MOST_TURN)
        reasons |= MIEN_REASON_TURNED;
    return reasons;
}

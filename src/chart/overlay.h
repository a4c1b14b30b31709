/* overlay.h - marks on a photograph: boxes with titles, probability bars and landmarks.
 * It draws what it is told and knows nothing of what is in the boxes.
 * SPDX-License-Identifier: MIT */
#ifndef CHART_OVERLAY_H
#define CHART_OVERLAY_H

#include "base/error.h"
#include "chart/colour_map.h"
#include "image/image.h"

/* How many colours there are, told apart by colour-blind people, too (Okabe and Ito, 2008). */
#define OVERLAY_COLOURS 8

/* Colour `colour`, which wraps around. */
struct colour overlay_colour(int colour);

/* One marked face; everything that it points to is borrowed for the call. Positions are in pixels
 * of the picture, continuous as in image.h, and may lie outside. */
struct overlay_face {
    float x, y, w, h;             /* the box */
    const char *title;            /* UTF-8, one line ("happy 93%"); NULL: none */
    int bar_count;                /* 0: no bars */
    const char *const *bar_names; /* (bar_count) */
    const float *bars;            /* (bar_count), 0 to 1 */
    int landmark_count;           /* 0: none */
    const float (*landmarks)[2];  /* (landmark_count, x y) */
    int colour;                   /* 0..OVERLAY_COLOURS - 1; others wrap around */
};

/* Draws `count` faces onto `image`, which is RGB. Lines and letters grow with the picture and the
 * face. A title lies where it hides least: above its box, below, or where there is room, always
 * inside the picture. Bars are drawn where they hide neither a face nor a title, and otherwise
 * left out. Costs by the area that is drawn on, not by the picture's. Any thread, each its own
 * picture.
 * @return MIEN_EINVAL (a grey picture, or a box that is not finite or has a negative size),
 *         MIEN_ENOMEM, which may leave the picture half drawn */
mien_status overlay_draw(struct image *image, const struct overlay_face *faces, int count,
                         mien_error *err);

#endif

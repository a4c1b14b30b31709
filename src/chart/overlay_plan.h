/* overlay_plan.h - where an overlay's titles and bars go.
 * SPDX-License-Identifier: MIT */
#ifndef CHART_OVERLAY_PLAN_H
#define CHART_OVERLAY_PLAN_H

#include "chart/canvas.h"
#include "chart/overlay.h"

/* All that is drawn of one face, in pixels of the picture. A width of 0 means: not drawn. */
struct overlay_place {
    struct box face;
    struct box title; /* the backing; the text stands `padding` inside */
    struct box bars;
    double size;     /* of the title's letters */
    double bar_size; /* of the bars' */
    double name_width;
    double line;       /* width of the box's line */
    struct box extent; /* around all of it */
};

double overlay_padding(double size);
double overlay_row_height(double size);

/* Fills `ret_places` (count) for a picture of width x height. `canvas` measures the texts. */
void overlay_plan(struct canvas *canvas, double width, double height,
                  const struct overlay_face *faces, int count, struct overlay_place *ret_places);

#endif

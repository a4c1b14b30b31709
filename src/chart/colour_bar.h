/* colour_bar.h - the strip that says which number a colour stands for.
 * SPDX-License-Identifier: MIT */
#ifndef CHART_COLOUR_BAR_H
#define CHART_COLOUR_BAR_H

#include "chart/axis.h"

/* Fills `box` with the map, low at the bottom, and writes the ticks of `axis` right of it. */
void colour_bar_draw(struct canvas *canvas, struct box box, enum colour_map map, struct axis axis);

#endif

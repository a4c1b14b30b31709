/* detector_clutter.h - letters, signs, dials: dark and light that lies as in a face, and is none.
 * SPDX-License-Identifier: MIT */
#ifndef TRAINING_DETECTOR_CLUTTER_H
#define TRAINING_DETECTOR_CLUTTER_H

#include "evaluation/face_mark.h"
#include "training/random_stream.h"

/* Writes one to three rows of made-up letters on a random place of `canvas` (grey), with or without
 * a plate behind them. Where they would touch one of `marks` (count), nothing happens. */
void detector_clutter(struct random_stream *random, const struct face_mark *marks, int count,
                      struct image *canvas);

#endif

/* detector_paste.h - faces laid on a training picture, and things laid on its faces.
 * SPDX-License-Identifier: MIT */
#ifndef TRAINING_DETECTOR_PASTE_H
#define TRAINING_DETECTOR_PASTE_H

#include "evaluation/face_mark.h"
#include "training/random_stream.h"

/* The largest face that one of FER2013's 48 x 48 pixels is worth being made; pixels of its box. */
#define DETECTOR_PASTE_LARGEST 224

/* Whether the box keeps clear of all `marks` (count). */
bool detector_is_free(const struct face_mark *marks, int count, const struct face_mark *box);

/* Lays `crop`, a picture of FER2013 (48 x 48, grey), on a random place of `canvas` (grey), the box
 * of its face `size` pixels high: mirrored or not, tilted, squeezed, cut tighter, with a hard or a
 * soft edge, round or square. Where it would touch one of `marks` (count), nothing happens and
 * `ret_pasted` is false; else `ret_mark` is the face. The canvas is one thread's.
 * @return MIEN_ENOMEM */
mien_status detector_paste(struct random_stream *random, const struct image *crop, float size,
                           const struct face_mark *marks, int count, struct image *canvas,
                           bool *ret_pasted, struct face_mark *ret_mark, mien_error *err);

/* Covers a part of every sixth face or so of `marks` (count), at most two fifths of it, with a
 * level, with something else out of the canvas, or with a part of the face itself. */
void detector_cover(struct random_stream *random, const struct face_mark *marks, int count,
                    struct image *canvas);

#endif

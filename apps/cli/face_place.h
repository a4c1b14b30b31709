/* face_place.h - where the command line says that faces are to be looked for.
 * SPDX-License-Identifier: MIT */
#ifndef CLI_FACE_PLACE_H
#define CLI_FACE_PLACE_H

#include "mien/mien.h"

enum face_place_kind {
    FACE_DETECT, /* wherever the detector finds one */
    FACE_WHOLE,  /* one that fills the picture */
    FACE_BOX,    /* one in `box` */
};

struct face_place {
    enum face_place_kind kind;
    mien_box box;
};

/* Reads "detect", "whole", or "X,Y,W,H" in pixels. MIEN_EINVAL with a message that says what would
 * do. */
mien_status face_place_parse(const char *word, struct face_place *ret_place, mien_error *err);

/* The box in a picture of this size; the place is no FACE_DETECT. */
mien_box face_place_box(const struct face_place *place, int width, int height);

#endif

/* quality.h - why the answer for a face may be worth less, by simple measured rules.
 * SPDX-License-Identifier: MIT */
#ifndef RECOGNITION_QUALITY_H
#define RECOGNITION_QUALITY_H

#include "image/image.h"
#include "mien/mien.h"

/* The MIEN_REASON bits of a face: `crop` is what the classifier saw of it, in grey. */
unsigned quality_reasons(const mien_face *face, const mien_picture *picture,
                         const struct image *crop);

#endif

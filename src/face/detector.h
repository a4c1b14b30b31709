/* detector.h - find the faces in a picture.
 * SPDX-License-Identifier: MIT */
#ifndef FACE_DETECTOR_H
#define FACE_DETECTOR_H

#include "base/error.h"
#include "image/image.h"
#include "network/network.h"

/* The default: on the validation photographs, where precision is 0.98 (models/face.md). */
#define DETECTOR_THRESHOLD 0.6

/* Pictures whose sides are multiples of this, and small enough not to be shrunk, are looked at as
 * they are; others are padded. */
enum { DETECTOR_STEP = 32 };

/* A face that was found, in pixels of the picture (image.h). */
struct detection {
    float x, y, w, h, score;
    float landmarks[4][2]; /* left eye, right eye, nose, mouth, as seen in the picture */
};

struct detector_options {
    float threshold; /* least score, 0 to 1; default DETECTOR_THRESHOLD */
    float overlap;   /* of two boxes with a larger IoU the weaker goes; default 0.4 */
    float least;     /* smallest face to look for, pixels of box height; default 20 */
    float enlarge;   /* pictures are also looked at so much larger, up to 1536 pixels, where small
                        faces are found better; 1 to 2, default 1. Takes enlarge^2 times longer */
    int most_faces;  /* default 1000 */
};

void detector_options_init(struct detector_options *options);

/* Finds faces with a network whose outputs are the grids of detector_grid.h. Keeps plans for the
 * sizes of picture it has seen lately. One thread at a time; several may share a network. */
struct detector;

/* The network is borrowed. MIEN_EINVAL if its outputs are not those of a detector. */
mien_status detector_new(const struct network *network, struct detector **ret_detector,
                         mien_error *err);
void detector_free(struct detector *detector);

/* From now on landmarks are placed by this network (landmarks.h), which is borrowed, and not by
 * the detector's own. MIEN_EINVAL if it places none. */
mien_status detector_use_landmarks(struct detector *detector, const struct network *network,
                                   mien_error *err);

/* The faces of a picture, best first, at most `options->most_faces`. `ret_detections` belongs to
 * the detector and holds until the next call. `options` NULL: the defaults. */
mien_status detector_find(struct detector *detector, const struct image *image,
                          const struct detector_options *options,
                          const struct detection **ret_detections, size_t *ret_count,
                          mien_error *err);

#endif

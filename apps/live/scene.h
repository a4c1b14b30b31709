/* scene.h - what a view shows at one moment, and the marks on its picture.
 * SPDX-License-Identifier: MIT */
#ifndef LIVE_SCENE_H
#define LIVE_SCENE_H

#include "mien/mien.h"
#include "shown_lately.h"

struct scene {
    const struct image *picture; /* RGB, without marks; NULL before the first frame */
    const struct stream_face *faces;
    size_t count;
    const mien_recognizer *recognizer; /* knows the labels' names */
    const struct shown_lately *lately;
    double fps, latency_s; /* latency: from the camera to the screen; negative: unknown */
    size_t dropped;
    bool mirrored; /* the picture and the faces are */
    bool paused, recording, learning, landmarks, help, simple;
    const char *message; /* what has just been done, or what is awaited; NULL: nothing */
};

/* The keys of every view (f: of the window alone) and what they do, for help: pairs of texts,
 * ending with NULL. */
extern const char *const scene_keys[][2];

/* What is not a face has no expression worth showing. */
bool scene_is_face(const mien_face *face);

enum { SCENE_TITLE = 48 };

/* "happy 93%", or "not a face". */
void scene_title(const mien_recognizer *recognizer, const mien_face *face,
                 char ret_title[SCENE_TITLE]);

/* The label of the largest face; "" where there is none. */
const char *scene_main_label(const struct scene *scene);

/* Draws the boxes, labels and, with `bars`, the probabilities of all faces onto `image`, whose size
 * is `scale` times that of the picture in which the faces were found. MIEN_ENOMEM. */
mien_status scene_draw_marks(const struct stream_face *faces, size_t count,
                             const mien_recognizer *recognizer, float scale, bool landmarks,
                             bool bars, struct image *image, mien_error *err);

/* Fills `canvas`, an RGB picture of the window's size, with the whole scene: the picture with its
 * marks, and beside it what each person has shown. `density`: pixels a point, 1 or more. */
mien_status scene_compose(const struct scene *scene, float density, struct image *canvas,
                          mien_error *err);

#endif

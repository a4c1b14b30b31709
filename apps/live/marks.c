/* marks.c - faces as an overlay: with their number, the steady label in their colour.
 * SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "chart/overlay.h"
#include "scene.h"

enum { TITLE = 64, LANDMARKS = 4 };

/* One face, scaled; `title` and `landmarks` are its memory. */
static struct overlay_face describe(const struct stream_face *face, const char *const *names,
                                    int labels, float scale, char *title, float (*landmarks)[2])
{
    const mien_face *f = &face->face;

    snprintf(title, TITLE, "%d %s %.0f%%%s", face->id, names[f->expression],
             100 * (double)f->probabilities[f->expression], face->learning ? " ..." : "");
    for (int i = 0; i < LANDMARKS; i++) {
        landmarks[i][0] = f->landmarks[i][0] * scale;
        landmarks[i][1] = f->landmarks[i][1] * scale;
    }
    return (struct overlay_face){.x = f->box.x * scale,
                                 .y = f->box.y * scale,
                                 .w = f->box.w * scale,
                                 .h = f->box.h * scale,
                                 .title = title,
                                 .bar_count = labels,
                                 .bar_names = names,
                                 .bars = f->probabilities,
                                 .landmark_count = LANDMARKS,
                                 .landmarks = (const float(*)[2])landmarks,
                                 .colour = f->expression};
}

mien_status scene_draw_marks(const struct stream_face *faces, size_t count,
                             const mien_recognizer *recognizer, float scale, bool landmarks,
                             bool bars, struct image *image, mien_error *err)
{
    struct overlay_face marks[STREAM_FACES_MAX];
    char titles[STREAM_FACES_MAX][TITLE];
    float points[STREAM_FACES_MAX][LANDMARKS][2];
    const char *names[MIEN_LABELS_MAX];
    int labels = mien_label_count(recognizer);

    for (int i = 0; i < labels; i++)
        names[i] = mien_label(recognizer, i);
    for (size_t i = 0; i < count; i++) {
        marks[i] = describe(&faces[i], names, labels, scale, titles[i], points[i]);
        if (!landmarks)
            marks[i].landmark_count = 0;
        if (!bars)
            marks[i].bar_count = 0;
    }
    return overlay_draw(image, marks, (int)count, err);
}

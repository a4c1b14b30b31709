/* marks.c - what a face is called; faces as an overlay, with their number, the label in its colour.
 * SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "chart/overlay.h"
#include "scene.h"

enum { TITLE = 64, LANDMARKS = 4 };

bool scene_is_face(const mien_face *face)
{
    return !(face->reasons & MIEN_REASON_NOT_A_FACE);
}

void scene_title(const mien_recognizer *recognizer, const mien_face *face,
                 char ret_title[SCENE_TITLE])
{
    if (scene_is_face(face))
        snprintf(ret_title, SCENE_TITLE, "%s %.0f%%", mien_label(recognizer, face->expression),
                 100 * (double)face->probabilities[face->expression]);
    else
        strcpy(ret_title, "not a face");
}

const char *scene_main_label(const struct scene *scene)
{
    const mien_face *largest = NULL;

    for (size_t i = 0; i < scene->count; i++) {
        const mien_face *face = &scene->faces[i].face;
        if (scene_is_face(face) && (!largest || face->box.h > largest->box.h))
            largest = face;
    }
    return largest ? mien_label(scene->recognizer, largest->expression) : "";
}

/* One face, scaled; `title` and `landmarks` are its memory. */
static struct overlay_face describe(const struct stream_face *face,
                                    const mien_recognizer *recognizer, const char *const *names,
                                    float scale, char *title, float (*landmarks)[2])
{
    const mien_face *f = &face->face;
    bool is_face = scene_is_face(f);
    char words[SCENE_TITLE];

    scene_title(recognizer, f, words);
    snprintf(title, TITLE, "%d %s%s", face->id, words, face->learning ? " ..." : "");
    for (int i = 0; i < LANDMARKS; i++) {
        landmarks[i][0] = f->landmarks[i][0] * scale;
        landmarks[i][1] = f->landmarks[i][1] * scale;
    }
    return (struct overlay_face){.x = f->box.x * scale,
                                 .y = f->box.y * scale,
                                 .w = f->box.w * scale,
                                 .h = f->box.h * scale,
                                 .title = title,
                                 .bar_count = is_face ? mien_label_count(recognizer) : 0,
                                 .bar_names = names,
                                 .bars = f->probabilities,
                                 .landmark_count = LANDMARKS,
                                 .landmarks = (const float(*)[2])landmarks,
                                 .colour = is_face ? f->expression : 0};
}

mien_status scene_draw_marks(const struct stream_face *faces, size_t count,
                             const mien_recognizer *recognizer, float scale, bool landmarks,
                             bool bars, struct image *image, mien_error *err)
{
    struct overlay_face marks[STREAM_FACES_MAX];
    char titles[STREAM_FACES_MAX][TITLE];
    float points[STREAM_FACES_MAX][LANDMARKS][2];
    const char *names[MIEN_LABELS_MAX];

    for (int i = 0; i < mien_label_count(recognizer); i++)
        names[i] = mien_label(recognizer, i);
    for (size_t i = 0; i < count; i++) {
        marks[i] = describe(&faces[i], recognizer, names, scale, titles[i], points[i]);
        if (!landmarks)
            marks[i].landmark_count = 0;
        if (!bars)
            marks[i].bar_count = 0;
    }
    return overlay_draw(image, marks, (int)count, err);
}

/* face_mark.c - boxes from landmarks, and how much two boxes overlap.
 * SPDX-License-Identifier: MIT */
#include "evaluation/face_mark.h"

#include <math.h>

void face_mark_box(struct face_mark *mark)
{
    const float(*at)[2] = (const float(*)[2])mark->landmarks;
    float eyes_x = (at[FACE_LEFT_EYE][0] + at[FACE_RIGHT_EYE][0]) / 2;
    float eyes_y = (at[FACE_LEFT_EYE][1] + at[FACE_RIGHT_EYE][1]) / 2;
    float down_x = at[FACE_MOUTH][0] - eyes_x, down_y = at[FACE_MOUTH][1] - eyes_y;
    float across = hypotf(at[FACE_RIGHT_EYE][0] - at[FACE_LEFT_EYE][0],
                          at[FACE_RIGHT_EYE][1] - at[FACE_LEFT_EYE][1]);
    float unit = fmaxf(across, 0.95f * hypotf(down_x, down_y));

    mark->h = 2.75f * unit;
    mark->w = 0.82f * mark->h;
    mark->x = eyes_x + 0.42f * down_x - mark->w / 2;
    mark->y = eyes_y + 0.42f * down_y - mark->h / 2;
}

static void map_point(const struct affine *map, const float from[2], float ret_to[2])
{
    double x = from[0], y = from[1];

    ret_to[0] = (float)(map->m[0][0] * x + map->m[0][1] * y + map->m[0][2]);
    ret_to[1] = (float)(map->m[1][0] * x + map->m[1][1] * y + map->m[1][2]);
}

struct face_mark face_mark_mapped(const struct face_mark *mark, const struct affine *map)
{
    double determinant = map->m[0][0] * map->m[1][1] - map->m[0][1] * map->m[1][0];
    float scale = (float)sqrt(fabs(determinant)), middle[2];
    struct face_mark to = *mark;

    if (mark->has_landmarks) {
        for (int i = 0; i < FACE_LANDMARKS; i++)
            map_point(map, mark->landmarks[determinant < 0 && i <= FACE_RIGHT_EYE ? 1 - i : i],
                      to.landmarks[i]);
        face_mark_box(&to);
        return to;
    }
    map_point(map, (const float[2]){mark->x + mark->w / 2, mark->y + mark->h / 2}, middle);
    to.w = mark->w * scale;
    to.h = mark->h * scale;
    to.x = middle[0] - to.w / 2;
    to.y = middle[1] - to.h / 2;
    return to;
}

float face_box_iou(const float a[4], const float b[4])
{
    float w = fminf(a[0] + a[2], b[0] + b[2]) - fmaxf(a[0], b[0]);
    float h = fminf(a[1] + a[3], b[1] + b[3]) - fmaxf(a[1], b[1]);
    float both = fmaxf(w, 0) * fmaxf(h, 0);

    return both > 0 ? both / (a[2] * a[3] + b[2] * b[3] - both) : 0;
}

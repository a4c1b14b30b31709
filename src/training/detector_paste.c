/* detector_paste.c - paste faces of FER2013, cover parts of faces.
 * SPDX-License-Identifier: MIT */
#include "training/detector_paste.h"

#include <string.h>

#include "image/resize.h"

/* Where the box of a face lies in a FER2013 picture of 48 x 48: x, y, w, h. */
static const float FER_BOX[4] = {2.8f, 0.2f, 42.8f, 52.1f};

#define COVER_SHARE 0.12f /* of faces */

/* Whether the box keeps clear of all marks. */
static bool is_free(const struct face_mark *marks, int count, const struct face_mark *box)
{
    for (int i = 0; i < count; i++) {
        const struct face_mark *m = &marks[i];
        if (m->x < box->x + box->w && box->x < m->x + m->w && m->y < box->y + box->h &&
            box->y < m->y + m->h)
            return false;
    }
    return true;
}

/* How much of a face picture hides what is below it, 0 at its edge to 256 from `feather` pixels
 * on. */
static int softness(int x, int y, int W, int H, int feather)
{
    int edge = x < W - 1 - x ? x : W - 1 - x, other = y < H - 1 - y ? y : H - 1 - y;

    edge = other < edge ? other : edge;
    return edge >= feather ? 256 : (edge + 1) * 256 / (feather + 1);
}

static void blend(const struct image *face, int x0, int y0, int feather, struct image *canvas)
{
    for (int y = 0; y < face->height; y++) {
        const uint8_t *from = image_row(face, y);
        uint8_t *to;
        if (y0 + y < 0 || y0 + y >= canvas->height)
            continue;
        to = image_row(canvas, y0 + y);
        for (int x = 0; x < face->width; x++)
            if (x0 + x >= 0 && x0 + x < canvas->width) {
                int weight = softness(x, y, face->width, face->height, feather);
                int under = to[x0 + x];
                to[x0 + x] = (uint8_t)(under + (weight * (from[x] - under) + 128) / 256);
            }
    }
}

mien_status detector_paste(struct random_stream *random, const struct image *crop, float size,
                           const struct face_mark *marks, int count, struct image *canvas,
                           bool *ret_pasted, struct face_mark *ret_mark, mien_error *err)
{
    float scale = size / FER_BOX[3];
    int W = (int)rintf(48 * scale);
    int feather = (int)random_stream_index(random, 2 + (size_t)W / 6);
    int x = (int)random_stream_range(random, 0, (float)canvas->width) - W / 2;
    int y = (int)random_stream_range(random, 0, (float)canvas->height) - W / 2;
    struct face_mark mark = {.x = (float)x + scale * FER_BOX[0],
                             .y = (float)y + scale * FER_BOX[1],
                             .w = scale * FER_BOX[2],
                             .h = scale * FER_BOX[3]};
    struct image face;
    mien_status status;

    *ret_pasted = false;
    if (!is_free(marks, count, &mark))
        return MIEN_OK;
    status = image_resized(crop, W, W, &face, err);
    if (status)
        return status;
    blend(&face, x, y, feather, canvas);
    image_free(&face);
    *ret_pasted = true;
    *ret_mark = mark;
    return MIEN_OK;
}

/* A part of the face that something hides: at a side, across, or anywhere. */
static void draw_cover(struct random_stream *random, const struct face_mark *mark, float ret_box[4])
{
    float part = random_stream_range(random, 0.15f, 0.4f);

    ret_box[0] = mark->x;
    ret_box[1] = mark->y;
    ret_box[2] = mark->w;
    ret_box[3] = mark->h;
    switch (random_stream_index(random, 4)) {
    case 0: /* across, anywhere */
        ret_box[1] += random_stream_range(random, 0, 1 - part) * mark->h;
        ret_box[3] = part * 0.8f * mark->h;
        break;
    case 1: /* the left or the right side */
        ret_box[0] += random_stream_chance(random, 0.5f) ? 0 : (1 - part) * mark->w;
        ret_box[2] = part * mark->w;
        break;
    case 2: /* from below */
        ret_box[1] += (1 - part) * mark->h;
        ret_box[3] = part * mark->h;
        break;
    default: /* a patch */
        ret_box[2] = sqrtf(part) * mark->w;
        ret_box[3] = sqrtf(part) * mark->h;
        ret_box[0] += random_stream_range(random, 0, 1) * (mark->w - ret_box[2]);
        ret_box[1] += random_stream_range(random, 0, 1) * (mark->h - ret_box[3]);
    }
}

static int clamp(int value, int low, int high)
{
    return value < low ? low : value > high ? high : value;
}

static void cover(struct random_stream *random, const float box[4], struct image *canvas)
{
    int x0 = clamp((int)box[0], 0, canvas->width), y0 = clamp((int)box[1], 0, canvas->height);
    int w = clamp((int)(box[0] + box[2]), x0, canvas->width) - x0;
    int h = clamp((int)(box[1] + box[3]), y0, canvas->height) - y0;
    bool flat = random_stream_chance(random, 0.6f);
    int level = (int)random_stream_index(random, 256);
    int from_x = (int)random_stream_index(random, (size_t)(canvas->width - w + 1));
    int from_y = (int)random_stream_index(random, (size_t)(canvas->height - h + 1));

    for (int y = 0; y < h; y++) {
        uint8_t *row = image_row(canvas, y0 + y) + x0;
        if (flat)
            memset(row, level, (size_t)w);
        else
            memmove(row, image_row(canvas, from_y + y) + from_x, (size_t)w);
    }
}

void detector_cover(struct random_stream *random, const struct face_mark *marks, int count,
                    struct image *canvas)
{
    for (int i = 0; i < count; i++) {
        float box[4];
        if (marks[i].ignore || !random_stream_chance(random, COVER_SHARE))
            continue;
        draw_cover(random, &marks[i], box);
        cover(random, box, canvas);
    }
}

/* detector_paste.c - paste faces of FER2013, cover parts of faces.
 * SPDX-License-Identifier: MIT */
#include "training/detector_paste.h"

#include <string.h>

#include "image/warp.h"

/* Where the box of a face lies in a FER2013 picture of 48 x 48. */
static const struct face_mark fer_mark = {.x = 2.8f, .y = 0.2f, .w = 42.8f, .h = 52.1f};

#define FER_SIDE 48

/* Shares of pasted faces. */
#define FLIP_SHARE 0.5f
#define TILT_SHARE 0.4f     /* up to 40 degrees */
#define SQUEEZE_SHARE 0.25f /* narrower, as heads that are turned away are */
#define TIGHT_SHARE 0.4f    /* up to a tenth of the picture is missing at each side */
#define HARD_SHARE 0.4f     /* with a hard edge */
#define ROUND_SHARE 0.15f

#define COVER_SHARE 0.18f /* of faces */

bool detector_is_free(const struct face_mark *marks, int count, const struct face_mark *box)
{
    for (int i = 0; i < count; i++) {
        const struct face_mark *m = &marks[i];
        if (m->x < box->x + box->w && box->x < m->x + m->w && m->y < box->y + box->h &&
            box->y < m->y + m->h)
            return false;
    }
    return true;
}

/* How a face is laid on. */
struct paste {
    struct face_mark mark;
    struct affine map, back; /* from the picture of FER2013 to the canvas, and back */
    float scale;             /* of the map */
    float half;              /* of the side of what is shown, pixels of the picture */
    float feather;           /* width of the soft edge, pixels of the canvas; 0 is a hard one */
    bool round;
};

/* With the middle of the face's box at x, y. */
static struct affine draw_map(struct random_stream *r, float scale, float x, float y)
{
    double flip = random_stream_chance(r, FLIP_SHARE) ? -1 : 1;
    double angle = 0, c, s, from_x = fer_mark.x + fer_mark.w / 2,
           from_y = fer_mark.y + fer_mark.h / 2;

    if (random_stream_chance(r, TILT_SHARE))
        angle = random_stream_range(r, -PI * 2 / 9, PI * 2 / 9);
    c = cos(angle) * scale;
    s = sin(angle) * scale;
    return (struct affine){{{flip * c, -s, x - flip * c * from_x + s * from_y},
                            {flip * s, c, y - flip * s * from_x - c * from_y}}};
}

/* Narrows what the map makes of a picture, about the middle of the face. */
static void squeeze(struct affine *map, float share)
{
    for (int i = 0; i < 2; i++) {
        map->m[i][2] += (1 - share) * map->m[i][0] * (fer_mark.x + fer_mark.w / 2);
        map->m[i][0] *= share;
    }
}

static mien_status draw_paste(struct random_stream *r, float scale, const struct image *canvas,
                              struct paste *ret_paste, mien_error *err)
{
    float x = random_stream_range(r, 0, (float)canvas->width);
    float y = random_stream_range(r, 0, (float)canvas->height);
    struct paste p = {.map = draw_map(r, scale, x, y), .scale = scale, .half = FER_SIDE / 2};

    p.mark = face_mark_mapped(&fer_mark, &p.map);
    if (random_stream_chance(r, SQUEEZE_SHARE))
        squeeze(&p.map, random_stream_range(r, 0.65f, 1));
    if (random_stream_chance(r, TIGHT_SHARE))
        p.half *= random_stream_range(r, 0.8f, 1);
    if (!random_stream_chance(r, HARD_SHARE))
        p.feather = random_stream_range(r, 0, p.half * scale / 3);
    p.round = random_stream_chance(r, ROUND_SHARE);
    *ret_paste = p;
    return affine_inverse(&p.map, &ret_paste->back, err);
}

/* How much of the face hides what is below it, 0 outside of it to 1; x, y on the canvas. */
static float opacity(const struct paste *p, float x, float y)
{
    const double(*m)[3] = p->back.m;
    float dx = (float)(m[0][0] * x + m[0][1] * y + m[0][2]) - FER_SIDE / 2;
    float dy = (float)(m[1][0] * x + m[1][1] * y + m[1][2]) - FER_SIDE / 2;
    float out = p->round ? hypotf(dx, dy) : fmaxf(fabsf(dx), fabsf(dy));
    float inside = (p->half - out) * p->scale + 0.5f; /* of the edge, in pixels of the canvas */

    return fmaxf(0, fminf(1, inside / (p->feather + 1)));
}

static void blend(const struct paste *p, const struct image *face, int x0, int y0,
                  struct image *canvas)
{
    for (int y = 0; y < face->height; y++)
        for (int x = 0; x < face->width; x++)
            if (y0 + y >= 0 && y0 + y < canvas->height && x0 + x >= 0 && x0 + x < canvas->width) {
                uint8_t *to = image_row(canvas, y0 + y) + x0 + x;
                float weight = opacity(p, (float)(x0 + x) + 0.5f, (float)(y0 + y) + 0.5f);
                *to = (uint8_t)(*to + weight * ((float)image_row(face, y)[x] - *to) + 0.5f);
            }
}

/* Draws the square of the canvas around the turned picture. */
static mien_status lay(const struct paste *p, const struct image *crop, struct image *canvas,
                       mien_error *err)
{
    const double(*m)[3] = p->map.m, middle = FER_SIDE / 2;
    int side = (int)ceilf(FER_SIDE * p->scale * 1.4143f) + 1;
    int x = (int)floor(m[0][0] * middle + m[0][1] * middle + m[0][2]) - side / 2;
    int y = (int)floor(m[1][0] * middle + m[1][1] * middle + m[1][2]) - side / 2;
    struct affine back = p->back;
    struct image face;
    mien_status status = image_new(side, side, 1, &face, err);

    if (status)
        return status;
    for (int i = 0; i < 2; i++)
        back.m[i][2] += back.m[i][0] * x + back.m[i][1] * y;
    status = image_warp(crop, &back, IMAGE_EDGE_REPLICATE, &face, err);
    if (!status)
        blend(p, &face, x, y, canvas);
    image_free(&face);
    return status;
}

mien_status detector_paste(struct random_stream *random, const struct image *crop, float size,
                           const struct face_mark *marks, int count, struct image *canvas,
                           bool *ret_pasted, struct face_mark *ret_mark, mien_error *err)
{
    struct paste paste;
    mien_status status = draw_paste(random, size / fer_mark.h, canvas, &paste, err);

    if (status)
        return status;
    *ret_pasted = detector_is_free(marks, count, &paste.mark);
    if (!*ret_pasted)
        return MIEN_OK;
    *ret_mark = paste.mark;
    return lay(&paste, crop, canvas, err);
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

/* Half the width of row `y` of a cover that is w pixels wide and h high: a box or an ellipse. */
static int half_width(bool ellipse, int w, int h, int y)
{
    float t = (2 * (float)y + 1) / (float)h - 1;

    return ellipse ? (int)((float)w / 2 * sqrtf(fmaxf(0, 1 - t * t))) : w / 2;
}

/* Hides the box `part` of the face with a level, with something else out of the canvas, or with a
 * part of the face itself, as hands do. */
static void cover(struct random_stream *random, const struct face_mark *mark, const float part[4],
                  struct image *canvas)
{
    int x0 = clamp((int)part[0], 0, canvas->width), y0 = clamp((int)part[1], 0, canvas->height);
    int w = clamp((int)(part[0] + part[2]), x0, canvas->width) - x0;
    int h = clamp((int)(part[1] + part[3]), y0, canvas->height) - y0;
    float kind = random_stream_range(random, 0, 1);
    bool ellipse = random_stream_chance(random, 0.5f);
    int level = (int)random_stream_index(random, 256);
    int from_x = (int)random_stream_index(random, (size_t)(canvas->width - w + 1));
    int from_y = (int)random_stream_index(random, (size_t)(canvas->height - h + 1));

    if (kind < 0.4f) {
        float x = random_stream_range(random, 0, fmaxf(0, mark->w - part[2]));
        float y = random_stream_range(random, 0, fmaxf(0, mark->h - part[3]));
        from_x = clamp((int)(mark->x + x), 0, canvas->width - w);
        from_y = clamp((int)(mark->y + y), 0, canvas->height - h);
    }
    for (int y = 0; y < h; y++) {
        int half = half_width(ellipse, w, h, y), left = w / 2 - half;
        uint8_t *row = image_row(canvas, y0 + y) + x0 + left;
        if (kind < 0.7f)
            memmove(row, image_row(canvas, from_y + y) + from_x + left, 2 * (size_t)half);
        else
            memset(row, level, 2 * (size_t)half);
    }
}

void detector_cover(struct random_stream *random, const struct face_mark *marks, int count,
                    struct image *canvas)
{
    for (int i = 0; i < count; i++) {
        float part[4];
        if (marks[i].ignore || !random_stream_chance(random, COVER_SHARE))
            continue;
        draw_cover(random, &marks[i], part);
        cover(random, &marks[i], part, canvas);
    }
}

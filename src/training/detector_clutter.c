/* detector_clutter.c - letters of random strokes: rings, whole or open, and bars.
 * SPDX-License-Identifier: MIT */
#include "training/detector_clutter.h"

#include "training/detector_paste.h"

#define SMALLEST 7.0f /* height of a letter, pixels */
#define LARGEST 90.0f
#define LEAST_CONTRAST 25 /* grey levels between letters and plate */

enum { MOST_POINTS = 24, RING_POINTS = 13, MOST_LETTERS = 7, MOST_ROWS = 3 };

enum plate { NO_PLATE, RECTANGLE, ELLIPSE, DIAMOND, PLATES };

/* What all letters of a text share. */
struct style {
    float height, width; /* of a letter, pixels */
    float stroke;        /* half of its thickness */
    float ink;           /* level */
};

/* Line segments, 0 to 1 across and down. */
struct letter {
    float from[MOST_POINTS][2], to[MOST_POINTS][2];
    int count;
};

static void add_ring(struct random_stream *r, struct letter *letter)
{
    float start = random_stream_range(r, 0, 2 * PI);
    float span = random_stream_chance(r, 0.5f) ? 2 * PI : random_stream_range(r, PI, 2 * PI);
    float last[2];

    for (int i = 0; i < RING_POINTS; i++) {
        float angle = start + span * (float)i / (RING_POINTS - 1);
        float at[2] = {0.5f + 0.5f * cosf(angle), 0.5f + 0.5f * sinf(angle)};
        for (int k = 0; k < 2 && i; k++) {
            letter->from[letter->count][k] = last[k];
            letter->to[letter->count][k] = at[k];
        }
        letter->count += i > 0;
        last[0] = at[0];
        last[1] = at[1];
    }
}

/* Between two of nine points. */
static void add_bar(struct random_stream *r, struct letter *letter)
{
    for (int k = 0; k < 2; k++) {
        letter->from[letter->count][k] = (float)random_stream_index(r, 3) / 2;
        letter->to[letter->count][k] = (float)random_stream_index(r, 3) / 2;
    }
    letter->count++;
}

static struct letter draw_letter(struct random_stream *r)
{
    struct letter letter = {.count = 0};
    bool ring = random_stream_chance(r, 0.5f);
    size_t bars = random_stream_index(r, 3) + (ring ? 0 : 2);

    if (ring)
        add_ring(r, &letter);
    for (size_t i = 0; i < bars; i++)
        add_bar(r, &letter);
    return letter;
}

/* From the point to the nearest segment, in pixels. */
static float distance(const struct letter *letter, const struct style *style, float x, float y)
{
    float nearest = INFINITY;

    for (int i = 0; i < letter->count; i++) {
        float ax = letter->from[i][0] * style->width, ay = letter->from[i][1] * style->height;
        float dx = letter->to[i][0] * style->width - ax, dy = letter->to[i][1] * style->height - ay;
        float along = ((x - ax) * dx + (y - ay) * dy) / (dx * dx + dy * dy + 1e-6f);
        along = fmaxf(0, fminf(1, along));
        nearest = fminf(nearest, hypotf(x - ax - along * dx, y - ay - along * dy));
    }
    return nearest;
}

static void blend(struct image *canvas, int x, int y, float level, float weight)
{
    if (x >= 0 && y >= 0 && x < canvas->width && y < canvas->height && weight > 0) {
        uint8_t *pixel = image_row(canvas, y) + x;
        *pixel = (uint8_t)(*pixel + fminf(weight, 1) * (level - *pixel) + 0.5f);
    }
}

static void write_letter(struct random_stream *r, const struct style *style, float left, float top,
                         struct image *canvas)
{
    struct letter letter = draw_letter(r);
    int margin = (int)style->stroke + 1;

    for (int y = (int)top - margin; y <= (int)(top + style->height) + margin; y++)
        for (int x = (int)left - margin; x <= (int)(left + style->width) + margin; x++) {
            float off = distance(&letter, style, (float)x + 0.5f - left, (float)y + 0.5f - top);
            blend(canvas, x, y, style->ink, style->stroke + 0.5f - off);
        }
}

static void fill_plate(enum plate plate, const struct face_mark *box, float level,
                       struct image *canvas)
{
    for (int y = (int)box->y; y < (int)(box->y + box->h); y++)
        for (int x = (int)box->x; x < (int)(box->x + box->w); x++) {
            float u = fabsf(2 * ((float)x + 0.5f - box->x) / box->w - 1);
            float v = fabsf(2 * ((float)y + 0.5f - box->y) / box->h - 1);
            float out = plate == ELLIPSE ? hypotf(u, v) : plate == DIAMOND ? u + v : fmaxf(u, v);
            blend(canvas, x, y, level, (1 - out) * fminf(box->w, box->h) / 2 + 0.5f);
        }
}

static struct style draw_style(struct random_stream *r)
{
    struct style style = {.height = random_stream_log_range(r, SMALLEST, LARGEST)};

    style.width = style.height * random_stream_range(r, 0.45f, 1);
    style.stroke = style.height * random_stream_range(r, 0.05f, 0.14f);
    style.ink = random_stream_range(r, 0, 255);
    return style;
}

void detector_clutter(struct random_stream *random, const struct face_mark *marks, int count,
                      struct image *canvas)
{
    struct style style = draw_style(random);
    enum plate plate = (enum plate)random_stream_index(random, PLATES);
    int letters = 1 + (int)random_stream_index(random, MOST_LETTERS);
    int rows = 1 + (int)random_stream_index(random, MOST_ROWS);
    float across = style.width * 1.3f, down = style.height * 1.4f;
    float room = plate == DIAMOND || plate == ELLIPSE ? 1.6f : 1.1f; /* around the letters */
    float x = random_stream_range(random, 0, (float)canvas->width);
    float y = random_stream_range(random, 0, (float)canvas->height);
    struct face_mark box = {.w = room * across * (float)letters + style.height / 2,
                            .h = room * down * (float)rows + style.height / 2};
    float away = random_stream_range(random, LEAST_CONTRAST, 255 - LEAST_CONTRAST);

    box.x = x - box.w / 2;
    box.y = y - box.h / 2;
    if (!detector_is_free(marks, count, &box))
        return;
    if (plate != NO_PLATE)
        fill_plate(plate, &box, fmodf(style.ink + away, 255), canvas);
    for (int i = 0; i < rows * letters; i++)
        write_letter(random, &style, x + across * ((float)(i % letters) - (float)letters / 2),
                     y + down * ((float)(i / letters) - (float)rows / 2), canvas);
}

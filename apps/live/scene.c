/* scene.c - the window's picture: the video with its marks, a panel with the people, a line of
 * figures; or, simple, one label in large letters.
 * SPDX-License-Identifier: MIT */
#include "scene.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "chart/image_canvas.h"
#include "chart/overlay.h"
#include "image/resize.h"

const char *const scene_keys[][2] = {
    {"space", "pause and go on"},
    {"s", "save a picture"},
    {"r", "begin and end a recording"},
    {"b", "this is how my face looks at rest"},
    {"m", "mirror"},
    {"l", "landmarks"},
    {"f", "full screen"},
    {"h", "this help"},
    {"q", "quit"},
    {NULL, NULL},
};

/* Points. */
#define PANEL_WIDTH 250.0
#define PANEL_LEAST_WINDOW 720.0
#define STATUS_HEIGHT 24.0
#define PERSON_HEIGHT 64.0
#define MARGIN 12.0
#define SIMPLE_SHARE 0.16 /* of the window's height: the label's band */

static const struct colour ground = {0.09, 0.10, 0.12}, raised = {0.14, 0.155, 0.18};
static const struct colour ink = {0.93, 0.94, 0.95}, muted = {0.62, 0.65, 0.69};
static const struct colour teal = {0, 0.5, 0.5}, white = {1, 1, 1}, red = {0.86, 0.2, 0.2};

/* Where things are, in pixels. */
struct layout {
    struct box video, panel, status; /* a width of 0: not there */
    double unit;                     /* pixels a point */
};

static struct layout lay_out(const struct scene *scene, float density, const struct image *canvas)
{
    double W = canvas->width, H = canvas->height, u = (double)density;
    struct layout l = {.unit = u};

    if (scene->simple) {
        double band = floor(fmax(H * SIMPLE_SHARE, fmin(H / 2, 40 * u)));
        l.video = (struct box){0, 0, W, H - band};
        l.status = (struct box){0, H - band, W, band};
        return l;
    }
    if (H > 6 * STATUS_HEIGHT * u)
        l.status = (struct box){0, H - floor(STATUS_HEIGHT * u), W, floor(STATUS_HEIGHT * u)};
    if (W >= PANEL_LEAST_WINDOW * u)
        l.panel = (struct box){W - floor(PANEL_WIDTH * u), 0, floor(PANEL_WIDTH * u),
                               H - l.status.height};
    l.video = (struct box){0, 0, W - l.panel.width, H - l.status.height};
    return l;
}

static void fill(struct image *image, const struct box *box, struct colour colour)
{
    for (int y = (int)box->y; y < (int)(box->y + box->height); y++) {
        uint8_t *p = image_row(image, y) + 3 * (int)box->x;
        for (int x = 0; x < (int)box->width; x++, p += 3) {
            p[0] = (uint8_t)(255 * colour.r);
            p[1] = (uint8_t)(255 * colour.g);
            p[2] = (uint8_t)(255 * colour.b);
        }
    }
}

/* The video as large as its box allows, in its proportions, centred, with its marks. */
static mien_status draw_video(const struct scene *scene, const struct box *box,
                              struct image *canvas, mien_error *err)
{
    const struct image *picture = scene->picture;
    double scale = fmin(box->width / picture->width, box->height / picture->height);
    int width = (int)fmax(1, fmin(box->width, round(picture->width * scale)));
    int height = (int)fmax(1, fmin(box->height, round(picture->height * scale)));
    struct image place = image_view(canvas, (int)(box->x + (box->width - width) / 2),
                                    (int)(box->y + (box->height - height) / 2), width, height);
    mien_status status = image_resize(picture, &place, err);

    if (status || scene->simple)
        return status;
    return scene_draw_marks(scene->faces, scene->count, scene->recognizer, (float)scale,
                            scene->landmarks, true, &place, err);
}

/* A band with a colour for each step of what the person has shown. */
static void draw_timeline(const struct scene *scene, int id, struct box box, struct canvas *canvas)
{
    canvas_fill(canvas, box, ground, 1);
    for (int ago = 0; ago < SHOWN_LATELY_STEPS; ago++) {
        int label = shown_lately_label(scene->lately, id, ago);
        struct box step = {box.x + box.width * (SHOWN_LATELY_STEPS - 1 - ago) / SHOWN_LATELY_STEPS,
                           box.y, box.width / SHOWN_LATELY_STEPS + 0.5, box.height};
        if (label >= 0)
            canvas_fill(canvas, step, overlay_colour(label), 1);
    }
}

static void draw_person(const struct scene *scene, const struct stream_face *face, struct box box,
                        double u, struct canvas *canvas)
{
    const mien_face *f = &face->face;
    char title[32], words[SCENE_TITLE];
    struct box dot = {box.x + 10 * u, box.y + 12 * u, 10 * u, 10 * u};
    struct box band = {box.x + 10 * u, box.y + 34 * u, box.width - 20 * u, 20 * u};

    canvas_fill(canvas, box, raised, 1);
    if (scene_is_face(f))
        canvas_fill(canvas, dot, overlay_colour(f->expression), 1);
    snprintf(title, sizeof title, "%d", face->id);
    scene_title(scene->recognizer, f, words);
    canvas_text(canvas, title, box.x + 28 * u, box.y + 8 * u, CANVAS_LEFT, 12 * u, muted);
    canvas_text(canvas, words, box.x + box.width - 10 * u, box.y + 8 * u, CANVAS_RIGHT, 12 * u,
                ink);
    draw_timeline(scene, face->id, band, canvas);
}

/* The names of the labels in their colours, at the panel's foot; returns their height. */
static double draw_legend(const struct scene *scene, const struct box *panel, double u,
                          struct canvas *canvas)
{
    int labels = mien_label_count(scene->recognizer), rows = (labels + 1) / 2;
    double row = 18 * u, top = panel->y + panel->height - MARGIN * u - rows * row;

    if (top < panel->y + panel->height / 2)
        return 0;
    for (int i = 0; i < labels; i++) {
        double x = panel->x + MARGIN * u + i % 2 * panel->width / 2, y = top + i / 2 * row;
        struct box dot = {x, y + 3 * u, 9 * u, 9 * u};
        canvas_fill(canvas, dot, overlay_colour(i), 1);
        canvas_text(canvas, mien_label(scene->recognizer, i), x + 15 * u, y, CANVAS_LEFT, 10 * u,
                    muted);
    }
    return panel->y + panel->height - top;
}

static void draw_panel(const struct scene *scene, const struct layout *l, struct canvas *canvas)
{
    double u = l->unit, step = (PERSON_HEIGHT + 8) * u, y = l->panel.y + MARGIN * u;
    double bottom = l->panel.y + l->panel.height - draw_legend(scene, &l->panel, u, canvas);

    if (scene->count == 0)
        canvas_text(canvas, "nobody in the picture", l->panel.x + MARGIN * u, y, CANVAS_LEFT,
                    11 * u, muted);
    for (size_t i = 0; i < scene->count; i++, y += step) {
        char more[32];
        if (y + step > bottom) {
            snprintf(more, sizeof more, "and %zu more", scene->count - i);
            canvas_text(canvas, more, l->panel.x + MARGIN * u, y, CANVAS_LEFT, 10 * u, muted);
            break;
        }
        draw_person(scene, &scene->faces[i],
                    (struct box){l->panel.x + MARGIN * u, y, l->panel.width - 2 * MARGIN * u,
                                 PERSON_HEIGHT * u},
                    u, canvas);
    }
}

static void draw_status(const struct scene *scene, const struct layout *l, struct canvas *canvas)
{
    double u = l->unit, y = l->status.y + 5 * u, x = 10 * u, right = l->status.width - 10 * u;
    char words[128];
    int length;

    canvas_fill(canvas, l->status, raised, 1);
    if (scene->recording) {
        cairo_arc(canvas->cairo, x + 5 * u, l->status.y + l->status.height / 2, 5 * u, 0, 2 * G_PI);
        canvas_colour(canvas, red, 1);
        cairo_fill(canvas->cairo);
        x += 18 * u;
    }
    length = snprintf(words, sizeof words, "%.0f frames/s", scene->fps);
    if (scene->latency_s >= 0)
        length += snprintf(words + length, sizeof words - (size_t)length, "   %.0f ms behind",
                           1000 * scene->latency_s);
    if (scene->dropped)
        snprintf(words + length, sizeof words - (size_t)length, "   %zu dropped", scene->dropped);
    canvas_text(canvas, words, right, y, CANVAS_RIGHT, 10 * u, muted);
    canvas_fitted_text(canvas,
                       scene->message    ? scene->message
                       : scene->paused   ? "paused"
                       : scene->learning ? "learning this face at rest: look neutral"
                                         : "h help   q quit",
                       x, y, right - x - canvas_text_width(canvas, words, 10 * u) - 10 * u, 1,
                       CANVAS_LEFT, 10 * u, ink);
}

static void draw_help(const struct layout *l, struct canvas *canvas)
{
    double u = l->unit, row = 22 * u, width = fmin(330 * u, l->video.width - 20 * u);
    size_t count = 0;

    while (scene_keys[count][0])
        count++;
    struct box box = {l->video.x + (l->video.width - width) / 2,
                      l->video.y + fmax(0, (l->video.height - ((double)count + 1) * row) / 2),
                      width, ((double)count + 1) * row};
    canvas_fill(canvas, box, ground, 0.88);
    for (size_t i = 0; i < count; i++) {
        double y = box.y + ((double)i + 0.5) * row + 2 * u;
        canvas_text(canvas, scene_keys[i][0], box.x + 70 * u, y, CANVAS_RIGHT, 12 * u, ink);
        canvas_fitted_text(canvas, scene_keys[i][1], box.x + 84 * u, y, width - 94 * u, 1,
                           CANVAS_LEFT, 12 * u, muted);
    }
}

/* The label of the largest face, in large white letters on teal. */
static void draw_simple(const struct scene *scene, const struct layout *l, struct canvas *canvas)
{
    char words[64];
    double size = 0.62 * l->status.height, width;

    snprintf(words, sizeof words, "%s", scene_main_label(scene));
    words[0] = (char)toupper((unsigned char)words[0]);
    canvas_fill(canvas, l->status, teal, 1);
    width = canvas_text_width(canvas, words, size);
    size *= fmin(1, 0.9 * l->status.width / fmax(1, width));
    canvas_text(canvas, words, l->status.width / 2,
                l->status.y + (l->status.height - canvas_line_height(size)) / 2, CANVAS_CENTRE,
                size, white);
}

/* Draws with Cairo into one part of the window. */
static mien_status draw_part(
    const struct scene *scene, const struct layout *l, const struct box *part, struct image *canvas,
    void (*draw)(const struct scene *, const struct layout *, struct canvas *), mien_error *err)
{
    struct image view;
    struct image_canvas c;
    mien_status status;

    if (part->width < 1 || part->height < 1)
        return MIEN_OK;
    view = image_view(canvas, (int)part->x, (int)part->y, (int)part->width, (int)part->height);
    status = image_canvas_open(&view, theme_of(CHART_DARK), &c, err);
    if (status)
        return status;
    cairo_translate(c.canvas.cairo, -part->x, -part->y);
    draw(scene, l, &c.canvas);
    return image_canvas_close(&c, err);
}

/* What lies over the video: help, or a word while there is no picture. */
static void draw_above(const struct scene *scene, const struct layout *l, struct canvas *canvas)
{
    if (scene->help)
        draw_help(l, canvas);
    else if (!scene->picture)
        canvas_text(canvas, scene->message ? scene->message : "waiting for the first frame",
                    l->video.x + l->video.width / 2, l->video.y + l->video.height / 2,
                    CANVAS_CENTRE, 14 * l->unit, muted);
}

mien_status scene_compose(const struct scene *scene, float density, struct image *canvas,
                          mien_error *err)
{
    struct layout l = lay_out(scene, density, canvas);
    mien_status status = MIEN_OK;

    fill(canvas, &(struct box){0, 0, canvas->width, canvas->height}, ground);
    if (scene->picture)
        status = draw_video(scene, &l.video, canvas, err);
    if (!status && (scene->help || !scene->picture))
        status = draw_part(scene, &l, &l.video, canvas, draw_above, err);
    if (!status && l.panel.width > 0)
        status = draw_part(scene, &l, &l.panel, canvas, draw_panel, err);
    if (!status && l.status.width > 0)
        status =
            draw_part(scene, &l, &l.status, canvas, scene->simple ? draw_simple : draw_status, err);
    return status;
}

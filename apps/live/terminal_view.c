/* terminal_view.c - the scene in a terminal: two pixels a character by half blocks, and a line a
 * person with small bars. Only characters that have changed are sent, so that it is usable over
 * ssh.
 * SPDX-License-Identifier: MIT */
#define _DEFAULT_SOURCE
#include <math.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/text.h"
#include "chart/overlay.h"
#include "image/resize.h"
#include "terminal_guard.h"
#include "view.h"

#define LEAST_INTERVAL_S 0.045

enum { COLUMNS_MAX = 400, ROWS_MAX = 200, DEFAULT = -1 };
enum colours { COLOURS_NONE, COLOURS_256, COLOURS_FULL };

/* One character: UTF-8, and 0xRRGGBB or DEFAULT. */
struct cell {
    char glyph[4];
    int ink, ground;
};

struct terminal_view {
    int keys;
    enum colours colours;
    int columns, rows;
    struct cell *shown, *wanted; /* (rows, columns) */
    bool anew;
    double last;
    struct text out;
    char pressed[16]; /* keys that were read and not told yet */
    int pressed_count, pressed_at;
};

static const int ink_light = 0xeeeeee, ink_muted = 0x9a9fa8, ground_raised = 0x24282e;
static const int ground_teal = 0x008080;

static enum colours find_colours(void)
{
    const char *none = getenv("NO_COLOR"), *term = getenv("TERM"), *more = getenv("COLORTERM");

    if ((none && *none) || !term || !strcmp(term, "dumb"))
        return COLOURS_NONE;
    return more && (strstr(more, "truecolor") || strstr(more, "24bit")) ? COLOURS_FULL
                                                                        : COLOURS_256;
}

/* --- Cells --- */

static mien_status fit(struct terminal_view *t, mien_error *err)
{
    struct winsize size;
    int columns = 80, rows = 24;
    struct cell *shown, *wanted;

    if (!ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) && size.ws_col > 0 && size.ws_row > 0) {
        columns = size.ws_col < COLUMNS_MAX ? size.ws_col : COLUMNS_MAX;
        rows = size.ws_row < ROWS_MAX ? size.ws_row : ROWS_MAX;
    }
    if (columns == t->columns && rows == t->rows)
        return MIEN_OK;
    shown = calloc((size_t)columns * (size_t)rows, sizeof *shown);
    wanted = calloc((size_t)columns * (size_t)rows, sizeof *wanted);
    if (!shown || !wanted) {
        free(shown);
        free(wanted);
        return error_memory(err, (size_t)columns * (size_t)rows * sizeof *shown);
    }
    free(t->shown);
    free(t->wanted);
    t->shown = shown;
    t->wanted = wanted;
    t->columns = columns;
    t->rows = rows;
    t->anew = true;
    return MIEN_OK;
}

static void put(struct terminal_view *t, int row, int column, const char *glyph, int ink,
                int ground)
{
    struct cell *cell;

    if (row < 0 || row >= t->rows || column < 0 || column >= t->columns)
        return;
    cell = &t->wanted[row * t->columns + column];
    memset(cell, 0, sizeof *cell);
    memcpy(cell->glyph, glyph, strnlen(glyph, sizeof cell->glyph - 1));
    cell->ink = ink;
    cell->ground = ground;
}

/* ASCII text from `column` on; returns the column behind it. */
static int put_text(struct terminal_view *t, int row, int column, const char *text, int ink,
                    int ground)
{
    for (; *text; text++) {
        char glyph[2] = {*text >= ' ' && *text < 127 ? *text : '?', 0};
        put(t, row, column++, glyph, ink, ground);
    }
    return column;
}

static void put_line(struct terminal_view *t, int row, int ground)
{
    for (int column = 0; column < t->columns; column++)
        put(t, row, column, " ", ink_light, ground);
}

static int rgb_of(struct colour c)
{
    return (int)(255 * c.r) << 16 | (int)(255 * c.g) << 8 | (int)(255 * c.b);
}

/* --- Sending --- */

static int cube(int level)
{
    return level < 48 ? 0 : level < 115 ? 1 : (level - 35) / 40;
}

static void add_colour(struct terminal_view *t, int rgb, bool ground)
{
    int r = rgb >> 16 & 255, g = rgb >> 8 & 255, b = rgb & 255;

    if (rgb == DEFAULT)
        text_add(&t->out, "\033[%dm", ground ? 49 : 39);
    else if (t->colours == COLOURS_FULL)
        text_add(&t->out, "\033[%d;2;%d;%d;%dm", ground ? 48 : 38, r, g, b);
    else if (t->colours == COLOURS_256)
        text_add(&t->out, "\033[%d;5;%dm", ground ? 48 : 38,
                 16 + 36 * cube(r) + 6 * cube(g) + cube(b));
}

static bool send(struct terminal_view *t)
{
    const char *data = t->out.data;
    size_t left = t->out.length;

    while (left > 0) {
        ssize_t done = write(STDOUT_FILENO, data, left);
        if (done <= 0)
            return false;
        data += done;
        left -= (size_t)done;
    }
    return true;
}

/* Sends what differs from what is shown. */
static bool update(struct terminal_view *t)
{
    int ink = -2, ground = -2, at = -1;

    t->out.length = 0;
    if (t->anew)
        text_add(&t->out, "\033[0m\033[2J");
    for (int i = 0; i < t->rows * t->columns; i++) {
        const struct cell *want = &t->wanted[i];
        if (!t->anew && !memcmp(want, &t->shown[i], sizeof *want))
            continue;
        if (at != i)
            text_add(&t->out, "\033[%d;%dH", i / t->columns + 1, i % t->columns + 1);
        if (want->ground != ground)
            add_colour(t, want->ground, true);
        if (want->ink != ink)
            add_colour(t, want->ink, false);
        ink = want->ink;
        ground = want->ground;
        text_add(&t->out, "%s", want->glyph[0] ? want->glyph : " ");
        at = (i + 1) % t->columns ? i + 1 : -1;
    }
    memcpy(t->shown, t->wanted, (size_t)t->rows * (size_t)t->columns * sizeof *t->shown);
    t->anew = false;
    return !t->out.failed && send(t);
}

/* --- The scene --- */

static int pixel(const struct image *image, int x, int y)
{
    const uint8_t *p = image_row(image, y) + 3 * x;

    /* Fewer levels change less often with noise, and no eye sees it. */
    return (p[0] & 0xf8) << 16 | (p[1] & 0xf8) << 8 | (p[2] & 0xf8);
}

static void set_pixel(struct image *image, int x, int y, int rgb)
{
    if (x < 0 || y < 0 || x >= image->width || y >= image->height)
        return;
    for (int i = 0; i < 3; i++)
        image_row(image, y)[3 * x + i] = (uint8_t)(rgb >> (16 - 8 * i));
}

/* The outline of a face in its colour. */
static void draw_box(struct image *image, const mien_box *box, float scale, int rgb)
{
    int left = (int)lroundf(box->x * scale), right = (int)lroundf((box->x + box->w) * scale);
    int top = (int)lroundf(box->y * scale), bottom = (int)lroundf((box->y + box->h) * scale);

    left = left < -1 ? -1 : left;
    top = top < -1 ? -1 : top;
    right = right > image->width ? image->width : right;
    bottom = bottom > image->height ? image->height : bottom;
    for (int x = left; x <= right; x++) {
        set_pixel(image, x, top, rgb);
        set_pixel(image, x, bottom, rgb);
    }
    for (int y = top; y <= bottom; y++) {
        set_pixel(image, left, y, rgb);
        set_pixel(image, right, y, rgb);
    }
}

static void draw_landmarks(struct image *image, const mien_face *face, float scale, int rgb)
{
    for (int i = 0; i < 4; i++)
        set_pixel(image, (int)(face->landmarks[i][0] * scale), (int)(face->landmarks[i][1] * scale),
                  rgb);
}

/* Without colours, light is told by how much ink a character has. */
static void put_grey(struct terminal_view *t, int row, int column, int upper, int lower)
{
    static const char ramp[] = " .:-=+*#%@";
    int light = 0;
    char glyph[2] = {0};

    for (int i = 0; i < 3; i++)
        light += (upper >> 8 * i & 255) + (lower >> 8 * i & 255);
    glyph[0] = ramp[light * 9 / (6 * 255)];
    put(t, row, column, glyph, DEFAULT, DEFAULT);
}

static mien_status put_picture(struct terminal_view *t, const struct scene *scene, int rows,
                               mien_error *err)
{
    const struct image *picture = scene->picture;
    double scale = fmin((double)t->columns / picture->width, 2.0 * rows / picture->height);
    int width = (int)fmax(1, floor(picture->width * scale));
    int height = (int)fmax(2, 2 * floor(picture->height * scale / 2)), left;
    struct image small;
    mien_status status = image_resized(picture, width, height, &small, err);

    if (status)
        return status;
    for (size_t i = 0; i < scene->count && !scene->simple; i++) {
        const mien_face *face = &scene->faces[i].face;
        int rgb = rgb_of(overlay_colour(scene_is_face(face) ? face->expression : 0));
        draw_box(&small, &face->box, (float)scale, rgb);
        if (scene->landmarks)
            draw_landmarks(&small, face, (float)scale, rgb);
    }
    left = (t->columns - width) / 2;
    for (int y = 0; y + 1 < height; y += 2)
        for (int x = 0; x < width; x++) {
            int upper = pixel(&small, x, y), lower = pixel(&small, x, y + 1);
            if (t->colours == COLOURS_NONE)
                put_grey(t, y / 2, left + x, upper, lower);
            else
                put(t, y / 2, left + x, "\xe2\x96\x80", upper, lower); /* upper half block */
        }
    image_free(&small);
    return MIEN_OK;
}

/* "1 happy 93%", a bar for every label, and what was shown lately. */
static void put_person(struct terminal_view *t, const struct scene *scene,
                       const struct stream_face *face, int row)
{
    static const char *const bars[] = {" ",
                                       "\xe2\x96\x81",
                                       "\xe2\x96\x82",
                                       "\xe2\x96\x83",
                                       "\xe2\x96\x84",
                                       "\xe2\x96\x85",
                                       "\xe2\x96\x86",
                                       "\xe2\x96\x87",
                                       "\xe2\x96\x88"};
    const mien_face *f = &face->face;
    int labels = mien_label_count(scene->recognizer), column, steps;
    char title[SCENE_TITLE], words[64];

    put_line(t, row, ground_raised);
    scene_title(scene->recognizer, f, title);
    snprintf(words, sizeof words, "%3d %-13.13s ", face->id, title);
    column = put_text(t, row, 0, words, ink_light, ground_raised);
    for (int i = 0; i < labels && scene_is_face(f); i++) {
        int level = (int)lroundf(8 * fminf(1, fmaxf(0, f->probabilities[i])));
        int rgb = rgb_of(overlay_colour(i));
        words[0] = mien_label(scene->recognizer, i)[0];
        words[1] = mien_label(scene->recognizer, i)[1];
        words[2] = 0;
        column = put_text(t, row, column + 1, words, ink_muted, ground_raised);
        put(t, row, column++, bars[level], rgb, ground_raised);
        put(t, row, column++, bars[level], rgb, ground_raised);
    }
    steps = t->columns - column - 3 < SHOWN_LATELY_STEPS / 2 ? t->columns - column - 3
                                                             : SHOWN_LATELY_STEPS / 2;
    for (int i = 0; i < steps; i++) {
        int label = shown_lately_label(scene->lately, face->id, steps - 1 - i);
        if (label >= 0)
            put(t, row, column + 2 + i, "\xe2\x96\x84", rgb_of(overlay_colour(label)),
                ground_raised);
    }
}

static void put_status(struct terminal_view *t, const struct scene *scene)
{
    int row = t->rows - 1, column = 1;
    const char *message = scene->message    ? scene->message
                          : scene->paused   ? "paused"
                          : scene->learning ? "learning this face at rest: look neutral"
                                            : "h help  q quit";
    char words[96];
    int length = snprintf(words, sizeof words, " %.0f frames/s", scene->fps);

    if (scene->latency_s >= 0)
        length += snprintf(words + length, sizeof words - (size_t)length, "  %.0f ms behind",
                           1000 * scene->latency_s);
    if (scene->dropped)
        length += snprintf(words + length, sizeof words - (size_t)length, "  %zu dropped",
                           scene->dropped);
    put_line(t, row, ground_raised);
    if (scene->recording)
        column = put_text(t, row, 1, "REC ", 0xdd3333, ground_raised);
    put_text(t, row, column, message, ink_light, ground_raised);
    put_text(t, row, t->columns - length - 1, words, ink_muted, ground_raised);
}

/* The label of the largest face, on teal. */
static void put_simple(struct terminal_view *t, const struct scene *scene)
{
    const char *label = scene_main_label(scene);

    for (int row = t->rows - 3; row < t->rows; row++)
        put_line(t, row, ground_teal);
    put_text(t, t->rows - 2, (t->columns - (int)strlen(label)) / 2, label, 0xffffff, ground_teal);
}

static void put_help(struct terminal_view *t)
{
    int row = 1;

    for (int i = 0; scene_keys[i][0]; i++) {
        char words[64];
        if (scene_keys[i][0][0] == 'f') /* a terminal's size is its own affair */
            continue;
        snprintf(words, sizeof words, " %8s  %-34s", scene_keys[i][0], scene_keys[i][1]);
        put_text(t, row++, 2, words, ink_light, ground_raised);
    }
}

static mien_status terminal_show(void *state, const struct scene *scene, mien_error *err)
{
    struct terminal_view *t = state;
    int people, most;
    mien_status status = fit(t, err);

    if (status || (!t->anew && clock_now_s() - t->last < LEAST_INTERVAL_S))
        return status;
    t->last = clock_now_s();
    for (int i = 0; i < t->rows * t->columns; i++)
        t->wanted[i] = (struct cell){" ", DEFAULT, DEFAULT};
    most = t->rows / 4 > 1 ? t->rows / 4 : 1;
    people = scene->simple ? 2 : (int)scene->count < most ? (int)scene->count : most;
    if (scene->picture && t->rows > people + 2)
        status = put_picture(t, scene, t->rows - people - 1, err);
    for (int i = 0; i < people && !scene->simple; i++)
        put_person(t, scene, &scene->faces[i], t->rows - 1 - people + i);
    if (scene->simple)
        put_simple(t, scene);
    else
        put_status(t, scene);
    if (scene->help)
        put_help(t);
    if (!status && !update(t))
        return error_set(err, MIEN_EIO, "the terminal takes no more");
    return status;
}

/* A sequence that a cursor or function key sends is one key without a meaning. */
static int next_pressed(struct terminal_view *t)
{
    char key = t->pressed[t->pressed_at++];

    if (key != 27)
        return key > 0 ? key : '?';
    if (t->pressed_at == t->pressed_count)
        return 'q'; /* Escape alone */
    t->pressed_at = t->pressed_count;
    return '?';
}

static int terminal_key(void *state, double wait_s)
{
    struct terminal_view *t = state;
    struct pollfd poll_keys = {.fd = t->keys, .events = POLLIN};
    ssize_t count;

    if (terminal_guard_changed()) {
        t->anew = true;
        return VIEW_CHANGED;
    }
    if (terminal_guard_stop_requested())
        return 'q';
    if (t->pressed_at < t->pressed_count)
        return next_pressed(t);
    if (poll(&poll_keys, 1, (int)ceil(1000 * wait_s)) <= 0)
        return VIEW_NOTHING;
    count = read(t->keys, t->pressed, sizeof t->pressed);
    if (count <= 0)
        return poll_keys.revents & (POLLHUP | POLLERR) ? 'q' : VIEW_NOTHING;
    t->pressed_count = (int)count;
    t->pressed_at = 0;
    return next_pressed(t);
}

static void terminal_close(void *state)
{
    struct terminal_view *t = state;

    terminal_guard_leave();
    text_free(&t->out);
    free(t->shown);
    free(t->wanted);
    free(t);
}

mien_status view_terminal_open(const struct view_options *options, struct view *ret_view,
                               mien_error *err)
{
    struct terminal_view *t = calloc(1, sizeof *t);
    mien_status status;

    (void)options;
    if (!t)
        return error_memory(err, sizeof *t);
    t->colours = find_colours();
    status = terminal_guard_enter(&t->keys, err);
    if (status)
        free(t);
    else
        *ret_view = (struct view){t, terminal_show, terminal_key, terminal_close};
    return status;
}

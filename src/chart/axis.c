/* axis.c - scales, ticks, frames and legends.
 * Round tick distances after Heckbert: "Nice numbers for graph labels", Graphics Gems, 1990.
 * SPDX-License-Identifier: MIT */
#include "chart/axis.h"

#include <math.h>

bool range_takes(double value)
{
    return fabs(value) < 1e150;
}

void range_add(struct range *range, double value)
{
    if (!range_takes(value))
        return;
    range->low = range->known ? fmin(range->low, value) : value;
    range->high = range->known ? fmax(range->high, value) : value;
    range->known = true;
}

void range_add_all(struct range *range, const double *values, size_t count)
{
    for (size_t i = 0; values && i < count; i++)
        range_add(range, values[i]);
}

static double round_step(double raw)
{
    double power = pow(10, floor(log10(raw))), share = raw / power;

    return power * (share <= 1 ? 1 : share <= 2 ? 2 : share <= 2.5 ? 2.5 : share <= 5 ? 5 : 10);
}

/* Digits behind the point that tell multiples of `step` apart. */
static int decimals_of(double step)
{
    int decimals = 0;

    while (decimals < 9 && fabs(step - round(step)) > 1e-6 * step) {
        step *= 10;
        decimals++;
    }
    return decimals;
}

/* A range that ticks can divide: not empty, and not finer than doubles can tell apart. */
static struct range divisible(struct range range)
{
    double size = fmax(fabs(range.low), fabs(range.high)), room;

    if (!range.known)
        return (struct range){0, 1, true};
    if (range.high - range.low > 1e-9 * size)
        return range;
    room = size > 0 ? 0.1 * size : 1;
    return (struct range){range.low - room, range.high + room, true};
}

void axis_set_step(struct axis *axis, double step)
{
    axis->step = step;
    axis->start = step * ceil(axis->low / step - 1e-9);
    axis->decimals = decimals_of(axis->percent ? 100 * step : step);
}

struct axis axis_new(struct range range, int ticks, bool to_ticks, bool percent)
{
    struct axis axis = {.percent = percent};
    double step;

    range = divisible(range);
    step = round_step((range.high - range.low) / ticks);
    axis.low = to_ticks ? step * floor(range.low / step + 1e-9) : range.low;
    axis.high = to_ticks ? step * ceil(range.high / step - 1e-9) : range.high;
    axis_set_step(&axis, step);
    return axis;
}

double axis_at(const struct axis *axis, double value)
{
    return axis->from + (value - axis->low) / (axis->high - axis->low) * (axis->to - axis->from);
}

bool axis_shows(const struct axis *axis, double value)
{
    return value <= axis->high + 1e-6 * axis->step;
}

const char *axis_label(const struct axis *axis, double value, char ret_text[NUMBER_TEXT])
{
    if (fabs(value) < 1e-9 * axis->step)
        value = 0; /* no "-0" */
    return number_text(value, axis->decimals, axis->percent, ret_text);
}

double axis_label_width(struct canvas *canvas, const struct axis *axis)
{
    double widest = 0;
    char label[NUMBER_TEXT];

    for (double v = axis->start; axis_shows(axis, v); v += axis->step)
        widest = fmax(widest, canvas_text_width(canvas, axis_label(axis, v, label), THEME_SMALL));
    return widest;
}

static void draw_names(struct canvas *canvas, struct box plot, double left, double bottom,
                       const char *x_label, const char *y_label)
{
    if (x_label)
        canvas_text(canvas, x_label, plot.x + plot.width / 2,
                    bottom - canvas_line_height(THEME_LABEL), CANVAS_CENTRE, THEME_LABEL,
                    canvas->theme->muted);
    if (y_label)
        canvas_upward_text(canvas, y_label, left + canvas_line_height(THEME_LABEL) / 2,
                           plot.y + plot.height / 2, THEME_LABEL, canvas->theme->muted);
}

static void draw_x_ticks(struct canvas *canvas, struct box plot, const struct axis *x)
{
    double below = plot.y + plot.height;
    char label[NUMBER_TEXT];

    for (double v = x->start; axis_shows(x, v); v += x->step) {
        double at = axis_at(x, v);
        canvas_line(canvas, at, plot.y, at, below, 0.6, canvas->theme->grid);
        canvas_text(canvas, axis_label(x, v, label), at, below + 4, CANVAS_CENTRE, THEME_SMALL,
                    canvas->theme->muted);
    }
}

static void draw_y_ticks(struct canvas *canvas, struct box plot, const struct axis *y)
{
    char label[NUMBER_TEXT];

    for (double v = y->start; axis_shows(y, v); v += y->step) {
        double at = axis_at(y, v);
        canvas_line(canvas, plot.x, at, plot.x + plot.width, at, 0.6, canvas->theme->grid);
        canvas_text(canvas, axis_label(y, v, label), plot.x - 5,
                    at - canvas_line_height(THEME_SMALL) / 2, CANVAS_RIGHT, THEME_SMALL,
                    canvas->theme->muted);
    }
}

void axis_place(struct canvas *canvas, struct box *box, struct axis *x, struct axis *y,
                const char *x_label, const char *y_label)
{
    double left = 0, under = 0, above = 0, right = 0;

    if (y_label)
        left += canvas_line_height(THEME_LABEL) + 4;
    if (y) {
        left += axis_label_width(canvas, y) + 6;
        above = canvas_line_height(THEME_SMALL) / 2; /* half of the top label hangs out */
    }
    if (x_label)
        under += canvas_line_height(THEME_LABEL) + 3;
    if (x) {
        under += canvas_line_height(THEME_SMALL) + 5;
        right = axis_label_width(canvas, x) / 2;
    }
    box->x += left;
    box->y += above;
    box->width = fmax(box->width - left - right, 1);
    box->height = fmax(box->height - under - above, 1);
    if (x) {
        x->from = box->x;
        x->to = box->x + box->width;
    }
    if (y) {
        y->from = box->y + box->height;
        y->to = box->y;
    }
}

void axis_draw(struct canvas *canvas, struct box outside, struct box plot, const struct axis *x,
               const struct axis *y, const char *x_label, const char *y_label)
{
    if (x)
        draw_x_ticks(canvas, plot, x);
    if (y)
        draw_y_ticks(canvas, plot, y);
    draw_names(canvas, plot, outside.x, outside.y + outside.height, x_label, y_label);
}

void axis_frame(struct canvas *canvas, struct box *box, struct axis *x, struct axis *y,
                const char *x_label, const char *y_label)
{
    struct box outside = *box;

    axis_place(canvas, box, x, y, x_label, y_label);
    axis_draw(canvas, outside, *box, x, y, x_label, y_label);
}

enum { KEY_WIDTH = 14, SMALL_KEY_WIDTH = 9, KEY_GAP = 5, ENTRY_GAP = 16 };

static double key_width(const struct legend_entry *entry)
{
    return entry->key == LEGEND_LINE || entry->key == LEGEND_DASHES ? KEY_WIDTH : SMALL_KEY_WIDTH;
}

static void draw_key(struct canvas *canvas, const struct legend_entry *entry, double x, double y)
{
    static const double dashes[] = {4, 2.5};
    double middle = y + canvas_line_height(THEME_LABEL) / 2;

    switch (entry->key) {
    case LEGEND_SQUARE:
        canvas_fill(canvas, (struct box){x, middle - 4.5, SMALL_KEY_WIDTH, SMALL_KEY_WIDTH},
                    entry->colour, 1);
        break;
    case LEGEND_DOT:
        canvas_colour(canvas, entry->colour, 1);
        cairo_arc(canvas->cairo, x + SMALL_KEY_WIDTH / 2.0, middle, 3.5, 0, 2 * G_PI);
        cairo_fill(canvas->cairo);
        break;
    case LEGEND_DASHES:
        cairo_set_dash(canvas->cairo, dashes, 2, 0);
        canvas_line(canvas, x, middle, x + KEY_WIDTH, middle, 1.8, entry->colour);
        cairo_set_dash(canvas->cairo, NULL, 0, 0);
        break;
    case LEGEND_LINE:
        canvas_line(canvas, x, middle, x + KEY_WIDTH, middle, 1.8, entry->colour);
        break;
    }
}

/* Places the entries, and draws them too if `draw`; returns the height. */
static double flow(struct canvas *canvas, struct box box, const struct legend_entry *entries,
                   size_t count, bool draw)
{
    double x = box.x, y = box.y, line = canvas_line_height(THEME_LABEL) + 3;
    bool any = false;

    for (size_t i = 0; i < count; i++) {
        double width, key = key_width(&entries[i]) + KEY_GAP;
        if (!entries[i].name)
            continue;
        width =
            fmin(key + canvas_text_width(canvas, entries[i].name, THEME_LABEL) + 0.5, box.width);
        if (any && x + width > box.x + box.width) {
            x = box.x;
            y += line;
        }
        any = true;
        if (draw) {
            draw_key(canvas, &entries[i], x, y);
            canvas_fitted_text(canvas, entries[i].name, x + key, y, width - key, 1, CANVAS_LEFT,
                               THEME_LABEL, canvas->theme->ink);
        }
        x += width + ENTRY_GAP;
    }
    return any ? y + line + 3 - box.y : 0;
}

double legend_height(struct canvas *canvas, const struct legend_entry *entries, size_t count,
                     double width)
{
    return flow(canvas, (struct box){0, 0, width, 0}, entries, count, false);
}

void legend_draw(struct canvas *canvas, struct box *box, const struct legend_entry *entries,
                 size_t count)
{
    double height = flow(canvas, *box, entries, count, true);

    box->y += height;
    box->height = fmax(box->height - height, 1);
}

/* chart_bars.c - grouped bars with their values on them, upright or lying.
 * SPDX-License-Identifier: MIT */
#include <math.h>

#include "chart/chart_kind.h"

#define GROUP_SHARE 0.8  /* of a category's slot that its bars take */
#define LYING_BAR 13.0   /* thickness in points */
#define LYING_GAP 7.0    /* between categories */
#define LABEL_SHARE 0.42 /* of the width that lying bars' labels may take */

static mien_status check(const struct chart *chart, mien_error *err)
{
    const struct chart_bars *bars = &chart->bars;
    mien_status status = chart_check_series(bars->series, bars->series_count, CHART_MAX_MARKS, err);

    if (status)
        return status;
    if (!bars->categories)
        return error_set(err, MIEN_EINVAL, "chart: bars without categories");
    for (size_t i = 0; i < bars->series_count; i++)
        if (bars->series[i].count != bars->category_count)
            return error_set(err, MIEN_EINVAL, "chart: series %zu has %zu bars for %zu categories",
                             i, bars->series[i].count, bars->category_count);
    return MIEN_OK;
}

static const char *value_text(const struct chart_bars *bars, double value,
                              char ret_text[NUMBER_TEXT])
{
    return number_text(value, bars->decimals, bars->percent, ret_text);
}

static struct axis value_axis(const struct chart_bars *bars)
{
    struct range range = {0, 0, true};

    for (size_t s = 0; s < bars->series_count; s++) {
        range_add_all(&range, bars->series[s].y, bars->category_count);
        range_add_all(&range, bars->series[s].bands[0].low, bars->category_count);
        range_add_all(&range, bars->series[s].bands[0].high, bars->category_count);
    }
    if (range.high == range.low)
        range.high = bars->percent ? 0.01 : 1;
    return axis_new(range, 5, true, bars->percent);
}

static double widest_value(struct canvas *canvas, const struct chart_bars *bars)
{
    double widest = 0;
    char text[NUMBER_TEXT];

    for (size_t s = 0; s < bars->series_count; s++)
        for (size_t c = 0; c < bars->category_count; c++)
            widest =
                fmax(widest, canvas_text_width(canvas, value_text(bars, bars->series[s].y[c], text),
                                               THEME_TINY));
    return widest;
}

static double widest_category(struct canvas *canvas, const struct chart_bars *bars)
{
    double widest = 0;

    for (size_t c = 0; c < bars->category_count; c++)
        widest = fmax(widest, canvas_text_width(canvas, bars->categories[c], THEME_LABEL));
    return widest;
}

/* Upright bars read better, as long as every text has its place beside its neighbours. */
static bool stands(struct canvas *canvas, const struct chart_bars *bars, double width)
{
    struct axis axis = value_axis(bars);
    double slot = (width - axis_label_width(canvas, &axis) - 24) / (double)bars->category_count;
    double room = bars->series_count == 1 ? slot : slot * GROUP_SHARE / (double)bars->series_count;

    return widest_category(canvas, bars) <= slot - 4 && widest_value(canvas, bars) <= room - 1;
}

static size_t legend_of(const struct canvas *canvas, const struct chart_bars *bars,
                        struct legend_entry entries[THEME_SERIES])
{
    size_t count = bars->series_count < THEME_SERIES ? bars->series_count : THEME_SERIES;

    for (size_t s = 0; s < count; s++)
        entries[s] = (struct legend_entry){
            bars->series[s].name, chart_series_colour(canvas, &bars->series[s], s), LEGEND_SQUARE};
    return count;
}

static double slot_height(const struct chart_bars *bars)
{
    return LYING_BAR * (double)bars->series_count + LYING_GAP;
}

static void size(struct canvas *canvas, const struct chart *chart, double *width,
                 double *ret_height)
{
    const struct chart_bars *bars = &chart->bars;
    struct legend_entry entries[THEME_SERIES];
    size_t count = legend_of(canvas, bars, entries);

    if (*width == 0)
        *width = CHART_WIDTH;
    if (stands(canvas, bars, *width))
        *ret_height = *width * CHART_ASPECT;
    else
        *ret_height = legend_height(canvas, entries, count, *width) + 40 +
                      slot_height(bars) * (double)bars->category_count;
}

static void mark_bar(struct canvas *canvas, const struct chart_bars *bars, struct box box, size_t s,
                     size_t c)
{
    const struct chart_series *series = &bars->series[s];
    const char *name = series->name ? series->name : "";
    char value[NUMBER_TEXT], low[NUMBER_TEXT], high[NUMBER_TEXT];

    value_text(bars, series->y[c], value);
    if (series->bands[0].low) {
        value_text(bars, series->bands[0].low[c], low);
        value_text(bars, series->bands[0].high[c], high);
        canvas_mark(canvas, box, "%s%s%s: %s (%s to %s)", bars->categories[c], *name ? ", " : "",
                    name, value, low, high);
    } else {
        canvas_mark(canvas, box, "%s%s%s: %s", bars->categories[c], *name ? ", " : "", name, value);
    }
}

/* The whisker's ends on the value axis, both `at` where there is none. */
static void whisker_of(const struct chart_series *series, const struct axis *axis, size_t c,
                       double at, double *ret_low, double *ret_high)
{
    *ret_low = *ret_high = at;
    if (series->bands[0].low && range_takes(series->bands[0].low[c]) &&
        range_takes(series->bands[0].high[c])) {
        *ret_low = axis_at(axis, series->bands[0].low[c]);
        *ret_high = axis_at(axis, series->bands[0].high[c]);
    }
}

static void draw_upright_bar(struct canvas *canvas, const struct chart_bars *bars,
                             const struct axis *axis, struct box slot, size_t s, size_t c)
{
    const struct chart_series *series = &bars->series[s];
    double thickness = slot.width * GROUP_SHARE / (double)bars->series_count;
    double x = slot.x + slot.width * (1 - GROUP_SHARE) / 2 + thickness * (double)s;
    double zero = axis_at(axis, 0), at = axis_at(axis, series->y[c]), low, high;
    struct box bar = {x + 0.5, fmin(zero, at), thickness - 1, fabs(zero - at)};
    char text[NUMBER_TEXT];

    canvas_fill(canvas, bar, chart_series_colour(canvas, series, s), 1);
    whisker_of(series, axis, c, at, &low, &high);
    if (low != high)
        canvas_line(canvas, x + thickness / 2, low, x + thickness / 2, high, 1, canvas->theme->ink);
    canvas_text(canvas, value_text(bars, series->y[c], text), x + thickness / 2,
                at <= zero ? fmin(at, high) - canvas_line_height(THEME_TINY) - 1
                           : fmax(at, low) + 1,
                CANVAS_CENTRE, THEME_TINY, canvas->theme->ink);
    mark_bar(canvas, bars, (struct box){bar.x, slot.y, bar.width, slot.height}, s, c);
}

static void draw_upright(struct canvas *canvas, const struct chart *chart, struct box box)
{
    const struct chart_bars *bars = &chart->bars;
    struct axis axis = value_axis(bars);
    double under = canvas_line_height(THEME_LABEL) + 5 +
                   (chart->x_label ? canvas_line_height(THEME_LABEL) + 3 : 0);
    double bottom = box.y + box.height, slot;

    box.y += canvas_line_height(THEME_TINY); /* for the value on a bar that reaches the top */
    box.height = fmax(box.height - under - canvas_line_height(THEME_TINY), 1);
    axis_frame(canvas, &box, NULL, &axis, NULL, chart->y_label);
    slot = box.width / (double)bars->category_count;
    for (size_t c = 0; c < bars->category_count; c++) {
        struct box place = {box.x + slot * (double)c, box.y, slot, box.height};
        for (size_t s = 0; s < bars->series_count; s++)
            if (range_takes(bars->series[s].y[c]))
                draw_upright_bar(canvas, bars, &axis, place, s, c);
        canvas_text(canvas, bars->categories[c], place.x + slot / 2, box.y + box.height + 5,
                    CANVAS_CENTRE, THEME_LABEL, canvas->theme->ink);
    }
    if (chart->x_label)
        canvas_text(canvas, chart->x_label, box.x + box.width / 2,
                    bottom - canvas_line_height(THEME_LABEL), CANVAS_CENTRE, THEME_LABEL,
                    canvas->theme->muted);
    canvas_line(canvas, box.x, axis_at(&axis, 0), box.x + box.width, axis_at(&axis, 0), 0.9,
                canvas->theme->muted);
}

static void draw_lying_bar(struct canvas *canvas, const struct chart_bars *bars,
                           const struct axis *axis, struct box slot, size_t s, size_t c)
{
    const struct chart_series *series = &bars->series[s];
    double thickness = (slot.height - LYING_GAP) / (double)bars->series_count;
    double y = slot.y + LYING_GAP / 2 + thickness * (double)s, low, high;
    double zero = axis_at(axis, 0), at = axis_at(axis, series->y[c]);
    struct box bar = {fmin(zero, at), y + 0.5, fabs(zero - at), thickness - 1};
    char text[NUMBER_TEXT];

    canvas_fill(canvas, bar, chart_series_colour(canvas, series, s), 1);
    whisker_of(series, axis, c, at, &low, &high);
    if (low != high)
        canvas_line(canvas, low, y + thickness / 2, high, y + thickness / 2, 1, canvas->theme->ink);
    canvas_text(canvas, value_text(bars, series->y[c], text),
                at >= zero ? fmax(at, high) + 4 : fmin(at, low) - 4,
                y + thickness / 2 - canvas_line_height(THEME_TINY) / 2,
                at >= zero ? CANVAS_LEFT : CANVAS_RIGHT, THEME_TINY, canvas->theme->ink);
    mark_bar(canvas, bars, (struct box){slot.x, bar.y, slot.width, bar.height}, s, c);
}

static void draw_lying(struct canvas *canvas, const struct chart *chart, struct box box)
{
    const struct chart_bars *bars = &chart->bars;
    struct axis axis = value_axis(bars);
    double values = widest_value(canvas, bars) + 6, slot;
    double labels = fmin(widest_category(canvas, bars) + 1, box.width * LABEL_SHARE);

    box.x += labels + 6;
    box.width = fmax(box.width - labels - 6 - values, 1);
    axis_frame(canvas, &box, &axis, NULL, chart->y_label, NULL);
    slot = box.height / (double)bars->category_count;
    for (size_t c = 0; c < bars->category_count; c++) {
        struct box place = {box.x, box.y + slot * (double)c, box.width, slot};
        for (size_t s = 0; s < bars->series_count; s++)
            if (range_takes(bars->series[s].y[c]))
                draw_lying_bar(canvas, bars, &axis, place, s, c);
        canvas_fitted_text(canvas, bars->categories[c], box.x - 6,
                           place.y + slot / 2 - canvas_line_height(THEME_LABEL) / 2, labels, 1,
                           CANVAS_RIGHT, THEME_LABEL, canvas->theme->ink);
    }
    canvas_line(canvas, axis_at(&axis, 0), box.y, axis_at(&axis, 0), box.y + box.height, 0.9,
                canvas->theme->muted);
}

static void draw(struct canvas *canvas, const struct chart *chart, struct box box)
{
    struct legend_entry entries[THEME_SERIES];
    size_t count = legend_of(canvas, &chart->bars, entries);

    legend_draw(canvas, &box, entries, count);
    if (stands(canvas, &chart->bars, box.width))
        draw_upright(canvas, chart, box);
    else
        draw_lying(canvas, chart, box);
}

const struct chart_kind chart_bars_kind = {check, size, draw};

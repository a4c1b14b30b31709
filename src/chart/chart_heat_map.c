/* chart_heat_map.c - a matrix in colours with its values written into the cells.
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdio.h>

#include "chart/chart_kind.h"
#include "chart/colour_bar.h"

#define MOST_CELL 58.0
#define LEAST_CELL 7.0
#define CELL_ASPECT 0.72 /* height over width */
#define LEAST_TEXT 5.0   /* points; cells too small for it are told by pointing only */
#define LABEL_SHARE 0.3  /* of the width that row labels may take */
#define COLOUR_BAR_ROOM 62.0

static mien_status check(const struct chart *chart, mien_error *err)
{
    const struct chart_heat_map *map = &chart->heat_map;

    if (!map->values || !map->row_labels || !map->column_labels)
        return error_set(err, MIEN_EINVAL,
                         "chart: a heat map needs values and both lists of labels");
    if (map->rows == 0 || map->columns == 0 || map->rows > CHART_MAX_MARKS ||
        map->columns > CHART_MAX_MARKS / map->rows)
        return error_set(err, MIEN_EINVAL, "chart: %zu x %zu cells; a heat map has 1 to %d",
                         map->rows, map->columns, CHART_MAX_MARKS);
    if ((unsigned)map->colour_map >= COLOUR_MAP_COUNT)
        return error_set(err, MIEN_EINVAL, "chart: there is no colour map %d",
                         (int)map->colour_map);
    return MIEN_OK;
}

/* Where things are. */
struct layout {
    double labels;  /* width of the row labels, with their distance */
    double heading; /* height of the column labels below the cells */
    bool upward;    /* those are turned */
    double cell_width, cell_height;
};

static double widest(struct canvas *canvas, const char *const *labels, size_t count)
{
    double width = 0;

    for (size_t i = 0; i < count; i++)
        width = fmax(width, canvas_text_width(canvas, labels[i], THEME_LABEL));
    return width;
}

static struct layout lay_out(struct canvas *canvas, const struct chart *chart, double width)
{
    const struct chart_heat_map *map = &chart->heat_map;
    double columns_wide = widest(canvas, map->column_labels, map->columns), left;
    struct layout layout;

    layout.labels = fmin(widest(canvas, map->row_labels, map->rows) + 1, width * LABEL_SHARE) + 7;
    left = width - layout.labels - COLOUR_BAR_ROOM;
    if (chart->y_label)
        left -= canvas_line_height(THEME_LABEL) + 4;
    layout.cell_width = fmin(fmax(left / (double)map->columns, LEAST_CELL), MOST_CELL);
    layout.cell_height = fmax(layout.cell_width * CELL_ASPECT, LEAST_CELL);
    layout.upward = columns_wide > layout.cell_width - 3;
    layout.heading = 5 + (layout.upward ? columns_wide : canvas_line_height(THEME_LABEL));
    return layout;
}

static void size(struct canvas *canvas, const struct chart *chart, double *width,
                 double *ret_height)
{
    struct layout layout;
    double used;

    layout = lay_out(canvas, chart, *width > 0 ? *width : CHART_WIDTH);
    used = layout.labels + layout.cell_width * (double)chart->heat_map.columns + COLOUR_BAR_ROOM +
           (chart->y_label ? canvas_line_height(THEME_LABEL) + 4 : 0);
    if (*width == 0)
        *width = used;
    *ret_height = layout.cell_height * (double)chart->heat_map.rows + layout.heading +
                  (chart->x_label ? canvas_line_height(THEME_LABEL) + 4 : 0);
}

static struct range bounds_of(const struct chart_heat_map *map)
{
    struct range range = {map->low, map->high, true};

    if (map->low < map->high)
        return range;
    range = (struct range){0};
    range_add_all(&range, map->values, map->rows * map->columns);
    if (!range.known)
        range = (struct range){0, 1, true};
    if (range.high == range.low)
        range.high = range.low + 1;
    return range;
}

static void write_in(struct canvas *canvas, struct box cell, const char *text, struct colour ink)
{
    double width = canvas_text_width(canvas, text, THEME_SMALL);
    double height = canvas_text_height(canvas, text, THEME_SMALL);
    double share = fmin(1, fmin((cell.width - 3) / width, (cell.height - 1) / height));
    double text_size = THEME_SMALL * share;

    if (text_size >= LEAST_TEXT)
        canvas_fitted_text(canvas, text, cell.x + cell.width / 2,
                           cell.y + (cell.height - height * share) / 2, cell.width, 3,
                           CANVAS_CENTRE, text_size, ink);
}

static void draw_cell(struct canvas *canvas, const struct chart_heat_map *map, struct range bounds,
                      struct box cell, size_t row, size_t column)
{
    double value = map->values[row * map->columns + column];
    const char *text = map->texts ? map->texts[row * map->columns + column] : NULL;
    char number[NUMBER_TEXT];
    struct colour colour;

    number_text(value, map->decimals, map->percent, number);
    if (range_takes(value)) {
        colour = theme_map(canvas->theme, map->colour_map,
                           (value - bounds.low) / (bounds.high - bounds.low));
        canvas_fill(canvas,
                    (struct box){cell.x + 0.4, cell.y + 0.4, cell.width - 0.8, cell.height - 0.8},
                    colour, 1);
        write_in(canvas, cell, text ? text : number, canvas_ink_on(colour));
    }
    canvas_mark(canvas, cell, "%s, %s: %s", map->row_labels[row], map->column_labels[column],
                text                 ? text
                : range_takes(value) ? number
                                     : "none");
}

static void draw_labels(struct canvas *canvas, const struct chart_heat_map *map,
                        const struct layout *layout, struct box cells)
{
    for (size_t r = 0; r < map->rows; r++)
        canvas_fitted_text(canvas, map->row_labels[r], cells.x - 7,
                           cells.y + layout->cell_height * ((double)r + 0.5) -
                               canvas_line_height(THEME_LABEL) / 2,
                           layout->labels - 7, 1, CANVAS_RIGHT, THEME_LABEL, canvas->theme->ink);
    for (size_t c = 0; c < map->columns; c++) {
        double middle = cells.x + layout->cell_width * ((double)c + 0.5);
        double below = cells.y + cells.height + 5;
        const char *label = map->column_labels[c];
        if (layout->upward)
            canvas_upward_text(canvas, label, middle,
                               below + canvas_text_width(canvas, label, THEME_LABEL) / 2,
                               THEME_LABEL, canvas->theme->ink);
        else
            canvas_text(canvas, label, middle, below, CANVAS_CENTRE, THEME_LABEL,
                        canvas->theme->ink);
    }
}

static void draw_names(struct canvas *canvas, const struct chart *chart, struct box box,
                       struct box cells)
{
    if (chart->x_label)
        canvas_text(canvas, chart->x_label, cells.x + cells.width / 2,
                    box.y + box.height - canvas_line_height(THEME_LABEL), CANVAS_CENTRE,
                    THEME_LABEL, canvas->theme->muted);
    if (chart->y_label)
        canvas_upward_text(canvas, chart->y_label, box.x + canvas_line_height(THEME_LABEL) / 2,
                           cells.y + cells.height / 2, THEME_LABEL, canvas->theme->muted);
}

static void draw(struct canvas *canvas, const struct chart *chart, struct box box)
{
    const struct chart_heat_map *map = &chart->heat_map;
    struct layout layout = lay_out(canvas, chart, box.width);
    struct range bounds = bounds_of(map);
    struct box cells = {box.x + layout.labels, box.y, layout.cell_width * (double)map->columns,
                        layout.cell_height * (double)map->rows};

    if (chart->y_label)
        cells.x += canvas_line_height(THEME_LABEL) + 4;
    for (size_t r = 0; r < map->rows; r++)
        for (size_t c = 0; c < map->columns; c++)
            draw_cell(canvas, map, bounds,
                      (struct box){cells.x + layout.cell_width * (double)c,
                                   cells.y + layout.cell_height * (double)r, layout.cell_width,
                                   layout.cell_height},
                      r, c);
    draw_labels(canvas, map, &layout, cells);
    draw_names(canvas, chart, box, cells);
    colour_bar_draw(canvas, (struct box){cells.x + cells.width + 10, cells.y, 10, cells.height},
                    map->colour_map, axis_new(bounds, 4, false, map->percent));
}

const struct chart_kind chart_heat_map_kind = {check, size, draw};

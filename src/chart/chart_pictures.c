/* chart_pictures.c - a grid of grey pictures with titles, in grey or in a colour map.
 * SPDX-License-Identifier: MIT */
#include <math.h>

#include "chart/chart_kind.h"
#include "chart/colour_bar.h"

#define SIDE 72.0
#define GAP 8.0
#define LABEL_SHARE 0.25 /* of the width that row labels may take */
#define BAR_WIDTH 5.0
#define BAR_ROOM 30.0 /* colour bar, its ticks and their distance */

static mien_status check(const struct chart *chart, mien_error *err)
{
    const struct chart_pictures *grid = &chart->pictures;

    if (!grid->pictures || grid->count == 0 || grid->count > CHART_MAX_MARKS)
        return error_set(err, MIEN_EINVAL, "chart: %zu pictures; a grid has 1 to %d", grid->count,
                         CHART_MAX_MARKS);
    if ((unsigned)grid->colour_map >= COLOUR_MAP_COUNT)
        return error_set(err, MIEN_EINVAL, "chart: there is no colour map %d",
                         (int)grid->colour_map);
    if (grid->columns < 0 || grid->columns > 1000 || !(grid->side >= 0 && grid->side <= 2000))
        return error_set(err, MIEN_EINVAL, "chart: %d columns of %g points", grid->columns,
                         grid->side);
    for (size_t i = 0; i < grid->count; i++) {
        const struct chart_picture *picture = &grid->pictures[i];
        if (!picture->pixels)
            continue;
        if (picture->width < 1 || picture->height < 1 || picture->width > 16384 ||
            picture->height > 16384 || picture->stride < (size_t)picture->width)
            return error_set(err, MIEN_EINVAL, "chart: picture %zu is %d x %d", i, picture->width,
                             picture->height);
    }
    return MIEN_OK;
}

/* Where things are; the same for every cell. */
struct layout {
    size_t columns, rows;
    double labels;     /* width of the row labels */
    double side;       /* of a picture's square */
    double title;      /* height of the titles above it */
    double cell_width; /* square, colour bar */
};

static double labels_width(struct canvas *canvas, const struct chart_pictures *grid, size_t rows)
{
    double width = 0;

    if (!grid->row_labels)
        return 0;
    for (size_t r = 0; r < rows; r++)
        width = fmax(width, canvas_text_width(canvas, grid->row_labels[r], THEME_LABEL));
    return width + 1;
}

static double titles_height(struct canvas *canvas, const struct chart_pictures *grid, double width)
{
    double height = 0;

    for (size_t i = 0; i < grid->count; i++)
        if (grid->pictures[i].title)
            height = fmax(
                height,
                canvas_fitted_height(canvas, grid->pictures[i].title, width, 2, THEME_SMALL) + 2);
    return height;
}

/* `width` 0: as wide as the asked side makes it; else pictures shrink to fit. */
static struct layout lay_out(struct canvas *canvas, const struct chart_pictures *grid, double width)
{
    double bar = grid->colour_bar ? BAR_ROOM : 0, room = width > 0 ? width : CHART_WIDTH;
    double beside, most; /* room that pictures of the asked side leave; what is left for a side */
    struct layout layout = {.side = grid->side > 0 ? grid->side : SIDE};

    if (grid->columns > 0)
        layout.columns = (size_t)grid->columns;
    else
        layout.columns = (size_t)fmax((room + GAP) / (layout.side + bar + GAP), 1);
    if (layout.columns > grid->count)
        layout.columns = grid->count;
    layout.rows = (grid->count + layout.columns - 1) / layout.columns;
    layout.labels = labels_width(canvas, grid, layout.rows);
    beside = room - (double)layout.columns * (layout.side + bar + GAP);
    if (layout.labels > 0)
        layout.labels = fmin(layout.labels, fmax(room * LABEL_SHARE, beside)) + GAP;
    most = (room - layout.labels + GAP) / (double)layout.columns - GAP - bar;
    if (width > 0)
        layout.side = fmax(fmin(layout.side, most), 4);
    layout.cell_width = layout.side + bar;
    layout.title = titles_height(canvas, grid, layout.cell_width);
    return layout;
}

static void size(struct canvas *canvas, const struct chart *chart, double *width,
                 double *ret_height)
{
    struct layout layout = lay_out(canvas, &chart->pictures, *width);

    if (*width == 0)
        *width = layout.labels + (double)layout.columns * (layout.cell_width + GAP) - GAP;
    *ret_height = (double)layout.rows * (layout.title + layout.side + GAP) - GAP;
}

static cairo_surface_t *surface_of(const struct chart_picture *picture, const struct theme *theme,
                                   enum colour_map map)
{
    cairo_surface_t *surface =
        cairo_image_surface_create(CAIRO_FORMAT_RGB24, picture->width, picture->height);
    unsigned char *data = cairo_image_surface_get_data(surface);
    int stride = cairo_image_surface_get_stride(surface);
    uint32_t palette[256];

    if (!data)
        return surface; /* in its error state, which the drawing takes over */
    for (int i = 0; i < 256; i++) {
        struct colour colour = theme_map(theme, map, i / 255.0);
        palette[i] = (uint32_t)lround(255 * colour.r) << 16 |
                     (uint32_t)lround(255 * colour.g) << 8 | (uint32_t)lround(255 * colour.b);
    }
    for (int y = 0; y < picture->height; y++) {
        uint32_t *row = (uint32_t *)(void *)(data + (size_t)y * (size_t)stride);
        for (int x = 0; x < picture->width; x++)
            row[x] = palette[picture->pixels[(size_t)y * picture->stride + (size_t)x]];
    }
    cairo_surface_mark_dirty(surface);
    return surface;
}

static void paint(struct canvas *canvas, const struct chart_picture *picture, enum colour_map map,
                  struct box box)
{
    cairo_surface_t *surface = surface_of(picture, canvas->theme, map);
    cairo_t *cairo = canvas->cairo;

    cairo_save(cairo);
    cairo_translate(cairo, box.x, box.y);
    cairo_scale(cairo, box.width / picture->width, box.height / picture->height);
    cairo_set_source_surface(cairo, surface, 0, 0);
    cairo_pattern_set_filter(cairo_get_source(cairo), CAIRO_FILTER_BILINEAR);
    cairo_pattern_set_extend(cairo_get_source(cairo), CAIRO_EXTEND_PAD); /* no pale edges */
    cairo_rectangle(cairo, 0, 0, picture->width, picture->height);
    cairo_fill(cairo);
    cairo_restore(cairo);
    cairo_surface_destroy(surface);
}

/* Both bounds and two steps between. */
static struct axis bar_axis(const struct chart_pictures *grid)
{
    struct axis axis = {.low = grid->low, .high = grid->high};

    if (!(axis.low < axis.high)) {
        axis.low = 0;
        axis.high = 255;
    }
    axis.step = (axis.high - axis.low) / 3;
    axis.start = axis.low;
    axis.decimals = axis.step >= 5 ? 0 : axis.step >= 0.5 ? 1 : 2;
    return axis;
}

static void draw_picture(struct canvas *canvas, const struct chart_pictures *grid,
                         const struct layout *layout, const struct chart_picture *picture, double x,
                         double y)
{
    double scale = layout->side / fmax(picture->width, picture->height);
    struct box box = {x, y + layout->title, picture->width * scale, picture->height * scale};

    box.x += (layout->side - box.width) / 2;
    box.y += (layout->side - box.height) / 2;
    if (picture->title) {
        double height =
            canvas_fitted_height(canvas, picture->title, layout->cell_width, 2, THEME_SMALL) + 2;
        canvas_fitted_text(canvas, picture->title, x + layout->side / 2, y + layout->title - height,
                           layout->cell_width, 2, CANVAS_CENTRE, THEME_SMALL, canvas->theme->ink);
    }
    paint(canvas, picture, grid->colour_map, box);
    if (grid->colour_bar)
        colour_bar_draw(canvas, (struct box){x + layout->side + 3, box.y, BAR_WIDTH, box.height},
                        grid->colour_map, bar_axis(grid));
    if (picture->hover || picture->title)
        canvas_mark(canvas, box, "%s", picture->hover ? picture->hover : picture->title);
}

static void draw(struct canvas *canvas, const struct chart *chart, struct box box)
{
    const struct chart_pictures *grid = &chart->pictures;
    struct layout layout = lay_out(canvas, grid, box.width);

    for (size_t i = 0; i < grid->count; i++) {
        size_t row = i / layout.columns, column = i % layout.columns;
        double x = box.x + layout.labels + (double)column * (layout.cell_width + GAP);
        double y = box.y + (double)row * (layout.title + layout.side + GAP);
        if (grid->pictures[i].pixels)
            draw_picture(canvas, grid, &layout, &grid->pictures[i], x, y);
        if (grid->row_labels && column == 0)
            canvas_fitted_text(
                canvas, grid->row_labels[row], box.x + layout.labels - GAP,
                y + layout.title + (layout.side - canvas_line_height(THEME_LABEL)) / 2,
                layout.labels - GAP, 1, CANVAS_RIGHT, THEME_LABEL, canvas->theme->ink);
    }
}

const struct chart_kind chart_pictures_kind = {check, size, draw};

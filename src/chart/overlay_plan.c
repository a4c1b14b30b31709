/* overlay_plan.c - greedy placement: each title and each block of bars, in the faces' order, takes
 * the best of a few places around its box.
 * SPDX-License-Identifier: MIT */
#include "chart/overlay_plan.h"

#include <math.h>
#include <stdbool.h>

/* What the placement looks at. */
struct scene {
    struct canvas *canvas;
    double width, height; /* of the picture */
    const struct overlay_face *faces;
    struct overlay_place *places;
    int count;
};

static double clamp(double value, double low, double high)
{
    return fmax(low, fmin(value, high));
}

double overlay_padding(double size)
{
    return size * 0.3;
}

double overlay_row_height(double size)
{
    return size * 1.3;
}

/* The box, cut a little outside the picture: Cairo cannot take any number. */
static struct box visible_box(const struct scene *scene, const struct overlay_face *face)
{
    const double rim = 1000;
    double left = clamp(face->x, -rim, scene->width + rim);
    double top = clamp(face->y, -rim, scene->height + rim);
    double right = clamp((double)face->x + face->w, left, scene->width + rim);
    double bottom = clamp((double)face->y + face->h, top, scene->height + rim);

    return (struct box){left, top, right - left, bottom - top};
}

/* Letters that suit the picture, no wider than the face if they can still be read. */
static double letter_size(const struct scene *scene, const struct overlay_face *face)
{
    double side = sqrt(scene->width * scene->height);
    double legible = fmax(9, side / 64), largest = fmax(legible, side / 36);
    double size = clamp(face->w / 5.5, legible, largest);

    return fmin(size, fmax(4, scene->height / 4)); /* a thumbnail still shows some of the face */
}

static double shared_area(struct box a, struct box b)
{
    double width = fmin(a.x + a.width, b.x + b.width) - fmax(a.x, b.x);
    double height = fmin(a.y + a.height, b.y + b.height) - fmax(a.y, b.y);

    return width > 0 && height > 0 ? width * height : 0;
}

static struct box moved_inside(const struct scene *scene, struct box box)
{
    box.x = clamp(box.x, 0, fmax(0, scene->width - box.width));
    box.y = clamp(box.y, 0, fmax(0, scene->height - box.height));
    return box;
}

/* What a title at `box` would hide, as shares of its own area: titles placed before are the
 * worst, then other faces, then the face itself. */
static double title_cost(const struct scene *scene, int index, struct box box)
{
    double area = box.width * box.height, cost = 0;

    for (int i = 0; i < scene->count; i++) {
        cost += (i == index ? 1 : 4) * shared_area(box, scene->places[i].face) / area;
        if (i < index)
            cost += 10 * shared_area(box, scene->places[i].title) / area;
    }
    return cost;
}

static struct box title_size(const struct scene *scene, const char *title, double letters)
{
    double padding = overlay_padding(letters);
    double width = ceil(canvas_text_width(scene->canvas, title, letters) + 2 * padding);
    double height = ceil(canvas_line_height(letters) + padding);

    return (struct box){0, 0, fmin(width, scene->width), fmin(height, scene->height)};
}

static void place_title(const struct scene *scene, int index)
{
    struct overlay_place *place = &scene->places[index];
    struct box title = title_size(scene, scene->faces[index].title, place->size);
    double edge = place->line / 2, best_cost = INFINITY;
    double left = place->face.x - edge, right = place->face.x + place->face.width + edge;
    double top = place->face.y - edge, bottom = place->face.y + place->face.height + edge;
    const double corners[][2] = {
        {left, top - title.height},                /* above */
        {left, bottom},                            /* below */
        {right - title.width, top - title.height}, /* above, to the left */
        {right - title.width, bottom},             /* below, to the left */
        {left, top},                               /* inside */
        {left, bottom - title.height},             /* inside, at the bottom */
        {right, top},                              /* beside */
        {left - title.width, top},                 /* beside, to the left */
    };

    for (size_t i = 0; i < sizeof corners / sizeof *corners; i++) {
        double cost;
        title.x = corners[i][0];
        title.y = corners[i][1];
        title = moved_inside(scene, title);
        cost = title_cost(scene, index, title) + 0.02 * (double)i;
        if (cost < best_cost) {
            best_cost = cost;
            place->title = title;
        }
    }
}

/* Whether bars at `box` would hide nothing that matters; their own face only where told so. */
static bool is_free(const struct scene *scene, int index, struct box box, bool own_face)
{
    if (box.x < 0 || box.y < 0 || box.x + box.width > scene->width ||
        box.y + box.height > scene->height)
        return false;
    for (int i = 0; i < scene->count; i++) {
        const struct overlay_place *other = &scene->places[i];
        if ((!(own_face && i == index) && shared_area(box, other->face) > 0) ||
            shared_area(box, other->title) > 0 || (i < index && shared_area(box, other->bars) > 0))
            return false;
    }
    return true;
}

/* The size of a block of bars with letters of `size`. */
static struct box bars_size(const struct scene *scene, const struct overlay_face *face, double size,
                            double *ret_name_width)
{
    double padding = overlay_padding(size), widest = 0;

    for (int i = 0; i < face->bar_count; i++)
        widest = fmax(widest, canvas_text_width(scene->canvas, face->bar_names[i], size));
    *ret_name_width = ceil(widest);
    return (struct box){0, 0, ceil(widest) + 5 * size + 3 * padding,
                        face->bar_count * overlay_row_height(size) + 2 * padding};
}

/* Beside the box, below or above it, and in the corners of a face much larger than the bars. */
static bool find_room(const struct scene *scene, int index, struct box *block)
{
    const struct overlay_place *place = &scene->places[index];
    double gap = place->line, w = block->width, h = block->height;
    struct box face = place->face;
    double left = face.x - gap, right = face.x + face.width + gap;
    double top = face.y - gap, bottom = face.y + face.height + gap;
    double title = place->title.height;
    const double corners[][2] = {
        {right, face.y},
        {left - w, face.y},
        {right, bottom - h},
        {left - w, bottom - h},
        {face.x, bottom},
        {face.x, bottom + title},
        {right - w, bottom},
        {face.x, top - h},
        {face.x, top - title - h},
        {face.x + gap, bottom - h - 2 * gap},
        {right - w - 2 * gap, bottom - h - 2 * gap},
    };
    const size_t outside = 9, all = sizeof corners / sizeof *corners;
    bool large = w < 0.4 * face.width && h < 0.4 * face.height;

    for (size_t i = 0; i < (large ? all : outside); i++) {
        struct box box = {corners[i][0], corners[i][1], w, h};
        if (i < outside) /* along the edges of the picture, a block slides inside */
            box = moved_inside(scene, box);
        if (is_free(scene, index, box, i >= outside)) {
            *block = box;
            return true;
        }
    }
    return false;
}

static void place_bars(const struct scene *scene, int index)
{
    static const double sizes[] = {0.85, 0.7};
    struct overlay_place *place = &scene->places[index];

    for (int i = 0; i < 2 && scene->faces[index].bar_count > 0; i++) {
        double size = place->size * sizes[i];
        struct box block = bars_size(scene, &scene->faces[index], size, &place->name_width);
        if (size >= 7 && find_room(scene, index, &block)) {
            place->bars = block;
            place->bar_size = size;
            return;
        }
    }
}

static void extend(struct box *extent, struct box box, double margin)
{
    double right = fmax(extent->x + extent->width, box.x + box.width + margin);
    double bottom = fmax(extent->y + extent->height, box.y + box.height + margin);

    if (box.width <= 0)
        return;
    extent->x = fmin(extent->x, box.x - margin);
    extent->y = fmin(extent->y, box.y - margin);
    extent->width = right - extent->x;
    extent->height = bottom - extent->y;
}

static void measure_extent(const struct scene *scene, const struct overlay_face *face,
                           struct overlay_place *place)
{
    double margin = 2 * place->line + 2;

    place->extent = place->face;
    extend(&place->extent, place->face, margin);
    extend(&place->extent, place->title, margin);
    extend(&place->extent, place->bars, margin);
    for (int i = 0; i < face->landmark_count; i++) {
        double x = face->landmarks[i][0], y = face->landmarks[i][1];
        if (x >= 0 && y >= 0 && x < scene->width && y < scene->height)
            extend(&place->extent, (struct box){x, y, 1, 1}, margin);
    }
}

void overlay_plan(struct canvas *canvas, double width, double height,
                  const struct overlay_face *faces, int count, struct overlay_place *ret_places)
{
    const struct scene scene = {canvas, width, height, faces, ret_places, count};

    for (int i = 0; i < count; i++) {
        double size = letter_size(&scene, &faces[i]);
        ret_places[i] = (struct overlay_place){
            .face = visible_box(&scene, &faces[i]),
            .size = size,
            .line = fmax(2, round(size / 7)),
        };
    }
    for (int i = 0; i < count; i++)
        if (faces[i].title && *faces[i].title)
            place_title(&scene, i);
    for (int i = 0; i < count; i++) {
        place_bars(&scene, i);
        measure_extent(&scene, &faces[i], &ret_places[i]);
    }
}

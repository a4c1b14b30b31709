/* section_map.c - maps of the pictures: near each other where their pixels are alike, or where a
 * model finds them alike.
 * SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "evaluation/embedding.h"
#include "explore/exploration.h"
#include "explore/picture_map.h"

enum { MOST_PICTURES = 3000 }; /* more only cover each other */

/* The group of each row: its place among the shown labels, or behind them. */
static mien_status group(struct exploration *exploration, const uint32_t *rows, size_t count,
                         struct chart_scatter *scatter, mien_error *err)
{
    size_t labels = (size_t)exploration->dataset->label_count, shown = exploration->shown_count;
    uint8_t *group_of = arena_new(&exploration->page.arena, labels, 1);
    uint8_t *groups = arena_new(&exploration->page.arena, count, 1);
    const char **names = arena_new(&exploration->page.arena, shown + 1, sizeof *names);

    if (!group_of || !groups || !names)
        return page_no_memory(err);
    for (size_t label = 0; label < labels; label++)
        group_of[label] = (uint8_t)shown;
    for (size_t i = 0; i < shown; i++) {
        group_of[exploration->shown[i]] = (uint8_t)i;
        names[i] = exploration->shown_names[i];
    }
    names[shown] = "others";
    for (size_t i = 0; i < count; i++)
        groups[i] = group_of[exploration->dataset->labels[rows[i]]];
    scatter->groups = groups;
    scatter->group_names = names;
    scatter->group_count = shown + (exploration->used_labels > shown);
    return MIEN_OK;
}

/* One map: what it shows, and the vectors (count, dims) of `rows` that it is made of. */
struct map {
    const char *name; /* of the figure and in the summary */
    const char *title, *caption;
    const uint32_t *rows;
    size_t count, dims;
    const float *vectors;
};

static mien_status add_map(struct exploration *exploration, const struct map *map, mien_error *err)
{
    struct arena *arena = &exploration->page.arena;
    double *x = arena_new(arena, map->count, sizeof *x),
           *y = arena_new(arena, map->count, sizeof *y);
    struct chart *chart = page_chart(&exploration->page, CHART_SCATTER, map->title);
    char first[NUMBER_TEXT], second[NUMBER_TEXT];
    double shares[2];
    mien_status status;

    if (!x || !y || !chart)
        return page_no_memory(err);
    status = picture_map(map->vectors, map->count, map->dims, exploration->options.pool, x, y,
                         shares, err);
    if (status)
        return status;
    chart->x_label = arena_text(arena, "first component (%s of the variance)",
                                number_text(shares[0], 1, true, first));
    chart->y_label =
        arena_text(arena, "second component (%s)", number_text(shares[1], 1, true, second));
    chart->scatter = (struct chart_scatter){.x = x, .y = y, .count = map->count};
    report_figure(&exploration->page.report, map->name, chart, map->caption);
    json_object_set_new(exploration->page.summary, map->name,
                        json_pack("{s:I, s:I, s:[f, f]}", "pictures", (json_int_t)map->count,
                                  "dimensions", (json_int_t)map->dims, "explained_variance",
                                  shares[0], shares[1]));
    return group(exploration, map->rows, map->count, &chart->scatter, err);
}

static mien_status map_pixels(struct exploration *exploration, const uint32_t *rows, size_t count,
                              mien_error *err)
{
    const struct dataset *dataset = exploration->dataset;
    size_t dims = (size_t)dataset->width * (size_t)dataset->height;
    float *levels = malloc(count * dims * sizeof *levels);
    struct map map = {
        "map",
        "Map of the pictures",
        arena_text(&exploration->page.arena,
                   "%s pictures drawn at random in the plane of their two first principal "
                   "components, each label's name at its middle. Where the labels lie over each "
                   "other, the plain pixels tell light and pose, and little of the label.",
                   page_count(&exploration->page, count)),
        rows,
        count,
        dims,
        levels};
    mien_status status;

    if (!levels)
        return page_no_memory(err);
    for (size_t i = 0; i < count; i++)
        for (size_t p = 0; p < dims; p++)
            levels[i * dims + p] = dataset_picture(dataset, rows[i])[p];
    status = add_map(exploration, &map, err);
    free(levels);
    return status;
}

static mien_status map_embedding(struct exploration *exploration, const uint32_t *rows,
                                 size_t count, mien_error *err)
{
    const struct model *model = exploration->options.model;
    const char *name = model_file_about(model->file, "name");
    float *values;
    size_t dims;
    struct map map = {"embedding", "Map of the model's embedding", NULL, rows, count, 0, NULL};
    mien_status status = embedding_new(model, exploration->options.pool, exploration->dataset, rows,
                                       count, &values, &dims, err);

    if (status)
        return status;
    map.caption = arena_text(
        &exploration->page.arena,
        "The same pictures as the model%s%s sees them: the two first principal components of the "
        "%zu numbers that its last layer reads. What it tells apart lies apart; where two labels "
        "lie over each other, it confuses them, or needs more than this plane.",
        name ? " " : "", name ? name : "", dims);
    map.dims = dims;
    map.vectors = values;
    status = add_map(exploration, &map, err);
    free(values);
    return status;
}

mien_status section_map(struct exploration *exploration, mien_error *err)
{
    uint32_t *scratch = malloc(exploration->dataset->count * sizeof *scratch);
    uint32_t *rows = arena_new(&exploration->page.arena, MOST_PICTURES, sizeof *rows);
    mien_status status = MIEN_OK;
    size_t count;

    if (!scratch || !rows) {
        free(scratch);
        return page_no_memory(err);
    }
    count = exploration_draw(exploration, EXPLORATION_MAP, -1, scratch, rows, MOST_PICTURES);
    free(scratch);
    if (count < 3) /* so few always lie on a line */
        return MIEN_OK;
    report_section(&exploration->page.report, "map", "Map");
    status = map_pixels(exploration, rows, count, err);
    if (!status && exploration->options.model)
        status = map_embedding(exploration, rows, count, err);
    return status;
}

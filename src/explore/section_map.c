/* section_map.c - a map of the pictures: near each other where their pixels are alike.
 * SPDX-License-Identifier: MIT */
#include <stdlib.h>

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

static mien_status add_map(struct exploration *exploration, const uint32_t *rows, size_t count,
                           mien_error *err)
{
    struct arena *arena = &exploration->page.arena;
    double *x = arena_new(arena, count, sizeof *x), *y = arena_new(arena, count, sizeof *y);
    struct chart *chart = page_chart(&exploration->page, CHART_SCATTER, "Map of the pictures");
    char first[NUMBER_TEXT], second[NUMBER_TEXT];
    double shares[2];
    mien_status status;

    if (!x || !y || !chart)
        return page_no_memory(err);
    status = picture_map(exploration->dataset, rows, count, exploration->options.pool, x, y, shares,
                         err);
    if (status)
        return status;
    chart->x_label = arena_text(arena, "first component (%s of the variance)",
                                number_text(shares[0], 1, true, first));
    chart->y_label =
        arena_text(arena, "second component (%s)", number_text(shares[1], 1, true, second));
    chart->scatter = (struct chart_scatter){.x = x, .y = y, .count = count};
    report_section(&exploration->page.report, "map", "Map");
    report_figure(
        &exploration->page.report, "map", chart,
        arena_text(arena,
                   "%s pictures drawn at random in the plane of their two first principal "
                   "components, each label's name at its middle. Where the labels lie over each "
                   "other, the plain pixels tell light and pose, and little of the label.",
                   page_count(&exploration->page, count)));
    json_object_set_new(exploration->page.summary, "map",
                        json_pack("{s:I, s:[f, f]}", "pictures", (json_int_t)count,
                                  "explained_variance", shares[0], shares[1]));
    return group(exploration, rows, count, &chart->scatter, err);
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
    if (count >= 3) /* fewer always lie on a line */
        status = add_map(exploration, rows, count, err);
    free(scratch);
    return status;
}

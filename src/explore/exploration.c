/* exploration.c - counts, random choices and pictures for the sections.
 * SPDX-License-Identifier: MIT */
#include "explore/exploration.h"

#include <stdlib.h>

#include "base/random.h"

/* A label and how often it occurs. */
struct frequency {
    uint16_t label;
    size_t rows;
};

static int by_rows_then_label(const void *left, const void *right)
{
    const struct frequency *a = left, *b = right;

    if (a->rows != b->rows)
        return a->rows > b->rows ? -1 : 1;
    return a->label - b->label;
}

static int by_label(const void *left, const void *right)
{
    return *(const uint16_t *)left - *(const uint16_t *)right;
}

static mien_status choose_shown(struct exploration *exploration, mien_error *err)
{
    size_t labels = (size_t)exploration->dataset->label_count;
    const size_t *counts = exploration_counts(exploration, EXPLORATION_ALL);
    struct frequency *order = arena_new(&exploration->page.arena, labels, sizeof *order);
    size_t shown;

    for (size_t label = 0; label < labels; label++)
        exploration->used_labels += counts[label] > 0;
    shown = exploration->used_labels < EXPLORATION_LABELS ? exploration->used_labels
                                                          : EXPLORATION_LABELS;
    exploration->shown = arena_new(&exploration->page.arena, shown, sizeof *exploration->shown);
    exploration->shown_names =
        arena_new(&exploration->page.arena, shown, sizeof *exploration->shown_names);
    if (!order || !exploration->shown || !exploration->shown_names)
        return page_no_memory(err);
    for (size_t label = 0; label < labels; label++)
        order[label] = (struct frequency){(uint16_t)label, counts[label]};
    qsort(order, labels, sizeof *order, by_rows_then_label);
    for (size_t i = 0; i < shown; i++)
        exploration->shown[i] = order[i].label;
    qsort(exploration->shown, shown, sizeof *exploration->shown, by_label);
    for (size_t i = 0; i < shown; i++)
        exploration->shown_names[i] = exploration->dataset->label_names[exploration->shown[i]];
    exploration->shown_count = shown;
    return MIEN_OK;
}

mien_status exploration_count(struct exploration *exploration, mien_error *err)
{
    const struct dataset *dataset = exploration->dataset;
    size_t labels = (size_t)dataset->label_count;

    exploration->counts =
        arena_new(&exploration->page.arena, labels, (DATASET_PARTS + 1) * sizeof(size_t));
    if (!exploration->counts)
        return page_no_memory(err);
    for (size_t row = 0; row < dataset->count; row++) {
        int part = exploration->parts[row];
        exploration->counts[EXPLORATION_ALL * labels + dataset->labels[row]]++;
        if (part != AUDIT_NO_PART) {
            exploration->part_rows[part]++;
            exploration->counts[(size_t)part * labels + dataset->labels[row]]++;
        }
    }
    return choose_shown(exploration, err);
}

size_t exploration_draw(const struct exploration *exploration, enum exploration_purpose purpose,
                        int label, uint32_t *all_rows, uint32_t *ret_rows, size_t most)
{
    const struct dataset *dataset = exploration->dataset;
    uint64_t key =
        random_key(random_key(exploration->options.seed, purpose), (uint64_t)(label + 1));
    size_t count = 0;

    for (size_t row = 0; row < dataset->count; row++)
        if (label < 0 || dataset->labels[row] == label)
            all_rows[count++] = (uint32_t)row;
    random_shuffle(key, all_rows, count);
    count = count < most ? count : most;
    for (size_t i = 0; i < count; i++)
        ret_rows[i] = all_rows[i];
    return count;
}

const char *exploration_label(const struct exploration *exploration, uint32_t row)
{
    return exploration->dataset->label_names[exploration->dataset->labels[row]];
}

const char *exploration_part(const struct exploration *exploration, uint32_t row)
{
    int part = exploration->parts[row];

    return part == AUDIT_NO_PART ? "" : dataset_part_name((enum dataset_part)part);
}

struct chart_picture exploration_picture(struct exploration *exploration, uint32_t row)
{
    const struct dataset *dataset = exploration->dataset;
    const struct picture_measures *measures = &exploration->audit->measures[row];
    const char *part = exploration_part(exploration, row);

    return (struct chart_picture){
        .pixels = dataset_picture(dataset, row),
        .width = dataset->width,
        .height = dataset->height,
        .stride = (size_t)dataset->width,
        .title = exploration_label(exploration, row),
        .hover = arena_text(&exploration->page.arena,
                            "row %u: %s%s%s%s%s; brightness %.0f, contrast %.0f", (unsigned)row,
                            exploration_label(exploration, row), *part ? ", " : "", part,
                            dataset->files ? ", " : "", dataset->files ? dataset->files[row] : "",
                            (double)measures->mean, (double)measures->deviation),
    };
}

/* table_head.c - a data set as the first lines of a table.
 * SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>

#include "chart/number_text.h"
#include "explore/explore.h"

enum { FIRST_ROWS = 5, FIRST_PIXELS = 6, LAST_PIXELS = 3 };

static void add_number(struct text *text, size_t number)
{
    char grouped[NUMBER_TEXT];

    text_add(text, "%s", number_text((double)number, 0, false, grouped));
}

static void add_parts(const struct dataset *dataset, const uint8_t *parts, struct text *text)
{
    size_t rows[DATASET_PARTS] = {0};
    bool any = false;

    for (size_t row = 0; row < dataset->count; row++)
        if (parts[row] != AUDIT_NO_PART)
            rows[parts[row]]++;
    text_add(text, "parts     ");
    for (int part = 0; part < DATASET_PARTS; part++)
        if (rows[part]) {
            text_add(text, "%s%s ", any ? ", " : "", dataset_part_name((enum dataset_part)part));
            add_number(text, rows[part]);
            any = true;
        }
    text_add(text, "%s\n", any ? "" : "none");
}

static void add_missing(const struct dataset *dataset, struct text *text)
{
    size_t *counts = calloc((size_t)dataset->label_count, sizeof *counts), unused = 0;

    if (!counts) {
        text->failed = true;
        return;
    }
    dataset_count_labels(dataset, NULL, 0, counts);
    for (int label = 0; label < dataset->label_count; label++)
        unused += counts[label] == 0;
    free(counts);
    text_add(text, "missing   %s", dataset->skipped ? "" : "no pixel, no label");
    if (dataset->skipped) {
        add_number(text, dataset->skipped);
        text_add(text, " damaged rows left out");
    }
    if (unused)
        text_add(text, "; %zu of %d labels have no picture", unused, dataset->label_count);
    text_add(text, "\n");
}

static int name_width(const struct dataset *dataset)
{
    int width = 5, most = 16; /* "label" */

    for (size_t row = 0; row < dataset->count && row < FIRST_ROWS; row++) {
        int length = snprintf(NULL, 0, "%s", dataset->label_names[dataset->labels[row]]);
        width = length > width ? length : width;
    }
    return width < most ? width : most;
}

static void add_row(const struct dataset *dataset, const uint8_t *parts, size_t row, int width,
                    struct text *text)
{
    const uint8_t *pixels = dataset_picture(dataset, row);
    size_t count = (size_t)dataset->width * (size_t)dataset->height;

    text_add(text, "%7zu  %-10s  %3d %-*.*s  ", row,
             parts[row] == AUDIT_NO_PART ? "" : dataset_part_name((enum dataset_part)parts[row]),
             dataset->labels[row], width, width, dataset->label_names[dataset->labels[row]]);
    for (size_t i = 0; i < FIRST_PIXELS; i++)
        text_add(text, "%3d ", pixels[i]);
    text_add(text, "...");
    for (size_t i = count - LAST_PIXELS; i < count; i++)
        text_add(text, " %3d", pixels[i]);
    if (dataset->files)
        text_add(text, "  %s", dataset->files[row]);
    text_add(text, "\n");
}

void explore_head(const struct dataset *dataset, const uint8_t *parts, const char *source,
                  struct text *text)
{
    int width = name_width(dataset);
    size_t pixels = (size_t)dataset->width * (size_t)dataset->height;

    text_add(text, "data set  %s\nrows      ", source);
    add_number(text, dataset->count);
    text_add(text, "\nshape     (%zu, %d, %d) uint8, %.1f MB\n", dataset->count, dataset->height,
             dataset->width, (double)dataset->count * (double)pixels / 1e6);
    text_add(text, "labels    %d:", dataset->label_count);
    for (int label = 0; label < dataset->label_count && label < 10; label++)
        text_add(text, " %s", dataset->label_names[label]);
    text_add(text, "%s\n", dataset->label_count > 10 ? " ..." : "");
    add_parts(dataset, parts, text);
    add_missing(dataset, text);
    text_add(text, "\n    row  part        %-*s  pixels\n", width + 4, "label");
    for (size_t row = 0; row < dataset->count && row < FIRST_ROWS; row++)
        add_row(dataset, parts, row, width, text);
    if (dataset->count > FIRST_ROWS)
        text_add(text, "    ...\n");
}

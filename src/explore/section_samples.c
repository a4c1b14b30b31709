/* section_samples.c - pictures drawn at random: some of all, some in colours, some of each label.
 * SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "explore/exploration.h"

enum { SAMPLES = 15, SAMPLE_COLUMNS = 5, IN_COLOURS = 10, OF_EACH = 8 };

static mien_status add_random(struct exploration *exploration, const uint32_t *rows, size_t count,
                              mien_error *err)
{
    struct chart_picture *pictures =
        arena_new(&exploration->page.arena, SAMPLES + IN_COLOURS, sizeof *pictures);
    struct chart *samples = page_chart(&exploration->page, CHART_PICTURES, "Sample pictures");
    struct chart *colours =
        page_chart(&exploration->page, CHART_PICTURES, "Sample pictures in colours");
    size_t grey = count < SAMPLES ? count : SAMPLES;

    if (!pictures || !samples || !colours)
        return page_no_memory(err);
    for (size_t i = 0; i < count; i++)
        pictures[i] = exploration_picture(exploration, rows[i]);
    samples->pictures = (struct chart_pictures){
        .pictures = pictures, .count = grey, .columns = SAMPLE_COLUMNS, .side = 84};
    report_figure(
        &exploration->page.report, "samples", samples,
        arena_text(&exploration->page.arena,
                   "%zu pictures drawn at random (seed %llu) with their labels. Would you "
                   "have given the same ones?",
                   grey, (unsigned long long)exploration->options.seed));
    if (count == grey) /* a small data set has shown them all */
        return MIEN_OK;
    colours->pictures = (struct chart_pictures){.pictures = pictures + grey,
                                                .count = count - grey,
                                                .columns = SAMPLE_COLUMNS,
                                                .colour_map = COLOUR_MAP_VIRIDIS,
                                                .colour_bar = true};
    report_figure(&exploration->page.report, "colours", colours,
                  "The same kind of sample in a colour map: differences of brightness that the eye "
                  "passes over in grey, such as compression blocks and flat shadows.");
    return MIEN_OK;
}

/* A row of pictures for each label; labels with fewer than the others end in empty places. */
static mien_status add_each(struct exploration *exploration, uint32_t *scratch, mien_error *err)
{
    const size_t *counts = exploration_counts(exploration, EXPLORATION_ALL);
    size_t labels = exploration->shown_count, columns = 1;
    struct chart_picture *pictures =
        arena_new(&exploration->page.arena, labels * OF_EACH, sizeof *pictures);
    struct chart *chart = page_chart(&exploration->page, CHART_PICTURES, "Pictures of each label");

    if (!pictures || !chart)
        return page_no_memory(err);
    for (size_t l = 0; l < labels; l++)
        columns = counts[exploration->shown[l]] > columns ? counts[exploration->shown[l]] : columns;
    columns = columns < OF_EACH ? columns : OF_EACH;
    for (size_t l = 0; l < labels; l++) {
        uint32_t rows[OF_EACH];
        size_t drawn = exploration_draw(exploration, EXPLORATION_LABEL_SAMPLES,
                                        exploration->shown[l], scratch, rows, columns);
        for (size_t i = 0; i < drawn; i++) {
            pictures[l * columns + i] = exploration_picture(exploration, rows[i]);
            pictures[l * columns + i].title = NULL; /* it is the row's */
        }
    }
    chart->pictures = (struct chart_pictures){.pictures = pictures,
                                              .count = labels * columns,
                                              .columns = (int)columns,
                                              .row_labels = exploration->shown_names,
                                              .side = 62};
    report_figure(&exploration->page.report, "each-label", chart,
                  "Pictures drawn at random, a row a label. Labels whose rows look alike to you "
                  "will be confused by a model, too.");
    return MIEN_OK;
}

mien_status section_samples(struct exploration *exploration, mien_error *err)
{
    uint32_t *scratch = malloc(exploration->dataset->count * sizeof *scratch);
    uint32_t rows[SAMPLES + IN_COLOURS];
    mien_status status;
    size_t count;

    if (!scratch)
        return page_no_memory(err);
    report_section(&exploration->page.report, "samples", "Samples");
    count =
        exploration_draw(exploration, EXPLORATION_SAMPLES, -1, scratch, rows, SAMPLES + IN_COLOURS);
    status = add_random(exploration, rows, count, err);
    if (!status)
        status = add_each(exploration, scratch, err);
    free(scratch);
    return status;
}

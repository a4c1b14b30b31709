/* section_light.c - brightness and contrast by label, and how often each grey level occurs.
 * SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "explore/exploration.h"

enum { LEVELS = 256, LEVELS_A_BIN = 4, BINS = LEVELS / LEVELS_A_BIN };

static int by_value(const void *left, const void *right)
{
    float a = *(const float *)left, b = *(const float *)right;

    return a < b ? -1 : a > b;
}

/* Which of a picture's measures a chart shows. */
static float measure_of(const struct picture_measures *measures, bool contrast)
{
    return contrast ? measures->deviation : measures->mean;
}

/* Fills in the quartiles of a label that has pictures, the median in the middle. `scratch` (N). */
static void quartiles(const struct exploration *exploration, uint16_t label, bool contrast,
                      float *scratch, double ret_quartiles[3])
{
    const struct dataset *dataset = exploration->dataset;
    size_t count = 0;

    for (size_t row = 0; row < dataset->count; row++)
        if (dataset->labels[row] == label)
            scratch[count++] = measure_of(&exploration->audit->measures[row], contrast);
    qsort(scratch, count, sizeof *scratch, by_value);
    for (size_t q = 0; q < 3; q++)
        ret_quartiles[q] = (double)scratch[(count - 1) * (q + 1) / 4];
}

/* A bar chart of one measure by label: the median, with the quartiles as whiskers. */
static mien_status add_measure(struct exploration *exploration, bool contrast, mien_error *err)
{
    size_t count = exploration->shown_count;
    struct arena *arena = &exploration->page.arena;
    struct chart_series *series = arena_new(arena, 1, sizeof *series);
    double *numbers = arena_new(arena, 3 * count, sizeof *numbers); /* medians, lows, highs */
    float *scratch = malloc(exploration->dataset->count * sizeof *scratch);
    struct chart *chart = page_chart(&exploration->page, CHART_BARS,
                                     contrast ? "Contrast by label" : "Brightness by label");

    if (!series || !numbers || !chart || !scratch) {
        free(scratch);
        return page_no_memory(err);
    }
    for (size_t i = 0; i < count; i++) {
        double found[3];
        quartiles(exploration, exploration->shown[i], contrast, scratch, found);
        numbers[i] = found[1];
        numbers[count + i] = found[0];
        numbers[2 * count + i] = found[2];
    }
    free(scratch);
    *series = (struct chart_series){
        .y = numbers, .count = count, .bands = {{numbers + count, numbers + 2 * count}}};
    chart->y_label = contrast ? "deviation of a picture's pixels" : "mean of a picture's pixels";
    chart->bars = (struct chart_bars){.categories = exploration->shown_names,
                                      .category_count = count,
                                      .series = series,
                                      .series_count = 1};
    report_figure(&exploration->page.report, contrast ? "contrast" : "brightness", chart,
                  contrast
                      ? "Median of the deviation of a picture's pixels, with the range of the "
                        "middle half of the pictures."
                      : "Median of a picture's mean pixel (0 black to 255 white), with the range "
                        "of the middle half. A label that is brighter or darker than the others "
                        "can be told from them without looking at the face: a shortcut that a "
                        "model will take.");
    return MIEN_OK;
}

static void count_levels(const struct dataset *dataset, uint64_t counts[LEVELS])
{
    size_t bytes = dataset->count * (size_t)dataset->width * (size_t)dataset->height;
    uint32_t table[4][LEVELS]; /* four, so that runs of one level do not wait for each other */
    enum { RUN = 1 << 24 };

    for (size_t start = 0; start < bytes; start += RUN) {
        size_t end = bytes - start < RUN ? bytes : start + RUN;
        for (int level = 0; level < LEVELS; level++)
            table[0][level] = table[1][level] = table[2][level] = table[3][level] = 0;
        for (size_t i = start; i < end; i++)
            table[i % 4][dataset->pixels[i]]++;
        for (int level = 0; level < LEVELS; level++)
            counts[level] +=
                (uint64_t)table[0][level] + table[1][level] + table[2][level] + table[3][level];
    }
}

static mien_status add_levels(struct exploration *exploration, mien_error *err)
{
    const struct dataset *dataset = exploration->dataset;
    double pixels = (double)dataset->count * (double)dataset->width * (double)dataset->height;
    struct chart_series *series = arena_new(&exploration->page.arena, 1, sizeof *series);
    double *shares = arena_new(&exploration->page.arena, BINS, sizeof *shares);
    struct chart *chart = page_chart(&exploration->page, CHART_HISTOGRAM, "Grey levels");
    uint64_t counts[LEVELS] = {0};
    double sum = 0;

    if (!series || !shares || !chart)
        return page_no_memory(err);
    count_levels(dataset, counts);
    for (int level = 0; level < LEVELS; level++) {
        shares[level / LEVELS_A_BIN] += (double)counts[level] / pixels;
        sum += (double)counts[level] * level;
    }
    *series = (struct chart_series){.y = shares, .count = BINS};
    chart->x_label = "pixel";
    chart->y_label = "share of all pixels";
    chart->histogram = (struct chart_histogram){.series = series,
                                                .series_count = 1,
                                                .bins = BINS,
                                                .bin_width = LEVELS_A_BIN,
                                                .percent = true};
    report_figure(&exploration->page.report, "grey-levels", chart,
                  "How often each grey level occurs in all pictures. Peaks at the ends are pixels "
                  "that are cut off at black or white.");
    json_object_set_new(exploration->page.summary, "pixels",
                        json_pack("{s:f, s:f, s:f}", "mean", sum / pixels, "share_black",
                                  (double)counts[0] / pixels, "share_white",
                                  (double)counts[LEVELS - 1] / pixels));
    return MIEN_OK;
}

mien_status section_light(struct exploration *exploration, mien_error *err)
{
    mien_status status;

    report_section(&exploration->page.report, "light", "Light");
    status = add_measure(exploration, false, err);
    if (!status)
        status = add_measure(exploration, true, err);
    return status ? status : add_levels(exploration, err);
}

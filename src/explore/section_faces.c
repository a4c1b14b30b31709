/* section_faces.c - the mean picture of each label, and where its pictures differ.
 * H x W pixels.
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdlib.h>

#include "base/thread_pool.h"
#include "explore/exploration.h"

/* Mean and deviation of the pictures of the shown labels. */
struct faces {
    const struct exploration *exploration;
    size_t pixels;     /* H W */
    uint8_t *means;    /* (shown, H, W) */
    float *deviations; /* (shown, H, W), 0 to 127.5 */
    uint8_t *scaled;   /* (shown, H, W), deviations over the largest of all */
    bool *failed;      /* (shown), no memory */
};

/* One task a label: sums over its pictures. */
static void add_up(void *context, int index, int worker)
{
    struct faces *faces = context;
    const struct dataset *dataset = faces->exploration->dataset;
    uint16_t label = faces->exploration->shown[index];
    size_t pixels = faces->pixels, start = (size_t)index * pixels, rows = 0;
    uint64_t *sums = calloc(2 * pixels, sizeof *sums), *squares;

    (void)worker;
    faces->failed[index] = !sums;
    if (!sums)
        return;
    squares = sums + pixels;
    for (size_t row = 0; row < dataset->count; row++) {
        const uint8_t *picture = dataset_picture(dataset, row);
        if (dataset->labels[row] != label)
            continue;
        rows++;
        for (size_t i = 0; i < pixels; i++) {
            sums[i] += picture[i];
            squares[i] += (uint32_t)picture[i] * picture[i];
        }
    }
    for (size_t i = 0; i < pixels; i++) {
        double mean = (double)sums[i] / (double)rows;
        double variance = (double)squares[i] / (double)rows - mean * mean;
        faces->means[start + i] = (uint8_t)lround(mean);
        faces->deviations[start + i] = (float)sqrt(fmax(variance, 0));
    }
    free(sums);
}

/* Returns what the byte 255 stands for. */
static double scale(struct faces *faces)
{
    size_t count = faces->exploration->shown_count * faces->pixels;
    float largest = 1;

    for (size_t i = 0; i < count; i++)
        largest = fmaxf(largest, faces->deviations[i]);
    for (size_t i = 0; i < count; i++)
        faces->scaled[i] = (uint8_t)lroundf(255 * faces->deviations[i] / largest);
    return (double)largest;
}

/* A grid of one picture a label out of `pixels` (shown, H, W), or NULL. */
static struct chart *grid_of(struct exploration *exploration, const char *title,
                             const uint8_t *pixels)
{
    const struct dataset *dataset = exploration->dataset;
    const size_t *counts = exploration_counts(exploration, EXPLORATION_ALL);
    size_t count = exploration->shown_count;
    struct chart *chart = page_chart(&exploration->page, CHART_PICTURES, title);
    struct chart_picture *pictures = arena_new(&exploration->page.arena, count, sizeof *pictures);

    if (!chart || !pictures)
        return NULL;
    for (size_t i = 0; i < count; i++)
        pictures[i] = (struct chart_picture){
            .pixels = pixels + i * (size_t)dataset->width * (size_t)dataset->height,
            .width = dataset->width,
            .height = dataset->height,
            .stride = (size_t)dataset->width,
            .title = exploration->shown_names[i],
            .hover =
                arena_text(&exploration->page.arena, "%s: %s pictures", exploration->shown_names[i],
                           page_count(&exploration->page, counts[exploration->shown[i]]))};
    chart->pictures = (struct chart_pictures){.pictures = pictures, .count = count, .columns = 4};
    return chart;
}

static mien_status add_figures(struct exploration *exploration, struct faces *faces,
                               mien_error *err)
{
    double largest = scale(faces);
    struct chart *means = grid_of(exploration, "Mean picture of each label", faces->means);
    struct chart *deviations =
        grid_of(exploration, "Deviation of each label's pictures", faces->scaled);

    if (!means || !deviations)
        return page_no_memory(err);
    means->pictures.side = 110;
    deviations->pictures.side = 90;
    deviations->pictures.colour_map = COLOUR_MAP_MAGMA;
    deviations->pictures.colour_bar = true;
    deviations->pictures.high = largest;
    report_figure(&exploration->page.report, "mean-faces", means,
                  "The average of all pictures of a label. What can be seen in it is what its "
                  "pictures have in common; faces that are not aligned blur.");
    report_figure(&exploration->page.report, "deviations", deviations,
                  "The standard deviation of each pixel, in grey levels: bright where the pictures "
                  "of a label differ.");
    return MIEN_OK;
}

mien_status section_faces(struct exploration *exploration, mien_error *err)
{
    const struct dataset *dataset = exploration->dataset;
    size_t pixels = (size_t)dataset->width * (size_t)dataset->height;
    size_t count = exploration->shown_count * pixels;
    struct arena *arena = &exploration->page.arena;
    struct faces faces = {.exploration = exploration,
                          .pixels = pixels,
                          .means = arena_new(arena, count, 1),
                          .deviations = arena_new(arena, count, sizeof(float)),
                          .scaled = arena_new(arena, count, 1),
                          .failed = arena_new(arena, exploration->shown_count, sizeof(bool))};

    if (!faces.means || !faces.deviations || !faces.scaled || !faces.failed)
        return page_no_memory(err);
    thread_pool_run(exploration->options.pool, (int)exploration->shown_count, add_up, &faces);
    for (size_t i = 0; i < exploration->shown_count; i++)
        if (faces.failed[i])
            return page_no_memory(err);
    report_section(&exploration->page.report, "faces", "The average face");
    return add_figures(exploration, &faces, err);
}

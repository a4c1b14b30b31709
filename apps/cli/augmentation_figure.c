/* augmentation_figure.c - a row a label: the picture as it is, then as training sees it.
 * SPDX-License-Identifier: MIT */
#include "augmentation_figure.h"

#include <stdlib.h>

#include "base/random.h"
#include "chart/chart.h"

enum { COLUMNS = 8, ROWS_MAX = 16 };

/* The first row of each label; returns how many there are. */
static size_t first_of_each(const struct dataset *dataset, const uint32_t *rows, size_t count,
                            uint32_t ret_rows[ROWS_MAX], const char *ret_labels[ROWS_MAX])
{
    size_t found = 0;

    for (int label = 0; label < dataset->label_count && found < ROWS_MAX; label++)
        for (size_t i = 0; i < count; i++)
            if (dataset->labels[rows[i]] == label) {
                ret_labels[found] = dataset->label_names[label];
                ret_rows[found++] = rows[i];
                break;
            }
    return found;
}

static void draw_picture(const struct augmentation *augmentation, const struct dataset *dataset,
                         uint32_t row, uint64_t key, float *levels, uint8_t *ret_pixels)
{
    augmentation_apply(augmentation, dataset_picture(dataset, row), dataset->height, dataset->width,
                       key, levels);
    for (int i = 0; i < dataset->height * dataset->width; i++)
        ret_pixels[i] = (uint8_t)(levels[i] < 0 ? 0 : levels[i] > 255 ? 255 : levels[i] + 0.5f);
}

mien_status augmentation_figure_write(const struct augmentation *augmentation,
                                      const struct dataset *dataset, const uint32_t *rows,
                                      size_t count, uint64_t seed, const char *path,
                                      mien_error *err)
{
    size_t bytes = (size_t)dataset->height * (size_t)dataset->width;
    const char *labels[ROWS_MAX];
    uint32_t chosen[ROWS_MAX];
    size_t used = first_of_each(dataset, rows, count, chosen, labels), total = used * COLUMNS;
    struct chart_picture pictures[ROWS_MAX * COLUMNS];
    struct chart chart = {
        .type = CHART_PICTURES,
        .title = "Pictures as they are, and as training sees them",
        .pictures = {
            .pictures = pictures, .count = total, .columns = COLUMNS, .row_labels = labels}};
    uint8_t *pixels = malloc(total * bytes + 1);
    float *levels = malloc(bytes * sizeof *levels);
    mien_status status = MIEN_OK;

    if (!pixels || !levels)
        status = error_memory(err, total * bytes);
    for (size_t i = 0; i < total && !status; i++) {
        draw_picture(i % COLUMNS ? augmentation : NULL, dataset, chosen[i / COLUMNS],
                     random_key(seed, i), levels, pixels + i * bytes);
        pictures[i] =
            (struct chart_picture){pixels + i * bytes,     dataset->width, dataset->height,
                                   (size_t)dataset->width, NULL,           NULL};
    }
    if (!status)
        status = chart_write(&chart, CHART_LIGHT, path, err);
    free(levels);
    free(pixels);
    return status;
}

/* pca_report.c - the charts and the page of principal components.
 * SPDX-License-Identifier: MIT */
#include "pca_report.h"

#include <math.h>
#include <string.h>

#include "chart/number_text.h"
#include "chart/report.h"
#include "page/arena.h"

enum { EIGENFACES = 24, FACES = 7, POINTS = 3000 };

/* How many components restore a face in each column; what there is of them. */
static const size_t restored_by[] = {10, 50, 100, 250};

/* A page in the making; all that its charts point to lives in the arena. */
struct page {
    const struct pca_figures *figures;
    struct report report;
    struct arena arena;
};

static mien_status no_memory(mien_error *err)
{
    return error_set(err, MIEN_ENOMEM, "out of memory for the page's figures");
}

static const char *percent(struct page *page, double share)
{
    char text[NUMBER_TEXT];

    return arena_text(&page->arena, "%s", number_text(share, 1, true, text));
}

/* A chart that lives as long as the page. */
static struct chart *chart_new(struct page *page, enum chart_type type, const char *title)
{
    struct chart *chart = arena_new(&page->arena, 1, sizeof *chart);

    if (chart) {
        chart->type = type;
        chart->title = title;
    }
    return chart;
}

static void fill_shares(const struct pca *pca, double *ret_shares, double *ret_sums)
{
    double sum = 0;

    for (size_t k = 0; k < pca->components; k++) {
        ret_shares[k] = pca->variances[k] / pca->total_variance;
        ret_sums[k] = sum += ret_shares[k];
    }
}

static mien_status add_variance(struct page *page, mien_error *err)
{
    const struct pca *pca = page->figures->pca;
    struct chart *chart = chart_new(page, CHART_LINES, "Explained variance");
    struct chart_series *series = arena_new(&page->arena, 2, sizeof *series);
    struct chart_reference *references = arena_new(&page->arena, 2, sizeof *references);
    double *shares = arena_new(&page->arena, pca->components, sizeof *shares);
    double *sums = arena_new(&page->arena, pca->components, sizeof *sums);

    if (!chart || !series || !references || !shares || !sums)
        return no_memory(err);
    fill_shares(pca, shares, sums);
    series[0] = (struct chart_series){.name = "running sum", .y = sums, .count = pca->components};
    series[1] = (struct chart_series){.name = "component", .y = shares, .count = pca->components};
    references[0] = (struct chart_reference){.label = "95%", .value = 0.95};
    references[1] =
        (struct chart_reference){.label = arena_text(&page->arena, "%zu: %s", pca->components,
                                                     percent(page, sums[pca->components - 1])),
                                 .value = (double)pca->components,
                                 .vertical = true};
    chart->x_label = "component";
    chart->y_label = "share of the variance";
    chart->lines = (struct chart_lines){.series = series,
                                        .series_count = 2,
                                        .references = references,
                                        .reference_count = 2,
                                        .x_start = 1,
                                        .percent = true};
    report_section(&page->report, "variance", "Variance");
    report_figure(&page->report, "variance", chart,
                  arena_text(&page->arena, "The first %zu components hold %s of the variance.",
                             pca->components, percent(page, sums[pca->components - 1])));
    return MIEN_OK;
}

/* The axis as a picture: 0 is middle grey, the farthest element black or white. */
static void draw_axis(const float *axis, size_t dims, uint8_t *ret_pixels)
{
    float largest = 0;

    for (size_t d = 0; d < dims; d++)
        largest = fmaxf(largest, fabsf(axis[d]));
    for (size_t d = 0; d < dims; d++)
        ret_pixels[d] = (uint8_t)lrintf(127.5f + 127.5f * axis[d] / largest);
}

static struct chart_picture picture_of(const struct dataset *dataset, const uint8_t *pixels,
                                       const char *title)
{
    return (struct chart_picture){.pixels = pixels,
                                  .width = dataset->width,
                                  .height = dataset->height,
                                  .stride = (size_t)dataset->width,
                                  .title = title};
}

static mien_status add_eigenfaces(struct page *page, mien_error *err)
{
    const struct pca *pca = page->figures->pca;
    const size_t count = pca->components < EIGENFACES ? pca->components : EIGENFACES;
    struct chart *chart = chart_new(page, CHART_PICTURES, "Eigenfaces");
    struct chart_picture *pictures = arena_new(&page->arena, count, sizeof *pictures);
    uint8_t *pixels = arena_new(&page->arena, count, pca->dims);

    if (!chart || !pictures || !pixels)
        return no_memory(err);
    for (size_t k = 0; k < count; k++) {
        uint8_t *face = pixels + k * pca->dims;

        draw_axis(pca->axes + k * pca->dims, pca->dims, face);
        pictures[k] =
            picture_of(page->figures->dataset, face,
                       arena_text(&page->arena, "%zu: %s", k + 1,
                                  percent(page, pca->variances[k] / pca->total_variance)));
    }
    chart->pictures = (struct chart_pictures){.pictures = pictures, .count = count, .columns = 8};
    report_section(&page->report, "eigenfaces", "Eigenfaces");
    report_figure(&page->report, "eigenfaces", chart,
                  "The first components as pictures, each with its share of the variance; middle "
                  "grey is 0.");
    return MIEN_OK;
}

/* The first measured picture of each label, up to FACES; returns how many. */
static size_t choose_faces(const struct pca_figures *figures, uint32_t ret_rows[FACES])
{
    size_t count = 0;

    for (int label = 0; label < figures->dataset->label_count && count < FACES; label++) {
        for (size_t i = 0; i < figures->measured.count; i++) {
            if (figures->dataset->labels[figures->measured.rows[i]] == label) {
                ret_rows[count++] = figures->measured.rows[i];
                break;
            }
        }
    }
    return count;
}

static void to_pixels(const float *levels, size_t dims, uint8_t *ret_pixels)
{
    for (size_t d = 0; d < dims; d++)
        ret_pixels[d] = (uint8_t)lrintf(fminf(fmaxf(levels[d], 0), 255));
}

/* Columns of the reconstructions: the counts of restored_by that there are, or else all. */
static size_t choose_counts(const struct pca *pca, size_t ret_counts[4])
{
    size_t count = 0;

    while (count < 4 && restored_by[count] <= pca->components) {
        ret_counts[count] = restored_by[count];
        count++;
    }
    if (!count)
        ret_counts[count++] = pca->components;
    return count;
}

/* A face and what the first components of each count make of it: 1 + `columns` pictures. */
static mien_status restore_face(struct page *page, uint32_t row, const size_t *counts,
                                size_t columns, struct chart_picture *ret_pictures, mien_error *err)
{
    const struct pca *pca = page->figures->pca;
    const struct dataset *dataset = page->figures->dataset;
    const struct byte_rows picture = {dataset->pixels, &row, 1, pca->dims};
    float *features = arena_new(&page->arena, pca->components, sizeof *features);
    float *levels = arena_new(&page->arena, pca->dims, sizeof *levels);
    uint8_t *pixels = arena_new(&page->arena, columns, pca->dims);
    mien_status status;

    if (!features || !levels || !pixels)
        return no_memory(err);
    status = pca_transform(pca, &picture, false, NULL, features, err);
    if (status)
        return status;
    ret_pictures[0] = picture_of(dataset, dataset_picture(dataset, row), "original");
    for (size_t c = 0; c < columns; c++) {
        pca_inverse(pca, features, counts[c], false, levels);
        to_pixels(levels, pca->dims, pixels + c * pca->dims);
        ret_pictures[1 + c] =
            picture_of(dataset, pixels + c * pca->dims, arena_text(&page->arena, "%zu", counts[c]));
    }
    return MIEN_OK;
}

static mien_status add_reconstructions(struct page *page, mien_error *err)
{
    const struct dataset *dataset = page->figures->dataset;
    uint32_t rows[FACES];
    size_t counts[4];
    const size_t faces = choose_faces(page->figures, rows);
    const size_t columns = choose_counts(page->figures->pca, counts);
    struct chart *chart = chart_new(page, CHART_PICTURES, "Reconstructions");
    struct chart_picture *pictures =
        arena_new(&page->arena, faces * (1 + columns), sizeof *pictures);
    const char **names = arena_new(&page->arena, faces, sizeof *names);
    mien_status status = MIEN_OK;

    if (!chart || !pictures || !names)
        return no_memory(err);
    for (size_t face = 0; face < faces && !status; face++) {
        names[face] = dataset->label_names[dataset->labels[rows[face]]];
        status =
            restore_face(page, rows[face], counts, columns, pictures + face * (1 + columns), err);
    }
    chart->pictures = (struct chart_pictures){.pictures = pictures,
                                              .count = faces * (1 + columns),
                                              .columns = (int)(1 + columns),
                                              .row_labels = names};
    report_section(&page->report, "reconstructions", "Reconstructions");
    report_figure(&page->report, "reconstructions", chart,
                  arena_text(&page->arena,
                             "Pictures of the %s part, which the components have not seen, from "
                             "their first components.",
                             page->figures->part));
    return status;
}

static mien_status add_plane(struct page *page, mien_error *err)
{
    const struct pca_figures *figures = page->figures;
    struct pca plane = *figures->pca;
    const size_t count = figures->train.count < POINTS ? figures->train.count : POINTS;
    const struct byte_rows pictures = {figures->dataset->pixels, figures->train.rows, count,
                                       plane.dims};
    struct chart *chart = chart_new(page, CHART_SCATTER, "The first two components");
    float *features = arena_new(&page->arena, 2 * count, sizeof *features);
    double *x = arena_new(&page->arena, count, sizeof *x);
    double *y = arena_new(&page->arena, count, sizeof *y);
    uint8_t *groups = arena_new(&page->arena, count, 1);
    mien_status status;

    if (plane.components < 2 || figures->dataset->label_count > UINT8_MAX)
        return MIEN_OK;
    if (!chart || !features || !x || !y || !groups)
        return no_memory(err);
    plane.components = 2;
    status = pca_transform(&plane, &pictures, false, figures->pool, features, err);
    for (size_t i = 0; i < count && !status; i++) {
        x[i] = (double)features[2 * i];
        y[i] = (double)features[2 * i + 1];
        groups[i] = (uint8_t)figures->dataset->labels[figures->train.rows[i]];
    }
    chart->x_label = "component 1";
    chart->y_label = "component 2";
    chart->scatter =
        (struct chart_scatter){.x = x,
                               .y = y,
                               .groups = groups,
                               .count = count,
                               .group_names = (const char *const *)figures->dataset->label_names,
                               .group_count = (size_t)figures->dataset->label_count};
    report_section(&page->report, "plane", "The plane of the first two components");
    report_figure(&page->report, "plane", chart,
                  "The first training pictures of the split. Labels that lay apart here would be "
                  "easy to tell.");
    return status;
}

static void add_neighbours(struct page *page)
{
    static const struct report_column columns[] = {{"neighbours by", false},
                                                   {"accuracy, k = 1", true},
                                                   {"accuracy, k = 19", true},
                                                   {"training, s", true},
                                                   {"time a picture, \xc2\xb5s", true}};

    report_section(&page->report, "neighbours", "Nearest neighbours");
    report_table(
        &page->report,
        arena_text(&page->arena, "Exact nearest neighbours on the %s part.", page->figures->part),
        columns, 5);
    for (int i = 0; i < PCA_NEIGHBOURS; i++) {
        const struct pca_neighbours *neighbours = &page->figures->neighbours[i];
        const struct knn_measure *measure = &neighbours->measure;
        const double count = (double)measure->count;
        const char *const cells[] = {
            neighbours->name,
            measure->k_count > 0 ? percent(page, (double)measure->correct[0] / count) : "",
            measure->k_count > 1 ? percent(page, (double)measure->correct[1] / count) : "",
            arena_text(&page->arena, "%.2f", neighbours->index_seconds),
            arena_text(&page->arena, "%.0f", 1e6 * measure->seconds / count)};

        report_row(&page->report, columns, cells, 5);
    }
    report_table_end(&page->report);
}

mien_status pca_report_write(const struct pca_figures *figures, const char *folder, mien_error *err)
{
    struct page page = {.figures = figures};
    mien_status status;

    report_start(&page.report, arena_text(&page.arena, "Principal components: %s", figures->source),
                 arena_text(&page.arena,
                            "%zu components of %zu pixels, from %zu pictures in "
                            "%.2f s",
                            figures->pca->components, figures->pca->dims, figures->train.count,
                            figures->fit_seconds));
    status = add_variance(&page, err);
    if (!status)
        status = add_eigenfaces(&page, err);
    if (!status)
        status = add_reconstructions(&page, err);
    if (!status)
        status = add_plane(&page, err);
    if (!status) {
        add_neighbours(&page);
        status = page.arena.failed ? no_memory(err)
                                   : report_write(&page.report, folder, figures->pool, err);
    }
    report_free(&page.report);
    arena_free(&page.arena);
    return status;
}

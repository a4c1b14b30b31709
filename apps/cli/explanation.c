/* explanation.c - a grid a picture: each face as it was seen, what mattered, its nearest pictures.
 * E numbers an embedding, of length 1.
 * SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "explanation.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "chart/chart.h"
#include "dataset/dataset.h"
#include "evaluation/embedding.h"
#include "evaluation/provenance.h"
#include "network/model.h"
#include "page/arena.h"

enum { NEIGHBOURS = 5, OWN_COLUMNS = 2, FACES_SHOWN = 100 };

#define LEAST_LIGHT 0.15F /* of what does not matter */

struct explainer {
    struct model *model;
    bool has_data;
    struct dataset dataset;
    uint32_t *rows; /* (count) */
    size_t count, dimensions;
    float *embeddings; /* (count, E) */
};

static void normalize(float *values, size_t count, size_t dimensions)
{
    for (size_t i = 0; i < count; i++) {
        float *row = values + i * dimensions, sum = 0;
        for (size_t d = 0; d < dimensions; d++)
            sum += row[d] * row[d];
        for (size_t d = 0; d < dimensions && sum > 0; d++)
            row[d] /= sqrtf(sum);
    }
}

static mien_status open_data(struct explainer *e, const char *path, struct thread_pool *pool,
                             mien_error *err)
{
    struct dataset_options options;
    mien_status status;

    dataset_options_init(&options);
    options.pool = pool;
    status = dataset_open(path, &options, &e->dataset, err);
    if (status)
        return status;
    e->has_data = true;
    status = provenance_training_rows(e->model, &e->dataset, &e->rows, &e->count, err);
    if (!status)
        status = embedding_new(e->model, pool, &e->dataset, e->rows, e->count, &e->embeddings,
                               &e->dimensions, err);
    if (!status)
        normalize(e->embeddings, e->count, e->dimensions);
    return status;
}

mien_status explainer_new(const char *model, const char *dataset, struct thread_pool *pool,
                          struct explainer **ret_explainer, mien_error *err)
{
    struct explainer *e = calloc(1, sizeof *e);
    mien_status status;

    if (!e)
        return error_memory(err, sizeof *e);
    status = dataset ? model_open(model, &e->model, err) : MIEN_OK;
    if (!status && dataset)
        status = open_data(e, dataset, pool, err);
    if (status)
        explainer_free(e);
    else
        *ret_explainer = e;
    return status;
}

void explainer_free(struct explainer *explainer)
{
    if (!explainer)
        return;
    model_close(explainer->model);
    dataset_close(&explainer->dataset);
    free(explainer->rows);
    free(explainer->embeddings);
    free(explainer);
}

/* The grid of a picture's faces in the making. */
struct grid {
    const struct explainer *explainer;
    const mien_recognizer *recognizer;
    struct arena arena;
    size_t columns;
    int width, height;              /* of a face as the model sees it */
    struct chart_picture *pictures; /* (faces, columns) */
    const char **rows;              /* (faces) */
};

static struct chart_picture seen_picture(const struct grid *grid, const uint8_t *pixels,
                                         const char *title)
{
    return (struct chart_picture){.pixels = pixels,
                                  .width = grid->width,
                                  .height = grid->height,
                                  .stride = (size_t)grid->width,
                                  .title = title};
}

/* The face in the light of its weights: what speaks for the answer is bright. */
static void light_up(const uint8_t *seen, const float *weights, size_t count, uint8_t *lit)
{
    float most = 0;

    for (size_t i = 0; i < count; i++)
        most = fmaxf(most, weights[i]);
    for (size_t i = 0; i < count; i++) {
        float share = most > 0 ? fmaxf(weights[i], 0) / most : 0;
        lit[i] = (uint8_t)(seen[i] * (LEAST_LIGHT + (1 - LEAST_LIGHT) * share));
    }
}

struct neighbour {
    float likeness;
    size_t number;
};

/* The nearest of the training pictures to `embedding` (E), the nearest first. */
static size_t find_nearest(const struct explainer *e, const float *embedding,
                           struct neighbour ret_nearest[NEIGHBOURS])
{
    size_t count = 0;

    for (size_t i = 0; i < e->count; i++) {
        const float *row = e->embeddings + i * e->dimensions;
        struct neighbour n = {0, i};
        size_t at;
        for (size_t d = 0; d < e->dimensions; d++)
            n.likeness += row[d] * embedding[d];
        for (at = count; at > 0 && ret_nearest[at - 1].likeness < n.likeness; at--)
            if (at < NEIGHBOURS)
                ret_nearest[at] = ret_nearest[at - 1];
        if (at < NEIGHBOURS)
            ret_nearest[at] = n;
        count += count < NEIGHBOURS;
    }
    return count;
}

static mien_status add_neighbours(struct grid *grid, uint8_t *seen, struct chart_picture *cells,
                                  mien_error *err)
{
    const struct explainer *e = grid->explainer;
    const struct dataset face = {
        .count = 1, .width = grid->width, .height = grid->height, .pixels = seen};
    struct neighbour nearest[NEIGHBOURS];
    size_t dimensions = 0, count;
    float *embedding = NULL;
    mien_status status =
        embedding_new(e->model, NULL, &face, &(uint32_t){0}, 1, &embedding, &dimensions, err);

    if (status)
        return status;
    normalize(embedding, 1, dimensions);
    count = find_nearest(e, embedding, nearest);
    free(embedding);
    for (size_t i = 0; i < count; i++) {
        uint32_t row = e->rows[nearest[i].number];
        cells[i] = (struct chart_picture){
            .pixels = dataset_picture(&e->dataset, row),
            .width = e->dataset.width,
            .height = e->dataset.height,
            .stride = (size_t)e->dataset.width,
            .title = arena_text(&grid->arena, "%s, row %u\nalike %.2f",
                                e->dataset.label_names[e->dataset.labels[row]], (unsigned)row,
                                (double)nearest[i].likeness),
        };
    }
    return MIEN_OK;
}

static mien_status add_face(struct grid *grid, mien_workspace *workspace,
                            const mien_picture *picture, const mien_face *face, size_t number,
                            mien_error *err)
{
    size_t pixels = (size_t)grid->width * (size_t)grid->height;
    uint8_t *seen = arena_new(&grid->arena, 2, pixels);
    float *weights = arena_new(&grid->arena, pixels, sizeof *weights);
    struct chart_picture *cells = grid->pictures + number * grid->columns;
    const char *name = mien_label(grid->recognizer, face->expression);
    mien_status status;

    if (!seen || !weights)
        return error_memory(err, pixels * sizeof *weights);
    status = mien_explain(grid->recognizer, workspace, picture, face, face->expression, seen,
                          weights, err);
    if (status)
        return status;
    light_up(seen, weights, pixels, seen + pixels);
    grid->rows[number] = arena_text(&grid->arena, "%zu: %s %d%%", number + 1, name,
                                    recognition_percent(face->probabilities[face->expression]));
    cells[0] = seen_picture(grid, seen, "as the model sees it");
    cells[1] = seen_picture(grid, seen + pixels, arena_text(&grid->arena, "speaks for\n%s", name));
    if (grid->explainer->has_data)
        status = add_neighbours(grid, seen, cells + OWN_COLUMNS, err);
    return status;
}

static mien_status draw(struct grid *grid, size_t faces, const char *path, mien_error *err)
{
    const struct chart chart = {
        .type = CHART_PICTURES,
        .title = grid->explainer->has_data
                     ? "What the answers hang on, and the most alike training pictures"
                     : "What the answers hang on",
        .pictures = {.pictures = grid->pictures,
                     .count = faces * grid->columns,
                     .columns = (int)grid->columns,
                     .row_labels = grid->rows,
                     .side = 96},
    };

    return grid->arena.failed ? error_memory(err, 0) : chart_write(&chart, CHART_LIGHT, path, err);
}

mien_status explanation_write(const struct explainer *explainer, const char *path,
                              const mien_recognizer *recognizer, mien_workspace *workspace,
                              const mien_picture *picture, const struct recognition *recognition,
                              mien_error *err)
{
    size_t faces = recognition->count < FACES_SHOWN ? recognition->count : FACES_SHOWN;
    struct grid grid = {.explainer = explainer,
                        .recognizer = recognizer,
                        .columns = OWN_COLUMNS + (explainer->has_data ? NEIGHBOURS : 0)};
    mien_status status = MIEN_OK;

    if (faces == 0)
        return MIEN_OK;
    mien_input_size(recognizer, &grid.width, &grid.height);
    grid.pictures = arena_new(&grid.arena, faces * grid.columns, sizeof *grid.pictures);
    grid.rows = arena_new(&grid.arena, faces, sizeof *grid.rows);
    if (!grid.pictures || !grid.rows)
        status = error_memory(err, faces * sizeof *grid.pictures);
    for (size_t i = 0; i < faces && !status; i++)
        status = add_face(&grid, workspace, picture, &recognition->faces[i], i, err);
    if (!status)
        status = draw(&grid, faces, path, err);
    arena_free(&grid.arena);
    return status;
}

/* near_pairs.c - candidates by perceptual hash, then the correlation of all their pixels.
 * On FER2013 a brute-force run over all pairs of pictures gave the same 956 pairs.
 * SPDX-License-Identifier: MIT */
#include "dataset/near_pairs.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/thread_pool.h"
#include "dataset/perceptual_hash.h"

/* Pictures with less contrast than this (0 to 255) are all alike as far as a hash can tell; the
 * blank ones are found by their measures. */
#define LEAST_DEVIATION 2.0f

/* Items searched for in one task. */
enum { BLOCK = 256 };

/* A picture of mean 0 and length 1, reduced to the sums over its 8 x 8 blocks, each divided by the
 * root of the block's size. That is an orthogonal projection, which makes no distance longer:
 * |a - b|^2 of two such sketches is at most 2 - 2 r of the pictures. It settles most candidates
 * for a fraction of the work. */
enum { SKETCH_SIDE = 8, SKETCH = SKETCH_SIDE * SKETCH_SIDE };

#define MOST_SKETCH_DISTANCE ((float)(2 - 2 * AUDIT_NEAR_CORRELATION) + 1e-4f) /* and rounding */

/* The pairs that a task has found. */
struct found_pairs {
    struct audit_pair *pairs;
    size_t count, capacity;
    bool failed; /* no memory */
};

struct search {
    const struct dataset *dataset;
    const struct audit *audit;
    size_t count;              /* items: the different pictures that have contrast */
    uint32_t *rows;            /* (count), ascending */
    uint64_t *plain;           /* (count) hashes */
    uint64_t *mirrored;        /* (count) */
    float *sketches;           /* (count, SKETCH) */
    struct hash_index index;   /* of the plain ones */
    struct found_pairs *found; /* (tasks) */
};

/* One item that is being compared with its candidates. */
struct query {
    const struct search *search;
    uint32_t row;
    const uint8_t *pixels; /* its own, or mirrored */
    bool mirrored;
    const float *sketch; /* (SKETCH) of `pixels` */
    struct found_pairs *found;
};

static void sketch(const uint8_t *pixels, int width, int height,
                   const struct picture_measures *measures, float *ret_sketch)
{
    double length = measures->deviation * sqrt((double)width * height);

    for (int by = 0; by < SKETCH_SIDE; by++)
        for (int bx = 0; bx < SKETCH_SIDE; bx++) {
            int top = by * height / SKETCH_SIDE, bottom = (by + 1) * height / SKETCH_SIDE;
            int left = bx * width / SKETCH_SIDE, right = (bx + 1) * width / SKETCH_SIDE;
            double size = (double)(bottom - top) * (right - left);
            uint32_t sum = 0;
            for (int y = top; y < bottom; y++)
                for (int x = left; x < right; x++)
                    sum += pixels[y * width + x];
            ret_sketch[by * SKETCH_SIDE + bx] =
                (float)((sum - size * measures->mean) / (sqrt(size) * length));
        }
}

static float sketch_distance(const float *a, const float *b)
{
    float lanes[4] = {0}, d; /* sums side by side, for vector units */

    for (int i = 0; i < SKETCH; i++) {
        d = a[i] - b[i];
        lanes[i % 4] += d * d;
    }
    return lanes[0] + lanes[1] + lanes[2] + lanes[3];
}

static uint64_t dot(const uint8_t *a, const uint8_t *b, size_t count)
{
    enum { RUN = 32768 }; /* 32768 * 255 * 255 still fits 32 bits, which vector units add fast */
    uint64_t total = 0;

    for (size_t start = 0; start < count; start += RUN) {
        size_t end = count - start < RUN ? count : start + RUN;
        uint32_t sum = 0;
        for (size_t i = start; i < end; i++)
            sum += (uint32_t)a[i] * b[i];
        total += sum;
    }
    return total;
}

/* Pearson's r from exact sums; both pictures have contrast. */
static double correlation(const struct picture_measures *a, const struct picture_measures *b,
                          uint64_t product, double n)
{
    double a_sum = (double)a->sum, b_sum = (double)b->sum;
    double a_spread = n * (double)a->squares - a_sum * a_sum;
    double b_spread = n * (double)b->squares - b_sum * b_sum;

    return (n * (double)product - a_sum * b_sum) / sqrt(a_spread * b_spread);
}

static void add_pair(struct found_pairs *found, struct audit_pair pair)
{
    if (found->count == found->capacity) {
        size_t capacity = found->capacity ? 2 * found->capacity : 16;
        struct audit_pair *pairs = realloc(found->pairs, capacity * sizeof *pairs);
        if (!pairs) {
            found->failed = true;
            return;
        }
        found->pairs = pairs;
        found->capacity = capacity;
    }
    found->pairs[found->count++] = pair;
}

static void compare(void *context, uint32_t item)
{
    const struct query *query = context;
    const struct search *search = query->search;
    const struct picture_measures *measures = search->audit->measures;
    uint32_t row = search->rows[item];
    size_t pixels = (size_t)search->dataset->width * (size_t)search->dataset->height;
    double r;

    if (sketch_distance(query->sketch, search->sketches + (size_t)item * SKETCH) >
        MOST_SKETCH_DISTANCE)
        return;
    r = correlation(&measures[query->row], &measures[row],
                    dot(query->pixels, dataset_picture(search->dataset, row), pixels),
                    (double)pixels);
    if (r >= AUDIT_NEAR_CORRELATION)
        add_pair(query->found,
                 (struct audit_pair){query->row, row, (float)fmin(r, 1), query->mirrored});
}

static void mirror(const uint8_t *pixels, int width, int height, uint8_t *ret_pixels)
{
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++)
            ret_pixels[y * width + x] = pixels[y * width + width - 1 - x];
}

/* Searches for the item as it is, and in a mirror. */
static void search_item(const struct search *search, size_t item, uint8_t *mirrored,
                        struct found_pairs *found)
{
    const struct dataset *dataset = search->dataset;
    float mirrored_sketch[SKETCH];
    struct query query = {search, search->rows[item], NULL, false, search->sketches + item * SKETCH,
                          found};

    query.pixels = dataset_picture(dataset, query.row);
    hash_index_search(&search->index, search->plain[item], (int64_t)item, compare, &query);
    mirror(query.pixels, dataset->width, dataset->height, mirrored);
    sketch(mirrored, dataset->width, dataset->height, &search->audit->measures[query.row],
           mirrored_sketch);
    query.pixels = mirrored;
    query.sketch = mirrored_sketch;
    query.mirrored = true;
    hash_index_search(&search->index, search->mirrored[item], (int64_t)item, compare, &query);
}

static int by_rows(const void *left, const void *right)
{
    const struct audit_pair *a = left, *b = right;

    if (a->a != b->a)
        return a->a < b->a ? -1 : 1;
    if (a->b != b->b)
        return a->b < b->b ? -1 : 1;
    return a->mirrored - b->mirrored;
}

/* A symmetric picture is found plain and mirrored: the plain pair, which comes first, stays. */
static void drop_repeated(struct found_pairs *found)
{
    size_t kept = 0;

    for (size_t i = 0; i < found->count; i++)
        if (kept == 0 || found->pairs[i].a != found->pairs[kept - 1].a ||
            found->pairs[i].b != found->pairs[kept - 1].b)
            found->pairs[kept++] = found->pairs[i];
    found->count = kept;
}

static void search_block(void *context, int index, int worker)
{
    const struct search *search = context;
    struct found_pairs *found = &search->found[index];
    size_t start = (size_t)index * BLOCK, end = start + BLOCK;
    uint8_t *mirrored = malloc((size_t)search->dataset->width * (size_t)search->dataset->height);

    (void)worker;
    found->failed = !mirrored;
    for (size_t item = start; mirrored && item < end && item < search->count; item++)
        search_item(search, item, mirrored, found);
    free(mirrored);
    if (found->count)
        qsort(found->pairs, found->count, sizeof *found->pairs, by_rows);
    drop_repeated(found);
}

static void hash_block(void *context, int index, int worker)
{
    const struct search *search = context;
    const struct dataset *dataset = search->dataset;
    size_t start = (size_t)index * BLOCK, end = start + BLOCK;

    (void)worker;
    for (size_t item = start; item < end && item < search->count; item++) {
        const uint8_t *pixels = dataset_picture(dataset, search->rows[item]);
        struct perceptual_hash hash = perceptual_hash(pixels, dataset->width, dataset->height);
        search->plain[item] = hash.plain;
        search->mirrored[item] = hash.mirrored;
        sketch(pixels, dataset->width, dataset->height,
               &search->audit->measures[search->rows[item]], search->sketches + item * SKETCH);
    }
}

static mien_status list_items(struct search *search, mien_error *err)
{
    const struct audit *audit = search->audit;
    size_t tasks = (audit->count + BLOCK - 1) / BLOCK;

    search->rows = malloc(audit->count * sizeof *search->rows);
    search->plain = malloc(audit->count * sizeof *search->plain);
    search->mirrored = malloc(audit->count * sizeof *search->mirrored);
    search->sketches = malloc(audit->count * SKETCH * sizeof *search->sketches);
    search->found = calloc(tasks, sizeof *search->found);
    if (!search->rows || !search->plain || !search->mirrored || !search->sketches || !search->found)
        return error_memory(err, audit->count * SKETCH * sizeof *search->sketches);
    for (size_t row = 0; row < audit->count; row++)
        if (audit->first[row] == row && audit->measures[row].deviation >= LEAST_DEVIATION)
            search->rows[search->count++] = (uint32_t)row;
    return MIEN_OK;
}

/* Joins what the tasks have found, in their order: by row. */
static mien_status join(struct search *search, int tasks, struct audit_pair **ret_pairs,
                        size_t *ret_count, mien_error *err)
{
    struct audit_pair *pairs;
    size_t count = 0, filled = 0;
    bool failed = false;

    for (int task = 0; task < tasks; task++) {
        count += search->found[task].count;
        failed = failed || search->found[task].failed;
    }
    pairs = malloc((count ? count : 1) * sizeof *pairs);
    if (failed || !pairs) {
        free(pairs);
        return error_memory(err, count * sizeof *pairs);
    }
    for (int task = 0; task < tasks; task++) {
        const struct found_pairs *found = &search->found[task];
        if (found->count)
            memcpy(pairs + filled, found->pairs, found->count * sizeof *pairs);
        filled += found->count;
    }
    *ret_pairs = pairs;
    *ret_count = count;
    return MIEN_OK;
}

mien_status near_pairs_new(const struct dataset *dataset, const struct audit *audit,
                           struct thread_pool *pool, struct audit_pair **ret_pairs,
                           size_t *ret_count, mien_error *err)
{
    struct search search = {.dataset = dataset, .audit = audit};
    mien_status status = list_items(&search, err);
    int tasks = (int)((search.count + BLOCK - 1) / BLOCK);

    if (!status) {
        thread_pool_run(pool, tasks, hash_block, &search);
        status = hash_index_new(search.plain, search.count, &search.index, err);
    }
    if (!status) {
        thread_pool_run(pool, tasks, search_block, &search);
        status = join(&search, tasks, ret_pairs, ret_count, err);
    }
    for (int task = 0; search.found && task < tasks; task++)
        free(search.found[task].pairs);
    hash_index_free(&search.index);
    free(search.rows);
    free(search.plain);
    free(search.mirrored);
    free(search.sketches);
    free(search.found);
    return status;
}

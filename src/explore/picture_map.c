/* picture_map.c - two principal components by orthogonal iteration (Golub, Van Loan: "Matrix
 * computations", 4th edition, 8.2.4): V <- orthonormal basis of A'A V, A the centred vectors.
 * Only two of thousands of components are wanted: that is far less work than all of them.
 * N pictures, D numbers each.
 * SPDX-License-Identifier: MIT */
#include "explore/picture_map.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/random.h"
#include "base/thread_pool.h"

/* Rows in one task; fixed, so that sums do not depend on the number of threads. */
enum { BLOCK = 128, LANES = 16, MOST_ITERATIONS = 200 };

#define CONVERGED 1e-5 /* how far the directions still turn, as a length on the unit sphere */

struct map {
    size_t count, width; /* N; D rounded up to LANES, the rest 0 */
    float *rows;         /* (N, width), centred */
    float *directions;   /* (2, width) */
    float *partial;      /* (tasks, 2, width): A'A V of each block */
    float *places;       /* (N, 2): A V */
    double *mean;        /* (D) */
};

/* Sums in lanes, because a compiler may not change the order of one sum. */
static float dot(const float *a, const float *b, size_t width)
{
    float lanes[LANES] = {0}, sum = 0;

    for (size_t i = 0; i < width; i += LANES)
        for (size_t lane = 0; lane < LANES; lane++)
            lanes[lane] += a[i + lane] * b[i + lane];
    for (size_t lane = 0; lane < LANES; lane++)
        sum += lanes[lane];
    return sum;
}

static void add_scaled(float *sum, const float *a, float factor, size_t width)
{
    for (size_t i = 0; i < width; i++)
        sum[i] += factor * a[i];
}

static void multiply_block(void *context, int index, int worker)
{
    struct map *map = context;
    size_t width = map->width, start = (size_t)index * BLOCK, end = start + BLOCK;
    float *partial = map->partial + (size_t)index * 2 * width;

    (void)worker;
    memset(partial, 0, 2 * width * sizeof *partial);
    for (size_t row = start; row < end && row < map->count; row++) {
        const float *a = map->rows + row * width;
        for (size_t d = 0; d < 2; d++) {
            map->places[2 * row + d] = dot(a, map->directions + d * width, width);
            add_scaled(partial + d * width, a, map->places[2 * row + d], width);
        }
    }
}

/* How far two directions are apart, taken for the same if they are opposite. By differences: what
 * a cosine in float is short of 1 says nothing about less than 3e-4. */
static double distance(const float *a, const float *b, size_t width)
{
    float sign = dot(a, b, width) < 0 ? -1 : 1;
    double sum = 0;

    for (size_t i = 0; i < width; i++) {
        double difference = (double)(a[i] - sign * b[i]);
        sum += difference * difference;
    }
    return sqrt(sum);
}

/* Makes the two directions orthonormal; returns how far either turned, 0 for one without length. */
static double orthonormalise(float *next, float *directions, size_t width)
{
    double turned = 0;

    for (size_t d = 0; d < 2; d++) {
        float *direction = next + d * width;
        double length;
        if (d == 1)
            add_scaled(direction, next, -dot(next, direction, width), width);
        length = sqrt((double)dot(direction, direction, width));
        for (size_t i = 0; i < width; i++)
            direction[i] = length > 0 ? (float)(direction[i] / length) : 0;
        if (length > 0)
            turned = fmax(turned, distance(direction, directions + d * width, width));
    }
    memcpy(directions, next, 2 * width * sizeof *directions);
    return turned;
}

static void iterate(struct map *map, struct thread_pool *pool)
{
    int tasks = (int)((map->count + BLOCK - 1) / BLOCK);
    float *next = map->partial; /* the first block's sums take up the others' */

    for (size_t i = 0; i < 2 * map->width; i++) {
        map->directions[i] = random_uniform(random_key(1, 1), i) - 0.5f;
        next[i] = map->directions[i];
    }
    orthonormalise(next, map->directions, map->width);
    for (int iteration = 0; iteration < MOST_ITERATIONS; iteration++) {
        thread_pool_run(pool, tasks, multiply_block, map);
        for (int task = 1; task < tasks; task++)
            add_scaled(next, map->partial + (size_t)task * 2 * map->width, 1, 2 * map->width);
        if (orthonormalise(next, map->directions, map->width) < CONVERGED)
            break;
    }
    thread_pool_run(pool, tasks, multiply_block, map); /* the places along the last directions */
}

/* Fills in the centred rows; returns the sum of their squares. */
static double centre(const float *vectors, size_t dims, struct map *map)
{
    double total = 0;

    for (size_t row = 0; row < map->count; row++)
        for (size_t i = 0; i < dims; i++)
            map->mean[i] += (double)vectors[row * dims + i];
    for (size_t i = 0; i < dims; i++)
        map->mean[i] /= (double)map->count;
    for (size_t row = 0; row < map->count; row++) {
        float *centred = map->rows + row * map->width;
        for (size_t i = 0; i < dims; i++)
            centred[i] = (float)((double)vectors[row * dims + i] - map->mean[i]);
        total += (double)dot(centred, centred, map->width);
    }
    return total;
}

/* The sign of a direction means nothing: let its largest number be positive. */
static float sign_of(const float *direction, size_t width)
{
    float largest = 0;

    for (size_t i = 0; i < width; i++)
        if (fabsf(direction[i]) > fabsf(largest))
            largest = direction[i];
    return largest < 0 ? -1 : 1;
}

static void place(const struct map *map, double total, double *ret_x, double *ret_y,
                  double ret_shares[2])
{
    for (size_t d = 0; d < 2; d++) {
        float sign = sign_of(map->directions + d * map->width, map->width);
        double *places = d ? ret_y : ret_x, explained = 0;
        for (size_t row = 0; row < map->count; row++) {
            places[row] = (double)(sign * map->places[2 * row + d]);
            explained += places[row] * places[row];
        }
        ret_shares[d] = total > 0 ? explained / total : 0;
    }
}

mien_status picture_map(const float *vectors, size_t count, size_t dims, struct thread_pool *pool,
                        double *ret_x, double *ret_y, double ret_shares[2], mien_error *err)
{
    size_t tasks = (count + BLOCK - 1) / BLOCK, floats;
    struct map map = {.count = count, .width = (dims + LANES - 1) / LANES * LANES};
    mien_status status = MIEN_OK;
    double total;

    if (!mul_size(count, map.width * sizeof(float), &floats))
        return error_memory(err, SIZE_MAX);
    map.rows = memory_aligned_new(floats);
    map.directions = memory_aligned_new(2 * map.width * sizeof(float));
    map.partial = memory_aligned_new(tasks * 2 * map.width * sizeof(float));
    map.places = memory_aligned_new(2 * count * sizeof(float));
    map.mean = calloc(dims, sizeof *map.mean);
    if (map.rows && map.directions && map.partial && map.places && map.mean) {
        total = centre(vectors, dims, &map);
        iterate(&map, pool);
        place(&map, total, ret_x, ret_y, ret_shares);
    } else {
        status = error_memory(err, floats);
    }
    free(map.rows);
    free(map.directions);
    free(map.partial);
    free(map.places);
    free(map.mean);
    return status;
}

/* knn_order.c - sort vectors by their level.
 * SPDX-License-Identifier: MIT */
#include "neighbours/knn_order.h"

#include <stdlib.h>
#include <string.h>

const uint8_t *knn_vector_at(const struct knn_vectors *vectors, size_t place)
{
    const size_t row = vectors->rows ? vectors->rows[place] : place;

    if (vectors->pixels)
        return vectors->pixels + row * (size_t)vectors->width * (size_t)vectors->height;
    return (const uint8_t *)(vectors->features + row * vectors->dims);
}

static double level_of(const struct knn_vectors *vectors, size_t place)
{
    const uint8_t *vector = knn_vector_at(vectors, place);
    const size_t pixels = (size_t)vectors->width * (size_t)vectors->height;
    uint32_t sum = 0;
    float first;

    if (!vectors->pixels) {
        memcpy(&first, vector, sizeof first);
        return (double)first;
    }
    for (size_t i = 0; i < pixels; i++)
        sum += vector[i];
    return sum;
}

static int compare(const void *a, const void *b)
{
    const struct knn_place *x = a, *y = b;

    if (x->level < y->level || x->level > y->level)
        return x->level < y->level ? -1 : 1;
    return x->place < y->place ? -1 : x->place > y->place;
}

struct knn_place *knn_order_new(const struct knn_vectors *vectors)
{
    struct knn_place *places = calloc(vectors->count, sizeof *places);

    if (!places)
        return NULL;
    for (size_t i = 0; i < vectors->count; i++)
        places[i] = (struct knn_place){level_of(vectors, i), (uint32_t)i};
    qsort(places, vectors->count, sizeof *places, compare);
    return places;
}

/* perceptual_hash.c - difference hashes and the index that finds the near ones.
 * SPDX-License-Identifier: MIT */
#include "dataset/perceptual_hash.h"

#include <stdbool.h>
#include <stdlib.h>

#include "base/memory.h"

enum { CELL_COLUMNS = 9, CELL_ROWS = 8, MOST_SIDE = 512 };
enum { BANDS = 4, KEYS = 1 << 16, BAND_ERRORS = 1 };

/* How much of pixel i of `side` lies in each of `cells` cells: `weight` in the cell `cell`, the
 * rest of `cells` in the next one. All whole numbers, so that a mirrored picture has exactly the
 * mirrored cells. */
struct share {
    uint16_t cell, weight;
};

static void share_out(int side, int cells, struct share *ret_shares)
{
    for (int i = 0; i < side; i++) {
        int from = i * cells, cell = from / side, room = (cell + 1) * side - from;
        ret_shares[i] = (struct share){(uint16_t)cell, (uint16_t)(room < cells ? room : cells)};
    }
}

/* The brightness of each cell, times a constant. */
static void cells_of(const uint8_t *pixels, int width, int height,
                     uint64_t ret_cells[CELL_ROWS][CELL_COLUMNS + 1])
{
    struct share columns[MOST_SIDE], rows[MOST_SIDE];

    share_out(width, CELL_COLUMNS, columns);
    share_out(height, CELL_ROWS, rows);
    for (int y = 0; y < height; y++) {
        uint32_t sums[CELL_COLUMNS + 1] = {0}; /* one more: the last pixel's rest, which is 0 */
        const uint8_t *row = pixels + (size_t)y * (size_t)width;
        for (int x = 0; x < width; x++) {
            sums[columns[x].cell] += (uint32_t)row[x] * columns[x].weight;
            sums[columns[x].cell + 1] +=
                (uint32_t)row[x] * (uint32_t)(CELL_COLUMNS - columns[x].weight);
        }
        for (int c = 0; c < CELL_COLUMNS; c++) {
            ret_cells[rows[y].cell][c] += (uint64_t)sums[c] * rows[y].weight;
            if (rows[y].weight < CELL_ROWS)
                ret_cells[rows[y].cell + 1][c] +=
                    (uint64_t)sums[c] * (uint64_t)(CELL_ROWS - rows[y].weight);
        }
    }
}

struct perceptual_hash perceptual_hash(const uint8_t *pixels, int width, int height)
{
    uint64_t cells[CELL_ROWS][CELL_COLUMNS + 1] = {{0}};
    struct perceptual_hash hash = {0, 0};

    cells_of(pixels, width, height, cells);
    for (int r = 0; r < CELL_ROWS; r++)
        for (int c = 0; c < CELL_COLUMNS - 1; c++) {
            int from_right = CELL_COLUMNS - 1 - c;
            hash.plain = hash.plain << 1 | (cells[r][c + 1] > cells[r][c]);
            hash.mirrored = hash.mirrored << 1 | (cells[r][from_right - 1] > cells[r][from_right]);
        }
    return hash;
}

static unsigned key_of(uint64_t hash, int band)
{
    return (unsigned)(hash >> (16 * band)) & (KEYS - 1);
}

static void fill_band(struct hash_index *index, int band)
{
    uint32_t *starts = index->starts + (size_t)band * (KEYS + 1);
    uint32_t *items = index->items + (size_t)band * index->count;

    for (size_t i = 0; i < index->count; i++)
        starts[key_of(index->hashes[i], band) + 1]++;
    for (int key = 0; key < KEYS; key++)
        starts[key + 1] += starts[key];
    for (size_t i = 0; i < index->count; i++) /* moves each start to its key's end ... */
        items[starts[key_of(index->hashes[i], band)]++] = (uint32_t)i;
    for (int key = KEYS; key > 0; key--) /* ... which is the next key's start */
        starts[key] = starts[key - 1];
    starts[0] = 0;
}

mien_status hash_index_new(const uint64_t *hashes, size_t count, struct hash_index *ret_index,
                           mien_error *err)
{
    struct hash_index index = {.count = count, .hashes = hashes};
    size_t bytes;

    if (!mul_size(count + 1, BANDS * sizeof *index.items, &bytes))
        return error_memory(err, SIZE_MAX);
    index.starts = calloc((size_t)BANDS * (KEYS + 1), sizeof *index.starts);
    index.items = malloc(bytes);
    if (!index.starts || !index.items) {
        hash_index_free(&index);
        return error_memory(err, bytes);
    }
    for (int band = 0; band < BANDS; band++)
        fill_band(&index, band);
    *ret_index = index;
    return MIEN_OK;
}

void hash_index_free(struct hash_index *index)
{
    if (!index)
        return;
    free(index->starts);
    free(index->items);
    *index = (struct hash_index){0};
}

/* The bits that are set. As sums within the word, because without compiling for a newer processor
 * the built-in one is a call. */
static int bits_set(uint64_t x)
{
    x -= x >> 1 & UINT64_C(0x5555555555555555);
    x = (x & UINT64_C(0x3333333333333333)) + (x >> 2 & UINT64_C(0x3333333333333333));
    x = (x + (x >> 4)) & UINT64_C(0x0f0f0f0f0f0f0f0f);
    return (int)(x * UINT64_C(0x0101010101010101) >> 56);
}

/* Whether an earlier band than `band` has found this item already. */
static bool found_before(uint64_t difference, int band)
{
    for (int earlier = 0; earlier < band; earlier++)
        if (bits_set(key_of(difference, earlier)) <= BAND_ERRORS)
            return true;
    return false;
}

struct search {
    const struct hash_index *index;
    uint64_t hash;
    int64_t after;
    hash_index_found *found;
    void *context;
};

static void look_up(const struct search *search, int band, unsigned key)
{
    const uint32_t *starts = search->index->starts + (size_t)band * (KEYS + 1);
    const uint32_t *items = search->index->items + (size_t)band * search->index->count;

    for (uint32_t i = starts[key + 1]; i > starts[key]; i--) { /* items ascend within a key */
        uint64_t difference;
        if (items[i - 1] <= search->after)
            return;
        difference = search->hash ^ search->index->hashes[items[i - 1]];
        if (bits_set(difference) <= HASH_INDEX_MOST && !found_before(difference, band))
            search->found(search->context, items[i - 1]);
    }
}

void hash_index_search(const struct hash_index *index, uint64_t hash, int64_t after,
                       hash_index_found *found, void *context)
{
    const struct search search = {index, hash, after, found, context};

    for (int band = 0; band < BANDS; band++) {
        unsigned key = key_of(hash, band);
        look_up(&search, band, key);
        for (int bit = 0; bit < 16; bit++)
            look_up(&search, band, key ^ 1u << bit);
    }
}

/* perceptual_hash.h - 64 bits that change little when a picture is resized, recompressed, or made
 * brighter, and where two such hashes lie near each other.
 * SPDX-License-Identifier: MIT */
#ifndef DATASET_PERCEPTUAL_HASH_H
#define DATASET_PERCEPTUAL_HASH_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/* The difference hash: the picture's mean over a grid of 9 x 8 cells, a bit for each two
 * neighbours in a row, set where the right one is brighter (Krawetz: "Kind of like that", 2013). */
struct perceptual_hash {
    uint64_t plain;
    uint64_t mirrored; /* that of the picture seen in a mirror */
};

/* `pixels` (height, width), both sides 8 to 512. */
struct perceptual_hash perceptual_hash(const uint8_t *pixels, int width, int height);

/* Hashes that differ in at most HASH_INDEX_SURE bits are found, all of them; of those that differ
 * in more, up to HASH_INDEX_MOST, many are found too, as it happens. */
enum { HASH_INDEX_SURE = 7, HASH_INDEX_MOST = 12 };

/* Finds near hashes among N by multi-index hashing (Norouzi, Punjani, Fleet: "Fast search in
 * Hamming space with multi-index hashing", CVPR 2012): of four bands of 16 bits, two hashes that
 * differ in at most 7 bits differ in at most one bit of at least one. So each band is looked up
 * with the 17 keys that are that near. Constant once made: any threads may search it. */
struct hash_index {
    size_t count;           /* N */
    const uint64_t *hashes; /* (N), borrowed */
    uint32_t *starts;       /* (bands, 65537): where each key's items start */
    uint32_t *items;        /* (bands, N): item numbers in the order of the band's key */
};

/* `hashes` (count), count up to INT32_MAX, borrowed until hash_index_free(). */
mien_status hash_index_new(const uint64_t *hashes, size_t count, struct hash_index *ret_index,
                           mien_error *err);
void hash_index_free(struct hash_index *index);

/* Calls `found` once for each item above `after` whose hash is near `hash`, in an order that
 * depends on the index and the hash alone. */
typedef void hash_index_found(void *context, uint32_t item);
void hash_index_search(const struct hash_index *index, uint64_t hash, int64_t after,
                       hash_index_found *found, void *context);

#endif

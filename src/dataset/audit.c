/* audit.c - identical pictures by hash and comparison, near-identical ones by perceptual hash and
 * correlation, and rules for blank and suspicious ones.
 * N rows.
 * SPDX-License-Identifier: MIT */
#include "dataset/audit.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/random.h"
#include "base/thread_pool.h"
#include "dataset/near_pairs.h"

#define BLANK_SHARE 0.95f
#define NEARLY_BLANK_SHARE 0.70f
#define FLAT_SHARE 0.50f
#define BLURRED_SHARPNESS 0.2f

enum { PLAIN_EDGE_PART = 6 }; /* of the side: 1 / 6 */

const char *audit_flag_name(enum audit_flag flag)
{
    switch (flag) {
    case AUDIT_BLANK:
        return "blank";
    case AUDIT_NEARLY_BLANK:
        return "nearly blank";
    case AUDIT_FLAT:
        return "flat";
    case AUDIT_PLAIN_EDGE:
        return "plain edge";
    case AUDIT_BLURRED:
        return "blurred";
    }
    return "";
}

static uint8_t flags_of(const struct picture_measures *measures, int width, int height)
{
    int side = width < height ? width : height;
    uint8_t flags = 0;

    if (measures->modal_share >= BLANK_SHARE)
        return AUDIT_BLANK; /* it has no edge and no sharpness to speak of */
    if (measures->modal_share >= NEARLY_BLANK_SHARE)
        flags |= AUDIT_NEARLY_BLANK;
    else if (measures->modal_share >= FLAT_SHARE)
        flags |= AUDIT_FLAT;
    if (measures->plain_edge * PLAIN_EDGE_PART >= side)
        flags |= AUDIT_PLAIN_EDGE;
    if (measures->sharpness < BLURRED_SHARPNESS)
        flags |= AUDIT_BLURRED;
    return flags;
}

/* A row and a hash of its pixels. */
struct hashed_row {
    uint64_t hash;
    uint32_t row;
};

static uint64_t hash_pixels(const uint8_t *pixels, size_t bytes)
{
    uint64_t hash = bytes, word;
    size_t i = 0;

    for (; i + sizeof word <= bytes; i += sizeof word) {
        memcpy(&word, pixels + i, sizeof word);
        hash = random_mix(hash ^ word);
    }
    for (; i < bytes; i++)
        hash = random_mix(hash ^ pixels[i]);
    return hash;
}

static int by_hash_then_row(const void *left, const void *right)
{
    const struct hashed_row *a = left, *b = right;

    if (a->hash != b->hash)
        return a->hash < b->hash ? -1 : 1;
    return a->row < b->row ? -1 : a->row > b->row;
}

/* The pictures are measured and hashed in blocks of rows, one task each. */
enum { BLOCK = 512 };

struct measuring {
    const struct dataset *dataset;
    struct audit *audit;
    struct hashed_row *hashed; /* (N) */
};

static void measure_block(void *context, int index, int worker)
{
    const struct measuring *work = context;
    const struct dataset *dataset = work->dataset;
    size_t bytes = (size_t)dataset->width * (size_t)dataset->height;
    size_t start = (size_t)index * BLOCK, end = start + BLOCK;

    (void)worker;
    for (size_t row = start; row < end && row < dataset->count; row++) {
        const uint8_t *pixels = dataset_picture(dataset, row);
        struct picture_measures *measures = &work->audit->measures[row];
        picture_measure(pixels, dataset->width, dataset->height, measures);
        work->audit->flags[row] = flags_of(measures, dataset->width, dataset->height);
        work->hashed[row] = (struct hashed_row){hash_pixels(pixels, bytes), (uint32_t)row};
    }
}

/* Sets first[] for a run of `count` rows with the same hash, which ascend. Different pictures in
 * one run are possible, if unlikely: every row is compared with the first rows found so far. */
static void match_run(const struct dataset *dataset, const struct hashed_row *run, size_t count,
                      uint32_t *first)
{
    size_t bytes = (size_t)dataset->width * (size_t)dataset->height;

    for (size_t i = 0; i < count; i++) {
        first[run[i].row] = run[i].row;
        for (size_t j = 0; j < i; j++)
            if (first[run[j].row] == run[j].row &&
                !memcmp(dataset_picture(dataset, run[i].row), dataset_picture(dataset, run[j].row),
                        bytes)) {
                first[run[i].row] = run[j].row;
                break;
            }
    }
}

static void match_rows(const struct dataset *dataset, struct hashed_row *hashed,
                       struct audit *audit)
{
    size_t end;

    qsort(hashed, audit->count, sizeof *hashed, by_hash_then_row);
    for (size_t start = 0; start < audit->count; start = end) {
        for (end = start + 1; end < audit->count && hashed[end].hash == hashed[start].hash;)
            end++;
        match_run(dataset, hashed + start, end - start, audit->first);
    }
}

/* Lists the groups that first[] tells of. */
static mien_status list_groups(struct audit *audit, mien_error *err)
{
    size_t *sizes = calloc(audit->count, sizeof *sizes), rows = 0, filled = 0;

    if (!sizes)
        return error_memory(err, audit->count * sizeof *sizes);
    for (size_t row = 0; row < audit->count; row++)
        sizes[audit->first[row]]++;
    for (size_t row = 0; row < audit->count; row++) {
        audit->distinct += sizes[row] > 0;
        audit->group_count += sizes[row] > 1;
        rows += sizes[row] > 1 ? sizes[row] : 0;
    }
    audit->group_rows = malloc((rows ? rows : 1) * sizeof *audit->group_rows);
    audit->group_starts = malloc((audit->group_count + 1) * sizeof *audit->group_starts);
    if (audit->group_rows && audit->group_starts) {
        size_t group = 0;
        for (size_t row = 0; row < audit->count; row++)
            if (sizes[row] > 1) {
                audit->group_starts[group++] = filled;
                filled += sizes[row];
                sizes[row] = audit->group_starts[group - 1] + 1; /* now: where the next one goes */
                audit->group_rows[sizes[row] - 1] = (uint32_t)row;
            } else if (audit->first[row] != row) {
                audit->group_rows[sizes[audit->first[row]]++] = (uint32_t)row;
            }
        audit->group_starts[group] = filled;
    }
    free(sizes);
    return audit->group_rows && audit->group_starts
               ? MIEN_OK
               : error_memory(err, rows * sizeof *audit->group_rows);
}

static mien_status allocate(struct audit *audit, struct hashed_row **ret_hashed, mien_error *err)
{
    size_t count = audit->count;

    audit->first = malloc(count * sizeof *audit->first);
    audit->measures = malloc(count * sizeof *audit->measures);
    audit->flags = malloc(count * sizeof *audit->flags);
    *ret_hashed = malloc(count * sizeof **ret_hashed);
    if (!audit->first || !audit->measures || !audit->flags || !*ret_hashed)
        return error_memory(err, count * sizeof *audit->measures);
    return MIEN_OK;
}

mien_status audit_new(const struct dataset *dataset, struct thread_pool *pool,
                      struct audit *ret_audit, mien_error *err)
{
    struct audit audit = {.count = dataset->count};
    struct measuring work = {.dataset = dataset, .audit = &audit};
    mien_status status = allocate(&audit, &work.hashed, err);

    if (!status) {
        thread_pool_run(pool, (int)((dataset->count + BLOCK - 1) / BLOCK), measure_block, &work);
        match_rows(dataset, work.hashed, &audit);
        status = list_groups(&audit, err);
    }
    free(work.hashed);
    if (!status)
        status = near_pairs_new(dataset, &audit, pool, &audit.near, &audit.near_count, err);
    if (status)
        audit_free(&audit);
    else
        *ret_audit = audit;
    return status;
}

void audit_free(struct audit *audit)
{
    if (!audit)
        return;
    free(audit->first);
    free(audit->group_rows);
    free(audit->group_starts);
    free(audit->near);
    free(audit->measures);
    free(audit->flags);
    *audit = (struct audit){0};
}

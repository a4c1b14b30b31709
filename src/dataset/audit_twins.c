/* audit_twins.c - how the pictures that an audit found repeat across parts and labels.
 * N rows.
 * SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "dataset/audit.h"

/* How far a picture's copies reach: how many rows of each part show it, and the first of them. */
struct presence {
    uint32_t rows[DATASET_PARTS];
    uint32_t first[DATASET_PARTS];
};

/* Parts are numbered in the order train, validation, test: a picture leaks from an earlier one into
 * a later one. */
static void note_twin(struct audit_twins *twins, uint32_t row, int part, int other_part,
                      uint32_t twin)
{
    if (twins->twin[row] == UINT32_MAX && other_part < part)
        twins->twin[row] = twin;
}

/* `exact` (N), filled at first rows. */
static void count_exact(const struct audit *audit, const uint8_t *parts,
                        const struct presence *exact, struct audit_twins *twins)
{
    for (uint32_t row = 0; row < audit->count; row++) {
        const struct presence *presence = &exact[audit->first[row]];
        int part = parts[row];
        for (int other = 0; part != AUDIT_NO_PART && other < DATASET_PARTS; other++) {
            if (presence->rows[other] > (other == part)) {
                twins->exact[part][other]++;
                note_twin(twins, row, part, other, presence->first[other]);
            }
        }
    }
}

/* Adds to `near` of picture `to` what `exact` says of picture `from`. */
static void reach(struct presence *near, const struct presence *exact, uint32_t to, uint32_t from)
{
    for (int part = 0; part < DATASET_PARTS; part++) {
        if (!near[to].rows[part] && exact[from].rows[part])
            near[to].first[part] = exact[from].first[part];
        near[to].rows[part] += exact[from].rows[part];
    }
}

static void count_near(const struct audit *audit, const uint8_t *parts,
                       const struct presence *exact, const struct presence *near,
                       struct audit_twins *twins)
{
    for (uint32_t row = 0; row < audit->count; row++) {
        uint32_t first = audit->first[row];
        int part = parts[row];
        for (int other = 0; part != AUDIT_NO_PART && other < DATASET_PARTS; other++) {
            if (near[first].rows[other] && exact[first].rows[other] <= (other == part)) {
                twins->near[part][other]++;
                note_twin(twins, row, part, other, near[first].first[other]);
            }
        }
    }
}

mien_status audit_twins_new(const struct audit *audit, const uint8_t *parts,
                            struct audit_twins *ret_twins, mien_error *err)
{
    struct audit_twins twins = {.twin = malloc(audit->count * sizeof *twins.twin)};
    struct presence *exact = calloc(audit->count, sizeof *exact);
    struct presence *near = calloc(audit->count, sizeof *near);
    bool complete = twins.twin && exact && near;

    if (complete) {
        memset(twins.twin, 0xff, audit->count * sizeof *twins.twin);
        for (uint32_t row = 0; row < audit->count; row++)
            if (parts[row] != AUDIT_NO_PART) {
                struct presence *presence = &exact[audit->first[row]];
                if (presence->rows[parts[row]]++ == 0)
                    presence->first[parts[row]] = row;
            }
        count_exact(audit, parts, exact, &twins);
        for (size_t i = 0; i < audit->near_count; i++) {
            reach(near, exact, audit->near[i].a, audit->near[i].b);
            reach(near, exact, audit->near[i].b, audit->near[i].a);
        }
        count_near(audit, parts, exact, near, &twins);
    }
    free(exact);
    free(near);
    if (!complete) {
        free(twins.twin);
        return error_memory(err, audit->count * sizeof *exact);
    }
    *ret_twins = twins;
    return MIEN_OK;
}

void audit_twins_free(struct audit_twins *twins)
{
    if (twins)
        free(twins->twin);
}

bool audit_group_disagrees(const struct audit *audit, const struct dataset *dataset, size_t group)
{
    uint16_t label = dataset->labels[audit->group_rows[audit->group_starts[group]]];

    for (size_t i = audit->group_starts[group]; i < audit->group_starts[group + 1]; i++)
        if (dataset->labels[audit->group_rows[i]] != label)
            return true;
    return false;
}

/* `counts` (labels): the group's rows by label. */
static void count_pairs(const struct audit *audit, const struct dataset *dataset, size_t group,
                        size_t *counts, size_t *pairs)
{
    size_t labels = (size_t)dataset->label_count;

    memset(counts, 0, labels * sizeof *counts);
    for (size_t i = audit->group_starts[group]; i < audit->group_starts[group + 1]; i++)
        counts[dataset->labels[audit->group_rows[i]]]++;
    for (size_t a = 0; a < labels; a++)
        for (size_t b = 0; counts[a] && b < labels; b++)
            pairs[a * labels + b] += a == b ? counts[a] > 1 : counts[b] > 0;
}

mien_status audit_conflicts_new(const struct audit *audit, const struct dataset *dataset,
                                struct audit_conflicts *ret_conflicts, mien_error *err)
{
    size_t labels = (size_t)dataset->label_count, counts[AUDIT_PAIR_LABELS];
    struct audit_conflicts conflicts = {0};

    if (labels <= AUDIT_PAIR_LABELS) {
        conflicts.pairs = calloc(labels * labels, sizeof *conflicts.pairs);
        if (!conflicts.pairs)
            return error_memory(err, labels * labels * sizeof *conflicts.pairs);
    }
    for (size_t group = 0; group < audit->group_count; group++) {
        if (conflicts.pairs)
            count_pairs(audit, dataset, group, counts, conflicts.pairs);
        if (audit_group_disagrees(audit, dataset, group)) {
            conflicts.groups++;
            conflicts.rows += audit->group_starts[group + 1] - audit->group_starts[group];
        }
    }
    *ret_conflicts = conflicts;
    return MIEN_OK;
}

void audit_conflicts_free(struct audit_conflicts *conflicts)
{
    if (conflicts)
        free(conflicts->pairs);
}

/* provenance.c - the rows that a model was trained on, found again by their hash, and their twins.
 * SPDX-License-Identifier: MIT */
#include "evaluation/provenance.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dataset/audit.h"

static bool same_hash(const uint8_t digest[SHA256_BYTES], const char *text)
{
    char own[SHA256_TEXT];

    sha256_text(digest, own);
    return text && strcmp(own, text) == 0;
}

static bool is_trained_split(const struct model *model, const struct split *split)
{
    uint8_t digest[SHA256_BYTES];

    split_sha256(split->rows[DATASET_TRAIN], split->count[DATASET_TRAIN], digest);
    return same_hash(digest, model_file_about(model->file, "train rows sha256"));
}

/* The split that the model's story names, made again: "official", "8:1:1 seed 3 stratified". */
static mien_status story_split(const struct model *model, const struct dataset *dataset,
                               struct split *ret_split, mien_error *err)
{
    const char *story = model_file_about(model->file, "split"), *seed;
    struct split_options options;
    char name[64];
    mien_status status;

    if (!story)
        story = "official";
    snprintf(name, sizeof name, "%.*s", (int)strcspn(story, " "), story);
    seed = strstr(story, " seed ");
    split_options_init(&options);
    status = split_options_parse(name, &options, err);
    if (status)
        return status;
    options.seed = seed ? strtoull(seed + strlen(" seed "), NULL, 10) : 0;
    options.stratify = strstr(story, " stratified") != NULL;
    return split_new(dataset, &options, ret_split, err);
}

/* Finds the split whose part train the model was trained on: `split`, which may be NULL, or the one
 * of its story, made in `own`; `ret_known` is NULL where neither is. */
static mien_status find_rows(const struct model *model, const struct dataset *dataset,
                             const struct split *split, struct split *own,
                             enum provenance_knowledge *ret_knowledge,
                             const struct split **ret_known, mien_error *err)
{
    const char *data = model_file_about(model->file, "dataset sha256");
    uint8_t digest[SHA256_BYTES];
    mien_status status;

    *ret_known = NULL;
    *ret_knowledge = data ? PROVENANCE_OTHER_DATA : PROVENANCE_SILENT;
    if (!data)
        return MIEN_OK;
    dataset_sha256(dataset, digest);
    if (!same_hash(digest, data))
        return MIEN_OK;
    *ret_knowledge = PROVENANCE_EXACT;
    if (split && is_trained_split(model, split)) {
        *ret_known = split;
        return MIEN_OK;
    }
    status = story_split(model, dataset, own, err);
    if (status == MIEN_ENOMEM)
        return status;
    if (!status && is_trained_split(model, own))
        *ret_known = own;
    else
        *ret_knowledge = PROVENANCE_ROWS_LOST;
    return MIEN_OK;
}

/* Marks the parts of all rows for audit_twins_new(): train, and test for what is measured. */
static void mark_parts(const struct split *train, const uint32_t *rows, size_t count,
                       size_t dataset_rows, uint8_t *parts)
{
    memset(parts, AUDIT_NO_PART, dataset_rows);
    for (size_t i = 0; i < count; i++)
        parts[rows[i]] = DATASET_TEST;
    for (size_t i = 0; i < train->count[DATASET_TRAIN]; i++)
        parts[train->rows[DATASET_TRAIN][i]] = DATASET_TRAIN;
}

/* Whether another row of the training part shows exactly this picture. */
static bool is_exact(const struct audit *audit, const struct audit_twins *twins, uint32_t row)
{
    return audit->first[twins->twin[row]] == audit->first[row];
}

static mien_status compare(const struct dataset *dataset, const struct split *train,
                           const uint32_t *rows, struct thread_pool *pool,
                           struct provenance *provenance, mien_error *err)
{
    uint8_t *parts = malloc(dataset->count);
    struct audit audit = {0};
    struct audit_twins twins = {0};
    bool exact = provenance->knowledge == PROVENANCE_EXACT;
    mien_status status;

    if (!parts)
        return error_memory(err, dataset->count);
    mark_parts(train, rows, provenance->count, dataset->count, parts);
    status = audit_new(dataset, pool, &audit, err);
    if (!status)
        status = audit_twins_new(&audit, parts, &twins, err);
    for (size_t i = 0; i < provenance->count && !status; i++) {
        uint32_t row = rows[i];
        if (exact && parts[row] == DATASET_TRAIN)
            provenance->past[i] = PAST_TRAINED;
        else if (parts[row] == DATASET_TRAIN)
            provenance->past[i] = PAST_IDENTICAL;
        else if (twins.twin[row] != UINT32_MAX)
            provenance->past[i] = is_exact(&audit, &twins, row) ? PAST_IDENTICAL : PAST_NEAR;
    }
    audit_twins_free(&twins);
    audit_free(&audit);
    free(parts);
    return status;
}

/* The measured rows that are in the part which chose the model's epoch. */
static mien_status count_chose(const struct split *split, const uint32_t *rows,
                               const struct dataset *dataset, struct provenance *provenance,
                               mien_error *err)
{
    bool *chose = calloc(dataset->count, sizeof *chose);

    if (!chose)
        return error_memory(err, dataset->count);
    for (size_t i = 0; i < split->count[DATASET_VALIDATION]; i++)
        chose[split->rows[DATASET_VALIDATION][i]] = true;
    for (size_t i = 0; i < provenance->count; i++)
        provenance->chose += chose[rows[i]];
    free(chose);
    return MIEN_OK;
}

mien_status provenance_new(const struct model *model, const struct dataset *dataset,
                           const struct split *split, const uint32_t *rows, size_t count,
                           struct thread_pool *pool, struct provenance *ret_provenance,
                           mien_error *err)
{
    struct provenance p = {.count = count, .past = malloc(count ? count : 1)};
    struct split own = {0};
    const struct split *known = NULL;
    mien_status status;

    if (!p.past)
        return error_memory(err, count);
    memset(p.past, PAST_NONE, count);
    status = find_rows(model, dataset, split, &own, &p.knowledge, &known, err);
    p.any_training = (known ? known : split)->count[DATASET_TRAIN] > 0;
    if (!status && p.any_training)
        status = compare(dataset, known ? known : split, rows, pool, &p, err);
    if (!status && known)
        status = count_chose(known, rows, dataset, &p, err);
    for (size_t i = 0; i < count; i++)
        p.of[p.past[i]]++;
    split_free(&own);
    if (status)
        provenance_free(&p);
    else
        *ret_provenance = p;
    return status;
}

static mien_status copy_rows(const uint32_t *rows, size_t count, uint32_t **ret_rows,
                             size_t *ret_count, mien_error *err)
{
    uint32_t *copy = malloc((count ? count : 1) * sizeof *copy);

    if (!copy)
        return error_memory(err, count * sizeof *copy);
    for (size_t i = 0; i < count; i++)
        copy[i] = rows[i];
    *ret_rows = copy;
    *ret_count = count;
    return MIEN_OK;
}

mien_status provenance_training_rows(const struct model *model, const struct dataset *dataset,
                                     uint32_t **ret_rows, size_t *ret_count, mien_error *err)
{
    enum provenance_knowledge knowledge;
    struct split own = {0}, named = {0};
    struct split_options options;
    const struct split *known;
    mien_status status = find_rows(model, dataset, NULL, &own, &knowledge, &known, err);

    split_options_init(&options);
    if (!dataset->has_parts) { /* all is there to learn from */
        options.kind = SPLIT_RATIO;
        options.share[DATASET_TRAIN] = 1;
    }
    if (!status && !known) {
        status = split_new(dataset, &options, &named, err);
        known = &named;
    }
    if (!status && known->count[DATASET_TRAIN] == 0)
        status = error_set(err, MIEN_EINVAL, "the data set has no part train");
    if (!status)
        status = copy_rows(known->rows[DATASET_TRAIN], known->count[DATASET_TRAIN], ret_rows,
                           ret_count, err);
    split_free(&own);
    split_free(&named);
    return status;
}

void provenance_free(struct provenance *provenance)
{
    free(provenance->past);
    *provenance = (struct provenance){0};
}

const char *provenance_text(const struct provenance *provenance)
{
    static const char *const texts[] = {
        [PROVENANCE_SILENT] = "The model does not say what it was trained on: whether it has seen "
                              "these pictures cannot be told.",
        [PROVENANCE_OTHER_DATA] = "The model was trained on another data set.",
        [PROVENANCE_ROWS_LOST] = "The model was trained on this data set, on rows that cannot be "
                                 "told: give the --split and --exclude of its training.",
        [PROVENANCE_EXACT] = "The model was trained on this data set, and its rows are known.",
    };

    return texts[provenance->knowledge];
}

/* split.c - the parts that a data set names, the reference's random ones, and shares.
 * SPDX-License-Identifier: MIT */
#include "dataset/split.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"

enum { DECK_SEED = 121 };

/* What random_key() tells the shuffles of splits from others by. */
#define SPLIT_STREAM UINT64_C(0x73706c6974)

void split_options_init(struct split_options *options)
{
    *options = (struct split_options){.kind = SPLIT_OFFICIAL};
}

/* Reads a share and the ':' or the end that follows it. */
static bool parse_share(const char **text, bool last, double *ret_share)
{
    const char *at = *text;
    char *end;

    if ((*at < '0' || *at > '9') && *at != '.') /* no sign, space, "inf" or "nan" */
        return false;
    *ret_share = strtod(at, &end);
    if (*end != (last ? 0 : ':') || !(*ret_share <= 1e9))
        return false;
    *text = end + !last;
    return true;
}

mien_status split_options_parse(const char *text, struct split_options *options, mien_error *err)
{
    static const enum dataset_part order[] = {DATASET_TRAIN, DATASET_TEST, DATASET_VALIDATION};
    double share[DATASET_PARTS], sum = 0;
    const char *at = text;

    if (!strcmp(text, "official") || !strcmp(text, "deck")) {
        options->kind = *text == 'o' ? SPLIT_OFFICIAL : SPLIT_DECK;
        return MIEN_OK;
    }
    for (int i = 0; i < DATASET_PARTS; i++) {
        if (!parse_share(&at, i == DATASET_PARTS - 1, &share[order[i]]))
            return error_set(err, MIEN_EINVAL,
                             "split \"%s\": give official, deck, or the shares of train, test and "
                             "validation like 80:12:8",
                             text);
        sum += share[order[i]];
    }
    if (sum <= 0)
        return error_set(err, MIEN_EINVAL, "split \"%s\": all shares are 0", text);
    options->kind = SPLIT_RATIO;
    memcpy(options->share, share, sizeof share);
    return MIEN_OK;
}

static uint32_t *new_rows(size_t count, mien_error *err)
{
    uint32_t *rows = malloc((count ? count : 1) * sizeof *rows);

    if (!rows)
        error_memory(err, count * sizeof *rows);
    return rows;
}

/* Room for every part's rows as counted in `split`. */
static mien_status reserve_parts(struct split *split, mien_error *err)
{
    for (int part = 0; part < DATASET_PARTS; part++) {
        split->rows[part] = new_rows(split->count[part], err);
        if (!split->rows[part])
            return MIEN_ENOMEM;
    }
    return MIEN_OK;
}

static mien_status split_official(const struct dataset *dataset, struct split *split,
                                  mien_error *err)
{
    size_t filled[DATASET_PARTS] = {0};
    mien_status status;

    if (!dataset->has_parts)
        return error_set(err, MIEN_EINVAL,
                         "the data set names no parts (no Usage column, no part folders): split it "
                         "by shares like 80:12:8");
    for (size_t row = 0; row < dataset->count; row++)
        split->count[dataset->parts[row]]++;
    status = reserve_parts(split, err);
    for (size_t row = 0; !status && row < dataset->count; row++) {
        int part = dataset->parts[row];
        split->rows[part][filled[part]++] = (uint32_t)row;
    }
    return status;
}

/* scikit-learn's train_test_split(rows, test_size=test_size, random_state=121), where the test
 * part is the first ceil(count * test_size) of RandomState(121).permutation(count) and the train
 * part the rest. Puts the two behind each other into `ret_rows` (count), which may be `rows`
 * itself, with `order` (count) for scratch; returns the size of the first. */
static size_t train_test_split(const uint32_t *rows, size_t count, double test_size,
                               uint32_t *order, uint32_t *ret_rows)
{
    struct mersenne_twister generator;

    mersenne_twister_seed(&generator, DECK_SEED);
    mersenne_twister_permutation(&generator, count, order);
    for (size_t i = 0; i < count; i++)
        order[i] = rows[order[i]];
    memcpy(ret_rows, order, count * sizeof *order);
    return (size_t)ceil((double)count * test_size);
}

/* Gives the parts consecutive rows of `rows`: `count[part]` each, in the order `parts`. */
static mien_status deal(const uint32_t *rows, const enum dataset_part parts[DATASET_PARTS],
                        struct split *split, mien_error *err)
{
    mien_status status = reserve_parts(split, err);

    for (int i = 0; !status && i < DATASET_PARTS; i++) {
        enum dataset_part part = parts[i];
        memcpy(split->rows[part], rows, split->count[part] * sizeof *rows);
        rows += split->count[part];
    }
    return status;
}

static mien_status split_deck(size_t count, struct split *split, mien_error *err)
{
    static const enum dataset_part order[] = {DATASET_VALIDATION, DATASET_TEST, DATASET_TRAIN};
    uint32_t *rows = new_rows(2 * count, err); /* and scratch */
    mien_status status;
    size_t held_out;

    if (!rows)
        return MIEN_ENOMEM;
    for (size_t row = 0; row < count; row++)
        rows[row] = (uint32_t)row;
    held_out = train_test_split(rows, count, 0.2, rows + count, rows);
    split->count[DATASET_TRAIN] = count - held_out;
    split->count[DATASET_VALIDATION] = train_test_split(rows, held_out, 0.4, rows + count, rows);
    split->count[DATASET_TEST] = held_out - split->count[DATASET_VALIDATION];
    status = deal(rows, order, split, err);
    free(rows);
    return status;
}

/* How many of `count` rows belong to the parts up to and including each, rounded to the nearest,
 * so that the parts are right to one row and always add up. */
static void share_out(size_t count, const double share[DATASET_PARTS],
                      size_t ret_count[DATASET_PARTS])
{
    double sum = share[0] + share[1] + share[2], running = 0;
    size_t before = 0;

    for (int part = 0; part < DATASET_PARTS; part++) {
        running += share[part];
        size_t bound = (size_t)floor((double)count * (running / sum) + 0.5);
        ret_count[part] = bound - before;
        before = bound;
    }
}

/* Adds `count` rows, shuffled with `key`, to the parts. Each part must have room for them. */
static void add_shares(uint32_t *rows, size_t count, uint64_t key,
                       const double share[DATASET_PARTS], struct split *split)
{
    size_t wanted[DATASET_PARTS];

    random_shuffle(key, rows, count);
    share_out(count, share, wanted);
    for (int part = 0; part < DATASET_PARTS; part++) {
        memcpy(split->rows[part] + split->count[part], rows, wanted[part] * sizeof *rows);
        split->count[part] += wanted[part];
        rows += wanted[part];
    }
}

/* The rows with `label` in ascending order; all rows for -1. */
static size_t rows_of_label(const struct dataset *dataset, int label, uint32_t *ret_rows)
{
    size_t count = 0;

    for (size_t row = 0; row < dataset->count; row++)
        if (label < 0 || dataset->labels[row] == label)
            ret_rows[count++] = (uint32_t)row;
    return count;
}

static mien_status split_ratio(const struct dataset *dataset, const struct split_options *options,
                               struct split *split, mien_error *err)
{
    int groups = options->stratify ? dataset->label_count : 1;
    uint32_t *rows = new_rows(dataset->count, err);
    mien_status status = rows ? MIEN_OK : MIEN_ENOMEM;

    for (int part = 0; part < DATASET_PARTS; part++)
        split->count[part] = dataset->count; /* an upper bound */
    if (!status)
        status = reserve_parts(split, err);
    memset(split->count, 0, sizeof split->count);
    for (int group = 0; !status && group < groups; group++) {
        uint64_t key = random_key(options->seed, SPLIT_STREAM + (uint64_t)group);
        size_t count = rows_of_label(dataset, options->stratify ? group : -1, rows);
        add_shares(rows, count, key, options->share, split);
    }
    /* Label by label is no order to train in. */
    for (int part = 0; !status && options->stratify && part < DATASET_PARTS; part++)
        random_shuffle(random_key(options->seed, SPLIT_STREAM - 1 - (uint64_t)part),
                       split->rows[part], split->count[part]);
    free(rows);
    return status;
}

mien_status split_new(const struct dataset *dataset, const struct split_options *options,
                      struct split *ret_split, mien_error *err)
{
    struct split_options defaults;
    struct split split = {.count = {0}};
    mien_status status;

    split_options_init(&defaults);
    if (!options)
        options = &defaults;
    switch (options->kind) {
    case SPLIT_DECK:
        status = split_deck(dataset->count, &split, err);
        break;
    case SPLIT_RATIO:
        status = split_ratio(dataset, options, &split, err);
        break;
    default:
        status = split_official(dataset, &split, err);
    }
    if (status)
        split_free(&split);
    else
        *ret_split = split;
    return status;
}

void split_free(struct split *split)
{
    if (!split)
        return;
    for (int part = 0; part < DATASET_PARTS; part++)
        free(split->rows[part]);
    memset(split, 0, sizeof *split);
}

/* The part whose name is the `length` characters at `name`, or -1. */
static int find_part(const char *name, size_t length)
{
    for (int part = 0; part < DATASET_PARTS; part++) {
        const char *right = dataset_part_name((enum dataset_part)part);
        if (strlen(right) == length && !strncmp(right, name, length))
            return part;
    }
    return -1;
}

/* Reads "test+validation" into the parts named and their number. */
static mien_status parse_parts(const char *text, enum dataset_part ret_parts[DATASET_PARTS],
                               int *ret_count, mien_error *err)
{
    bool named[DATASET_PARTS] = {false};
    const char *at = text;
    int count = 0;

    for (;;) {
        size_t length = strcspn(at, "+");
        int part = find_part(at, length);
        if (part < 0)
            return error_set(err, MIEN_EINVAL,
                             "part \"%.*s\": give train, test or validation, or several of them "
                             "like test+validation",
                             (int)(length < 64 ? length : 64), at);
        if (named[part])
            return error_set(err, MIEN_EINVAL, "parts \"%s\": %s is named twice", text,
                             dataset_part_name((enum dataset_part)part));
        named[part] = true;
        ret_parts[count++] = (enum dataset_part)part;
        if (!at[length])
            break;
        at += length + 1;
    }
    *ret_count = count;
    return MIEN_OK;
}

mien_status split_select(const struct split *split, const char *parts, uint32_t **ret_rows,
                         size_t *ret_count, mien_error *err)
{
    enum dataset_part chosen[DATASET_PARTS];
    size_t total = 0, filled = 0;
    int count = 0;
    mien_status status = parse_parts(parts, chosen, &count, err);
    uint32_t *rows;

    if (status)
        return status;
    for (int i = 0; i < count; i++)
        total += split->count[chosen[i]];
    if (total == 0)
        return error_set(err, MIEN_EINVAL,
                         "part %s: no row of the data set belongs to it; choose another part or "
                         "split",
                         parts);
    rows = new_rows(total, err);
    if (!rows)
        return MIEN_ENOMEM;
    for (int i = 0; i < count; i++) {
        memcpy(rows + filled, split->rows[chosen[i]], split->count[chosen[i]] * sizeof *rows);
        filled += split->count[chosen[i]];
    }
    *ret_rows = rows;
    *ret_count = total;
    return MIEN_OK;
}

void split_sha256(const uint32_t *rows, size_t count, uint8_t ret_digest[SHA256_BYTES])
{
    struct sha256 hash;

    sha256_init(&hash);
    for (size_t i = 0; i < count; i++) {
        uint8_t bytes[4] = {(uint8_t)rows[i], (uint8_t)(rows[i] >> 8), (uint8_t)(rows[i] >> 16),
                            (uint8_t)(rows[i] >> 24)};
        sha256_update(&hash, bytes, sizeof bytes);
    }
    sha256_final(&hash, ret_digest);
}

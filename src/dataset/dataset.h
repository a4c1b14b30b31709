/* dataset.h - labelled grey pictures in memory, read from a FER2013 CSV or a folder of pictures.
 * N rows, H x W pixels. Rows are counted from 0 in the order of the file, without its header.
 * SPDX-License-Identifier: MIT */
#ifndef DATASET_DATASET_H
#define DATASET_DATASET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/sha256.h"

struct thread_pool;

/* FER2013's Training, PublicTest and PrivateTest, in this order. */
enum dataset_part { DATASET_TRAIN, DATASET_VALIDATION, DATASET_TEST, DATASET_PARTS };

/* FER2013's labels are 0..6; folders may also hold FER+'s eighth, contempt. */
enum { DATASET_EXPRESSIONS = 7, DATASET_EXPRESSIONS_PLUS = 8 };

/* angry, disgust, fear, happy, sad, surprise, neutral, contempt. */
extern const char *const dataset_expressions[DATASET_EXPRESSIONS_PLUS];

enum { DATASET_SIZE_MIN = 8 };

struct dataset_options {
    bool skip_bad; /* count a row or picture that is wrong and go on; default false: fail */
    int size;      /* H = W, 8..512, default 48: a CSV must have it, pictures are brought to it */
    struct thread_pool *pool; /* decodes pictures of a folder; borrowed, default NULL */
};

/* A data set. Nothing changes it once it is open: any number of threads may read it. */
struct dataset {
    size_t count;       /* N, at least 1, at most INT32_MAX */
    int width, height;  /* W, H */
    uint8_t *pixels;    /* (N, H, W), 0 black to 255 white */
    uint16_t *labels;   /* (N), each below label_count */
    uint8_t *parts;     /* (N), enum dataset_part; DATASET_TRAIN where the source has no parts */
    int label_count;    /* 7 for a CSV */
    char **label_names; /* (label_count) */
    char **files;       /* (N), paths below the folder; NULL if the source is a CSV */
    size_t skipped;     /* wrong rows or pictures that skip_bad passed over */
    size_t scaled;      /* pictures of a folder that came in another size */
    bool has_parts;     /* the source names a part for every row */
};

void dataset_options_init(struct dataset_options *options);

/* Reads `path`: a CSV with the columns emotion, pixels and perhaps Usage (any order, spaces
 * around names and cells allowed), plain or packed (zip, tar, gz, zst, xz, bz2, as libarchive
 * knows them); or a folder of pictures, <part>/<label>/x.png or <label>/x.png (also jpg, jpeg).
 * "-" reads a CSV from standard input. `options` may be NULL for the defaults.
 * MIEN_EIO: cannot be read. MIEN_ECORRUPT: damaged or not a data set; the message names file,
 * line and byte column, and what would be right. */
mien_status dataset_open(const char *path, const struct dataset_options *options,
                         struct dataset *ret_dataset, mien_error *err);
void dataset_close(struct dataset *dataset);

/* The hash of the contents: size, label names, labels, parts and pixels. The same data have the
 * same one however they are packed. Takes time (83 MB for FER2013): ask once. */
void dataset_sha256(const struct dataset *dataset, uint8_t ret_digest[SHA256_BYTES]);

/* "train", "validation", "test". */
const char *dataset_part_name(enum dataset_part part);

/* Counts the labels of `rows` (count) into `ret_counts` (label_count). NULL rows: of all rows. */
void dataset_count_labels(const struct dataset *dataset, const uint32_t *rows, size_t count,
                          size_t *ret_counts);

/* (H, W), row `row`'s pixels. */
static inline const uint8_t *dataset_picture(const struct dataset *dataset, size_t row)
{
    return dataset->pixels + row * ((size_t)dataset->height * (size_t)dataset->width);
}

#endif

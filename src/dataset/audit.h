/* audit.h - what nobody looked for in a data set: pictures that are there twice, labels that
 * disagree about one picture, blank pictures, and crops that look wrong.
 * SPDX-License-Identifier: MIT */
#ifndef DATASET_AUDIT_H
#define DATASET_AUDIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "dataset/dataset.h"
#include "dataset/picture_measures.h"

struct thread_pool;

/* Two different pictures whose pixels correlate at least this much (Pearson's r, which brightness
 * and contrast do not change) are near-identical: copies that were resized, recompressed, shifted
 * by a pixel, written on, or mirrored. On FER2013 nearly all pairs above 0.92 show the same
 * photograph; other photographs of the same person in the same pose start below. */
#define AUDIT_NEAR_CORRELATION 0.95

/* What is wrong with a picture by itself, measured (picture_measures.h). A picture that looks
 * wrong need not be wrong: these are rows to look at. No rule compares pictures with the average
 * face: measured on FER2013, that flags people for the colour of their skin. */
enum audit_flag {
    AUDIT_BLANK = 1,        /* 95% of the pixels within 5 neighbouring levels: shows nothing */
    AUDIT_NEARLY_BLANK = 2, /* 70%: a placeholder, or almost nothing */
    AUDIT_FLAT = 4,         /* 50%: often text or a drawing */
    AUDIT_PLAIN_EDGE = 8,   /* a sixth of the side or more is one plain strip along an edge: often
                               cut beyond the photograph's border */
    AUDIT_BLURRED = 16,     /* sharpness below 0.2: out of focus, or enlarged from a few pixels */
};

enum { AUDIT_FLAGS = 5 };

/* Two near-identical pictures. */
struct audit_pair {
    uint32_t a, b;     /* rows, a < b, each the first of its group */
    float correlation; /* AUDIT_NEAR_CORRELATION to 1 */
    bool mirrored;     /* b is like a seen in a mirror */
};

/* Constant once made: any number of threads may read it. */
struct audit {
    size_t count; /* N, the data set's rows */
    uint32_t
        *first; /* (N), the first row with exactly this picture; the row itself if it is that */
    size_t distinct; /* different pictures */

    /* The groups of two or more rows with the same picture, by their first row. Group g's rows,
     * ascending, are group_rows[group_starts[g]] to group_rows[group_starts[g + 1] - 1]. */
    size_t group_count;
    uint32_t *group_rows;
    size_t *group_starts; /* (group_count + 1) */

    struct audit_pair *near; /* (near_count), by a, then b */
    size_t near_count;

    struct picture_measures *measures; /* (N) */
    uint8_t *flags;                    /* (N), enum audit_flag; of blank to flat the worst alone */
};

/* `pool` may be NULL. The result is the same at any number of threads. */
mien_status audit_new(const struct dataset *dataset, struct thread_pool *pool,
                      struct audit *ret_audit, mien_error *err);

/* Accepts NULL and a zeroed struct. */
void audit_free(struct audit *audit);

/* "blank", "nearly blank", "flat", "plain edge", "blurred". */
const char *audit_flag_name(enum audit_flag flag);

/* How pictures repeat within and across parts. */
struct audit_twins {
    /* Rows of part p of which part q holds another row with exactly / nearly the same picture. */
    size_t exact[DATASET_PARTS][DATASET_PARTS];
    size_t near[DATASET_PARTS][DATASET_PARTS]; /* and none with exactly the same */
    uint32_t *twin; /* (N), a row with the same picture in an earlier part (train, validation,
                       test), exact before near; UINT32_MAX: none, the row is no leak */
};

/* The part of a row that is in none. */
#define AUDIT_NO_PART 255

/* `parts` (N): enum dataset_part or AUDIT_NO_PART. */
mien_status audit_twins_new(const struct audit *audit, const uint8_t *parts,
                            struct audit_twins *ret_twins, mien_error *err);
void audit_twins_free(struct audit_twins *twins);

enum { AUDIT_PAIR_LABELS = 200 };

/* The groups of identical pictures with more than one label. */
struct audit_conflicts {
    size_t groups, rows;
    size_t *pairs; /* (labels, labels), symmetric: groups that hold both labels; on the diagonal
                      those with two rows of that label. NULL for more than AUDIT_PAIR_LABELS */
};

mien_status audit_conflicts_new(const struct audit *audit, const struct dataset *dataset,
                                struct audit_conflicts *ret_conflicts, mien_error *err);
void audit_conflicts_free(struct audit_conflicts *conflicts);

/* Whether the rows of group `group` have different labels. */
bool audit_group_disagrees(const struct audit *audit, const struct dataset *dataset, size_t group);

#endif

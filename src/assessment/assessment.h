/* assessment.h - how good a model is on rows of a data set: all figures, and their page.
 * N measured pictures, L labels of the model.
 * SPDX-License-Identifier: MIT */
#ifndef ASSESSMENT_ASSESSMENT_H
#define ASSESSMENT_ASSESSMENT_H

#include <jansson.h>

#include "dataset/dataset.h"
#include "evaluation/answers.h"
#include "evaluation/calibration.h"
#include "evaluation/comparison.h"
#include "evaluation/intervals.h"
#include "evaluation/metrics.h"
#include "evaluation/prediction.h"
#include "evaluation/provenance.h"
#include "network/model.h"

/* What is measured. All is borrowed as long as the assessment lives. */
struct assessment_subject {
    const char *model_name;    /* as the user wrote it */
    const struct model *model; /* has labels */
    const char *source, *part; /* the data set's name and the part, for headings */
    const char *split_name;    /* how it was split */
    const struct dataset *dataset;
    const struct split *split;
    const uint32_t *rows;   /* (N) */
    const uint16_t *labels; /* (N), the model's labels */
    size_t count;           /* N, at least 1 */
};

/* A choice of pictures without those that the model may have seen. */
enum assessment_choice { WITHOUT_IDENTICAL, WITHOUT_NEAR, ASSESSMENT_CHOICES };

/* The figures of some pictures; `count` is 0 where a choice takes all or none and has no figures of
 * its own. */
struct chosen_figures {
    size_t count, correct;
    struct interval intervals[FIGURES];
};

struct assessment {
    struct assessment_subject subject;
    int output;                 /* the network's "expression" */
    size_t classes;             /* L */
    struct predictions said;    /* probabilities, of every output */
    const float *probabilities; /* (N, L) those of "expression" */
    struct answers answers;
    struct metrics *metrics;
    struct interval intervals[FIGURES];
    struct calibration calibration;
    struct coverage coverage;
    struct provenance provenance;
    struct chosen_figures choices[ASSESSMENT_CHOICES];
};

/* Runs the model and measures. `pool` may be NULL. */
mien_status assessment_new(const struct assessment_subject *subject, struct thread_pool *pool,
                           struct assessment *ret_assessment, mien_error *err);

/* Accepts a zeroed struct. */
void assessment_free(struct assessment *assessment);

/* The figures of all answers. `pool` may be NULL. */
mien_status chosen_figures_new(const struct answers *answers, struct thread_pool *pool,
                               struct chosen_figures *ret_figures, mien_error *err);

/* The figures of the pictures that `choice` leaves if the answers are `probabilities` (N, L). */
mien_status assessment_choose(const struct assessment *assessment, const float *probabilities,
                              enum assessment_choice choice, struct thread_pool *pool,
                              struct chosen_figures *ret_figures, mien_error *err);

/* The picture numbers of wrong answers (count up to `most`), the most certain first, -1 for any
 * label and any answer. Returns how many there are in `ret_pictures`. */
size_t assessment_mistakes(const struct assessment *assessment, int actual, int predicted,
                           uint32_t *ret_pictures, size_t most);

/* Two labels that are confused. */
struct confused_pair {
    size_t actual, predicted, count;
};

/* The pairs (up to `most`) that are confused most often. */
size_t assessment_confused(const struct assessment *assessment, struct confused_pair *ret_pairs,
                           size_t most);

/* What a page may hold besides; NULL where it was not asked for. */
struct assessment_extras {
    const struct robustness *robustness;
    const struct vote_figures *votes;
    const struct view_figures *views; /* (VIEW_SETS) */
};

/* Writes report.html, its figures and summary.json into `folder`, which exists; NULL: nothing is
 * written, and only the summary returned. The caller releases `ret_summary`. */
mien_status assessment_write(const struct assessment *assessment,
                             const struct assessment_extras *extras, const char *folder,
                             struct thread_pool *pool, json_t **ret_summary, mien_error *err);

/* The same for two models on the same pictures. */
mien_status assessment_write_comparison(const struct assessment *a, const struct assessment *b,
                                        const struct comparison *comparison, const char *folder,
                                        struct thread_pool *pool, json_t **ret_summary,
                                        mien_error *err);

/* "They differ: ..." or "No difference is shown: ...", in `ret_text`. */
void assessment_verdict(const struct assessment *a, const struct assessment *b,
                        const struct comparison *comparison, char ret_text[512]);

#endif

/* explore.h - a data set as figures, tables and a page: what it holds, what its labels look like,
 * what is wrong with it.
 * SPDX-License-Identifier: MIT */
#ifndef EXPLORE_EXPLORE_H
#define EXPLORE_EXPLORE_H

#include <jansson.h>

#include "base/text.h"
#include "dataset/audit.h"
#include "dataset/dataset.h"
#include "dataset/votes.h"
#include "network/model.h"

struct explore_options {
    const char *source;        /* the data set's name, for the headings */
    const char *split;         /* how it was split, for the captions */
    uint64_t seed;             /* of what is drawn at random; default 0 */
    const struct votes *votes; /* default NULL: none */
    const struct model *model; /* a classifier whose embedding is mapped; default NULL: none */
    struct thread_pool *pool;  /* default NULL: one thread */
};

/* Adds the data set as text, as a notebook's head() shows it: its size, its parts, what is
 * missing, and the first rows. `parts` (N): enum dataset_part or AUDIT_NO_PART. */
void explore_head(const struct dataset *dataset, const uint8_t *parts, const char *source,
                  struct text *text);

/* Writes the whole exploration into `folder`, which exists: report.html, each figure as PNG and
 * SVG, summary.json. `ret_summary` is what summary.json holds; the caller releases it with
 * json_decref(). */
mien_status explore_write(const struct dataset *dataset, const uint8_t *parts,
                          const struct explore_options *options, const char *folder,
                          json_t **ret_summary, mien_error *err);

/* The same for an audit alone: its page, its figures, and summary.json, all in `folder`; NULL:
 * nothing is written, and only the summary returned. */
mien_status explore_audit(const struct dataset *dataset, const struct audit *audit,
                          const uint8_t *parts, const struct explore_options *options,
                          const char *folder, json_t **ret_summary, mien_error *err);

#endif

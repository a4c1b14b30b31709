/* model_report.h - a network's figures on rows of a data set, as commands print them.
 * SPDX-License-Identifier: MIT */
#ifndef CLI_MODEL_REPORT_H
#define CLI_MODEL_REPORT_H

#include <jansson.h>

#include "base/thread_pool.h"
#include "dataset/dataset.h"
#include "evaluation/metrics.h"
#include "network/network.h"

/* Predicts the output "expression" for the rows and measures it. The data set's labels are the
 * network's, in the same order. */
mien_status model_metrics(const struct network *network, struct thread_pool *pool,
                          const struct dataset *dataset, const uint32_t *rows, size_t count,
                          struct metrics **ret_metrics, mien_error *err);

/* The figures of every label, and the confusion matrix, as text tables on stdout. */
void model_report_labels(const struct metrics *metrics, const char *const *label_names);

/* The metrics with their 95% interval as text tables on stdout. */
void model_report_print(const struct metrics *metrics, const char *const *label_names);

/* ... and as a JSON object; NULL if out of memory. */
json_t *model_report_json(const struct metrics *metrics, const char *const *label_names);

#endif

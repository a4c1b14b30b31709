/* training_report.h - a training as it goes: its progress line, its table and its charts.
 * SPDX-License-Identifier: MIT */
#ifndef CLI_TRAINING_REPORT_H
#define CLI_TRAINING_REPORT_H

#include "training/trainer.h"

/* The progress line, kept at the end of an epoch. */
void training_report_show(const struct training_progress *progress);

/* Writes history.csv, loss.svg, accuracy.svg and learning_rate.svg into the folder, which is made
 * if it is not there. The loss of training is of all outputs by the recipe's weights; the chart
 * adds up validation's in the same way. */
mien_status training_report_write(const struct training_history *history,
                                  const struct recipe *recipe, const char *folder, mien_error *err);

#endif

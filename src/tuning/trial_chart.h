/* trial_chart.h - all trials of a search as lines across the fields, to see which values go with
 * high accuracies.
 * SPDX-License-Identifier: MIT */
#ifndef TUNING_TRIAL_CHART_H
#define TUNING_TRIAL_CHART_H

#include "tuning/tuner.h"

/* Draws the trials that were trained at all into `path`, which chart_write() must know by its
 * ending. MIEN_EINVAL if there are none. */
mien_status trial_chart_write(const struct tuner *tuner, const char *path, mien_error *err);

#endif

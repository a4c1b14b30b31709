/* trial_report.h - what became of a search, on stdout.
 * SPDX-License-Identifier: MIT */
#ifndef CLI_TRIAL_REPORT_H
#define CLI_TRIAL_REPORT_H

#include "tuning/tuner.h"

/* A search of which a trial is the best; `recipe` is the file with that one's recipe. */
mien_status trial_report_print(const struct tuner *tuner, const char *recipe, mien_error *err);
mien_status trial_report_json(const struct tuner *tuner, const char *recipe, mien_error *err);

#endif

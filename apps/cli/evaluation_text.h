/* evaluation_text.h - an assessment as text on stdout.
 * SPDX-License-Identifier: MIT */
#ifndef CLI_EVALUATION_TEXT_H
#define CLI_EVALUATION_TEXT_H

#include "assessment/assessment.h"
#include "assessment/view_figures.h"
#include "evaluation/robustness.h"

mien_status evaluation_text_print(const struct assessment *assessment, mien_error *err);

void evaluation_text_compare(const struct assessment *a, const struct assessment *b,
                             const struct comparison *comparison);

void evaluation_text_votes(const struct vote_figures *votes);

void evaluation_text_views(const struct view_figures views[VIEW_SETS]);

void evaluation_text_robustness(const struct robustness *robustness);

#endif

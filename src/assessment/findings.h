/* findings.h - what the sections of an assessment's page share, and the sections.
 * SPDX-License-Identifier: MIT */
#ifndef ASSESSMENT_FINDINGS_H
#define ASSESSMENT_FINDINGS_H

#include "assessment/assessment.h"
#include "page/page.h"

/* More labels than these are not drawn: charts by label would be unreadable. */
enum { FINDINGS_LABELS = 24 };

struct findings {
    const struct assessment *assessment;
    struct assessment_extras extras;
    struct page *page;
    const char *const *names; /* (L) the labels as UTF-8 */
};

/* Each section adds to the page and to its summary. */
typedef mien_status findings_section(struct findings *findings, mien_error *err);

findings_section findings_figures, findings_past, findings_confusion, findings_mistakes,
    findings_curves, findings_calibration, findings_votes, findings_views, findings_robustness;

/* Picture `number` of the measured ones for a grid: what was said and what the label is. */
struct chart_picture findings_picture(struct findings *findings, uint32_t number);

/* "0.5682 (0.5536 to 0.5828)" */
const char *findings_interval_text(struct page *page, const struct interval *interval);

/* What is known of the model's training and the measured pictures, as text with its warnings, and
 * as figures. */
void findings_tell_past(struct page *page, const struct provenance *provenance);
json_t *findings_past_json(const struct provenance *provenance);

/* A number, or null if it is none. */
json_t *findings_number(double value);

/* The rows of the confusion matrix, each the counts of its predicted labels. */
json_t *findings_confusion_json(const struct metrics *metrics);

/* Sets `key` and, as a list of two, `key`_interval. */
void findings_set_interval(json_t *object, const char *key, const struct interval *interval);

/* The figures of some pictures; and, in `object`, those of each choice that has its own. */
json_t *findings_chosen_json(const struct chosen_figures *chosen);
void findings_set_choices(json_t *object, const struct chosen_figures choices[ASSESSMENT_CHOICES]);

/* What is said of the votes. */
json_t *findings_votes_json(const struct vote_figures *votes);

/* Answers of which the unsure ones can be kept back. */
struct answered {
    const struct coverage *coverage;
    const struct answer_rule *rule; /* the model's own */
    const char *figure;             /* the name of the chart's files */
};

/* Accuracy by coverage as a chart, a table and, in `object`, the keys "coverage" and
 * "uncertain_rule". */
mien_status findings_coverage(struct page *page, const struct answered *answered, json_t *object,
                              mien_error *err);

/* The label names of an assessment as UTF-8 in the arena; NULL without memory. */
const char *const *findings_names(struct page *page, const struct assessment *assessment);

#endif

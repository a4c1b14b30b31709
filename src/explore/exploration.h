/* exploration.h - what the sections of the exploration share, and the sections.
 * N rows, L labels, H x W pixels.
 * SPDX-License-Identifier: MIT */
#ifndef EXPLORE_EXPLORATION_H
#define EXPLORE_EXPLORATION_H

#include "chart/number_text.h"
#include "explore/explore.h"
#include "page/page.h"

/* The most labels that are shown in figures and tables. */
enum { EXPLORATION_LABELS = 24 };

struct exploration {
    const struct dataset *dataset;
    const uint8_t *parts; /* (N) */
    struct explore_options options;
    const struct audit *audit;
    const struct audit_twins *twins;
    const struct audit_conflicts *conflicts;

    struct page page;

    size_t part_rows[DATASET_PARTS];
    size_t *counts;           /* (DATASET_PARTS + 1, L): rows by part, and of all */
    size_t used_labels;       /* labels that have pictures */
    size_t shown_count;       /* labels shown: all that have pictures, or the most frequent */
    uint16_t *shown;          /* (shown_count), ascending */
    const char **shown_names; /* (shown_count) */
};

/* Fills in the counts and the shown labels. */
mien_status exploration_count(struct exploration *exploration, mien_error *err);

/* Rows of all parts together, by label. */
static inline const size_t *exploration_counts(const struct exploration *exploration, int part)
{
    return exploration->counts + (size_t)part * (size_t)exploration->dataset->label_count;
}

enum { EXPLORATION_ALL = DATASET_PARTS }; /* as a part of exploration_counts() */

/* What a random choice is for: choices of different purposes are independent. */
enum exploration_purpose { EXPLORATION_SAMPLES = 1, EXPLORATION_LABEL_SAMPLES, EXPLORATION_MAP };

/* Fills `ret_rows` with up to `most` different rows of `label` (-1: of any), drawn at random by
 * the seed; returns how many. `all_rows` (N) is scratch. */
size_t exploration_draw(const struct exploration *exploration, enum exploration_purpose purpose,
                        int label, uint32_t *all_rows, uint32_t *ret_rows, size_t most);

/* Row `row` as a picture of a grid: its label is the title, and more is told when pointed at. */
struct chart_picture exploration_picture(struct exploration *exploration, uint32_t row);

/* The name of the label of row `row`, and of its part ("" in none). */
const char *exploration_label(const struct exploration *exploration, uint32_t row);
const char *exploration_part(const struct exploration *exploration, uint32_t row);

/* The sections, in the order of the page. Each adds to the report and to the summary. */
typedef mien_status exploration_section(struct exploration *exploration, mien_error *err);

exploration_section section_data, section_samples, section_labels, section_faces, section_light,
    section_map, section_votes, section_audit;

#endif

/* section_data.c - what the data set is: size, parts, first rows.
 * SPDX-License-Identifier: MIT */
#include "explore/exploration.h"

static json_t *parts_json(const struct exploration *exploration)
{
    json_t *parts = json_object();

    for (int part = 0; part < DATASET_PARTS; part++)
        json_object_set_new(parts, dataset_part_name((enum dataset_part)part),
                            json_integer((json_int_t)exploration->part_rows[part]));
    return parts;
}

mien_status section_data(struct exploration *exploration, mien_error *err)
{
    const struct dataset *dataset = exploration->dataset;
    struct report_fact facts[4 + DATASET_PARTS] = {
        {"pictures", page_count(&exploration->page, dataset->count)},
        {"different pictures", page_count(&exploration->page, exploration->audit->distinct)},
        {"pixels each",
         arena_text(&exploration->page.arena, "%d x %d", dataset->width, dataset->height)},
        {"labels", page_count(&exploration->page, (size_t)dataset->label_count)},
    };
    size_t count = 4;
    struct text head = {0};

    report_section(&exploration->page.report, "data", "The data");
    for (int part = 0; part < DATASET_PARTS; part++)
        if (exploration->part_rows[part])
            facts[count++] =
                (struct report_fact){dataset_part_name((enum dataset_part)part),
                                     page_count(&exploration->page, exploration->part_rows[part])};
    report_facts(&exploration->page.report, facts, count);
    explore_head(dataset, exploration->parts, exploration->options.source, &head);
    if (head.failed) {
        text_free(&head);
        return page_no_memory(err);
    }
    report_lines(&exploration->page.report, head.data);
    text_free(&head);
    json_object_set_new(
        exploration->page.summary, "data",
        json_pack("{s:I, s:I, s:i, s:i, s:i, s:I, s:o}", "rows", (json_int_t)dataset->count,
                  "distinct", (json_int_t)exploration->audit->distinct, "width", dataset->width,
                  "height", dataset->height, "labels", dataset->label_count, "skipped",
                  (json_int_t)dataset->skipped, "parts", parts_json(exploration)));
    return MIEN_OK;
}

/* explore.c - the page of a data set and the page of an audit, put together from their sections.
 * SPDX-License-Identifier: MIT */
#include "explore/explore.h"

#include "explore/exploration.h"

/* What a page begins with. */
static void start_page(struct exploration *exploration, const char *kind)
{
    const struct dataset *dataset = exploration->dataset;
    struct arena *arena = &exploration->page.arena;

    report_start(&exploration->page.report,
                 arena_text(arena, "%s: %s", kind, exploration->options.source),
                 arena_text(arena, "%s pictures of %d x %d pixels, %d labels; split: %s; seed %llu",
                            page_count(&exploration->page, dataset->count), dataset->width,
                            dataset->height, dataset->label_count, exploration->options.split,
                            (unsigned long long)exploration->options.seed));
    json_object_set_new(exploration->page.summary, "source",
                        json_string(page_valid(&exploration->page, exploration->options.source)));
    json_object_set_new(exploration->page.summary, "split",
                        json_string(exploration->options.split));
    json_object_set_new(exploration->page.summary, "seed",
                        json_integer((json_int_t)exploration->options.seed));
}

static mien_status add_sections(struct exploration *exploration,
                                exploration_section *const *sections, mien_error *err)
{
    mien_status status = MIEN_OK;

    for (; !status && *sections; sections++)
        status = (*sections)(exploration, err);
    return status ? status : page_check(&exploration->page, err);
}

/* Makes a page of `sections` in `folder`; NULL: only its summary. */
static mien_status make_page(struct exploration *exploration, const char *kind,
                             exploration_section *const *sections, const char *folder,
                             json_t **ret_summary, mien_error *err)
{
    struct audit_twins twins = {0};
    struct audit_conflicts conflicts = {0};
    mien_status status = audit_twins_new(exploration->audit, exploration->parts, &twins, err);

    if (!status)
        status = audit_conflicts_new(exploration->audit, exploration->dataset, &conflicts, err);
    exploration->twins = &twins;
    exploration->conflicts = &conflicts;
    page_init(&exploration->page);
    if (!status)
        status = exploration_count(exploration, err);
    if (!status) {
        start_page(exploration, kind);
        status = add_sections(exploration, sections, err);
    }
    if (!status && folder)
        status = page_write(&exploration->page, folder, exploration->options.pool, err);
    if (!status && ret_summary)
        *ret_summary = json_incref(exploration->page.summary);
    audit_twins_free(&twins);
    audit_conflicts_free(&conflicts);
    page_free(&exploration->page);
    return status;
}

mien_status explore_write(const struct dataset *dataset, const uint8_t *parts,
                          const struct explore_options *options, const char *folder,
                          json_t **ret_summary, mien_error *err)
{
    static exploration_section *const sections[] = {section_data,  section_samples, section_labels,
                                                    section_faces, section_light,   section_map,
                                                    section_votes, section_audit,   NULL};
    struct exploration exploration = {.dataset = dataset, .parts = parts, .options = *options};
    struct audit audit;
    mien_status status = audit_new(dataset, options->pool, &audit, err);

    if (status)
        return status;
    exploration.audit = &audit;
    status = make_page(&exploration, "Exploration", sections, folder, ret_summary, err);
    audit_free(&audit);
    return status;
}

mien_status explore_audit(const struct dataset *dataset, const struct audit *audit,
                          const uint8_t *parts, const struct explore_options *options,
                          const char *folder, json_t **ret_summary, mien_error *err)
{
    static exploration_section *const sections[] = {section_data, section_audit, NULL};
    struct exploration exploration = {
        .dataset = dataset, .parts = parts, .options = *options, .audit = audit};

    return make_page(&exploration, "Audit", sections, folder, ret_summary, err);
}

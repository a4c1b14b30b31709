/* explore.c - the page of a data set and the page of an audit, put together from their sections.
 * SPDX-License-Identifier: MIT */
#include "explore/explore.h"

#include <stdio.h>

#include "base/file.h"
#include "explore/exploration.h"

/* What a page begins with. */
static void start_page(struct exploration *exploration, const char *kind)
{
    const struct dataset *dataset = exploration->dataset;
    struct arena *arena = &exploration->arena;

    report_start(&exploration->report,
                 arena_text(arena, "%s: %s", kind, exploration->options.source),
                 arena_text(arena, "%s pictures of %d x %d pixels, %d labels; split: %s; seed %llu",
                            exploration_number(exploration, dataset->count), dataset->width,
                            dataset->height, dataset->label_count, exploration->options.split,
                            (unsigned long long)exploration->options.seed));
    json_object_set_new(exploration->summary, "source",
                        json_string(exploration_valid(exploration, exploration->options.source)));
    json_object_set_new(exploration->summary, "split", json_string(exploration->options.split));
    json_object_set_new(exploration->summary, "seed",
                        json_integer((json_int_t)exploration->options.seed));
}

static mien_status add_sections(struct exploration *exploration,
                                exploration_section *const *sections, mien_error *err)
{
    mien_status status = MIEN_OK;

    for (; !status && *sections; sections++)
        status = (*sections)(exploration, err);
    if (!status && (exploration->arena.failed || report_failed(&exploration->report)))
        status = exploration_no_memory(err);
    return status;
}

static mien_status write_summary(const json_t *summary, const char *folder, mien_error *err)
{
    struct text path = {0};
    struct atomic_file file = {0};
    mien_status status;

    text_add(&path, "%s/summary.json", folder);
    status = path.failed ? exploration_no_memory(err) : atomic_file_open(path.data, &file, err);
    if (!status && json_dumpf(summary, file.stream, JSON_INDENT(2) | JSON_REAL_PRECISION(9))) {
        atomic_file_abandon(&file);
        status = error_set(err, MIEN_EIO, "%s: cannot be written", path.data);
    } else if (!status) {
        fputc('\n', file.stream);
        status = atomic_file_commit(&file, err);
    }
    text_free(&path);
    return status;
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
    exploration->summary = json_object();
    if (!status)
        status = exploration_count(exploration, err);
    if (!status) {
        start_page(exploration, kind);
        status = add_sections(exploration, sections, err);
    }
    if (!status && folder)
        status = report_write(&exploration->report, folder, exploration->options.pool, err);
    if (!status && folder)
        status = write_summary(exploration->summary, folder, err);
    if (!status && ret_summary)
        *ret_summary = json_incref(exploration->summary);
    audit_twins_free(&twins);
    audit_conflicts_free(&conflicts);
    exploration_free(exploration);
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

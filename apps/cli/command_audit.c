/* command_audit.c - `mien audit`: twins, labels that disagree, blank and suspicious pictures.
 * SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "audit_list.h"
#include "base/file.h"
#include "base/thread_pool.h"
#include "command.h"
#include "data_parts.h"
#include "explore/explore.h"
#include "output.h"

struct values {
    struct data_values data;
    const char *out, *list, *kinds;
    int64_t jobs;
    bool force, json;
};

static const struct values defaults = {.kinds = AUDIT_KIND_DEFAULTS};

static const struct option options[] = {
    DATA_OPTIONS(struct values),
    {"list", 0, "FILE", "write the rows at fault, one a line, for --exclude; - is standard output",
     OPTION_STRING(struct values, list)},
    {"kinds", 0, "KINDS", "the faults that --list names: " AUDIT_KIND_NAMES,
     OPTION_STRING(struct values, kinds)},
    {"out", 'o', "DIR", "folder for report.html with the pictures side by side, and summary.json",
     OPTION_STRING(struct values, out)},
    OPTION_JOBS(struct values),
    OPTION_FORCE(struct values),
    OPTION_JSON(struct values),
    {0},
};

static bool lists_on_stdout(const struct values *values)
{
    return values->list && !strcmp(values->list, "-");
}

static mien_status write_list(const struct values *values, const struct audit_findings *findings,
                              mien_error *err)
{
    struct atomic_file file;
    mien_status status;
    int kinds;

    status = audit_kinds_parse(values->kinds, &kinds, err);
    if (status)
        return status;
    if (lists_on_stdout(values))
        return audit_list_write(findings, kinds, stdout, err);
    status = atomic_file_open(values->list, &file, err);
    if (status)
        return status;
    status = audit_list_write(findings, kinds, file.stream, err);
    if (!status)
        return atomic_file_commit(&file, err);
    atomic_file_abandon(&file);
    return status;
}

static void print_twins(const struct audit_findings *findings)
{
    static const enum dataset_part order[DATASET_PARTS] = {DATASET_TRAIN, DATASET_TEST,
                                                           DATASET_VALIDATION};
    size_t rows[DATASET_PARTS] = {0};

    for (size_t row = 0; row < findings->audit->count; row++)
        if (findings->parts[row] != AUDIT_NO_PART)
            rows[findings->parts[row]]++;
    printf("\n%-12s %10s  %-16s %10s %10s\n", "rows of", "rows", "with a twin in", "identical",
           "near only");
    for (int i = 0; i < DATASET_PARTS; i++)
        for (int j = 0; j < DATASET_PARTS; j++)
            if (rows[order[i]] && rows[order[j]])
                printf("%-12s %10zu  %-16s %10zu %10zu\n", dataset_part_name(order[i]),
                       rows[order[i]], dataset_part_name(order[j]),
                       findings->twins->exact[order[i]][order[j]],
                       findings->twins->near[order[i]][order[j]]);
}

static void print_flags(const struct audit *audit)
{
    printf("\n%-16s %10s\n", "looks", "rows");
    for (int i = 0; i < AUDIT_FLAGS; i++) {
        size_t rows = 0;
        for (size_t row = 0; row < audit->count; row++)
            rows += audit->flags[row] >> i & 1;
        printf("%-16s %10zu\n", audit_flag_name((enum audit_flag)(1 << i)), rows);
    }
}

static mien_status print_text(const struct command_line *line,
                              const struct audit_findings *findings, mien_error *err)
{
    const struct values *values = line->values;
    const struct audit *audit = findings->audit;
    struct audit_conflicts conflicts;
    size_t mirrored = 0;
    mien_status status = audit_conflicts_new(audit, findings->dataset, &conflicts, err);

    if (status)
        return status;
    for (size_t i = 0; i < audit->near_count; i++)
        mirrored += audit->near[i].mirrored;
    printf("data set        %s\n", line->arguments[0]);
    printf("pictures        %zu, %zu of them different\n", audit->count, audit->distinct);
    printf("identical       %zu groups of %zu rows\n", audit->group_count,
           audit->group_starts[audit->group_count]);
    printf("labels disagree in %zu of these groups, %zu rows\n", conflicts.groups, conflicts.rows);
    printf("near-identical  %zu pairs, %zu of them mirrored\n", audit->near_count, mirrored);
    print_twins(findings);
    print_flags(audit);
    if (values->list)
        printf("\nlist            %s\n", values->list);
    if (values->out)
        printf("%sreport          %s/report.html\n", values->list ? "" : "\n", values->out);
    audit_conflicts_free(&conflicts);
    return MIEN_OK;
}

static mien_status tell(const struct command_line *line, const struct data_parts *data,
                        const struct audit_findings *findings, struct thread_pool *pool,
                        mien_error *err)
{
    const struct values *values = line->values;
    struct explore_options explore = {
        .source = line->arguments[0], .split = data->split, .pool = pool};
    json_t *summary = NULL;
    mien_status status = MIEN_OK;

    if (values->out)
        status = data_parts_make_folder(values->out, err);
    if (!status && values->list)
        status = write_list(values, findings, err);
    if (!status && (values->out || values->json))
        status = explore_audit(findings->dataset, findings->audit, findings->parts, &explore,
                               values->out, &summary, err);
    if (status)
        return status;
    if (values->json)
        return output_json(summary, err);
    json_decref(summary);
    return lists_on_stdout(values) ? MIEN_OK : print_text(line, findings, err);
}

static int audit(const struct command_line *line, struct thread_pool *pool)
{
    const struct values *values = line->values;
    struct data_request request = {
        .path = line->arguments[0], .values = values->data, .pool = pool};
    struct data_parts data;
    struct audit found = {0};
    struct audit_twins twins = {0};
    mien_error err;
    int status = data_parts_open(line, &request, &data);

    if (status)
        return status;
    struct audit_findings findings = {&data.dataset, data.parts, &found, &twins};
    if (audit_new(&data.dataset, pool, &found, &err) ||
        audit_twins_new(&found, data.parts, &twins, &err) ||
        tell(line, &data, &findings, pool, &err))
        status = command_failed(line, &err);
    audit_twins_free(&twins);
    audit_free(&found);
    data_parts_close(&data);
    return status;
}

static int run(const struct command_line *line)
{
    const struct values *values = line->values;
    struct thread_pool *pool;
    mien_error err;
    int status, kinds;

    if (audit_kinds_parse(values->kinds, &kinds, &err))
        return command_wrong_usage(line, "--kinds: %s", err.message);
    if (lists_on_stdout(values) && values->json)
        return command_wrong_usage(line, "--list -: --json prints on standard output, too");
    if (values->list && !lists_on_stdout(values) &&
        output_check_new(values->list, values->force, &err))
        return command_failed(line, &err);
    if (values->out && data_parts_check_folder(values->out, values->force, &err))
        return command_failed(line, &err);
    if (thread_pool_new((int)values->jobs, &pool, &err))
        return command_failed(line, &err);
    status = audit(line, pool);
    thread_pool_free(pool);
    return status;
}

const struct command command_audit = {
    .name = "audit",
    .summary = "Find twins, contradictory labels, blank and suspicious pictures.",
    .arguments = "DATASET",
    .details =
        "Pictures are twins if they are identical byte for byte, or near-identical: copies that\n"
        "were cut, compressed, brightened, written on or mirrored. A test picture with a twin in\n"
        "train is no test.\n"
        "\n"
        "leaks: rows of validation and test whose picture an earlier part has, too (train comes\n"
        "before validation, validation before test); near-leaks: nearly the picture. duplicates:\n"
        "rows whose picture an earlier row of their part has. conflicts: rows whose picture has\n"
        "several labels. blank: one grey level fills 70% of the picture. crops: one grey level\n"
        "fills half of it, a sixth of its side is a plain strip, or it is blurred.\n",
    .options = options,
    .run = run,
    COMMAND_VALUES(struct values, &defaults),
};

/* section_audit.c - the findings of an audit: twins, labels that disagree, blank and suspicious
 * pictures, side by side.
 * SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "explore/exploration.h"

enum { PAIRS = 16, GROUPS = 20, SUSPECTS = 24, TOLD_ROWS = 8 };

/* Each picture is shown with the worse of its faults. */
enum { BLANKS = AUDIT_BLANK | AUDIT_NEARLY_BLANK };
enum { CROPS = AUDIT_FLAT | AUDIT_PLAIN_EDGE | AUDIT_BLURRED };

/* train, test, validation: the order of tables. */
static const enum dataset_part order[DATASET_PARTS] = {DATASET_TRAIN, DATASET_TEST,
                                                       DATASET_VALIDATION};

static size_t count_leaks(const struct exploration *exploration, int part)
{
    size_t leaks = 0;

    for (size_t row = 0; row < exploration->audit->count; row++)
        leaks += exploration->parts[row] == part && exploration->twins->twin[row] != UINT32_MAX;
    return leaks;
}

static size_t count_flag(const struct audit *audit, int flag)
{
    size_t rows = 0;

    for (size_t row = 0; row < audit->count; row++)
        rows += (audit->flags[row] & flag) != 0;
    return rows;
}

static json_t *twins_json(const struct exploration *exploration)
{
    json_t *twins = json_object();

    for (int p = 0; p < DATASET_PARTS; p++) {
        json_t *part = json_object();
        for (int q = 0; q < DATASET_PARTS; q++)
            json_object_set_new(part, dataset_part_name((enum dataset_part)q),
                                json_pack("{s:I, s:I}", "exact",
                                          (json_int_t)exploration->twins->exact[p][q], "near",
                                          (json_int_t)exploration->twins->near[p][q]));
        json_object_set_new(twins, dataset_part_name((enum dataset_part)p), part);
    }
    return twins;
}

static json_t *flags_json(const struct audit *audit)
{
    json_t *flags = json_object();

    for (int i = 0; i < AUDIT_FLAGS; i++)
        json_object_set_new(flags, audit_flag_name((enum audit_flag)(1 << i)),
                            json_integer((json_int_t)count_flag(audit, 1 << i)));
    return flags;
}

/* The audit's figures; the caller owns them. */
static json_t *audit_json(const struct exploration *exploration)
{
    const struct audit *audit = exploration->audit;
    size_t mirrored = 0;

    for (size_t i = 0; i < audit->near_count; i++)
        mirrored += audit->near[i].mirrored;
    return json_pack(
        "{s:I, s:I, s:{s:I, s:I, s:I, s:I}, s:{s:I, s:I}, s:o, s:{s:I, s:I}, s:o}", "rows",
        (json_int_t)audit->count, "distinct", (json_int_t)audit->distinct, "identical", "groups",
        (json_int_t)audit->group_count, "rows", (json_int_t)audit->group_starts[audit->group_count],
        "disagreeing_groups", (json_int_t)exploration->conflicts->groups, "disagreeing_rows",
        (json_int_t)exploration->conflicts->rows, "near", "pairs", (json_int_t)audit->near_count,
        "mirrored", (json_int_t)mirrored, "twins", twins_json(exploration), "leaks", "test",
        (json_int_t)count_leaks(exploration, DATASET_TEST), "validation",
        (json_int_t)count_leaks(exploration, DATASET_VALIDATION), "flags", flags_json(audit));
}

static void add_facts(struct exploration *exploration)
{
    const struct audit *audit = exploration->audit;
    const struct report_fact facts[] = {
        {"different pictures", page_count(&exploration->page, audit->distinct)},
        {"groups of identical ones", page_count(&exploration->page, audit->group_count)},
        {"rows in them", page_count(&exploration->page, audit->group_starts[audit->group_count])},
        {"groups whose labels disagree",
         page_count(&exploration->page, exploration->conflicts->groups)},
        {"near-identical pairs", page_count(&exploration->page, audit->near_count)},
        {"test pictures seen before",
         page_count(&exploration->page, count_leaks(exploration, DATASET_TEST))},
    };

    report_facts(&exploration->page.report, facts, sizeof facts / sizeof *facts);
}

static void add_twins_row(struct exploration *exploration, const struct report_column *columns,
                          int p, int q)
{
    const struct audit_twins *twins = exploration->twins;
    double rows = (double)exploration->part_rows[p];
    char share[NUMBER_TEXT];
    const char *cells[] = {
        dataset_part_name((enum dataset_part)p),
        dataset_part_name((enum dataset_part)q),
        page_count(&exploration->page, twins->exact[p][q]),
        page_count(&exploration->page, twins->near[p][q]),
        arena_text(
            &exploration->page.arena, "%s",
            number_text((double)(twins->exact[p][q] + twins->near[p][q]) / rows, 1, true, share)),
    };

    report_row(&exploration->page.report, columns, cells, 5);
}

static void add_twins_table(struct exploration *exploration)
{
    static const struct report_column columns[] = {{"rows of", false},
                                                   {"have a twin in", false},
                                                   {"identical", true},
                                                   {"near-identical only", true},
                                                   {"share", true}};

    report_table(&exploration->page.report,
                 "Pictures that are there twice. A test picture with a twin in train is no test: "
                 "report accuracy with and without them.",
                 columns, 5);
    for (int i = 0; i < DATASET_PARTS; i++)
        for (int j = 0; j < DATASET_PARTS; j++)
            if (exploration->part_rows[order[i]] && exploration->part_rows[order[j]])
                add_twins_row(exploration, columns, (int)order[i], (int)order[j]);
    report_table_end(&exploration->page.report);
}

/* "row 5, train: angry" */
static const char *row_text(struct exploration *exploration, uint32_t row)
{
    const char *part = exploration_part(exploration, row);

    return arena_text(&exploration->page.arena, "row %u%s%s: %s", (unsigned)row, *part ? ", " : "",
                      part, exploration_label(exploration, row));
}

static struct chart *grid_of(struct exploration *exploration, const char *title,
                             struct chart_picture *pictures, size_t count, int columns)
{
    struct chart *chart = page_chart(&exploration->page, CHART_PICTURES, title);

    if (chart)
        chart->pictures = (struct chart_pictures){
            .pictures = pictures, .count = count, .columns = columns, .side = 72};
    return chart;
}

/* All labels of a group, and its first rows. */
static struct chart_picture group_picture(struct exploration *exploration, size_t group)
{
    const struct audit *audit = exploration->audit;
    const uint32_t *rows = audit->group_rows + audit->group_starts[group];
    size_t count = audit->group_starts[group + 1] - audit->group_starts[group];
    struct chart_picture picture = exploration_picture(exploration, rows[0]);
    const uint16_t *label_of = exploration->dataset->labels;
    const char *labels = picture.title, *hover = row_text(exploration, rows[0]);
    bool *seen = arena_new(&exploration->page.arena, (size_t)exploration->dataset->label_count,
                           sizeof *seen);

    if (!seen)
        return picture; /* page_check() tells */
    seen[label_of[rows[0]]] = true;
    for (size_t i = 1; i < count; i++) {
        if (!seen[label_of[rows[i]]])
            labels = arena_text(&exploration->page.arena, "%s / %s", labels,
                                exploration_label(exploration, rows[i]));
        seen[label_of[rows[i]]] = true;
        if (i < TOLD_ROWS)
            hover = arena_text(&exploration->page.arena, "%s; %s", hover,
                               row_text(exploration, rows[i]));
    }
    if (count > TOLD_ROWS)
        hover = arena_text(&exploration->page.arena, "%s; and %zu more", hover, count - TOLD_ROWS);
    picture.title = labels;
    picture.hover = hover;
    return picture;
}

static mien_status add_disagreeing(struct exploration *exploration, mien_error *err)
{
    const struct audit *audit = exploration->audit;
    struct chart_picture *pictures = arena_new(&exploration->page.arena, GROUPS, sizeof *pictures);
    struct chart *chart;
    size_t count = 0;

    if (!pictures)
        return page_no_memory(err);
    for (size_t group = 0; group < audit->group_count && count < GROUPS; group++)
        if (audit_group_disagrees(audit, exploration->dataset, group))
            pictures[count++] = group_picture(exploration, group);
    if (count == 0)
        return MIEN_OK;
    chart = grid_of(exploration, "One picture, several labels", pictures, count, 5);
    if (!chart)
        return page_no_memory(err);
    report_figure(&exploration->page.report, "disagreeing", chart,
                  arena_text(&exploration->page.arena,
                             "%zu of the %s pictures that are there more than once with different "
                             "labels. At most one of them can be right.",
                             count,
                             page_count(&exploration->page, exploration->conflicts->groups)));
    return MIEN_OK;
}

static mien_status add_conflicts(struct exploration *exploration, mien_error *err)
{
    size_t labels = (size_t)exploration->dataset->label_count, shown = exploration->shown_count;
    struct chart *chart =
        page_chart(&exploration->page, CHART_HEAT_MAP, "Labels of identical pictures");
    double *values = arena_new(&exploration->page.arena, shown * shown, sizeof *values);

    if (!chart || !values)
        return page_no_memory(err);
    for (size_t i = 0; i < shown; i++)
        for (size_t j = 0; j < shown; j++)
            values[i * shown + j] =
                (double)exploration->conflicts
                    ->pairs[exploration->shown[i] * labels + exploration->shown[j]];
    chart->heat_map = (struct chart_heat_map){.values = values,
                                              .rows = shown,
                                              .columns = shown,
                                              .row_labels = exploration->shown_names,
                                              .column_labels = exploration->shown_names,
                                              .colour_map = COLOUR_MAP_BLUES};
    report_figure(&exploration->page.report, "conflicts", chart,
                  "Groups of identical pictures that hold both labels; on the diagonal, those with "
                  "one label twice. Off the diagonal, somebody was wrong.");
    return MIEN_OK;
}

static bool crosses_parts(const struct exploration *exploration, const struct audit_pair *pair)
{
    return exploration->parts[pair->a] != exploration->parts[pair->b];
}

/* Pairs across parts first, and of both kinds evenly over the whole list. */
static size_t choose_pairs(const struct exploration *exploration, size_t chosen[PAIRS])
{
    const struct audit *audit = exploration->audit;
    size_t count = 0;

    for (int crossing = 1; crossing >= 0; crossing--) {
        size_t of_kind = 0, seen = 0, wanted = PAIRS - count, taken = 0;
        for (size_t i = 0; i < audit->near_count; i++)
            of_kind += crosses_parts(exploration, &audit->near[i]) == crossing;
        for (size_t i = 0; i < audit->near_count && taken < wanted; i++)
            if (crosses_parts(exploration, &audit->near[i]) == crossing &&
                seen++ * wanted >= taken * of_kind) {
                chosen[count++] = i;
                taken++;
            }
    }
    return count;
}

static mien_status add_near(struct exploration *exploration, mien_error *err)
{
    const struct audit *audit = exploration->audit;
    struct chart_picture *pictures =
        arena_new(&exploration->page.arena, 2 * PAIRS, sizeof *pictures);
    size_t chosen[PAIRS], count = choose_pairs(exploration, chosen);
    struct chart *chart;

    if (!pictures)
        return page_no_memory(err);
    if (count == 0)
        return MIEN_OK;
    for (size_t i = 0; i < count; i++) {
        const struct audit_pair *pair = &audit->near[chosen[i]];
        for (int side = 0; side < 2; side++) {
            uint32_t row = side ? pair->b : pair->a;
            pictures[2 * i + (size_t)side] = exploration_picture(exploration, row);
            pictures[2 * i + (size_t)side].hover = arena_text(
                &exploration->page.arena, "%s; %scorrelation %.3f with the picture on its %s",
                row_text(exploration, row), pair->mirrored ? "mirrored, " : "",
                (double)pair->correlation, side ? "left" : "right");
        }
    }
    chart = grid_of(exploration, "Near-identical pairs", pictures, 2 * count, 8);
    if (!chart)
        return page_no_memory(err);
    report_figure(&exploration->page.report, "near-pairs", chart,
                  arena_text(&exploration->page.arena,
                             "%zu of %s pairs, side by side: copies that were cut, compressed, "
                             "brightened, written on or mirrored. Pairs across parts come first.",
                             count, page_count(&exploration->page, audit->near_count)));
    return MIEN_OK;
}

/* A picture's flags in words. */
static const char *flags_text(struct exploration *exploration, uint8_t flags)
{
    const char *text = "";

    for (int i = 0; i < AUDIT_FLAGS; i++)
        if (flags & 1 << i)
            text = arena_text(&exploration->page.arena, "%s%s%s", text, *text ? ", " : "",
                              audit_flag_name((enum audit_flag)(1 << i)));
    return text;
}

static bool is_flagged(uint8_t flags, int wanted)
{
    return flags & wanted && (wanted == BLANKS || !(flags & BLANKS));
}

/* A grid of pictures flagged as `wanted`, BLANKS or CROPS, evenly over the data set. */
static mien_status add_flagged(struct exploration *exploration, int wanted, const char *name,
                               const char *title, const char *caption, mien_error *err)
{
    const struct audit *audit = exploration->audit;
    struct chart_picture *pictures =
        arena_new(&exploration->page.arena, SUSPECTS, sizeof *pictures);
    size_t total = 0, seen = 0, count = 0;
    struct chart *chart;

    if (!pictures)
        return page_no_memory(err);
    for (size_t row = 0; row < audit->count; row++)
        total += is_flagged(audit->flags[row], wanted);
    if (total == 0)
        return MIEN_OK;
    for (uint32_t row = 0; row < audit->count && count < SUSPECTS; row++)
        if (is_flagged(audit->flags[row], wanted) && seen++ * SUSPECTS >= count * total) {
            pictures[count] = exploration_picture(exploration, row);
            pictures[count].title = flags_text(exploration, audit->flags[row]);
            pictures[count++].hover = row_text(exploration, row);
        }
    chart = grid_of(exploration, title, pictures, count, 8);
    if (!chart)
        return page_no_memory(err);
    report_figure(&exploration->page.report, name, chart,
                  arena_text(&exploration->page.arena, "%zu of %s. %s", count,
                             page_count(&exploration->page, total), caption));
    return MIEN_OK;
}

static mien_status add_figures(struct exploration *exploration, mien_error *err)
{
    bool all_shown = exploration->used_labels == exploration->shown_count;
    mien_status status = MIEN_OK;

    if (exploration->audit->group_count && all_shown && exploration->conflicts->pairs)
        status = add_conflicts(exploration, err);
    if (!status)
        status = add_disagreeing(exploration, err);
    if (!status)
        status = add_near(exploration, err);
    if (!status)
        status =
            add_flagged(exploration, BLANKS, "blank", "Blank and nearly blank pictures",
                        "One grey level, give or take two, fills 95% (blank) or 70% of them.", err);
    if (!status)
        status = add_flagged(exploration, CROPS, "crops", "Suspicious crops",
                             "Flat: half of the pixels are of one level, often text or a drawing. "
                             "Plain edge: a sixth of the side is one plain strip, often beyond the "
                             "photograph's border. Blurred: out of focus or enlarged. Not all of "
                             "them are wrong.",
                             err);
    return status;
}

mien_status section_audit(struct exploration *exploration, mien_error *err)
{
    report_section(&exploration->page.report, "audit", "Audit");
    add_facts(exploration);
    add_twins_table(exploration);
    json_object_set_new(exploration->page.summary, "audit", audit_json(exploration));
    return add_figures(exploration, err);
}

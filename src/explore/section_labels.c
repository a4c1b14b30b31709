/* section_labels.c - how often each label occurs, in all and in each part, and how uneven that is.
 * L labels.
 * SPDX-License-Identifier: MIT */
#include <math.h>

#include "explore/exploration.h"

/* train, test, validation: the order of the figures. */
static const enum dataset_part order[DATASET_PARTS] = {DATASET_TRAIN, DATASET_TEST,
                                                       DATASET_VALIDATION};

/* How uneven the labels are. */
struct balance {
    int most, least;      /* labels that occur most and least, of those that occur */
    double largest_share; /* of the most frequent: what always giving it as the answer is worth */
    double entropy;       /* bits */
};

static struct balance balance_of(const struct exploration *exploration)
{
    const size_t *counts = exploration_counts(exploration, EXPLORATION_ALL);
    double rows = (double)exploration->dataset->count;
    struct balance balance = {.most = -1, .least = -1};

    for (int label = 0; label < exploration->dataset->label_count; label++) {
        if (counts[label] == 0)
            continue;
        balance.entropy -= (double)counts[label] / rows * log2((double)counts[label] / rows);
        if (balance.most < 0 || counts[label] > counts[balance.most])
            balance.most = label;
        if (balance.least < 0 || counts[label] < counts[balance.least])
            balance.least = label;
    }
    balance.largest_share = (double)counts[balance.most] / rows;
    return balance;
}

/* The shown labels' counts in `part` as numbers of a chart, or NULL. */
static double *numbers_of(struct exploration *exploration, int part)
{
    const size_t *counts = exploration_counts(exploration, part);
    double *numbers =
        arena_new(&exploration->page.arena, exploration->shown_count, sizeof *numbers);

    for (size_t i = 0; numbers && i < exploration->shown_count; i++)
        numbers[i] = (double)counts[exploration->shown[i]];
    return numbers;
}

static mien_status add_chart(struct exploration *exploration, const char *name, const char *title,
                             struct chart_series *series, size_t count, const char *caption,
                             mien_error *err)
{
    struct chart *chart = page_chart(&exploration->page, CHART_BARS, title);

    if (!chart)
        return page_no_memory(err);
    chart->y_label = "pictures";
    chart->bars = (struct chart_bars){.categories = exploration->shown_names,
                                      .category_count = exploration->shown_count,
                                      .series = series,
                                      .series_count = count};
    report_figure(&exploration->page.report, name, chart, caption);
    return MIEN_OK;
}

/* What the captions say if not all labels are shown. */
static const char *left_out(struct exploration *exploration)
{
    size_t labels = (size_t)exploration->dataset->label_count, used = exploration->used_labels;

    if (used > exploration->shown_count)
        return arena_text(&exploration->page.arena,
                          " The %zu most frequent of %s labels are shown.",
                          exploration->shown_count, page_count(&exploration->page, used));
    if (used < labels)
        return arena_text(&exploration->page.arena, " %s of the %s labels have no picture.",
                          page_count(&exploration->page, labels - used),
                          page_count(&exploration->page, labels));
    return "";
}

static mien_status add_all(struct exploration *exploration, mien_error *err)
{
    struct chart_series *series = arena_new(&exploration->page.arena, 1, sizeof *series);

    if (!series)
        return page_no_memory(err);
    series->y = numbers_of(exploration, EXPLORATION_ALL);
    series->count = exploration->shown_count;
    return add_chart(exploration, "labels", "Label proportion", series, 1,
                     arena_text(&exploration->page.arena, "How many pictures each label has.%s",
                                left_out(exploration)),
                     err);
}

static mien_status add_parts(struct exploration *exploration, mien_error *err)
{
    struct chart_series *series =
        arena_new(&exploration->page.arena, DATASET_PARTS, sizeof *series);
    size_t count = 0;

    if (!series)
        return page_no_memory(err);
    for (int i = 0; i < DATASET_PARTS; i++)
        if (exploration->part_rows[order[i]])
            series[count++] = (struct chart_series){.name = dataset_part_name(order[i]),
                                                    .y = numbers_of(exploration, (int)order[i]),
                                                    .count = exploration->shown_count};
    if (count < 2)
        return MIEN_OK;
    return add_chart(
        exploration, "parts", "Labels by part", series, count,
        arena_text(&exploration->page.arena,
                   "The labels of each part (split: %s). Parts that hold the labels in "
                   "other proportions than train measure something else.%s",
                   exploration->options.split, left_out(exploration)),
        err);
}

static void add_facts(struct exploration *exploration, const struct balance *balance)
{
    const struct dataset *dataset = exploration->dataset;
    const size_t *counts = exploration_counts(exploration, EXPLORATION_ALL);
    struct arena *arena = &exploration->page.arena;
    char ratio[NUMBER_TEXT], share[NUMBER_TEXT], effective[NUMBER_TEXT];
    const struct report_fact facts[] = {
        {"most frequent", dataset->label_names[balance->most]},
        {"least frequent", dataset->label_names[balance->least]},
        {"most : least",
         arena_text(arena, "%s : 1",
                    number_text((double)counts[balance->most] / (double)counts[balance->least], 1,
                                false, ratio))},
        {"always the most frequent is right",
         arena_text(arena, "%s", number_text(balance->largest_share, 1, true, share))},
        {"as uneven as this many even labels",
         arena_text(arena, "%s", number_text(exp2(balance->entropy), 2, false, effective))},
    };

    report_facts(&exploration->page.report, facts, sizeof facts / sizeof *facts);
}

static void add_row(struct exploration *exploration, const struct report_column *columns, int label)
{
    struct arena *arena = &exploration->page.arena;
    const size_t *all = exploration_counts(exploration, EXPLORATION_ALL);
    double rows = (double)exploration->dataset->count, count = (double)all[label];
    double even = rows / (double)exploration->used_labels;
    char share[NUMBER_TEXT], weight[NUMBER_TEXT];
    const char *cells[4 + DATASET_PARTS] = {
        exploration->dataset->label_names[label], page_count(&exploration->page, all[label]),
        arena_text(arena, "%s", number_text(count / rows, 1, true, share))};

    for (int i = 0; i < DATASET_PARTS; i++)
        cells[3 + i] =
            page_count(&exploration->page, exploration_counts(exploration, (int)order[i])[label]);
    cells[3 + DATASET_PARTS] = arena_text(arena, "%s", number_text(even / count, 3, false, weight));
    report_row(&exploration->page.report, columns, cells, 4 + DATASET_PARTS);
}

static void add_table(struct exploration *exploration)
{
    const struct report_column columns[4 + DATASET_PARTS] = {
        {"label", false}, {"pictures", true},   {"share", true}, {"train", true},
        {"test", true},   {"validation", true}, {"weight", true}};

    report_table(
        &exploration->page.report,
        "The labels in figures. A loss in which each picture has its label's weight counts "
        "every label the same.",
        columns, 4 + DATASET_PARTS);
    for (size_t i = 0; i < exploration->shown_count; i++)
        add_row(exploration, columns, exploration->shown[i]);
    report_table_end(&exploration->page.report);
}

static json_t *counts_json(struct exploration *exploration, int part)
{
    const size_t *counts = exploration_counts(exploration, part);
    json_t *labels = json_object();

    for (int label = 0; label < exploration->dataset->label_count; label++)
        json_object_set_new(
            labels, page_valid(&exploration->page, exploration->dataset->label_names[label]),
            json_integer((json_int_t)counts[label]));
    return labels;
}

static void summarise(struct exploration *exploration, const struct balance *balance)
{
    const size_t *all = exploration_counts(exploration, EXPLORATION_ALL);
    json_t *labels =
        json_pack("{s:o, s:f, s:f, s:f}", "all", counts_json(exploration, EXPLORATION_ALL),
                  "imbalance", (double)all[balance->most] / (double)all[balance->least],
                  "largest_share", balance->largest_share, "entropy_bits", balance->entropy);

    for (int part = 0; part < DATASET_PARTS; part++)
        json_object_set_new(labels, dataset_part_name((enum dataset_part)part),
                            counts_json(exploration, part));
    json_object_set_new(exploration->page.summary, "labels", labels);
}

mien_status section_labels(struct exploration *exploration, mien_error *err)
{
    struct balance balance = balance_of(exploration);
    mien_status status;

    report_section(&exploration->page.report, "labels", "Labels");
    add_facts(exploration, &balance);
    status = add_all(exploration, err);
    if (!status)
        status = add_parts(exploration, err);
    add_table(exploration);
    summarise(exploration, &balance);
    return status;
}

/* session_page.c - who was there, what all of them showed over time, and what each did.
 * SPDX-License-Identifier: MIT */
#include "session/session_page.h"

#include <string.h>

#include "page/page.h"

/* People with a figure of their own, and in the figure of all: those seen most. */
enum { PEOPLE_DRAWN = 12 };

static json_t *shares_json(const struct session_story *story, const double *shares)
{
    json_t *object = json_object();

    for (int i = 0; i < story->label_count; i++)
        json_object_set_new(object, story->labels[i], json_real(shares[i]));
    return object;
}

json_t *session_story_json(const struct session_story *s)
{
    json_t *people = json_array();

    for (size_t i = 0; i < s->person_count; i++) {
        const struct session_person *p = &s->people[i];
        json_array_append_new(people, json_pack("{s:i, s:f, s:f, s:I, s:o}", "person", p->person,
                                                "first", p->first, "last", p->last, "samples",
                                                (json_int_t)p->samples, "shares",
                                                shares_json(s, p->shares)));
    }
    return json_pack("{s:s, s:I, s:I, s:s, s:s, s:s, s:s, s:s, s:b, s:I, s:I, s:f, s:f, s:o, s:o}",
                     "kind", "session", "session", (json_int_t)s->id, "sessions",
                     (json_int_t)s->sessions, "started", s->started, "ended", s->ended, "source",
                     s->source, "model", s->model, "model_sha256", s->model_sha256, "private",
                     s->is_private, "frames", (json_int_t)s->frames, "dropped",
                     (json_int_t)s->dropped, "seconds", s->seconds, "most_faces", s->most_faces,
                     "shares", shares_json(s, s->shares), "people", people);
}

/* What the axis of time counts in. */
struct time_unit {
    const char *name;
    double seconds;
};

static struct time_unit time_unit(const struct session_story *s)
{
    if (s->seconds <= 180)
        return (struct time_unit){"seconds", 1};
    return s->seconds <= 3 * 3600 ? (struct time_unit){"minutes", 60}
                                  : (struct time_unit){"hours", 3600};
}

/* Moments of the bins, for the axis. */
static double *times(struct page *page, const struct session_story *s)
{
    double *x = arena_new(&page->arena, (size_t)s->bins, sizeof *x);

    for (int bin = 0; x && bin < s->bins; bin++)
        x[bin] = (bin + 0.5) * s->bin_s / time_unit(s).seconds;
    return x;
}

/* Lines over time, one a label: `values` (bins, label_count). */
static mien_status add_lines(struct page *page, const struct session_story *s, const char *name,
                             const char *title, const char *y_label, const double *values,
                             bool percent, const char *caption, mien_error *err)
{
    size_t labels = (size_t)s->label_count, bins = (size_t)s->bins;
    struct chart_series *series = arena_new(&page->arena, labels, sizeof *series);
    double *y = arena_new(&page->arena, labels * bins, sizeof *y), *x = times(page, s);
    struct chart *chart = page_chart(page, CHART_LINES, title);

    if (!series || !y || !x || !chart)
        return page_no_memory(err);
    for (size_t i = 0; i < labels; i++) {
        for (size_t bin = 0; bin < bins; bin++)
            y[i * bins + bin] = values[bin * labels + i];
        series[i] =
            (struct chart_series){.name = s->labels[i], .x = x, .y = y + i * bins, .count = bins};
    }
    chart->x_label = time_unit(s).name;
    chart->y_label = y_label;
    chart->lines =
        (struct chart_lines){.series = series, .series_count = labels, .percent = percent};
    report_figure(&page->report, name, chart, caption);
    return MIEN_OK;
}

static void add_facts(struct page *page, const struct session_story *s)
{
    long seconds = (long)(s->seconds + 0.5);
    const struct report_fact facts[] = {
        {"duration", arena_text(&page->arena, "%ld:%02ld min", seconds / 60, seconds % 60)},
        {"frames", page_count(page, s->frames)},
        {"dropped", page_count(page, s->dropped)},
        {"most faces at once", page_number(page, s->most_faces, 1)},
        {"people", s->is_private ? "not kept" : page_count(page, s->person_count)},
    };

    report_facts(&page->report, facts, sizeof facts / sizeof *facts);
}

static mien_status add_shares(struct page *page, const struct session_story *s,
                              const struct session_person *const *people, size_t count,
                              mien_error *err)
{
    size_t labels = (size_t)s->label_count;
    struct chart_series *series = arena_new(&page->arena, labels, sizeof *series);
    const char **names = arena_new(&page->arena, count, sizeof *names);
    double *y = arena_new(&page->arena, labels * count, sizeof *y);
    struct chart *chart = page_chart(page, CHART_BARS, "What each person showed");

    if (!series || !names || !y || !chart)
        return page_no_memory(err);
    for (size_t k = 0; k < count; k++) {
        names[k] = arena_text(&page->arena, "person %d", people[k]->person);
        for (size_t i = 0; i < labels; i++)
            y[i * count + k] = people[k]->shares[i];
    }
    for (size_t i = 0; i < labels; i++)
        series[i] = (struct chart_series){.name = s->labels[i], .y = y + i * count, .count = count};
    chart->bars = (struct chart_bars){.categories = names,
                                      .category_count = count,
                                      .series = series,
                                      .series_count = labels,
                                      .percent = true};
    report_figure(&page->report, "shares", chart,
                  "Share of the time in which each person was seen that each expression was the "
                  "one shown.");
    return MIEN_OK;
}

static void add_table(struct page *page, const struct session_story *s)
{
    size_t labels = (size_t)s->label_count;
    struct report_column columns[4 + SESSION_LABELS_MAX] = {
        {"person", true}, {"first seen, s", true}, {"last seen, s", true}, {"frames", true}};
    const char *cells[4 + SESSION_LABELS_MAX];

    for (size_t i = 0; i < labels; i++)
        columns[4 + i] = (struct report_column){s->labels[i], true};
    report_table(&page->report, "Everybody who was followed.", columns, 4 + labels);
    for (size_t k = 0; k < s->person_count; k++) {
        const struct session_person *p = &s->people[k];
        cells[0] = arena_text(&page->arena, "%d", p->person);
        cells[1] = page_number(page, p->first, 1);
        cells[2] = page_number(page, p->last, 1);
        cells[3] = page_count(page, p->samples);
        for (size_t i = 0; i < labels; i++)
            cells[4 + i] = page_percent(page, p->shares[i], 0);
        report_row(&page->report, columns, cells, 4 + labels);
    }
    report_table_end(&page->report);
}

/* Those seen most, at most PEOPLE_DRAWN, most first. */
static size_t choose_people(const struct session_story *s, const struct session_person **chosen)
{
    size_t count = 0;

    for (size_t i = 0; i < s->person_count; i++) {
        size_t at = count < PEOPLE_DRAWN ? count++ : PEOPLE_DRAWN;
        for (; at > 0 && chosen[at - 1]->samples < s->people[i].samples; at--)
            if (at < PEOPLE_DRAWN)
                chosen[at] = chosen[at - 1];
        if (at < PEOPLE_DRAWN)
            chosen[at] = &s->people[i];
    }
    return count;
}

static mien_status add_people(struct page *page, const struct session_story *s, mien_error *err)
{
    const struct session_person *people[PEOPLE_DRAWN];
    size_t count = choose_people(s, people);
    mien_status status;

    report_section(&page->report, "people", "People");
    if (count == 0) {
        report_paragraph(&page->report, "%s",
                         s->is_private ? "The session was private: nothing about single people "
                                         "was kept."
                                       : "Nobody was seen.");
        return MIEN_OK;
    }
    report_paragraph(&page->report,
                     "Numbers are those that the tracker gave; somebody who was away for longer "
                     "than it remembers got a new one.");
    status = add_shares(page, s, people, count, err);
    add_table(page, s);
    for (size_t k = 0; k < count && !status; k++)
        status = add_lines(page, s, arena_text(&page->arena, "person-%d", people[k]->person),
                           arena_text(&page->arena, "Person %d", people[k]->person),
                           "mean probability", people[k]->timeline, true,
                           arena_text(&page->arena,
                                      "Mean probability of each expression in steps of %.0f s; "
                                      "none where person %d was not seen.",
                                      s->bin_s, people[k]->person),
                           err);
    return status;
}

static mien_status build(struct page *page, const struct session_story *s, mien_error *err)
{
    mien_status status;

    report_start(&page->report, "A session",
                 arena_text(&page->arena, "%s, %s, model %s", s->source, s->started, s->model));
    report_section(&page->report, "session", "The session");
    add_facts(page, s);
    status = add_lines(page, s, "timeline", "Faces by expression", "faces", s->faces, false,
                       arena_text(&page->arena,
                                  "How many faces showed each expression, in steps of %.0f s.",
                                  s->bin_s),
                       err);
    if (!status)
        status = add_people(page, s, err);
    if (!status)
        report_paragraph(&page->report,
                         "An expression is not an emotion: this page says what faces looked like "
                         "to a model, not what anybody felt.");
    json_decref(page->summary);
    page->summary = session_story_json(s);
    return status ? status : page_check(page, err);
}

mien_status session_page_write(const struct session_story *story, const char *folder,
                               struct thread_pool *pool, mien_error *err)
{
    struct page page;
    mien_status status;

    page_init(&page);
    status = build(&page, story, err);
    if (!status)
        status = page_write(&page, folder, pool, err);
    page_free(&page);
    return status;
}

/* info_session.c - who was there, what they showed, and a timeline of letters.
 * SPDX-License-Identifier: MIT */
#include "info_session.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "display.h"
#include "output.h"
#include "session/session_page.h"
#include "session/session_story.h"

enum { TIMELINE_COLUMNS = 64 };

/* A letter for each label: the first of its name that no label before has. */
static void choose_letters(const struct session_story *s, char letters[SESSION_LABELS_MAX])
{
    for (int i = 0; i < s->label_count; i++) {
        const char *c = s->labels[i];
        while (*c && (!isalpha((unsigned char)*c) || memchr(letters, *c, (size_t)i)))
            c++;
        letters[i] = *c;
        for (char other = 'a'; !letters[i] || memchr(letters, letters[i], (size_t)i); other++)
            letters[i] = other;
    }
}

/* The label that most faces of a bin show; -1 where there are none. */
static int most_shown(const struct session_story *s, int bin)
{
    const double *faces = s->faces + bin * s->label_count;
    int best = -1;

    for (int i = 0; i < s->label_count; i++)
        if (faces[i] > (best < 0 ? 0 : faces[best]))
            best = i;
    return best;
}

/* Text from a file, as it may be shown; right-aligned in `columns`. */
static void print_shown(const char *words, int columns)
{
    struct text shown = {0};
    int taken = (int)display_add(&shown, words);

    printf("%*s%s", columns > taken ? columns - taken : 0, "", shown.data ? shown.data : "");
    text_free(&shown);
}

static void print_timeline(const struct session_story *s)
{
    char letters[SESSION_LABELS_MAX] = {0};

    choose_letters(s, letters);
    printf("\ntimeline, %.0f s a letter:", s->bin_s);
    for (int i = 0; i < s->label_count; i++) {
        printf("%s %c ", i ? "," : "", letters[i]);
        print_shown(s->labels[i], 0);
    }
    printf("\n%-10s", "most");
    for (int bin = 0; bin < s->bins; bin++)
        putchar(most_shown(s, bin) < 0 ? '.' : letters[most_shown(s, bin)]);
    for (size_t k = 0; k < s->person_count; k++) {
        printf("\n%-10d", s->people[k].person);
        for (int bin = 0; bin < s->bins; bin++)
            putchar(s->people[k].shown[bin] < 0 ? '.' : letters[(int)s->people[k].shown[bin]]);
    }
    putchar('\n');
}

/* Of a label's column and the shares below it. */
static int columns_of(const char *label)
{
    int columns = (int)display_columns(label);

    return columns > 5 ? columns : 5;
}

static void print_shares(const struct session_story *s, const double *shares)
{
    for (int i = 0; i < s->label_count; i++)
        printf(" %*.0f%%", columns_of(s->labels[i]) - 1, 100 * shares[i]);
    putchar('\n');
}

static void print_people(const struct session_story *s)
{
    printf("\n%-10s %8s %8s", "person", "from, s", "to, s");
    for (int i = 0; i < s->label_count; i++) {
        putchar(' ');
        print_shown(s->labels[i], columns_of(s->labels[i]));
    }
    printf("\n%-10s %8.1f %8.1f", "all", s->begin, s->begin + s->seconds);
    print_shares(s, s->shares);
    for (size_t k = 0; k < s->person_count; k++) {
        printf("%-10d %8.1f %8.1f", s->people[k].person, s->people[k].first, s->people[k].last);
        print_shares(s, s->people[k].shares);
    }
}

static void print_line(const char *name, const char *value)
{
    printf("%-15s ", name);
    print_shown(value, 0);
    putchar('\n');
}

static void print_text(const char *path, const struct session_story *s)
{
    print_line("session log", path);
    printf("%-15s %ld of %ld\n", "session", s->id, s->sessions);
    print_line("source", s->source);
    print_line("started", s->started);
    print_line("ended", *s->ended ? s->ended : "not yet, or it was killed");
    print_line("model", s->model);
    printf("%-15s %.1f s, %zu frames, %zu dropped\n", "length", s->seconds, s->frames, s->dropped);
    if (s->is_private)
        printf("%-15s nothing about single people was kept\n", "private");
    print_people(s);
    print_timeline(s);
}

mien_status info_session_print(const char *path, long session, bool json, mien_error *err)
{
    struct session_story story;
    mien_status status = session_story_read(path, session, TIMELINE_COLUMNS, &story, err);

    if (status)
        return status;
    if (json)
        status = output_json(session_story_json(&story), err);
    else
        print_text(path, &story);
    session_story_free(&story);
    return status;
}

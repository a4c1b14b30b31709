/* session_story_read.c - the questions that a story asks its database.
 * SPDX-License-Identifier: MIT */
#include <glib.h>
#include <math.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "session/session_error.h"
#include "session/session_owner.h"
#include "session/session_story.h"

/* One row is some memory: more people than this are not read. */
enum { PEOPLE_MAX = 10000, BINS_MAX = 2000 };

#define LONGEST_S 1e12 /* no session lasts 31,700 years */
#define DOING "reading the session log"

struct reader {
    const char *path;
    sqlite3 *database;
    struct session_story *story;
    double last; /* the latest second that the log has faces of, from the first on */
};

static mien_status fail(const struct reader *r, mien_error *err)
{
    return session_error(r->database, r->path, DOING, err);
}

/* Calls `row` for each row of `sql`, whose ?1 is the session. */
static mien_status query(struct reader *r, const char *sql,
                         bool (*row)(struct reader *, sqlite3_stmt *), mien_error *err)
{
    sqlite3_stmt *statement = NULL;
    mien_status status = MIEN_OK;
    int step = SQLITE_DONE;

    if (sqlite3_prepare_v2(r->database, sql, -1, &statement, NULL) != SQLITE_OK)
        return fail(r, err);
    if (sqlite3_bind_parameter_count(statement) > 0)
        sqlite3_bind_int64(statement, 1, r->story->id);
    while (!status && (step = sqlite3_step(statement)) == SQLITE_ROW)
        if (!row(r, statement))
            status = error_memory(err, 0);
    if (!status && step != SQLITE_DONE)
        status = fail(r, err);
    sqlite3_finalize(statement);
    return status;
}

/* A copy of a column's text, "" for NULL. */
static char *text_of(sqlite3_stmt *row, int column)
{
    const unsigned char *text = sqlite3_column_text(row, column);

    return strdup(text ? (const char *)text : "");
}

static bool read_count(struct reader *r, sqlite3_stmt *row)
{
    r->story->sessions = (long)sqlite3_column_int64(row, 0);
    if (r->story->id == 0)
        r->story->id = (long)sqlite3_column_int64(row, 1);
    return true;
}

static bool read_session(struct reader *r, sqlite3_stmt *row)
{
    struct session_story *s = r->story;

    s->started = text_of(row, 0);
    s->ended = text_of(row, 1);
    s->source = text_of(row, 2);
    s->model = text_of(row, 3);
    s->model_sha256 = text_of(row, 4);
    s->is_private = sqlite3_column_int(row, 5);
    s->frames = (size_t)sqlite3_column_int64(row, 6);
    s->dropped = (size_t)sqlite3_column_int64(row, 7);
    s->seconds = sqlite3_column_double(row, 8);
    s->begin = sqlite3_column_double(row, 9);
    r->last = sqlite3_column_double(row, 10) - s->begin;
    return s->started && s->ended && s->source && s->model && s->model_sha256;
}

static bool read_label(struct reader *r, sqlite3_stmt *row)
{
    struct session_story *s = r->story;

    if (s->label_count == SESSION_LABELS_MAX)
        return true;
    s->labels[s->label_count] = text_of(row, 0);
    return s->labels[s->label_count] && ++s->label_count;
}

static int label_of(const struct session_story *s, sqlite3_stmt *row, int column)
{
    const char *name = (const char *)sqlite3_column_text(row, column);

    for (int i = 0; name && i < s->label_count; i++)
        if (!strcmp(s->labels[i], name))
            return i;
    return -1;
}

/* The bin of a second or a time. */
static int bin_of(const struct session_story *s, double time)
{
    double bin = floor((time - floor(s->begin)) / s->bin_s);

    return bin >= 0 && bin < s->bins ? (int)bin : -1;
}

static bool read_second(struct reader *r, sqlite3_stmt *row)
{
    struct session_story *s = r->story;
    int label = label_of(s, row, 1), bin = bin_of(s, sqlite3_column_double(row, 0));
    double faces = sqlite3_column_double(row, 2);

    if (label < 0 || bin < 0)
        return true;
    s->faces[bin * s->label_count + label] += faces / s->bin_s;
    s->shares[label] += faces;
    return true;
}

static bool read_most(struct reader *r, sqlite3_stmt *row)
{
    r->story->most_faces = sqlite3_column_double(row, 0);
    return true;
}

static bool read_person(struct reader *r, sqlite3_stmt *row)
{
    struct session_story *s = r->story;
    struct session_person *people, *p;

    if (s->person_count == PEOPLE_MAX)
        return true;
    people = realloc(s->people, (s->person_count + 1) * sizeof *people);
    if (!people)
        return false;
    s->people = people;
    p = &people[s->person_count++];
    *p = (struct session_person){
        .person = sqlite3_column_int(row, 0),
        .first = sqlite3_column_double(row, 1),
        .last = sqlite3_column_double(row, 2),
        .samples = (size_t)sqlite3_column_int64(row, 3),
        .timeline = calloc((size_t)s->bins * (size_t)s->label_count, sizeof *p->timeline),
        .shown = malloc((size_t)s->bins),
    };
    if (p->shown)
        memset(p->shown, -1, (size_t)s->bins);
    for (int i = 0; p->timeline && i < s->bins * s->label_count; i++)
        p->timeline[i] = NAN;
    return p->timeline && p->shown;
}

static struct session_person *find_person(const struct session_story *s, int person)
{
    size_t low = 0, high = s->person_count;

    while (low < high) {
        size_t middle = (low + high) / 2;
        if (s->people[middle].person < person)
            low = middle + 1;
        else
            high = middle;
    }
    return low < s->person_count && s->people[low].person == person ? &s->people[low] : NULL;
}

/* Rows of a person's second, the expression shown most often last. */
static bool read_shown(struct reader *r, sqlite3_stmt *row)
{
    struct session_story *s = r->story;
    struct session_person *p = find_person(s, sqlite3_column_int(row, 0));
    int bin = bin_of(s, sqlite3_column_double(row, 1)), label = label_of(s, row, 2);

    if (p && bin >= 0)
        p->shown[bin] = (signed char)label;
    if (p && label >= 0)
        p->shares[label] += sqlite3_column_double(row, 3) / (double)p->samples;
    return true;
}

static bool read_timeline(struct reader *r, sqlite3_stmt *row)
{
    struct session_story *s = r->story;
    struct session_person *p = find_person(s, sqlite3_column_int(row, 0));
    int bin = bin_of(s, sqlite3_column_double(row, 1));

    for (int i = 0; p && bin >= 0 && i < s->label_count; i++)
        p->timeline[bin * s->label_count + i] = sqlite3_column_double(row, 2 + i);
    return true;
}

/* "CAST((time - begin) / bin AS INTEGER) * bin + begin": the time at which a sample's bin begins.
 */
static void add_bin(const struct session_story *s, struct text *sql)
{
    text_add(sql, "CAST((time - %.17g) / %.17g AS INTEGER) * %.17g + %.17g", floor(s->begin),
             s->bin_s, s->bin_s, floor(s->begin));
}

static mien_status read_people(struct reader *r, mien_error *err)
{
    struct session_story *s = r->story;
    struct text sql = {0};
    mien_status status = query(r,
                               "SELECT person, first, last, samples FROM track WHERE session = ?1"
                               " ORDER BY person",
                               read_person, err);

    if (status || s->person_count == 0)
        return status;
    text_add(&sql, "SELECT person, ");
    add_bin(s, &sql);
    text_add(&sql, " AS bin, expression, COUNT(*) FROM sample WHERE session = ?1"
                   " GROUP BY person, bin, expression ORDER BY person, bin, COUNT(*)");
    status = sql.failed ? error_memory(err, 0) : query(r, sql.data, read_shown, err);
    text_free(&sql);
    text_add(&sql, "SELECT person, ");
    add_bin(s, &sql);
    text_add(&sql, " AS bin");
    for (int i = 0; i < s->label_count; i++) {
        text_add(&sql, ", AVG(\"");
        for (const char *c = s->labels[i]; *c; c++)
            text_add(&sql, "%s%c", *c == '"' ? "\"" : "", *c);
        text_add(&sql, "\")");
    }
    text_add(&sql, " FROM sample WHERE session = ?1 GROUP BY person, bin");
    if (!status)
        status = sql.failed ? error_memory(err, 0) : query(r, sql.data, read_timeline, err);
    text_free(&sql);
    return status;
}

/* Whole seconds: the beginning is known to the second, so they may be one more than the session
 * lasted. */
static mien_status make_bins(struct reader *r, int bins, mien_error *err)
{
    struct session_story *s = r->story;
    double length = fmax(floor(s->seconds), r->last) + 1;

    if (!isfinite(s->begin) || !(s->seconds >= 0 && length <= LONGEST_S))
        return error_set(err, MIEN_ECORRUPT, "%s: session %ld lasts %g seconds from %g on: damaged",
                         r->path, s->id, fmax(s->seconds, r->last), s->begin);
    bins = bins < 1 ? 1 : bins > BINS_MAX ? BINS_MAX : bins;
    s->bin_s = fmax(1, ceil(length / bins));
    s->bins = (int)ceil(length / s->bin_s);
    s->faces = calloc((size_t)s->bins * (size_t)s->label_count + 1, sizeof *s->faces);
    return s->faces ? MIEN_OK : error_memory(err, (size_t)s->bins * sizeof *s->faces);
}

static mien_status find_session(struct reader *r, mien_error *err)
{
    long wanted = r->story->id;
    enum session_owner owner;
    mien_status status = session_owner_find(r->database, r->path, DOING, &owner, err);

    if (!status && owner != SESSION_OF_OURS)
        return error_set(err, MIEN_EINVAL, "%s is a database, but no session log", r->path);
    if (!status)
        status = query(r, "SELECT COUNT(*), MAX(id) FROM session", read_count, err);
    if (!status)
        status = query(r,
                       "SELECT started, ended, source, model, model_sha256, private, frames,"
                       " dropped, seconds,"
                       " (SELECT COALESCE(MIN(second), 0) FROM second WHERE session = ?1),"
                       " (SELECT COALESCE(MAX(second), 0) FROM second WHERE session = ?1)"
                       " FROM session WHERE id = ?1",
                       read_session, err);
    if (!status && !r->story->started)
        return error_set(err, MIEN_EINVAL, "%s: there is no session %ld among its %ld", r->path,
                         wanted ? wanted : r->story->id, r->story->sessions);
    return status;
}

static bool make_valid(char **text)
{
    char *valid = g_utf8_make_valid(*text, -1), *copy = strdup(valid);

    g_free(valid);
    if (!copy)
        return false;
    free(*text);
    *text = copy;
    return true;
}

/* Not before all is read: the log knows its labels by the bytes it has. */
static mien_status make_texts_valid(struct session_story *s, mien_error *err)
{
    char **const texts[] = {&s->started, &s->ended, &s->source, &s->model, &s->model_sha256};
    bool good = true;

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        good = good && make_valid(texts[i]);
    for (int i = 0; i < s->label_count; i++)
        good = good && make_valid(&s->labels[i]);
    return good ? MIEN_OK : error_memory(err, 0);
}

static mien_status read_all(struct reader *r, int bins, mien_error *err)
{
    struct session_story *s = r->story;
    double all = 0;
    mien_status status = find_session(r, err);

    if (!status)
        status =
            query(r, "SELECT name FROM label WHERE session = ?1 ORDER BY number", read_label, err);
    if (!status)
        status = make_bins(r, bins, err);
    if (!status)
        status = query(r, "SELECT second, expression, faces FROM second WHERE session = ?1",
                       read_second, err);
    if (!status)
        status = query(r,
                       "SELECT COALESCE(MAX(faces), 0) FROM (SELECT SUM(faces) AS faces FROM"
                       " second WHERE session = ?1 GROUP BY second)",
                       read_most, err);
    for (int i = 0; i < s->label_count; i++)
        all += s->shares[i];
    for (int i = 0; i < s->label_count && all > 0; i++)
        s->shares[i] /= all;
    if (!status)
        status = read_people(r, err);
    return status ? status : make_texts_valid(s, err);
}

mien_status session_story_read(const char *path, long session, int bins,
                               struct session_story *ret_story, mien_error *err)
{
    struct session_story story = {.id = session};
    struct reader reader = {.path = path, .story = &story};
    mien_status status;

    /* Readable and writable: a log in use, or after a crash, must be put in order first. */
    if (sqlite3_open_v2(path, &reader.database, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK &&
        (sqlite3_close(reader.database),
         sqlite3_open_v2(path, &reader.database, SQLITE_OPEN_READONLY, NULL)) != SQLITE_OK)
        status = fail(&reader, err);
    else
        status = read_all(&reader, bins, err);
    sqlite3_close(reader.database);
    if (status)
        session_story_free(&story);
    else
        *ret_story = story;
    return status;
}

/* session_log.c - faces wait in memory and are written in short transactions, so that several
 * programs can write the same log.
 * SPDX-License-Identifier: MIT */
#include "session/session_log.h"

#include <math.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/text.h"
#include "session/session_error.h"
#include "session/session_owner.h"
#include "session/session_schema.h"

#define WRITE_S 0.4
#define BUSY_MS 2000 /* somebody reads or writes the log meanwhile */

/* A face that is not written yet. */
struct waiting_face {
    double time;
    int person, expression;
    double numbers[5]; /* x, y, w, h, confidence */
    float probabilities[SESSION_LABELS_MAX];
};

struct second {
    long number;
    size_t frames;
    double shown[SESSION_LABELS_MAX]; /* faces, summed over its frames */
};

struct session_log {
    char *path;
    sqlite3 *database;
    sqlite3_stmt *add_sample, *add_track, *add_second, *set_session;
    sqlite3_int64 session;
    const char *labels[SESSION_LABELS_MAX]; /* in label_names */
    char *label_names;
    int label_count;
    bool is_private;
    struct waiting_face *waiting; /* (capacity) */
    size_t waiting_count, capacity;
    double written; /* monotonic clock */
    size_t frames;
    double begin, end;    /* of the source's time */
    struct second second; /* that is being summed up */
};

static mien_status fail(const struct session_log *log, mien_error *err)
{
    return session_error(log->database, log->path, "the session log", err);
}

static mien_status execute(struct session_log *log, const char *sql, mien_error *err)
{
    return sqlite3_exec(log->database, sql, NULL, NULL, NULL) == SQLITE_OK ? MIEN_OK
                                                                           : fail(log, err);
}

/* Only a new file, or a log of ours, is written to. */
static mien_status check_owner(struct session_log *log, mien_error *err)
{
    enum session_owner owner;
    mien_status status =
        session_owner_find(log->database, log->path, "the session log", &owner, err);

    if (!status && owner == SESSION_OF_ANOTHER)
        status =
            error_set(err, MIEN_EINVAL,
                      "%s is a database of another program; give the log another name", log->path);
    return status;
}

/* Adds `name` as an SQL identifier. */
static void add_identifier(struct text *text, const char *name)
{
    text_add(text, "\"");
    for (; *name; name++)
        text_add(text, "%s%c", *name == '"' ? "\"" : "", *name);
    text_add(text, "\"");
}

/* The number of the column of `sample` that has this name, or -1. */
static int find_column(struct session_log *log, const char *name)
{
    static const char sql[] =
        "SELECT cid FROM pragma_table_info('sample') WHERE name = ? COLLATE NOCASE";
    sqlite3_stmt *probe = NULL;
    int column = -1;

    if (sqlite3_prepare_v2(log->database, sql, -1, &probe, NULL) == SQLITE_OK &&
        sqlite3_bind_text(probe, 1, name, -1, SQLITE_STATIC) == SQLITE_OK &&
        sqlite3_step(probe) == SQLITE_ROW)
        column = sqlite3_column_int(probe, 0);
    sqlite3_finalize(probe);
    return column;
}

static mien_status add_column(struct session_log *log, const char *label, mien_error *err)
{
    int column = find_column(log, label);
    struct text sql = {0};
    mien_status status;

    if (column >= 0 && column < SESSION_SAMPLE_COLUMNS)
        return error_set(err, MIEN_EINVAL,
                         "%s: the model has a label \"%s\", which in a log means something else: "
                         "log with a model of other labels",
                         log->path, label);
    if (column >= 0)
        return MIEN_OK;
    text_add(&sql, "ALTER TABLE sample ADD COLUMN ");
    add_identifier(&sql, label);
    text_add(&sql, " REAL");
    status = sql.failed ? error_memory(err, sql.length) : execute(log, sql.data, err);
    text_free(&sql);
    return status;
}

static mien_status prepare(struct session_log *log, const char *sql, sqlite3_stmt **ret_statement,
                           mien_error *err)
{
    return sqlite3_prepare_v2(log->database, sql, -1, ret_statement, NULL) == SQLITE_OK
               ? MIEN_OK
               : fail(log, err);
}

static mien_status prepare_sample(struct session_log *log, mien_error *err)
{
    struct text sql = {0};
    mien_status status;

    text_add(&sql, "INSERT INTO sample (session, time, person, x, y, w, h, confidence, expression,"
                   " probability");
    for (int i = 0; i < log->label_count; i++) {
        text_add(&sql, ", ");
        add_identifier(&sql, log->labels[i]);
    }
    text_add(&sql, ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10");
    for (int i = 0; i < log->label_count; i++)
        text_add(&sql, ", ?%d", 11 + i);
    text_add(&sql, ")");
    status =
        sql.failed ? error_memory(err, sql.length) : prepare(log, sql.data, &log->add_sample, err);
    text_free(&sql);
    return status;
}

static mien_status prepare_all(struct session_log *log, mien_error *err)
{
    mien_status status = prepare_sample(log, err);

    if (!status)
        status = prepare(log,
                         "INSERT INTO track VALUES (?1, ?2, ?3, ?3, 1)"
                         " ON CONFLICT (session, person) DO UPDATE"
                         " SET last = MAX(last, excluded.last), samples = samples + 1",
                         &log->add_track, err);
    if (!status)
        status = prepare(log, "INSERT INTO second VALUES (?1, ?2, ?3, ?4)", &log->add_second, err);
    if (!status)
        status = prepare(log,
                         "UPDATE session SET ended = strftime('%Y-%m-%dT%H:%M:%fZ'), frames = ?2,"
                         " seconds = ?3, dropped = ?4 WHERE id = ?1",
                         &log->set_session, err);
    return status;
}

/* Runs a statement whose values are bound, and readies it for the next time. */
static mien_status run(struct session_log *log, sqlite3_stmt *statement, mien_error *err)
{
    mien_status status = sqlite3_step(statement) == SQLITE_DONE ? MIEN_OK : fail(log, err);

    sqlite3_reset(statement);
    return status;
}

static mien_status add_session(struct session_log *log, const struct session_about *about,
                               mien_error *err)
{
    sqlite3_stmt *statement = NULL;
    mien_status status = prepare(log,
                                 "INSERT INTO session (started, source, model, model_sha256,"
                                 " private) VALUES (strftime('%Y-%m-%dT%H:%M:%fZ'), ?, ?, ?, ?)",
                                 &statement, err);

    if (status)
        return status;
    sqlite3_bind_text(statement, 1, about->source, -1, SQLITE_STATIC);
    sqlite3_bind_text(statement, 2, about->model, -1, SQLITE_STATIC);
    sqlite3_bind_text(statement, 3, about->model_sha256, -1, SQLITE_STATIC);
    sqlite3_bind_int(statement, 4, about->is_private);
    status = run(log, statement, err);
    sqlite3_finalize(statement);
    log->session = sqlite3_last_insert_rowid(log->database);
    return status;
}

static mien_status add_labels(struct session_log *log, mien_error *err)
{
    sqlite3_stmt *statement = NULL;
    mien_status status = prepare(log, "INSERT INTO label VALUES (?, ?, ?)", &statement, err);

    for (int i = 0; i < log->label_count && !status; i++) {
        status = add_column(log, log->labels[i], err);
        sqlite3_bind_int64(statement, 1, log->session);
        sqlite3_bind_int(statement, 2, i);
        sqlite3_bind_text(statement, 3, log->labels[i], -1, SQLITE_STATIC);
        if (!status)
            status = run(log, statement, err);
    }
    sqlite3_finalize(statement);
    return status;
}

static mien_status keep_labels(struct session_log *log, const struct session_about *about,
                               mien_error *err)
{
    size_t bytes = 0;
    char *at;

    for (int i = 0; i < about->label_count; i++)
        bytes += strlen(about->labels[i]) + 1;
    log->label_names = at = malloc(bytes + 1);
    if (!at)
        return error_memory(err, bytes);
    for (int i = 0; i < about->label_count; i++) {
        log->labels[i] = at;
        at = stpcpy(at, about->labels[i]) + 1;
    }
    log->label_count = about->label_count;
    return MIEN_OK;
}

/* Of a transaction that was begun, when its statements ended with `status`. */
static mien_status end_transaction(struct session_log *log, mien_status status, mien_error *err)
{
    if (!status)
        status = execute(log, "COMMIT", err);
    if (status)
        sqlite3_exec(log->database, "ROLLBACK", NULL, NULL, NULL);
    else
        log->written = clock_now_s();
    return status;
}

/* All that a new session has before its first frame. */
static mien_status add_head(struct session_log *log, const struct session_about *about,
                            mien_error *err)
{
    char marks[80];
    mien_status status = execute(log, session_schema, err);

    snprintf(marks, sizeof marks, "PRAGMA application_id = %d; PRAGMA user_version = %d",
             SESSION_APPLICATION, SESSION_VERSION);
    if (!status)
        status = execute(log, marks, err);
    if (!status)
        status = add_session(log, about, err);
    if (!status)
        status = add_labels(log, err);
    return status ? status : prepare_all(log, err);
}

static mien_status start(struct session_log *log, const struct session_about *about,
                         mien_error *err)
{
    mien_status status = keep_labels(log, about, err);

    if (!status && sqlite3_open_v2(log->path, &log->database,
                                   SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL) != SQLITE_OK)
        status = fail(log, err);
    if (status)
        return status;
    sqlite3_busy_timeout(log->database, BUSY_MS);
    status = check_owner(log, err);
    if (!status)
        status = execute(log,
                         "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;"
                         " PRAGMA cache_size = -256",
                         err);
    if (!status)
        status = execute(log, "BEGIN IMMEDIATE", err);
    return status ? status : end_transaction(log, add_head(log, about, err), err);
}

static void log_free(struct session_log *log)
{
    sqlite3_finalize(log->add_sample);
    sqlite3_finalize(log->add_track);
    sqlite3_finalize(log->add_second);
    sqlite3_finalize(log->set_session);
    sqlite3_close(log->database);
    free(log->waiting);
    free(log->label_names);
    free(log->path);
    free(log);
}

mien_status session_log_open(const char *path, const struct session_about *about,
                             struct session_log **ret_log, mien_error *err)
{
    struct session_log *log = calloc(1, sizeof *log);
    mien_status status;

    if (!log || !(log->path = strdup(path))) {
        free(log);
        return error_memory(err, sizeof *log);
    }
    if (about->label_count < 1 || about->label_count > SESSION_LABELS_MAX)
        status = error_set(err, MIEN_EINVAL, "%s: %d labels: 1 to %d are possible", path,
                           about->label_count, SESSION_LABELS_MAX);
    else
        status = start(log, about, err);
    log->is_private = about->is_private;
    log->second.number = -1;
    if (status)
        log_free(log);
    else
        *ret_log = log;
    return status;
}

static mien_status write_face(struct session_log *log, const struct waiting_face *face,
                              mien_error *err)
{
    sqlite3_stmt *s = log->add_sample;
    mien_status status;

    sqlite3_bind_int64(s, 1, log->session);
    sqlite3_bind_double(s, 2, face->time);
    sqlite3_bind_int(s, 3, face->person);
    for (int i = 0; i < 5; i++)
        sqlite3_bind_double(s, 4 + i, face->numbers[i]);
    sqlite3_bind_text(s, 9, log->labels[face->expression], -1, SQLITE_STATIC);
    sqlite3_bind_double(s, 10, (double)face->probabilities[face->expression]);
    for (int i = 0; i < log->label_count; i++)
        sqlite3_bind_double(s, 11 + i, (double)face->probabilities[i]);
    status = run(log, s, err);
    sqlite3_bind_int64(log->add_track, 1, log->session);
    sqlite3_bind_int(log->add_track, 2, face->person);
    sqlite3_bind_double(log->add_track, 3, face->time);
    return status ? status : run(log, log->add_track, err);
}

/* The sum of a second that is over, and how far the session has come. */
static mien_status write_second(struct session_log *log, const struct second *second,
                                size_t dropped, mien_error *err)
{
    mien_status status = MIEN_OK;

    for (int i = 0; i < log->label_count && !status; i++) {
        if (second->shown[i] <= 0)
            continue;
        sqlite3_bind_int64(log->add_second, 1, log->session);
        sqlite3_bind_int64(log->add_second, 2, second->number);
        sqlite3_bind_text(log->add_second, 3, log->labels[i], -1, SQLITE_STATIC);
        sqlite3_bind_double(log->add_second, 4, second->shown[i] / (double)second->frames);
        status = run(log, log->add_second, err);
    }
    sqlite3_bind_int64(log->set_session, 1, log->session);
    sqlite3_bind_int64(log->set_session, 2, (sqlite3_int64)log->frames);
    sqlite3_bind_double(log->set_session, 3, log->end - log->begin);
    sqlite3_bind_int64(log->set_session, 4, (sqlite3_int64)dropped);
    return status ? status : run(log, log->set_session, err);
}

/* Writes what waits, and `over`, a second that is over, or NULL. */
static mien_status write_down(struct session_log *log, const struct second *over, size_t dropped,
                              mien_error *err)
{
    mien_status status = execute(log, "BEGIN IMMEDIATE", err);

    if (status)
        return status;
    for (size_t i = 0; i < log->waiting_count && !status; i++)
        status = write_face(log, &log->waiting[i], err);
    if (!status && over)
        status = write_second(log, over, dropped, err);
    status = end_transaction(log, status, err);
    if (!status)
        log->waiting_count = 0;
    return status;
}

static mien_status keep(struct session_log *log, double time_s, const struct session_face *face,
                        mien_error *err)
{
    struct waiting_face *waiting = log->waiting;
    size_t wanted = log->capacity * 2 + 64;

    if (log->waiting_count == log->capacity) {
        waiting = realloc(waiting, wanted * sizeof *waiting);
        if (!waiting)
            return error_memory(err, wanted * sizeof *waiting);
        log->waiting = waiting;
        log->capacity = wanted;
    }
    waiting += log->waiting_count++;
    *waiting = (struct waiting_face){time_s,
                                     face->person,
                                     face->expression,
                                     {face->x, face->y, face->w, face->h, face->confidence},
                                     {0}};
    memcpy(waiting->probabilities, face->probabilities,
           (size_t)log->label_count * sizeof *face->probabilities);
    return MIEN_OK;
}

mien_status session_log_add(struct session_log *log, double time_s,
                            const struct session_face *faces, size_t count, mien_error *err)
{
    struct second before = log->second;
    long number = isfinite(time_s) ? (long)floor(time_s) : before.number;
    bool over = log->frames > 0 && number != before.number;
    mien_status status = MIEN_OK;

    if (over)
        log->second = (struct second){0};
    log->second.number = number;
    log->second.frames++;
    log->begin = log->frames == 0 || time_s < log->begin ? time_s : log->begin;
    log->end = log->frames == 0 || time_s > log->end ? time_s : log->end;
    log->frames++;
    for (size_t i = 0; i < count && !status; i++) {
        log->second.shown[faces[i].expression]++;
        if (!log->is_private)
            status = keep(log, time_s, &faces[i], err);
    }
    if (!status && (over || clock_now_s() - log->written > WRITE_S))
        status = write_down(log, over ? &before : NULL, 0, err);
    return status;
}

mien_status session_log_close(struct session_log *log, size_t dropped_frames, mien_error *err)
{
    mien_status status;

    if (!log)
        return MIEN_OK;
    status = write_down(log, &log->second, dropped_frames, err);
    if (!status) /* all into the one file */
        sqlite3_wal_checkpoint_v2(log->database, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
    log_free(log);
    return status;
}

/* session_schema.h - the tables and views of a session log.
 * SPDX-License-Identifier: MIT */
#ifndef SESSION_SESSION_SCHEMA_H
#define SESSION_SESSION_SCHEMA_H

/* "mien" in ASCII: PRAGMA application_id. */
#define SESSION_APPLICATION 0x6d69656e
#define SESSION_VERSION 1

/* Every probability is a column of `sample` named after its label, added by session_log.c behind
 * those that every sample has. */
#define SESSION_SAMPLE_COLUMNS 10
static const char session_schema[] =
    "CREATE TABLE IF NOT EXISTS session ("
    " id INTEGER PRIMARY KEY, started TEXT NOT NULL, ended TEXT, source TEXT NOT NULL,"
    " model TEXT NOT NULL, model_sha256 TEXT NOT NULL, private INTEGER NOT NULL,"
    " frames INTEGER NOT NULL DEFAULT 0, dropped INTEGER NOT NULL DEFAULT 0,"
    " seconds REAL NOT NULL DEFAULT 0);"
    "CREATE TABLE IF NOT EXISTS label ("
    " session INTEGER NOT NULL REFERENCES session, number INTEGER NOT NULL, name TEXT NOT NULL,"
    " PRIMARY KEY (session, number)) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS track ("
    " session INTEGER NOT NULL REFERENCES session, person INTEGER NOT NULL,"
    " first REAL NOT NULL, last REAL NOT NULL, samples INTEGER NOT NULL,"
    " PRIMARY KEY (session, person)) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS sample ("
    " session INTEGER NOT NULL REFERENCES session, time REAL NOT NULL, person INTEGER NOT NULL,"
    " x REAL NOT NULL, y REAL NOT NULL, w REAL NOT NULL, h REAL NOT NULL,"
    " confidence REAL NOT NULL, expression TEXT NOT NULL, probability REAL NOT NULL);"
    "CREATE INDEX IF NOT EXISTS sample_person ON sample (session, person, time);"
    "CREATE TABLE IF NOT EXISTS second ("
    " session INTEGER NOT NULL REFERENCES session, second INTEGER NOT NULL,"
    " expression TEXT NOT NULL, faces REAL NOT NULL);"
    "CREATE VIEW IF NOT EXISTS expression_share AS"
    " SELECT session, expression, SUM(faces) / SUM(SUM(faces)) OVER (PARTITION BY session) AS share"
    " FROM second GROUP BY session, expression;"
    "CREATE VIEW IF NOT EXISTS person_share AS"
    " SELECT session, person, expression,"
    " COUNT(*) * 1.0 / SUM(COUNT(*)) OVER (PARTITION BY session, person) AS share"
    " FROM sample GROUP BY session, person, expression;"
    "CREATE VIEW IF NOT EXISTS person_time AS"
    " SELECT session, person, first, last, last - first AS seconds, samples FROM track;"
    "CREATE VIEW IF NOT EXISTS expression_change AS"
    " SELECT session, person, time, before, expression AS after FROM ("
    "  SELECT session, person, time, expression,"
    "  LAG(expression) OVER (PARTITION BY session, person ORDER BY time) AS before FROM sample)"
    " WHERE before <> expression;"
    "CREATE VIEW IF NOT EXISTS person_second AS"
    " SELECT session, person, second, expression, MAX(samples) AS samples FROM ("
    "  SELECT session, person, CAST(time AS INTEGER) AS second, expression, COUNT(*) AS samples"
    "  FROM sample GROUP BY session, person, second, expression)"
    " GROUP BY session, person, second;";

#endif

/* session_owner.c - the marks of a session log: application, version, tables.
 * SPDX-License-Identifier: MIT */
#include "session/session_owner.h"

#include "session/session_error.h"
#include "session/session_schema.h"

/* A number that the database tells: PRAGMA application_id. */
static mien_status ask(sqlite3 *database, const char *path, const char *doing, const char *sql,
                       sqlite3_int64 *ret_number, mien_error *err)
{
    sqlite3_stmt *statement = NULL;
    mien_status status = MIEN_OK;

    if (sqlite3_prepare_v2(database, sql, -1, &statement, NULL) != SQLITE_OK ||
        sqlite3_step(statement) != SQLITE_ROW)
        status = session_error(database, path, doing, err);
    else
        *ret_number = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    return status;
}

mien_status session_owner_find(sqlite3 *database, const char *path, const char *doing,
                               enum session_owner *ret_owner, mien_error *err)
{
    sqlite3_int64 application = 0, version = 0, tables = 0;
    mien_status status = ask(database, path, doing, "PRAGMA application_id", &application, err);

    if (!status)
        status = ask(database, path, doing, "PRAGMA user_version", &version, err);
    if (!status)
        status = ask(database, path, doing, "SELECT COUNT(*) FROM sqlite_master", &tables, err);
    if (status)
        return status;
    if (tables > 0 && application == SESSION_APPLICATION && version != SESSION_VERSION)
        return error_set(err, MIEN_EUNSUPPORTED,
                         "%s is a session log of version %lld; this program knows version %d", path,
                         (long long)version, SESSION_VERSION);
    *ret_owner = tables == 0                          ? SESSION_OF_NOBODY
                 : application == SESSION_APPLICATION ? SESSION_OF_OURS
                                                      : SESSION_OF_ANOTHER;
    return MIEN_OK;
}

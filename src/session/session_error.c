/* session_error.c - SQLite's codes as statuses.
 * SPDX-License-Identifier: MIT */
#include "session/session_error.h"

mien_status session_error(sqlite3 *database, const char *path, const char *doing, mien_error *err)
{
    int code = database ? sqlite3_errcode(database) & 0xff : SQLITE_NOMEM;
    mien_status status = code == SQLITE_NOMEM                              ? MIEN_ENOMEM
                         : code == SQLITE_NOTADB || code == SQLITE_CORRUPT ? MIEN_ECORRUPT
                                                                           : MIEN_EIO;

    return error_set(err, status, "%s: %s: %s", path, doing,
                     database ? sqlite3_errmsg(database) : "out of memory");
}

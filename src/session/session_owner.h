/* session_owner.h - whether a database is a session log that this program knows.
 * SPDX-License-Identifier: MIT */
#ifndef SESSION_SESSION_OWNER_H
#define SESSION_SESSION_OWNER_H

#include <sqlite3.h>

#include "base/error.h"

enum session_owner { SESSION_OF_NOBODY, SESSION_OF_OURS, SESSION_OF_ANOTHER };

/* Whose log `database` is: nobody's if it has no tables. `path` and `doing` as in session_error().
 * @return MIEN_EUNSUPPORTED for a log of ours of another version; MIEN_EIO, MIEN_ECORRUPT,
 *         MIEN_ENOMEM */
mien_status session_owner_find(sqlite3 *database, const char *path, const char *doing,
                               enum session_owner *ret_owner, mien_error *err);

#endif

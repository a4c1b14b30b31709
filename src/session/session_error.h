/* session_error.h - what SQLite says, as an error of ours.
 * SPDX-License-Identifier: MIT */
#ifndef SESSION_SESSION_ERROR_H
#define SESSION_SESSION_ERROR_H

#include <sqlite3.h>

#include "base/error.h"

/* The last failure of `database`, NULL for out of memory, with the file and what was done ("the
 * session log") in front. */
mien_status session_error(sqlite3 *database, const char *path, const char *doing, mien_error *err);

#endif

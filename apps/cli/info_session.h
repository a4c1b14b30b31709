/* info_session.h - a session log's story in a terminal, for `mien info`.
 * SPDX-License-Identifier: MIT */
#ifndef CLI_INFO_SESSION_H
#define CLI_INFO_SESSION_H

#include <stdbool.h>

#include "base/error.h"

/* Prints session `session` (0: the last one) of the log: text with a timeline, or with `json` one
 * object. */
mien_status info_session_print(const char *path, long session, bool json, mien_error *err);

#endif

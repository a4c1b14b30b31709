/* terminal_guard.h - takes a terminal over and puts it in order again, however the program ends.
 * SPDX-License-Identifier: MIT */
#ifndef LIVE_TERMINAL_GUARD_H
#define LIVE_TERMINAL_GUARD_H

#include <stdbool.h>

#include "base/error.h"

/* From now on the terminal shows a screen of its own without a cursor, and keys come as they are
 * pressed from ret_keys, a file descriptor for reading. Until terminal_guard_leave(), the signals
 * that end a program put the terminal in order first; Ctrl-Z and `fg` work. One terminal a program,
 * from its first thread.
 * @return MIEN_EINVAL if standard output is no terminal, MIEN_EIO */
mien_status terminal_guard_enter(int *ret_keys, mien_error *err);

/* Does nothing where there is nothing to be put in order. */
void terminal_guard_leave(void);

/* Whether SIGINT, SIGTERM or SIGHUP has arrived; a second one ends the program at once. */
bool terminal_guard_stop_requested(void);

/* Whether the window's size may have changed, or the screen is to be drawn anew, since the last
 * question. */
bool terminal_guard_changed(void);

#endif

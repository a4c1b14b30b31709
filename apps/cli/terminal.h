/* terminal.h - what long work needs of a terminal: a progress line, Ctrl-C, and colours or not.
 * SPDX-License-Identifier: MIT */
#ifndef CLI_TERMINAL_H
#define CLI_TERMINAL_H

#include <stdbool.h>
#include <stdio.h>

/* Shows one line on stderr in place of the one before, cut to the width of the terminal. Does
 * nothing where stderr is no terminal, and nothing within 0.1 s of the last line shown, so it may
 * be called for every item. One thread at a time. */
void progress_show(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The same, shown now and kept: the next line goes below it. For the end of an epoch. */
void progress_keep(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Takes the line away; done before every message of command.h and at the end of the program. */
void progress_clear(void);

/* From now on Ctrl-C (SIGINT) and SIGTERM only make stop_requested() true; a second one ends the
 * program at once. A command whose work polls stop_requested() calls this first. */
void stop_listen(void);

/* Any thread, at any time. */
bool stop_requested(void);

/* Whether to colour what is written to `stream`: a terminal that knows how, and no NO_COLOR in
 * the environment (https://no-color.org). */
bool terminal_colour(FILE *stream);

#endif

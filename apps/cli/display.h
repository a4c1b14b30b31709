/* display.h - text from outside, such as file names, in the columns of a terminal.
 * SPDX-License-Identifier: MIT */
#ifndef CLI_DISPLAY_H
#define CLI_DISPLAY_H

#include "base/text.h"

/* Adds `words` to `text` as one line that cannot command a terminal: control characters and bytes
 * that are not UTF-8 become U+FFFD. Returns how many columns it takes, East Asian characters two
 * each. Any thread, whatever the locale. */
size_t display_add(struct text *text, const char *words);

/* The columns alone. */
size_t display_columns(const char *words);

/* The same in a cell: spaces behind fill it up to `columns`, and more words than fit stand out. */
void display_add_cell(struct text *text, const char *words, size_t columns);

/* Prints `lines` on stdout, each as display_add() makes it. */
void display_print(const char *lines);

#endif

/* path_name.h - what a file or folder is called in stories and headings.
 * SPDX-License-Identifier: MIT */
#ifndef CLI_PATH_NAME_H
#define CLI_PATH_NAME_H

#include "base/text.h"

/* The path without the folders before it: "b.csv" of "a/b.csv", "b/" of "a/b/". */
const char *path_name(const char *path);

/* Adds the name without its ending: "models/deck.mien" is called "deck". */
void path_stem(const char *path, struct text *text);

#endif

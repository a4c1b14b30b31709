/* path_name.h - what a file or folder is called in stories and headings.
 * SPDX-License-Identifier: MIT */
#ifndef CLI_PATH_NAME_H
#define CLI_PATH_NAME_H

/* The path without the folders before it: "b.csv" of "a/b.csv", "b/" of "a/b/". */
const char *path_name(const char *path);

#endif

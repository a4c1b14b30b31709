/* folder_list.h - the names in a folder, sorted.
 * SPDX-License-Identifier: MIT */
#ifndef DATASET_FOLDER_LIST_H
#define DATASET_FOLDER_LIST_H

#include <stddef.h>

#include "base/error.h"

struct folder_list {
    size_t count;
    char **names; /* (count), sorted by their bytes */
};

enum folder_kind {
    FOLDER_FOLDERS, /* the folders in it */
    FOLDER_PICTURES /* the files whose names end in .png, .jpg or .jpeg */
};

/* Lists the folder `path`. Links are followed; names that begin with a dot are left out. */
mien_status folder_list_new(const char *path, enum folder_kind kind, struct folder_list *ret_list,
                            mien_error *err);

/* Accepts a zeroed list. */
void folder_list_free(struct folder_list *list);

#endif

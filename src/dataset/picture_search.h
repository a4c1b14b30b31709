/* picture_search.h - the pictures of a folder, with the labels and parts that their folders name.
 * SPDX-License-Identifier: MIT */
#ifndef DATASET_PICTURE_SEARCH_H
#define DATASET_PICTURE_SEARCH_H

#include "dataset/dataset.h"

/* More labels are not a data set, but some folder given by mistake. */
enum { PICTURE_SEARCH_LABELS = 1000 };

struct found_picture {
    char *file; /* path below the folder */
    enum dataset_part part;
    int label;
};

struct picture_search {
    const char *folder;             /* borrowed */
    struct found_picture *pictures; /* (count), in the order of part, label folder and name */
    size_t count, capacity;
    const char *label_names[PICTURE_SEARCH_LABELS]; /* (label_count), borrowed from here */
    int label_count;
    bool has_parts;
    char *folder_names[PICTURE_SEARCH_LABELS]; /* (folder_count), label folders as first seen */
    int folder_count;
};

/* Finds the pictures. picture_search_free() is due even after a failure. */
mien_status picture_search(const char *folder, struct picture_search *ret_search, mien_error *err);
void picture_search_free(struct picture_search *search);

#endif

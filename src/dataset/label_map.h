/* label_map.h - which label of a model each label of a data set is.
 * SPDX-License-Identifier: MIT */
#ifndef DATASET_LABEL_MAP_H
#define DATASET_LABEL_MAP_H

#include "dataset/dataset.h"

/* What a label of the data set can be besides the number of a model's label. */
enum {
    LABEL_LEFT_OUT = -1, /* a map says so: its pictures are not for this model */
    LABEL_UNKNOWN = -2,  /* the model has no such label, and no map says what to do */
};

/* Maps the labels of `dataset` to `names` (count). Without a map (NULL) a label is the one of the
 * same name, or the same expression in other words ("Happiness", "happy"). `map` is
 *
 * - "fer2013", "fer+", "affectnet" or "raf-db": label folders that are numbers, and the numbers of
 *   a CSV, are in the order of that data set; labels that the model does not have are left out;
 * - or a file of lines "NAME = LABEL", where "NAME = -" leaves NAME out and '#' starts a comment.
 *   NAME is a label of the data set, LABEL one of the model: names as above.
 *
 * The caller frees `ret_to` (dataset->label_count). MIEN_EIO, or MIEN_ECORRUPT with a message that
 * names file and line. */
mien_status label_map_new(const struct dataset *dataset, const char *const *names, size_t count,
                          const char *map, int **ret_to, mien_error *err);

#endif

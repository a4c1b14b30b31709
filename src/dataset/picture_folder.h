/* picture_folder.h - a data set from pictures in folders named after their labels.
 * SPDX-License-Identifier: MIT */
#ifndef DATASET_PICTURE_FOLDER_H
#define DATASET_PICTURE_FOLDER_H

#include "dataset/dataset.h"

/* Reads <folder>/<part>/<label>/<picture>, or <folder>/<label>/<picture> if none of the folders
 * is named as a part. Rows are in the order of part, label and file name. */
mien_status picture_folder_read(const char *folder, const struct dataset_options *options,
                                struct dataset *ret_dataset, mien_error *err);

#endif

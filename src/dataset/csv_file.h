/* csv_file.h - a FER2013 CSV in a file as it was downloaded: plain, compressed, or in an archive.
 * SPDX-License-Identifier: MIT */
#ifndef DATASET_CSV_FILE_H
#define DATASET_CSV_FILE_H

#include "dataset/dataset.h"

/* Reads the CSV in the file `path` ("-": standard input). In an archive of several files it is
 * the one that has the columns of a data set; of several such, the one that is named as FER2013's
 * are, or else the one with parts. */
mien_status csv_file_read(const char *path, const struct dataset_options *options,
                          struct dataset *ret_dataset, mien_error *err);

#endif

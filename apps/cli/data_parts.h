/* data_parts.h - a data set with the part of every row, whether it is split or not.
 * SPDX-License-Identifier: MIT */
#ifndef CLI_DATA_PARTS_H
#define CLI_DATA_PARTS_H

#include "data_options.h"

struct data_parts {
    struct dataset dataset;
    uint8_t *parts;    /* (N): enum dataset_part, or AUDIT_NO_PART for rows in none */
    const char *split; /* in words, for captions; borrowed */
};

/* Opens what `request` names. Without a split (NULL) the parts are those that the data set names;
 * where it names none, all is train. On failure the message is printed and the command's exit
 * status returned; COMMAND_DONE is success. */
int data_parts_open(const struct command_line *line, const struct data_request *request,
                    struct data_parts *ret_data);
void data_parts_close(struct data_parts *data);

/* Refuses a folder that holds a report already, unless `force`: asked before any work. */
mien_status data_parts_check_folder(const char *folder, bool force, mien_error *err);

/* Makes the folder `folder` unless it is there. */
mien_status data_parts_make_folder(const char *folder, mien_error *err);

#endif

/* input_list.h - the pictures and videos that the INPUTs of a command line stand for.
 * SPDX-License-Identifier: MIT */
#ifndef CLI_INPUT_LIST_H
#define CLI_INPUT_LIST_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/text.h"

struct input {
    char *path;        /* to open; "-" is standard input */
    size_t name;       /* path + name: what it is called below its INPUT */
    char *problem;     /* one line: why there is nothing to read; NULL: none known yet */
    bool video;        /* for frame_source.h */
    struct text start; /* of standard input: what was read of it (input_begin()) */
};

struct input_list {
    struct input *inputs; /* (count) */
    size_t count, capacity;
    bool has_folder; /* an INPUT is a folder */
};

/* Lists the inputs in the order given. A folder stands for the pictures in it and below, in the
 * byte order of their paths: the files that by their name or their first bytes are pictures, and
 * animated GIFs, which are videos. Other videos are given one by one.
 * Hidden files and folders, and links to folders, are passed over. What cannot be listed becomes
 * an input with a problem.
 * @return MIEN_OK, MIEN_ENOMEM, MIEN_ECANCELLED (stop_requested()), or MIEN_EINVAL where standard
 *         input is given twice */
mien_status input_list_new(char *const *arguments, size_t count, struct input_list *ret_list,
                           mien_error *err);
void input_list_free(struct input_list *list);

#endif

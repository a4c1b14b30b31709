/* annotation.h - copies of the pictures and videos with what was recognised drawn into them, and
 * where these and their explanations (explanation.h) go.
 * SPDX-License-Identifier: MIT */
#ifndef CLI_ANNOTATION_H
#define CLI_ANNOTATION_H

#include "image/image.h"
#include "input_list.h"
#include "recognition_report.h"

/* Where the copy of each input goes, and its explanation. */
struct annotation {
    size_t count;
    char **copies;       /* (count); NULL for an input with a problem */
    char **explanations; /* (count), behind the copies; NULL where nothing is explained */
};

/* Decides the paths and refuses what would do harm, before anything is written: files that exist
 * (without `force`), pictures that are inputs themselves, two files of one name.
 * @param explain each copy "a/b.jpg" is explained in "a/b.jpg.explained.png"
 * @param out a file (.png, .jpg; .mp4 for a video) for one picture; a folder, which need not
 *            exist, for several, for a folder's, or if it is one: there, copies have the names
 *            that the pictures have below their INPUT, with .png or .mp4 added to other formats'
 * @return MIEN_EINVAL, MIEN_ENOMEM */
mien_status annotation_new(const struct input_list *inputs, const char *out, bool explain,
                           bool force, struct annotation *ret_annotation, mien_error *err);
void annotation_free(struct annotation *annotation);

/* Makes the folders that `path` names. Any thread. */
mien_status annotation_make_folders(const char *path, mien_error *err);

/* Draws what `report` tells of the faces into `image`, which is RGB. Any thread. */
mien_status annotation_draw(const struct recognition_report *report,
                            const struct recognition *recognition, struct image *image,
                            mien_error *err);

/* Draws and writes a picture to `path`. Any thread. */
mien_status annotation_write(const char *path, const struct recognition_report *report,
                             const struct recognition *recognition, struct image *image,
                             mien_error *err);

#endif

/* detector_data.h - what the face detector learns from and is measured by: grey pictures in
 * memory with their faces marked.
 *
 * The folder holds pictures and four tables, CSV with these header lines:
 *   split.csv              file,split              every picture, "train" or "val"
 *   boxes.csv              file,x,y,w,h            a row a face
 *   caltech_landmarks.csv  file,lex,ley,rex,rey,nx,ny,mx,my
 *                                                  its landmarks, row for row as boxes.csv
 *   caltech_ignore.csv     file,x,y,w,h            what may be a face and counts neither way
 * Files are named below the folder. A picture of split.csv in no other table has no face.
 * SPDX-License-Identifier: MIT */
#ifndef TRAINING_DETECTOR_DATA_H
#define TRAINING_DETECTOR_DATA_H

#include <stddef.h>
#include <stdint.h>

#include "evaluation/face_mark.h"
#include "image/image.h"

struct thread_pool;

enum detector_part { DETECTOR_TRAIN, DETECTOR_VAL };

struct detector_picture {
    char *file;              /* below the folder, as the tables have it */
    struct image grey;       /* 1 channel, in the size of the file */
    struct face_mark *marks; /* (mark_count), the faces and then what is to be ignored */
    int mark_count;
    int face_count; /* marks that are not to be ignored */
};

/* Nothing changes it once it is open: any number of threads may read it. */
struct detector_data {
    size_t count;                      /* at least 1 */
    struct detector_picture *pictures; /* (count), in the order of split.csv */
    uint32_t *with_faces;              /* (with_face_count) pictures with at least one face */
    uint32_t *without_marks; /* (without_mark_count) pictures with nothing marked at all */
    size_t with_face_count, without_mark_count;
    size_t face_count; /* of all pictures */
    int most_marks;    /* of a picture */
};

/* Called now and then on the caller's thread, while `done` of `total` pictures are read; false
 * stops with MIEN_ECANCELLED. */
typedef bool detector_data_progress(void *context, size_t done, size_t total);

/* Reads the pictures of `part`; `pool` decodes them and may be NULL, as may `progress`.
 * @return MIEN_EIO, MIEN_ECORRUPT (the message names file, line and column), MIEN_ENOMEM, or
 *         what picture_read() says of a picture; the first wrong one in the order of split.csv */
mien_status detector_data_open(const char *folder, enum detector_part part,
                               struct thread_pool *pool, detector_data_progress *progress,
                               void *context, struct detector_data *ret_data, mien_error *err);

/* Fills in what follows from `count` and `pictures`, whoever made those: the lists and sums.
 * @return MIEN_ENOMEM */
mien_status detector_data_index(struct detector_data *data, mien_error *err);

/* Accepts NULL and a zeroed struct; zeroes the struct. */
void detector_data_close(struct detector_data *data);

#endif

/* detector_sample.h - a square training picture for the face detector, drawn at random out of the
 * data and changed in every way in which photographs differ.
 * SPDX-License-Identifier: MIT */
#ifndef TRAINING_DETECTOR_SAMPLE_H
#define TRAINING_DETECTOR_SAMPLE_H

#include "training/detector_data.h"

struct dataset;

/* A part of a picture that was taken for a face and is none. */
struct detector_region {
    uint32_t picture; /* its index in the data */
    float x, y, w, h; /* box */
    float scale;      /* of the picture when it was taken for one */
};

/* Shares are of all samples, 0 to 1. Arrays are borrowed. */
struct detector_sample_options {
    float smallest_face; /* faces are drawn from here up to the whole side; pixels, default 10 */
    float negative;      /* share of pictures without a face; default 0.1 */
    float mosaic;        /* share made of four; default 0.15 */
    float hard;          /* share that show one of `regions`; default 0.1, if there are any */
    const struct detector_region *regions; /* (region_count), default none */
    size_t region_count;
    const struct dataset *faces; /* FER2013, default NULL */
    const uint32_t *face_rows;   /* (face_row_count), those of it to paste in; default none */
    size_t face_row_count;
    const uint32_t *hard_face_rows; /* (hard_face_row_count), those of them to paste in more often,
                                       half of all that are; default none */
    size_t hard_face_row_count;
    float pasted;  /* share with such faces, if there are any; default 0.85 */
    float clutter; /* share with letters and signs (detector_clutter.h); default 0.4 */
};

void detector_sample_options_init(struct detector_sample_options *options);

/* As many marks as a sample of these data can have. */
int detector_sample_most_marks(const struct detector_data *data);

/* Makes the sample of the random stream `key`: the same key gives the same sample. The data have a
 * picture with a face, or one with nothing marked. Marks are the faces in it, cut ones included
 * with their full boxes (which may reach outside); those with less than 40% of the box, or without
 * its centre, inside and those below 8 pixels are to be ignored.
 * Any number of threads at once, each its own arrays.
 * @param side       of the sample, 32 to 2048 pixels
 * @param ret_levels (side, side) grey, 0 black to 255 white
 * @param ret_marks  (max_marks), of which ret_count are filled; faces first. What is more than
 *                   max_marks is left out: give detector_sample_most_marks()
 * @return MIEN_ENOMEM */
mien_status detector_sample_make(const struct detector_data *data,
                                 const struct detector_sample_options *options, uint64_t key,
                                 int side, float *ret_levels, struct face_mark *ret_marks,
                                 int max_marks, int *ret_count, mien_error *err);

#endif

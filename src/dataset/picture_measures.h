/* picture_measures.h - what can be counted in one grey picture without knowing what it shows.
 * SPDX-License-Identifier: MIT */
#ifndef DATASET_PICTURE_MEASURES_H
#define DATASET_PICTURE_MEASURES_H

#include <stdint.h>

struct picture_measures {
    uint64_t sum, squares;   /* of all pixels and of their squares: exact */
    uint8_t lowest, highest; /* pixel */
    uint16_t plain_edge;     /* rows or columns, counted inwards from the edge that has the most,
                                in which no two pixels differ by more than 2 */
    float mean, deviation;   /* of the pixels, 0 to 255: brightness, contrast */
    float modal_share;       /* 0 to 1: the most pixels that lie within 5 neighbouring levels */
    float sharpness;         /* mean size of the Laplacian over the deviation; 0 for a plain one */
};

/* `pixels` (height, width), both sides 1 to 65535, rows without gaps. */
void picture_measure(const uint8_t *pixels, int width, int height,
                     struct picture_measures *ret_measures);

#endif

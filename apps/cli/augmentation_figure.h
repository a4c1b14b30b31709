/* augmentation_figure.h - pictures as training sees them.
 * SPDX-License-Identifier: MIT */
#ifndef CLI_AUGMENTATION_FIGURE_H
#define CLI_AUGMENTATION_FIGURE_H

#include "dataset/dataset.h"
#include "training/augmentation.h"

/* Draws the first picture of each label among `rows` (count), and seven changed ones beside it,
 * into the file `path`, which chart_write() must know by its ending. */
mien_status augmentation_figure_write(const struct augmentation *augmentation,
                                      const struct dataset *dataset, const uint32_t *rows,
                                      size_t count, uint64_t seed, const char *path,
                                      mien_error *err);

#endif

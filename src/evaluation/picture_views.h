/* picture_views.h - test-time augmentation: a picture is answered by the mean of the probabilities
 * that several views of it get (Krizhevsky, Sutskever, Hinton: "ImageNet classification with deep
 * convolutional neural networks", NIPS 2012, section 4.1).
 *
 * The views: the picture as it is, and its four corners, each 11/12 of the side, enlarged to the
 * whole; each of the five also mirrored.
 * SPDX-License-Identifier: MIT */
#ifndef EVALUATION_PICTURE_VIEWS_H
#define EVALUATION_PICTURE_VIEWS_H

#include "evaluation/prediction.h"

enum view_set {
    VIEWS_FLIP,  /* the picture and its mirror image */
    VIEWS_CROPS, /* all ten */
    VIEW_SETS
};

/* "flip", "crops"; 2, 10. */
const char *view_set_name(enum view_set set);
int view_set_size(enum view_set set);

/* Probabilities for the rows, by each set of views; `progress` may be NULL. The same at any number
 * of threads. The caller frees both with predictions_free(). */
mien_status picture_views_predict(const struct network *network, struct thread_pool *pool,
                                  const struct dataset *dataset, const uint32_t *rows, size_t count,
                                  pass_progress *progress, void *context,
                                  struct predictions ret_said[VIEW_SETS], mien_error *err);

#endif

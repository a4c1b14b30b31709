/* explanation.h - why a model said what it said of a face: the parts of the face that its answer
 * hangs on, and the training pictures that it finds most alike.
 * SPDX-License-Identifier: MIT */
#ifndef CLI_EXPLANATION_H
#define CLI_EXPLANATION_H

#include "base/thread_pool.h"
#include "recognition_report.h"

/* Constant once made: any number of threads may explain with it. */
struct explainer;

/* `model`: a file, or the name of a built-in model. `dataset` (NULL: none) holds the training
 * pictures, all of which are run through the model once, on `pool`. */
mien_status explainer_new(const char *model, const char *dataset, struct thread_pool *pool,
                          struct explainer **ret_explainer, mien_error *err);
void explainer_free(struct explainer *explainer);

/* Writes the explanation of all faces of a picture as a PNG: a row a face. Nothing where there is
 * none. */
mien_status explanation_write(const struct explainer *explainer, const char *path,
                              const mien_recognizer *recognizer, mien_workspace *workspace,
                              const mien_picture *picture, const struct recognition *recognition,
                              mien_error *err);

#endif

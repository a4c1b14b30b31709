/* classifier.h - what tells the expression of a face: a network with the rules of its answers, or
 * nearest neighbours.
 * SPDX-License-Identifier: MIT */
#ifndef RECOGNITION_CLASSIFIER_H
#define RECOGNITION_CLASSIFIER_H

#include "mien/mien.h"
#include "network/layer.h"

struct model_file;

/* Constant once open but for classifier_use_labels(): any number of threads may read it. */
struct classifier;

/* The built-in model of that name, or a model file. MIEN_EINVAL if it does not classify grey
 * pictures. */
mien_status classifier_open(const char *path_or_name, struct classifier **ret_classifier,
                            mien_error *err);
void classifier_close(struct classifier *classifier);

const struct model_file *classifier_file(const struct classifier *classifier);
struct shape classifier_input(const struct classifier *classifier);
int classifier_label_count(const struct classifier *classifier);
const char *classifier_label(const struct classifier *classifier, int label);

/* Answers with so many labels from now on. Where the model has learned FER+'s votes, which are
 * nearer to what people see in a face than FER2013's labels, answers have these seven and contempt
 * unless 7 are asked for: FER2013's labels. MIEN_EINVAL for other counts. */
mien_status classifier_use_labels(struct classifier *classifier, int count, mien_error *err);

/* What mien_face's `uncertain` says of an answer of this probability. */
int classifier_uncertain(const struct classifier *classifier, float probability);

/* Classifies up to `batch` faces at once. One thread at a time. */
struct classifier_run;

/* The classifier is borrowed. */
mien_status classifier_run_new(const struct classifier *classifier, int batch,
                               struct classifier_run **ret_run, mien_error *err);
void classifier_run_free(struct classifier_run *run);

/* (batch, H, W): where the faces' grey levels of 0 to 255 are put, whole numbers. */
float *classifier_run_levels(struct classifier_run *run);

/* Fills in `expression`, `probabilities` and `uncertain` of the first `count` faces, and adds to
 * `reasons` that one is not a face. MIEN_ECORRUPT for a model whose numbers overflow. */
mien_status classifier_run_answer(struct classifier_run *run, size_t count, mien_face *faces,
                                  mien_error *err);

#endif

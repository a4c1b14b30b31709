/* recognizer.c - recognisers and workspaces: made, asked, ended.
 * SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "network/builtin_models.h"
#include "recognition/pipeline.h"

#define DEFAULT_MODEL "base"
#define FACE_MODEL "face"
#define LANDMARK_MODEL "landmarks"

static mien_status open_models(mien_recognizer *recognizer, const char *model, mien_error *err)
{
    mien_status status =
        classifier_open(model ? model : DEFAULT_MODEL, &recognizer->classifier, err);

    if (!status && builtin_model_find(FACE_MODEL))
        status = model_open(FACE_MODEL, &recognizer->face_model, err);
    if (!status && builtin_model_find(LANDMARK_MODEL))
        status = model_open(LANDMARK_MODEL, &recognizer->landmark_model, err);
    return status;
}

mien_status mien_recognizer_open(const char *model, mien_recognizer **ret_recognizer,
                                 mien_error *err)
{
    mien_recognizer *recognizer = calloc(1, sizeof *recognizer);
    mien_status status;

    if (!recognizer)
        return error_memory(err, sizeof *recognizer);
    status = open_models(recognizer, model, err);
    if (status) {
        mien_recognizer_close(recognizer);
        return status;
    }
    recognizer->input = classifier_input(recognizer->classifier);
    *ret_recognizer = recognizer;
    return MIEN_OK;
}

void mien_recognizer_close(mien_recognizer *recognizer)
{
    if (!recognizer)
        return;
    model_close(recognizer->landmark_model);
    model_close(recognizer->face_model);
    classifier_close(recognizer->classifier);
    free(recognizer);
}

mien_status mien_recognizer_set_labels(mien_recognizer *recognizer, int count, mien_error *err)
{
    return classifier_use_labels(recognizer->classifier, count, err);
}

int mien_label_count(const mien_recognizer *recognizer)
{
    return classifier_label_count(recognizer->classifier);
}

const char *mien_label(const mien_recognizer *recognizer, int label)
{
    return classifier_label(recognizer->classifier, label);
}

const char *mien_model_name(const mien_recognizer *recognizer)
{
    const char *name = model_file_about(classifier_file(recognizer->classifier), "name");

    return name ? name : "";
}

const char *mien_model_sha256(const mien_recognizer *recognizer)
{
    return classifier_file(recognizer->classifier)->sha256;
}

static mien_status make_workspace(const mien_recognizer *recognizer, mien_workspace *workspace,
                                  mien_error *err)
{
    mien_status status =
        classifier_run_new(recognizer->classifier, PIPELINE_BATCH, &workspace->run, err);

    if (!status)
        status = image_new(recognizer->input.W, recognizer->input.H, 1, &workspace->crop, err);
    if (!status && recognizer->face_model)
        status = detector_new(recognizer->face_model->network, &workspace->detector, err);
    if (!status && workspace->detector && recognizer->landmark_model)
        status =
            detector_use_landmarks(workspace->detector, recognizer->landmark_model->network, err);
    return status;
}

mien_status mien_workspace_new(const mien_recognizer *recognizer, mien_workspace **ret_workspace,
                               mien_error *err)
{
    mien_workspace *workspace = calloc(1, sizeof *workspace);
    mien_status status;

    if (!workspace)
        return error_memory(err, sizeof *workspace);
    status = make_workspace(recognizer, workspace, err);
    if (status)
        mien_workspace_free(workspace);
    else
        *ret_workspace = workspace;
    return status;
}

void mien_workspace_free(mien_workspace *workspace)
{
    if (!workspace)
        return;
    detector_free(workspace->detector);
    image_free(&workspace->crop);
    classifier_run_free(workspace->run);
    free(workspace);
}

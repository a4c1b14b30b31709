/* recognizer.c - recognisers and workspaces: made, asked, ended.
 * SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "network/builtin_models.h"
#include "recognition/pipeline.h"

#define DEFAULT_MODEL "deck"
#define FACE_MODEL "face"

static mien_status check_model(const struct model *model, const char *source, mien_error *err)
{
    size_t labels = model_label_count(model);

    if (labels == 0 || architecture_input(model->architecture).C != 1)
        return error_set(err, MIEN_EINVAL, "%s: the model does not classify grey faces", source);
    if (labels > MIEN_LABELS_MAX)
        return error_set(err, MIEN_EINVAL, "%s: the model has %zu labels, at most %d are possible",
                         source, labels, MIEN_LABELS_MAX);
    return MIEN_OK;
}

static mien_status open_models(mien_recognizer *recognizer, const char *model, mien_error *err)
{
    const char *source = model ? model : DEFAULT_MODEL;
    mien_status status = model_open(source, &recognizer->model, err);

    if (!status)
        status = check_model(recognizer->model, source, err);
    if (!status && builtin_model_find(FACE_MODEL))
        status = model_open(FACE_MODEL, &recognizer->face_model, err);
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
    recognizer->output = architecture_find_output(recognizer->model->architecture, "expression");
    recognizer->input = architecture_input(recognizer->model->architecture);
    *ret_recognizer = recognizer;
    return MIEN_OK;
}

void mien_recognizer_close(mien_recognizer *recognizer)
{
    if (!recognizer)
        return;
    model_close(recognizer->face_model);
    model_close(recognizer->model);
    free(recognizer);
}

int mien_label_count(const mien_recognizer *recognizer)
{
    return (int)model_label_count(recognizer->model);
}

const char *mien_label(const mien_recognizer *recognizer, int label)
{
    return model_label(recognizer->model, (size_t)label);
}

const char *mien_model_name(const mien_recognizer *recognizer)
{
    const char *name = model_file_about(recognizer->model->file, "name");

    return name ? name : "";
}

const char *mien_model_sha256(const mien_recognizer *recognizer)
{
    return recognizer->model->file->sha256;
}

static mien_status make_workspace(const mien_recognizer *recognizer, mien_workspace *workspace,
                                  mien_error *err)
{
    struct plan_options options = {.batch = PIPELINE_BATCH};
    mien_status status = plan_new(recognizer->model->network, &options, &workspace->plan, err);

    if (!status)
        status = image_new(recognizer->input.W, recognizer->input.H, 1, &workspace->crop, err);
    if (!status && recognizer->face_model)
        status = detector_new(recognizer->face_model->network, &workspace->detector, err);
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
    plan_free(workspace->plan);
    free(workspace);
}

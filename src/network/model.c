/* model.c - join a model file with the network that it describes.
 * SPDX-License-Identifier: MIT */
#include "network/model.h"

#include <stdlib.h>
#include <string.h>

#include "network/builtin_models.h"
#include "network/quantized.h"

mien_status model_file_find(const char *path_or_name, struct model_file **ret_file, mien_error *err)
{
    const struct builtin_model *builtin = builtin_model_find(path_or_name);

    if (builtin) /* checked when the library was tested: only its tables are read */
        return model_file_open_memory(builtin->data, builtin->bytes, false, ret_file, err);
    return model_file_open(path_or_name, ret_file, err);
}

static mien_status mismatch(const char *source, const struct parameter *parameter, const char *what,
                            mien_error *err)
{
    return error_set(err, MIEN_ECORRUPT, "%s: the tensor %s %s", source, parameter->name, what);
}

static bool same_dims(const struct parameter *parameter, const struct model_tensor *tensor)
{
    if (parameter->rank != tensor->rank)
        return false;
    for (int i = 0; i < parameter->rank; i++)
        if (parameter->dims[i] != tensor->dims[i])
            return false;
    return true;
}

static mien_status bind_tensor(struct model *model, const struct parameter *parameter,
                               const float **ret_values, const char *source, mien_error *err)
{
    const struct model_tensor *tensor = model_file_tensor(model->file, parameter->name);
    size_t number = (size_t)(parameter - model->architecture->parameters);

    if (!tensor)
        return mismatch(source, parameter, "is missing", err);
    if (!same_dims(parameter, tensor))
        return mismatch(source, parameter, "has another shape than the architecture says", err);
    if (tensor->dtype == MODEL_F32) {
        *ret_values = tensor->data;
        return MIEN_OK;
    }
    if (tensor->dtype != MODEL_S8)
        return mismatch(source, parameter, "is neither of type f32 nor of s8", err);
    return quantized_bind(model->file, model->architecture, parameter, &model->quantized[number],
                          source, err);
}

/* Finds the tensor of every parameter; a file that lacks one, or has one of another shape, is
 * refused. */
static mien_status bind_tensors(struct model *model, const char *source, mien_error *err)
{
    const struct architecture *a = model->architecture;
    size_t count = (size_t)a->parameter_count + 1;
    const float **tensors = calloc(count, sizeof *tensors);
    bool any = false;
    mien_status status = MIEN_OK;

    model->quantized = calloc(count, sizeof *model->quantized);
    if (!tensors || !model->quantized) {
        free(tensors);
        return error_memory(err, count * sizeof *model->quantized);
    }
    for (int i = 0; i < a->parameter_count && !status; i++) {
        status = bind_tensor(model, &a->parameters[i], &tensors[i], source, err);
        any |= !tensors[i];
    }
    if (!status)
        status = network_borrow(a, tensors, any ? model->quantized : NULL, &model->network, err);
    free(tensors);
    return status;
}

/* One logit a label, if the model has labels. */
static mien_status check_labels(const struct model *model, const char *source, mien_error *err)
{
    size_t labels = model->file->content.label_count;
    int output = architecture_find_output(model->architecture, "expression");
    size_t logits = output < 0 ? 0 : shape_count(model->architecture->outputs[output].shape);

    if (labels != logits)
        return error_set(err, MIEN_ECORRUPT,
                         "%s: %zu labels for an output \"expression\" of %zu numbers", source,
                         labels, logits);
    return MIEN_OK;
}

/* The rules of the answers; the temperatures go to the outputs that they are of. */
static mien_status read_rules(struct model *model, const char *source, mien_error *err)
{
    const struct architecture *a = model->architecture;
    mien_status status = answer_rules_read(model->file, &model->rules, err);

    if (status)
        return error_prefix(err, status, "%s", source);
    for (int i = 0; i < a->output_count; i++) {
        if (!strcmp(a->outputs[i].name, "expression"))
            model->network->temperatures[i] = model->rules.expression.temperature;
        else if (!strcmp(a->outputs[i].name, "votes"))
            model->network->temperatures[i] = model->rules.votes.temperature;
    }
    return MIEN_OK;
}

mien_status model_join(struct model_file *file, const char *source, struct model **ret_model,
                       mien_error *err)
{
    struct model *model = calloc(1, sizeof *model);
    mien_status status = MIEN_OK;

    if (!model) {
        model_file_close(file);
        return error_memory(err, sizeof *model);
    }
    model->file = file;
    if (model_file_holds_neighbours(file))
        status = error_set(err, MIEN_EUNSUPPORTED, "%s: holds nearest neighbours, not a network",
                           source);
    if (!status)
        status = architecture_parse(file->content.architecture, source, &model->architecture, err);
    if (!status)
        status = check_labels(model, source, err);
    if (!status)
        status = bind_tensors(model, source, err);
    if (!status)
        status = read_rules(model, source, err);
    if (status)
        model_close(model);
    else
        *ret_model = model;
    return status;
}

mien_status model_open(const char *path_or_name, struct model **ret_model, mien_error *err)
{
    struct model_file *file;
    mien_status status = model_file_find(path_or_name, &file, err);

    return status ? status : model_join(file, path_or_name, ret_model, err);
}

void model_close(struct model *model)
{
    if (!model)
        return;
    network_free(model->network);
    free(model->quantized);
    architecture_free(model->architecture);
    model_file_close(model->file);
    free(model);
}

size_t model_label_count(const struct model *model)
{
    return model->file->content.label_count;
}

const char *model_label(const struct model *model, size_t label)
{
    return model->file->content.labels[label];
}

static void copy_weights(const struct model *model, struct network *network)
{
    const struct architecture *a = network->architecture;

    for (int i = 0; i < a->parameter_count; i++) {
        const struct parameter *parameter = &a->parameters[i];
        float *values = network->block + parameter->offset;
        if (model->quantized[i].values)
            quantized_floats(&model->quantized[i], parameter, values);
        else
            memcpy(values, model->network->tensors[i], parameter->count * sizeof(float));
    }
}

mien_status model_load_weights(const char *path_or_name, struct network *network, mien_error *err)
{
    struct model *model;
    mien_status status = model_open(path_or_name, &model, err);

    if (status)
        return status;
    if (strcmp(model->architecture->text, network->architecture->text) != 0)
        status =
            error_set(err, MIEN_EINVAL, "%s: the model has another architecture", path_or_name);
    else
        copy_weights(model, network);
    model_close(model);
    return status;
}

mien_status model_save(const char *path, const struct network *network,
                       const struct model_description *story, char *ret_sha256, mien_error *err)
{
    const struct architecture *a = network->architecture;
    struct model_description description = *story;
    struct model_tensor *tensors = calloc((size_t)a->parameter_count + 1, sizeof *tensors);
    mien_status status;

    if (!tensors)
        return error_memory(err, (size_t)a->parameter_count * sizeof *tensors);
    for (int i = 0; i < a->parameter_count; i++) {
        const struct parameter *parameter = &a->parameters[i];
        tensors[i] = (struct model_tensor){
            .name = parameter->name,
            .dtype = MODEL_F32,
            .rank = parameter->rank,
            .data = network->tensors[i],
            .bytes = parameter->count * sizeof(float),
        };
        for (int k = 0; k < MODEL_MAX_RANK; k++)
            tensors[i].dims[k] = k < parameter->rank ? parameter->dims[k] : 1;
    }
    description.architecture = a->text;
    description.tensors = tensors;
    description.tensor_count = (size_t)a->parameter_count;
    status = model_file_write(path, &description, ret_sha256, err);
    free(tensors);
    return status;
}

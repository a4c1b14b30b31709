/* info_model.c - print a model: identity, labels, layers, story and training history.
 * SPDX-License-Identifier: MIT */
#include "info_model.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "info_history.h"
#include "neighbours/knn_model.h"
#include "network/model.h"
#include "options.h"
#include "output.h"

static size_t layer_parameters(const struct architecture *a, const struct layer *layer)
{
    size_t count = 0;

    for (int i = 0; i < layer->parameter_count; i++)
        count += a->parameters[layer->parameters[i]].count;
    return count;
}

static size_t weights_bytes(const struct model_description *content)
{
    size_t bytes = 0;

    for (size_t i = 0; i < content->tensor_count; i++)
        bytes += content->tensors[i].bytes;
    return bytes;
}

static void print_head(const char *path, const struct model_file *file)
{
    const struct model_description *content = &file->content;
    const char *name = model_file_about(file, "name");

    printf("model           %s\n", name ? name : path);
    printf("sha256          %s\n", file->sha256);
    printf("bytes           %zu, of which %zu are weights\n", file->bytes, weights_bytes(content));
    printf("labels         %s", content->label_count ? "" : " none");
    for (size_t i = 0; i < content->label_count; i++)
        printf(" %s", content->labels[i]);
    printf("\n");
}

static void print_layers(const struct architecture *a)
{
    printf("\n%-20s %-14s %12s\n", "layer", "output", "parameters");
    for (int i = 0; i < a->layer_count; i++) {
        const struct layer *layer = &a->layers[i];
        char shape[48];
        snprintf(shape, sizeof shape, "%dx%dx%d", layer->out.H, layer->out.W, layer->out.C);
        printf("%-20s %-14s %12zu\n", layer->name, shape, layer_parameters(a, layer));
    }
}

/* A recipe is long and wrapped; all else stays on its line, to be copied. */
static void print_story(const struct model_about *about, int width)
{
    struct text wrapped = {0};

    if (strcmp(about->key, "recipe") == 0)
        options_wrap(&wrapped, about->value, (size_t)width + 2, (size_t)width + 2);
    else
        text_add(&wrapped, "%s\n", about->value);
    printf("%-*s  %s", width, about->key, wrapped.failed ? "\n" : wrapped.data);
    text_free(&wrapped);
}

static void print_network(const struct architecture *a)
{
    printf("parameters      %zu, of which %zu are trained\n", architecture_total(a),
           architecture_trained(a));
    printf("multiply-adds   %.0f a picture\n", architecture_macs(a));
    print_layers(a);
}

/* Nearest neighbours have tensors, but no layers. */
static void print_tensors(const struct model_description *content)
{
    printf("method          %s", content->architecture);
    printf("\n%-20s %-6s %s\n", "tensor", "type", "shape");
    for (size_t i = 0; i < content->tensor_count; i++) {
        const struct model_tensor *tensor = &content->tensors[i];
        printf("%-20s %-6s ", tensor->name, model_dtype_name(tensor->dtype));
        for (int k = 0; k < tensor->rank; k++)
            printf("%s%zu", k ? "x" : "", tensor->dims[k]);
        printf("\n");
    }
}

static void print_about(const struct model_description *content)
{
    int width = 0;

    for (size_t i = 0; i < content->about_count; i++)
        if ((int)strlen(content->about[i].key) > width)
            width = (int)strlen(content->about[i].key);
    if (content->about_count)
        printf("\n");
    for (size_t i = 0; i < content->about_count; i++)
        print_story(&content->about[i], width);
}

static void print_history_row(const struct info_history *history, size_t row, const char *note)
{
    for (size_t column = 0; column < history->columns; column++) {
        int width = (int)strlen(info_history_cell(history, 0, column));
        printf("%s%*s", column ? "  " : "", width < 8 ? 8 : width,
               info_history_cell(history, row, column));
    }
    printf("%s%s\n", note[0] ? "  " : "", note);
}

static void print_history(const struct info_history *history)
{
    size_t best = info_history_best(history);

    if (history->rows == 0)
        return;
    printf("\n");
    print_history_row(history, 0, "");
    if (best && best < history->rows)
        print_history_row(history, best, "kept");
    print_history_row(history, history->rows, best == history->rows ? "last, kept" : "last");
}

static json_t *labels_json(const struct model_description *content)
{
    json_t *labels = json_array();

    for (size_t i = 0; i < content->label_count; i++)
        json_array_append_new(labels, output_string(content->labels[i]));
    return labels;
}

static json_t *layers_json(const struct architecture *a)
{
    json_t *layers = json_array();

    for (int i = 0; i < a->layer_count; i++) {
        const struct layer *layer = &a->layers[i];
        json_array_append_new(layers,
                              json_pack("{s:s, s:[i, i, i], s:I}", "name", layer->name, "output",
                                        layer->out.H, layer->out.W, layer->out.C, "parameters",
                                        (json_int_t)layer_parameters(a, layer)));
    }
    return layers;
}

static json_t *tensors_json(const struct model_description *content)
{
    json_t *tensors = json_array();

    for (size_t i = 0; i < content->tensor_count; i++) {
        const struct model_tensor *tensor = &content->tensors[i];
        json_t *shape = json_array();
        for (int k = 0; k < tensor->rank; k++)
            json_array_append_new(shape, json_integer((json_int_t)tensor->dims[k]));
        json_array_append_new(tensors, json_pack("{s:s, s:s, s:o, s:I}", "name", tensor->name,
                                                 "type", model_dtype_name(tensor->dtype), "shape",
                                                 shape, "bytes", (json_int_t)tensor->bytes));
    }
    return tensors;
}

static json_t *about_json(const struct model_description *content)
{
    json_t *about = json_object();

    for (size_t i = 0; i < content->about_count; i++)
        json_object_set_new(about, content->about[i].key, output_string(content->about[i].value));
    return about;
}

/* A number where the cell is one. */
static json_t *cell_json(const char *cell)
{
    char *integer_end, *end;
    long long integer = strtoll(cell, &integer_end, 10);
    double number = strtod(cell, &end);

    if (end == cell || *end)
        return output_string(cell);
    return integer_end == end ? json_integer(integer) : output_number(number);
}

static json_t *epoch_json(const struct info_history *history, size_t row)
{
    json_t *epoch = json_object();

    for (size_t column = 0; column < history->columns; column++)
        json_object_set_new(epoch, info_history_cell(history, 0, column),
                            cell_json(info_history_cell(history, row, column)));
    return epoch;
}

static json_t *history_json(const struct info_history *history)
{
    json_t *epochs = json_array();

    for (size_t row = 1; row <= history->rows; row++)
        json_array_append_new(epochs, epoch_json(history, row));
    return epochs;
}

/* Adds what only a network has. */
static void add_network_json(json_t *object, const struct architecture *a)
{
    json_object_set_new(object, "parameters", json_integer((json_int_t)architecture_total(a)));
    json_object_set_new(object, "trained", json_integer((json_int_t)architecture_trained(a)));
    json_object_set_new(object, "multiply_adds", output_number(architecture_macs(a)));
    json_object_set_new(object, "layers", layers_json(a));
}

/* `a` is NULL for nearest neighbours. */
static mien_status print_json(const char *path, const struct model_file *file,
                              const struct architecture *a, const struct info_history *history,
                              mien_error *err)
{
    const struct model_description *content = &file->content;
    size_t best = info_history_best(history);
    json_t *object = json_pack(
        "{s:s, s:o, s:s?, s:s, s:I, s:o, s:s, s:o, s:o, s:o, s:o}", "kind", "model", "source",
        output_string(path), "name", model_file_about(file, "name"), "sha256", file->sha256,
        "bytes", (json_int_t)file->bytes, "labels", labels_json(content), "architecture",
        content->architecture, "tensors", tensors_json(content), "about", about_json(content),
        "history", history_json(history), "kept", best ? epoch_json(history, best) : json_null());

    if (object && a)
        add_network_json(object, a);
    return output_json(object, err);
}

static mien_status print(const char *path, const struct model_file *file,
                         const struct architecture *a, bool json, mien_error *err)
{
    struct info_history history;
    mien_status status = info_history_parse(file->content.history, &history, err);

    if (status)
        return error_prefix(err, status, "%s", path);
    if (json) {
        status = print_json(path, file, a, &history, err);
    } else {
        print_head(path, file);
        if (a)
            print_network(a);
        else
            print_tensors(&file->content);
        print_about(&file->content);
        print_history(&history);
    }
    info_history_free(&history);
    return status;
}

static mien_status print_neighbours(const char *path, const struct model_file *file, bool json,
                                    mien_error *err)
{
    struct knn_model *neighbours; /* made to see that the parts fit together */
    mien_status status = knn_model_new(file, NULL, &neighbours, err);

    if (status)
        return error_prefix(err, status, "%s", path);
    knn_model_free(neighbours);
    return print(path, file, NULL, json, err);
}

mien_status info_model_print(const char *path_or_name, bool json, mien_error *err)
{
    struct model_file *file;
    struct model *model;
    mien_status status = model_file_find(path_or_name, &file, err);

    if (status)
        return status;
    if (model_file_holds_neighbours(file)) {
        status = print_neighbours(path_or_name, file, json, err);
        model_file_close(file);
        return status;
    }
    status = model_join(file, path_or_name, &model, err);
    if (!status) {
        status = print(path_or_name, file, model->architecture, json, err);
        model_close(model);
    }
    return status;
}

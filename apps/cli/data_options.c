/* data_options.c - open and split the data set that a command line names.
 * SPDX-License-Identifier: MIT */
#include "data_options.h"

#include <stdlib.h>
#include <sys/stat.h>

#include "dataset/row_list.h"
#include "path_name.h"

static mien_status leave_out(const char *path, struct data *data, mien_error *err)
{
    uint32_t *excluded;
    size_t count;
    mien_status status = row_list_read(path, data->dataset.count, &excluded, &count, err);

    if (status)
        return status;
    for (int part = 0; part < DATASET_PARTS; part++)
        data->split.count[part] =
            row_list_exclude(data->split.rows[part], data->split.count[part], excluded, count);
    free(excluded);
    return MIEN_OK;
}

/* Only a folder's pictures can be had in any size. */
static bool is_folder(const char *path)
{
    struct stat info;

    return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

static mien_status open_and_split(const struct data_request *request, struct split_options *split,
                                  struct data *data, mien_error *err)
{
    struct dataset_options options;
    mien_status status;

    dataset_options_init(&options);
    options.skip_bad = request->values.skip_bad;
    options.pool = request->pool;
    if (request->size >= DATASET_SIZE_MIN && is_folder(request->path))
        options.size = request->size;
    status = dataset_open(request->path, &options, &data->dataset, err);
    if (status)
        return status;
    if (request->parts_optional && split->kind == SPLIT_OFFICIAL && !data->dataset.has_parts) {
        split->kind = SPLIT_RATIO;
        split->share[DATASET_TEST] = 1;
    }
    status = split_new(&data->dataset, split, &data->split, err);
    if (!status && request->values.exclude)
        status = leave_out(request->values.exclude, data, err);
    if (status)
        data_close(data);
    return status;
}

int data_open(const struct command_line *line, const struct data_request *request,
              struct data *ret_data)
{
    struct split_options split;
    struct data data = {0};
    mien_error err;

    split_options_init(&split);
    split.seed = (uint64_t)request->values.split_seed;
    split.stratify = request->values.stratify;
    if (split_options_parse(request->values.split, &split, &err))
        return command_wrong_usage(line, "--split: %s", err.message);
    if (open_and_split(request, &split, &data, &err))
        return command_failed(line, &err);
    if (data.dataset.skipped)
        command_warn(line, "%s: %zu damaged rows were left out", request->path,
                     data.dataset.skipped);
    *ret_data = data;
    return COMMAND_DONE;
}

void data_split_describe(const struct data_values *values, struct text *text)
{
    text_add(text, "%s", values->split);
    if (values->split_seed)
        text_add(text, " seed %lld", (long long)values->split_seed);
    if (values->stratify)
        text_add(text, " stratified");
}

void data_options_describe(const struct data_values *values, struct text *text)
{
    text_add(text, " --split %s", values->split);
    if (values->split_seed)
        text_add(text, " --split-seed %lld", (long long)values->split_seed);
    if (values->stratify)
        text_add(text, " --stratify");
    if (values->skip_bad)
        text_add(text, " --skip-bad");
    if (values->exclude)
        text_add(text, " --exclude %s", path_name(values->exclude));
}

void data_close(struct data *data)
{
    split_free(&data->split);
    dataset_close(&data->dataset);
}

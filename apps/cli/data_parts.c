/* data_parts.c - open a data set and tell the part of every row.
 * SPDX-License-Identifier: MIT */
#include "data_parts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "dataset/audit.h"
#include "output.h"

static mien_status split_parts(const struct split_options *options, struct data_parts *data,
                               mien_error *err)
{
    struct split split;
    mien_status status = split_new(&data->dataset, options, &split, err);

    if (status)
        return status;
    memset(data->parts, AUDIT_NO_PART, data->dataset.count);
    for (int part = 0; part < DATASET_PARTS; part++)
        for (size_t i = 0; i < split.count[part]; i++)
            data->parts[split.rows[part][i]] = (uint8_t)part;
    split_free(&split);
    return MIEN_OK;
}

/* `split` NULL: as the data set names them. */
static mien_status fill_parts(const struct split_options *split, struct data_parts *data,
                              mien_error *err)
{
    data->parts = malloc(data->dataset.count);
    if (!data->parts)
        return error_memory(err, data->dataset.count);
    if (split)
        return split_parts(split, data, err);
    memcpy(data->parts, data->dataset.parts, data->dataset.count);
    return MIEN_OK;
}

int data_parts_open(const struct command_line *line, const struct data_request *request,
                    struct data_parts *ret_data)
{
    struct dataset_options options;
    struct split_options split;
    struct data_parts data = {0};
    mien_error err;

    split_options_init(&split);
    split.seed = (uint64_t)request->values.split_seed;
    split.stratify = request->values.stratify;
    if (request->values.split && split_options_parse(request->values.split, &split, &err))
        return command_wrong_usage(line, "--split: %s", err.message);
    dataset_options_init(&options);
    options.skip_bad = request->values.skip_bad;
    options.pool = request->pool;
    if (dataset_open(request->path, &options, &data.dataset, &err))
        return command_failed(line, &err);
    if (fill_parts(request->values.split ? &split : NULL, &data, &err)) {
        data_parts_close(&data);
        return command_failed(line, &err);
    }
    if (data.dataset.skipped)
        command_warn(line, "%s: %zu damaged rows were left out", request->path,
                     data.dataset.skipped);
    data.split = request->values.split    ? request->values.split
                 : data.dataset.has_parts ? "official"
                                          : "none, all is train";
    *ret_data = data;
    return COMMAND_DONE;
}

void data_parts_close(struct data_parts *data)
{
    free(data->parts);
    dataset_close(&data->dataset);
}

mien_status data_parts_check_folder(const char *folder, bool force, mien_error *err)
{
    mien_status status = output_check_new_in(folder, "report.html", force, err);

    return status ? status : output_check_new_in(folder, "summary.json", force, err);
}

mien_status data_parts_make_folder(const char *folder, mien_error *err)
{
    if (mkdir(folder, 0777) && errno != EEXIST)
        return error_set(err, MIEN_EIO, "%s: %s", folder, strerror(errno));
    return MIEN_OK;
}

/* measured_rows.h - the rows on which a model is measured, with their labels as the model's.
 * SPDX-License-Identifier: MIT */
#ifndef CLI_MEASURED_ROWS_H
#define CLI_MEASURED_ROWS_H

#include "command.h"
#include "data_options.h"
#include "evaluation/provenance.h"
#include "network/model.h"

struct measured_rows {
    uint32_t *rows;   /* (count) */
    uint16_t *labels; /* (count), the model's */
    size_t count;     /* at least 1 */
};

/* The rows of `parts`, their labels mapped to the model's by `map` (label_map.h; NULL: by name).
 * Rows that the map leaves out are left out, with a warning. MIEN_EINVAL for a model of another
 * task, a label that the model does not have, and where nothing is left. */
mien_status measured_rows_new(const struct command_line *line, const struct model *model,
                              const char *model_name, const struct data *data, const char *parts,
                              const char *map, struct measured_rows *ret_rows, mien_error *err);

/* Warns where the model was trained on pictures that it is measured on, or may have been. */
void measured_rows_warn(const struct command_line *line, const char *model_name,
                        const struct provenance *provenance);

/* Accepts a zeroed struct. */
void measured_rows_free(struct measured_rows *rows);

/* MIEN_EINVAL if the model does not classify grey pictures. */
mien_status measured_model_check(const struct model *model, const char *name, mien_error *err);

#endif

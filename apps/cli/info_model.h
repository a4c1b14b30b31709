/* info_model.h - a model's whole story, for `mien info`.
 * SPDX-License-Identifier: MIT */
#ifndef CLI_INFO_MODEL_H
#define CLI_INFO_MODEL_H

#include <stdbool.h>

#include "base/error.h"

/* Prints what the model file, or the built-in model of that name, says: text, or with `json` one
 * object. */
mien_status info_model_print(const char *path_or_name, bool json, mien_error *err);

#endif

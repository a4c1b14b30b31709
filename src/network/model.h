/* model.h - a model ready to run: its file, its architecture, its weights.
 * SPDX-License-Identifier: MIT */
#ifndef NETWORK_MODEL_H
#define NETWORK_MODEL_H

#include "network/model_file.h"
#include "network/network.h"

/* Never changes once open; may be shared between threads, each with a plan of its own. */
struct model {
    struct model_file *file;
    struct architecture *architecture;
    struct network *network; /* its weights lie in the mapped file */
};

/* Opens a model file, or the built-in model of that name ("deck") if there is no such file. */
mien_status model_open(const char *path_or_name, struct model **ret_model, mien_error *err);
void model_close(struct model *model);

/* The number of labels and the name of each; labels belong to the output "expression". */
size_t model_label_count(const struct model *model);
const char *model_label(const struct model *model, size_t label);

/* Writes a network with its story. `labels`, `about` and `history` as in model_description; the
 * architecture and the tensors come from the network. */
mien_status model_save(const char *path, const struct network *network,
                       const struct model_description *story, char *ret_sha256, mien_error *err);

#endif

/* model.h - a model ready to run: its file, its architecture, its weights.
 * SPDX-License-Identifier: MIT */
#ifndef NETWORK_MODEL_H
#define NETWORK_MODEL_H

#include "network/answer_rules.h"
#include "network/model_file.h"
#include "network/network.h"

/* Never changes once open; may be shared between threads, each with a plan of its own. */
struct model {
    struct model_file *file;
    struct architecture *architecture;
    struct network *network;     /* its weights lie in the mapped file */
    struct quantized *quantized; /* (parameter_count), or NULL if all weights are f32 */
    struct answer_rules rules;
};

/* Opens the built-in model of that name ("deck"), whatever lies in the current folder, or else a
 * model file; "./deck" is always a file. */
mien_status model_file_find(const char *path_or_name, struct model_file **ret_file,
                            mien_error *err);

/* Joins a file, which it takes over and on failure closes, with the network in it. `source` names
 * it in messages. MIEN_EUNSUPPORTED if it holds nearest neighbours. */
mien_status model_join(struct model_file *file, const char *source, struct model **ret_model,
                       mien_error *err);

/* Both in one. */
mien_status model_open(const char *path_or_name, struct model **ret_model, mien_error *err);
void model_close(struct model *model);

/* The number of labels and the name of each; labels belong to the output "expression". */
size_t model_label_count(const struct model *model);
const char *model_label(const struct model *model, size_t label);

/* Copies the weights of the model of that name or path into a network of the same architecture that
 * owns its parameters; weights in whole numbers as floats. MIEN_EINVAL if it has another
 * architecture: the network is untouched on failure. */
mien_status model_load_weights(const char *path_or_name, struct network *network, mien_error *err);

/* Writes a network with its story. `labels`, `about` and `history` as in model_description; the
 * architecture and the tensors come from the network. */
mien_status model_save(const char *path, const struct network *network,
                       const struct model_description *story, char *ret_sha256, mien_error *err);

#endif

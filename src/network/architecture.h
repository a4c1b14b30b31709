/* architecture.h - a network's description as text, parsed and checked.
 *
 *   # deck: the reference system's network
 *   input 48x48x1
 *   normalize 0 255
 *   convolution 16 3x3
 *   relu
 *   batchnorm
 *   ...
 *   dense 7
 *   output expression
 *
 * A line is one layer; its input is the line above unless it says `from NAME`. `as NAME` at the
 * end of a line names its value. `output NAME` makes the line above an output. `#` starts a
 * comment. docs/architecture_text.md lists every kind of layer.
 * SPDX-License-Identifier: MIT */
#ifndef NETWORK_ARCHITECTURE_H
#define NETWORK_ARCHITECTURE_H

#include "network/layer.h"

enum { ARCHITECTURE_LAYERS_MAX = 512, ARCHITECTURE_OUTPUTS_MAX = 16 };
#define ARCHITECTURE_ACTIVATION_MAX ((size_t)1 << 28) /* floats of one picture's activation */

struct architecture_output {
    char name[LAYER_NAME_MAX];
    int layer;
    struct shape shape;
};

/* Read only once made; may be shared between threads. */
struct architecture {
    char *text; /* as given, but lines end in "\n"; what a model file keeps */
    struct layer *layers;
    int layer_count; /* layers[0] is the input */
    struct parameter *parameters;
    int parameter_count;
    size_t block_floats; /* all parameters, each aligned to 16 floats */
    struct architecture_output outputs[ARCHITECTURE_OUTPUTS_MAX];
    int output_count;
};

/* `source` names the text in messages ("deck", "my.arch"). The text is copied. */
mien_status architecture_parse(const char *text, const char *source,
                               struct architecture **ret_architecture, mien_error *err);
void architecture_free(struct architecture *architecture);

/* The same architecture for an input of H x W; the parameters are the same where no layer's
 * parameters depend on the size (no dense layer behind flatten), else MIEN_EINVAL. */
mien_status architecture_resize(const struct architecture *architecture, int H, int W,
                                struct architecture **ret_architecture, mien_error *err);

struct shape architecture_input(const struct architecture *architecture);

/* Number of the output called `name`, or -1. */
int architecture_find_output(const struct architecture *architecture, const char *name);

/* Makes the result of layer `layer` an output as well, called `name`, before any plan is made.
 * MIEN_EINVAL if there is no room or the name is taken. */
mien_status architecture_add_output(struct architecture *architecture, const char *name, int layer,
                                    mien_error *err);

/* Parameters that are trained, and all of them. */
size_t architecture_trained(const struct architecture *architecture);
size_t architecture_total(const struct architecture *architecture);

/* Multiply-accumulates for one picture. */
double architecture_macs(const struct architecture *architecture);

/* The built-in architectures (architectures/NAME.arch), ended by a NULL name. */
struct architecture_text {
    const char *name, *text;
};
extern const struct architecture_text architecture_texts[];

/* The text of a built-in architecture ("deck"), or NULL. */
const char *architecture_builtin(const char *name);

#endif

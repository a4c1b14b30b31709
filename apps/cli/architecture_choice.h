/* architecture_choice.h - what `--arch` names: a built-in architecture, or a text file of one.
 * SPDX-License-Identifier: MIT */
#ifndef CLI_ARCHITECTURE_CHOICE_H
#define CLI_ARCHITECTURE_CHOICE_H

#include "network/architecture.h"

/* Of `--arch NAME`. The caller frees the architecture. */
mien_status architecture_choose(const char *name, struct architecture **ret_architecture,
                                mien_error *err);

#endif

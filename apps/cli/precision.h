/* precision.h - `--precision auto|f32|bf16`: in what numbers a network is trained.
 * SPDX-License-Identifier: MIT */
#ifndef CLI_PRECISION_H
#define CLI_PRECISION_H

#include "options.h"

extern const char *const precision_names[];

/* auto, the default: bf16 where the processor multiplies it by itself. */
#define OPTION_PRECISION(type)                                                                     \
    {                                                                                              \
        "precision", 0, NULL, "numbers that layers hand on in training; weights stay f32",         \
            OPTION_CHOICE(type, precision, precision_names)                                        \
    }

/* Whether it says bf16. MIEN_EUNSUPPORTED if it must be bf16 and the processor has no units. */
mien_status precision_choose(int precision, bool *ret_bf16, mien_error *err);

#endif

/* pixel_parser_x86.h - the pixel parsers that use AVX2 and AVX-512.
 * SPDX-License-Identifier: MIT */
#ifndef DATASET_PIXEL_PARSER_X86_H
#define DATASET_PIXEL_PARSER_X86_H

#include "dataset/pixel_parser.h"

/* Those that this processor can run, the fastest first; returns how many: 0 to 2. */
size_t pixel_kernels_x86(struct pixel_kernel *ret_kernels);

#endif

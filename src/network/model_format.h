/* model_format.h - the `.mien` format's constants (docs/model_file.md) and the rules that the
 * reader and the writer share.
 * SPDX-License-Identifier: MIT */
#ifndef NETWORK_MODEL_FORMAT_H
#define NETWORK_MODEL_FORMAT_H

#include <stddef.h>
#include <stdint.h>

#include "network/model_file.h"

/* As in PNG, the bytes around the name show what transfers do to binary files: a lost eighth bit,
 * changed line ends, a text file's end. */
#define MODEL_MAGIC "\x89MIEN\r\n\x1a"
#define MODEL_VERSION 1

enum model_format {
    MODEL_HEADER_BYTES = 64,
    MODEL_HEADER_VERSION = 8, /* u32 */
    MODEL_HEADER_ZERO = 12,   /* u32 */
    MODEL_HEADER_SIZE = 16,   /* u64: bytes of the file */
    MODEL_HEADER_ZERO_2 = 24, /* u64 */
    MODEL_HEADER_SHA256 = 32, /* of all that follows the header */

    /* The section table follows the header: u32 count, u32 zero, then the entries. */
    MODEL_TABLE_BYTES = 8,
    MODEL_MAX_SECTIONS = 64,
    MODEL_SECTION_BYTES = 48, /* name, u64 offset, u64 size */
    MODEL_SECTION_NAME = 32,  /* bytes, padded with NUL */

    MODEL_TENSOR_BYTES = 120,  /* name (MODEL_NAME_BYTES), then: */
    MODEL_TENSOR_DTYPE = 64,   /* u32 */
    MODEL_TENSOR_RANK = 68,    /* u32 */
    MODEL_TENSOR_DIMS = 72,    /* u64 x 4 */
    MODEL_TENSOR_OFFSET = 104, /* u64, in the section "weights" */
    MODEL_TENSOR_SIZE = 112,   /* u64 */
};

/* The sections of version 1, in the order in which they are written. */
enum model_section {
    SECTION_ARCHITECTURE,
    SECTION_LABELS,
    SECTION_ABOUT,
    SECTION_HISTORY,
    SECTION_TENSORS,
    SECTION_WEIGHTS,
    SECTION_COUNT
};

extern const char *const model_section_names[SECTION_COUNT];

/* Checks everything about a description that does not depend on where it lies: texts, names,
 * shapes and, with `values`, that every weight is finite. Returns `failure` if it is wrong. */
mien_status model_description_check(const struct model_description *description, bool values,
                                    mien_status failure, mien_error *err);

/* A name of lower-case letters, digits and " _-." within, 1 to `longest` bytes. */
bool model_key_is_valid(const char *key, size_t longest);

/* Printable ASCII without spaces, 1 to MODEL_NAME_BYTES - 1 of it. */
bool model_tensor_name_is_valid(const char *name);

#endif

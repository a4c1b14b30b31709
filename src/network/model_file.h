/* model_file.h - a trained model as one `.mien` file (docs/model_file.md): read by mapping, its
 * weights used where they lie; written whole or not at all.
 * SPDX-License-Identifier: MIT */
#ifndef NETWORK_MODEL_FILE_H
#define NETWORK_MODEL_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/file.h"
#include "base/sha256.h"

#define MODEL_MAX_RANK 4
#define MODEL_NAME_BYTES 64 /* of a tensor, with its closing NUL */
#define MODEL_MAX_TENSORS 4096
#define MODEL_MAX_LABELS 1024
#define MODEL_MAX_ABOUT 1024             /* entries */
#define MODEL_MAX_TEXT_BYTES (16u << 20) /* of one text section */

/* Element types; the numbers are those in the file. */
enum model_dtype {
    MODEL_F32 = 1,
    MODEL_BF16 = 2,
    MODEL_S8 = 3,
    MODEL_U8 = 4,
    MODEL_S32 = 5,
};

/* Bytes of one element, 0 for a number that is no type. */
size_t model_dtype_bytes(enum model_dtype dtype);

/* "f32", "bf16", ...; "?" for a number that is no type. */
const char *model_dtype_name(enum model_dtype dtype);

/* A named block of weights. `name`: printable ASCII without spaces, unique in the model. */
struct model_tensor {
    const char *name;
    enum model_dtype dtype;
    int rank;                    /* 1..MODEL_MAX_RANK */
    size_t dims[MODEL_MAX_RANK]; /* at least 1 each; 1 beyond `rank` */
    const void *data;            /* row-major; in an opened file MEMORY_ALIGNMENT-aligned */
    size_t bytes;                /* product of dims times the element's size */
};

/* One line of a model's story. `key`: lower-case letters, digits, and " _-." within, such as
 * "dataset sha256"; unique. `value`: UTF-8, one line, may be empty. */
struct model_about {
    const char *key, *value;
};

/* All that a model file holds, for the reader and the writer alike. Text is UTF-8; of control
 * characters it may have tabs and, in `architecture` and `history`, newlines. */
struct model_description {
    const char *architecture;        /* text that the network engine parses; not empty */
    const char *const *labels;       /* (label_count), in the order of the network's outputs */
    size_t label_count;              /* 0 for a network that has none */
    const struct model_about *about; /* (about_count), in the order shown to people */
    size_t about_count;
    const char *history;                /* training history as CSV; "" where there is none */
    const struct model_tensor *tensors; /* (tensor_count) */
    size_t tensor_count;                /* at least 1 */
};

/* An opened model. Immutable: any number of threads may read it. All pointers in `content` live
 * as long as it does. */
struct model_file {
    struct model_description content;
    char sha256[SHA256_TEXT]; /* of everything after the header: the model's identity */
    size_t bytes;             /* of the whole file */

    struct file_map map; /* private: the mapping that this object owns, or {0} */
    void *owned;         /* private: parsed text and tables */
};

/* Maps and checks a file: every size, name, text, the checksum, and that no weight is NaN or
 * infinite. The mapping follows the file: whoever truncates it in place under a running process
 * ends that process with SIGBUS; replace model files by renaming, as model_file_write does.
 * MIEN_EIO if it cannot be read, MIEN_ECORRUPT if it is damaged or no model (the message says
 * what it seems to be), MIEN_EUNSUPPORTED if a newer mien made it, MIEN_ENOMEM. */
mien_status model_file_open(const char *path, struct model_file **ret_file, mien_error *err);

/* The same over memory that is borrowed for the life of the object and MEMORY_ALIGNMENT-aligned
 * (else MIEN_EINVAL). With `verify` false the checksum and the weights' values are taken on
 * trust, so that nothing but the tables is read: for models built into the library. Messages
 * name no file. */
mien_status model_file_open_memory(const void *data, size_t bytes, bool verify,
                                   struct model_file **ret_file, mien_error *err);

/* What a file that begins with these bytes and is no model seems to be, e.g. "an HDF5 file"; NULL
 * for no idea. `ret_text` (may be NULL) tells whether it is text, plain or packed. */
const char *model_foreign_kind(const uint8_t *data, size_t bytes, bool *ret_text);

/* NULL is welcome. */
void model_file_close(struct model_file *file);

/* Whether it holds nearest neighbours (neighbours/knn_model.h), not a network. */
bool model_file_holds_neighbours(const struct model_file *file);

/* The tensor of this name, or NULL. */
const struct model_tensor *model_file_tensor(const struct model_file *file, const char *name);

/* The value of this key, or NULL. */
const char *model_file_about(const struct model_file *file, const char *key);

/* Writes `path` atomically; the same description gives the same bytes. Everything that
 * model_file_open checks is checked first: MIEN_EINVAL names what is wrong. MIEN_EIO, MIEN_ENOMEM:
 * an old file at `path` is as it was. `ret_sha256` (SHA256_TEXT) may be NULL. */
mien_status model_file_write(const char *path, const struct model_description *description,
                             char *ret_sha256, mien_error *err);

#endif

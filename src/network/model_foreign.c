/* model_foreign.c - a guess at what a file is that was given for a model, to say so.
 * SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/text.h"
#include "network/model_format.h"

struct signature {
    size_t offset;
    const char *bytes;
    size_t count;
    const char *kind;
    bool text; /* plain or packed, it may hold text */
};

#define SIGNATURE(offset, bytes, kind, text)                                                       \
    {                                                                                              \
        offset, bytes, sizeof bytes - 1, kind, text                                                \
    }

static const struct signature signatures[] = {
    SIGNATURE(0, "\x89MIEN", "a model that a transfer in text mode has damaged", false),
    SIGNATURE(0, "\x09MIEN", "a model that a transfer in text mode has damaged", false),
    SIGNATURE(0, "\x89HDF\r\n\x1a\n", "an HDF5 file (Keras)", false),
    SIGNATURE(0, "\x89PNG", "a PNG picture", false),
    SIGNATURE(0, "\xff\xd8\xff", "a JPEG picture", false),
    SIGNATURE(0, "PK\x03\x04", "a zip archive (Keras, PyTorch, a data set?)", true),
    SIGNATURE(0, "\x1f\x8b", "a gzip archive", true),
    SIGNATURE(0, "\x28\xb5\x2f\xfd", "a Zstandard archive", true),
    SIGNATURE(0, "GGUF", "a GGUF file", false),
    SIGNATURE(4, "TFL3", "a TensorFlow Lite file", false),
    SIGNATURE(4, "\0\0\0\0{\"", "a safetensors file", false),
    SIGNATURE(0, "SQLite format 3", "an SQLite database", false),
    SIGNATURE(0, "version https://git-lfs", "a Git LFS pointer: run git lfs pull", false),
    SIGNATURE(0, "<!DOCTYPE", "a web page: a download that failed?", false),
    SIGNATURE(0, "<html", "a web page: a download that failed?", false),
};

static bool matches(const struct signature *signature, const uint8_t *data, size_t bytes)
{
    return bytes >= signature->offset + signature->count &&
           !memcmp(data + signature->offset, signature->bytes, signature->count);
}

/* ONNX is a bare protobuf message: field 1 (ir_version, a small number) comes first, and then
 * the producer's name (2), its version (3), the graph (7) or the operator sets (8). */
static bool is_onnx(const uint8_t *data, size_t bytes)
{
    return bytes >= 3 && data[0] == 0x08 && data[1] < 64 &&
           (data[2] == 0x12 || data[2] == 0x1a || data[2] == 0x3a || data[2] == 0x42);
}

/* Judged by its beginning, whose last character may be cut. */
static bool is_text(const uint8_t *data, size_t bytes)
{
    size_t beginning = bytes < 512 ? bytes : 512;
    size_t clean = 0;

    while (clean < beginning) { /* carriage returns are common in text, though not in models */
        clean += text_clean_span((const char *)data + clean, beginning - clean, true);
        if (clean == beginning || data[clean] != '\r')
            break;
        clean++;
    }
    return clean == beginning || (beginning < bytes && clean + 3 >= beginning);
}

const char *model_foreign_kind(const uint8_t *data, size_t bytes, bool *ret_text)
{
    bool ignored, *text = ret_text ? ret_text : &ignored;

    *text = false;
    for (size_t i = 0; i < sizeof signatures / sizeof *signatures; i++) {
        if (matches(&signatures[i], data, bytes)) {
            *text = signatures[i].text;
            return signatures[i].kind;
        }
    }
    if (is_onnx(data, bytes))
        return "an ONNX file";
    if (is_text(data, bytes)) {
        *text = true;
        return "a text file";
    }
    return NULL;
}

/* model_write.c - write a `.mien` model: sections in one pass, then the header with their hash.
 * SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"
#include "network/model_file.h"
#include "network/model_format.h"

struct writer {
    FILE *stream;
    struct sha256 hash; /* of all that follows the header */
    int failed;         /* errno of the first write that failed */
};

static void put_u32(uint8_t *data, uint32_t value)
{
    memcpy(data, &value, sizeof value);
}

static void put_u64(uint8_t *data, uint64_t value)
{
    memcpy(data, &value, sizeof value);
}

/* Writes and hashes `bytes`, then zeros up to `padded_bytes`. */
static void emit(struct writer *writer, const void *data, size_t bytes, size_t padded_bytes)
{
    static const uint8_t zeros[MEMORY_ALIGNMENT];

    if (writer->failed || padded_bytes == 0)
        return;
    if ((bytes && fwrite(data, 1, bytes, writer->stream) != bytes) ||
        fwrite(zeros, 1, padded_bytes - bytes, writer->stream) != padded_bytes - bytes)
        writer->failed = errno ? errno : EIO;
    sha256_update(&writer->hash, data, bytes);
    sha256_update(&writer->hash, zeros, padded_bytes - bytes);
}

/* The contents of the sections but for the weights, which are written where they are. */
struct contents {
    struct text sections[SECTION_WEIGHTS];
    size_t weights_bytes;
};

static bool add_tensor(struct contents *contents, const struct model_tensor *tensor)
{
    uint8_t entry[MODEL_TENSOR_BYTES] = {0};

    memcpy(entry, tensor->name, strlen(tensor->name));
    put_u32(entry + MODEL_TENSOR_DTYPE, tensor->dtype);
    put_u32(entry + MODEL_TENSOR_RANK, (uint32_t)tensor->rank);
    for (int i = 0; i < MODEL_MAX_RANK; i++)
        put_u64(entry + MODEL_TENSOR_DIMS + 8 * i, tensor->dims[i]);
    put_u64(entry + MODEL_TENSOR_OFFSET, contents->weights_bytes);
    put_u64(entry + MODEL_TENSOR_SIZE, tensor->bytes);
    text_add_bytes(&contents->sections[SECTION_TENSORS], entry, sizeof entry);
    return add_size(contents->weights_bytes, memory_aligned_size(tensor->bytes),
                    &contents->weights_bytes);
}

static mien_status fill(struct contents *contents, const struct model_description *description,
                        mien_error *err)
{
    struct text *sections = contents->sections;
    bool fits = true;

    text_add(&sections[SECTION_ARCHITECTURE], "%s", description->architecture);
    for (size_t i = 0; i < description->label_count; i++)
        text_add(&sections[SECTION_LABELS], "%s\n", description->labels[i]);
    for (size_t i = 0; i < description->about_count; i++)
        text_add(&sections[SECTION_ABOUT], "%s: %s\n", description->about[i].key,
                 description->about[i].value);
    text_add(&sections[SECTION_HISTORY], "%s", description->history);
    for (size_t i = 0; i < description->tensor_count; i++)
        fits = fits && add_tensor(contents, &description->tensors[i]);
    for (int i = 0; i < SECTION_WEIGHTS; i++) {
        if (sections[i].failed)
            return error_set(err, MIEN_ENOMEM, "out of memory");
        if (i != SECTION_TENSORS && sections[i].length > MODEL_MAX_TEXT_BYTES)
            return error_set(err, MIEN_EINVAL, "section \"%s\" has %zu bytes; at most %u may be",
                             model_section_names[i], sections[i].length, MODEL_MAX_TEXT_BYTES);
    }
    return fits ? MIEN_OK : error_set(err, MIEN_EINVAL, "the weights' sizes overflow");
}

enum { TABLE_BYTES = MODEL_TABLE_BYTES + SECTION_COUNT * MODEL_SECTION_BYTES };

/* Fills in the section table and returns the size of the whole file. */
static size_t lay_out(const struct contents *contents, uint8_t table[TABLE_BYTES])
{
    size_t offset = MODEL_HEADER_BYTES + memory_aligned_size(TABLE_BYTES);

    memset(table, 0, TABLE_BYTES);
    put_u32(table, SECTION_COUNT);
    for (int i = 0; i < SECTION_COUNT; i++) {
        uint8_t *entry = table + MODEL_TABLE_BYTES + i * MODEL_SECTION_BYTES;
        size_t bytes =
            i == SECTION_WEIGHTS ? contents->weights_bytes : contents->sections[i].length;
        memcpy(entry, model_section_names[i], strlen(model_section_names[i]));
        put_u64(entry + MODEL_SECTION_NAME, offset);
        put_u64(entry + MODEL_SECTION_NAME + 8, bytes);
        offset += memory_aligned_size(bytes);
    }
    return offset;
}

static void write_header(struct writer *writer, size_t file_bytes, char *ret_sha256)
{
    uint8_t header[MODEL_HEADER_BYTES] = {0};

    memcpy(header, MODEL_MAGIC, sizeof MODEL_MAGIC - 1);
    put_u32(header + MODEL_HEADER_VERSION, MODEL_VERSION);
    put_u64(header + MODEL_HEADER_SIZE, file_bytes);
    sha256_final(&writer->hash, header + MODEL_HEADER_SHA256);
    if (!writer->failed && (fseek(writer->stream, 0, SEEK_SET) ||
                            fwrite(header, 1, sizeof header, writer->stream) != sizeof header))
        writer->failed = errno ? errno : EIO;
    sha256_text(header + MODEL_HEADER_SHA256, ret_sha256);
}

static int write_all(FILE *stream, const struct contents *contents,
                     const struct model_description *description, char *ret_sha256)
{
    struct writer writer = {.stream = stream};
    uint8_t table[TABLE_BYTES];
    size_t file_bytes = lay_out(contents, table);

    sha256_init(&writer.hash);
    if (fseek(stream, MODEL_HEADER_BYTES, SEEK_SET)) /* the header, with the hash, comes last */
        writer.failed = errno;
    emit(&writer, table, sizeof table, memory_aligned_size(sizeof table));
    for (int i = 0; i < SECTION_WEIGHTS; i++)
        emit(&writer, contents->sections[i].data, contents->sections[i].length,
             memory_aligned_size(contents->sections[i].length));
    for (size_t i = 0; i < description->tensor_count; i++)
        emit(&writer, description->tensors[i].data, description->tensors[i].bytes,
             memory_aligned_size(description->tensors[i].bytes));
    write_header(&writer, file_bytes, ret_sha256);
    return writer.failed;
}

static mien_status write_file(const char *path, const struct contents *contents,
                              const struct model_description *description, char *ret_sha256,
                              mien_error *err)
{
    struct atomic_file file;
    mien_status status = atomic_file_open(path, &file, err);
    int failed;

    if (status)
        return status;
    failed = write_all(file.stream, contents, description, ret_sha256);
    if (failed) {
        atomic_file_abandon(&file);
        return error_set(err, MIEN_EIO, "%s: cannot be written: %s", path, strerror(failed));
    }
    return atomic_file_commit(&file, err);
}

mien_status model_file_write(const char *path, const struct model_description *description,
                             char *ret_sha256, mien_error *err)
{
    struct contents contents = {0};
    char sha256[SHA256_TEXT];
    mien_status status = model_description_check(description, true, MIEN_EINVAL, err);

    if (!status)
        status = fill(&contents, description, err);
    if (status)
        error_prefix(err, status, "%s: the model cannot be written", path);
    else
        status = write_file(path, &contents, description, sha256, err);
    if (!status && ret_sha256)
        memcpy(ret_sha256, sha256, sizeof sha256);
    for (int i = 0; i < SECTION_WEIGHTS; i++)
        text_free(&contents.sections[i]);
    return status;
}

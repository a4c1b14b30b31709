/* model_file.c - open a `.mien` model where it lies: layout first, then meaning.
 * Untrusted input: every count, offset and size is bounded before it is used, and nothing that
 * the file claims decides an allocation beyond what the file itself holds.
 * SPDX-License-Identifier: MIT */
#include "network/model_file.h"

#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "network/model_format.h"

/* Weights are used as they lie in the file, which is little-endian. */
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "big-endian machines need a converter");

const char *const model_section_names[SECTION_COUNT] = {
    [SECTION_ARCHITECTURE] = "architecture",
    [SECTION_LABELS] = "labels",
    [SECTION_ABOUT] = "about",
    [SECTION_HISTORY] = "history",
    [SECTION_TENSORS] = "tensors",
    [SECTION_WEIGHTS] = "weights",
};

/* Bytes of the file. */
struct span {
    const uint8_t *data;
    size_t bytes;
};

static uint32_t read_u32(const uint8_t *data)
{
    uint32_t value;

    memcpy(&value, data, sizeof value);
    return value;
}

static uint64_t read_u64(const uint8_t *data)
{
    uint64_t value;

    memcpy(&value, data, sizeof value);
    return value;
}

/* A size that this machine cannot hold becomes one that no check lets pass. */
static size_t read_size(const uint8_t *data)
{
    uint64_t value = read_u64(data);

    return value <= SIZE_MAX ? (size_t)value : SIZE_MAX;
}

static mien_status refuse_foreign(const uint8_t *data, size_t bytes, mien_error *err)
{
    const char *kind;

    if (bytes == 0)
        return error_set(err, MIEN_ECORRUPT, "an empty file, not a .mien model");
    if (bytes < sizeof MODEL_MAGIC - 1 && !memcmp(data, MODEL_MAGIC, bytes))
        return error_set(err, MIEN_ECORRUPT, "truncated: %zu bytes; the header alone takes %d",
                         bytes, MODEL_HEADER_BYTES);
    kind = model_foreign_kind(data, bytes, NULL);
    if (!kind)
        return error_set(err, MIEN_ECORRUPT, "not a .mien model");
    return error_set(err, MIEN_ECORRUPT, "not a .mien model; it seems to be %s", kind);
}

static mien_status check_version(uint32_t version, mien_error *err)
{
    if (version > MODEL_VERSION)
        return error_set(err, MIEN_EUNSUPPORTED,
                         "made by a newer mien: version %u; this one reads up to %d", version,
                         MODEL_VERSION);
    if (version == 0)
        return error_set(err, MIEN_ECORRUPT, "damaged: its version is 0");
    return MIEN_OK;
}

static mien_status check_header(const uint8_t *data, size_t bytes, mien_error *err)
{
    mien_status status;
    uint64_t size;

    if (bytes < sizeof MODEL_MAGIC - 1 || memcmp(data, MODEL_MAGIC, sizeof MODEL_MAGIC - 1))
        return refuse_foreign(data, bytes, err);
    if (bytes < MODEL_HEADER_BYTES)
        return error_set(err, MIEN_ECORRUPT, "truncated: %zu bytes; the header alone takes %d",
                         bytes, MODEL_HEADER_BYTES);
    status = check_version(read_u32(data + MODEL_HEADER_VERSION), err);
    if (status)
        return status;
    size = read_u64(data + MODEL_HEADER_SIZE);
    if (size > bytes)
        return error_set(err, MIEN_ECORRUPT, "truncated: %zu bytes of %llu", bytes,
                         (unsigned long long)size);
    if (size < bytes)
        return error_set(err, MIEN_ECORRUPT, "damaged: %zu bytes; its header says %llu", bytes,
                         (unsigned long long)size);
    if (read_u32(data + MODEL_HEADER_ZERO) || read_u64(data + MODEL_HEADER_ZERO_2))
        return error_set(err, MIEN_ECORRUPT, "damaged: unused bytes of its header are not 0");
    return MIEN_OK;
}

static mien_status check_digest(const uint8_t *data, size_t bytes, mien_error *err)
{
    uint8_t digest[SHA256_BYTES];
    struct sha256 hash;

    sha256_init(&hash);
    sha256_update(&hash, data + MODEL_HEADER_BYTES, bytes - MODEL_HEADER_BYTES);
    sha256_final(&hash, digest);
    if (memcmp(digest, data + MODEL_HEADER_SHA256, sizeof digest))
        return error_set(err, MIEN_ECORRUPT,
                         "damaged: its checksum does not match its contents; get the file again");
    return MIEN_OK;
}

/* A name of at most `bytes` - 1 characters in a field of `bytes` that NULs fill up. */
static bool is_padded(const uint8_t *field, size_t bytes)
{
    size_t length = strnlen((const char *)field, bytes);

    for (size_t i = length; i < bytes; i++)
        if (field[i])
            return false;
    return length < bytes;
}

static mien_status check_section_name(const uint8_t *table, uint32_t index, mien_error *err)
{
    const uint8_t *entry = table + (size_t)index * MODEL_SECTION_BYTES;

    if (!is_padded(entry, MODEL_SECTION_NAME) ||
        !model_key_is_valid((const char *)entry, MODEL_SECTION_NAME - 1))
        return error_set(err, MIEN_ECORRUPT, "section %u: its name is damaged", index);
    for (uint32_t i = 0; i < index; i++)
        if (!memcmp(entry, table + (size_t)i * MODEL_SECTION_BYTES, MODEL_SECTION_NAME))
            return error_set(err, MIEN_ECORRUPT, "section \"%s\" is there twice",
                             (const char *)entry);
    return MIEN_OK;
}

/* Sections lie in the table's order, so that one that starts before `*end` overlaps another. */
static mien_status read_section(const uint8_t *data, size_t bytes, const uint8_t *entry,
                                size_t *end, struct span sections[SECTION_COUNT], mien_error *err)
{
    const char *name = (const char *)entry;
    size_t offset = read_size(entry + MODEL_SECTION_NAME);
    size_t size = read_size(entry + MODEL_SECTION_NAME + 8);

    if (offset > bytes || size > bytes - offset)
        return error_set(err, MIEN_ECORRUPT, "section \"%s\" ends beyond the file", name);
    if (offset < *end)
        return error_set(err, MIEN_ECORRUPT, "section \"%s\" overlaps what comes before it", name);
    if (offset % MEMORY_ALIGNMENT)
        return error_set(err, MIEN_ECORRUPT, "section \"%s\" starts at %zu, no multiple of %d",
                         name, offset, MEMORY_ALIGNMENT);
    *end = offset + size;
    for (int i = 0; i < SECTION_COUNT; i++)
        if (!strcmp(name, model_section_names[i]))
            sections[i] = (struct span){data + offset, size};
    return MIEN_OK;
}

static mien_status find_sections(const uint8_t *data, size_t bytes,
                                 struct span sections[SECTION_COUNT], mien_error *err)
{
    static const enum model_section needed[] = {SECTION_ARCHITECTURE, SECTION_TENSORS,
                                                SECTION_WEIGHTS};
    const uint8_t *table = data + MODEL_HEADER_BYTES;
    size_t end = MODEL_HEADER_BYTES + MODEL_TABLE_BYTES;
    uint32_t count = bytes < end ? 0 : read_u32(table);

    if (count < 1 || count > MODEL_MAX_SECTIONS || read_u32(table + 4) ||
        count * (size_t)MODEL_SECTION_BYTES > bytes - end)
        return error_set(err, MIEN_ECORRUPT, "damaged: its section table");
    table += MODEL_TABLE_BYTES;
    end += count * (size_t)MODEL_SECTION_BYTES;
    for (uint32_t i = 0; i < count; i++)
        if (check_section_name(table, i, err) ||
            read_section(data, bytes, table + (size_t)i * MODEL_SECTION_BYTES, &end, sections, err))
            return MIEN_ECORRUPT;
    for (size_t i = 0; i < sizeof needed / sizeof *needed; i++)
        if (!sections[needed[i]].data)
            return error_set(err, MIEN_ECORRUPT, "section \"%s\" is missing",
                             model_section_names[needed[i]]);
    return MIEN_OK;
}

/* How much the parsed form takes: arrays first, then copies of the texts with their NULs. */
struct extent {
    size_t labels, about, tensors, text_bytes;
};

static size_t count_lines(struct span text)
{
    size_t lines = 0;

    for (size_t i = 0; i < text.bytes; i++)
        lines += text.data[i] == '\n';
    return lines;
}

static mien_status check_text_section(struct span text, const char *name, bool lines,
                                      mien_error *err)
{
    const uint8_t *nul = text.bytes ? memchr(text.data, 0, text.bytes) : NULL;

    if (text.bytes > MODEL_MAX_TEXT_BYTES)
        return error_set(err, MIEN_ECORRUPT, "section \"%s\" has %zu bytes; at most %u may be",
                         name, text.bytes, MODEL_MAX_TEXT_BYTES);
    if (nul)
        return error_set(err, MIEN_ECORRUPT, "section \"%s\" has a NUL at byte %zu", name,
                         (size_t)(nul - text.data));
    if (lines && text.bytes && text.data[text.bytes - 1] != '\n')
        return error_set(err, MIEN_ECORRUPT, "section \"%s\": its last line does not end", name);
    return MIEN_OK;
}

static mien_status measure(const struct span sections[SECTION_COUNT], struct extent *ret_extent,
                           mien_error *err)
{
    struct extent extent = {0};

    for (int i = SECTION_ARCHITECTURE; i <= SECTION_HISTORY; i++) {
        bool lines = i == SECTION_LABELS || i == SECTION_ABOUT;
        if (check_text_section(sections[i], model_section_names[i], lines, err))
            return MIEN_ECORRUPT;
        extent.text_bytes += sections[i].bytes + 1;
    }
    extent.labels = count_lines(sections[SECTION_LABELS]);
    extent.about = count_lines(sections[SECTION_ABOUT]);
    if (sections[SECTION_TENSORS].bytes % MODEL_TENSOR_BYTES)
        return error_set(err, MIEN_ECORRUPT, "section \"tensors\" has %zu bytes, no multiple of %d",
                         sections[SECTION_TENSORS].bytes, MODEL_TENSOR_BYTES);
    extent.tensors = sections[SECTION_TENSORS].bytes / MODEL_TENSOR_BYTES;
    if (extent.labels > MODEL_MAX_LABELS || extent.about > MODEL_MAX_ABOUT ||
        extent.tensors > MODEL_MAX_TENSORS)
        return error_set(err, MIEN_ECORRUPT,
                         "%zu labels, %zu entries and %zu tensors; at most %d, "
                         "%d and %d may be",
                         extent.labels, extent.about, extent.tensors, MODEL_MAX_LABELS,
                         MODEL_MAX_ABOUT, MODEL_MAX_TENSORS);
    *ret_extent = extent;
    return MIEN_OK;
}

/* The parsed form under construction, inside one block. */
struct parsed {
    const char **labels;
    struct model_about *about;
    struct model_tensor *tensors;
    char *text; /* where the next text goes */
};

static mien_status allocate(const struct extent *extent, struct model_file *file,
                            struct parsed *ret_parsed, mien_error *err)
{
    struct parsed parsed;
    size_t bytes = extent->tensors * sizeof *parsed.tensors + extent->about * sizeof *parsed.about +
                   extent->labels * sizeof *parsed.labels + extent->text_bytes;

    file->owned = malloc(bytes);
    if (!file->owned)
        return error_memory(err, bytes);
    parsed.tensors = file->owned;
    parsed.about = (struct model_about *)(parsed.tensors + extent->tensors);
    parsed.labels = (const char **)(parsed.about + extent->about);
    parsed.text = (char *)(parsed.labels + extent->labels);
    *ret_parsed = parsed;
    return MIEN_OK;
}

static char *copy_text(struct parsed *parsed, struct span section)
{
    char *text = parsed->text;

    if (section.bytes)
        memcpy(text, section.data, section.bytes);
    text[section.bytes] = 0;
    parsed->text += section.bytes + 1;
    return text;
}

/* Cuts the line off that `*text` begins with. */
static char *next_line(char **text)
{
    char *line = *text, *end = strchr(line, '\n');

    *end = 0;
    *text = end + 1;
    return line;
}

static mien_status parse_about(char *text, size_t count, struct model_about *about, mien_error *err)
{
    for (size_t i = 0; i < count; i++) {
        char *line = next_line(&text), *colon = strstr(line, ": ");
        if (!colon)
            return error_set(err, MIEN_ECORRUPT,
                             "section \"about\", line %zu: not of the form \"key: value\"", i + 1);
        *colon = 0;
        about[i] = (struct model_about){line, colon + 2};
    }
    return MIEN_OK;
}

static mien_status parse_tensor(const uint8_t *entry, struct span weights, size_t *end,
                                struct model_tensor *tensor, mien_error *err)
{
    uint32_t rank = read_u32(entry + MODEL_TENSOR_RANK);
    size_t offset = read_size(entry + MODEL_TENSOR_OFFSET);

    if (!is_padded(entry, MODEL_NAME_BYTES) || !model_tensor_name_is_valid((const char *)entry))
        return error_set(err, MIEN_ECORRUPT, "a tensor's name is damaged");
    tensor->name = (const char *)entry;
    tensor->dtype = read_u32(entry + MODEL_TENSOR_DTYPE);
    tensor->rank = rank <= MODEL_MAX_RANK ? (int)rank : INT_MAX;
    for (int i = 0; i < MODEL_MAX_RANK; i++)
        tensor->dims[i] = read_size(entry + MODEL_TENSOR_DIMS + 8 * i);
    tensor->bytes = read_size(entry + MODEL_TENSOR_SIZE);
    if (offset > weights.bytes || tensor->bytes > weights.bytes - offset)
        return error_set(err, MIEN_ECORRUPT, "tensor %s ends beyond the weights", tensor->name);
    if (offset < *end)
        return error_set(err, MIEN_ECORRUPT, "tensor %s overlaps the one before it", tensor->name);
    if (offset % MEMORY_ALIGNMENT)
        return error_set(err, MIEN_ECORRUPT, "tensor %s starts at %zu, no multiple of %d",
                         tensor->name, offset, MEMORY_ALIGNMENT);
    tensor->data = weights.data + offset;
    *end = offset + tensor->bytes;
    return MIEN_OK;
}

static mien_status parse(const struct span sections[SECTION_COUNT], const struct extent *extent,
                         struct model_file *file, mien_error *err)
{
    struct parsed parsed = {0};
    char *labels, *about;
    size_t end = 0;

    if (allocate(extent, file, &parsed, err))
        return MIEN_ENOMEM;
    file->content.architecture = copy_text(&parsed, sections[SECTION_ARCHITECTURE]);
    file->content.history = copy_text(&parsed, sections[SECTION_HISTORY]);
    labels = copy_text(&parsed, sections[SECTION_LABELS]);
    about = copy_text(&parsed, sections[SECTION_ABOUT]);
    for (size_t i = 0; i < extent->labels; i++)
        parsed.labels[i] = next_line(&labels);
    if (parse_about(about, extent->about, parsed.about, err))
        return MIEN_ECORRUPT;
    for (size_t i = 0; i < extent->tensors; i++)
        if (parse_tensor(sections[SECTION_TENSORS].data + i * MODEL_TENSOR_BYTES,
                         sections[SECTION_WEIGHTS], &end, &parsed.tensors[i], err))
            return MIEN_ECORRUPT;
    file->content.labels = parsed.labels;
    file->content.label_count = extent->labels;
    file->content.about = parsed.about;
    file->content.about_count = extent->about;
    file->content.tensors = parsed.tensors;
    file->content.tensor_count = extent->tensors;
    return MIEN_OK;
}

/* Everything after the header. */
static mien_status read_contents(const uint8_t *data, size_t bytes, bool verify,
                                 struct model_file *file, mien_error *err)
{
    struct span sections[SECTION_COUNT] = {{NULL, 0}};
    struct extent extent = {0};
    mien_status status;

    if ((verify && check_digest(data, bytes, err)) || find_sections(data, bytes, sections, err) ||
        measure(sections, &extent, err))
        return MIEN_ECORRUPT;
    status = parse(sections, &extent, file, err);
    if (status)
        return status;
    return model_description_check(&file->content, verify, MIEN_ECORRUPT, err);
}

mien_status model_file_open_memory(const void *data, size_t bytes, bool verify,
                                   struct model_file **ret_file, mien_error *err)
{
    struct model_file *file;
    mien_status status;

    if (bytes && (uintptr_t)data % MEMORY_ALIGNMENT)
        return error_set(err, MIEN_EINVAL, "a model in memory must be aligned to %d bytes",
                         MEMORY_ALIGNMENT);
    status = check_header(data, bytes, err);
    if (status)
        return status;
    file = calloc(1, sizeof *file);
    if (!file)
        return error_memory(err, sizeof *file);
    file->bytes = bytes;
    sha256_text((const uint8_t *)data + MODEL_HEADER_SHA256, file->sha256);
    status = read_contents(data, bytes, verify, file, err);
    if (status) {
        model_file_close(file);
        return status;
    }
    *ret_file = file;
    return MIEN_OK;
}

mien_status model_file_open(const char *path, struct model_file **ret_file, mien_error *err)
{
    struct file_map map;
    mien_status status = file_map_open(path, &map, err);

    if (status)
        return status;
    status = model_file_open_memory(map.data, map.bytes, true, ret_file, err);
    if (status) {
        file_map_close(&map);
        return error_prefix(err, status, "%s", path);
    }
    (*ret_file)->map = map;
    return MIEN_OK;
}

void model_file_close(struct model_file *file)
{
    if (!file)
        return;
    file_map_close(&file->map);
    free(file->owned);
    free(file);
}

bool model_file_holds_neighbours(const struct model_file *file)
{
    static const char keyword[] = "neighbours ";

    return !strncmp(file->content.architecture, keyword, sizeof keyword - 1);
}

const struct model_tensor *model_file_tensor(const struct model_file *file, const char *name)
{
    for (size_t i = 0; i < file->content.tensor_count; i++)
        if (!strcmp(file->content.tensors[i].name, name))
            return &file->content.tensors[i];
    return NULL;
}

const char *model_file_about(const struct model_file *file, const char *key)
{
    for (size_t i = 0; i < file->content.about_count; i++)
        if (!strcmp(file->content.about[i].key, key))
            return file->content.about[i].value;
    return NULL;
}

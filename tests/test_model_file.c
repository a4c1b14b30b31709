/* test_model_file.c - models written and read back, and every way in which a file can be wrong.
 * SPDX-License-Identifier: MIT */
#include "tests/unit.h"

#include <math.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>

#include "base/memory.h"
#include "network/builtin_models.h"
#include "network/model_file.h"
#include "network/model_format.h"

static const float kernel[2 * 3] = {1, -2, 3, -4, 5, 0.5f};
static const uint16_t scale[3] = {0x3f80, 0x4000, 0xbf80}; /* bf16 1, 2, -1 */
static const int8_t codes[2 * 2 * 1 * 5] = {-128, 127, 3};

static const char *const labels[] = {"angry", "überrascht"};
static const struct model_about about[] = {{"name", "sample"},
                                           {"dataset sha256", "00ff"},
                                           {"command", "mien train a: b -o c"},
                                           {"seed", ""}};
static const struct model_tensor tensors[] = {
    {"conv1.kernel", MODEL_F32, 2, {2, 3, 1, 1}, kernel, sizeof kernel},
    {"norm1.scale", MODEL_BF16, 1, {3, 1, 1, 1}, scale, sizeof scale},
    {"dense1.codes", MODEL_S8, 4, {2, 2, 1, 5}, codes, sizeof codes},
};
static const struct model_description sample = {"input 48 48 1\nconv 16 3\n", labels,  2, about, 4,
                                                "epoch,loss\n1,1.5\n",        tensors, 3};

/* A path of its own for each test, removed by forget(). */
static char scratch[64];

static const char *scratch_path(void)
{
    strcpy(scratch, "/tmp/mien-test-XXXXXX");
    close(mkstemp(scratch));
    return scratch;
}

static int forget(void **state)
{
    (void)state;
    if (scratch[0])
        unlink(scratch);
    scratch[0] = 0;
    return 0;
}

/* The bytes of a file in aligned memory. */
static uint8_t *slurp(const char *path, size_t *ret_bytes)
{
    struct file_map map;
    uint8_t *data;

    assert_int_equal(file_map_open(path, &map, NULL), MIEN_OK);
    data = memory_aligned_new(map.bytes + 1);
    memcpy(data, map.data, map.bytes);
    *ret_bytes = map.bytes;
    file_map_close(&map);
    return data;
}

static uint8_t *sample_bytes(size_t *ret_bytes)
{
    const char *path = scratch_path();
    uint8_t *data;

    assert_int_equal(model_file_write(path, &sample, NULL, NULL), MIEN_OK);
    data = slurp(path, ret_bytes);
    unlink(path);
    return data;
}

/* Makes size and checksum right again, so that what lies behind them is what gets checked. */
static void seal(uint8_t *data, size_t bytes)
{
    struct sha256 hash;
    uint64_t size = bytes;

    memcpy(data + MODEL_HEADER_SIZE, &size, sizeof size);
    sha256_init(&hash);
    sha256_update(&hash, data + MODEL_HEADER_BYTES, bytes - MODEL_HEADER_BYTES);
    sha256_final(&hash, data + MODEL_HEADER_SHA256);
}

/* Opens a copy that ends where its memory ends, so that a sanitizer sees one byte too many. */
static mien_status open_exact(const uint8_t *data, size_t bytes, mien_error *err)
{
    struct model_file *file = NULL;
    void *copy = NULL;
    mien_status status;

    assert_int_equal(posix_memalign(&copy, MEMORY_ALIGNMENT, bytes ? bytes : 1), 0);
    memcpy(copy, data, bytes);
    status = model_file_open_memory(copy, bytes, true, &file, err);
    assert_true((status == MIEN_OK) == (file != NULL));
    model_file_close(file);
    free(copy);
    return status;
}

static void assert_refused(const uint8_t *data, size_t bytes, const char *reason)
{
    mien_error err = {0};

    assert_int_equal(open_exact(data, bytes, &err), MIEN_ECORRUPT);
    if (!strstr(err.message, reason))
        fail_msg("\"%s\" does not say \"%s\"", err.message, reason);
}

/* The sample with `count` bytes at `offset` replaced and sealed is refused for `reason`. */
static void assert_patch_refused(size_t offset, const void *patch, size_t count, const char *reason)
{
    size_t bytes;
    uint8_t *data = sample_bytes(&bytes);

    assert_true(offset + count <= bytes);
    memcpy(data + offset, patch, count);
    seal(data, bytes);
    assert_refused(data, bytes, reason);
    free(data);
}

static void assert_u64_refused(size_t offset, uint64_t value, const char *reason)
{
    assert_patch_refused(offset, &value, sizeof value, reason);
}

static void assert_u32_refused(size_t offset, uint32_t value, const char *reason)
{
    assert_patch_refused(offset, &value, sizeof value, reason);
}

/* Where the entry of a section is in the table, and where the section's contents are. */
static size_t entry_of(enum model_section section)
{
    return MODEL_HEADER_BYTES + MODEL_TABLE_BYTES + section * (size_t)MODEL_SECTION_BYTES;
}

static size_t offset_of(enum model_section section)
{
    size_t bytes;
    uint8_t *data = sample_bytes(&bytes);
    uint64_t offset;

    memcpy(&offset, data + entry_of(section) + MODEL_SECTION_NAME, sizeof offset);
    free(data);
    return (size_t)offset;
}

static void assert_same_tensor(const struct model_tensor *a, const struct model_tensor *b)
{
    assert_string_equal(a->name, b->name);
    assert_int_equal(a->dtype, b->dtype);
    assert_int_equal(a->rank, b->rank);
    assert_memory_equal(a->dims, b->dims, sizeof a->dims);
    assert_int_equal(a->bytes, b->bytes);
    assert_memory_equal(a->data, b->data, a->bytes);
}

static void a_written_model_reads_back_equal(void **state)
{
    const char *path = scratch_path();
    char sha256[SHA256_TEXT];
    struct model_file *file;
    mien_error err;

    (void)state;
    assert_int_equal(model_file_write(path, &sample, sha256, &err), MIEN_OK);
    assert_int_equal(model_file_open(path, &file, &err), MIEN_OK);
    assert_string_equal(file->sha256, sha256);
    assert_string_equal(file->content.architecture, sample.architecture);
    assert_string_equal(file->content.history, sample.history);
    assert_int_equal(file->content.label_count, 2);
    assert_string_equal(file->content.labels[1], "überrascht");
    assert_int_equal(file->content.about_count, 4);
    for (size_t i = 0; i < 4; i++) {
        assert_string_equal(file->content.about[i].key, about[i].key);
        assert_string_equal(model_file_about(file, about[i].key), about[i].value);
    }
    assert_int_equal(file->content.tensor_count, 3);
    for (size_t i = 0; i < 3; i++)
        assert_same_tensor(&file->content.tensors[i], &tensors[i]);
    assert_ptr_equal(model_file_tensor(file, "norm1.scale"), &file->content.tensors[1]);
    assert_null(model_file_tensor(file, "norm1"));
    assert_null(model_file_about(file, "author"));
    model_file_close(file);
}

static void weights_are_used_where_the_file_is_mapped_and_aligned(void **state)
{
    const char *path = scratch_path();
    struct model_file *file;

    (void)state;
    assert_int_equal(model_file_write(path, &sample, NULL, NULL), MIEN_OK);
    assert_int_equal(model_file_open(path, &file, NULL), MIEN_OK);
    for (size_t i = 0; i < 3; i++) {
        const uint8_t *data = file->content.tensors[i].data;
        assert_int_equal((uintptr_t)data % MEMORY_ALIGNMENT, 0);
        assert_in_range(data - file->map.data, MODEL_HEADER_BYTES, file->bytes - 1);
    }
    model_file_close(file);
}

static void the_same_model_is_written_as_the_same_bytes(void **state)
{
    const char *path = scratch_path();
    struct model_file *file;
    uint8_t *first, *second;
    size_t first_bytes, second_bytes;

    (void)state;
    first = sample_bytes(&first_bytes);
    assert_int_equal(model_file_open_memory(first, first_bytes, true, &file, NULL), MIEN_OK);
    assert_int_equal(model_file_write(path, &file->content, NULL, NULL), MIEN_OK);
    model_file_close(file);
    second = slurp(path, &second_bytes);
    assert_int_equal(first_bytes, second_bytes);
    assert_memory_equal(first, second, first_bytes);
    free(first);
    free(second);
}

static void a_model_without_labels_story_and_history_is_a_model(void **state)
{
    const struct model_description bare = {"input 1 1 1\n", NULL, 0, NULL, 0, "", tensors, 1};
    const char *path = scratch_path();
    struct model_file *file;
    mien_error err;

    (void)state;
    assert_int_equal(model_file_write(path, &bare, NULL, &err), MIEN_OK);
    assert_int_equal(model_file_open(path, &file, &err), MIEN_OK);
    assert_int_equal(file->content.label_count, 0);
    assert_int_equal(file->content.about_count, 0);
    assert_string_equal(file->content.history, "");
    model_file_close(file);
}

static void sections_of_later_versions_are_skipped(void **state)
{
    const char recipe[MODEL_SECTION_NAME] = "recipe";
    struct model_file *file;
    size_t bytes;
    uint8_t *data = sample_bytes(&bytes);

    (void)state;
    memcpy(data + entry_of(SECTION_HISTORY), recipe, sizeof recipe);
    seal(data, bytes);
    assert_int_equal(model_file_open_memory(data, bytes, true, &file, NULL), MIEN_OK);
    assert_string_equal(file->content.history, "");
    assert_int_equal(file->content.tensor_count, 3);
    model_file_close(file);
    free(data);
}

static void every_truncation_is_refused(void **state)
{
    size_t bytes;
    uint8_t *data = sample_bytes(&bytes);

    (void)state;
    assert_refused(data, 0, "an empty file");
    for (size_t kept = 1; kept < bytes; kept++)
        assert_refused(data, kept, "truncated");
    assert_refused(data, bytes + 1, "its header says"); /* and a byte too many */
    free(data);
}

static void every_changed_byte_is_noticed(void **state)
{
    size_t bytes;
    uint8_t *data = sample_bytes(&bytes);

    (void)state;
    for (size_t i = 0; i < bytes; i++) {
        for (int bit = 0; bit < 8; bit++) {
            mien_error err = {0};
            data[i] ^= (uint8_t)(1 << bit);
            assert_int_not_equal(open_exact(data, bytes, &err), MIEN_OK);
            assert_true(err.message[0]);
            data[i] ^= (uint8_t)(1 << bit);
        }
    }
    free(data);
}

static void no_changed_byte_under_a_right_checksum_breaks_the_reader(void **state)
{
    static const uint8_t values[] = {0, 1, '\n', ':', 0x7f, 0x80, 0xff};
    size_t bytes, refused = 0;
    uint8_t *data = sample_bytes(&bytes);

    (void)state;
    for (size_t i = MODEL_HEADER_BYTES; i < bytes; i++) {
        uint8_t old = data[i];
        for (size_t v = 0; v < sizeof values; v++) {
            mien_error err = {0};
            data[i] = values[v];
            seal(data, bytes);
            if (open_exact(data, bytes, &err)) {
                assert_true(err.message[0]);
                refused++;
            }
        }
        data[i] = old;
    }
    assert_true(refused > 1000);
    free(data);
}

static void a_model_of_a_newer_version_is_refused_as_such(void **state)
{
    const uint32_t version = MODEL_VERSION + 1;
    mien_error err;
    size_t bytes;
    uint8_t *data = sample_bytes(&bytes);

    (void)state;
    memcpy(data + MODEL_HEADER_VERSION, &version, sizeof version);
    assert_int_equal(open_exact(data, bytes, &err), MIEN_EUNSUPPORTED);
    assert_string_equal(err.message, "made by a newer mien: version 2; this one reads up to 1");
    free(data);
}

static void a_section_table_that_lies_is_refused(void **state)
{
    const size_t table = MODEL_HEADER_BYTES, weights = entry_of(SECTION_WEIGHTS);
    const size_t at = weights + MODEL_SECTION_NAME, size = at + 8;

    (void)state;
    assert_u32_refused(table, 0, "section table");
    assert_u32_refused(table, 65, "section table");
    assert_u32_refused(table, UINT32_MAX, "section table");
    assert_u32_refused(table, 5, "\"weights\" is missing");
    assert_u32_refused(table + 4, 1, "section table");
    assert_u64_refused(at, UINT64_MAX, "\"weights\" ends beyond the file");
    assert_u64_refused(at, UINT64_MAX - 63, "\"weights\" ends beyond the file");
    assert_u64_refused(size, UINT64_MAX, "\"weights\" ends beyond the file");
    assert_u64_refused(at, offset_of(SECTION_WEIGHTS) + 1, "\"weights\" ends beyond the file");
    assert_u64_refused(at, offset_of(SECTION_TENSORS), "\"weights\" overlaps");
    assert_u64_refused(at, 0, "\"weights\" overlaps");
    assert_u64_refused(entry_of(SECTION_LABELS) + MODEL_SECTION_NAME, offset_of(SECTION_LABELS) + 1,
                       "no multiple of 64");
    assert_patch_refused(weights, "tensors", 8, "\"tensors\" is there twice");
    assert_patch_refused(weights, "Weights", 7, "its name is damaged");
    assert_patch_refused(weights, "a\0b", 3, "its name is damaged");
    assert_patch_refused(weights, "\0\0\0\0\0\0\0", 7, "its name is damaged");
    assert_patch_refused(weights, "waits\0\0", 7, "\"weights\" is missing");
    assert_patch_refused(weights, "abcdefghijabcdefghijabcdefghijab", 32, "its name is damaged");
}

static void a_tensor_table_that_lies_is_refused(void **state)
{
    const size_t first = offset_of(SECTION_TENSORS), second = first + MODEL_TENSOR_BYTES;
    const size_t size = entry_of(SECTION_TENSORS) + MODEL_SECTION_NAME + 8;

    (void)state;
    assert_u64_refused(size, 0, "0 tensors");
    assert_u64_refused(size, 3 * MODEL_TENSOR_BYTES - 1, "no multiple of 120");
    assert_patch_refused(first, "\0", 1, "name is damaged");
    assert_patch_refused(first, "a b", 3, "name is damaged");
    assert_patch_refused(first, "\x80", 1, "name is damaged");
    assert_patch_refused(second, "conv1.kernel", 13, "tensor conv1.kernel is there twice");
    assert_u32_refused(first + MODEL_TENSOR_DTYPE, 0, "no element type has number 0");
    assert_u32_refused(first + MODEL_TENSOR_DTYPE, UINT32_MAX, "no element type");
    assert_u32_refused(first + MODEL_TENSOR_RANK, 0, "rank 0");
    assert_u32_refused(first + MODEL_TENSOR_RANK, 5, "is not in 1..4");
    assert_u32_refused(first + MODEL_TENSOR_RANK, 1, "1 beyond its rank of 1");
    assert_u64_refused(first + MODEL_TENSOR_DIMS, 0, "dimension 0 is 0");
    assert_u64_refused(first + MODEL_TENSOR_DIMS, UINT64_MAX, "dimension 0 is");
    assert_u64_refused(first + MODEL_TENSOR_DIMS, 3, "24 bytes, its dimensions take 36");
    assert_u64_refused(second + MODEL_TENSOR_OFFSET, 0, "norm1.scale overlaps");
    assert_u64_refused(second + MODEL_TENSOR_OFFSET, 65, "no multiple of 64");
    assert_u64_refused(second + MODEL_TENSOR_OFFSET, UINT64_MAX, "ends beyond the weights");
    assert_u64_refused(first + MODEL_TENSOR_SIZE, UINT64_MAX, "ends beyond the weights");
}

static void dimensions_whose_product_overflows_are_refused(void **state)
{
    const uint64_t dims[4] = {INT32_MAX, INT32_MAX, INT32_MAX, INT32_MAX};
    const size_t third = offset_of(SECTION_TENSORS) + 2 * MODEL_TENSOR_BYTES;

    (void)state;
    assert_patch_refused(third + MODEL_TENSOR_DIMS, dims, sizeof dims, "its dimensions overflow");
}

static void text_that_is_not_clean_is_refused(void **state)
{
    const size_t architecture = offset_of(SECTION_ARCHITECTURE), names = offset_of(SECTION_LABELS);
    const size_t story = offset_of(SECTION_ABOUT), history = offset_of(SECTION_HISTORY);
    const size_t labels_size = entry_of(SECTION_LABELS) + MODEL_SECTION_NAME + 8;

    (void)state;
    assert_patch_refused(architecture + 2, "\0", 1, "\"architecture\" has a NUL at byte 2");
    assert_patch_refused(architecture + 2, "\xff", 1, "the architecture has, at byte 2,");
    assert_patch_refused(architecture + 3, "\x1b", 1, "the architecture has, at byte 3,");
    assert_patch_refused(names, "\xc1\xa1", 2, "label 0 has, at byte 0,");         /* overlong */
    assert_patch_refused(names, "\xed\xa0\x80", 3, "label 0 has, at byte 0,");     /* surrogate */
    assert_patch_refused(names, "\xf4\x90\x80\x80", 4, "label 0 has, at byte 0,"); /* > 10ffff */
    assert_patch_refused(names, "\xc2\x9b", 2, "label 0 has, at byte 0,");         /* C1 control */
    assert_patch_refused(names, "\n", 1, "label 0 is empty");
    assert_patch_refused(names, "a\na\n", 4, "label \"a\" is there twice");
    assert_u64_refused(labels_size, 3, "its last line does not end");
    assert_patch_refused(story, "name sample", 11, "line 1: not of the form");
    assert_patch_refused(story, "N", 1, "key 0 about the model");
    assert_patch_refused(story, "nam ", 4, "key 0 about the model");
    assert_patch_refused(story, "name: x\nname: ", 14, "\"name\" is there twice");
    assert_patch_refused(history, "\r", 1, "the history has, at byte 0,");
}

/* A model that has, as this section, the bytes of `history` is refused for `reason`. */
static void assert_contents_refused(enum model_section section, const char *history,
                                    const char *reason)
{
    static const char other[MODEL_SECTION_NAME] = "recipe";
    struct model_description description = sample;
    size_t bytes;
    uint8_t *data;

    description.history = history;
    assert_int_equal(model_file_write(scratch_path(), &description, NULL, NULL), MIEN_OK);
    data = slurp(scratch, &bytes);
    unlink(scratch);
    memcpy(data + entry_of(SECTION_HISTORY), data + entry_of(section), MODEL_SECTION_NAME);
    memcpy(data + entry_of(section), other, sizeof other);
    seal(data, bytes);
    assert_refused(data, bytes, reason);
    free(data);
}

static void counts_beyond_their_bounds_are_refused_before_anything_is_allocated(void **state)
{
    const size_t bytes = (size_t)(MODEL_MAX_TENSORS + 1) * MODEL_TENSOR_BYTES;
    char *text = malloc(bytes + 1);

    (void)state;
    memset(text, '\n', bytes);
    text[bytes] = 0;
    assert_contents_refused(SECTION_TENSORS, text, "and 4097 tensors; at most");
    text[MODEL_MAX_LABELS + 1] = 0;
    assert_contents_refused(SECTION_LABELS, text, "1025 labels, 4 entries");
    assert_contents_refused(SECTION_ABOUT, text, "2 labels, 1025 entries");
    free(text);
}

static void a_text_of_more_than_16_mebibytes_is_refused(void **state)
{
    const size_t bytes = MODEL_MAX_TEXT_BYTES + 1;
    const struct model_tensor tensor = {"w",  MODEL_U8, 1, {bytes, 1, 1, 1}, calloc(1, bytes),
                                        bytes};
    struct model_description description = sample;
    size_t file_bytes;
    uint8_t *data;

    (void)state;
    description.tensors = &tensor;
    description.tensor_count = 1;
    assert_int_equal(model_file_write(scratch_path(), &description, NULL, NULL), MIEN_OK);
    data = slurp(scratch, &file_bytes);
    memcpy(data + entry_of(SECTION_WEIGHTS), "history", 8);
    memcpy(data + entry_of(SECTION_HISTORY), "weights", 8);
    seal(data, file_bytes);
    assert_refused(data, file_bytes, "\"history\" has 16777280 bytes");
    free(data);
    free((void *)tensor.data);
}

static void a_table_of_more_than_64_sections_is_refused(void **state)
{
    const uint32_t count = MODEL_MAX_SECTIONS + 1;
    size_t bytes;
    uint8_t *small = sample_bytes(&bytes), *data = memory_aligned_new(8192);

    (void)state;
    memcpy(data, small, bytes);
    memcpy(data + MODEL_HEADER_BYTES, &count, sizeof count);
    seal(data, 8192);
    assert_refused(data, 8192, "section table");
    free(data);
    free(small);
}

static void weights_that_are_not_finite_are_refused(void **state)
{
    static const uint32_t values[] = {0x7f800000, 0xff800000, 0x7fc00000, 0x7f800001};
    const size_t weights = offset_of(SECTION_WEIGHTS);

    (void)state;
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        assert_patch_refused(
            weights + 20, &values[i], 4,
            "tensor conv1.kernel has a value that is not a finite number: element 5");
    assert_patch_refused(weights + 64 + 2, "\xc0\x7f", 2, "tensor norm1.scale has a value");
}

static void a_wide_tensor_is_checked_to_its_last_weight(void **state)
{
    enum { COUNT = 3001 };
    static float wide[COUNT];
    const struct model_tensor tensor = {"w", MODEL_F32, 1, {COUNT, 1, 1, 1}, wide, sizeof wide};
    const struct model_description description = {"x", NULL, 0, NULL, 0, "", &tensor, 1};
    const char *path = scratch_path();
    mien_error err;

    (void)state;
    wide[COUNT - 1] = NAN;
    assert_int_equal(model_file_write(path, &description, NULL, &err), MIEN_EINVAL);
    assert_non_null(strstr(err.message, "element 3000"));
    wide[COUNT - 1] = 0x1p127f;
    assert_int_equal(model_file_write(path, &description, NULL, &err), MIEN_OK);
}

static void other_files_are_called_by_their_name(void **state)
{
    static const struct {
        const char *bytes;
        size_t count;
        const char *kind;
    } files[] = {
        {"emotion,pixels,Usage\r\n0,1 2", 27, "a text file"},
        {"\x89HDF\r\n\x1a\n\0\0", 10, "an HDF5 file"},
        {"\x08\x07\x12\x07pytorch", 11, "an ONNX file"},
        {"\x40\0\0\0\0\0\0\0{\"a\":", 14, "a safetensors file"},
        {"PK\x03\x04", 4, "a zip archive"},
        {"\x89MIEN\n\x1a\0", 8, "transfer in text mode"},
        {"version https://git-lfs.github.com", 34, "git lfs pull"},
        {"<html><body>", 12, "a web page"},
        {"\1\2\3\4\5\6\7\xff", 8, "not a .mien model"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        uint8_t *data = memory_aligned_new(64);
        memcpy(data, files[i].bytes, files[i].count);
        assert_refused(data, files[i].count, files[i].kind);
        free(data);
    }
}

static void a_path_that_is_no_model_is_named(void **state)
{
    struct model_file *file;
    mien_error err;

    (void)state;
    assert_int_equal(model_file_open("/nowhere.mien", &file, &err), MIEN_EIO);
    assert_string_equal(err.message, "/nowhere.mien: No such file or directory");
    assert_int_equal(model_file_open("/", &file, &err), MIEN_EIO);
    assert_int_equal(model_file_open("/dev/null", &file, &err), MIEN_EIO);
    assert_int_equal(model_file_open(scratch_path(), &file, &err), MIEN_ECORRUPT);
    assert_non_null(strstr(err.message, "an empty file"));
    assert_memory_equal(err.message, scratch, strlen(scratch));
}

static void memory_that_is_not_aligned_is_refused(void **state)
{
    struct model_file *file;
    size_t bytes;
    uint8_t *data = sample_bytes(&bytes);

    (void)state;
    assert_int_equal(model_file_open_memory(data + 1, bytes - 1, true, &file, NULL), MIEN_EINVAL);
    free(data);
}

static void a_trusted_model_is_not_hashed(void **state)
{
    struct model_file *file;
    size_t bytes;
    uint8_t *data = sample_bytes(&bytes);

    (void)state;
    data[bytes - MEMORY_ALIGNMENT] ^= 1; /* a weight */
    assert_int_equal(model_file_open_memory(data, bytes, true, &file, NULL), MIEN_ECORRUPT);
    assert_int_equal(model_file_open_memory(data, bytes, false, &file, NULL), MIEN_OK);
    model_file_close(file);
    free(data);
}

static void assert_not_written(const struct model_description *description, const char *reason)
{
    const char *path = scratch_path();
    mien_error err = {0};

    assert_int_equal(model_file_write(path, description, NULL, &err), MIEN_EINVAL);
    if (!strstr(err.message, reason))
        fail_msg("\"%s\" does not say \"%s\"", err.message, reason);
    unlink(path);
}

static void a_model_that_could_not_be_read_is_not_written(void **state)
{
    static const char *const broken_labels[] = {"a", "b\nc"};
    static const struct model_about broken_about[] = {{"name", "a\nb: c"}};
    static const struct model_about broken_key[] = {{"name: x", "y"}};
    struct model_tensor tensor = tensors[0];
    struct model_description d = sample;

    (void)state;
    d.labels = broken_labels;
    assert_not_written(&d, "label 1 has, at byte 1,");
    d = sample;
    d.about = broken_about;
    d.about_count = 1;
    assert_not_written(&d, "the value of \"name\" has, at byte 1,");
    d.about = broken_key;
    assert_not_written(&d, "key 0 about the model");
    d = sample;
    d.architecture = "";
    assert_not_written(&d, "the architecture is empty");
    d = sample;
    d.tensors = &tensor;
    d.tensor_count = 0;
    assert_not_written(&d, "0 tensors");
    d.tensor_count = 1;
    tensor.bytes = 23;
    assert_not_written(&d, "23 bytes, its dimensions take 24");
}

static void a_full_disk_leaves_the_old_model(void **state)
{
    enum { COUNT = 1 << 18 };
    static float wide[COUNT];
    const struct model_tensor tensor = {"w", MODEL_F32, 1, {COUNT, 1, 1, 1}, wide, sizeof wide};
    const struct model_description big = {"x", NULL, 0, NULL, 0, "", &tensor, 1};
    const char *path = scratch_path();
    struct rlimit old, small;
    struct model_file *file;
    mien_error err;

    (void)state;
    assert_int_equal(model_file_write(path, &sample, NULL, &err), MIEN_OK);
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &old);
    small = (struct rlimit){1 << 16, old.rlim_max};
    setrlimit(RLIMIT_FSIZE, &small);
    assert_int_equal(model_file_write(path, &big, NULL, &err), MIEN_EIO);
    setrlimit(RLIMIT_FSIZE, &old);
    assert_non_null(strstr(err.message, "cannot be written: File too large"));
    assert_int_equal(model_file_open(path, &file, &err), MIEN_OK);
    assert_int_equal(file->content.tensor_count, 3);
    model_file_close(file);
}

static void every_built_in_model_is_whole(void **state)
{
    (void)state;
    for (const struct builtin_model *model = builtin_models; model->name; model++) {
        struct model_file *file;
        mien_error err = {0};
        if (model_file_open_memory(model->data, model->bytes, true, &file, &err))
            fail_msg("%s: %s", model->name, err.message);
        assert_ptr_equal(builtin_model_find(model->name), model);
        model_file_close(file);
    }
    assert_null(builtin_model_find("no-such-model"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(a_written_model_reads_back_equal, forget),
        cmocka_unit_test_teardown(weights_are_used_where_the_file_is_mapped_and_aligned, forget),
        cmocka_unit_test_teardown(the_same_model_is_written_as_the_same_bytes, forget),
        cmocka_unit_test_teardown(a_model_without_labels_story_and_history_is_a_model, forget),
        cmocka_unit_test(sections_of_later_versions_are_skipped),
        cmocka_unit_test(every_truncation_is_refused),
        cmocka_unit_test(every_changed_byte_is_noticed),
        cmocka_unit_test(no_changed_byte_under_a_right_checksum_breaks_the_reader),
        cmocka_unit_test(a_model_of_a_newer_version_is_refused_as_such),
        cmocka_unit_test(a_section_table_that_lies_is_refused),
        cmocka_unit_test(a_tensor_table_that_lies_is_refused),
        cmocka_unit_test(dimensions_whose_product_overflows_are_refused),
        cmocka_unit_test(text_that_is_not_clean_is_refused),
        cmocka_unit_test(counts_beyond_their_bounds_are_refused_before_anything_is_allocated),
        cmocka_unit_test_teardown(a_text_of_more_than_16_mebibytes_is_refused, forget),
        cmocka_unit_test(a_table_of_more_than_64_sections_is_refused),
        cmocka_unit_test(weights_that_are_not_finite_are_refused),
        cmocka_unit_test_teardown(a_wide_tensor_is_checked_to_its_last_weight, forget),
        cmocka_unit_test(other_files_are_called_by_their_name),
        cmocka_unit_test_teardown(a_path_that_is_no_model_is_named, forget),
        cmocka_unit_test(memory_that_is_not_aligned_is_refused),
        cmocka_unit_test(a_trusted_model_is_not_hashed),
        cmocka_unit_test(a_model_that_could_not_be_read_is_not_written),
        cmocka_unit_test_teardown(a_full_disk_leaves_the_old_model, forget),
        cmocka_unit_test(every_built_in_model_is_whole),
    };
    return cmocka_run_group_tests_name("model file", tests, NULL, NULL);
}

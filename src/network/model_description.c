/* model_description.c - what must hold for a model's texts, names, shapes and weights, checked
 * alike before writing and after reading.
 * SPDX-License-Identifier: MIT */
#include <stdint.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "network/model_format.h"

static const struct {
    const char *name;
    size_t bytes;
} dtypes[] = {
    [MODEL_F32] = {"f32", 4}, [MODEL_BF16] = {"bf16", 2}, [MODEL_S8] = {"s8", 1},
    [MODEL_U8] = {"u8", 1},   [MODEL_S32] = {"s32", 4},
};

static bool is_dtype(enum model_dtype dtype)
{
    return (size_t)dtype < sizeof dtypes / sizeof *dtypes && dtypes[dtype].bytes;
}

size_t model_dtype_bytes(enum model_dtype dtype)
{
    return is_dtype(dtype) ? dtypes[dtype].bytes : 0;
}

const char *model_dtype_name(enum model_dtype dtype)
{
    return is_dtype(dtype) ? dtypes[dtype].name : "?";
}

/* What is being checked, and the status that a violation gives. */
struct check {
    const struct model_description *of;
    mien_status failure;
    mien_error *err;
};

static mien_status check_text(const struct check *check, const char *what, const char *text,
                              size_t longest, bool lines)
{
    size_t length = strlen(text), clean;

    if (length > longest)
        return error_set(check->err, check->failure, "%s has %zu bytes; at most %zu may be", what,
                         length, longest);
    clean = text_clean_span(text, length, lines);
    if (clean < length)
        return error_set(check->err, check->failure,
                         "%s has, at byte %zu, a control character or something that is not UTF-8",
                         what, clean);
    return MIEN_OK;
}

static mien_status check_labels(const struct check *check)
{
    const char *const *labels = check->of->labels;

    if (check->of->label_count > MODEL_MAX_LABELS)
        return error_set(check->err, check->failure, "%zu labels; at most %d may be",
                         check->of->label_count, MODEL_MAX_LABELS);
    for (size_t i = 0; i < check->of->label_count; i++) {
        char what[32];
        snprintf(what, sizeof what, "label %zu", i);
        if (labels[i][0] == 0)
            return error_set(check->err, check->failure, "%s is empty", what);
        if (check_text(check, what, labels[i], MODEL_NAME_BYTES - 1, false))
            return check->failure;
        for (size_t j = 0; j < i; j++)
            if (!strcmp(labels[i], labels[j]))
                return error_set(check->err, check->failure, "label \"%s\" is there twice",
                                 labels[i]);
    }
    return MIEN_OK;
}

static mien_status check_about(const struct check *check)
{
    const struct model_about *about = check->of->about;

    if (check->of->about_count > MODEL_MAX_ABOUT)
        return error_set(check->err, check->failure,
                         "%zu entries about the model; at most %d may be", check->of->about_count,
                         MODEL_MAX_ABOUT);
    for (size_t i = 0; i < check->of->about_count; i++) {
        char what[MODEL_NAME_BYTES + 32];
        if (!model_key_is_valid(about[i].key, MODEL_NAME_BYTES - 1))
            return error_set(check->err, check->failure,
                             "key %zu about the model is not a name of lower-case letters, "
                             "digits, spaces and _-.",
                             i);
        snprintf(what, sizeof what, "the value of \"%s\"", about[i].key);
        if (check_text(check, what, about[i].value, MODEL_MAX_TEXT_BYTES, false))
            return check->failure;
        for (size_t j = 0; j < i; j++)
            if (!strcmp(about[i].key, about[j].key))
                return error_set(check->err, check->failure, "\"%s\" is there twice", about[i].key);
    }
    return MIEN_OK;
}

static mien_status check_shape(const struct check *check, const struct model_tensor *tensor)
{
    size_t bytes = model_dtype_bytes(tensor->dtype);

    if (bytes == 0)
        return error_set(check->err, check->failure, "tensor %s: no element type has number %u",
                         tensor->name, (unsigned)tensor->dtype);
    if (tensor->rank < 1 || tensor->rank > MODEL_MAX_RANK)
        return error_set(check->err, check->failure, "tensor %s: rank %d is not in 1..%d",
                         tensor->name, tensor->rank, MODEL_MAX_RANK);
    for (int i = 0; i < MODEL_MAX_RANK; i++) {
        size_t dim = tensor->dims[i];
        if (dim < 1 || dim > INT32_MAX || (i >= tensor->rank && dim != 1))
            return error_set(check->err, check->failure,
                             "tensor %s: dimension %d is %zu; 1 to %d may be, and 1 beyond its "
                             "rank of %d",
                             tensor->name, i, dim, INT32_MAX, tensor->rank);
        if (!mul_size(bytes, dim, &bytes))
            return error_set(check->err, check->failure, "tensor %s: its dimensions overflow",
                             tensor->name);
    }
    if (bytes != tensor->bytes)
        return error_set(check->err, check->failure,
                         "tensor %s: %zu bytes, its dimensions take %zu", tensor->name,
                         tensor->bytes, bytes);
    return MIEN_OK;
}

/* The index of the first element whose exponent bits are all set (infinite or NaN), or `count`.
 * Whole blocks first, which the compiler turns into vector code: this pass reads every weight. */
static size_t finite_span_f32(const uint8_t *data, size_t count)
{
    enum { BLOCK = 1024 };

    for (size_t start = 0; start < count; start += BLOCK) {
        size_t end = count - start < BLOCK ? count : start + BLOCK;
        uint32_t bad = 0, bits;
        for (size_t i = start; i < end; i++) {
            memcpy(&bits, data + 4 * i, 4);
            bad |= (bits & 0x7f800000u) == 0x7f800000u;
        }
        for (size_t i = start; bad && i < end; i++) {
            memcpy(&bits, data + 4 * i, 4);
            if ((bits & 0x7f800000u) == 0x7f800000u)
                return i;
        }
    }
    return count;
}

static size_t finite_span_bf16(const uint8_t *data, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        uint16_t bits;
        memcpy(&bits, data + 2 * i, 2);
        if ((bits & 0x7f80u) == 0x7f80u)
            return i;
    }
    return count;
}

static mien_status check_values(const struct check *check, const struct model_tensor *tensor)
{
    size_t count = tensor->bytes / model_dtype_bytes(tensor->dtype), finite = count;

    if (tensor->dtype == MODEL_F32)
        finite = finite_span_f32(tensor->data, count);
    else if (tensor->dtype == MODEL_BF16)
        finite = finite_span_bf16(tensor->data, count);
    if (finite < count)
        return error_set(check->err, check->failure,
                         "tensor %s has a value that is not a finite number: element %zu",
                         tensor->name, finite);
    return MIEN_OK;
}

static mien_status check_tensors(const struct check *check, bool values)
{
    const struct model_tensor *tensors = check->of->tensors;

    if (check->of->tensor_count < 1 || check->of->tensor_count > MODEL_MAX_TENSORS)
        return error_set(check->err, check->failure, "%zu tensors; 1 to %d may be",
                         check->of->tensor_count, MODEL_MAX_TENSORS);
    for (size_t i = 0; i < check->of->tensor_count; i++) {
        if (!model_tensor_name_is_valid(tensors[i].name))
            return error_set(check->err, check->failure,
                             "the name of tensor %zu is not 1 to %d printable characters without "
                             "spaces",
                             i, MODEL_NAME_BYTES - 1);
        for (size_t j = 0; j < i; j++)
            if (!strcmp(tensors[i].name, tensors[j].name))
                return error_set(check->err, check->failure, "tensor %s is there twice",
                                 tensors[i].name);
        if (check_shape(check, &tensors[i]) || (values && check_values(check, &tensors[i])))
            return check->failure;
    }
    return MIEN_OK;
}

mien_status model_description_check(const struct model_description *description, bool values,
                                    mien_status failure, mien_error *err)
{
    const struct check check = {description, failure, err};

    if (description->architecture[0] == 0)
        return error_set(err, failure, "the architecture is empty");
    if (check_text(&check, "the architecture", description->architecture, MODEL_MAX_TEXT_BYTES,
                   true) ||
        check_labels(&check) || check_about(&check) ||
        check_text(&check, "the history", description->history, MODEL_MAX_TEXT_BYTES, true) ||
        check_tensors(&check, values))
        return failure;
    return MIEN_OK;
}

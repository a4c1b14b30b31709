/* dataset_builder.c - grow the arrays of a data set.
 * SPDX-License-Identifier: MIT */
#define _DEFAULT_SOURCE
#include "dataset/dataset_builder.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/memory.h"
#include "dataset/pixel_parser.h"

enum { FIRST_ROWS = 64 };
#define HUGE_PAGE ((size_t)2 << 20)

static size_t picture_bytes(const struct dataset *data)
{
    return (size_t)data->width * (size_t)data->height;
}

/* Pixels on huge pages where they are many: page faults would cost more than the parsing. */
static uint8_t *new_pixels(size_t bytes)
{
    uint8_t *pixels;

    if (bytes < 2 * HUGE_PAGE)
        return malloc(bytes);
    if (!add_size(bytes, HUGE_PAGE - 1, &bytes))
        return NULL;
    bytes &= ~(HUGE_PAGE - 1);
    pixels = aligned_alloc(HUGE_PAGE, bytes);
    if (pixels)
        madvise(pixels, bytes, MADV_HUGEPAGE); /* a wish: its refusal costs only time */
    return pixels;
}

static mien_status resize_pixels(struct dataset_builder *builder, size_t rows, mien_error *err)
{
    struct dataset *data = &builder->data;
    uint8_t *pixels;
    size_t bytes;

    if (!mul_size(rows, picture_bytes(data), &bytes) ||
        !add_size(bytes, PIXEL_PARSER_SLACK, &bytes))
        return error_memory(err, SIZE_MAX);
    pixels = new_pixels(bytes);
    if (!pixels)
        return error_memory(err, bytes);
    if (data->count)
        memcpy(pixels, data->pixels, data->count * picture_bytes(data));
    free(data->pixels);
    data->pixels = pixels;
    return MIEN_OK;
}

static bool resize_array(void **array, size_t count, size_t size)
{
    void *resized;

    if (!mul_size(count, size, &size))
        return false;
    resized = realloc(*array, size);
    if (!resized)
        return false;
    *array = resized;
    return true;
}

mien_status dataset_builder_reserve(struct dataset_builder *builder, size_t rows, mien_error *err)
{
    struct dataset *data = &builder->data;
    mien_status status;

    if (rows <= builder->capacity)
        return MIEN_OK;
    if (rows > INT32_MAX)
        return error_set(err, MIEN_EUNSUPPORTED, "more than %d rows", INT32_MAX);
    if (!resize_array((void **)&data->labels, rows, sizeof *data->labels) ||
        !resize_array((void **)&data->parts, rows, sizeof *data->parts))
        return error_memory(err, rows * sizeof *data->labels);
    status = resize_pixels(builder, rows, err);
    if (!status)
        builder->capacity = rows;
    return status;
}

void dataset_builder_init(struct dataset_builder *builder, int size, size_t guess)
{
    *builder = (struct dataset_builder){.data = {.width = size, .height = size}, .guess = guess};
}

/* Twice the room. At first what was guessed, or little if so much cannot be had. */
static mien_status grow(struct dataset_builder *builder, mien_error *err)
{
    if (builder->capacity)
        return dataset_builder_reserve(builder, 2 * builder->capacity, err);
    if (builder->guess > FIRST_ROWS && !dataset_builder_reserve(builder, builder->guess, NULL))
        return MIEN_OK;
    return dataset_builder_reserve(builder, FIRST_ROWS, err);
}

mien_status dataset_builder_pixels(struct dataset_builder *builder, uint8_t **ret_pixels,
                                   mien_error *err)
{
    struct dataset *data = &builder->data;
    mien_status status = MIEN_OK;

    if (data->count == builder->capacity)
        status = grow(builder, err);
    if (!status)
        *ret_pixels = data->pixels + data->count * picture_bytes(data);
    return status;
}

void dataset_builder_add(struct dataset_builder *builder, int label, enum dataset_part part)
{
    struct dataset *data = &builder->data;

    data->labels[data->count] = (uint16_t)label;
    data->parts[data->count] = (uint8_t)part;
    data->count++;
}

mien_status dataset_builder_name_labels(struct dataset_builder *builder, const char *const *names,
                                        int count, mien_error *err)
{
    struct dataset *data = &builder->data;

    data->label_names = calloc((size_t)count, sizeof *data->label_names);
    if (!data->label_names)
        return error_memory(err, (size_t)count * sizeof *data->label_names);
    data->label_count = count;
    for (int i = 0; i < count; i++) {
        data->label_names[i] = strdup(names[i]);
        if (!data->label_names[i])
            return error_memory(err, strlen(names[i]) + 1);
    }
    return MIEN_OK;
}

void dataset_builder_finish(struct dataset_builder *builder, struct dataset *ret_dataset)
{
    *ret_dataset = builder->data;
    *builder = (struct dataset_builder){.capacity = 0};
}

void dataset_builder_free(struct dataset_builder *builder)
{
    dataset_close(&builder->data);
    builder->capacity = 0;
}

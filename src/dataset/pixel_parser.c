/* pixel_parser.c - the plain parser, and the choice among the faster ones.
 * SPDX-License-Identifier: MIT */
#include "dataset/pixel_parser.h"

#include <stdbool.h>

#include "dataset/pixel_parser_x86.h"

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

static const uint8_t *skip_spaces(const uint8_t *text, const uint8_t *end)
{
    while (text < end && *text == ' ')
        text++;
    return text;
}

/* The end of the number at `text`, or NULL if it is not one of 0 to 255. */
static const uint8_t *parse_number(const uint8_t *text, const uint8_t *end, uint8_t *ret_value)
{
    unsigned value = 0;
    const uint8_t *at = text;

    for (; at < end && is_digit(*at); at++) {
        value = 10 * value + (*at - '0');
        if (value > 255)
            return NULL;
    }
    if (at == text || !pixel_word_ends(at, end))
        return NULL;
    *ret_value = (uint8_t)value;
    return at;
}

size_t pixel_parse(const struct pixel_kernel *kernel, const uint8_t *text, const uint8_t *end,
                   uint8_t *pixels, size_t count, const uint8_t **ret_stop)
{
    const uint8_t *at = skip_spaces(text, end), *next;
    size_t parsed = 0;

    if (kernel->blocks)
        at = skip_spaces(kernel->blocks(at, end, pixels, count, &parsed), end);
    while (parsed < count && (next = parse_number(at, end, &pixels[parsed]))) {
        parsed++;
        at = skip_spaces(next, end);
    }
    *ret_stop = at;
    return parsed;
}

size_t pixel_kernels(struct pixel_kernel ret_kernels[PIXEL_KERNELS_MAX])
{
    size_t count = pixel_kernels_x86(ret_kernels);

    ret_kernels[count] = (struct pixel_kernel){"plain", NULL};
    return count + 1;
}

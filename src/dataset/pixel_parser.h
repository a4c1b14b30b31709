/* pixel_parser.h - a CSV cell of grey values ("70 80 82 ...") as bytes.
 * SPDX-License-Identifier: MIT */
#ifndef DATASET_PIXEL_PARSER_H
#define DATASET_PIXEL_PARSER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes behind the wanted pixels that a parser may overwrite with anything. */
enum { PIXEL_PARSER_SLACK = 32 };

/* Parses whole blocks of `text` as long as they are regular: numbers 0 to 255 of one to three
 * digits, a single space between them. `text` starts a number. Writes at most `count` pixels
 * (and slack) and stops in front of anything that is irregular, so that one plain parser
 * judges and reports it.
 * Returns where the first number starts that was not parsed, and how many were. */
typedef const uint8_t *pixel_blocks(const uint8_t *text, const uint8_t *end, uint8_t *pixels,
                                    size_t count, size_t *ret_parsed);

struct pixel_kernel {
    const char *name;     /* "avx512", "avx2", "plain" */
    pixel_blocks *blocks; /* NULL for plain */
};

enum { PIXEL_KERNELS_MAX = 3 };

/* The kernels that this processor can run, the fastest first, plain last; returns how many. */
size_t pixel_kernels(struct pixel_kernel ret_kernels[PIXEL_KERNELS_MAX]);

/* Parses up to `count` numbers 0 to 255, separated and surrounded by any number of spaces, into
 * `pixels` (count + PIXEL_PARSER_SLACK). Every kernel gives the same result. Returns how many
 * it read. `ret_stop` is where it stopped: behind the spaces that follow the last pixel, or at
 * the start of a word that is no such number. */
size_t pixel_parse(const struct pixel_kernel *kernel, const uint8_t *text, const uint8_t *end,
                   uint8_t *pixels, size_t count, const uint8_t **ret_stop);

/* Whether a word ends at `text`: at a space, ',', '"', CR, LF or `end`. */
static inline bool pixel_word_ends(const uint8_t *text, const uint8_t *end)
{
    return text == end || *text == ' ' || *text == ',' || *text == '"' || *text == '\n' ||
           *text == '\r';
}

#endif

/* markup.h - plain text inside HTML and SVG.
 * SPDX-License-Identifier: MIT */
#ifndef CHART_MARKUP_H
#define CHART_MARKUP_H

#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

/* Adds `plain` so that it is shown as it is, in an element or in a quoted attribute. What is not
 * valid UTF-8, and control characters that XML forbids, become U+FFFD. */
void markup_add(struct text *text, const char *plain);

/* Adds `bytes` in base 64 (RFC 4648), as data: URIs want them. */
void markup_add_base64(struct text *text, const uint8_t *bytes, size_t count);

#endif

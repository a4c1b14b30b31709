/* number_text.h - numbers as charts, tables and captions show them.
 * SPDX-License-Identifier: MIT */
#ifndef CHART_NUMBER_TEXT_H
#define CHART_NUMBER_TEXT_H

#include <stdbool.h>

enum { NUMBER_TEXT = 48 };

/* `value` with `decimals` and "," between thousands, or as percent: "7,175", "0.52", "25.0%";
 * "none" for NaN. Returns `ret_text`. */
const char *number_text(double value, int decimals, bool percent, char ret_text[NUMBER_TEXT]);

#endif

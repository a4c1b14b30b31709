/* number_text.c - numbers for people.
 * SPDX-License-Identifier: MIT */
#include "chart/number_text.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

const char *number_text(double value, int decimals, bool percent, char ret_text[NUMBER_TEXT])
{
    char plain[NUMBER_TEXT];
    size_t length, digits, out = 0, first;

    if (fabs(value) >= 1e15 || isnan(value)) {
        snprintf(ret_text, NUMBER_TEXT, isnan(value) ? "none" : "%.3g", value);
        return ret_text;
    }
    snprintf(plain, sizeof plain, "%.*f%s", decimals, percent ? 100 * value : value,
             percent ? "%" : "");
    first = plain[0] == '-';
    digits = first + strspn(plain + first, "0123456789");
    length = strlen(plain);
    for (size_t i = 0; i < length && out < NUMBER_TEXT - 2; i++) {
        if (i > first && i < digits && (digits - i) % 3 == 0)
            ret_text[out++] = ',';
        ret_text[out++] = plain[i];
    }
    ret_text[out] = 0;
    return ret_text;
}

/* display.c - how wide text is, by the C library's own tables of Unicode.
 * SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* wcwidth */
#include "display.h"

#include <limits.h>
#include <locale.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>
#include <wctype.h>

#define REPLACEMENT "\xEF\xBF\xBD"

/* Names are UTF-8 even where the environment names no locale, as in containers. */
static pthread_once_t once = PTHREAD_ONCE_INIT;
static locale_t unicode;

static void open_locale(void)
{
    unicode = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
}

/* Adds the character at `words` and returns its bytes. */
static size_t add_character(struct text *text, const char *words, size_t *columns)
{
    mbstate_t state = {0};
    wchar_t character;
    size_t bytes = mbrtowc(&character, words, strnlen(words, MB_LEN_MAX), &state);
    int width;

    if (bytes == (size_t)-1 || bytes == (size_t)-2 || iswcntrl((wint_t)character)) {
        text_add(text, REPLACEMENT);
        *columns += 1;
        return bytes == (size_t)-1 || bytes == (size_t)-2 ? 1 : bytes;
    }
    text_add_bytes(text, words, bytes);
    width = wcwidth(character);
    *columns += width < 0 ? 1 : (size_t)width; /* newer than the tables */
    return bytes;
}

size_t display_add(struct text *text, const char *words)
{
    size_t columns = 0;
    locale_t before;

    pthread_once(&once, open_locale);
    before = uselocale(unicode);
    while (*words)
        words += add_character(text, words, &columns);
    uselocale(before);
    return columns;
}

size_t display_columns(const char *words)
{
    struct text text = {0};
    size_t columns = display_add(&text, words);

    text_free(&text);
    return columns;
}

void display_add_cell(struct text *text, const char *words, size_t columns)
{
    size_t taken = display_add(text, words);

    if (taken < columns)
        text_add(text, "%*s", (int)(columns - taken), "");
}

void display_print(const char *lines)
{
    while (*lines) {
        size_t length = strcspn(lines, "\n");
        char *line = strndup(lines, length);
        struct text shown = {0};
        if (line)
            display_add(&shown, line);
        printf("%s%s", shown.data ? shown.data : "", lines[length] ? "\n" : "");
        text_free(&shown);
        free(line);
        lines += length + (lines[length] == '\n');
    }
}

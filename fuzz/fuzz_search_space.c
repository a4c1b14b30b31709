/* fuzz_search_space.c - any text as a space to search: draws that keep its bounds, or a refusal.
 * Built with -Dfuzz=true (fuzz/meson.build).
 * SPDX-License-Identifier: MIT */
#define _POSIX_C_SOURCE 200809L
#include <stdlib.h>
#include <string.h>

#include "tuning/search_space.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static void draw(const struct search_space *space, size_t field)
{
    const struct search_field *f = &space->fields[field];
    char value[SEARCH_VALUE_MAX];

    for (int trial = 0; trial < 5; trial++) {
        double number, room;
        search_space_draw(space, field, 1, trial, value);
        number = strtod(value, NULL);
        room = 1e-3 * (f->high < 0 ? -f->low : f->low < 0 ? f->high - f->low : f->high);
        if (!value[0] || strlen(value) >= sizeof value)
            abort();
        if (!f->choice_count && !(number >= f->low - room && number <= f->high + room))
            abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    char *text = strndup((const char *)data, bytes);
    struct search_space space = {0};
    mien_error err = {.message = ""};

    if (search_space_parse(text, "space", &space, &err)) {
        if (!err.message[0] || space.count)
            abort(); /* a refusal without a reason, or with a result */
    } else {
        if (space.count == 0)
            abort();
        for (size_t f = 0; f < space.count; f++)
            draw(&space, f);
        search_space_free(&space);
    }
    free(text);
    return 0;
}

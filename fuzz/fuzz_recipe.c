/* fuzz_recipe.c - any text as a recipe: one that is written as it is read, or a refusal.
 * Built with -Dfuzz=true (fuzz/meson.build).
 * SPDX-License-Identifier: MIT */
#define _POSIX_C_SOURCE 200809L
#include <stdlib.h>
#include <string.h>

#include "training/recipe.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

/* The text of a recipe; the caller frees it. */
static char *written(const struct recipe *recipe)
{
    struct text text = {0};

    recipe_write(recipe, "\n", &text);
    return text.data;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    char *text = strndup((const char *)data, bytes), *first, *second;
    struct recipe recipe, again;
    mien_error err = {.message = ""};

    recipe_init(&recipe);
    recipe_init(&again);
    if (recipe_parse(&recipe, text, "recipe", &err) && !err.message[0])
        abort(); /* a refusal without a reason */
    first = written(&recipe);
    if (recipe_parse(&again, first, "written", &err))
        abort();
    second = written(&again);
    if (strcmp(first, second) != 0)
        abort();
    free(second);
    free(first);
    free(text);
    return 0;
}

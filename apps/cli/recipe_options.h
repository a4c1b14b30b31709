/* recipe_options.h - the options by which commands that train take a recipe.
 * SPDX-License-Identifier: MIT */
#ifndef CLI_RECIPE_OPTIONS_H
#define CLI_RECIPE_OPTIONS_H

#include "command.h"
#include "training/recipe.h"

struct recipe_values {
    const char *name;                                  /* built-in, or a file */
    const char *epochs, *batch, *learning_rate, *seed; /* fields */
    struct string_list set;
};

/* Rows for the option table of a command whose struct has a `struct recipe_values recipe`. */
#define RECIPE_OPTIONS(type)                                                                       \
    {"recipe", 0, "NAME",                                                                          \
     "how to train: a built-in recipe or a text file of one (docs/recipe.md); without it the "     \
     "architecture's own, or the defaults",                                                        \
     OPTION_STRING(type, recipe.name)},                                                            \
        {"set", 0, "FIELD=VALUE", "change a field of the recipe; may be given several times",      \
         OPTION_STRINGS(type, recipe.set)},                                                        \
        {"epochs", 0, "N", "the recipe's epochs", OPTION_STRING(type, recipe.epochs)},             \
        {"batch", 0, "N", "the recipe's batch", OPTION_STRING(type, recipe.batch)},                \
        {"learning-rate", 0, "R", "the recipe's learning_rate",                                    \
         OPTION_STRING(type, recipe.learning_rate)},                                               \
    {                                                                                              \
        "seed", 0, "N", "the recipe's seed", OPTION_STRING(type, recipe.seed)                      \
    }

/* The recipe that the options name, else that of the architecture `arch`, else the defaults; then
 * what they change. On failure the message is printed and the command's exit status returned;
 * COMMAND_DONE is success. */
int recipe_options_read(const struct command_line *line, const struct recipe_values *values,
                        const char *arch, struct recipe *ret_recipe);

/* Adds the options as they were given, each after a space. */
void recipe_options_describe(const struct recipe_values *values, struct text *text);

#endif

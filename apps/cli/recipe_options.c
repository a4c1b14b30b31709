/* recipe_options.c - a recipe by name, and what options change in it.
 * SPDX-License-Identifier: MIT */
#include "recipe_options.h"

#include <stdlib.h>
#include <string.h>

#include "path_name.h"

/* --set FIELD=VALUE */
static mien_status set_field(struct recipe *recipe, const char *word, mien_error *err)
{
    const char *equals = strchr(word, '=');
    mien_status status;
    char *name;

    if (!equals)
        return error_set(err, MIEN_EINVAL, "--set %s: say FIELD=VALUE, like momentum=0.9", word);
    name = strndup(word, (size_t)(equals - word));
    if (!name)
        return error_memory(err, strlen(word));
    status = recipe_set(recipe, name, equals + 1, err);
    free(name);
    return status ? error_prefix(err, status, "--set") : MIEN_OK;
}

/* What the command line says of the recipe, options before --set. */
static mien_status override(struct recipe *recipe, const struct recipe_values *v, mien_error *err)
{
    const struct {
        const char *option, *field, *value;
    } given[] = {
        {"--epochs", "epochs", v->epochs},
        {"--batch", "batch", v->batch},
        {"--learning-rate", "learning_rate", v->learning_rate},
        {"--seed", "seed", v->seed},
    };
    mien_status status = MIEN_OK;

    for (size_t i = 0; i < sizeof given / sizeof *given; i++) {
        if (given[i].value)
            status = recipe_set(recipe, given[i].field, given[i].value, err);
        if (status)
            return error_prefix(err, status, "%s", given[i].option);
    }
    for (size_t i = 0; i < v->set.count && !status; i++)
        status = set_field(recipe, v->set.values[i], err);
    return status;
}

int recipe_options_read(const struct command_line *line, const struct recipe_values *values,
                        const char *arch, struct recipe *ret_recipe)
{
    const char *name = values->name ? values->name : recipe_builtin(arch) ? arch : NULL;
    mien_error err;

    recipe_init(ret_recipe);
    if (name && recipe_read(ret_recipe, name, &err))
        return command_failed(line, &err);
    if (override(ret_recipe, values, &err) || recipe_check(ret_recipe, &err))
        return command_wrong_usage(line, "%s", err.message);
    return COMMAND_DONE;
}

void recipe_options_describe(const struct recipe_values *v, struct text *text)
{
    if (v->name)
        text_add(text, " --recipe %s", path_name(v->name));
    if (v->epochs)
        text_add(text, " --epochs %s", v->epochs);
    if (v->batch)
        text_add(text, " --batch %s", v->batch);
    if (v->learning_rate)
        text_add(text, " --learning-rate %s", v->learning_rate);
    for (size_t i = 0; i < v->set.count; i++)
        text_add(text, " --set %s", v->set.values[i]);
    if (v->seed)
        text_add(text, " --seed %s", v->seed);
}

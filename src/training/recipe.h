/* recipe.h - how a network is trained: every setting, by name, with its range and its meaning.
 *
 *   # deck.recipe
 *   optimizer      adam
 *   learning_rate  0.001
 *
 * One table of fields makes the parser, the writer, the messages and docs/recipe.md.
 * SPDX-License-Identifier: MIT */
#ifndef TRAINING_RECIPE_H
#define TRAINING_RECIPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/text.h"
#include "training/augmentation.h"
#include "training/mixing.h"
#include "training/optimizer.h"
#include "training/schedule.h"

enum recipe_class_weights { CLASS_WEIGHTS_NONE, CLASS_WEIGHTS_BALANCED };

/* What each field means stands in the table of recipe.c, and so in docs/recipe.md. */
struct recipe {
    int64_t epochs, batch, seed;
    struct optimizer_options optimizer;
    struct schedule_options schedule;
    int64_t stop_patience;
    float stop_min_delta;
    float ema_decay;
    float label_smoothing, focal;
    int class_weights; /* enum recipe_class_weights */
    float expression_weight, votes_weight, votes_share;
    float teacher_weight, teacher_temperature;
    bool teacher_mirror;
    struct augmentation augmentation;
    struct mixing mixing;
};

enum { RECIPE_NUMBER_BYTES = 32 };

enum recipe_kind {
    RECIPE_INTEGER, /* int64_t in low..high */
    RECIPE_NUMBER,  /* float in low..high */
    RECIPE_FLAG,    /* bool: yes or no */
    RECIPE_CHOICE,  /* int, an index into choices */
};

struct recipe_field {
    const char *name;
    enum recipe_kind kind;
    size_t offset; /* in struct recipe */
    double low, high;
    const char *const *choices; /* ends with NULL */
    const char *help;           /* one line */
};

/* All fields, in the order in which they are written; the last one has no name. */
extern const struct recipe_field recipe_fields[];

/* The field of this name; else NULL and a message with the nearest one. */
const struct recipe_field *recipe_field_find(const char *name, mien_error *err);

/* The defaults: the reference system's Adam, plateau and early stopping. */
void recipe_init(struct recipe *recipe);

/* Sets a field from text, as in a file. MIEN_EINVAL, with the field's range, leaves it as it was.
 */
mien_status recipe_set(struct recipe *recipe, const char *name, const char *value, mien_error *err);

/* A number as recipes write it: the fewest digits that are read back as the same float. */
void recipe_number(float value, char ret_digits[RECIPE_NUMBER_BYTES]);

/* Adds a field's value, as recipe_set reads it. */
void recipe_field_write(const struct recipe *recipe, const struct recipe_field *field,
                        struct text *text);

/* Changes the fields that the text names: `name value` or `name = value`, one a line or with ';'
 * between them; '#' starts a comment. `source` names the text in messages. The recipe is
 * untouched on failure. */
mien_status recipe_parse(struct recipe *recipe, const char *text, const char *source,
                         mien_error *err);

/* The same for a built-in recipe's name or a file. */
mien_status recipe_read(struct recipe *recipe, const char *name_or_path, mien_error *err);

/* Adds every field, "name value", with `separator` between them ("\n", "; "). */
void recipe_write(const struct recipe *recipe, const char *separator, struct text *text);

/* Whether all fields are in their ranges and go together. */
mien_status recipe_check(const struct recipe *recipe, mien_error *err);

/* Built-in recipes (recipes/NAME.recipe), ended by a NULL name. An architecture of the same name
 * is trained by it unless another one is asked for. */
struct recipe_text {
    const char *name, *text;
};
extern const struct recipe_text recipe_texts[];

/* The text of a built-in recipe, or NULL. */
const char *recipe_builtin(const char *name);

#endif

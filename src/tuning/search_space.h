/* search_space.h - what a search may choose from, read from text:
 *
 *     # field       how       from what
 *     learning_rate log       1e-4 1e-2      # uniform in the logarithm
 *     mixup         uniform   0 0.4
 *     stop_patience integer   5 20           # both ends too
 *     optimizer     choice    adamw sgd
 *
 * SPDX-License-Identifier: MIT */
#ifndef TUNING_SEARCH_SPACE_H
#define TUNING_SEARCH_SPACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

enum { SEARCH_FIELDS_MAX = 20, SEARCH_CHOICES_MAX = 32, SEARCH_VALUE_MAX = 64 };

enum search_kind { SEARCH_UNIFORM, SEARCH_LOG, SEARCH_INTEGER, SEARCH_CHOICE };

struct search_field {
    char name[SEARCH_VALUE_MAX];
    int line; /* of the text */
    enum search_kind kind;
    double low, high;                  /* but of a choice */
    char (*choices)[SEARCH_VALUE_MAX]; /* (choice_count) */
    size_t choice_count;
};

/* Read only once it is made; for any threads. */
struct search_space {
    char *source; /* the text's name, for messages */
    struct search_field fields[SEARCH_FIELDS_MAX];
    size_t count;
};

/* `source` names the text. MIEN_EINVAL tells the line and the mend. */
mien_status search_space_parse(const char *text, const char *source, struct search_space *ret_space,
                               mien_error *err);
void search_space_free(struct search_space *space);

/* A number of the field as a recipe writes it: draws and the ends of their range alike, so that
 * rounding takes none beyond those. */
void search_space_number(const struct search_field *field, double number,
                         char ret_value[SEARCH_VALUE_MAX]);

/* What trial `trial` of a search from `seed` has for a field, as a recipe writes it: the same for
 * the same numbers, whatever else was drawn. */
void search_space_draw(const struct search_space *space, size_t field, uint64_t seed, int trial,
                       char ret_value[SEARCH_VALUE_MAX]);

#endif

/* answer_rules.c - read the rules from a model's story.
 * SPDX-License-Identifier: MIT */
#include "network/answer_rules.h"

#include <stdlib.h>

/* Leaves `*number` as it is where the model has no such key. */
static mien_status read_number(const struct model_file *file, const char *key, float low,
                               float high, float *number, mien_error *err)
{
    const char *text = model_file_about(file, key);
    char *end;
    float value;

    if (!text)
        return MIEN_OK;
    value = strtof(text, &end);
    if (end == text || *end || !(value >= low && value <= high))
        return error_set(err, MIEN_ECORRUPT,
                         "the model's \"%s\" is \"%.40s\", not a number of %g to %g", key, text,
                         (double)low, (double)high);
    *number = value;
    return MIEN_OK;
}

static mien_status read_rule(const struct model_file *file, const char *temperature,
                             const char *uncertain, struct answer_rule *rule, mien_error *err)
{
    mien_status status = read_number(file, temperature, 0.01f, 100, &rule->temperature, err);

    if (!status)
        status = read_number(file, uncertain, 0, 1, &rule->uncertain_below, err);
    rule->can_be_uncertain = model_file_about(file, uncertain) != NULL;
    return status;
}

mien_status answer_rules_read(const struct model_file *file, struct answer_rules *ret_rules,
                              mien_error *err)
{
    struct answer_rules rules = {{1, 0, false}, {1, 0, false}, 1};
    mien_status status = read_rule(file, RULE_TEMPERATURE, RULE_UNCERTAIN, &rules.expression, err);

    if (!status)
        status = read_rule(file, RULE_VOTES_TEMPERATURE, RULE_VOTES_UNCERTAIN, &rules.votes, err);
    if (!status)
        status = read_number(file, RULE_NOT_A_FACE, 0, 1, &rules.not_a_face_above, err);
    if (!status)
        *ret_rules = rules;
    return status;
}

/* dataset_names.c - tables of the spellings of parts and expressions.
 * SPDX-License-Identifier: MIT */
#include "dataset/dataset_names.h"

#include <strings.h>

const char *const dataset_expressions[DATASET_EXPRESSIONS_PLUS] = {
    "angry", "disgust", "fear", "happy", "sad", "surprise", "neutral", "contempt"};

struct spelling {
    const char *name;
    int meaning;
};

static int find(const struct spelling *spellings, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (!strcasecmp(spellings[i].name, name))
            return spellings[i].meaning;
    return -1;
}

int dataset_part_find(const char *name)
{
    static const struct spelling spellings[] = {
        {"Training", DATASET_TRAIN},        {"PublicTest", DATASET_VALIDATION},
        {"PrivateTest", DATASET_TEST},      {"train", DATASET_TRAIN},
        {"validation", DATASET_VALIDATION}, {"valid", DATASET_VALIDATION},
        {"val", DATASET_VALIDATION},        {"test", DATASET_TEST},
        {"testing", DATASET_TEST},
    };

    return find(spellings, sizeof spellings / sizeof *spellings, name);
}

int dataset_expression_find(const char *name)
{
    enum { ANGRY, DISGUST, FEAR, HAPPY, SAD, SURPRISE, NEUTRAL, CONTEMPT };
    static const struct spelling spellings[] = {
        {"angry", ANGRY},           {"anger", ANGRY},        {"disgust", DISGUST},
        {"disgusted", DISGUST},     {"fear", FEAR},          {"fearful", FEAR},
        {"afraid", FEAR},           {"scared", FEAR},        {"happy", HAPPY},
        {"happiness", HAPPY},       {"joy", HAPPY},          {"sad", SAD},
        {"sadness", SAD},           {"surprise", SURPRISE},  {"surprised", SURPRISE},
        {"neutral", NEUTRAL},       {"neutrality", NEUTRAL}, {"contempt", CONTEMPT},
        {"contemptuous", CONTEMPT},
    };

    return find(spellings, sizeof spellings / sizeof *spellings, name);
}

const char *dataset_part_name(enum dataset_part part)
{
    static const char *const names[DATASET_PARTS] = {"train", "validation", "test"};

    return names[part];
}

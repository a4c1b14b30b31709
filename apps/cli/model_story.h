/* model_story.h - what a model file tells of how it came to be, in the making.
 * SPDX-License-Identifier: MIT */
#ifndef CLI_MODEL_STORY_H
#define CLI_MODEL_STORY_H

#include "base/text.h"
#include "data_options.h"
#include "network/model_file.h"

/* Starts as {0}. After a failed allocation `failed` is true and further entries are lost: check it
 * once, with model_story_check(). */
struct model_story {
    struct model_about *about; /* (count): keys are borrowed, values owned */
    size_t count, capacity;
    bool failed;
};

/* The entries of another model, whose keys must live as long. */
void model_story_copy(struct model_story *story, const struct model_description *of);

/* Adds an entry, or replaces the one of that key. Names of files are welcome in the value: what a
 * model file may not hold (control characters, bytes that are not UTF-8) becomes U+FFFD. */
void model_story_tell(struct model_story *story, const char *key, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The same with a text that has grown; one that failed fails the story. */
void model_story_tell_text(struct model_story *story, const char *key, const struct text *value);

/* "name": the file's without folders and ending; "models/deck.mien" is called "deck". */
void model_story_tell_name(struct model_story *story, const char *path);

/* Which mien made it, and of which pictures: the data set at `path`, its split, and the rows of its
 * training part, as evaluation/provenance.c reads them. */
void model_story_tell_data(struct model_story *story, const char *path,
                           const struct data_values *values, const struct data *data);

/* MIEN_ENOMEM, or MIEN_OK. */
mien_status model_story_check(const struct model_story *story, mien_error *err);

void model_story_free(struct model_story *story);

#endif

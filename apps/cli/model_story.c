/* model_story.c - entries that grow, of clean text.
 * SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "model_story.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "display.h"
#include "path_name.h"

/* Where the value of `key` goes; NULL without memory. */
static struct model_about *find_place(struct model_story *story, const char *key)
{
    size_t capacity = story->capacity ? 2 * story->capacity : 16, at = 0;
    struct model_about *about;

    while (at < story->count && strcmp(story->about[at].key, key) != 0)
        at++;
    if (at < story->count)
        return &story->about[at];
    if (story->count == story->capacity) {
        about = realloc(story->about, capacity * sizeof *about);
        if (!about)
            return NULL;
        story->about = about;
        story->capacity = capacity;
    }
    story->about[story->count] = (struct model_about){key, NULL};
    return &story->about[story->count++];
}

/* Takes `value`, which NULL means could not be made. */
static void put(struct model_story *story, const char *key, char *value)
{
    struct model_about *place = value ? find_place(story, key) : NULL;

    if (!place) {
        free(value);
        story->failed = true;
        return;
    }
    free((char *)place->value);
    place->value = value;
}

void model_story_copy(struct model_story *story, const struct model_description *of)
{
    for (size_t i = 0; i < of->about_count; i++)
        put(story, of->about[i].key, strdup(of->about[i].value));
}

void model_story_tell(struct model_story *story, const char *key, const char *format, ...)
{
    struct text clean = {0};
    char *value;
    va_list args;
    int length;

    va_start(args, format);
    length = vasprintf(&value, format, args);
    va_end(args);
    if (length >= 0) {
        text_add(&clean, "%s", ""); /* an empty value is one, too */
        display_add(&clean, value);
        free(value);
    }
    if (clean.failed)
        text_free(&clean);
    put(story, key, clean.data);
}

void model_story_tell_text(struct model_story *story, const char *key, const struct text *value)
{
    model_story_tell(story, key, "%s", value->data ? value->data : "");
    story->failed |= value->failed;
}

void model_story_tell_name(struct model_story *story, const char *path)
{
    const char *name = path_name(path), *dot = strrchr(name, '.');

    model_story_tell(story, "name", "%.*s",
                     (int)(dot && dot != name ? (size_t)(dot - name) : strlen(name)), name);
}

void model_story_tell_data(struct model_story *story, const char *path,
                           const struct data_values *values, const struct data *data)
{
    const struct split *split = &data->split;
    uint8_t digest[SHA256_BYTES];
    char hex[SHA256_TEXT];
    struct text words = {0};

    model_story_tell(story, "mien version", "%s", MIEN_VERSION);
    model_story_tell(story, "dataset", "%s", path_name(path));
    dataset_sha256(&data->dataset, digest);
    sha256_text(digest, hex);
    model_story_tell(story, "dataset sha256", "%s", hex);
    data_split_describe(values, &words);
    model_story_tell_text(story, "split", &words);
    text_free(&words);
    split_sha256(split->rows[DATASET_TRAIN], split->count[DATASET_TRAIN], digest);
    sha256_text(digest, hex);
    model_story_tell(story, "train rows sha256", "%s", hex);
}

mien_status model_story_check(const struct model_story *story, mien_error *err)
{
    return story->failed ? error_memory(err, story->capacity * sizeof *story->about) : MIEN_OK;
}

void model_story_free(struct model_story *story)
{
    for (size_t i = 0; i < story->count; i++)
        free((char *)story->about[i].value);
    free(story->about);
    *story = (struct model_story){0};
}

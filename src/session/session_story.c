/* session_story.c - what of a session log needs no SQLite.
 * SPDX-License-Identifier: MIT */
#include "session/session_story.h"

#include <stdlib.h>
#include <string.h>

bool session_log_is_database(const void *beginning, size_t bytes)
{
    static const char magic[16] = "SQLite format 3";

    return bytes >= sizeof magic && !memcmp(beginning, magic, sizeof magic);
}

void session_story_free(struct session_story *story)
{
    if (!story)
        return;
    for (size_t i = 0; i < story->person_count; i++) {
        free(story->people[i].timeline);
        free(story->people[i].shown);
    }
    for (int i = 0; i < story->label_count; i++)
        free(story->labels[i]);
    free(story->people);
    free(story->faces);
    free(story->started);
    free(story->ended);
    free(story->source);
    free(story->model);
    free(story->model_sha256);
    *story = (struct session_story){0};
}

/* session_page.h - a session as a page of figures, and as JSON.
 * SPDX-License-Identifier: MIT */
#ifndef SESSION_SESSION_PAGE_H
#define SESSION_SESSION_PAGE_H

#include <jansson.h>

#include "session/session_story.h"

struct thread_pool;

/* Writes report.html, its figures and summary.json into `folder`, which exists. `pool` may be NULL.
 * @return MIEN_EIO, MIEN_ENOMEM */
mien_status session_page_write(const struct session_story *story, const char *folder,
                               struct thread_pool *pool, mien_error *err);

/* What the page says, for programs; NULL if memory runs out. */
json_t *session_story_json(const struct session_story *story);

#endif

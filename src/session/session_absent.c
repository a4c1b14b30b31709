/* session_absent.c - session logs where the program was built without SQLite.
 * SPDX-License-Identifier: MIT */
#include "session/session_log.h"
#include "session/session_story.h"

static mien_status absent(mien_error *err)
{
    return error_set(err, MIEN_EUNSUPPORTED,
                     "session logs need SQLite, which this program was built without");
}

mien_status session_log_open(const char *path, const struct session_about *about,
                             struct session_log **ret_log, mien_error *err)
{
    (void)path, (void)about, (void)ret_log;
    return absent(err);
}

mien_status session_log_add(struct session_log *log, double time_s,
                            const struct session_face *faces, size_t count, mien_error *err)
{
    (void)log, (void)time_s, (void)faces, (void)count;
    return absent(err);
}

mien_status session_log_close(struct session_log *log, size_t dropped_frames, mien_error *err)
{
    (void)log, (void)dropped_frames, (void)err;
    return MIEN_OK;
}

mien_status session_story_read(const char *path, long session, int bins,
                               struct session_story *ret_story, mien_error *err)
{
    (void)path, (void)session, (void)bins, (void)ret_story;
    return absent(err);
}

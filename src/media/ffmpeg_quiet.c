/* ffmpeg_quiet.c - counts who wants quiet.
 * SPDX-License-Identifier: MIT */
#include "media/ffmpeg_quiet.h"

#include <libavutil/log.h>
#include <pthread.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int users, level_before;

void ffmpeg_quiet_begin(void)
{
    pthread_mutex_lock(&lock);
    if (users++ == 0) {
        level_before = av_log_get_level();
        av_log_set_level(AV_LOG_QUIET);
    }
    pthread_mutex_unlock(&lock);
}

void ffmpeg_quiet_end(void)
{
    pthread_mutex_lock(&lock);
    if (--users == 0 && av_log_get_level() == AV_LOG_QUIET)
        av_log_set_level(level_before);
    pthread_mutex_unlock(&lock);
}

/* ffmpeg_quiet.h - keeps FFmpeg from printing while the library works with it.
 *
 * FFmpeg's log level belongs to the whole process. It is lowered to AV_LOG_QUIET from the first
 * begin to the last end of any thread and then put back, unless somebody else set another level in
 * between, which then stays. A log callback that the program installed stays installed; only
 * FFmpeg's default one looks at the level.
 * SPDX-License-Identifier: MIT */
#ifndef MEDIA_FFMPEG_QUIET_H
#define MEDIA_FFMPEG_QUIET_H

/* Around every use of FFmpeg; they nest. Any thread. */
void ffmpeg_quiet_begin(void);
void ffmpeg_quiet_end(void);

#endif

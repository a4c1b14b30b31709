/* video_writer.h - records pictures, and the sound that came with them, as an MP4 file.
 *
 * H.264 where FFmpeg here has an encoder, else MPEG-4 part 2. The file is written in fragments of a
 * second: when the program is killed or the machine fails, all but the last second or two plays.
 *
 * Threads. One at a time.
 * SPDX-License-Identifier: MIT */
#ifndef MEDIA_VIDEO_WRITER_H
#define MEDIA_VIDEO_WRITER_H

#include <stdbool.h>

#include "image/image.h"
#include "media/sound.h"

struct video_writer;

struct video_writer_options {
    int width, height;                /* of the video, at least 2 x 2; an odd side grows by one */
    double fps;                       /* about; default 30. Every frame has its own time */
    const struct sound_format *sound; /* of frame_source_sound(), which must stay; NULL: silent */
};

/* Whether this sound can be kept: MP4 holds AAC, MP3, Opus, AC-3, FLAC and others as they are; what
 * it cannot hold, such as a telephone's G.711, becomes AAC. Where FFmpeg here cannot decode it, the
 * video is silent. */
bool video_writer_keeps(const struct sound_format *sound);

void video_writer_options_init(struct video_writer_options *options);

/* Creates the file, which replaces another. Its name must end in .mp4. Messages start with `path`.
 * @return MIEN_EINVAL, MIEN_EIO, MIEN_EUNSUPPORTED (no encoder), MIEN_ENOMEM */
mien_status video_writer_open(const char *path, const struct video_writer_options *options,
                              struct video_writer **ret_writer, mien_error *err);

/* MIEN_EINVAL with video_writer_open()'s words where no video can be written under this name. */
mien_status video_writer_check(const char *path, mien_error *err);

/* Appends an RGB picture; one of another size is resized. `time_s` must be later than that of the
 * frame before; the video begins with the first frame's. `sound`, which may be NULL, is the frame's
 * and is left as it is; what of it belongs before the first frame is left out.
 * @return MIEN_EIO (a full disk), MIEN_ENOMEM */
mien_status video_writer_add(struct video_writer *writer, const struct image *picture,
                             double time_s, const struct sound *sound, mien_error *err);

/* Appends sound that came after the last frame. */
mien_status video_writer_add_sound(struct video_writer *writer, const struct sound *sound,
                                   mien_error *err);

/* Ends the file and frees the writer, in any case; accepts NULL. A file without a frame is taken
 * away. MIEN_EIO where the end could not be written. */
mien_status video_writer_close(struct video_writer *writer, mien_error *err);

#endif

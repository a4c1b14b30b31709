/* picture_writer.h - pictures to files.
 * SPDX-License-Identifier: MIT */
#ifndef MEDIA_PICTURE_WRITER_H
#define MEDIA_PICTURE_WRITER_H

#include "image/image.h"

/* Writes `image` as the name's end says, PNG (.png) or JPEG (.jpg, .jpeg; high quality, colour at
 * full resolution). The file appears under its name only when it is whole, and replaces another.
 * Any number of threads may write at once, each its own file.
 * @return MIEN_EINVAL (another ending, or larger than the format allows), MIEN_EUNSUPPORTED (FFmpeg
 *         here lacks the encoder, or it refuses), MIEN_EIO, MIEN_ENOMEM */
mien_status picture_write(const char *path, const struct image *image, mien_error *err);

/* MIEN_EINVAL with picture_write()'s words where no picture can be written under this name: to
 * refuse before the work, not after. */
mien_status picture_write_check(const char *path, mien_error *err);

#endif

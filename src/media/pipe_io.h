/* pipe_io.h - FFmpeg reads from a pipe, and can be stopped while it waits for the other end.
 * SPDX-License-Identifier: MIT */
#ifndef MEDIA_PIPE_IO_H
#define MEDIA_PIPE_IO_H

#include <libavformat/avio.h>

#include "base/error.h"

/* Bytes that were read from the pipe before, to find out what comes; they must stay. */
struct pipe_start {
    const void *data;
    size_t bytes;
};

/* Standard input for "-", else the FIFO or device of this path; where it is a file after all, it
 * can be sought in. `start` comes first. `stop` is asked while nothing comes and must stay.
 * @return MIEN_EIO, MIEN_ENOMEM, MIEN_EINVAL (a terminal) */
mien_status pipe_io_open(const char *path, struct pipe_start start, const AVIOInterruptCB *stop,
                         AVIOContext **ret_io, mien_error *err);

/* Accepts NULL. */
void pipe_io_close(AVIOContext *io);

#endif

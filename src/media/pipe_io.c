/* pipe_io.c - poll(), then read().
 * SPDX-License-Identifier: MIT */
#include "media/pipe_io.h"

#include <errno.h>
#include <fcntl.h>
#include <libavutil/error.h>
#include <libavutil/mem.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BUFFER_BYTES = 1 << 16 };

/* How often who waits looks whether to stop. */
enum { GLANCE_MS = 50 };

struct pipe {
    int descriptor;
    const AVIOInterruptCB *stop;
    struct pipe_start start; /* what is left of it */
};

static int read_start(struct pipe *pipe, uint8_t *buffer, int bytes)
{
    size_t count = pipe->start.bytes < (size_t)bytes ? pipe->start.bytes : (size_t)bytes;

    memcpy(buffer, pipe->start.data, count);
    pipe->start.data = (const char *)pipe->start.data + count;
    pipe->start.bytes -= count;
    return (int)count;
}

static int read_pipe(void *context, uint8_t *buffer, int bytes)
{
    struct pipe *pipe = context;
    struct pollfd in = {.fd = pipe->descriptor, .events = POLLIN};

    if (pipe->start.bytes)
        return read_start(pipe, buffer, bytes);
    for (;;) {
        int ready = poll(&in, 1, GLANCE_MS);
        ssize_t count;
        if (pipe->stop->callback(pipe->stop->opaque))
            return AVERROR_EXIT;
        if (ready == 0 || (ready < 0 && errno == EINTR))
            continue;
        count = read(pipe->descriptor, buffer, (size_t)bytes);
        if (count >= 0)
            return count ? (int)count : AVERROR_EOF;
        if (errno != EINTR && errno != EAGAIN)
            return AVERROR(errno);
    }
}

static int64_t seek_pipe(void *context, int64_t offset, int whence)
{
    const struct pipe *pipe = context;
    off_t here = lseek(pipe->descriptor, 0, SEEK_CUR), place;

    if (whence != AVSEEK_SIZE) {
        place = lseek(pipe->descriptor, offset, whence & ~AVSEEK_FORCE);
        return place < 0 ? AVERROR(errno) : place;
    }
    place = lseek(pipe->descriptor, 0, SEEK_END);
    lseek(pipe->descriptor, here, SEEK_SET);
    return place < 0 ? AVERROR(errno) : place;
}

static void close_pipe(struct pipe *pipe)
{
    if (pipe && pipe->descriptor > STDIN_FILENO)
        close(pipe->descriptor);
    free(pipe);
}

void pipe_io_close(AVIOContext *io)
{
    if (!io)
        return;
    close_pipe(io->opaque);
    av_freep(&io->buffer);
    avio_context_free(&io);
}

static mien_status open_pipe(const char *path, struct pipe *pipe, mien_error *err)
{
    if (strcmp(path, "-") != 0) {
        /* O_NONBLOCK: a FIFO without a writer must not hang the program here. */
        pipe->descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
        return pipe->descriptor < 0 ? error_set(err, MIEN_EIO, "%s: %s", path, strerror(errno))
                                    : MIEN_OK;
    }
    pipe->descriptor = STDIN_FILENO;
    return isatty(STDIN_FILENO)
               ? error_set(err, MIEN_EINVAL, "-: standard input is a terminal; - < video.mp4")
               : MIEN_OK;
}

mien_status pipe_io_open(const char *path, struct pipe_start start, const AVIOInterruptCB *stop,
                         AVIOContext **ret_io, mien_error *err)
{
    struct pipe *pipe = calloc(1, sizeof *pipe);
    uint8_t *buffer = av_malloc(BUFFER_BYTES);
    mien_status status =
        pipe && buffer ? open_pipe(path, pipe, err) : error_memory(err, BUFFER_BYTES);
    AVIOContext *io = NULL;

    if (!status) {
        /* A file is wound back instead. */
        bool is_file = lseek(pipe->descriptor, -(off_t)start.bytes, SEEK_CUR) >= 0;
        pipe->stop = stop;
        pipe->start = is_file ? (struct pipe_start){NULL, 0} : start;
        io = avio_alloc_context(buffer, BUFFER_BYTES, 0, pipe, read_pipe, NULL,
                                is_file ? seek_pipe : NULL);
        status = io ? MIEN_OK : error_memory(err, sizeof *io);
    }
    if (status) {
        close_pipe(pipe);
        av_free(buffer);
        return status;
    }
    *ret_io = io;
    return MIEN_OK;
}

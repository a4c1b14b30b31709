/* live.h - a live session: frames from a camera, file or address, their faces, where they are seen
 * and what is kept of them.
 * SPDX-License-Identifier: MIT */
#ifndef LIVE_LIVE_H
#define LIVE_LIVE_H

#include "live_source.h"
#include "mien/mien.h"

enum live_view { LIVE_WINDOW, LIVE_TERMINAL, LIVE_HEADLESS };

struct live_options {
    const char *source; /* as frame_source.h says */
    const mien_recognizer *recognizer;
    enum live_view view;
    const char *record; /* a new .mp4 file, from the first frame on; NULL: the key r begins one */
    const char *log;    /* a session log, new or continued; NULL: none */
    bool is_private;    /* faces are pixelated wherever pictures go; the log tells no persons */
    bool simple, mirrored, full_screen;
    double neutral_s; /* learn each face at rest in its first seconds; 0: no */
    int threads, detect_every;
    int width, height;    /* of a camera's picture; 0: its own choice */
    const char *hardware; /* that decodes, as frame_source.h says; NULL: none */
    /* Told of every frame, in their order; may be NULL. */
    mien_status (*report)(void *context, const struct stream_frame *frame, mien_error *err);
    void *report_context;
    bool (*stop)(void); /* whether to end now; any thread */
};

struct live_result {
    size_t frames, dropped; /* dropped: of a live source */
    double seconds;         /* it took */
    char hardware[16];      /* that decoded, as frame_source.h says; empty: none did */
    double latency_s;       /* of a live source: on average from its arrival until it was shown, or
                               reported; else 0 */
};

/* Runs until the source ends, the user quits or `stop`.
 * @return whatever failed first; what was recorded and logged until then is kept */
mien_status live_run(const struct live_options *options, struct live_result *ret_result,
                     mien_error *err);

#endif

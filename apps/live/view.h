/* view.h - where a live session is seen: in a window, or in a terminal.
 * SPDX-License-Identifier: MIT */
#ifndef LIVE_VIEW_H
#define LIVE_VIEW_H

#include "scene.h"

/* What the user wants: a printable key as its character, and others as '?'. */
enum { VIEW_NOTHING = 0, VIEW_CHANGED = 1 /* show the scene again: the size has changed */ };

/* One thread at a time, always the same. */
struct view {
    void *state;
    mien_status (*show)(void *state, const struct scene *scene, mien_error *err);
    /* The next key, or VIEW_NOTHING if there is none within `wait_s` seconds. */
    int (*key)(void *state, double wait_s);
    void (*close)(void *state);
};

struct view_options {
    const char *title;
    int width, height; /* of the first picture */
    bool simple, full_screen;
};

/* Opens a window. MIEN_EIO without a display, MIEN_EUNSUPPORTED if built without SDL2; the messages
 * say what to do instead. */
mien_status view_window_open(const struct view_options *options, struct view *ret_view,
                             mien_error *err);

/* Whether this program and this place can open a window. */
bool view_window_possible(void);

/* Takes over the terminal of stdin and stdout until close, and puts it in order again however the
 * program ends, short of SIGKILL. MIEN_EINVAL if they are no terminal. */
mien_status view_terminal_open(const struct view_options *options, struct view *ret_view,
                               mien_error *err);

#endif

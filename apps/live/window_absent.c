/* window_absent.c - the window of a program that was built without SDL2.
 * SPDX-License-Identifier: MIT */
#include "view.h"

bool view_window_possible(void)
{
    return false;
}

mien_status view_window_open(const struct view_options *options, struct view *ret_view,
                             mien_error *err)
{
    (void)options, (void)ret_view;
    return error_set(err, MIEN_EUNSUPPORTED,
                     "this program was built without SDL2 and has no window; --terminal shows the "
                     "same in a terminal, --headless works without");
}

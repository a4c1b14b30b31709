/* camera_list.h - the cameras of this machine (V4L2), and the pictures that they offer.
 * SPDX-License-Identifier: MIT */
#ifndef MEDIA_CAMERA_LIST_H
#define MEDIA_CAMERA_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct camera_format {
    uint32_t fourcc; /* V4L2's name of the pixels, "MJPG" or "YUYV", its first letter lowest */
    int width, height;
    double fps; /* the highest; 0: the camera does not say */
};

struct camera {
    int number;                    /* of camera:0, which is /dev/video0 */
    char name[64];                 /* as the maker calls it */
    struct camera_format *formats; /* (count); a camera whose sizes have no steps lists the ends */
    size_t count;
};

struct camera_list {
    struct camera *cameras; /* (count), by number */
    size_t count;
    size_t forbidden; /* devices that this user may not open */
};

/* MIEN_OK also where there is none. MIEN_ENOMEM. */
mien_status camera_list_new(struct camera_list *ret_list, mien_error *err);
void camera_list_free(struct camera_list *list);

/* Reads what the camera at `device` offers; camera_free() ends it. Messages start with `device`
 * and say what to do where there is no camera or no permission.
 * @return MIEN_EIO, MIEN_EUNSUPPORTED (no camera), MIEN_ENOMEM */
mien_status camera_probe(const char *device, struct camera *ret_camera, mien_error *err);
void camera_free(struct camera *camera);

/* FFmpeg's name of the pixels or their codec, "yuyv422"; NULL for those that it does not know. */
const char *camera_format_name(const struct camera_format *format);

/* The format to use: of those with enough frames a second, the nearest to `width` x `height`, or
 * for 0 x 0 the largest up to 1280x720. NULL where none is known. */
const struct camera_format *camera_choose(const struct camera *camera, int width, int height,
                                          double fps);

#endif

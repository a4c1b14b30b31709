/* camera_list.c - asks the kernel's V4L2 drivers.
 * SPDX-License-Identifier: MIT */
#include "media/camera_list.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/videodev2.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* /dev/video0 and on; and what is believed of one camera. */
enum { DEVICES = 64, FORMATS_MAX = 1024 };

/* What can be decoded, the better of two of the same size first: raw pixels come sooner than
 * pictures that were compressed, and these lose less than video. */
static const uint32_t known_fourccs[] = {
    V4L2_PIX_FMT_YUYV,  V4L2_PIX_FMT_UYVY,  V4L2_PIX_FMT_NV12, V4L2_PIX_FMT_YUV420,
    V4L2_PIX_FMT_RGB24, V4L2_PIX_FMT_BGR24, V4L2_PIX_FMT_GREY, V4L2_PIX_FMT_MJPEG,
    V4L2_PIX_FMT_JPEG,  V4L2_PIX_FMT_H264,
};

static const char *const known_names[] = {"yuyv422", "uyvy422", "nv12",  "yuv420p", "rgb24",
                                          "bgr24",   "gray",    "mjpeg", "mjpeg",   "h264"};

enum { KNOWN = sizeof known_fourccs / sizeof *known_fourccs };

static int rank_of(uint32_t fourcc)
{
    int rank = 0;

    while (rank < KNOWN && known_fourccs[rank] != fourcc)
        rank++;
    return rank;
}

const char *camera_format_name(const struct camera_format *format)
{
    int rank = rank_of(format->fourcc);

    return rank < KNOWN ? known_names[rank] : NULL;
}

/* ioctl(), again where a signal came between. */
static int ask(int descriptor, unsigned long request, void *argument)
{
    int result;

    do
        result = ioctl(descriptor, request, argument);
    while (result < 0 && errno == EINTR);
    return result;
}

void camera_free(struct camera *camera)
{
    free(camera->formats);
    *camera = (struct camera){0};
}

void camera_list_free(struct camera_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        camera_free(&list->cameras[i]);
    free(list->cameras);
    *list = (struct camera_list){0};
}

static double rate_of(const struct v4l2_fract *interval)
{
    return interval->numerator ? (double)interval->denominator / interval->numerator : 0;
}

/* The most frames a second at this size. */
static double highest_rate(int descriptor, uint32_t fourcc, uint32_t width, uint32_t height)
{
    struct v4l2_frmivalenum interval = {.pixel_format = fourcc, .width = width, .height = height};
    double rate = 0;

    for (; interval.index < FORMATS_MAX && !ask(descriptor, VIDIOC_ENUM_FRAMEINTERVALS, &interval);
         interval.index++) {
        if (interval.type != V4L2_FRMIVAL_TYPE_DISCRETE)
            return rate_of(&interval.stepwise.min);
        rate = fmax(rate, rate_of(&interval.discrete));
    }
    return rate;
}

static mien_status add_format(struct camera *camera, int descriptor, uint32_t fourcc,
                              uint32_t width, uint32_t height, mien_error *err)
{
    struct camera_format *formats;

    if (width < 1 || height < 1 || width > UINT16_MAX || height > UINT16_MAX ||
        camera->count >= FORMATS_MAX)
        return MIEN_OK;
    formats = realloc(camera->formats, (camera->count + 1) * sizeof *formats);
    if (!formats)
        return error_memory(err, (camera->count + 1) * sizeof *formats);
    camera->formats = formats;
    formats[camera->count++] = (struct camera_format){
        fourcc, (int)width, (int)height, highest_rate(descriptor, fourcc, width, height)};
    return MIEN_OK;
}

static mien_status add_sizes(struct camera *camera, int descriptor, uint32_t fourcc,
                             mien_error *err)
{
    struct v4l2_frmsizeenum size = {.pixel_format = fourcc};
    mien_status status = MIEN_OK;

    for (; !status && size.index < FORMATS_MAX && !ask(descriptor, VIDIOC_ENUM_FRAMESIZES, &size);
         size.index++) {
        if (size.type == V4L2_FRMSIZE_TYPE_DISCRETE) {
            status = add_format(camera, descriptor, fourcc, size.discrete.width,
                                size.discrete.height, err);
            continue;
        }
        status = add_format(camera, descriptor, fourcc, size.stepwise.min_width,
                            size.stepwise.min_height, err);
        if (!status)
            status = add_format(camera, descriptor, fourcc, size.stepwise.max_width,
                                size.stepwise.max_height, err);
        break;
    }
    return status;
}

static mien_status read_formats(struct camera *camera, int descriptor, mien_error *err)
{
    struct v4l2_fmtdesc format = {.type = V4L2_BUF_TYPE_VIDEO_CAPTURE};
    mien_status status = MIEN_OK;

    for (; !status && format.index < FORMATS_MAX && !ask(descriptor, VIDIOC_ENUM_FMT, &format);
         format.index++)
        status = add_sizes(camera, descriptor, format.pixelformat, err);
    return status;
}

static bool can_open(int number)
{
    char device[32];
    int descriptor;

    snprintf(device, sizeof device, "/dev/video%d", number);
    descriptor = open(device, O_RDWR | O_CLOEXEC | O_NONBLOCK);
    if (descriptor >= 0)
        close(descriptor);
    return descriptor >= 0;
}

/* Names one that is here. */
static mien_status no_such_camera(const char *device, mien_error *err)
{
    int number = 0;
    struct camera camera;
    char other[32];
    mien_status status;

    while (number < DEVICES && !can_open(number))
        number++;
    snprintf(other, sizeof other, "/dev/video%d", number);
    if (number == DEVICES || camera_probe(other, &camera, NULL))
        return error_set(err, MIEN_EIO, "%s: there is no camera here; connect one, or name a video",
                         device);
    status = error_set(err, MIEN_EIO, "%s: there is no such camera; camera:%d (%s) is here", device,
                       number, camera.name);
    camera_free(&camera);
    return status;
}

static mien_status cannot_open(const char *device, mien_error *err)
{
    if (errno == EACCES || errno == EPERM)
        return error_set(err, MIEN_EIO,
                         "%s: you may not use this camera; let who administers this machine add "
                         "you to the group video, sudo usermod -aG video $USER, and log in anew",
                         device);
    if (errno == ENOENT || errno == ENODEV || errno == ENXIO)
        return no_such_camera(device, err);
    return error_set(err, MIEN_EIO, "%s: %s", device, strerror(errno));
}

static mien_status read_camera(const char *device, int descriptor, struct camera *camera,
                               mien_error *err)
{
    struct v4l2_capability facts = {0};
    uint32_t can;

    if (ask(descriptor, VIDIOC_QUERYCAP, &facts))
        return error_set(err, MIEN_EUNSUPPORTED, "%s: no camera", device);
    can = facts.capabilities & V4L2_CAP_DEVICE_CAPS ? facts.device_caps : facts.capabilities;
    if (!(can & V4L2_CAP_VIDEO_CAPTURE))
        return error_set(err, MIEN_EUNSUPPORTED, "%s: a device that gives no pictures", device);
    snprintf(camera->name, sizeof camera->name, "%.*s", (int)sizeof facts.card,
             (const char *)facts.card);
    return read_formats(camera, descriptor, err);
}

mien_status camera_probe(const char *device, struct camera *ret_camera, mien_error *err)
{
    struct camera camera = {.number = -1};
    int descriptor = open(device, O_RDWR | O_CLOEXEC | O_NONBLOCK);
    mien_status status;

    if (descriptor < 0)
        return cannot_open(device, err);
    sscanf(device, "/dev/video%d", &camera.number);
    status = read_camera(device, descriptor, &camera, err);
    close(descriptor);
    if (status) {
        camera_free(&camera);
        return status;
    }
    *ret_camera = camera;
    return MIEN_OK;
}

static mien_status add_camera(struct camera_list *list, const struct camera *camera,
                              mien_error *err)
{
    struct camera *cameras = realloc(list->cameras, (list->count + 1) * sizeof *cameras);

    if (!cameras)
        return error_memory(err, (list->count + 1) * sizeof *cameras);
    list->cameras = cameras;
    cameras[list->count++] = *camera;
    return MIEN_OK;
}

mien_status camera_list_new(struct camera_list *ret_list, mien_error *err)
{
    struct camera_list list = {0};
    mien_status status = MIEN_OK;

    for (int number = 0; number < DEVICES && !status; number++) {
        struct camera camera = {0};
        char device[32];
        mien_status of_this;
        mien_error why;
        snprintf(device, sizeof device, "/dev/video%d", number);
        if (access(device, F_OK))
            continue;
        of_this = camera_probe(device, &camera, &why);
        list.forbidden += of_this == MIEN_EIO && (errno == EACCES || errno == EPERM);
        if (of_this == MIEN_ENOMEM)
            status = error_set(err, of_this, "%s", why.message);
        else if (!of_this)
            status = add_camera(&list, &camera, err);
        if (status)
            camera_free(&camera);
    }
    if (status) {
        camera_list_free(&list);
        return status;
    }
    *ret_list = list;
    return MIEN_OK;
}

/* How far from what is wanted; less is better. */
static double distance(const struct camera_format *format, int width, int height, double fps)
{
    double area = (double)format->width * format->height;
    double wanted = width > 0 && height > 0 ? (double)width * height : 1280.0 * 720.0;
    double far = fabs(area - wanted);

    if (width <= 0 && area > wanted)
        far += 1e9; /* larger only if there is nothing else */
    if (format->fps > 0 && format->fps < 0.9 * fps)
        far += 1e12 - 1e9 * format->fps; /* enough frames a second come first */
    return far + 0.01 * rank_of(format->fourcc);
}

const struct camera_format *camera_choose(const struct camera *camera, int width, int height,
                                          double fps)
{
    const struct camera_format *best = NULL;

    for (size_t i = 0; i < camera->count; i++) {
        const struct camera_format *format = &camera->formats[i];
        if (camera_format_name(format) &&
            (!best || distance(format, width, height, fps) < distance(best, width, height, fps)))
            best = format;
    }
    return best;
}

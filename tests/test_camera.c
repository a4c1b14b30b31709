/* test_camera.c - a camera whose driver is in this program: what FFmpeg and we ask of the kernel
 * about /dev/video7 is answered here.
 * SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "tests/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/videodev2.h>
#include <math.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "base/clock.h"
#include "media/camera_list.h"
#include "media/frame_source.h"

/* What it offers. */
static const struct {
    uint32_t fourcc, width, height, fps;
} offers[] = {
    {V4L2_PIX_FMT_YUYV, 640, 480, 30},    {V4L2_PIX_FMT_YUYV, 1280, 720, 10},
    {V4L2_PIX_FMT_YUYV, 320, 240, 30},    {V4L2_PIX_FMT_MJPEG, 1280, 720, 30},
    {V4L2_PIX_FMT_MJPEG, 1920, 1080, 30}, {V4L2_PIX_FMT_Y16, 1280, 720, 30},
};
enum { OFFERS = sizeof offers / sizeof *offers, BUFFERS = 32, FRAME_MS = 5 };

static const uint32_t fourccs[] = {V4L2_PIX_FMT_YUYV, V4L2_PIX_FMT_MJPEG, V4L2_PIX_FMT_Y16};

/* The device; one at a time. */
static int device = -1; /* a file in memory that the buffers lie in */
static struct v4l2_pix_format set;
static int queued[BUFFERS], queued_count;
static int64_t frames;      /* given so far */
static int64_t late_frames; /* of these */
static atomic_bool unplugged, forbidden, silent, late;
static atomic_int opened; /* cameras that were tried */

static int fail_with(int error)
{
    errno = error;
    return -1;
}

static int open_device(const char *path, int flags, int mode)
{
    opened += strncmp(path, "/dev/video", 10) == 0;
    if (strcmp(path, "/dev/video7") != 0 || unplugged)
        return strncmp(path, "/dev/video", 10) != 0
                   ? (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode)
                   : fail_with(ENOENT);
    if (forbidden)
        return fail_with(EACCES);
    device = memfd_create("camera", MFD_CLOEXEC);
    set = (struct v4l2_pix_format){.width = 320, .height = 240, .pixelformat = V4L2_PIX_FMT_YUYV};
    return device;
}

#define EXPORTED(name) __asm__(name) __attribute__((visibility("default")))

int open_small(const char *path, int flags, ...) EXPORTED("open");
int open_large(const char *path, int flags, ...) EXPORTED("open64");
int control(int descriptor, unsigned long request, ...) EXPORTED("ioctl");
int look(const char *path, int mode) EXPORTED("access");

int open_small(const char *path, int flags, ...)
{
    va_list arguments;
    int mode;

    va_start(arguments, flags);
    mode = flags & O_CREAT ? va_arg(arguments, int) : 0;
    va_end(arguments);
    return open_device(path, flags, mode);
}

int open_large(const char *path, int flags, ...)
{
    va_list arguments;
    int mode;

    va_start(arguments, flags);
    mode = flags & O_CREAT ? va_arg(arguments, int) : 0;
    va_end(arguments);
    return open_device(path, flags, mode);
}

int look(const char *path, int mode)
{
    if (strncmp(path, "/dev/video", 10) != 0)
        return (int)syscall(SYS_faccessat, AT_FDCWD, path, mode);
    return strcmp(path, "/dev/video7") == 0 && !unplugged ? 0 : fail_with(ENOENT);
}

static int tell_what_it_is(struct v4l2_capability *facts)
{
    strcpy((char *)facts->card, "Test Camera");
    strcpy((char *)facts->driver, "test");
    facts->capabilities = V4L2_CAP_VIDEO_CAPTURE | V4L2_CAP_STREAMING;
    return 0;
}

static int list_format(struct v4l2_fmtdesc *format)
{
    if (format->index >= sizeof fourccs / sizeof *fourccs)
        return fail_with(EINVAL);
    format->pixelformat = fourccs[format->index];
    return 0;
}

/* The offer number `index` of this fourcc, or -1. */
static int offer_of(uint32_t fourcc, uint32_t index)
{
    for (int i = 0; i < OFFERS; i++)
        if (offers[i].fourcc == fourcc && index-- == 0)
            return i;
    return -1;
}

static int list_size(struct v4l2_frmsizeenum *size)
{
    int offer = offer_of(size->pixel_format, size->index);

    if (offer < 0)
        return fail_with(EINVAL);
    size->type = V4L2_FRMSIZE_TYPE_DISCRETE;
    size->discrete.width = offers[offer].width;
    size->discrete.height = offers[offer].height;
    return 0;
}

static int list_interval(struct v4l2_frmivalenum *interval)
{
    for (int i = 0; i < OFFERS && interval->index < 2; i++) {
        if (offers[i].fourcc != interval->pixel_format || offers[i].width != interval->width)
            continue;
        interval->type = V4L2_FRMIVAL_TYPE_DISCRETE; /* all cameras do 5, too */
        interval->discrete = (struct v4l2_fract){1, interval->index ? offers[i].fps : 5};
        return 0;
    }
    return fail_with(EINVAL);
}

static int set_format(struct v4l2_format *format)
{
    struct v4l2_pix_format *pixels = &format->fmt.pix;

    pixels->bytesperline = 2 * pixels->width;
    pixels->sizeimage = 2 * pixels->width * pixels->height;
    pixels->field = V4L2_FIELD_NONE;
    set = *pixels;
    return 0;
}

static int tell_buffer(struct v4l2_buffer *buffer)
{
    buffer->length = set.sizeimage;
    buffer->m.offset = buffer->index * ((set.sizeimage + 4095) & ~4095u);
    return buffer->index < BUFFERS ? 0 : fail_with(EINVAL);
}

static int make_buffers(struct v4l2_requestbuffers *request)
{
    request->count = BUFFERS;
    queued_count = 0;
    frames = late_frames = 0;
    return ftruncate(device, (off_t)BUFFERS * ((set.sizeimage + 4095) & ~4095u));
}

/* When the next frame was taken. The stamps of late ones are a second behind, and stay so. */
static struct timeval stamp(void)
{
    double seconds = 1000 + (double)(frames - late_frames) / 30;

    if (late)
        seconds += 0.001 * FRAME_MS * (double)late_frames++ - 1;
    return (struct timeval){(time_t)seconds, (suseconds_t)(1e6 * (seconds - floor(seconds)))};
}

/* Late frames come by fives, so that most need not be waited for. */
static bool is_due(double now, double last)
{
    return late && frames % 5 ? true : now >= last + 0.001 * FRAME_MS * (late ? 5 : 1);
}

/* A frame whose luma is 40 + its number, and later stays at 200. */
static int give_frame(struct v4l2_buffer *buffer)
{
    static uint8_t pixels[2 * 640 * 480];
    static double last;
    double now = clock_now_s();

    if (unplugged)
        return fail_with(ENODEV);
    if (!queued_count || silent || !is_due(now, last))
        return fail_with(EAGAIN);
    last = now;
    memset(pixels, 128, sizeof pixels);
    for (size_t i = 0; i < set.sizeimage; i += 2)
        pixels[i] = (uint8_t)(frames < 160 ? 40 + frames : 200);
    buffer->index = (uint32_t)queued[0];
    memmove(queued, queued + 1, sizeof queued - sizeof *queued);
    queued_count--;
    tell_buffer(buffer);
    if (pwrite(device, pixels, set.sizeimage, buffer->m.offset) < 0)
        return -1;
    buffer->bytesused = set.sizeimage;
    buffer->timestamp = stamp();
    frames++;
    return 0;
}

int control(int descriptor, unsigned long request, ...)
{
    va_list arguments;
    void *argument;

    va_start(arguments, request);
    argument = va_arg(arguments, void *);
    va_end(arguments);
    if (descriptor != device || device < 0)
        return (int)syscall(SYS_ioctl, descriptor, request, argument);
    switch ((uint32_t)request) {
    case (uint32_t)VIDIOC_QUERYCAP:
        return tell_what_it_is(argument);
    case (uint32_t)VIDIOC_ENUM_FMT:
        return list_format(argument);
    case (uint32_t)VIDIOC_ENUM_FRAMESIZES:
        return list_size(argument);
    case (uint32_t)VIDIOC_ENUM_FRAMEINTERVALS:
        return list_interval(argument);
    case (uint32_t)VIDIOC_S_FMT:
        return set_format(argument);
    case (uint32_t)VIDIOC_REQBUFS:
        return make_buffers(argument);
    case (uint32_t)VIDIOC_QUERYBUF:
        return tell_buffer(argument);
    case (uint32_t)VIDIOC_QBUF:
        queued[queued_count++] = (int)((struct v4l2_buffer *)argument)->index;
        return 0;
    case (uint32_t)VIDIOC_DQBUF:
        return give_frame(argument);
    case (uint32_t)VIDIOC_G_INPUT:
        *(int *)argument = 0;
        return 0;
    case (uint32_t)VIDIOC_ENUMINPUT:
    case (uint32_t)VIDIOC_STREAMON:
    case (uint32_t)VIDIOC_STREAMOFF:
    case (uint32_t)VIDIOC_G_PARM:
    case (uint32_t)VIDIOC_S_PARM:
        return 0;
    default:
        return fail_with(ENOTTY);
    }
}

static void cameras_are_listed_with_what_they_offer(void **state)
{
    struct camera_list list;
    const struct camera *camera;
    mien_error err = {MIEN_OK, "as it was"};

    (void)state;
    opened = 0;
    assert_int_equal(camera_list_new(&list, NULL), MIEN_OK);
    assert_int_equal(opened, 1); /* those that are not there are not looked for anew each */
    assert_int_equal(list.count, 1);
    assert_int_equal(list.forbidden, 0);
    camera = &list.cameras[0];
    assert_int_equal(camera->number, 7);
    assert_string_equal(camera->name, "Test Camera");
    assert_int_equal(camera->count, OFFERS);
    for (int i = 0; i < OFFERS; i++) {
        assert_int_equal(camera->formats[i].fourcc, offers[i].fourcc);
        assert_int_equal(camera->formats[i].width, offers[i].width);
        assert_int_equal(camera->formats[i].height, offers[i].height);
        assert_float_equal(camera->formats[i].fps, offers[i].fps, 1e-9);
    }
    camera_list_free(&list);
    atomic_store(&forbidden, true);
    assert_int_equal(camera_list_new(&list, &err), MIEN_OK);
    assert_string_equal(err.message, "as it was");
    assert_int_equal(list.count, 0);
    assert_int_equal(list.forbidden, 1);
    camera_list_free(&list);
    atomic_store(&forbidden, false);
}

static void the_format_that_suits_is_chosen(void **state)
{
    static const struct {
        int width, height;
        double fps;
        int offer;
    } wishes[] = {{0, 0, 30, 3},       {640, 480, 30, 0}, {700, 500, 30, 0}, {0, 0, 5, 1},
                  {4000, 3000, 30, 4}, {320, 240, 60, 2}, {1, 1, 30, 2}};
    struct camera camera;

    (void)state;
    assert_int_equal(camera_probe("/dev/video7", &camera, NULL), MIEN_OK);
    for (size_t i = 0; i < sizeof wishes / sizeof *wishes; i++) {
        const struct camera_format *format =
            camera_choose(&camera, wishes[i].width, wishes[i].height, wishes[i].fps);
        assert_non_null(format);
        if (format != &camera.formats[wishes[i].offer])
            fail_msg("%dx%d at %g: format %d", wishes[i].width, wishes[i].height, wishes[i].fps,
                     (int)(format - camera.formats));
    }
    camera_free(&camera);
}

static struct frame_source *open_camera(void)
{
    struct frame_source_options options;
    struct frame_source *source;
    mien_error err;

    frame_source_options_init(&options);
    options.width = 640;
    options.height = 480;
    options.patience_s = 0.5;
    if (frame_source_open("camera:7", &options, &source, &err))
        fail_msg("%s", err.message);
    return source;
}

static void read_good(struct frame_source *source, struct source_frame *frame)
{
    bool end;
    mien_error err;

    if (frame_source_read(source, frame, &end, &err))
        fail_msg("%s", err.message);
    assert_false(end);
}

static void a_cameras_frames_come_with_its_own_times(void **state)
{
    struct frame_source *source = open_camera();
    struct source_frame frame = {0};

    (void)state;
    assert_true(frame_source_info(source)->live);
    assert_int_equal(frame_source_info(source)->width, 640);
    assert_int_equal(frame_source_info(source)->height, 480);
    for (int i = 0; i < 5; i++) {
        int level;
        read_good(source, &frame);
        level = (int)(40 + frame.number - 16) * 255 / 219;
        assert_in_range(image_row(&frame.grey, 240)[320], level - 10, level + 10);
        assert_float_equal(frame.time_s, (double)frame.number / 30, 0.07);
    }
    source_frame_free(&frame);
    frame_source_close(source);
}

static void a_camera_that_is_unplugged_or_hangs_is_found_again(void **state)
{
    struct frame_source *source = open_camera();
    struct source_frame frame = {0};
    atomic_bool *troubles[] = {&unplugged, &silent};

    (void)state;
    for (uint64_t i = 0; i < 2; i++) {
        uint64_t dropped = frame_source_state(source).dropped;
        while (frame_source_state(source).dropped == dropped) /* then one waits */
            clock_sleep_s(0.01);
        atomic_store(troubles[i], true);
        while (!frame_source_state(source).lost)
            clock_sleep_s(0.01);
        read_good(source, &frame); /* the one that waited */
        assert_int_equal(image_row(&frame.grey, 0)[0], image_row(&frame.grey, 479)[639]);
        atomic_store(troubles[i], false);
        while (frame_source_state(source).reconnects <= i)
            read_good(source, &frame);
    }
    source_frame_free(&frame);
    frame_source_close(source);
}

static void a_camera_whose_frames_are_all_too_late_is_not_taken_for_silent(void **state)
{
    struct frame_source *source = open_camera();
    struct source_frame frame = {0};
    uint64_t dropped;

    (void)state;
    read_good(source, &frame);
    read_good(source, &frame);
    dropped = frame_source_state(source).dropped;
    atomic_store(&late, true);
    clock_sleep_s(1.5); /* of patience there is half a second */
    assert_false(frame_source_state(source).lost);
    assert_int_equal(frame_source_state(source).reconnects, 0);
    assert_true(frame_source_state(source).dropped < dropped + 100); /* so they were left out */
    atomic_store(&late, false);
    while (frame_source_state(source).dropped < dropped + 100)
        read_good(source, &frame);
    source_frame_free(&frame);
    frame_source_close(source);
}

static void what_is_wrong_with_a_camera_is_told_with_the_mend(void **state)
{
    struct frame_source_options options;
    struct frame_source *source;
    mien_error err;

    (void)state;
    frame_source_options_init(&options);
    assert_int_equal(frame_source_open("camera:3", &options, &source, &err), MIEN_EIO);
    assert_string_equal(err.message, "camera:3: /dev/video3: there is no such camera; camera:7 "
                                     "(Test Camera) is here");
    atomic_store(&forbidden, true);
    assert_int_equal(frame_source_open("camera:7", &options, &source, &err), MIEN_EIO);
    assert_non_null(strstr(err.message, "group video"));
    atomic_store(&forbidden, false);
    atomic_store(&unplugged, true);
    assert_int_equal(frame_source_open("camera:3", &options, &source, &err), MIEN_EIO);
    assert_non_null(strstr(err.message, "there is no camera here"));
    atomic_store(&unplugged, false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cameras_are_listed_with_what_they_offer),
        cmocka_unit_test(the_format_that_suits_is_chosen),
        cmocka_unit_test(a_cameras_frames_come_with_its_own_times),
        cmocka_unit_test(a_camera_that_is_unplugged_or_hangs_is_found_again),
        cmocka_unit_test(a_camera_whose_frames_are_all_too_late_is_not_taken_for_silent),
        cmocka_unit_test(what_is_wrong_with_a_camera_is_told_with_the_mend),
    };
    return cmocka_run_group_tests_name("camera", tests, NULL, NULL);
}

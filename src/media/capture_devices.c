/* capture_devices.c - libavdevice, loaded where it is wanted.
 * It takes a hundred libraries and 45 ms with it, which who only recognises pictures should not
 * wait for.
 * SPDX-License-Identifier: MIT */
#include "media/capture_devices.h"

#include <dlfcn.h>
#include <libavdevice/version.h>
#include <pthread.h>
#include <string.h>

#include "media/camera_list.h"

#define TEXT_OF(number) #number
#define SONAME(number) "libavdevice.so." TEXT_OF(number)

static void (*register_all)(void);

static void load(void)
{
    void *library = dlopen(SONAME(LIBAVDEVICE_VERSION_MAJOR), RTLD_NOW | RTLD_LOCAL);

    if (!library)
        return;
    *(void **)&register_all = dlsym(library, "avdevice_register_all");
    if (register_all)
        register_all();
}

static void set_size(AVDictionary **options, int width, int height)
{
    char size[32];

    snprintf(size, sizeof size, "%dx%d", width, height);
    av_dict_set(options, "video_size", size, 0);
}

/* The format that suits among those that the camera offers; without, it keeps what it was set to.
 */
static mien_status choose_format(const char *name, const char *device,
                                 const struct frame_source_options *wanted, double fps,
                                 AVDictionary **options, mien_error *err)
{
    const struct camera_format *format;
    struct camera camera;
    mien_status status = camera_probe(device, &camera, err);

    if (status)
        return strcmp(name, device) != 0 ? error_prefix(err, status, "%s", name) : status;
    format = camera_choose(&camera, wanted->width, wanted->height, fps);
    if (format) {
        set_size(options, format->width, format->height);
        av_dict_set(options, "input_format", camera_format_name(format), 0);
    }
    camera_free(&camera);
    return MIEN_OK;
}

mien_status capture_device_open(const char *name, const struct source_address *address,
                                const struct frame_source_options *options,
                                const AVInputFormat **ret_format, AVDictionary **ret_options,
                                mien_error *err)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    bool camera = address->kind == SOURCE_CAMERA;
    double fps = options->fps > 0 ? options->fps : 30;
    const char *device = camera ? "v4l2" : "x11grab";
    char rate[32];

    pthread_once(&once, load);
    *ret_format = av_find_input_format(device);
    if (!*ret_format)
        return error_set(err, MIEN_EUNSUPPORTED,
                         "%s: for cameras and the screen install " SONAME(
                             LIBAVDEVICE_VERSION_MAJOR) " with %s (Debian's libavdevice%d)",
                         name, device, LIBAVDEVICE_VERSION_MAJOR);
    snprintf(rate, sizeof rate, "%g", fps);
    av_dict_set(ret_options, "framerate", rate, 0);
    if (camera)
        return choose_format(name, address->place, options, fps, ret_options, err);
    av_dict_set(ret_options, "draw_mouse", "0", 0);
    if (options->width > 0 && options->height > 0)
        set_size(ret_options, options->width, options->height);
    return MIEN_OK;
}

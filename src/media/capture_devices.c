/* capture_devices.c - libavdevice, loaded where it is wanted.
 * It takes a hundred libraries and 45 ms with it, which who only recognises pictures should not
 * wait for.
 * SPDX-License-Identifier: MIT */
#include "media/capture_devices.h"

#include <dlfcn.h>
#include <libavdevice/version.h>
#include <pthread.h>

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

mien_status capture_device_open(const char *name, const struct source_address *address,
                                const struct frame_source_options *options,
                                const AVInputFormat **ret_format, AVDictionary **ret_options,
                                mien_error *err)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    const char *device = address->kind == SOURCE_CAMERA ? "v4l2" : "x11grab";
    char size[32], rate[32];

    pthread_once(&once, load);
    *ret_format = av_find_input_format(device);
    if (!*ret_format)
        return error_set(err, MIEN_EUNSUPPORTED,
                         "%s: for cameras and the screen install " SONAME(
                             LIBAVDEVICE_VERSION_MAJOR) " with %s (Debian's libavdevice%d)",
                         name, device, LIBAVDEVICE_VERSION_MAJOR);
    snprintf(rate, sizeof rate, "%g", options->fps > 0 ? options->fps : 30);
    av_dict_set(ret_options, "framerate", rate, 0);
    if (options->width > 0 && options->height > 0) {
        snprintf(size, sizeof size, "%dx%d", options->width, options->height);
        av_dict_set(ret_options, "video_size", size, 0);
    }
    return MIEN_OK;
}

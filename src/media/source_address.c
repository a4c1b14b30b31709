/* source_address.c - by its prefix, or by what lies there.
 * SPDX-License-Identifier: MIT */
#include "media/source_address.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const struct {
    const char *prefix;
    enum source_kind kind;
} prefixes[] = {
    {"camera:", SOURCE_CAMERA},  {"screen:", SOURCE_SCREEN},  {"rtsp://", SOURCE_STREAM},
    {"rtsps://", SOURCE_STREAM}, {"rtmp://", SOURCE_STREAM},  {"rtmps://", SOURCE_STREAM},
    {"http://", SOURCE_STREAM},  {"https://", SOURCE_STREAM}, {"udp://", SOURCE_STREAM},
    {"rtp://", SOURCE_STREAM},   {"srt://", SOURCE_STREAM},   {"tcp://", SOURCE_STREAM},
};

/* The number of the prefix that `text` has, or -1. */
static int prefix_of(const char *text)
{
    for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++)
        if (!strncmp(text, prefixes[i].prefix, strlen(prefixes[i].prefix)))
            return (int)i;
    return -1;
}

bool source_address_is_remote(const char *text)
{
    return prefix_of(text) >= 0;
}

/* camera:0 is /dev/video0. */
static char *camera_device(const char *name)
{
    char device[32];
    char *end;
    long number = strtol(name, &end, 10);

    if (end == name || *end || number < 0 || number > 255)
        return strdup(*name == '/' ? name : "");
    snprintf(device, sizeof device, "/dev/video%ld", number);
    return strdup(device);
}

static mien_status parse_remote(const char *text, int prefix, struct source_address *ret_address,
                                mien_error *err)
{
    struct source_address address = {prefixes[prefix].kind, NULL};
    const char *rest = text + strlen(prefixes[prefix].prefix);
    const char *display = getenv("DISPLAY");

    if (address.kind == SOURCE_CAMERA)
        address.place = camera_device(rest);
    else if (address.kind == SOURCE_SCREEN)
        address.place = strdup(*rest ? rest : display ? display : "");
    else
        address.place = strdup(text);
    if (!address.place)
        return error_memory(err, strlen(text));
    if (!*address.place) {
        source_address_free(&address);
        return prefixes[prefix].kind == SOURCE_CAMERA
                   ? error_set(err, MIEN_EINVAL,
                               "%s: no camera; give its number or its device, camera:0 or "
                               "camera:/dev/video0",
                               text)
                   : error_set(err, MIEN_EINVAL,
                               "%s: no screen, for DISPLAY is not set; give it, screen::0", text);
    }
    *ret_address = address;
    return MIEN_OK;
}

bool source_address_is_pattern(const char *path)
{
    const char *percent = strchr(path, '%');

    return percent && percent[1 + strspn(percent + 1, "0123456789")] == 'd';
}

static mien_status kind_of_path(const char *path, enum source_kind *ret_kind, mien_error *err)
{
    struct stat facts;

    if (!strcmp(path, "-")) {
        *ret_kind = SOURCE_PIPE;
        return MIEN_OK;
    }
    if (!stat(path, &facts)) {
        *ret_kind = S_ISREG(facts.st_mode)             ? SOURCE_FILE
                    : S_ISDIR(facts.st_mode)           ? SOURCE_PICTURES
                    : !strncmp(path, "/dev/video", 10) ? SOURCE_CAMERA
                                                       : SOURCE_PIPE;
        return MIEN_OK;
    }
    if (errno != ENOENT || !source_address_is_pattern(path))
        return error_set(err, MIEN_EIO, "%s: %s", path, strerror(errno));
    *ret_kind = SOURCE_PICTURES;
    return MIEN_OK;
}

mien_status source_address_parse(const char *text, struct source_address *ret_address,
                                 mien_error *err)
{
    int prefix = prefix_of(text);
    struct source_address address;
    mien_status status;

    if (prefix >= 0)
        return parse_remote(text, prefix, ret_address, err);
    status = kind_of_path(text, &address.kind, err);
    if (status)
        return status;
    address.place = strdup(text);
    if (!address.place)
        return error_memory(err, strlen(text));
    *ret_address = address;
    return MIEN_OK;
}

void source_address_free(struct source_address *address)
{
    free(address->place);
    *address = (struct source_address){0};
}

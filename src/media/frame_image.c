/* frame_image.c - pixel format conversion by libswscale, transparency by ourselves.
 * SPDX-License-Identifier: MIT */
#include "media/frame_image.h"

#include <libavutil/imgutils.h>
#include <libavutil/pixdesc.h>
#include <libswscale/swscale.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/memory.h"
#include "media/frame_planes.h"

/* Exact rounding and no CPU-specific shortcuts: the same bytes on every machine. */
#define CONVERSION_FLAGS (SWS_BICUBIC | SWS_ACCURATE_RND | SWS_FULL_CHR_H_INT | SWS_BITEXACT)

/* JPEG's own formats are plain ones with full range; libswscale wants to hear it this way. */
static enum AVPixelFormat without_range(enum AVPixelFormat format, bool *full_range)
{
    static const enum AVPixelFormat pairs[][2] = {
        {AV_PIX_FMT_YUVJ420P, AV_PIX_FMT_YUV420P}, {AV_PIX_FMT_YUVJ422P, AV_PIX_FMT_YUV422P},
        {AV_PIX_FMT_YUVJ444P, AV_PIX_FMT_YUV444P}, {AV_PIX_FMT_YUVJ440P, AV_PIX_FMT_YUV440P},
        {AV_PIX_FMT_YUVJ411P, AV_PIX_FMT_YUV411P},
    };

    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        if (format == pairs[i][0]) {
            *full_range = true;
            return pairs[i][1];
        }
    }
    return format;
}

struct SwsContext *frame_scaler(struct SwsContext *cached, const AVFrame *frame,
                                enum AVPixelFormat format, int flags)
{
    const AVPixFmtDescriptor *description = av_pix_fmt_desc_get(frame->format);
    /* Grey has no studio range in pictures, whatever a decoder says or leaves out. */
    bool full_range =
        frame->color_range == AVCOL_RANGE_JPEG || (description && description->nb_components < 3);
    enum AVPixelFormat source = without_range(frame->format, &full_range);
    const int *coefficients = sws_getCoefficients(
        frame->colorspace == AVCOL_SPC_UNSPECIFIED ? SWS_CS_ITU601 : (int)frame->colorspace);
    struct SwsContext *context =
        sws_getCachedContext(cached, frame->width, frame->height, source, frame->width,
                             frame->height, format, flags, NULL, NULL, NULL);

    if (context)
        sws_setColorspaceDetails(context, coefficients, full_range, coefficients, 1, 0, 1 << 16,
                                 1 << 16);
    return context;
}

/* Fills `pixels` (frame's height, stride) with the frame in `format`. */
static mien_status convert(const AVFrame *frame, enum AVPixelFormat format, uint8_t *pixels,
                           size_t stride, mien_error *err)
{
    uint8_t *planes[4] = {pixels};
    int strides[4] = {(int)stride};
    struct SwsContext *context = frame_scaler(NULL, frame, format, CONVERSION_FLAGS);
    int rows = 0;

    if (context)
        rows = sws_scale(context, (const uint8_t *const *)frame->data, frame->linesize, 0,
                         frame->height, planes, strides);
    sws_freeContext(context);
    return rows == frame->height
               ? MIEN_OK
               : error_set(err, MIEN_EUNSUPPORTED, "pixels of the format %s cannot be converted",
                           av_get_pix_fmt_name(frame->format));
}

static inline uint8_t over_white(int value, int alpha)
{
    return (uint8_t)((value * alpha + 255 * (255 - alpha) + 127) / 255);
}

static void lay_on_white(const uint8_t *restrict rgba, int width, uint8_t *restrict rgb)
{
    for (int x = 0; x < width; x++, rgba += 4, rgb += 3)
        for (int c = 0; c < 3; c++)
            rgb[c] = over_white(rgba[c], rgba[3]);
}

/* Grey and alpha, which libswscale would not keep exact. */
static mien_status grey_alpha_to_image(const AVFrame *frame, struct image *ret_grey,
                                       mien_error *err)
{
    struct image grey;
    mien_status status = image_new(frame->width, frame->height, 1, &grey, err);

    if (status)
        return status;
    for (int y = 0; y < frame->height; y++) {
        const uint8_t *in = frame->data[0] + (ptrdiff_t)y * frame->linesize[0];
        uint8_t *out = image_row(&grey, y);
        for (int x = 0; x < frame->width; x++)
            out[x] = over_white(in[2 * x], in[2 * x + 1]);
    }
    *ret_grey = grey;
    return MIEN_OK;
}

static mien_status transparent_to_image(const AVFrame *frame, struct image *image, mien_error *err)
{
    size_t stride = memory_aligned_size((size_t)frame->width * 4);
    size_t bytes = stride * (size_t)frame->height;
    uint8_t *rgba = memory_aligned_new(bytes);
    mien_status status;

    if (!rgba)
        return error_memory(err, bytes);
    status = convert(frame, AV_PIX_FMT_RGBA, rgba, stride, err);
    for (int y = 0; !status && y < frame->height; y++)
        lay_on_white(rgba + (size_t)y * stride, frame->width, image_row(image, y));
    free(rgba);
    return status;
}

static bool has_alpha(enum AVPixelFormat format)
{
    const AVPixFmtDescriptor *description = av_pix_fmt_desc_get(format);

    return format == AV_PIX_FMT_PAL8 || (description && description->flags & AV_PIX_FMT_FLAG_ALPHA);
}

/* The 8-bit format with the same components as one of 16 bits a component, or NONE. */
static enum AVPixelFormat narrow_format(enum AVPixelFormat format)
{
    switch (format) {
    case AV_PIX_FMT_GRAY16BE:
    case AV_PIX_FMT_GRAY16LE:
        return AV_PIX_FMT_GRAY8;
    case AV_PIX_FMT_YA16BE:
    case AV_PIX_FMT_YA16LE:
        return AV_PIX_FMT_YA8;
    case AV_PIX_FMT_RGB48BE:
    case AV_PIX_FMT_RGB48LE:
        return AV_PIX_FMT_RGB24;
    case AV_PIX_FMT_RGBA64BE:
    case AV_PIX_FMT_RGBA64LE:
        return AV_PIX_FMT_RGBA;
    default:
        return AV_PIX_FMT_NONE;
    }
}

static void narrow_row(const uint8_t *restrict in, int count, bool big_endian,
                       uint8_t *restrict out)
{
    for (int i = 0; i < count; i++, in += 2) {
        uint32_t value = big_endian ? in[0] << 8 | in[1] : in[1] << 8 | in[0];
        out[i] = (uint8_t)((value * 255 + 32767) / 65535);
    }
}

/* libswscale is off by one here and there: 16 bits are rounded to 8 by ourselves. */
static mien_status narrow(const AVFrame *frame, enum AVPixelFormat format, AVFrame **ret_frame,
                          mien_error *err)
{
    const AVPixFmtDescriptor *description = av_pix_fmt_desc_get(frame->format);
    bool big_endian = description->flags & AV_PIX_FMT_FLAG_BE;
    AVFrame *result = av_frame_alloc();

    if (result) {
        result->format = format;
        result->width = frame->width;
        result->height = frame->height;
    }
    if (!result || av_frame_get_buffer(result, 0)) {
        av_frame_free(&result);
        return error_memory(err, (size_t)frame->width * (size_t)frame->height);
    }
    for (int y = 0; y < frame->height; y++)
        narrow_row(frame->data[0] + (ptrdiff_t)y * frame->linesize[0],
                   frame->width * description->nb_components, big_endian,
                   result->data[0] + (ptrdiff_t)y * result->linesize[0]);
    *ret_frame = result;
    return MIEN_OK;
}

static mien_status to_rgb(const AVFrame *frame, struct image *ret_image, mien_error *err)
{
    struct image image;
    mien_status status = image_new(frame->width, frame->height, 3, &image, err);

    if (status)
        return status;
    if (has_alpha(frame->format))
        status = transparent_to_image(frame, &image, err);
    else
        status = convert(frame, AV_PIX_FMT_RGB24, image.pixels, image.stride, err);
    if (status) {
        image_free(&image);
        return status;
    }
    *ret_image = image;
    return MIEN_OK;
}

/* A new picture with the channels that the frame has. */
static mien_status native_image(const AVFrame *frame, struct image *ret_image, mien_error *err)
{
    struct image grey;

    if (frame->format == AV_PIX_FMT_YA8)
        return grey_alpha_to_image(frame, ret_image, err);
    if (frame->format != AV_PIX_FMT_GRAY8)
        return to_rgb(frame, ret_image, err);
    grey = image_borrow(frame->data[0], frame->width, frame->height, 1, (size_t)frame->linesize[0]);
    return image_to_channels(&grey, 1, ret_image, err);
}

static mien_status luma_to_image(const AVFrame *frame, struct image *ret_grey, mien_error *err)
{
    mien_status status = image_new(frame->width, frame->height, 1, ret_grey, err);

    if (!status)
        frame_luma(frame, ret_grey);
    return status;
}

static mien_status bytes_to_image(const AVFrame *frame, int channels, struct image *ret_image,
                                  mien_error *err)
{
    struct image native;
    mien_status status;

    if (channels == 1 && frame_is_yuv(frame))
        return luma_to_image(frame, ret_image, err);
    status = native_image(frame, &native, err);
    if (status)
        return status;
    if (native.channels == channels) {
        *ret_image = native;
        return MIEN_OK;
    }
    status = image_to_channels(&native, channels, ret_image, err);
    image_free(&native);
    return status;
}

mien_status frame_to_image(const AVFrame *frame, int channels, struct image *ret_image,
                           mien_error *err)
{
    enum AVPixelFormat format = narrow_format(frame->format);
    AVFrame *narrowed;
    mien_status status;

    if (format == AV_PIX_FMT_NONE)
        return bytes_to_image(frame, channels, ret_image, err);
    status = narrow(frame, format, &narrowed, err);
    if (status)
        return status;
    status = bytes_to_image(narrowed, channels, ret_image, err);
    av_frame_free(&narrowed);
    return status;
}

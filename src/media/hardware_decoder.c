/* hardware_decoder.c - FFmpeg's hwaccels.
 * SPDX-License-Identifier: MIT */
#include "media/hardware_decoder.h"

#include <libavutil/hwcontext.h>
#include <stdbool.h>
#include <string.h>

/* Whether this kind of hardware decodes the codec, and is here. */
static bool try_config(AVCodecContext *context, const AVCodecHWConfig *config, const char *kind)
{
    const char *type = av_hwdevice_get_type_name(config->device_type);
    bool wanted = type && (!strcmp(kind, "auto") || !strcmp(kind, type));

    return wanted && config->methods & AV_CODEC_HW_CONFIG_METHOD_HW_DEVICE_CTX &&
           av_hwdevice_ctx_create(&context->hw_device_ctx, config->device_type, NULL, NULL, 0) >= 0;
}

/* The decoder offers its formats, the hardware's first; what it does not offer it cannot. */
static enum AVPixelFormat choose_format(AVCodecContext *context, const enum AVPixelFormat *formats)
{
    enum AVPixelFormat hardware = *(enum AVPixelFormat *)context->opaque;

    for (const enum AVPixelFormat *format = formats; *format != AV_PIX_FMT_NONE; format++)
        if (*format == hardware)
            return hardware;
    return avcodec_default_get_format(context, formats);
}

mien_status hardware_decoder_prepare(const char *name, const char *kind, AVCodecContext *context,
                                     enum AVPixelFormat *ret_format, mien_error *err)
{
    const AVCodecHWConfig *config;

    *ret_format = AV_PIX_FMT_NONE;
    for (int i = 0; (config = avcodec_get_hw_config(context->codec, i)); i++) {
        if (!try_config(context, config, kind))
            continue;
        *ret_format = config->pix_fmt;
        context->opaque = ret_format;
        context->get_format = choose_format;
        return MIEN_OK;
    }
    return strcmp(kind, "auto") != 0
               ? error_set(err, MIEN_EUNSUPPORTED,
                           "%s: %s cannot decode %s here; auto takes what can", name, kind,
                           avcodec_get_name(context->codec_id))
               : MIEN_OK;
}

const char *hardware_decoder_kind(const AVCodecContext *context)
{
    return context->hw_device_ctx
               ? av_hwdevice_get_type_name(
                     ((const AVHWDeviceContext *)context->hw_device_ctx->data)->type)
               : "";
}

int hardware_decoder_fetch(AVFrame *frame)
{
    AVFrame *here = av_frame_alloc();
    int error = here ? av_hwframe_transfer_data(here, frame, 0) : AVERROR(ENOMEM);

    if (!error)
        error = av_frame_copy_props(here, frame);
    if (!error) {
        av_frame_unref(frame);
        av_frame_move_ref(frame, here);
    }
    av_frame_free(&here);
    return error;
}

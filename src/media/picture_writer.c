/* picture_writer.c - FFmpeg's PNG and JPEG encoders into an atomic file.
 * SPDX-License-Identifier: MIT */
#include "media/picture_writer.h"

#include <errno.h>
#include <libavcodec/avcodec.h>
#include <libavutil/opt.h>
#include <libswscale/swscale.h>
#include <string.h>
#include <strings.h>

#include "base/file.h"
#include "media/ffmpeg_quiet.h"

static const struct target {
    const char *ending;
    enum AVCodecID codec;
    int max_side;
} targets[] = {
    {".png", AV_CODEC_ID_PNG, IMAGE_MAX_SIDE},
    {".jpg", AV_CODEC_ID_MJPEG, 65500},
    {".jpeg", AV_CODEC_ID_MJPEG, 65500},
};

static const struct target *target_of(const char *path)
{
    size_t length = strlen(path);

    for (size_t i = 0; i < sizeof targets / sizeof *targets; i++) {
        size_t bytes = strlen(targets[i].ending);
        if (length > bytes && !strcasecmp(path + length - bytes, targets[i].ending))
            return &targets[i];
    }
    return NULL;
}

mien_status picture_write_check(const char *path, mien_error *err)
{
    if (target_of(path))
        return MIEN_OK;
    return error_set(err, MIEN_EINVAL,
                     "%s: pictures are written as PNG or JPEG; end the name in .png or .jpg", path);
}

/* JPEG at full colour resolution: thin coloured lines and letters stay sharp. */
static enum AVPixelFormat encoder_format(const struct target *target, const struct image *image)
{
    if (target->codec == AV_CODEC_ID_MJPEG)
        return AV_PIX_FMT_YUV444P;
    return image->channels == 1 ? AV_PIX_FMT_GRAY8 : AV_PIX_FMT_RGB24;
}

/* `image` as a frame for the encoder. 0 or FFmpeg's error; the caller frees the frame anyway. */
static int fill_frame(const struct image *image, enum AVPixelFormat format, AVFrame *frame)
{
    const uint8_t *const planes[4] = {image->pixels};
    const int strides[4] = {(int)image->stride};
    const int *coefficients = sws_getCoefficients(SWS_CS_ITU601);
    struct SwsContext *context;
    int result;

    frame->format = format;
    frame->width = image->width;
    frame->height = image->height;
    frame->color_range = AVCOL_RANGE_JPEG;
    result = av_frame_get_buffer(frame, 0);
    if (result < 0)
        return result;
    context = sws_getContext(image->width, image->height,
                             image->channels == 1 ? AV_PIX_FMT_GRAY8 : AV_PIX_FMT_RGB24,
                             image->width, image->height, format,
                             SWS_BICUBIC | SWS_ACCURATE_RND | SWS_BITEXACT, NULL, NULL, NULL);
    if (!context)
        return AVERROR(ENOMEM);
    sws_setColorspaceDetails(context, coefficients, 1, coefficients, 1, 0, 1 << 16, 1 << 16);
    sws_scale(context, planes, strides, 0, image->height, frame->data, frame->linesize);
    sws_freeContext(context);
    return 0;
}

static int open_encoder(const AVCodec *codec, const AVFrame *frame, AVCodecContext *context)
{
    context->width = frame->width;
    context->height = frame->height;
    context->pix_fmt = frame->format;
    context->color_range = AVCOL_RANGE_JPEG;
    context->time_base = (AVRational){1, 1};
    context->thread_count = 1;
    /* No name and version of the encoder in the file: the same picture, the same bytes. */
    context->flags |= AV_CODEC_FLAG_QSCALE | AV_CODEC_FLAG_BITEXACT;
    context->global_quality = 2 * FF_QP2LAMBDA; /* of 31, where 1 is best */
    if (codec->id == AV_CODEC_ID_PNG)
        av_opt_set(context->priv_data, "pred", "mixed", 0); /* filters by row: smaller files */
    return avcodec_open2(context, codec, NULL);
}

static int encode_frame(const AVCodec *codec, AVFrame *frame, AVPacket *packet)
{
    AVCodecContext *context = avcodec_alloc_context3(codec);
    int result;

    if (!context)
        return AVERROR(ENOMEM);
    result = open_encoder(codec, frame, context);
    frame->quality = context->global_quality;
    if (result >= 0)
        result = avcodec_send_frame(context, frame);
    if (result >= 0)
        result = avcodec_send_frame(context, NULL);
    if (result >= 0)
        result = avcodec_receive_packet(context, packet);
    avcodec_free_context(&context);
    return result;
}

static int encode(const struct target *target, const struct image *image, AVPacket *packet)
{
    const AVCodec *codec = avcodec_find_encoder(target->codec);
    AVFrame *frame;
    int result;

    if (!codec)
        return AVERROR_ENCODER_NOT_FOUND;
    frame = av_frame_alloc();
    if (!frame)
        return AVERROR(ENOMEM);
    result = fill_frame(image, encoder_format(target, image), frame);
    if (result >= 0)
        result = encode_frame(codec, frame, packet);
    av_frame_free(&frame);
    return result;
}

static mien_status write_packet(const char *path, const AVPacket *packet, mien_error *err)
{
    struct atomic_file file;
    mien_status status = atomic_file_open(path, &file, err);

    if (status)
        return status;
    if (fwrite(packet->data, 1, (size_t)packet->size, file.stream) != (size_t)packet->size) {
        status = error_set(err, MIEN_EIO, "%s: cannot be written: %s", path, strerror(errno));
        atomic_file_abandon(&file);
        return status;
    }
    return atomic_file_commit(&file, err);
}

static mien_status explain(const char *path, int error, mien_error *err)
{
    if (error == AVERROR(ENOMEM))
        return error_set(err, MIEN_ENOMEM, "%s: out of memory", path);
    return error_set(err, MIEN_EUNSUPPORTED, "%s: FFmpeg here cannot encode this picture: %s", path,
                     error == AVERROR_ENCODER_NOT_FOUND ? "it was built without the encoder"
                                                        : "the encoder refuses it");
}

mien_status picture_write(const char *path, const struct image *image, mien_error *err)
{
    mien_status status = picture_write_check(path, err);
    const struct target *target = target_of(path);
    AVPacket *packet;
    int error;

    if (status)
        return status;
    if (image->width > target->max_side || image->height > target->max_side)
        return error_set(err, MIEN_EINVAL, "%s: %dx%d pixels, more than JPEG's %d a side; use PNG",
                         path, image->width, image->height, target->max_side);
    packet = av_packet_alloc();
    if (!packet)
        return error_memory(err, sizeof *packet);
    ffmpeg_quiet_begin();
    error = encode(target, image, packet);
    ffmpeg_quiet_end();
    status = error < 0 ? explain(path, error, err) : write_packet(path, packet, err);
    av_packet_free(&packet);
    return status;
}

/* picture_reader.c - one packet to one decoder: the whole file goes straight to the decoder of the
 * format that its first bytes show, past FFmpeg's demuxers, protocols and guesses.
 * SPDX-License-Identifier: MIT */
#include "media/picture_reader.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <libavcodec/avcodec.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "media/exif.h"
#include "media/ffmpeg_quiet.h"
#include "media/frame_image.h"
#include "media/gif_blocks.h"
#include "media/picture_format.h"
#include "media/picture_size.h"
#include "media/tiff_tags.h"

void picture_options_init(struct picture_options *options)
{
    *options = (struct picture_options){3, PICTURE_MAX_PIXELS};
}

/* A picture file in memory, on its way to the decoder. */
struct file {
    const char *name;
    AVPacket *packet;
    struct picture_format format;
    size_t max_pixels;
};

/* One attempt at decoding: what it may do, and what came of it. */
struct attempt {
    size_t max_pixels;
    bool lenient;                           /* keep what could be decoded; what could not is grey */
    uint32_t refused_width, refused_height; /* of a frame of more than max_pixels */
    bool row_by_row;                        /* decoded from the top down, not in refining scans */
};

/* Any damage that is noticed fails the decoding. */
enum { STRICT = AV_EF_EXPLODE | AV_EF_CRCCHECK };

/* Pixels that are not there: 128 in every plane is grey in YUV and in RGB. */
enum { MISSING = 128 };

static void fill_missing(AVFrame *frame)
{
    for (int i = 0; i < AV_NUM_DATA_POINTERS && frame->buf[i]; i++)
        memset(frame->buf[i]->data, MISSING, frame->buf[i]->size);
}

/* The decoder asks here for every frame, before it decodes a pixel. */
static int take_buffer(AVCodecContext *context, AVFrame *frame, int flags)
{
    struct attempt *attempt = context->opaque;
    int result;

    if ((size_t)frame->width * (size_t)frame->height > attempt->max_pixels) {
        attempt->refused_width = (uint32_t)frame->width;
        attempt->refused_height = (uint32_t)frame->height;
        return AVERROR(EINVAL);
    }
    result = avcodec_default_get_buffer2(context, frame, flags);
    if (!attempt->lenient)
        context->err_recognition = STRICT;
    else if (!result)
        fill_missing(frame);
    return result;
}

static int decode_with(AVCodecContext *context, const AVPacket *packet, AVFrame *frame)
{
    int result = avcodec_send_packet(context, packet);

    if (result < 0)
        return result;
    result = avcodec_receive_frame(context, frame);
    if (result != AVERROR(EAGAIN))
        return result;
    avcodec_send_packet(context, NULL); /* that was all */
    return avcodec_receive_frame(context, frame);
}

/* Decodes the file into `frame`; 0 or FFmpeg's error. */
static int decode(const struct file *file, struct attempt *attempt, AVFrame *frame)
{
    const AVCodec *codec = avcodec_find_decoder(file->format.codec);
    AVCodecContext *context = codec ? avcodec_alloc_context3(codec) : NULL;
    int result;

    if (!context)
        return codec ? AVERROR(ENOMEM) : AVERROR_DECODER_NOT_FOUND;
    context->opaque = attempt;
    context->get_buffer2 = take_buffer;
    context->thread_count = 1;
    /* The TIFF decoder would take every tag that it does not know for an error; once it has read
     * the tags, take_buffer() makes it strict, too. */
    if (!attempt->lenient && codec->id != AV_CODEC_ID_TIFF)
        context->err_recognition = STRICT;
    result = avcodec_open2(context, codec, NULL);
    if (result >= 0)
        result = decode_with(context, file->packet, frame);
    /* The JPEG decoder's profile is the marker of the frame's kind; 0xc2 is progressive. */
    attempt->row_by_row = context->profile == 0xc0 || context->profile == 0xc1;
    avcodec_free_context(&context);
    return result;
}

static mien_status too_large(const struct file *file, uint32_t width, uint32_t height,
                             mien_error *err)
{
    return error_set(err, MIEN_EINVAL,
                     "%s: %" PRIu32 "x%" PRIu32 " pixels, more than the %zu that are read; make "
                     "it smaller",
                     file->name, width, height, file->max_pixels);
}

static mien_status explain(const struct file *file, const struct attempt *attempt, int error,
                           mien_error *err)
{
    const char *format = file->format.name;

    if (attempt->refused_width)
        return too_large(file, attempt->refused_width, attempt->refused_height, err);
    switch (error) {
    case AVERROR(ENOMEM):
        return error_set(err, MIEN_ENOMEM, "%s: out of memory", file->name);
    case AVERROR_DECODER_NOT_FOUND:
        return error_set(err, MIEN_EUNSUPPORTED, "%s: FFmpeg here was built without %s", file->name,
                         format);
    case AVERROR_PATCHWELCOME:
        return error_set(err, MIEN_EUNSUPPORTED,
                         "%s: a kind of %s that FFmpeg cannot decode; save it as JPEG or PNG",
                         file->name, format);
    case AVERROR(EINVAL):
        return error_set(err, MIEN_ECORRUPT, "%s: a damaged %s file, or one of an absurd size",
                         file->name, format);
    default:
        return error_set(err, MIEN_ECORRUPT,
                         "%s: a damaged or incomplete %s file; copy or download it anew",
                         file->name, format);
    }
}

/* Rows at the bottom in which every pixel is like the very last one: nothing was decoded there,
 * or if something was, then nothing worth keeping. */
static int missing_rows(const struct image *image)
{
    size_t C = (size_t)image->channels, row_bytes = (size_t)image->width * C;
    const uint8_t *last = image_row(image, image->height - 1) + row_bytes - C;

    for (int y = image->height - 1; y >= 0; y--) {
        const uint8_t *row = image_row(image, y);
        /* The first pixel is like the last, and each is like the one before. */
        if (memcmp(row, last, C) != 0 || memcmp(row, row + C, row_bytes - C) != 0)
            return image->height - 1 - y;
    }
    return image->height;
}

/* A JPEG that failed: keeps what is there if it is nearly everything. What a progressive one
 * lacks cannot be told, for its first scan already covers the whole picture, coarsely. */
static mien_status read_incomplete(const struct file *file, int channels, AVFrame *frame,
                                   struct image *ret_image, mien_error *err)
{
    struct attempt attempt = {file->max_pixels, true, 0, 0, false};
    struct image image;
    mien_status status;
    int error = decode(file, &attempt, frame), missing;

    if (error || !attempt.row_by_row)
        return explain(file, &attempt, error, err);
    status = frame_to_image(frame, channels, &image, err);
    if (status)
        return error_prefix(err, status, "%s", file->name);
    missing = missing_rows(&image);
    if (missing > image.height / 8) {
        status = error_set(err, MIEN_ECORRUPT,
                           "%s: an incomplete JPEG file: %d of %d rows are missing; copy or "
                           "download it anew",
                           file->name, missing, image.height);
        image_free(&image);
        return status;
    }
    *ret_image = image;
    return MIEN_OK;
}

/* An extended WebP file with the animation flag. */
static bool is_animated_webp(const uint8_t *data, size_t bytes)
{
    return bytes > 20 && !memcmp(data + 12, "VP8X", 4) && data[20] & 2;
}

/* What FFmpeg's decoders keep to themselves: cut GIFs; JPEG inside TIFF (compression 6 and 7),
 * which comes out black; and that an animated WebP is not a damaged one. */
static int unspoken_error(const struct file *file)
{
    const uint8_t *data = file->packet->data;
    size_t bytes = (size_t)file->packet->size;
    uint32_t compression;

    switch (file->format.codec) {
    case AV_CODEC_ID_GIF:
        return gif_blocks_pictures(data, bytes, 1) ? 0 : AVERROR_INVALIDDATA;
    case AV_CODEC_ID_TIFF:
        compression = tiff_tag_number(data, bytes, TIFF_TAG_COMPRESSION);
        return compression == 6 || compression == 7 ? AVERROR_PATCHWELCOME : 0;
    case AV_CODEC_ID_WEBP:
        return is_animated_webp(data, bytes) ? AVERROR_PATCHWELCOME : 0;
    default:
        return 0;
    }
}

static mien_status read_frame(const struct file *file, int channels, AVFrame *frame,
                              struct image *ret_image, mien_error *err)
{
    struct attempt attempt = {file->max_pixels, false, 0, 0, false};
    int error = unspoken_error(file);
    mien_status status;

    if (!error)
        error = decode(file, &attempt, frame);
    if (error == AVERROR_INVALIDDATA && file->format.codec == AV_CODEC_ID_MJPEG)
        return read_incomplete(file, channels, frame, ret_image, err);
    if (error)
        return explain(file, &attempt, error, err);
    status = frame_to_image(frame, channels, ret_image, err);
    return status ? error_prefix(err, status, "%s", file->name) : MIEN_OK;
}

/* Turns `image`, which it takes, upright. */
static mien_status turn_upright(const struct file *file, struct image *image,
                                struct image *ret_image, mien_error *err)
{
    int orientation = exif_orientation(file->packet->data, (size_t)file->packet->size);
    mien_status status;

    if (orientation == 1) {
        *ret_image = *image;
        return MIEN_OK;
    }
    status = image_orient(image, orientation, ret_image, err);
    image_free(image);
    return status ? error_prefix(err, status, "%s", file->name) : MIEN_OK;
}

/* Refuses what no decoder needs to see. */
static mien_status check_header(struct file *file, mien_error *err)
{
    const uint8_t *data = file->packet->data;
    size_t bytes = (size_t)file->packet->size;
    uint32_t width, height;

    if (bytes == 0)
        return error_set(err, MIEN_ECORRUPT, "%s: an empty file, no picture", file->name);
    file->format = picture_format_of(data, bytes);
    if (file->format.codec == AV_CODEC_ID_NONE)
        return error_set(err, MIEN_EUNSUPPORTED,
                         "%s: no picture that can be read, but %s; JPEG, PNG, BMP, GIF, WebP, "
                         "TIFF and PNM can",
                         file->name, file->format.name);
    if (picture_size(file->format, data, bytes, &width, &height) &&
        (uint64_t)width * height > file->max_pixels)
        return too_large(file, width, height, err);
    return MIEN_OK;
}

static mien_status read_packet(struct file *file, int channels, struct image *ret_image,
                               mien_error *err)
{
    mien_status status = check_header(file, err);
    struct image image;
    AVFrame *frame;

    if (status)
        return status;
    frame = av_frame_alloc();
    if (!frame)
        return error_memory(err, sizeof *frame);
    ffmpeg_quiet_begin();
    status = read_frame(file, channels, frame, &image, err);
    ffmpeg_quiet_end();
    av_frame_free(&frame);
    return status ? status : turn_upright(file, &image, ret_image, err);
}

/* An empty packet of `bytes`, padded with zeros as decoders want it. */
static mien_status packet_new(size_t bytes, const char *name, AVPacket **ret_packet,
                              mien_error *err)
{
    AVPacket *packet;

    if (bytes > PICTURE_MAX_BYTES)
        return error_set(err, MIEN_EINVAL, "%s: %zu bytes, more than the %zu of a picture", name,
                         bytes, PICTURE_MAX_BYTES);
    packet = av_packet_alloc();
    if (!packet || av_new_packet(packet, (int)bytes)) {
        av_packet_free(&packet);
        return error_memory(err, bytes);
    }
    *ret_packet = packet;
    return MIEN_OK;
}

mien_status picture_read_memory(const void *data, size_t bytes, const char *name,
                                const struct picture_options *options, struct image *ret_image,
                                mien_error *err)
{
    struct file file = {.name = name, .max_pixels = options->max_pixels};
    mien_status status = packet_new(bytes, name, &file.packet, err);

    if (status)
        return status;
    if (bytes)
        memcpy(file.packet->data, data, bytes);
    status = read_packet(&file, options->channels, ret_image, err);
    av_packet_free(&file.packet);
    return status;
}

/* Reads until the packet is full; a file that shrinks meanwhile leaves a shorter packet. */
static mien_status fill_packet(int descriptor, const char *path, AVPacket *packet, mien_error *err)
{
    int filled = 0;

    while (filled < packet->size) {
        ssize_t count = read(descriptor, packet->data + filled, (size_t)(packet->size - filled));
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return error_set(err, MIEN_EIO, "%s: %s", path, strerror(errno));
        if (count == 0)
            break;
        filled += (int)count;
    }
    av_shrink_packet(packet, filled);
    return MIEN_OK;
}

static mien_status load(int descriptor, const char *path, AVPacket **ret_packet, mien_error *err)
{
    struct stat facts;
    mien_status status;

    if (fstat(descriptor, &facts))
        return error_set(err, MIEN_EIO, "%s: %s", path, strerror(errno));
    if (S_ISDIR(facts.st_mode))
        return error_set(err, MIEN_EIO, "%s: a folder, not a picture", path);
    if (!S_ISREG(facts.st_mode))
        return error_set(err, MIEN_EIO, "%s: not a regular file", path);
    status = packet_new((size_t)facts.st_size, path, ret_packet, err);
    if (status)
        return status;
    status = fill_packet(descriptor, path, *ret_packet, err);
    if (status)
        av_packet_free(ret_packet);
    return status;
}

mien_status picture_read_with(const char *path, const struct picture_options *options,
                              struct image *ret_image, mien_error *err)
{
    struct file file = {.name = path, .max_pixels = options->max_pixels};
    /* O_NONBLOCK: a FIFO without a writer must not hang the program. */
    int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    mien_status status;

    if (descriptor < 0)
        return error_set(err, MIEN_EIO, "%s: %s", path, strerror(errno));
    status = load(descriptor, path, &file.packet, err);
    close(descriptor);
    if (status)
        return status;
    status = read_packet(&file, options->channels, ret_image, err);
    av_packet_free(&file.packet);
    return status;
}

mien_status picture_read(const char *path, struct image *ret_image, mien_error *err)
{
    struct picture_options options;

    picture_options_init(&options);
    return picture_read_with(path, &options, ret_image, err);
}

/* picture_maker.h - picture files for tests, made by FFmpeg's encoders or byte by byte: no file
 * needs to be kept.
 * SPDX-License-Identifier: MIT */
#ifndef TESTS_PICTURE_MAKER_H
#define TESTS_PICTURE_MAKER_H

#include "tests/unit.h"

#include <libavcodec/avcodec.h>
#include <libavutil/opt.h>
#include <string.h>

#include "image/image.h"

/* The bytes of a picture file. */
struct made_file {
    uint8_t data[1 << 20];
    size_t bytes;
};

static inline void made_add(struct made_file *file, const void *data, size_t bytes)
{
    assert_true(file->bytes + bytes <= sizeof file->data);
    memcpy(file->data + file->bytes, data, bytes);
    file->bytes += bytes;
}

static inline void made_add_integer(struct made_file *file, uint32_t value, int bytes,
                                    bool big_endian)
{
    for (int i = 0; i < bytes; i++) {
        uint8_t byte = (uint8_t)(value >> 8 * (big_endian ? bytes - 1 - i : i));
        made_add(file, &byte, 1);
    }
}

/* Puts `bytes` bytes into the file at `offset`. */
static inline void made_insert(struct made_file *file, size_t offset, const void *data,
                               size_t bytes)
{
    assert_true(offset <= file->bytes && file->bytes + bytes <= sizeof file->data);
    memmove(file->data + offset + bytes, file->data + offset, file->bytes - offset);
    memcpy(file->data + offset, data, bytes);
    file->bytes += bytes;
}

/* A frame to fill and hand to made_encode(), which frees it. */
static inline AVFrame *made_frame(int width, int height, enum AVPixelFormat format)
{
    AVFrame *frame = av_frame_alloc();

    assert_non_null(frame);
    frame->width = width;
    frame->height = height;
    frame->format = format;
    frame->color_range = AVCOL_RANGE_JPEG;
    assert_int_equal(av_frame_get_buffer(frame, 0), 0);
    return frame;
}

/* False where this FFmpeg has no encoder of the format. */
static inline bool made_encode(enum AVCodecID codec_id, AVFrame *frame, struct made_file *file)
{
    const AVCodec *codec = avcodec_find_encoder(codec_id);
    AVCodecContext *context;
    AVPacket *packet;

    file->bytes = 0;
    if (!codec) {
        av_frame_free(&frame);
        return false;
    }
    context = avcodec_alloc_context3(codec);
    packet = av_packet_alloc();
    assert_true(context && packet);
    context->width = frame->width;
    context->height = frame->height;
    context->pix_fmt = frame->format;
    context->color_range = AVCOL_RANGE_JPEG;
    context->time_base = (AVRational){1, 1};
    context->thread_count = 1;
    context->flags |= AV_CODEC_FLAG_QSCALE;
    context->global_quality = frame->quality = 2 * FF_QP2LAMBDA;
    if (codec_id == AV_CODEC_ID_WEBP)
        assert_int_equal(av_opt_set_int(context->priv_data, "lossless", 1, 0), 0);
    assert_true(avcodec_open2(context, codec, NULL) >= 0);
    assert_true(avcodec_send_frame(context, frame) >= 0);
    assert_true(avcodec_send_frame(context, NULL) >= 0);
    assert_true(avcodec_receive_packet(context, packet) >= 0);
    made_add(file, packet->data, (size_t)packet->size);
    av_packet_free(&packet);
    avcodec_free_context(&context);
    av_frame_free(&frame);
    return true;
}

/* A grey or RGB picture as a file; grey only where the format has it. */
static inline bool made_from_image(enum AVCodecID codec, const struct image *image,
                                   struct made_file *file)
{
    AVFrame *frame = made_frame(image->width, image->height,
                                image->channels == 1 ? AV_PIX_FMT_GRAY8 : AV_PIX_FMT_RGB24);

    for (int y = 0; y < image->height; y++)
        memcpy(frame->data[0] + (ptrdiff_t)y * frame->linesize[0], image_row(image, y),
               (size_t)(image->width * image->channels));
    return made_encode(codec, frame, file);
}

/* A JPEG (4:4:4) whose luma is `grey` and whose colour is none. */
static inline void made_jpeg(const struct image *grey, struct made_file *file)
{
    AVFrame *frame = made_frame(grey->width, grey->height, AV_PIX_FMT_YUV444P);

    for (int y = 0; y < grey->height; y++) {
        memcpy(frame->data[0] + (ptrdiff_t)y * frame->linesize[0], image_row(grey, y),
               (size_t)grey->width);
        for (int plane = 1; plane < 3; plane++)
            memset(frame->data[plane] + (ptrdiff_t)y * frame->linesize[plane], 128,
                   (size_t)grey->width);
    }
    assert_true(made_encode(AV_CODEC_ID_MJPEG, frame, file));
}

/* An EXIF block: a TIFF structure with an orientation and nothing else. */
static inline void made_exif(int orientation, bool big_endian, struct made_file *file)
{
    file->bytes = 0;
    made_add(file, big_endian ? "MM\0*" : "II*\0", 4);
    made_add_integer(file, 8, 4, big_endian);
    made_add_integer(file, 1, 2, big_endian);   /* entries */
    made_add_integer(file, 274, 2, big_endian); /* orientation */
    made_add_integer(file, 3, 2, big_endian);   /* 16 bits */
    made_add_integer(file, 1, 4, big_endian);   /* one of them */
    made_add_integer(file, (uint32_t)orientation, 2, big_endian);
    made_add_integer(file, 0, 2, big_endian);
    made_add_integer(file, 0, 4, big_endian); /* no further directory */
}

/* An uncompressed grey TIFF file with an orientation. */
static inline void made_tiff(const struct image *grey, int orientation, int compression,
                             struct made_file *file)
{
    const uint32_t pixels = (uint32_t)(grey->width * grey->height);
    const uint32_t entries[][2] = {
        {256, (uint32_t)grey->width},
        {257, (uint32_t)grey->height},
        {258, 8},
        {259, (uint32_t)compression},
        {262, 1},
        {273, 8},
        {274, (uint32_t)orientation},
        {277, 1},
        {278, (uint32_t)grey->height},
        {279, pixels},
    };

    file->bytes = 0;
    made_add(file, "II*\0", 4);
    made_add_integer(file, 8 + pixels, 4, false);
    for (int y = 0; y < grey->height; y++)
        made_add(file, image_row(grey, y), (size_t)grey->width);
    made_add_integer(file, 10, 2, false);
    for (int i = 0; i < 10; i++) {
        made_add_integer(file, entries[i][0], 2, false);
        made_add_integer(file, 3, 2, false);
        made_add_integer(file, 1, 4, false);
        made_add_integer(file, entries[i][1], 4, false);
    }
    made_add_integer(file, 0, 4, false);
}

/* Bits for a JPEG scan, most significant first. */
struct made_bits {
    struct made_file *file;
    uint32_t pending;
    int count;
};

static inline void made_add_bits(struct made_bits *bits, uint32_t value, int count)
{
    for (int i = count - 1; i >= 0; i--) {
        bits->pending = bits->pending << 1 | (value >> i & 1);
        if (++bits->count < 8)
            continue;
        made_add_integer(bits->file, bits->pending & 0xff, 1, true);
        if ((bits->pending & 0xff) == 0xff)
            made_add_integer(bits->file, 0, 1, true);
        bits->count = 0;
    }
}

/* One 8x8 block of the flat `value`, with the tables of made_cmyk_jpeg(). */
static inline void made_add_flat_block(struct made_bits *bits, int value)
{
    int level = (value - 128) * 8, size = 0;

    while (abs(level) >> size)
        size++;
    made_add_bits(bits, (uint32_t)size, 4); /* codes of the sizes 0..11 are 4 bits each */
    made_add_bits(bits, (uint32_t)(level < 0 ? level + (1 << size) - 1 : level), size);
    made_add_bits(bits, 0, 1); /* no more coefficients */
}

/* A JPEG Huffman table: `count` codes of `length` bits each for the symbols 0, 1, 2, ... */
static inline void made_add_huffman_table(struct made_file *file, int id, int length, int count)
{
    made_add(file, "\xff\xc4", 2);
    made_add_integer(file, (uint32_t)(2 + 1 + 16 + count), 2, true);
    made_add_integer(file, (uint32_t)id, 1, true);
    for (int i = 1; i <= 16; i++)
        made_add_integer(file, i == length ? (uint32_t)count : 0, 1, true);
    for (int i = 0; i < count; i++)
        made_add_integer(file, (uint32_t)i, 1, true);
}

/* A flat 8x8 JPEG in Adobe's CMYK, where 255 is no ink. */
static inline void made_cmyk_jpeg(const uint8_t cmyk[4], struct made_file *file)
{
    static const uint8_t start[] = {
        0xff, 0xd8, /* then APP14: Adobe, version 100, no transform */
        0xff, 0xee, 0,   14, 'A', 'd', 'o', 'b',
        'e',  0,    100, 0,  0,   0,   0,   0, /* then the quantization table, all 1 */
        0xff, 0xdb, 0,   67, 0};
    static const uint8_t frame[] = {0xff, 0xc0, 0, 20,   8, 0, 8,    0, 8, 4,    1,
                                    0x11, 0,    2, 0x11, 0, 3, 0x11, 0, 4, 0x11, 0};
    static const uint8_t scan[] = {0xff, 0xda, 0, 14, 4, 1, 0, 2, 0, 3, 0, 4, 0, 0, 63, 0};
    struct made_bits bits = {file, 0, 0};

    file->bytes = 0;
    made_add(file, start, sizeof start);
    for (int i = 0; i < 64; i++)
        made_add_integer(file, 1, 1, true);
    made_add(file, frame, sizeof frame);
    made_add_huffman_table(file, 0x00, 4, 12); /* DC: the sizes 0 to 11 */
    made_add_huffman_table(file, 0x10, 1, 1);  /* AC: the end of the block */
    made_add(file, scan, sizeof scan);
    for (int i = 0; i < 4; i++)
        made_add_flat_block(&bits, cmyk[i]);
    made_add_bits(&bits, 0x7f, 7 - (bits.count + 7) % 8);
    made_add(file, "\xff\xd9", 2);
}

#endif

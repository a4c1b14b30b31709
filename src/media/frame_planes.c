/* frame_planes.c - bytes copied, luma's studio range stretched, others taken apart.
 * SPDX-License-Identifier: MIT */
#include "media/frame_planes.h"

#include <libavutil/common.h>
#include <libavutil/pixdesc.h>
#include <string.h>

#include "base/vector.h"

/* Four lumas in six bytes, not one in each step as its description claims: what it says leads far
 * beyond a row's end. And X of XYZ is no luma. */
static bool is_other(enum AVPixelFormat format)
{
    return format == AV_PIX_FMT_UYYVYY411 || format == AV_PIX_FMT_XYZ12LE ||
           format == AV_PIX_FMT_XYZ12BE;
}

bool frame_is_yuv(const AVFrame *frame)
{
    const uint64_t others = AV_PIX_FMT_FLAG_RGB | AV_PIX_FMT_FLAG_PAL | AV_PIX_FMT_FLAG_BITSTREAM |
                            AV_PIX_FMT_FLAG_HWACCEL | AV_PIX_FMT_FLAG_ALPHA |
                            AV_PIX_FMT_FLAG_FLOAT | AV_PIX_FMT_FLAG_BAYER;
    const AVPixFmtDescriptor *description = av_pix_fmt_desc_get(frame->format);

    return description && !is_other(frame->format) && !(description->flags & others) &&
           description->nb_components >= 3 && description->comp[0].depth >= 8 &&
           description->comp[0].depth <= 16;
}

static bool is_full_range(const AVFrame *frame)
{
    switch (frame->format) {
    case AV_PIX_FMT_YUVJ420P:
    case AV_PIX_FMT_YUVJ422P:
    case AV_PIX_FMT_YUVJ444P:
    case AV_PIX_FMT_YUVJ440P:
    case AV_PIX_FMT_YUVJ411P:
        return true;
    default:
        return frame->color_range == AVCOL_RANGE_JPEG;
    }
}

/* 16..235 becomes 0..255, rounded: 255 / 219 = 1 + 36 / 219, and 10773 / 2^16 is 36 / 219 to within
 * 2^-8 of a unit at 8 further bits, nearer than any quotient comes to a half. */
VECTOR_LOOP
static void stretch_row(const uint8_t *restrict in, int width, uint8_t *restrict out)
{
    for (int x = 0; x < width; x++) {
        int level = in[x] < 16 ? 0 : in[x] > 235 ? 219 : in[x] - 16;
        uint32_t more = (uint32_t)(uint16_t)(level << 8) * 10773 >> 16;
        out[x] = (uint8_t)((uint32_t)level + ((more + 128) >> 8));
    }
}

/* A component that is not a byte beside the next. */
static int read_value(const AVComponentDescriptor *component, bool big_endian, const uint8_t *in)
{
    int value = *in;

    if (component->depth + component->shift > 8)
        value = big_endian ? in[0] << 8 | in[1] : in[1] << 8 | in[0];
    return value >> component->shift & ((1 << component->depth) - 1);
}

static void spread_row(const AVComponentDescriptor *luma, bool big_endian, bool full_range,
                       const uint8_t *in, int width, uint8_t *out)
{
    int64_t low = full_range ? 0 : 16 << (luma->depth - 8);
    int64_t span = full_range ? (1 << luma->depth) - 1 : 219 << (luma->depth - 8);

    in += luma->offset;
    for (int x = 0; x < width; x++, in += luma->step) {
        int64_t value = read_value(luma, big_endian, in) - low;
        value = value < 0 ? 0 : value > span ? span : value;
        out[x] = (uint8_t)((value * 255 + span / 2) / span);
    }
}

void frame_luma(const AVFrame *frame, struct image *grey)
{
    const AVPixFmtDescriptor *description = av_pix_fmt_desc_get(frame->format);
    const AVComponentDescriptor *luma = &description->comp[0];
    bool bytes = luma->depth == 8 && luma->step == 1, full_range = is_full_range(frame);

    for (int y = 0; y < frame->height; y++) {
        const uint8_t *in = frame->data[luma->plane] + (ptrdiff_t)y * frame->linesize[luma->plane];
        uint8_t *out = image_row(grey, y);
        if (bytes && full_range)
            memcpy(out, in, (size_t)frame->width);
        else if (bytes)
            stretch_row(in, frame->width, out);
        else
            spread_row(luma, description->flags & AV_PIX_FMT_FLAG_BE, full_range, in, frame->width,
                       out);
    }
}

void frame_chroma_size(const AVFrame *frame, int *ret_width, int *ret_height)
{
    const AVPixFmtDescriptor *description = av_pix_fmt_desc_get(frame->format);

    *ret_width = AV_CEIL_RSHIFT(frame->width, description->log2_chroma_w);
    *ret_height = AV_CEIL_RSHIFT(frame->height, description->log2_chroma_h);
}

/* One of the two colour differences. */
static void read_chroma(const AVFrame *frame, const AVComponentDescriptor *component,
                        bool big_endian, struct image *plane)
{
    for (int y = 0; y < plane->height; y++) {
        const uint8_t *in = frame->data[component->plane] +
                            (ptrdiff_t)y * frame->linesize[component->plane] + component->offset;
        uint8_t *out = image_row(plane, y);
        if (component->depth == 8 && component->step == 1) {
            memcpy(out, in, (size_t)plane->width);
            continue;
        }
        for (int x = 0; x < plane->width; x++, in += component->step)
            out[x] = (uint8_t)(read_value(component, big_endian, in) >> (component->depth - 8));
    }
}

void frame_chroma(const AVFrame *frame, struct image chroma[2])
{
    const AVPixFmtDescriptor *description = av_pix_fmt_desc_get(frame->format);

    for (int i = 0; i < 2; i++)
        read_chroma(frame, &description->comp[1 + i], description->flags & AV_PIX_FMT_FLAG_BE,
                    &chroma[i]);
}

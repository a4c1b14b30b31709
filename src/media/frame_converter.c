/* frame_converter.c - luma by ourselves, colours by libswscale.
 * SPDX-License-Identifier: MIT */
#include "media/frame_converter.h"

#include <libavutil/pixdesc.h>
#include <libswscale/swscale.h>
#include <math.h>
#include <stdbool.h>

#include "base/vector.h"
#include "image/resize.h"
#include "media/frame_image.h"

void frame_converter_free(struct frame_converter *converter)
{
    sws_freeContext(converter->scaler);
    image_free(&converter->flat);
    image_free(&converter->square);
    *converter = (struct frame_converter){0};
}

/* Whether frames of this format have a plane, or bytes among others, of opaque luma. */
static bool has_luma(const AVPixFmtDescriptor *description)
{
    const uint64_t others = AV_PIX_FMT_FLAG_RGB | AV_PIX_FMT_FLAG_PAL | AV_PIX_FMT_FLAG_BITSTREAM |
                            AV_PIX_FMT_FLAG_HWACCEL | AV_PIX_FMT_FLAG_ALPHA |
                            AV_PIX_FMT_FLAG_FLOAT | AV_PIX_FMT_FLAG_BAYER;

    return !(description->flags & others) && description->nb_components >= 3 &&
           description->comp[0].depth >= 8 && description->comp[0].depth <= 16;
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

/* Luma that is not a byte beside the next. */
static void spread_row(const AVComponentDescriptor *luma, bool big_endian, bool full_range,
                       const uint8_t *in, int width, uint8_t *out)
{
    int64_t low = full_range ? 0 : 16 << (luma->depth - 8);
    int64_t span = full_range ? (1 << luma->depth) - 1 : 219 << (luma->depth - 8);

    in += luma->offset;
    for (int x = 0; x < width; x++, in += luma->step) {
        int64_t value = *in;
        if (luma->depth + luma->shift > 8)
            value = big_endian ? in[0] << 8 | in[1] : in[1] << 8 | in[0];
        value = (value >> luma->shift & ((1 << luma->depth) - 1)) - low;
        value = value < 0 ? 0 : value > span ? span : value;
        out[x] = (uint8_t)((value * 255 + span / 2) / span);
    }
}

static void luma_to_grey(const AVFrame *frame, struct image *grey)
{
    const AVPixFmtDescriptor *description = av_pix_fmt_desc_get(frame->format);
    const AVComponentDescriptor *luma = &description->comp[0];
    bool full_range = is_full_range(frame);

    for (int y = 0; y < frame->height; y++) {
        const uint8_t *in = frame->data[luma->plane] + (ptrdiff_t)y * frame->linesize[luma->plane];
        uint8_t *out = image_row(grey, y);
        if (luma->depth == 8 && luma->step == 1 && !full_range)
            stretch_row(in, frame->width, out);
        else
            spread_row(luma, description->flags & AV_PIX_FMT_FLAG_BE, full_range, in, frame->width,
                       out);
    }
}

static mien_status colours_to_rgb(struct frame_converter *converter, const AVFrame *frame,
                                  struct image *rgb, mien_error *err)
{
    uint8_t *planes[4] = {rgb->pixels};
    int strides[4] = {(int)rgb->stride};

    converter->scaler = frame_scaler(converter->scaler, frame, AV_PIX_FMT_RGB24, SWS_BILINEAR);
    if (!converter->scaler ||
        sws_scale(converter->scaler, (const uint8_t *const *)frame->data, frame->linesize, 0,
                  frame->height, planes, strides) != frame->height)
        return error_set(err, MIEN_EUNSUPPORTED, "pixels of the format %s cannot be converted",
                         av_get_pix_fmt_name(frame->format));
    return MIEN_OK;
}

/* The frame as it is stored. */
static mien_status convert_flat(struct frame_converter *converter, const AVFrame *frame,
                                int channels, struct image *image, mien_error *err)
{
    const AVPixFmtDescriptor *description = av_pix_fmt_desc_get(frame->format);
    struct image fresh;
    mien_status status;

    if (!description || !has_luma(description)) {
        status = frame_to_image(frame, channels, &fresh, err);
        if (!status) {
            image_free(image);
            *image = fresh;
        }
        return status;
    }
    status = image_reuse(image, frame->width, frame->height, channels, err);
    if (status)
        return status;
    if (channels == 3)
        return colours_to_rgb(converter, frame, image, err);
    luma_to_grey(frame, image);
    return MIEN_OK;
}

/* The width at which pixels are square: DV's and old televisions' are not. */
static int square_width(const AVFrame *frame)
{
    double aspect = av_q2d(frame->sample_aspect_ratio);

    if (!(aspect > 0.1 && aspect < 10))
        return frame->width;
    return (int)fmin(fmax(lrint(frame->width * aspect), 1), IMAGE_MAX_SIDE);
}

void frame_converted_size(const AVFrame *frame, int orientation, int *ret_width, int *ret_height)
{
    int width = square_width(frame);

    *ret_width = orientation >= 5 ? frame->height : width;
    *ret_height = orientation >= 5 ? width : frame->height;
}

static mien_status make_square(const struct image *flat, int width, struct image *square,
                               mien_error *err)
{
    mien_status status = image_reuse(square, width, flat->height, flat->channels, err);

    return status ? status : image_resize(flat, square, err);
}

mien_status frame_convert(struct frame_converter *converter, const AVFrame *frame, int orientation,
                          int channels, struct image *image, mien_error *err)
{
    int width = square_width(frame);
    bool turned = orientation != 1;
    struct image *square = turned ? &converter->square : image;
    struct image *flat = width != frame->width ? &converter->flat : square;
    int upright_width, upright_height;
    mien_status status = convert_flat(converter, frame, channels, flat, err);

    if (!status && flat != square)
        status = make_square(flat, width, square, err);
    if (status || !turned)
        return status;
    frame_converted_size(frame, orientation, &upright_width, &upright_height);
    status = image_reuse(image, upright_width, upright_height, channels, err);
    if (!status)
        image_orient_into(square, orientation, image);
    return status;
}

/* frame_converter.c - luma as it is, colours by libswscale.
 * SPDX-License-Identifier: MIT */
#include "media/frame_converter.h"

#include <libavutil/pixdesc.h>
#include <libswscale/swscale.h>
#include <math.h>
#include <stdbool.h>

#include "image/resize.h"
#include "media/frame_image.h"
#include "media/frame_luma.h"

void frame_converter_free(struct frame_converter *converter)
{
    sws_freeContext(converter->scaler);
    image_free(&converter->flat);
    image_free(&converter->square);
    *converter = (struct frame_converter){0};
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
    struct image fresh;
    mien_status status;

    if (!frame_has_luma(frame)) {
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
    frame_luma(frame, image);
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

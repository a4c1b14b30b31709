/* frame_converter.c - luma and chroma as they are, colours by libswscale.
 * SPDX-License-Identifier: MIT */
#include "media/frame_converter.h"

#include <libavutil/pixdesc.h>
#include <libswscale/swscale.h>
#include <math.h>
#include <stdbool.h>

#include "image/resize.h"
#include "media/frame_image.h"
#include "media/frame_planes.h"

void frame_converter_free(struct frame_converter *converter)
{
    sws_freeContext(converter->scaler);
    image_free(&converter->flat);
    image_free(&converter->square);
    for (int i = 0; i < 2; i++)
        image_free(&converter->chroma[i]);
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

    if (!frame_is_yuv(frame)) {
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

static mien_status reuse_both(struct image images[2], int width, int height, mien_error *err)
{
    mien_status status = image_reuse(&images[0], width, height, 1, err);

    return status ? status : image_reuse(&images[1], width, height, 1, err);
}

/* Of a frame that holds red, green and blue. */
static mien_status rgb_to_chroma(struct frame_converter *converter, const AVFrame *frame,
                                 struct image chroma[2], mien_error *err)
{
    mien_status status = convert_flat(converter, frame, 3, &converter->flat, err);

    if (!status)
        status = reuse_both(chroma, frame->width, frame->height, err);
    if (!status)
        image_chroma(&converter->flat, chroma);
    return status;
}

static mien_status chroma_flat(struct frame_converter *converter, const AVFrame *frame,
                               struct image chroma[2], mien_error *err)
{
    int width, height;
    mien_status status;

    if (!frame_is_yuv(frame))
        return rgb_to_chroma(converter, frame, chroma, err);
    frame_chroma_size(frame, &width, &height);
    status = reuse_both(chroma, width, height, err);
    if (!status)
        frame_chroma(frame, chroma);
    return status;
}

mien_status frame_convert_chroma(struct frame_converter *converter, const AVFrame *frame,
                                 int orientation, struct image chroma[2], mien_error *err)
{
    struct image *flat = orientation == 1 ? chroma : converter->chroma;
    bool sideways = orientation >= 5;
    mien_status status = chroma_flat(converter, frame, flat, err);

    if (status || flat == chroma)
        return status;
    status = reuse_both(chroma, sideways ? flat->height : flat->width,
                        sideways ? flat->width : flat->height, err);
    for (int i = 0; i < 2 && !status; i++)
        image_orient_into(&flat[i], orientation, &chroma[i]);
    return status;
}

/* jpeg_colours.c - JFIF 1.02's conversion in whole numbers, row by row: colour down the columns,
 * then along the row, then the matrix. SPDX-License-Identifier: MIT */
#include "media/jpeg_colours.h"

#include <libavutil/pixdesc.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/vector.h"

/* Colour has 4 fractional bits, 2 from each direction. */
#define COLOUR_ZERO (128 << 4)

/* The matrix with 20 fractional bits, 16 for colour. */
enum { RED_CR = 91881, GREEN_CB = 22554, GREEN_CR = 46802, BLUE_CB = 116130 };

/* Of one row; W samples each, colour before it is spread along the row fewer. */
struct rows {
    uint16_t *down;      /* (W) in quarters */
    uint16_t *colour[2]; /* (W) Cb, Cr in sixteenths */
    uint8_t *rgb[3];     /* (W) */
};

bool jpeg_colours_suit(const AVFrame *frame)
{
    enum AVColorSpace space = frame->colorspace;
    bool bt601 = space == AVCOL_SPC_UNSPECIFIED || space == AVCOL_SPC_BT470BG ||
                 space == AVCOL_SPC_SMPTE170M;

    switch (frame->format) {
    case AV_PIX_FMT_YUVJ420P:
    case AV_PIX_FMT_YUVJ422P:
    case AV_PIX_FMT_YUVJ440P:
    case AV_PIX_FMT_YUVJ444P:
        return bt601;
    default:
        return false;
    }
}

/* Between two rows of colour, three quarters the near one. */
VECTOR_LOOP static void mix_rows(const uint8_t *restrict near, const uint8_t *restrict far, int W,
                                 uint16_t *restrict down)
{
    for (int x = 0; x < W; x++)
        down[x] = (uint16_t)(3 * near[x] + far[x]);
}

/* W is the picture's. */
VECTOR_LOOP static void spread(const uint16_t *restrict down, int W, uint16_t *restrict colour)
{
    int last = (W - 1) / 2;

    for (int i = 1; i < last; i++) {
        colour[2 * i] = (uint16_t)(3 * down[i] + down[i - 1]);
        colour[2 * i + 1] = (uint16_t)(3 * down[i] + down[i + 1]);
    }
    colour[0] = (uint16_t)(4 * down[0]);
    for (int x = 1; x < W; x++)
        if (x == 1 || x >= 2 * last) {
            int near = x / 2, far = x % 2 ? near + 1 : near - 1;
            colour[x] = (uint16_t)(3 * down[near] + down[far > last ? last : far]);
        }
}

VECTOR_LOOP static void widen(const uint16_t *restrict down, int W, uint16_t *restrict colour)
{
    for (int x = 0; x < W; x++)
        colour[x] = (uint16_t)(4 * down[x]);
}

static inline uint8_t to_level(int fixed)
{
    int level = (fixed + (1 << 19)) >> 20;

    return (uint8_t)(level < 0 ? 0 : level > 255 ? 255 : level);
}

VECTOR_LOOP static void mix_colours(const uint8_t *restrict luma, const uint16_t *restrict cb,
                                    const uint16_t *restrict cr, int W, uint8_t *restrict red,
                                    uint8_t *restrict green, uint8_t *restrict blue)
{
    for (int x = 0; x < W; x++) {
        int y = luma[x] << 20, b = cb[x] - COLOUR_ZERO, r = cr[x] - COLOUR_ZERO;
        red[x] = to_level(y + RED_CR * r);
        green[x] = to_level(y - GREEN_CB * b - GREEN_CR * r);
        blue[x] = to_level(y + BLUE_CB * b);
    }
}

VECTOR_LOOP static void weave(const uint8_t *restrict red, const uint8_t *restrict green,
                              const uint8_t *restrict blue, int W, uint8_t *restrict rgb)
{
    for (int x = 0; x < W; x++) {
        rgb[3 * x] = red[x];
        rgb[3 * x + 1] = green[x];
        rgb[3 * x + 2] = blue[x];
    }
}

/* Plane 1 or 2 of row y into `colour`. */
static void read_colour(const AVFrame *frame, int plane, int y, struct rows *rows, uint16_t *colour)
{
    const AVPixFmtDescriptor *format = av_pix_fmt_desc_get(frame->format);
    int half_width = format->log2_chroma_w, half_height = format->log2_chroma_h;
    int W = (frame->width + half_width) >> half_width;
    int last = (frame->height - 1) >> half_height;
    int near = y >> half_height, far = half_height ? near + (y % 2 ? 1 : -1) : near;
    const uint8_t *data = frame->data[plane];
    ptrdiff_t stride = frame->linesize[plane];

    far = far < 0 ? 0 : far > last ? last : far;
    mix_rows(data + near * stride, data + far * stride, W, rows->down);
    if (half_width)
        spread(rows->down, frame->width, colour);
    else
        widen(rows->down, frame->width, colour);
}

mien_status jpeg_colours_convert(const AVFrame *frame, struct image *target, mien_error *err)
{
    size_t room = memory_aligned_size((size_t)frame->width);
    uint16_t *memory = memory_aligned_new(room * (3 * sizeof(uint16_t) + 3));
    struct rows rows = {.down = memory};

    if (!memory)
        return error_memory(err, room * 9);
    for (size_t i = 0; i < 2; i++)
        rows.colour[i] = memory + (i + 1) * room;
    for (size_t i = 0; i < 3; i++)
        rows.rgb[i] = (uint8_t *)(memory + 3 * room) + i * room;
    for (int y = 0; y < frame->height; y++) {
        const uint8_t *luma = frame->data[0] + (ptrdiff_t)y * frame->linesize[0];
        for (int plane = 1; plane <= 2; plane++)
            read_colour(frame, plane, y, &rows, rows.colour[plane - 1]);
        mix_colours(luma, rows.colour[0], rows.colour[1], frame->width, rows.rgb[0], rows.rgb[1],
                    rows.rgb[2]);
        weave(rows.rgb[0], rows.rgb[1], rows.rgb[2], frame->width, image_row(target, y));
    }
    free(memory);
    return MIEN_OK;
}

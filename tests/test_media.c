/* test_media.c - pictures from files of every format, whole and broken, and to files.
 * SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "tests/unit.h"

#include <fcntl.h>
#include <libavutil/log.h>
#include <math.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/random.h"
#include "base/thread_pool.h"
#include "media/exif.h"
#include "media/ffmpeg_quiet.h"
#include "media/picture_reader.h"
#include "media/picture_writer.h"
#include "tests/picture_maker.h"
#include "tests/temp_folder.h"

/* Scratch for made files, too large for the stack. */
static struct made_file file, block;

static const char *save(const char *name, const struct made_file *made)
{
    const char *path = temp_path(name);
    FILE *stream = fopen(path, "wb");

    assert_non_null(stream);
    assert_int_equal(fwrite(made->data, 1, made->bytes, stream), made->bytes);
    assert_int_equal(fclose(stream), 0);
    return path;
}

/* A smooth picture without any symmetry, so that a wrong turn shows. */
static struct image make_image(int width, int height, int channels)
{
    struct image image;

    assert_int_equal(image_new(width, height, channels, &image, NULL), MIEN_OK);
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++)
            for (int c = 0; c < channels; c++)
                image_row(&image, y)[x * channels + c] =
                    (uint8_t)(20 + 150 * x / width + 70 * y / height + 7 * c);
    return image;
}

static void assert_near(const struct image *a, const struct image *b, int tolerance)
{
    assert_int_equal(a->width, b->width);
    assert_int_equal(a->height, b->height);
    assert_int_equal(a->channels, b->channels);
    for (int y = 0; y < a->height; y++)
        for (int x = 0; x < a->width * a->channels; x++)
            assert_true(abs(image_row(a, y)[x] - image_row(b, y)[x]) <= tolerance);
}

static mien_status read_made(const struct made_file *made, int channels, struct image *ret_image,
                             mien_error *err)
{
    struct picture_options options;

    picture_options_init(&options);
    options.channels = channels;
    return picture_read_memory(made->data, made->bytes, "made", &options, ret_image, err);
}

/* Reads and expects `expected` in its own channels, within `tolerance`. */
static void assert_reads_as(const struct made_file *made, const struct image *expected,
                            int tolerance)
{
    struct image image;
    mien_error err = {0};

    if (read_made(made, expected->channels, &image, &err))
        fail_msg("%s", err.message);
    assert_near(&image, expected, tolerance);
    image_free(&image);
}

static void every_lossless_format_gives_the_very_pixels(void **state)
{
    static const struct {
        enum AVCodecID codec;
        int channels;
    } cases[] = {{AV_CODEC_ID_PNG, 1},  {AV_CODEC_ID_PNG, 3}, {AV_CODEC_ID_TIFF, 1},
                 {AV_CODEC_ID_TIFF, 3}, {AV_CODEC_ID_PGM, 1}, {AV_CODEC_ID_PPM, 3},
                 {AV_CODEC_ID_PAM, 1},  {AV_CODEC_ID_PAM, 3}};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        /* Widths that are no multiple of any vector's length. */
        for (int width = 1; width < 70; width += 17) {
            struct image image = make_image(width, 9, cases[i].channels);
            assert_true(made_from_image(cases[i].codec, &image, &file));
            assert_reads_as(&file, &image, 0);
            image_free(&image);
        }
    }
}

/* Gives a BMP file the short header of OS/2. */
static void shorten_header(struct made_file *made)
{
    static const uint8_t offset[] = {26, 0, 0, 0}, header[] = {12, 0, 0, 0},
                         depth[] = {1, 0, 24, 0};
    uint8_t *data = made->data;

    memcpy(data + 10, offset, 4);
    memcpy(data + 14, header, 4);
    memmove(data + 20, data + 22, 2); /* the height, behind a width of two bytes */
    memcpy(data + 22, depth, 4);
    memmove(data + 26, data + 54, made->bytes - 54);
    made->bytes -= 28;
}

static void bmp_and_webp_give_the_very_pixels(void **state)
{
    struct image image = make_image(33, 20, 3);
    AVFrame *frame = made_frame(33, 20, AV_PIX_FMT_BGR24);

    (void)state;
    for (int y = 0; y < 20; y++)
        for (int i = 0; i < 33 * 3; i++)
            frame->data[0][y * frame->linesize[0] + i] =
                image_row(&image, y)[i / 3 * 3 + 2 - i % 3];
    assert_true(made_encode(AV_CODEC_ID_BMP, frame, &file));
    assert_reads_as(&file, &image, 0);
    shorten_header(&file);
    assert_reads_as(&file, &image, 0);

    frame = made_frame(33, 20, AV_PIX_FMT_BGRA);
    for (int y = 0; y < 20; y++)
        for (int i = 0; i < 33 * 4; i++)
            frame->data[0][y * frame->linesize[0] + i] =
                i % 4 == 3 ? 255 : image_row(&image, y)[i / 4 * 3 + 2 - i % 4];
    if (made_encode(AV_CODEC_ID_WEBP, frame, &file)) /* lossless, for RGB goes in */
        assert_reads_as(&file, &image, 0);
    else
        fprintf(stderr, "SKIPPED: WebP: this FFmpeg has no encoder for it\n");
    image_free(&image);
}

static void gif_and_palettes_give_the_colours_of_their_table(void **state)
{
    struct image image = make_image(16, 16, 3);

    (void)state;
    for (int gif = 0; gif < 2; gif++) {
        AVFrame *frame = made_frame(16, 16, AV_PIX_FMT_PAL8);
        for (int i = 0; i < 256; i++) {
            uint32_t colour = 0xff000000U | (uint32_t)i << 16 | (255U - (uint32_t)i) << 8 | 77;
            memcpy(frame->data[1] + 4 * i, &colour, 4);
            frame->data[0][i / 16 * frame->linesize[0] + i % 16] = (uint8_t)i;
            memcpy(image_row(&image, i / 16) + i % 16 * 3, (uint8_t[]){i, 255 - i, 77}, 3);
        }
        assert_true(made_encode(gif ? AV_CODEC_ID_GIF : AV_CODEC_ID_PNG, frame, &file));
        assert_reads_as(&file, &image, 0);
    }
    image_free(&image);
}

static void jpeg_of_any_chroma_sampling_gives_the_colour(void **state)
{
    static const enum AVPixelFormat formats[] = {AV_PIX_FMT_YUV444P, AV_PIX_FMT_YUV422P,
                                                 AV_PIX_FMT_YUV420P};

    (void)state;
    for (int i = 0; i < 3; i++) {
        AVFrame *frame = made_frame(37, 29, formats[i]);
        struct image expected = make_image(37, 29, 3);
        for (int k = 0; k < 3 * 29; k++) {
            static const int values[] = {120, 100, 180};
            int plane = k / 29, rows = plane && i == 2 ? 15 : 29;
            if (k % 29 < rows)
                memset(frame->data[plane] + k % 29 * frame->linesize[plane], values[plane],
                       plane && i ? 19 : 37);
        }
        /* JFIF: R = Y + 1.402 Cr, G = Y - 0.344 Cb - 0.714 Cr, B = Y + 1.772 Cb. */
        for (int k = 0; k < 37 * 29; k++)
            memcpy(image_row(&expected, k / 37) + k % 37 * 3, (uint8_t[]){193, 93, 70}, 3);
        assert_true(made_encode(AV_CODEC_ID_MJPEG, frame, &file));
        assert_reads_as(&file, &expected, 1);
        image_free(&expected);
    }
}

static void black_and_white_stay_black_and_white_in_jpeg(void **state)
{
    struct image image = make_image(32, 16, 1);

    (void)state;
    for (int y = 0; y < 16; y++)
        for (int x = 0; x < 32; x++)
            image_row(&image, y)[x] = x < 16 ? 0 : 255;
    made_jpeg(&image, &file);
    assert_reads_as(&file, &image, 0);
    image_free(&image);
}

/* Fills a 256 x 3 frame of big-endian 16-bit components, opaque: row 0 holds 257 x exactly, row 1
 * the largest value that is still nearest to x, row 2 the smallest. */
static void fill_16_bits(AVFrame *frame, int components)
{
    static const int offsets[3] = {0, 128, -128};

    for (int k = 0; k < 256 * 3; k++) {
        int value = k % 256 * 257 + offsets[k / 256];
        uint8_t *out = frame->data[0] + k / 256 * frame->linesize[0] + k % 256 * 2 * components;
        value = value < 0 ? 0 : value > 65535 ? 65535 : value;
        for (int c = 0; c < components; c++) {
            bool alpha = components % 2 == 0 && c == components - 1;
            out[2 * c] = alpha ? 255 : (uint8_t)(value >> 8);
            out[2 * c + 1] = alpha ? 255 : (uint8_t)value;
        }
    }
}

static void sixteen_bits_are_rounded_to_eight(void **state)
{
    static const struct {
        enum AVPixelFormat format;
        int components;
    } cases[] = {{AV_PIX_FMT_GRAY16BE, 1},
                 {AV_PIX_FMT_RGB48BE, 3},
                 {AV_PIX_FMT_YA16BE, 2},
                 {AV_PIX_FMT_RGBA64BE, 4}};
    struct image expected = make_image(256, 3, 1);

    (void)state;
    for (int k = 0; k < 256 * 3; k++)
        image_row(&expected, k / 256)[k % 256] = (uint8_t)(k % 256);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        AVFrame *frame = made_frame(256, 3, cases[i].format);
        fill_16_bits(frame, cases[i].components);
        assert_true(made_encode(AV_CODEC_ID_PNG, frame, &file));
        assert_reads_as(&file, &expected, 0);
    }
    image_free(&expected);
}

static void transparency_shows_white(void **state)
{
    static const enum AVPixelFormat formats[] = {AV_PIX_FMT_RGBA, AV_PIX_FMT_YA8};

    (void)state;
    for (int i = 0; i < 2; i++) {
        int C = i ? 2 : 4;
        AVFrame *frame = made_frame(256, 1, formats[i]);
        struct image image = make_image(256, 1, 1);
        for (int a = 0; a < 256; a++) {
            memset(frame->data[0] + a * C, 60, (size_t)C);
            frame->data[0][a * C + C - 1] = (uint8_t)a;
            image_row(&image, 0)[a] = (uint8_t)((60 * a + 255 * (255 - a) + 127) / 255);
        }
        assert_true(made_encode(AV_CODEC_ID_PNG, frame, &file));
        assert_reads_as(&file, &image, 0);
        image_free(&image);
    }
}

static void cmyk_becomes_rgb(void **state)
{
    static const uint8_t inks[][4] = {
        {200, 100, 50, 255}, {255, 255, 255, 128}, {255, 0, 255, 255}};
    struct image image, expected = make_image(8, 8, 3);

    (void)state;
    for (int i = 0; i < 3; i++) {
        for (int k = 0; k < 64 * 3; k++)
            image_row(&expected, k / 24)[k % 24] = (uint8_t)(inks[i][k % 3] * inks[i][3] / 255);
        made_cmyk_jpeg(inks[i], &file);
        assert_int_equal(read_made(&file, 3, &image, NULL), MIEN_OK);
        assert_near(&image, &expected, 1);
        image_free(&image);
    }
    image_free(&expected);
}

static void grey_of_a_colour_picture_is_the_luma_of_its_rgb(void **state)
{
    struct image rgb = make_image(40, 30, 3), grey;

    (void)state;
    assert_int_equal(image_to_channels(&rgb, 1, &grey, NULL), MIEN_OK);
    assert_true(made_from_image(AV_CODEC_ID_PNG, &rgb, &file));
    assert_reads_as(&file, &grey, 0);
    image_free(&rgb);
    image_free(&grey);
}

/* Also where its colours are beyond RGB's, whose luma would be another. */
static void grey_of_a_jpeg_is_its_own_luma(void **state)
{
    AVFrame *frame = made_frame(37, 29, AV_PIX_FMT_YUV420P);
    struct image expected = make_image(37, 29, 1);

    (void)state;
    for (int k = 0; k < 29; k++) {
        memset(frame->data[0] + k * frame->linesize[0], 240, 37);
        memset(image_row(&expected, k), 240, 37);
        for (int plane = 1; k < 15 && plane <= 2; plane++)
            memset(frame->data[plane] + k * frame->linesize[plane], plane == 1 ? 100 : 220, 19);
    }
    assert_true(made_encode(AV_CODEC_ID_MJPEG, frame, &file));
    assert_reads_as(&file, &expected, 1);
    image_free(&expected);
}

static void a_single_pixel_is_a_picture(void **state)
{
    struct image image = make_image(1, 1, 1);

    (void)state;
    made_jpeg(&image, &file);
    assert_reads_as(&file, &image, 1);
    assert_true(made_from_image(AV_CODEC_ID_PNG, &image, &file));
    assert_reads_as(&file, &image, 0);
    image_free(&image);
}

/* The picture as a camera would store it that was held in this way. */
static struct image stored_as(const struct image *upright, int orientation)
{
    static const int inverse[9] = {0, 1, 2, 3, 4, 5, 8, 7, 6};
    struct image stored;

    assert_int_equal(image_orient(upright, inverse[orientation], &stored, NULL), MIEN_OK);
    return stored;
}

static void add_jpeg_orientation(int orientation, bool big_endian)
{
    uint8_t head[10] = {0xff, 0xe1, 0, 0, 'E', 'x', 'i', 'f', 0, 0};

    made_exif(orientation, big_endian, &block);
    head[3] = (uint8_t)(block.bytes + 8);
    made_insert(&file, 2, block.data, block.bytes);
    made_insert(&file, 2, head, sizeof head);
}

static void a_jpeg_is_turned_as_its_exif_says(void **state)
{
    struct image upright = make_image(48, 24, 1);

    (void)state;
    for (int orientation = 1; orientation <= 8; orientation++) {
        struct image stored = stored_as(&upright, orientation);
        for (int big_endian = 0; big_endian < 2; big_endian++) {
            made_jpeg(&stored, &file);
            add_jpeg_orientation(orientation, big_endian);
            assert_reads_as(&file, &upright, 4);
        }
        image_free(&stored);
    }
    image_free(&upright);
}

static void a_png_and_a_tiff_are_turned_as_their_exif_says(void **state)
{
    struct image upright = make_image(21, 12, 1);
    uint8_t chunk[8] = {0, 0, 0, 0, 'e', 'X', 'I', 'f'};
    uint8_t checksum[4] = {0};

    (void)state;
    for (int orientation = 1; orientation <= 8; orientation++) {
        struct image stored = stored_as(&upright, orientation);
        assert_true(made_from_image(AV_CODEC_ID_PNG, &stored, &file));
        made_exif(orientation, true, &block);
        chunk[3] = (uint8_t)block.bytes;
        made_insert(&file, 33, checksum, 4); /* after the header chunk */
        made_insert(&file, 33, block.data, block.bytes);
        made_insert(&file, 33, chunk, 8);
        assert_int_equal(exif_orientation(file.data, file.bytes), orientation);
        made_tiff(&stored, orientation, 1, &file);
        assert_reads_as(&file, &upright, 0);
        image_free(&stored);
    }
    image_free(&upright);
}

static void the_orientation_of_a_webp_is_found(void **state)
{
    (void)state;
    for (int prefix = 0; prefix < 2; prefix++) {
        file.bytes = 0;
        made_add(&file, "RIFF\0\0\0\0WEBPVP8X\x0a\0\0\0\x08\0\0\0\0\0\0\0\0\0", 30);
        made_add(&file, "VP8L\x03\0\0\0abc\0EXIF", 16); /* odd, and padded */
        made_exif(6, false, &block);
        made_add_integer(&file, (uint32_t)block.bytes + (prefix ? 6 : 0), 4, false);
        if (prefix)
            made_add(&file, "Exif\0\0", 6);
        made_add(&file, block.data, block.bytes);
        assert_int_equal(exif_orientation(file.data, file.bytes), 6);
    }
}

static void an_orientation_without_meaning_leaves_the_picture_as_it_is(void **state)
{
    struct image image = make_image(16, 8, 1);

    (void)state;
    for (int orientation = 0; orientation < 12; orientation += 9) {
        made_jpeg(&image, &file);
        add_jpeg_orientation(orientation, false);
        assert_reads_as(&file, &image, 4);
    }
    /* Every cut of an EXIF block is read without a step outside (the sanitizers watch). */
    for (size_t bytes = 0; bytes < 60; bytes++) {
        uint8_t *exact = malloc(bytes ? bytes : 1);
        memcpy(exact, file.data, bytes);
        assert_in_range(exif_orientation(exact, bytes), 1, 8);
        free(exact);
    }
    image_free(&image);
}

static void the_contents_decide_and_not_the_name(void **state)
{
    struct image image = make_image(10, 10, 3), read;

    (void)state;
    assert_true(made_from_image(AV_CODEC_ID_PNG, &image, &file));
    assert_int_equal(picture_read(save("wrong.jpg", &file), &read, NULL), MIEN_OK);
    assert_near(&read, &image, 0);
    image_free(&read);
    image_free(&image);
}

/* A picture with enough detail that every row takes bytes. */
static struct image noisy_image(int width, int height)
{
    struct image image = make_image(width, height, 1);

    for (int i = 0; i < width * height; i++)
        image_row(&image, i / width)[i % width] = (uint8_t)(random_bits(5, (uint64_t)i) & 0xff);
    return image;
}

static void a_cut_file_is_refused_in_every_format(void **state)
{
    static const enum AVCodecID codecs[] = {AV_CODEC_ID_PNG, AV_CODEC_ID_TIFF, AV_CODEC_ID_PGM,
                                            AV_CODEC_ID_GIF};
    struct image noise = noisy_image(64, 64), image;
    mien_error err;

    (void)state;
    for (int i = 0; i < 4; i++) {
        size_t whole;
        if (codecs[i] == AV_CODEC_ID_GIF) {
            AVFrame *frame = made_frame(64, 64, AV_PIX_FMT_RGB8);
            for (int y = 0; y < 64; y++)
                memcpy(frame->data[0] + y * frame->linesize[0], image_row(&noise, y), 64);
            assert_true(made_encode(codecs[i], frame, &file));
        } else {
            assert_true(made_from_image(codecs[i], &noise, &file));
        }
        whole = file.bytes;
        for (int tenths = 1; tenths < 10; tenths++) {
            file.bytes = whole * (size_t)tenths / 10;
            assert_int_not_equal(read_made(&file, 1, &image, &err), MIEN_OK);
            assert_non_null(strstr(err.message, "made: "));
        }
    }
    image_free(&noise);
}

static void a_jpeg_is_read_if_nearly_all_rows_are_there(void **state)
{
    struct image noise = noisy_image(64, 256), image;
    size_t whole;
    mien_error err;

    (void)state;
    made_jpeg(&noise, &file);
    whole = file.bytes;
    file.bytes = whole * 91 / 100;
    assert_int_equal(read_made(&file, 3, &image, &err), MIEN_OK);
    for (int i = 0; i < 64 * 3; i++)
        assert_int_equal(image_row(&image, 255)[i], 128);
    image_free(&image);
    file.bytes = whole - 2; /* the end marker alone is missing */
    assert_reads_as(&file, &noise, 40);
    file.bytes = whole / 2;
    assert_int_equal(read_made(&file, 3, &image, &err), MIEN_ECORRUPT);
    assert_non_null(strstr(err.message, "made: an incomplete JPEG file: "));
    assert_non_null(strstr(err.message, " of 256 rows are missing; copy or download it anew"));
    image_free(&noise);
}

static void assert_refused(const char *path, mien_status expected, const char *message)
{
    struct image image = {0};
    mien_error err = {0};

    assert_int_equal(picture_read(path, &image, &err), expected);
    assert_null(image.pixels);
    assert_string_equal(err.message + strlen(path), message);
    assert_memory_equal(err.message, path, strlen(path));
}

static const char *save_text(const char *name, const char *text, size_t bytes)
{
    file.bytes = 0;
    made_add(&file, text, bytes);
    return save(name, &file);
}

static void what_is_no_picture_is_called_what_it_is(void **state)
{
#define CAN "; JPEG, PNG, BMP, GIF, WebP, TIFF and PNM can"
    (void)state;
    assert_refused(save_text("text.jpg", "hello\nworld\n", 12), MIEN_EUNSUPPORTED,
                   ": no picture that can be read, but text" CAN);
    assert_refused(save_text("bm.txt", "BMW is a car, not a bitmap.", 27), MIEN_EUNSUPPORTED,
                   ": no picture that can be read, but text" CAN);
    assert_refused(save_text("video.jpg",
                             "\0\0\0\x20"
                             "ftypisom\0\0\2\0",
                             16),
                   MIEN_EUNSUPPORTED,
                   ": no picture that can be read, but an MP4 or QuickTime video" CAN);
    assert_refused(save_text("phone.jpg",
                             "\0\0\0\x20"
                             "ftypheic\0\0\0\0",
                             16),
                   MIEN_EUNSUPPORTED, ": no picture that can be read, but a HEIC picture" CAN);
    assert_refused(save_text("zeros.png", "\0\0\0\0\0\0\0\0", 8), MIEN_EUNSUPPORTED,
                   ": no picture that can be read, but data of an unknown kind" CAN);
    assert_refused(save_text("list.m3u8", "#EXTM3U\nhttp://127.0.0.1/a.png\n", 31),
                   MIEN_EUNSUPPORTED, ": no picture that can be read, but text" CAN);
    assert_refused(save_text("empty.png", "", 0), MIEN_ECORRUPT, ": an empty file, no picture");
#undef CAN
}

static void what_is_no_file_is_refused_without_hanging(void **state)
{
    const char *fifo = temp_path("fifo");

    (void)state;
    assert_int_equal(mkfifo(fifo, 0600), 0);
    assert_refused(fifo, MIEN_EIO, ": not a regular file");
    unlink(fifo);
    assert_refused("/dev/zero", MIEN_EIO, ": not a regular file");
    assert_refused(temp_folder, MIEN_EIO, ": a folder, not a picture");
    assert_refused("/nowhere/a.png", MIEN_EIO, ": No such file or directory");
}

static void a_protocol_is_a_file_name_and_no_more(void **state)
{
    static const char *const names[] = {"http://127.0.0.1:1/a.png", "concat:a.png|b.png",
                                        "subfile,,start,0,end,9,,:a.png", "data:image/png;base64,"};

    (void)state;
    for (int i = 0; i < 4; i++)
        assert_refused(names[i], MIEN_EIO, ": No such file or directory");
}

static void a_file_without_permission_is_refused(void **state)
{
    const char *path = save_text("secret.png", "x", 1);

    (void)state;
    if (geteuid() == 0) {
        fprintf(stderr, "SKIPPED: permissions do not bind root\n");
        skip();
    }
    assert_int_equal(chmod(path, 0), 0);
    assert_refused(path, MIEN_EIO, ": Permission denied");
}

static void a_picture_of_too_many_pixels_is_refused(void **state)
{
    static const enum AVCodecID codecs[] = {AV_CODEC_ID_PNG, AV_CODEC_ID_TIFF, AV_CODEC_ID_PGM};
    struct picture_options options;
    struct image image = make_image(41, 25, 1), read;
    mien_error err;

    (void)state;
    picture_options_init(&options);
    for (int i = 0; i < 3; i++) {
        assert_true(made_from_image(codecs[i], &image, &file));
        options.max_pixels = 41 * 25;
        assert_int_equal(picture_read_memory(file.data, file.bytes, "big", &options, &read, &err),
                         MIEN_OK);
        image_free(&read);
        options.max_pixels--;
        assert_int_equal(picture_read_memory(file.data, file.bytes, "big", &options, &read, &err),
                         MIEN_EINVAL);
        assert_string_equal(err.message,
                            "big: 41x25 pixels, more than the 1024 that are read; make it smaller");
    }
    image_free(&image);
}

static void a_header_that_claims_gigapixels_is_refused_by_its_claim(void **state)
{
    struct image image = make_image(16, 16, 1), read;
    mien_error err;
    size_t i;

    (void)state;
    made_jpeg(&image, &file);
    for (i = 0; memcmp(file.data + i, "\xff\xc0", 2) != 0; i++)
        ;
    memcpy(file.data + i + 5, "\xea\x60\xea\x60", 4); /* 60000 */
    assert_int_equal(read_made(&file, 1, &read, &err), MIEN_EINVAL);
    assert_non_null(strstr(err.message, "made: 60000x60000 pixels, more than the 200000000"));
    assert_true(made_from_image(AV_CODEC_ID_PNG, &image, &file));
    memcpy(file.data + 16, "\0\0\x75\x30\0\0\x75\x30", 8); /* 30000 */
    assert_int_equal(read_made(&file, 1, &read, &err), MIEN_EINVAL);
    assert_non_null(strstr(err.message, "made: 30000x30000 pixels, more than the 200000000"));
    assert_true(made_encode(AV_CODEC_ID_BMP, made_frame(16, 16, AV_PIX_FMT_BGR24), &file));
    shorten_header(&file);
    memcpy(file.data + 18, "\x30\x75\x30\x75", 4); /* 30000 */
    assert_int_equal(read_made(&file, 1, &read, &err), MIEN_EINVAL);
    assert_non_null(strstr(err.message, "made: 30000x30000 pixels, more than the 200000000"));
    image_free(&image);
}

static void what_ffmpeg_would_show_black_is_refused(void **state)
{
    struct image image = make_image(16, 16, 1), read;
    mien_error err;

    (void)state;
    made_tiff(&image, 1, 7, &file);
    assert_int_equal(read_made(&file, 1, &read, &err), MIEN_EUNSUPPORTED);
    assert_string_equal(err.message,
                        "made: a kind of TIFF that FFmpeg cannot decode; save it as JPEG or PNG");
    image_free(&image);
}

static void a_damaged_checksum_is_noticed(void **state)
{
    struct image image = make_image(16, 16, 1), read;
    mien_error err;

    (void)state;
    assert_true(made_from_image(AV_CODEC_ID_PNG, &image, &file));
    file.data[file.bytes - 12 - 2] ^= 1; /* in the data chunk's checksum */
    assert_int_equal(read_made(&file, 1, &read, &err), MIEN_ECORRUPT);
    assert_string_equal(err.message,
                        "made: a damaged or incomplete PNG file; copy or download it anew");
    image_free(&image);
}

static void any_damaged_byte_ends_in_a_picture_or_an_error(void **state)
{
    struct image noise = noisy_image(16, 16), read;

    (void)state;
    for (int jpeg = 0; jpeg < 2; jpeg++) {
        if (jpeg)
            made_jpeg(&noise, &file);
        else
            assert_true(made_from_image(AV_CODEC_ID_PNG, &noise, &file));
        for (size_t i = 0; i < file.bytes; i++) {
            uint8_t before = file.data[i];
            file.data[i] = (uint8_t)random_bits(6, i);
            if (!read_made(&file, 3, &read, NULL))
                image_free(&read);
            file.data[i] = before;
        }
    }
    image_free(&noise);
}

static void ffmpeg_prints_nothing_and_keeps_its_log_level(void **state)
{
    struct image noise = noisy_image(64, 64), read;
    int printed = open(temp_path("stderr"), O_CREAT | O_TRUNC | O_WRONLY, 0600);
    int before = dup(STDERR_FILENO);
    struct stat facts;

    (void)state;
    made_jpeg(&noise, &file);
    file.bytes /= 2;
    av_log_set_level(AV_LOG_DEBUG);
    dup2(printed, STDERR_FILENO);
    assert_int_not_equal(read_made(&file, 3, &read, NULL), MIEN_OK);
    assert_int_equal(picture_write(temp_path("quiet.jpg"), &noise, NULL), MIEN_OK);
    dup2(before, STDERR_FILENO);
    assert_int_equal(fstat(printed, &facts), 0);
    assert_int_equal(facts.st_size, 0);
    assert_int_equal(av_log_get_level(), AV_LOG_DEBUG);
    /* What somebody sets meanwhile stays. */
    ffmpeg_quiet_begin();
    av_log_set_level(AV_LOG_ERROR);
    ffmpeg_quiet_end();
    assert_int_equal(av_log_get_level(), AV_LOG_ERROR);
    av_log_set_level(AV_LOG_INFO);
    close(before);
    close(printed);
    image_free(&noise);
}

static void read_task(void *context, int index, int worker)
{
    struct image *images = context;

    (void)worker;
    if (read_made(&file, 3, &images[index], NULL))
        images[index] = (struct image){0};
}

static void many_threads_read_the_same_picture(void **state)
{
    struct image image = make_image(120, 80, 3), images[16];
    struct thread_pool *pool;

    (void)state;
    assert_true(made_from_image(AV_CODEC_ID_PNG, &image, &file));
    assert_int_equal(thread_pool_new(4, &pool, NULL), MIEN_OK);
    thread_pool_run(pool, 16, read_task, images);
    thread_pool_free(pool);
    for (int i = 0; i < 16; i++) {
        assert_near(&images[i], &image, 0);
        image_free(&images[i]);
    }
    image_free(&image);
}

static void what_is_written_reads_back(void **state)
{
    static const char *const names[] = {"a.png", "b.PNG", "c.jpg", "d.JPEG"};

    (void)state;
    for (int channels = 1; channels <= 3; channels += 2) {
        struct image image = make_image(77, 53, channels), read;
        struct picture_options options = {channels, 77 * 53};
        for (int i = 0; i < 4; i++) {
            assert_int_equal(picture_write(temp_path(names[i]), &image, NULL), MIEN_OK);
            assert_int_equal(picture_read_with(temp_path(names[i]), &options, &read, NULL),
                             MIEN_OK);
            assert_near(&read, &image, i < 2 ? 0 : 4);
            image_free(&read);
        }
        image_free(&image);
    }
}

static void the_same_picture_gives_the_same_bytes(void **state)
{
    struct image image = make_image(64, 48, 3);
    struct file_map first, second;

    (void)state;
    assert_int_equal(picture_write(temp_path("e.jpg"), &image, NULL), MIEN_OK);
    assert_int_equal(file_map_open(temp_path("e.jpg"), &first, NULL), MIEN_OK);
    assert_int_equal(picture_write(temp_path("f.jpg"), &image, NULL), MIEN_OK);
    assert_int_equal(file_map_open(temp_path("f.jpg"), &second, NULL), MIEN_OK);
    assert_int_equal(first.bytes, second.bytes);
    assert_memory_equal(first.data, second.data, first.bytes);
    assert_null(memmem(first.data, first.bytes, "Lavc", 4));
    file_map_close(&first);
    file_map_close(&second);
    image_free(&image);
}

static void what_cannot_be_written_is_said(void **state)
{
    struct image image = make_image(8, 8, 3), wide;
    mien_error err;

    (void)state;
    assert_int_equal(picture_write("a.webp", &image, &err), MIEN_EINVAL);
    assert_string_equal(
        err.message, "a.webp: pictures are written as PNG or JPEG; end the name in .png or .jpg");
    assert_int_equal(picture_write_check(".png", &err), MIEN_EINVAL);
    assert_int_equal(picture_write_check("x.png", &err), MIEN_OK);
    assert_int_equal(picture_write("/nowhere/a.png", &image, &err), MIEN_EIO);
    assert_string_equal(err.message,
                        "/nowhere/a.png: cannot be written: No such file or directory");
    assert_int_equal(image_new(65535, 1, 1, &wide, NULL), MIEN_OK);
    assert_int_equal(picture_write(temp_path("wide.jpg"), &wide, &err), MIEN_EINVAL);
    assert_int_equal(picture_write(temp_path("wide.png"), &wide, &err), MIEN_OK);
    assert_int_equal(picture_write("/dev/full/x.png", &image, &err), MIEN_EIO);
    image_free(&wide);
    image_free(&image);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_lossless_format_gives_the_very_pixels),
        cmocka_unit_test(bmp_and_webp_give_the_very_pixels),
        cmocka_unit_test(gif_and_palettes_give_the_colours_of_their_table),
        cmocka_unit_test(jpeg_of_any_chroma_sampling_gives_the_colour),
        cmocka_unit_test(black_and_white_stay_black_and_white_in_jpeg),
        cmocka_unit_test(sixteen_bits_are_rounded_to_eight),
        cmocka_unit_test(transparency_shows_white),
        cmocka_unit_test(cmyk_becomes_rgb),
        cmocka_unit_test(grey_of_a_colour_picture_is_the_luma_of_its_rgb),
        cmocka_unit_test(grey_of_a_jpeg_is_its_own_luma),
        cmocka_unit_test(a_single_pixel_is_a_picture),
        cmocka_unit_test(a_jpeg_is_turned_as_its_exif_says),
        cmocka_unit_test(a_png_and_a_tiff_are_turned_as_their_exif_says),
        cmocka_unit_test(the_orientation_of_a_webp_is_found),
        cmocka_unit_test(an_orientation_without_meaning_leaves_the_picture_as_it_is),
        cmocka_unit_test(the_contents_decide_and_not_the_name),
        cmocka_unit_test(a_cut_file_is_refused_in_every_format),
        cmocka_unit_test(a_jpeg_is_read_if_nearly_all_rows_are_there),
        cmocka_unit_test(what_is_no_picture_is_called_what_it_is),
        cmocka_unit_test(what_is_no_file_is_refused_without_hanging),
        cmocka_unit_test(a_protocol_is_a_file_name_and_no_more),
        cmocka_unit_test(a_file_without_permission_is_refused),
        cmocka_unit_test(a_picture_of_too_many_pixels_is_refused),
        cmocka_unit_test(a_header_that_claims_gigapixels_is_refused_by_its_claim),
        cmocka_unit_test(what_ffmpeg_would_show_black_is_refused),
        cmocka_unit_test(a_damaged_checksum_is_noticed),
        cmocka_unit_test(any_damaged_byte_ends_in_a_picture_or_an_error),
        cmocka_unit_test(ffmpeg_prints_nothing_and_keeps_its_log_level),
        cmocka_unit_test(many_threads_read_the_same_picture),
        cmocka_unit_test(what_is_written_reads_back),
        cmocka_unit_test(the_same_picture_gives_the_same_bytes),
        cmocka_unit_test(what_cannot_be_written_is_said),
    };
    return cmocka_run_group_tests_name("media", tests, temp_folder_new, temp_folder_free);
}

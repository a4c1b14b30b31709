/* test_frame_source.c - frames out of files, pipes, folders, streams and the screen.
 * SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "tests/video_maker.h"

#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "media/frame_converter.h"
#include "media/frame_source.h"
#include "media/picture_sequence.h"
#include "tests/stream_server.h"

/* Like all tests here: 64x48 pixels where nothing else is said. */
enum { WIDTH = 64, HEIGHT = 48 };

static struct frame_source *open_with(const char *address,
                                      const struct frame_source_options *options)
{
    struct frame_source *source;
    mien_error err;

    if (frame_source_open(address, options, &source, &err))
        fail_msg("%s", err.message);
    return source;
}

static struct frame_source *open_good(const char *address)
{
    struct frame_source_options options;

    frame_source_options_init(&options);
    options.rgb = true;
    return open_with(address, &options);
}

/* False at the end. */
static bool read_good(struct frame_source *source, struct source_frame *frame)
{
    bool end = true;
    mien_error err;

    if (frame_source_read(source, frame, &end, &err))
        fail_msg("%s", err.message);
    return !end;
}

static int grey_at(const struct source_frame *frame, int x, int y)
{
    return image_row(&frame->grey, y)[x];
}

/* The number that MADE_COUNTER drew. */
static int counter(const struct source_frame *frame)
{
    return grey_at(frame, frame->grey.width / 2, frame->grey.height / 2) - 20;
}

static void assert_near(int value, int expected, int tolerance)
{
    if (abs(value - expected) > tolerance)
        fail_msg("%d is not within %d of %d", value, tolerance, expected);
}

/* Opening fails with the address, ": ", and a message that has `words` in it. */
static void assert_refused(const char *address, mien_status status, const char *words)
{
    struct frame_source_options options;
    struct frame_source *source;
    mien_error err;

    frame_source_options_init(&options);
    assert_int_equal(frame_source_open(address, &options, &source, &err), status);
    assert_memory_equal(err.message, address, strlen(address));
    if (!strstr(err.message, words))
        fail_msg("%s", err.message);
}

static void frames_come_in_order_with_their_numbers_and_times(void **state)
{
    struct source_frame frame = {0};
    struct frame_source *source;
    const struct frame_source_info *info;
    int count = 0;

    (void)state;
    made_run(MADE_COUNTER "-pix_fmt yuv420p -c:v libx264 -bf 2 a.mp4", WIDTH, HEIGHT, 25, 12);
    source = open_good(temp_path("a.mp4"));
    info = frame_source_info(source);
    assert_int_equal(info->width, WIDTH);
    assert_int_equal(info->height, HEIGHT);
    assert_float_equal(info->fps, 25, 1e-9);
    assert_float_equal(info->duration_s, 12 / 25.0, 1e-3);
    assert_false(info->live);
    assert_false(info->has_sound);
    assert_string_equal(info->codec, "h264");
    for (; read_good(source, &frame); count++) {
        assert_int_equal(frame.number, count);
        assert_float_equal(frame.time_s, count / 25.0, 1e-6);
        assert_near(counter(&frame), count, 1);
        assert_int_equal(frame.rgb.width, WIDTH);
        assert_int_equal(frame.rgb.height, HEIGHT);
    }
    assert_int_equal(count, 12);
    assert_int_equal(frame.number, 11); /* as it was */
    assert_false(read_good(source, &frame));
    assert_int_equal(frame_source_state(source).damaged, 0);
    source_frame_free(&frame);
    frame_source_close(source);
}

/* 16 + x, up to 235, and below and above in the two last columns. */
static const char ramp[] =
    MADE_FFMPEG "-f lavfi -i \"nullsrc=s=222x4:r=25,format=yuv444p,geq=lum='if(eq(X,220),3,"
                "if(eq(X,221),250,16+X))':cb=128:cr=128\" -frames:v 1 ";

static void assert_ramp(const char *name, const char *format, bool full_range)
{
    struct frame_source *source = open_good(temp_path(name));
    struct source_frame frame = {0};

    assert_true(read_good(source, &frame));
    for (int x = 0; x < 222; x++) {
        int luma = x < 220 ? 16 + x : x == 220 ? 3 : 250;
        int level = luma < 16 ? 0 : luma > 235 ? 219 : luma - 16;
        int expected = full_range ? luma : (int)lrint(level * 255 / 219.0);
        if (grey_at(&frame, x, 2) != expected)
            fail_msg("%s: luma %d gives %d, not %d", format, luma, grey_at(&frame, x, 2), expected);
    }
    source_frame_free(&frame);
    frame_source_close(source);
}

static void grey_is_the_luma_at_full_range_in_every_layout_of_the_pixels(void **state)
{
    static const char *const formats[] = {"yuv444p", "yuv422p", "yuv420p", "nv12",   "nv21",
                                          "yuyv422", "uyvy422", "yuv411p", "yuv440p"};
    static const char *const deep[] = {"yuv444p10le", "yuv420p10be", "yuv422p12le", "yuv420p16le",
                                       "yuv444p9le"};

    (void)state;
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        made_run("%s -c:v rawvideo -pix_fmt %s ramp.nut", ramp, formats[i]);
        assert_ramp("ramp.nut", formats[i], false);
    }
    for (size_t i = 0; i < sizeof deep / sizeof *deep; i++) {
        made_run("%s -sws_flags bitexact+accurate_rnd -c:v rawvideo -pix_fmt %s ramp.nut", ramp,
                 deep[i]);
        assert_ramp("ramp.nut", deep[i], false);
    }
    made_run("%s -color_range pc -c:v ffv1 ramp.mkv", ramp);
    assert_ramp("ramp.mkv", "full range", true);
}

/* What hardware decodes 10 bits to: they are the upper ones of 16. */
static void luma_and_chroma_in_the_upper_bits_are_found_there(void **state)
{
    AVFrame *frame = av_frame_alloc();
    struct frame_converter converter = {0};
    struct image grey = {0}, chroma[2] = {{0}};

    (void)state;
    frame->width = 220;
    frame->height = 2;
    frame->format = AV_PIX_FMT_P010LE;
    assert_int_equal(av_frame_get_buffer(frame, 0), 0);
    for (int y = 0; y < 2; y++) {
        for (int x = 0; x < 220; x++) {
            uint8_t *luma = frame->data[0] + y * frame->linesize[0] + 2 * x;
            luma[0] = (uint8_t)(((16 + x) * 4 + y) << 6);
            luma[1] = (uint8_t)((16 + x) * 4 >> 2);
        }
    }
    for (int x = 0; x < 220; x++) /* Cb and Cr in turns */
        ((uint16_t *)frame->data[1])[x] = (uint16_t)((x % 2 ? 700 : 100 + x) << 6);
    assert_int_equal(frame_convert_chroma(&converter, frame, 6, chroma, NULL), MIEN_OK);
    assert_int_equal(chroma[0].width, 1); /* turned upright */
    assert_int_equal(chroma[1].height, 110);
    for (int y = 0; y < 110; y++) {
        assert_int_equal(image_row(&chroma[0], y)[0], (100 + 2 * y) >> 2);
        assert_int_equal(image_row(&chroma[1], y)[0], 700 >> 2);
    }
    assert_int_equal(frame_convert(&converter, frame, 1, 1, &grey, NULL), MIEN_OK);
    for (int y = 0; y < 2; y++)
        for (int x = 0; x < 219; x++)
            assert_int_equal(image_row(&grey, y)[x], lrint((4 * x + y) * 255 / 876.0));
    image_free(&grey);
    image_free(&chroma[0]);
    image_free(&chroma[1]);
    frame_converter_free(&converter);
    av_frame_free(&frame);
}

/* A frame of one colour, of which `bytes` are given over and over. */
static AVFrame *flat_frame(enum AVPixelFormat format, const uint8_t *bytes, int count)
{
    AVFrame *frame = av_frame_alloc();

    frame->width = 64;
    frame->height = 2;
    frame->format = format;
    assert_int_equal(av_frame_get_buffer(frame, 0), 0);
    for (int y = 0; y < 2; y++)
        for (int i = 0; i < frame->linesize[0]; i++)
            frame->data[0][y * frame->linesize[0] + i] = bytes[i % count];
    return frame;
}

/* FFmpeg's description of UYYVYY leads beyond a row's end; XYZ looks like YUV. */
static void formats_whose_description_misleads_are_not_taken_for_luma_and_chroma(void **state)
{
    static const uint8_t uyyvyy[] = {90, 30, 40, 160, 50, 60}, xyz[] = {0, 0x20, 0, 0x60, 0, 0x10};
    struct frame_converter converter = {0};
    struct image grey = {0}, rgb = {0}, chroma[2] = {{0}};
    AVFrame *frame = flat_frame(AV_PIX_FMT_UYYVYY411, uyyvyy, 6);
    mien_error err;

    (void)state;
    assert_int_equal(frame_convert(&converter, frame, 1, 1, &grey, &err), MIEN_EUNSUPPORTED);
    assert_string_equal(err.message, "pixels of the format uyyvyy411 cannot be converted");
    assert_int_equal(frame_convert_chroma(&converter, frame, 1, chroma, NULL), MIEN_EUNSUPPORTED);
    av_frame_free(&frame);
    frame = flat_frame(AV_PIX_FMT_XYZ12LE, xyz, 6);
    assert_int_equal(frame_convert(&converter, frame, 1, 3, &rgb, &err), MIEN_OK);
    assert_int_equal(frame_convert(&converter, frame, 1, 1, &grey, &err), MIEN_OK);
    assert_near(image_row(&grey, 1)[9], /* the luma of what is a strong green */
                (299 * image_row(&rgb, 1)[27] + 587 * image_row(&rgb, 1)[28] +
                 114 * image_row(&rgb, 1)[29]) /
                    1000,
                3);
    assert_int_equal(frame_convert_chroma(&converter, frame, 1, chroma, &err), MIEN_OK);
    assert_true(image_row(&chroma[1], 0)[9] < 100);
    image_free(&grey);
    image_free(&rgb);
    image_free(&chroma[0]);
    image_free(&chroma[1]);
    frame_converter_free(&converter);
    av_frame_free(&frame);
}

/* A flat colour comes back as it was, to within what 8 bits of YUV and quick sums leave of it. */
static void assert_colour(const char *name, int red, int green, int blue)
{
    struct frame_source *source = open_good(temp_path(name));
    struct source_frame frame = {0};
    const uint8_t *pixel;

    assert_true(read_good(source, &frame));
    pixel = image_row(&frame.rgb, 20) + 3 * 30;
    assert_near(pixel[0], red, 4);
    assert_near(pixel[1], green, 4);
    assert_near(pixel[2], blue, 4);
    source_frame_free(&frame);
    frame_source_close(source);
}

static void colours_follow_the_matrix_and_range_that_the_video_names(void **state)
{
    static const char colour[] = MADE_FFMPEG "-f lavfi -i color=0xC03050:s=64x48:r=25 -frames:v 1 ";

    (void)state;
    made_run("%s -c:v ffv1 -pix_fmt yuv444p a.mkv", colour);
    assert_colour("a.mkv", 0xc0, 0x30, 0x50);
    made_run("%s -vf scale=out_color_matrix=bt709 -colorspace bt709 -c:v ffv1 -pix_fmt yuv420p "
             "b.mkv",
             colour);
    assert_colour("b.mkv", 0xc0, 0x30, 0x50);
    made_run("%s -vf scale=out_range=pc -color_range pc -c:v ffv1 -pix_fmt yuv420p c.mkv", colour);
    assert_colour("c.mkv", 0xc0, 0x30, 0x50);
    made_run("%s -c:v libx264 -qp 0 -pix_fmt yuv444p10le d.mp4", colour);
    assert_colour("d.mp4", 0xc0, 0x30, 0x50);
    made_run("%s -c:v ffv1 -pix_fmt bgr0 e.mkv", colour);
    assert_colour("e.mkv", 0xc0, 0x30, 0x50);
}

/* Chroma is told in whatever way a frame holds it, by planes, in turns, in 10 bits, or as RGB. */
static void chroma_is_read_from_any_format(void **state)
{
    static const char *const formats[] = {"yuv420p", "yuv444p", "nv12", "yuyv422", "yuv420p10le",
                                          "rgb24",   "bgr0",    "gbrp", "gray"};
    struct frame_source_options options;
    struct source_frame frame = {0};

    (void)state;
    frame_source_options_init(&options);
    options.chroma = true;
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        bool grey = strcmp(formats[i], "gray") == 0;
        struct frame_source *source;
        made_run(MADE_FFMPEG "-f lavfi -i color=0xC03050:s=66x48:r=25 -frames:v 1 -c:v rawvideo "
                             "-pix_fmt %s a.nut",
                 formats[i]);
        source = open_with(temp_path("a.nut"), &options);
        assert_true(read_good(source, &frame));
        assert_null(frame.rgb.pixels);
        for (int c = 0; c < 2; c++) { /* half of it is at (33, 24), or at (16, 12) */
            const struct image *plane = &frame.chroma[c];
            int expected = grey ? 128 : c ? 197 : 120;
            assert_near(image_row(plane, plane->height / 2)[plane->width / 2], expected, 9);
            assert_near(image_row(plane, plane->height - 1)[plane->width - 1], expected, 9);
        }
        frame_source_close(source);
    }
    source_frame_free(&frame);
}

/* What MP4 says of how a video is to be turned: a, b, c, d of x' = a x + c y, y' = b x + d y. */
static void set_matrix(const char *name, int a, int b, int c, int d)
{
    const int matrix[9] = {a * 65536, b * 65536, 0, c * 65536, d * 65536, 0, 0, 0, 1 << 30};
    size_t bytes;
    uint8_t *data = made_bytes(name, &bytes);
    uint8_t *header = memmem(data, bytes, "tkhd", 4);

    assert_non_null(header);
    for (int i = 0; i < 36; i++) /* after version, times, id, duration, layer, volume */
        header[4 + 40 + i] = (uint8_t)((uint32_t)matrix[i / 4] >> (24 - 8 * (i % 4)));
    made_write(name, data, bytes);
    free(data);
}

static void a_video_is_turned_upright_as_its_matrix_says(void **state)
{
    static const int matrices[8][4] = {{1, 0, 0, 1}, {-1, 0, 0, 1}, {-1, 0, 0, -1}, {1, 0, 0, -1},
                                       {0, 1, 1, 0}, {0, 1, -1, 0}, {0, -1, -1, 0}, {0, -1, 1, 0}};
    struct source_frame frame = {0};
    struct image stored = {0}, upright;

    (void)state;
    made_run(MADE_FFMPEG "-f lavfi -i testsrc=s=66x34:r=25 -frames:v 1 -c:v libx264 -pix_fmt "
                         "yuv420p a.mp4");
    for (int orientation = 1; orientation <= 8; orientation++) {
        const int *m = matrices[orientation - 1];
        struct frame_source *source;
        set_matrix("a.mp4", m[0], m[1], m[2], m[3]);
        source = open_good(temp_path("a.mp4"));
        assert_int_equal(frame_source_info(source)->width, orientation < 5 ? 66 : 34);
        assert_int_equal(frame_source_info(source)->height, orientation < 5 ? 34 : 66);
        assert_true(read_good(source, &frame));
        if (orientation == 1)
            assert_int_equal(image_to_channels(&frame.grey, 1, &stored, NULL), MIEN_OK);
        assert_int_equal(image_orient(&stored, orientation, &upright, NULL), MIEN_OK);
        assert_int_equal(frame.grey.width, upright.width);
        for (int y = 0; y < upright.height; y++)
            assert_memory_equal(image_row(&frame.grey, y), image_row(&upright, y),
                                (size_t)upright.width);
        image_free(&upright);
        frame_source_close(source);
    }
    image_free(&stored);
    source_frame_free(&frame);
}

static void hardware_that_is_not_here_is_done_without_or_named(void **state)
{
    struct frame_source_options options;
    struct source_frame frame = {0};
    struct frame_source *source;
    mien_error err;
    int count = 0;

    (void)state;
    made_run(MADE_COUNTER "-pix_fmt yuv420p -c:v libx264 a.mp4", WIDTH, HEIGHT, 25, 5);
    frame_source_options_init(&options);
    options.hardware = "auto";
    source = open_with(temp_path("a.mp4"), &options);
    while (read_good(source, &frame))
        assert_near(counter(&frame), count++, 1);
    assert_int_equal(count, 5);
    source_frame_free(&frame);
    frame_source_close(source);
    options.hardware = "abacus";
    assert_int_equal(frame_source_open(temp_path("a.mp4"), &options, &source, &err),
                     MIEN_EUNSUPPORTED);
    assert_non_null(strstr(err.message, "abacus cannot decode h264 here"));
}

static void pixels_that_are_not_square_become_so(void **state)
{
    struct source_frame frame = {0};
    struct frame_source *source;

    (void)state;
    made_run(MADE_COUNTER "-vf setsar=3/2 -c:v libx264 -pix_fmt yuv420p a.mp4", WIDTH, HEIGHT, 25,
             2);
    source = open_good(temp_path("a.mp4"));
    assert_int_equal(frame_source_info(source)->width, WIDTH * 3 / 2);
    assert_true(read_good(source, &frame));
    assert_int_equal(frame.grey.width, WIDTH * 3 / 2);
    assert_int_equal(frame.grey.height, HEIGHT);
    assert_in_range(grey_at(&frame, 2, 2), 190, 210); /* the corner is stretched, too */
    frame_source_close(source);
    set_matrix("a.mp4", 0, 1, -1, 0);
    source = open_good(temp_path("a.mp4"));
    assert_true(read_good(source, &frame));
    assert_int_equal(frame.rgb.width, HEIGHT);
    assert_int_equal(frame.rgb.height, WIDTH * 3 / 2);
    assert_in_range(grey_at(&frame, HEIGHT - 2, 2), 190, 210);
    source_frame_free(&frame);
    frame_source_close(source);
}

static void odd_sizes_down_to_one_pixel_are_read_whole(void **state)
{
    static const int sizes[][2] = {{35, 27}, {1, 1}, {3, 200}, {333, 2}};
    struct source_frame frame = {0};

    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct frame_source *source;
        made_run(
            MADE_FFMPEG
            "-f lavfi -i color=gray:s=%dx%d:r=25,format=yuv444p -frames:v 2 -c:v ffv1 -pix_fmt "
            "yuv420p a.mkv",
            sizes[i][0], sizes[i][1]);
        source = open_good(temp_path("a.mkv"));
        assert_true(read_good(source, &frame));
        assert_int_equal(frame.grey.width, sizes[i][0]);
        assert_int_equal(frame.rgb.height, sizes[i][1]);
        assert_in_range(grey_at(&frame, sizes[i][0] - 1, sizes[i][1] - 1), 126, 130);
        frame_source_close(source);
    }
    source_frame_free(&frame);
}

static void times_of_a_variable_rate_are_the_videos_own(void **state)
{
    struct source_frame frame = {0};
    struct frame_source *source;
    int count = 0;

    (void)state;
    made_run(MADE_COUNTER "-vf \"settb=1/1000,setpts='N*N*10'\" -vsync passthrough "
                          "-enc_time_base 1:1000 -c:v ffv1 a.mkv",
             WIDTH, HEIGHT, 25, 9);
    source = open_good(temp_path("a.mkv"));
    for (; read_good(source, &frame); count++)
        assert_float_equal(frame.time_s, count * count * 0.01, 1e-6);
    assert_int_equal(count, 9);
    source_frame_free(&frame);
    frame_source_close(source);
}

static void times_go_on_where_files_were_joined(void **state)
{
    struct source_frame frame = {0};
    struct frame_source *source;
    double last = -1;
    int count = 0;

    (void)state;
    made_run(MADE_COUNTER "-c:v mpeg2video -q:v 2 a.ts && cat a.ts a.ts a.ts > joined.ts", WIDTH,
             HEIGHT, 25, 75);
    source = open_good(temp_path("joined.ts"));
    for (; read_good(source, &frame); count++) {
        assert_float_equal(frame.time_s, last < 0 ? frame.time_s : last + 0.04, 1e-3);
        last = frame.time_s;
    }
    assert_int_equal(count, 225);
    source_frame_free(&frame);
    frame_source_close(source);
}

static void a_video_that_changes_size_goes_on(void **state)
{
    struct source_frame frame = {0};
    struct frame_source *source;
    int small = 0, large = 0;

    (void)state;
    made_run(MADE_COUNTER "-pix_fmt yuv420p -c:v libx264 a.264", WIDTH, HEIGHT, 25, 5);
    made_run(MADE_COUNTER "-pix_fmt yuv420p -c:v libx264 b.264 && cat a.264 b.264 a.264 > c.264",
             2 * WIDTH, HEIGHT, 25, 5);
    source = open_good(temp_path("c.264"));
    while (read_good(source, &frame)) {
        assert_int_equal(frame.grey.width, frame.rgb.width);
        assert_near(counter(&frame), 2, 3);
        small += frame.grey.width == WIDTH;
        large += frame.grey.width == 2 * WIDTH;
    }
    assert_int_equal(small, 10);
    assert_int_equal(large, 5);
    source_frame_free(&frame);
    frame_source_close(source);
}

static void a_file_that_ends_in_mid_frame_gives_the_frames_that_are_whole(void **state)
{
    static const char *const names[] = {"a.ts", "a.mkv", "a.avi", "a.264"};
    struct source_frame frame = {0};
    size_t bytes;

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        int count = 0;
        uint8_t *data;
        struct frame_source *source;
        made_run(MADE_COUNTER "-vf noise=alls=20 -pix_fmt yuv420p -c:v libx264 -g 1 %s", 320, 240,
                 25, 10, names[i]);
        data = made_bytes(names[i], &bytes);
        made_write(names[i], data, bytes * 11 / 20);
        free(data);
        source = open_good(temp_path(names[i]));
        while (read_good(source, &frame)) {
            assert_near(counter(&frame), count++, 25);
        }
        assert_in_range(count, 4, 6);
        frame_source_close(source);
    }
    source_frame_free(&frame);
}

static void what_has_no_frames_is_refused_in_words(void **state)
{
    (void)state;
    made_run(MADE_FFMPEG "-f lavfi -i sine -t 1 -c:a aac sound.mp4");
    assert_refused(temp_path("sound.mp4"), MIEN_EUNSUPPORTED, "no video in it");
    made_run(MADE_FFMPEG "-f lavfi -i sine -f lavfi -i color=s=64x48 -map 0 -map 1 -frames:v 1 -t "
                         "1 -c:v png -disposition:v attached_pic -c:a flac cover.flac");
    assert_refused(temp_path("cover.flac"), MIEN_EUNSUPPORTED, "no video in it");
    made_run(MADE_COUNTER "-pix_fmt yuv420p -c:v libx264 a.mp4 && head -c 900 a.mp4 > cut.mp4 && "
                          ": > empty.mp4 && echo hello > text.mp4",
             WIDTH, HEIGHT, 25, 30);
    assert_refused(temp_path("cut.mp4"), MIEN_EUNSUPPORTED, "damaged");
    assert_refused(temp_path("empty.mp4"), MIEN_EUNSUPPORTED, "damaged");
    assert_refused(temp_path("text.mp4"), MIEN_EUNSUPPORTED, "no video");
    assert_refused(temp_path("nowhere.mp4"), MIEN_EIO, "No such file");
    assert_refused(temp_path("%03d.png"), MIEN_EIO, "no pictures");
    assert_refused("camera:77", MIEN_EIO, "camera");
    assert_refused("camera:front", MIEN_EINVAL, "camera:0");
}

/* Whatever FFmpeg calls what it found. */
static void a_damaged_index_is_refused_in_words(void **state)
{
    static const struct {
        const char *atom, *words;
        mien_status status;
    } cases[] = {{"mdhd", "no video of a known kind, or a damaged one", MIEN_EUNSUPPORTED},
                 {"stsd", "no video of a known kind, or a damaged one", MIEN_EUNSUPPORTED},
                 {"stts", "out of memory, or damaged and asking for too much", MIEN_ENOMEM}};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        size_t bytes;
        uint8_t *data, *atom;
        made_run(MADE_COUNTER "-c:v libx264 -pix_fmt yuv420p a.mp4", WIDTH, HEIGHT, 25, 3);
        data = made_bytes("a.mp4", &bytes);
        atom = memmem(data, bytes, cases[i].atom, 4);
        assert_non_null(atom);
        memset(atom + 4, 0xFF, 8); /* a version of the future, a count without end */
        made_write("a.mp4", data, bytes);
        free(data);
        assert_refused(temp_path("a.mp4"), cases[i].status, cases[i].words);
    }
}

static void damaged_frames_are_left_out_and_counted(void **state)
{
    struct source_frame frame = {0};
    struct frame_source *source;
    size_t bytes;
    uint8_t *data;
    int count = 0;

    (void)state;
    made_run(MADE_COUNTER "-c:v ffv1 -level 3 -slicecrc 1 -g 1 -vf noise=alls=30 a.nut", 320, 240,
             25, 10);
    data = made_bytes("a.nut", &bytes);
    for (size_t i = bytes / 2; i < bytes * 6 / 10; i++)
        data[i] ^= 0x55;
    made_write("a.nut", data, bytes);
    free(data);
    source = open_good(temp_path("a.nut"));
    while (read_good(source, &frame))
        count++;
    assert_in_range(count, 7, 9);
    assert_in_range(frame_source_state(source).damaged, 1, 3);
    source_frame_free(&frame);
    frame_source_close(source);
}

static void an_animated_gif_is_a_video_and_a_photograph_is_one_frame(void **state)
{
    struct source_frame frame = {0};
    struct frame_source *source;
    int count = 0;

    (void)state;
    made_run(MADE_COUNTER "a.gif", WIDTH, HEIGHT, 10, 6);
    source = open_good(temp_path("a.gif"));
    for (; read_good(source, &frame); count++) {
        assert_float_equal(frame.time_s, count / 10.0, 1e-6);
        assert_near(counter(&frame), count, 2);
    }
    assert_int_equal(count, 6);
    frame_source_close(source);
    made_run(MADE_COUNTER "a.png", WIDTH, HEIGHT, 25, 1);
    source = open_good(temp_path("a.png"));
    assert_true(read_good(source, &frame));
    assert_int_equal(counter(&frame), 0);
    assert_false(read_good(source, &frame));
    source_frame_free(&frame);
    frame_source_close(source);
}

/* The counters of all frames of the address, as text. */
static const char *counters_of(const char *address, uint64_t damaged)
{
    static char text[256];
    struct frame_source *source = open_good(address);
    struct source_frame frame = {0};

    text[0] = 0;
    for (size_t length = 0; read_good(source, &frame);)
        length += (size_t)snprintf(text + length, sizeof text - length, "%d@%.2f ", counter(&frame),
                                   frame.time_s);
    assert_int_equal(frame_source_state(source).damaged, damaged);
    source_frame_free(&frame);
    frame_source_close(source);
    return text;
}

static void picture_files_are_frames_in_the_order_of_their_numbers(void **state)
{
    struct picture_sequence sequence;
    mien_error err;

    (void)state;
    made_run("mkdir shots && " MADE_COUNTER "-start_number 7 shots/p%%d.png && touch "
             "shots/.hidden.png && echo > shots/notes.txt",
             WIDTH, HEIGHT, 25, 5);
    assert_string_equal(counters_of(temp_path("shots"), 0), "0@0.00 1@0.04 2@0.08 3@0.12 4@0.16 ");
    assert_string_equal(counters_of(temp_path("shots/p%d.png"), 0),
                        "0@0.00 1@0.04 2@0.08 3@0.12 4@0.16 ");
    made_run("truncate -s 70 shots/p8.png");
    assert_string_equal(counters_of(temp_path("shots"), 1), "0@0.00 2@0.08 3@0.12 4@0.16 ");
    made_run("cd shots && mv p10.png q.png && cp p7.png p0012.png");
    assert_string_equal(counters_of(temp_path("shots/p%d.png"), 1), "0@0.00 2@0.08 ");
    assert_refused(temp_path("shots/p%04d.png"), MIEN_EIO, "no pictures");
    /* One that vanished between being told apart and being listed. */
    assert_int_equal(picture_sequence_new("/nowhere/a.png", &sequence, &err), MIEN_EIO);
    assert_string_equal(err.message, "/nowhere/a.png: No such file or directory");
    assert_int_equal(picture_sequence_new("/nowhere/100%.png", &sequence, &err), MIEN_EIO);
}

static void a_pictures_grey_is_the_same_with_colour_and_without(void **state)
{
    struct frame_source_options options;
    struct source_frame both = {0}, alone = {0};
    struct frame_source *source;

    (void)state;
    made_run(MADE_FFMPEG "-f lavfi -i color=c=orange:s=%dx%d -frames:v 1 c.jpg", WIDTH, HEIGHT);
    source = open_good(temp_path("c.jpg"));
    assert_true(read_good(source, &both));
    frame_source_close(source);
    frame_source_options_init(&options);
    source = open_with(temp_path("c.jpg"), &options);
    assert_true(read_good(source, &alone));
    assert_null(alone.rgb.pixels);
    for (int y = 0; y < HEIGHT; y++)
        assert_memory_equal(image_row(&both.grey, y), image_row(&alone.grey, y), WIDTH);
    assert_true(image_row(&both.rgb, 9)[0] > image_row(&both.rgb, 9)[2] + 100);
    source_frame_free(&both);
    source_frame_free(&alone);
    frame_source_close(source);
}

/* Puts what the command writes on standard input; returns what this was. */
static int feed_standard_input(const char *command, pid_t *ret_child)
{
    int ends[2], before = dup(STDIN_FILENO);

    assert_int_equal(pipe(ends), 0);
    *ret_child = fork();
    if (*ret_child == 0) {
        dup2(ends[1], STDOUT_FILENO);
        close(ends[0]);
        close(ends[1]);
        execl("/bin/sh", "sh", "-c", command, (char *)NULL);
        _exit(127);
    }
    dup2(ends[0], STDIN_FILENO);
    close(ends[0]);
    close(ends[1]);
    return before;
}

static void restore_standard_input(int before, pid_t child)
{
    dup2(before, STDIN_FILENO);
    close(before);
    kill(child, SIGTERM);
    waitpid(child, NULL, 0);
}

static void a_video_comes_through_standard_input(void **state)
{
    char command[300];
    pid_t child;
    int before;

    (void)state;
    made_run(MADE_COUNTER "-c:v ffv1 a.mkv", WIDTH, HEIGHT, 25, 3);
    snprintf(command, sizeof command, "cat %s", temp_path("a.mkv"));
    before = feed_standard_input(command, &child);
    assert_string_equal(counters_of("-", 0), "0@0.00 1@0.04 2@0.08 ");
    restore_standard_input(before, child);
    made_run(MADE_COUNTER "-vf noise=alls=9 -c:v libx264 -qp 0 -pix_fmt yuv420p a.mp4", 640, 480,
             25, 3);
    snprintf(command, sizeof command, "cat %s", temp_path("a.mp4"));
    before = feed_standard_input(command, &child);
    assert_refused("-", MIEN_ECORRUPT, "cannot come through a pipe");
    restore_standard_input(before, child);
    before = dup(STDIN_FILENO);
    assert_non_null(freopen(temp_path("a.mp4"), "r", stdin)); /* a file can be sought in */
    assert_non_null(strstr(counters_of("-", 0), "@0.08"));
    dup2(before, STDIN_FILENO);
    close(before);
}

static void what_comes_through_a_fifo_is_read_from_its_beginning(void **state)
{
    static const char *const names[] = {"f.mkv", "f.png"};
    static const char *const expected[] = {"0@0.00 1@0.04 2@0.08 ", "0@0.00 "};
    const char *fifo;

    (void)state;
    made_run("mkfifo video && " MADE_COUNTER "-c:v ffv1 f.mkv", WIDTH, HEIGHT, 25, 3);
    made_run(MADE_COUNTER "f.png", WIDTH, HEIGHT, 25, 1);
    fifo = temp_path("video");
    for (size_t i = 0; i < 2; i++) {
        made_run("timeout 20 sh -c 'cat %s > video' > out 2>&1 &", names[i]);
        assert_true(frame_source_is_video(fifo));
        assert_string_equal(counters_of(fifo, 0), expected[i]);
    }
}

static bool is_set(void *context)
{
    return atomic_load((atomic_bool *)context);
}

static void *set_soon(void *context)
{
    clock_sleep_s(0.1);
    atomic_store((atomic_bool *)context, true);
    return NULL;
}

/* Opening what never says a thing ends, once it is told to. */
static void assert_can_be_stopped(const char *address)
{
    struct frame_source_options options;
    struct frame_source *source;
    atomic_bool stop = false;
    pthread_t thread;

    frame_source_options_init(&options);
    options.patience_s = 1000;
    options.stop = is_set;
    options.stop_context = &stop;
    assert_int_equal(pthread_create(&thread, NULL, set_soon, &stop), 0);
    assert_int_equal(frame_source_open(address, &options, &source, NULL), MIEN_ECANCELLED);
    pthread_join(thread, NULL);
}

static void waiting_for_a_silent_source_can_be_stopped(void **state)
{
    struct stream_server server;
    pid_t child;
    int before = feed_standard_input("exec sleep 1000", &child);

    (void)state;
    assert_can_be_stopped("-");
    restore_standard_input(before, child);
    made_run("mkfifo fifo");
    assert_can_be_stopped(temp_path("fifo"));
    stream_server_start(&server, 0, NULL);
    assert_can_be_stopped(server.url);
    stream_server_stop(&server);
}

/* A playlist on this machine must not make it speak to others. */
static void a_local_playlist_leads_to_no_address(void **state)
{
    struct stream_server server;
    char text[512];

    (void)state;
    stream_server_start(&server, 0, NULL);
    snprintf(text, sizeof text,
             "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n%s\n"
             "#EXT-X-ENDLIST\n",
             server.url);
    made_write("a.m3u8", text, strlen(text));
    assert_refused(temp_path("a.m3u8"), MIEN_EUNSUPPORTED, "");
    stream_server_stop(&server);
    assert_int_equal(server.visitors, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frames_come_in_order_with_their_numbers_and_times),
        cmocka_unit_test(grey_is_the_luma_at_full_range_in_every_layout_of_the_pixels),
        cmocka_unit_test(luma_and_chroma_in_the_upper_bits_are_found_there),
        cmocka_unit_test(formats_whose_description_misleads_are_not_taken_for_luma_and_chroma),
        cmocka_unit_test(chroma_is_read_from_any_format),
        cmocka_unit_test(colours_follow_the_matrix_and_range_that_the_video_names),
        cmocka_unit_test(a_video_is_turned_upright_as_its_matrix_says),
        cmocka_unit_test(hardware_that_is_not_here_is_done_without_or_named),
        cmocka_unit_test(pixels_that_are_not_square_become_so),
        cmocka_unit_test(odd_sizes_down_to_one_pixel_are_read_whole),
        cmocka_unit_test(times_of_a_variable_rate_are_the_videos_own),
        cmocka_unit_test(times_go_on_where_files_were_joined),
        cmocka_unit_test(a_video_that_changes_size_goes_on),
        cmocka_unit_test(a_file_that_ends_in_mid_frame_gives_the_frames_that_are_whole),
        cmocka_unit_test(what_has_no_frames_is_refused_in_words),
        cmocka_unit_test(a_damaged_index_is_refused_in_words),
        cmocka_unit_test(damaged_frames_are_left_out_and_counted),
        cmocka_unit_test(an_animated_gif_is_a_video_and_a_photograph_is_one_frame),
        cmocka_unit_test(picture_files_are_frames_in_the_order_of_their_numbers),
        cmocka_unit_test(a_pictures_grey_is_the_same_with_colour_and_without),
        cmocka_unit_test(a_video_comes_through_standard_input),
        cmocka_unit_test(what_comes_through_a_fifo_is_read_from_its_beginning),
        cmocka_unit_test(waiting_for_a_silent_source_can_be_stopped),
        cmocka_unit_test(a_local_playlist_leads_to_no_address),
    };
    return cmocka_run_group_tests_name("frame source", tests, temp_folder_new, temp_folder_free);
}

/* test_video_writer.c - recordings: their times, sizes, sound, and what a kill leaves of them.
 * SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "tests/video_maker.h"

#include <libavcodec/packet.h>
#include <math.h>
#include <signal.h>
#include <sys/wait.h>

#include "media/frame_source.h"
#include "media/sound_encoder.h"
#include "media/video_writer.h"

static struct video_writer *open_good(const char *path, int width, int height,
                                      const struct sound_format *sound)
{
    struct video_writer_options options;
    struct video_writer *writer;
    mien_error err;

    video_writer_options_init(&options);
    options.width = width;
    options.height = height;
    options.sound = sound;
    if (video_writer_open(path, &options, &writer, &err))
        fail_msg("%s", err.message);
    return writer;
}

static void add_good(struct video_writer *writer, const struct image *picture, double time_s,
                     const struct sound *sound)
{
    mien_error err;

    if (video_writer_add(writer, picture, time_s, sound, &err))
        fail_msg("%s", err.message);
}

static void close_good(struct video_writer *writer)
{
    mien_error err;

    if (video_writer_close(writer, &err))
        fail_msg("%s", err.message);
}

static struct frame_source *source_of(const char *path, bool sound)
{
    struct frame_source_options options;
    struct frame_source *source;
    mien_error err;

    frame_source_options_init(&options);
    options.rgb = true;
    options.sound = sound;
    if (frame_source_open(path, &options, &source, &err))
        fail_msg("%s", err.message);
    return source;
}

static bool read_good(struct frame_source *source, struct source_frame *frame)
{
    bool end;
    mien_error err;

    if (frame_source_read(source, frame, &end, &err))
        fail_msg("%s", err.message);
    return !end;
}

/* A picture whose every pixel has this colour. */
static struct image flat(int width, int height, uint8_t red, uint8_t green, uint8_t blue)
{
    struct image image;

    assert_int_equal(image_new(width, height, 3, &image, NULL), MIEN_OK);
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++)
            memcpy(image_row(&image, y) + 3 * x, (uint8_t[]){red, green, blue}, 3);
    return image;
}

static void a_recording_has_the_pictures_colours_and_times_that_were_added(void **state)
{
    const char *path = temp_path("times.mp4");
    struct video_writer *writer = open_good(path, 96, 64, NULL);
    struct source_frame frame = {0};
    struct frame_source *source;
    int count = 0;

    (void)state;
    for (int i = 0; i < 40; i++) {
        struct image picture = flat(96, 64, (uint8_t)(20 + 5 * i), 60, 200);
        add_good(writer, &picture, 100 + i * i * 0.01, NULL); /* 0.00, 0.01, 0.04, 0.09, ... */
        image_free(&picture);
    }
    close_good(writer);
    source = source_of(path, false);
    for (; read_good(source, &frame); count++) {
        const uint8_t *pixel = image_row(&frame.rgb, 30) + 3 * 40;
        assert_float_equal(frame.time_s, count * count * 0.01, 1e-4);
        assert_true(abs(pixel[0] - (20 + 5 * count)) < 9);
        assert_true(abs(pixel[1] - 60) < 9);
        assert_true(abs(pixel[2] - 200) < 9);
    }
    assert_int_equal(count, 40);
    source_frame_free(&frame);
    frame_source_close(source);
}

static void odd_sizes_grow_by_one_and_other_sizes_are_resized(void **state)
{
    const char *path = temp_path("odd.mp4");
    struct video_writer *writer = open_good(path, 35, 27, NULL);
    struct source_frame frame = {0};
    struct frame_source *source;
    static const int sizes[][2] = {{35, 27}, {36, 28}, {300, 200}, {1, 1}};
    int count = 0;

    (void)state;
    for (int i = 0; i < 4; i++) {
        struct image picture = flat(sizes[i][0], sizes[i][1], 90, 90, 90);
        add_good(writer, &picture, 0.1 * i, NULL);
        image_free(&picture);
    }
    close_good(writer);
    source = source_of(path, false);
    for (; read_good(source, &frame); count++) {
        assert_int_equal(frame.grey.width, 36);
        assert_int_equal(frame.grey.height, 28);
        assert_in_range(image_row(&frame.grey, 27)[35], 86, 94); /* the last pixels again */
    }
    assert_int_equal(count, 4);
    source_frame_free(&frame);
    frame_source_close(source);
}

/* Records a video as it is. */
static void record(const char *from, const char *to)
{
    struct frame_source *source = source_of(from, true);
    const struct frame_source_info *info = frame_source_info(source);
    struct video_writer *writer =
        open_good(to, info->width, info->height, frame_source_sound(source));
    struct source_frame frame = {0};

    while (read_good(source, &frame))
        add_good(writer, &frame.rgb, frame.time_s, &frame.sound);
    assert_int_equal(video_writer_add_sound(writer, &frame.sound, NULL), MIEN_OK);
    close_good(writer);
    source_frame_free(&frame);
    frame_source_close(source);
}

/* How many packets of sound the file has; their bytes' hashes go into the file `list`. */
static int packets_of(const char *name, const char *list)
{
    char command[600];
    int count;
    FILE *pipe;

    made_run("ffmpeg -v error -i %s -map 0:a -c copy -f framehash -hash md5 - | grep -v '^#' | cut "
             "-d, -f6 > %s",
             name, list);
    snprintf(command, sizeof command, "wc -l < %s", temp_path(list));
    pipe = popen(command, "r");
    assert_int_equal(fscanf(pipe, "%d", &count), 1);
    pclose(pipe);
    return count;
}

/* When the sound ends, in seconds from the first picture. */
static double sound_end(const char *name)
{
    struct frame_source *source = source_of(temp_path(name), true);
    struct source_frame frame = {0};
    const int *base = frame_source_sound(source)->time_base;
    double end = 0, first = -1;
    bool more = true;

    while (more) {
        more = read_good(source, &frame);
        first = first < 0 ? frame.time_s : first;
        for (size_t i = 0; i < frame.sound.count; i++)
            end = fmax(end, (double)frame.sound.packets[i]->pts * base[0] / base[1] - first);
    }
    source_frame_free(&frame);
    frame_source_close(source);
    return end;
}

static void the_sound_is_kept_packet_by_packet_and_in_time(void **state)
{
    /* A transport stream's AAC has a header in each packet, which MP4's has not. */
    static const struct {
        const char *codec, *name;
        bool same_bytes;
    } kinds[] = {{"aac", "a.mp4", true}, {"libmp3lame", "a.mkv", true}, {"libopus", "b.mkv", true},
                 {"ac3", "a.ts", true},  {"flac", "c.mkv", true},       {"aac", "b.ts", false}};

    (void)state;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        const char *name = kinds[i].name;
        int before, after;
        made_run(MADE_FFMPEG "-f lavfi -i testsrc=s=64x48:r=25 -f lavfi -i sine=r=48000 -t 2 -c:v "
                             "libx264 -pix_fmt yuv420p -c:a %s %s",
                 kinds[i].codec, name);
        record(temp_path(name), temp_path("copy.mp4"));
        before = packets_of(name, "before");
        after = packets_of("copy.mp4", "after");
        if (after > before || after < before - 3)
            fail_msg("%s: %d of %d packets", name, after, before);
        if (kinds[i].same_bytes)
            made_run("! grep -v -x -q -F -f before after");
        assert_float_equal(sound_end("copy.mp4"), sound_end(name), 0.002);
    }
}

/* Of a part of the sound: how many decibels its mean lies below the most that can be. */
static int quietness(const char *name, double start_s, double seconds)
{
    char command[600];
    int decibels = -1;
    FILE *pipe;

    snprintf(command, sizeof command,
             "ffmpeg -nostdin -ss %g -t %g -i %s -af volumedetect -f null - 2>&1 | sed -n "
             "'s/.*mean_volume: -\\([0-9]*\\).*/\\1/p'",
             start_s, seconds, temp_path(name));
    pipe = popen(command, "r");
    assert_int_equal(fscanf(pipe, "%d", &decibels), 1);
    pclose(pipe);
    return decibels;
}

static void a_sound_that_mp4_cannot_hold_becomes_aac_and_stays_as_loud_and_long(void **state)
{
    /* WavPack has half a second in a packet; AAC has no 50000 Hz, nor 192000. */
    static const char *const kinds[] = {"pcm_alaw -ar 8000 t.mkv",   "pcm_s16le t.avi",
                                        "pcm_f32be -ac 2 t.mov",     "wavpack t.mkv",
                                        "pcm_s16le -ar 50000 t.mkv", "pcm_s16le -ar 192000 t.mkv"};

    (void)state;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        const char *name = strrchr(kinds[i], ' ') + 1;
        int before;
        made_run(MADE_FFMPEG "-f lavfi -i testsrc=s=64x48:r=25 -f lavfi -i sine=r=44100 -t 2 -c:v "
                             "libx264 -pix_fmt yuv420p -c:a %s",
                 kinds[i]);
        record(temp_path(name), temp_path("copy.mp4"));
        assert_float_equal(sound_end("copy.mp4"), 2, 0.2);
        made_run("ffprobe -v error -select_streams a -show_entries stream=codec_name -of csv=p=0 "
                 "copy.mp4 | grep -q aac");
        before = quietness(name, 0.5, 1);
        assert_in_range(quietness("copy.mp4", 0.5, 1), before - 1, before + 1);
    }
}

/* A second of grey pictures with a sound. */
static void make_second(const char *sound, const char *name)
{
    made_run(MADE_FFMPEG "-f lavfi -i color=gray:s=64x48:r=25 -f lavfi -i sine=r=44100 -t 1 -c:v "
                         "ffv1 %s %s",
             sound, name);
}

/* Adds the file's pictures, and its sound as if it were all of one source. */
static void append(struct video_writer *writer, const char *name, double start_s)
{
    struct frame_source *source = source_of(temp_path(name), true);
    const int *base = frame_source_sound(source)->time_base;
    struct source_frame frame = {0};

    for (bool more = true; more;) {
        more = read_good(source, &frame);
        for (size_t i = 0; i < frame.sound.count; i++)
            frame.sound.packets[i]->pts += llrint(start_s * base[1] / base[0]);
        if (more)
            add_good(writer, &frame.rgb, start_s + frame.time_s, &frame.sound);
        else
            assert_int_equal(video_writer_add_sound(writer, &frame.sound, NULL), MIEN_OK);
    }
    source_frame_free(&frame);
    frame_source_close(source);
}

static void a_sound_that_changes_its_channels_format_and_rate_is_kept(void **state)
{
    static const char *const kinds[] = {"-c:a wavpack -ac 2 -sample_fmt fltp",
                                        "-c:a wavpack -ac 1 -sample_fmt s16p",
                                        "-c:a wavpack -ac 2 -sample_fmt s32p -ar 22050"};
    struct video_writer *writer;
    struct frame_source *first;

    (void)state;
    for (int i = 0; i < 3; i++)
        make_second(kinds[i], (const char *[]){"c0.mkv", "c1.mkv", "c2.mkv"}[i]);
    first = source_of(temp_path("c0.mkv"), true);
    writer = open_good(temp_path("copy.mp4"), 64, 48, frame_source_sound(first));
    append(writer, "c0.mkv", 0);
    append(writer, "c1.mkv", 1);
    append(writer, "c2.mkv", 2);
    close_good(writer);
    frame_source_close(first);
    assert_float_equal(sound_end("copy.mp4"), 3, 0.1);
    for (int i = 0; i < 3; i++)
        assert_in_range(quietness("copy.mp4", i + 0.3, 0.5), 18, 26);
}

/* Newer FFmpeg takes a short frame for the last. */
static void of_a_sound_with_a_pause_every_frame_is_whole(void **state)
{
    struct sound_encoder *encoder;
    struct frame_source *source;
    struct source_frame frame = {0};
    AVPacket *packet = av_packet_alloc();
    int64_t longest = 0, last = INT64_MIN;
    size_t number = 0;
    bool more = true;

    (void)state;
    make_second("-c:a pcm_s16le", "pause.mkv");
    source = source_of(temp_path("pause.mkv"), true);
    assert_int_equal(sound_encoder_open(frame_source_sound(source), &encoder), 0);
    while (more) {
        more = read_good(source, &frame);
        for (size_t i = 0; i < frame.sound.count; i++, number++)
            if (number < 10 || number >= 25) /* of 44 packets */
                assert_int_equal(sound_encoder_send(encoder, frame.sound.packets[i]), 0);
    }
    assert_int_equal(sound_encoder_send(encoder, NULL), 0);
    while (sound_encoder_receive(encoder, packet)) {
        assert_true(packet->duration == sound_encoder_codec(encoder)->frame_size);
        longest = last > INT64_MIN && packet->pts - last > longest ? packet->pts - last : longest;
        last = packet->pts;
        av_packet_unref(packet);
    }
    assert_in_range(longest, 44100 / 4, 44100 / 2);
    av_packet_free(&packet);
    sound_encoder_free(encoder);
    source_frame_free(&frame);
    frame_source_close(source);
}

/* The frames that are in a file. */
static int frames_in(const char *path)
{
    struct frame_source *source = source_of(path, false);
    struct source_frame frame = {0};
    int count = 0;

    while (read_good(source, &frame))
        count++;
    source_frame_free(&frame);
    frame_source_close(source);
    return count;
}

static void a_recording_whose_program_is_killed_plays_to_its_last_second(void **state)
{
    const char *path = temp_path("killed.mp4");
    pid_t child = fork();
    int status;

    (void)state;
    if (child == 0) {
        struct video_writer *writer = open_good(path, 64, 48, NULL);
        for (int i = 0; i < 250; i++) {
            struct image picture = flat(64, 48, (uint8_t)i, 100, 100);
            add_good(writer, &picture, i / 25.0, NULL);
            image_free(&picture);
        }
        kill(getpid(), SIGKILL);
    }
    waitpid(child, &status, 0);
    assert_true(WIFSIGNALED(status));
    assert_in_range(frames_in(path), 225, 250);
}

static void a_full_disk_is_told_and_a_recording_of_nothing_leaves_no_file(void **state)
{
    const char *path = temp_path("full.mp4");
    struct video_writer *writer;
    mien_error err;
    mien_status status = MIEN_OK;

    (void)state;
    made_run("ln -s /dev/full full.mp4");
    writer = open_good(path, 64, 48, NULL);
    for (int i = 0; i < 200 && !status; i++) {
        struct image picture = flat(64, 48, (uint8_t)i, 100, 100);
        status = video_writer_add(writer, &picture, i / 25.0, NULL, &err);
        image_free(&picture);
    }
    if (status)
        video_writer_close(writer, NULL);
    else
        status = video_writer_close(writer, &err);
    assert_int_equal(status, MIEN_EIO);
    assert_non_null(strstr(err.message, "No space left"));
    writer = open_good(temp_path("nothing.mp4"), 64, 48, NULL);
    close_good(writer);
    assert_int_equal(access(temp_path("nothing.mp4"), F_OK), -1);
}

static void what_cannot_be_written_is_refused_before_the_work(void **state)
{
    struct video_writer_options options;
    struct video_writer *writer;
    mien_error err;

    (void)state;
    assert_int_equal(video_writer_check("a.avi", &err), MIEN_EINVAL);
    assert_string_equal(err.message, "a.avi: a video's name must end in .mp4");
    assert_int_equal(video_writer_check("A.MP4", NULL), MIEN_OK);
    video_writer_options_init(&options);
    assert_int_equal(video_writer_open(temp_path("a.mp4"), &options, &writer, &err), MIEN_EINVAL);
    options.width = options.height = 64;
    assert_int_equal(video_writer_open("/nowhere/a.mp4", &options, &writer, &err), MIEN_EIO);
    assert_non_null(strstr(err.message, "/nowhere/a.mp4: No such file"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_recording_has_the_pictures_colours_and_times_that_were_added),
        cmocka_unit_test(odd_sizes_grow_by_one_and_other_sizes_are_resized),
        cmocka_unit_test(the_sound_is_kept_packet_by_packet_and_in_time),
        cmocka_unit_test(a_sound_that_mp4_cannot_hold_becomes_aac_and_stays_as_loud_and_long),
        cmocka_unit_test(a_sound_that_changes_its_channels_format_and_rate_is_kept),
        cmocka_unit_test(of_a_sound_with_a_pause_every_frame_is_whole),
        cmocka_unit_test(a_recording_whose_program_is_killed_plays_to_its_last_second),
        cmocka_unit_test(a_full_disk_is_told_and_a_recording_of_nothing_leaves_no_file),
        cmocka_unit_test(what_cannot_be_written_is_refused_before_the_work),
    };
    return cmocka_run_group_tests_name("video writer", tests, temp_folder_new, temp_folder_free);
}

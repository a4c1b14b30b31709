/* test_live_source.c - streams that are cut and come back, readers that are slow, the screen.
 * SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "tests/video_maker.h"

#include <math.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "media/frame_source.h"
#include "tests/stream_server.h"

/* A child that ends with its test, whatever happens, and says nothing but what it writes to `out`.
 */
static pid_t start_child(int out)
{
    pid_t child = fork();

    if (child == 0) {
        int nowhere = open("/dev/null", O_RDWR);
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        dup2(nowhere, STDERR_FILENO);
        dup2(out >= 0 ? out : nowhere, STDOUT_FILENO);
    }
    return child;
}

/* Ports that another run of this test does not use. */
static int udp_port(void)
{
    return 20000 + getpid() % 10000;
}

static int rtsp_port(void)
{
    return 30000 + getpid() % 2500;
}

/* What a broadcaster sends: so large that little of it fits into the buffers on the way. */
static void make_broadcast(void)
{
    made_run("test -e live.ts || " MADE_FFMPEG
             "-f lavfi -i \"color=gray:s=320x240:r=25,noise=alls=100:allf=t\" -f lavfi -i sine "
             "-t 8 -c:v mpeg2video -q:v 2 -g 5 -c:a mp2 live.ts");
}

static struct frame_source *open_good(const char *address, double patience_s, double give_up_s)
{
    struct frame_source_options options;
    struct frame_source *source;
    mien_error err;

    frame_source_options_init(&options);
    options.patience_s = patience_s;
    options.give_up_s = give_up_s;
    options.sound = true;
    if (frame_source_open(address, &options, &source, &err))
        fail_msg("%s", err.message);
    return source;
}

static size_t sound_packets; /* that came with all frames */

static void read_good(struct frame_source *source, struct source_frame *frame)
{
    int64_t number = frame->grey.pixels ? frame->number : -1;
    double time_s = frame->time_s;
    bool end;
    mien_error err;

    if (frame_source_read(source, frame, &end, &err))
        fail_msg("%s", err.message);
    assert_false(end);
    assert_true(frame->number > number);
    assert_true(frame->time_s >= time_s);
    sound_packets += frame->sound.count;
}

/* Reads until the source was found again so often, then five frames. */
static void read_past(struct frame_source *source, struct source_frame *frame, uint64_t reconnects)
{
    while (frame_source_state(source).reconnects < reconnects)
        read_good(source, frame);
    for (int i = 0; i < 5; i++)
        read_good(source, frame);
    assert_int_equal(frame_source_state(source).reconnects, reconnects);
    assert_false(frame_source_state(source).lost);
}

static void a_stream_that_is_cut_is_found_again_and_its_times_go_on(void **state)
{
    struct stream_server server;
    struct source_frame frame = {0};
    struct frame_source *source;
    size_t packets = sound_packets;

    (void)state;
    make_broadcast();
    stream_server_start(&server, 0, temp_path("live.ts"));
    source = open_good(server.url, 10, 60);
    assert_true(frame_source_info(source)->live);
    assert_non_null(frame_source_sound(source));
    for (uint64_t cuts = 0; cuts < 3; cuts++) {
        read_past(source, &frame, cuts);
        stream_server_stop(&server);
        stream_server_start(&server, server.port, temp_path("live.ts"));
    }
    read_past(source, &frame, 3);
    assert_true(sound_packets > packets);
    source_frame_free(&frame);
    frame_source_close(source);
    stream_server_stop(&server);
}

static void a_source_that_stays_lost_is_given_up_in_words(void **state)
{
    struct stream_server server;
    struct source_frame frame = {0};
    struct frame_source *source;
    mien_status status = MIEN_OK;
    mien_error err;
    bool end;

    (void)state;
    make_broadcast();
    stream_server_start(&server, 0, temp_path("live.ts"));
    source = open_good(server.url, 10, 0.7);
    read_good(source, &frame);
    stream_server_stop(&server);
    while (!status)
        status = frame_source_read(source, &frame, &end, &err);
    assert_int_equal(status, MIEN_EIO);
    assert_memory_equal(err.message, server.url, strlen(server.url));
    assert_non_null(strstr(err.message, "lost, and not found again"));
    assert_int_equal(frame_source_read(source, &frame, &end, &err), MIEN_EIO); /* and stays so */
    source_frame_free(&frame);
    frame_source_close(source);
}

static void a_broadcast_that_has_become_a_file_is_not_shown_from_its_beginning(void **state)
{
    struct stream_server server;
    struct source_frame frame = {0};
    struct frame_source *source;
    mien_status status = MIEN_OK;
    double begin = clock_now_s();
    mien_error err;
    bool end;

    (void)state;
    make_broadcast();
    made_run(MADE_COUNTER "-c:v libx264 -movflags faststart -pix_fmt yuv420p web.mp4", 64, 48, 25,
             60);
    stream_server_start(&server, 0, temp_path("live.ts"));
    source = open_good(server.url, 10, 1000);
    read_good(source, &frame);
    stream_server_stop(&server);
    stream_server_start(&server, server.port, temp_path("web.mp4"));
    while (!status) {
        status = frame_source_read(source, &frame, &end, &err);
        assert_int_equal(frame.grey.width, 320);
    }
    assert_int_equal(status, MIEN_EIO);
    assert_non_null(strstr(err.message, ": the stream ended"));
    assert_int_equal(frame_source_state(source).reconnects, 0);
    assert_true(clock_now_s() < begin + 30);
    source_frame_free(&frame);
    frame_source_close(source);
    stream_server_stop(&server);
}

static void a_source_that_falls_silent_is_lost_and_closing_does_not_wait_for_it(void **state)
{
    struct source_frame frame = {0};
    struct frame_source *source;
    char address[64], packets[80];
    pid_t child;

    (void)state;
    make_broadcast();
    snprintf(address, sizeof address, "udp://127.0.0.1:%d", udp_port());
    snprintf(packets, sizeof packets, "%s?pkt_size=1316", address);
    child = start_child(-1);
    if (child == 0) {
        execlp("ffmpeg", "ffmpeg", "-nostdin", "-v", "quiet", "-re", "-stream_loop", "-1", "-i",
               temp_path("live.ts"), "-c", "copy", "-f", "mpegts", packets, (char *)NULL);
        _exit(127);
    }
    source = open_good(address, 4, 1000);
    assert_true(frame_source_info(source)->live);
    read_good(source, &frame);
    kill(child, SIGSTOP);
    while (!frame_source_state(source).lost)
        clock_sleep_s(0.01);
    kill(child, SIGCONT);
    read_past(source, &frame, 1);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    while (!frame_source_state(source).lost)
        clock_sleep_s(0.01);
    source_frame_free(&frame);
    frame_source_close(source);
}

/* Serves until killed; the group has its ffmpeg, too. */
static pid_t start_rtsp(void)
{
    char script[256], port[8], word[8] = "";
    int ends[2];
    pid_t child;

    snprintf(script, sizeof script, "%s/tests/rtsp_server.py", getenv("MIEN_SOURCE"));
    snprintf(port, sizeof port, "%d", rtsp_port());
    assert_int_equal(pipe(ends), 0);
    child = start_child(ends[1]);
    if (child == 0) {
        execlp("python3", "python3", script, port, temp_path("rtsp.mp4"), (char *)NULL);
        _exit(127);
    }
    close(ends[1]);
    assert_true(read(ends[0], word, sizeof word) > 0);
    close(ends[0]);
    return child;
}

static void end_rtsp(pid_t child)
{
    kill(-child, SIGKILL);
    waitpid(child, NULL, 0);
}

static void a_network_camera_that_is_unplugged_is_found_again(void **state)
{
    struct source_frame frame = {0};
    struct frame_source *source;
    char address[64];
    pid_t child;

    (void)state;
    snprintf(address, sizeof address, "rtsp://127.0.0.1:%d/camera", rtsp_port());
    made_run(MADE_COUNTER "-c:v libx264 -g 5 -bf 0 -pix_fmt yuv420p rtsp.mp4", 64, 48, 25, 100);
    child = start_rtsp();
    source = open_good(address, 10, 60);
    assert_true(frame_source_info(source)->live);
    assert_int_equal(frame_source_info(source)->width, 64);
    read_past(source, &frame, 0);
    end_rtsp(child);
    while (!frame_source_state(source).lost)
        clock_sleep_s(0.01);
    child = start_rtsp();
    read_past(source, &frame, 1);
    source_frame_free(&frame);
    frame_source_close(source);
    end_rtsp(child);
}

static void a_file_over_http_is_no_live_source_and_comes_whole(void **state)
{
    struct stream_server server;
    struct source_frame frame = {0};
    struct frame_source *source;
    mien_error err;
    bool end = false;
    int count = 0;

    (void)state;
    made_run(MADE_COUNTER "-c:v libx264 -movflags faststart -pix_fmt yuv420p web.mp4", 64, 48, 25,
             60);
    stream_server_start(&server, 0, temp_path("web.mp4"));
    source = open_good(server.url, 10, 60);
    assert_false(frame_source_info(source)->live);
    while (!frame_source_read(source, &frame, &end, &err) && !end)
        assert_int_equal(frame.number, count++);
    assert_int_equal(count, 60);
    source_frame_free(&frame);
    frame_source_close(source);
    stream_server_stop(&server);
}

/* A screen whose pixels lie in a file. */
struct screen {
    pid_t server;
    char address[32]; /* of the source */
    int pixels;       /* the file */
};

static void start_screen(struct screen *screen)
{
    char number[16] = "";
    int ends[2];

    if (system("command -v Xvfb > /dev/null")) {
        fprintf(stderr, "SKIPPED: Xvfb is not here\n");
        skip();
    }
    assert_int_equal(pipe(ends), 0);
    screen->server = start_child(ends[1]);
    if (screen->server == 0) {
        execlp("Xvfb", "Xvfb", "-displayfd", "1", "-screen", "0", "320x240x24", "-fbdir",
               temp_folder, "-nolisten", "tcp", (char *)NULL);
        _exit(127);
    }
    close(ends[1]);
    assert_true(read(ends[0], number, sizeof number - 1) > 0);
    close(ends[0]);
    snprintf(screen->address, sizeof screen->address, "screen::%d", atoi(number));
    screen->pixels = open(temp_path("Xvfb_screen0"), O_RDWR | O_CLOEXEC);
    assert_true(screen->pixels >= 0);
}

/* All of it in one grey. */
static void paint_screen(const struct screen *screen, uint8_t grey)
{
    static uint8_t pixels[320 * 240 * 4];

    memset(pixels, grey, sizeof pixels);
    assert_int_equal(pwrite(screen->pixels, pixels, sizeof pixels,
                            lseek(screen->pixels, 0, SEEK_END) - (off_t)sizeof pixels),
                     sizeof pixels);
}

static void end_screen(struct screen *screen)
{
    close(screen->pixels);
    kill(screen->server, SIGTERM);
    waitpid(screen->server, NULL, 0);
}

static void
a_slow_reader_of_the_screen_gets_the_newest_frame_and_the_count_of_the_rest(void **state)
{
    struct screen screen;
    struct source_frame frame = {0};
    struct frame_source *source;
    uint64_t taken = 0;

    (void)state;
    start_screen(&screen);
    source = open_good(screen.address, 10, 60);
    assert_true(frame_source_info(source)->live);
    assert_int_equal(frame_source_info(source)->width, 320);
    assert_int_equal(frame_source_info(source)->height, 240);
    for (; taken == 0 || image_row(&frame.grey, 0)[0] != 5; taken++) { /* the server settles */
        paint_screen(&screen, 5);
        read_good(source, &frame);
    }
    for (int grey = 10; grey < 250; grey += 60, taken++) {
        uint64_t dropped;
        paint_screen(&screen, (uint8_t)grey);
        dropped = frame_source_state(source).dropped;
        while (frame_source_state(source).dropped < dropped + 4) /* some frames pass */
            clock_sleep_s(0.01);
        read_good(source, &frame);
        assert_int_equal(image_row(&frame.grey, 100)[100], grey);
        assert_int_equal(image_row(&frame.grey, 239)[319], grey);
        assert_true(frame.number + 1 >= (int64_t)(taken + 1 + dropped + 4));
    }
    source_frame_free(&frame);
    frame_source_close(source);
    end_screen(&screen);
}

static void a_part_of_the_screen_can_be_taken(void **state)
{
    struct screen screen;
    struct frame_source_options options;
    struct frame_source *source;
    char address[64];

    (void)state;
    start_screen(&screen);
    frame_source_options_init(&options);
    options.width = 100;
    options.height = 50;
    snprintf(address, sizeof address, "%s+20,30", screen.address);
    assert_int_equal(frame_source_open(address, &options, &source, NULL), MIEN_OK);
    assert_int_equal(frame_source_info(source)->width, 100);
    assert_int_equal(frame_source_info(source)->height, 50);
    frame_source_close(source);
    end_screen(&screen);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stream_that_is_cut_is_found_again_and_its_times_go_on),
        cmocka_unit_test(a_source_that_stays_lost_is_given_up_in_words),
        cmocka_unit_test(a_broadcast_that_has_become_a_file_is_not_shown_from_its_beginning),
        cmocka_unit_test(a_source_that_falls_silent_is_lost_and_closing_does_not_wait_for_it),
        cmocka_unit_test(a_network_camera_that_is_unplugged_is_found_again),
        cmocka_unit_test(a_file_over_http_is_no_live_source_and_comes_whole),
        cmocka_unit_test(
            a_slow_reader_of_the_screen_gets_the_newest_frame_and_the_count_of_the_rest),
        cmocka_unit_test(a_part_of_the_screen_can_be_taken),
    };
    return cmocka_run_group_tests_name("live source", tests, temp_folder_new, temp_folder_free);
}

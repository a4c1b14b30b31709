/* test_catch_up.c - what a live stream's decoder is spared when it is too slow.
 * SPDX-License-Identifier: MIT */
#include "tests/unit.h"

#include "media/catch_up.h"

enum { RATE = 25, GROUP = 50 }; /* frames a second; from key frame to key frame */

/* A reader of packets in milliseconds. Every packet but key frames can be missed by the others. */
struct reader {
    struct catch_up state;
    AVCodecContext *codec;
    AVPacket *packet;
    double clock; /* seconds */
    double delay; /* of the sender, which packets show by their coming alone */
    int holds;    /* frames that the decoder does not give before it gets more */
    int64_t number;
    uint64_t left_out, decoded;
};

static void open_reader(struct reader *r, enum AVCodecID id)
{
    const AVCodec *codec = avcodec_find_decoder(id);

    *r = (struct reader){.packet = av_packet_alloc(), .codec = avcodec_alloc_context3(codec)};
    assert_non_null(r->packet);
    assert_non_null(r->codec);
    assert_int_equal(avcodec_open2(r->codec, codec, NULL), 0);
}

static void close_reader(struct reader *r)
{
    avcodec_free_context(&r->codec);
    av_packet_free(&r->packet);
}

/* The next packet, for which it waits, then `work` seconds of decoding; whether it was taken. */
static bool read_packet(struct reader *r, double work)
{
    double stamp = (double)r->number / RATE, comes = stamp + r->delay;
    double waited = comes > r->clock ? comes - r->clock : 0;
    bool taken;

    r->clock += waited;
    r->packet->dts = r->number;
    r->packet->flags = r->number % GROUP == 0 ? AV_PKT_FLAG_KEY : 0;
    taken = catch_up_takes(&r->state, r->codec, r->packet, (AVRational){1, RATE}, r->clock, waited,
                           &r->left_out);
    if (taken && (r->codec->skip_frame != AVDISCARD_NONREF || r->packet->flags)) {
        if (r->holds > 0) {
            r->holds--;
        } else {
            catch_up_decoded(&r->state);
            r->decoded++;
        }
        r->clock += work;
    }
    r->number++;
    return taken;
}

static double late(const struct reader *r)
{
    return r->clock - r->delay - (double)r->number / RATE;
}

static void a_decoder_that_keeps_up_gets_everything(void **state)
{
    struct reader r;

    (void)state;
    open_reader(&r, AV_CODEC_ID_H264);
    for (int i = 0; i < 2000; i++)
        assert_true(read_packet(&r, i % 100 == 50 ? 0.15 : 0.02)); /* it stumbles now and then */
    assert_int_equal(r.left_out, 0);
    assert_int_equal(r.decoded, 2000);
    close_reader(&r);
}

static void a_decoder_that_is_too_slow_stays_near_and_the_rest_is_counted(void **state)
{
    struct reader r;
    double latest = 0;

    (void)state;
    open_reader(&r, AV_CODEC_ID_H264);
    for (int i = 0; i < 4000; i++) {
        read_packet(&r, 0.06);
        latest = late(&r) > latest ? late(&r) : latest;
    }
    while (r.codec->skip_frame == AVDISCARD_NONREF || r.state.leaving_out)
        read_packet(&r, 0);
    assert_true(latest < 0.5);
    assert_true(r.decoded > 2000);
    assert_int_equal(r.decoded + r.left_out, r.number);
    close_reader(&r);
}

static void what_comes_very_late_is_left_out_until_a_key_frame_in_time(void **state)
{
    struct reader r;
    bool taken;

    (void)state;
    open_reader(&r, AV_CODEC_ID_H264);
    r.holds = 3;
    for (int i = 0; i < 70; i++)
        read_packet(&r, 0.001);
    r.clock += 3; /* the machine had something else to do */
    assert_false(read_packet(&r, 0.001));
    do
        taken = read_packet(&r, 0.001);
    while (!taken);
    assert_int_equal((r.number - 1) % GROUP, 0);
    assert_true(late(&r) < 0.5);
    assert_int_equal(r.decoded + r.left_out, r.number);
    for (int i = 0; i < 200; i++)
        assert_true(read_packet(&r, 0.001));
    close_reader(&r);
}

static void of_pictures_that_need_no_other_only_late_ones_are_left_out(void **state)
{
    struct reader r;
    double latest = 0;

    (void)state;
    open_reader(&r, AV_CODEC_ID_MJPEG);
    for (int i = 0; i < 1000; i++) {
        if (i == 501)
            r.clock += 2;
        read_packet(&r, 0.001);
        latest = i > 600 && late(&r) > latest ? late(&r) : latest;
    }
    assert_true(r.left_out >= 45 && r.left_out <= 50);
    assert_true(latest < 0.01);
    close_reader(&r);
}

static void a_sender_that_is_later_than_before_is_not_the_readers_fault(void **state)
{
    struct reader r;
    uint64_t left_out;

    (void)state;
    open_reader(&r, AV_CODEC_ID_H264);
    for (int i = 0; i < 100; i++)
        read_packet(&r, 0.001);
    r.delay = 4; /* from now on */
    for (int i = 0; i < 60; i++)
        read_packet(&r, 0.001);
    left_out = r.left_out;
    assert_true(left_out <= GROUP);
    for (int i = 0; i < 500; i++)
        assert_true(read_packet(&r, 0.001));
    assert_int_equal(r.left_out, left_out);
    close_reader(&r);
}

static void time_stamps_of_another_clock_are_not_late(void **state)
{
    struct reader r;

    (void)state;
    open_reader(&r, AV_CODEC_ID_H264);
    for (int i = 0; i < 100; i++)
        read_packet(&r, 0.001);
    r.number -= 100 * RATE; /* and the clock goes on */
    r.delay += 99.9;
    for (int i = 0; i < 100; i++)
        assert_true(read_packet(&r, 0.001));
    r.packet->dts = r.packet->pts = AV_NOPTS_VALUE;
    assert_true(catch_up_takes(&r.state, r.codec, r.packet, (AVRational){1, RATE}, r.clock + 5, 0,
                               &r.left_out));
    assert_int_equal(r.left_out, 0);
    close_reader(&r);
}

static void a_stream_without_key_frames_is_not_left_out_for_ever(void **state)
{
    struct reader r;

    (void)state;
    open_reader(&r, AV_CODEC_ID_H264);
    r.number = 1;
    for (; r.number < GROUP - 1;)
        read_packet(&r, 0.001);
    r.clock += 5;
    while (r.clock < 40) {
        r.number += r.number % GROUP == 0;
        read_packet(&r, 0.001);
    }
    assert_true(r.left_out > 0);
    assert_true(read_packet(&r, 0.001));
    close_reader(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_decoder_that_keeps_up_gets_everything),
        cmocka_unit_test(a_decoder_that_is_too_slow_stays_near_and_the_rest_is_counted),
        cmocka_unit_test(what_comes_very_late_is_left_out_until_a_key_frame_in_time),
        cmocka_unit_test(of_pictures_that_need_no_other_only_late_ones_are_left_out),
        cmocka_unit_test(a_sender_that_is_later_than_before_is_not_the_readers_fault),
        cmocka_unit_test(time_stamps_of_another_clock_are_not_late),
        cmocka_unit_test(a_stream_without_key_frames_is_not_left_out_for_ever),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* video_input.c - FFmpeg's demuxers and decoders, with deadlines.
 * SPDX-License-Identifier: MIT */
#include "media/video_input.h"

#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/avstring.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/thread_pool.h"
#include "media/capture_devices.h"
#include "media/catch_up.h"
#include "media/ffmpeg_quiet.h"
#include "media/hardware_decoder.h"
#include "media/pipe_io.h"

/* How long to sleep where a device has no frame yet. */
#define DEVICE_PAUSE_S 0.002

/* Time stamps that go back by more, or far ahead, are of another clock. */
#define JUMP_S 1

/* One allocation of FFmpeg's takes at most so much, for a damaged index claims any number of
 * frames. It holds for the whole process: more than any plane of a picture (IMAGE_MAX_BYTES) with
 * its padding. */
#define MOST_BYTES_AT_ONCE (IMAGE_MAX_BYTES + IMAGE_MAX_BYTES / 8)

struct video_input {
    const char *name;
    const struct source_address *address;
    const struct frame_source_options *options;
    AVIOContext *pipe; /* NULL: FFmpeg opens the place itself */
    AVFormatContext *format;
    AVCodecContext *codec;
    AVStream *video, *audio; /* of `format`; audio NULL where it is not wanted */
    struct sound_format sound;
    enum AVPixelFormat hardware; /* frames of this format lie in the hardware */
    AVPacket *packet;
    AVIOInterruptCB stop;             /* the pipe's */
    double deadline_s;                /* by the clock; INFINITY: none */
    double start_s;                   /* what the input's own clock shows at its beginning */
    double last_s;                    /* time of the last frame; negative: none yet */
    double arrival_s, last_arrival_s; /* of the last packet, and of the last frame's */
    double asked_s;                   /* since when the next packet is waited for; NAN: not yet */
    struct catch_up catch_up;         /* of a live input */
    bool live, draining;
};

/* FFmpeg asks now and then whether to give up waiting. */
static int give_up(void *context)
{
    const struct video_input *input = context;
    const struct frame_source_options *options = input->options;

    return (options->stop && options->stop(options->stop_context)) ||
           clock_now_s() > input->deadline_s;
}

static bool is_device(const struct video_input *input)
{
    return input->address->kind == SOURCE_CAMERA || input->address->kind == SOURCE_SCREEN;
}

/* Files and pipes may take their time. */
static void set_deadline(struct video_input *input)
{
    bool waits = input->address->kind == SOURCE_STREAM || is_device(input);

    input->deadline_s = waits ? clock_now_s() + input->options->patience_s : INFINITY;
}

static mien_status explain(const struct video_input *input, int error, mien_error *err)
{
    const struct frame_source_options *options = input->options;
    enum source_kind kind = input->address->kind;
    char words[AV_ERROR_MAX_STRING_SIZE];

    if (options->stop && options->stop(options->stop_context))
        return error_set(err, MIEN_ECANCELLED, "%s: stopped", input->name);
    if (error == AVERROR(EINVAL) && (kind == SOURCE_FILE || kind == SOURCE_PIPE))
        error = AVERROR_INVALIDDATA; /* by a demuxer; otherwise it is about the address */
    switch (error) {
    case AVERROR(ENOMEM):
        return error_set(err, MIEN_ENOMEM, "%s: out of memory, or damaged and asking for too much",
                         input->name);
    case AVERROR_EXIT:
        return error_set(err, MIEN_EIO, "%s: nothing came in %g s", input->name,
                         options->patience_s);
    case AVERROR_EOF:
        return error_set(err, MIEN_EIO, "%s: the stream ended", input->name);
    case AVERROR_INVALIDDATA:
    case AVERROR_PATCHWELCOME:
        return error_set(err, MIEN_EUNSUPPORTED, "%s: no video of a known kind, or a damaged one",
                         input->name);
    case AVERROR_PROTOCOL_NOT_FOUND:
        return error_set(err, MIEN_EUNSUPPORTED,
                         "%s: FFmpeg here was built without this kind of address", input->name);
    default:
        av_strerror(error, words, sizeof words);
        return error_set(err, MIEN_EIO, "%s: %s", input->name, words);
    }
}

/* Which protocols a file or a playlist may lead to: a file on this machine to none, or a hostile
 * one could have anything sent anywhere. */
static const char *protocols(const struct video_input *input)
{
    return input->address->kind == SOURCE_STREAM
               ? "http,https,tls,tcp,udp,rtp,rtsp,rtmp,rtmps,srt,crypto,data,hls,httpproxy"
               : "file";
}

static void set_stream_options(const struct video_input *input, AVDictionary **dictionary)
{
    av_dict_set(dictionary, "protocol_whitelist", protocols(input), 0);
    if (input->address->kind == SOURCE_STREAM)
        av_dict_set(dictionary, "rtsp_transport", "tcp", 0);
}

/* What opening needs to know, in `ret_device` and the dictionary. */
static mien_status prepare(struct video_input *input, const AVInputFormat **ret_device,
                           AVDictionary **dictionary, mien_error *err)
{
    input->format = avformat_alloc_context();
    if (!input->format)
        return error_memory(err, sizeof *input->format);
    input->format->interrupt_callback = (AVIOInterruptCB){give_up, input};
    if (is_device(input)) {
        input->format->flags |= AVFMT_FLAG_NONBLOCK;
        return capture_device_open(input->name, input->address, input->options, ret_device,
                                   dictionary, err);
    }
    set_stream_options(input, dictionary);
    if (input->address->kind != SOURCE_PIPE)
        return MIEN_OK;
    input->stop = input->format->interrupt_callback;
    return pipe_io_open(input->address->place,
                        (struct pipe_start){input->options->start, input->options->start_bytes},
                        &input->stop, &input->pipe, err);
}

static mien_status open_format(struct video_input *input, mien_error *err)
{
    AVDictionary *dictionary = NULL;
    const AVInputFormat *device = NULL;
    const char *prefix = input->address->kind == SOURCE_FILE ? "file:" : "";
    char *url = av_asprintf("%s%s", prefix, input->address->place);
    mien_status status = url ? prepare(input, &device, &dictionary, err)
                             : error_memory(err, strlen(input->address->place));
    int error;

    if (!status) {
        input->format->pb = input->pipe;
        error = avformat_open_input(&input->format, url, device, &dictionary);
        if (!error)
            error = avformat_find_stream_info(input->format, NULL);
        if (error < 0)
            status = explain(input, error, err);
    }
    av_dict_free(&dictionary);
    av_free(url);
    return status;
}

/* A live source has no end that can be known; RTSP plays at its own pace even if it has. */
static bool is_live(const struct video_input *input)
{
    const char *format = input->format->iformat->name;

    if (is_device(input))
        return true;
    return input->address->kind == SOURCE_STREAM &&
           (input->format->duration == AV_NOPTS_VALUE || !strcmp(format, "rtsp"));
}

static mien_status find_streams(struct video_input *input, mien_error *err)
{
    AVFormatContext *format = input->format;
    int video = av_find_best_stream(format, AVMEDIA_TYPE_VIDEO, -1, -1, NULL, 0);
    int audio;

    /* The cover of a record is no video. */
    if (video < 0 || format->streams[video]->disposition & AV_DISPOSITION_ATTACHED_PIC)
        return error_set(err, MIEN_EUNSUPPORTED, "%s: there is no video in it", input->name);
    input->video = format->streams[video];
    audio = av_find_best_stream(format, AVMEDIA_TYPE_AUDIO, -1, video, NULL, 0);
    if (audio >= 0 && input->options->sound) {
        input->audio = format->streams[audio];
        input->sound = (struct sound_format){
            input->audio->codecpar, {input->audio->time_base.num, input->audio->time_base.den}};
    }
    for (unsigned i = 0; i < format->nb_streams; i++)
        if (format->streams[i] != input->video && format->streams[i] != input->audio)
            format->streams[i]->discard = AVDISCARD_ALL;
    return MIEN_OK;
}

static mien_status open_decoder(struct video_input *input, mien_error *err)
{
    const AVCodecParameters *parameters = input->video->codecpar;
    const AVCodec *codec = avcodec_find_decoder(parameters->codec_id);
    int threads = input->options->threads ? input->options->threads : thread_pool_processors();
    int error;

    if (!codec)
        return error_set(err, MIEN_EUNSUPPORTED, "%s: FFmpeg here cannot decode %s", input->name,
                         avcodec_get_name(parameters->codec_id));
    input->codec = avcodec_alloc_context3(codec);
    if (!input->codec)
        return error_memory(err, sizeof *input->codec);
    error = avcodec_parameters_to_context(input->codec, parameters);
    input->codec->pkt_timebase = input->video->time_base;
    input->codec->max_pixels = input->options->max_pixels;
    input->codec->thread_count = threads;
    if (input->live) { /* threads that work on several frames at once would hold frames back */
        input->codec->flags |= AV_CODEC_FLAG_LOW_DELAY;
        input->codec->thread_type = FF_THREAD_SLICE;
    }
    if (error >= 0 && input->options->hardware) {
        mien_status status = hardware_decoder_prepare(input->name, input->options->hardware,
                                                      input->codec, &input->hardware, err);
        if (status)
            return status;
    }
    if (error >= 0)
        error = avcodec_open2(input->codec, codec, NULL);
    return error < 0 ? explain(input, error, err) : MIEN_OK;
}

/* A file's time counts from where its sound and pictures begin, as players show it; a live
 * source's from its first frame. */
static double start_of(const struct video_input *input)
{
    return input->live || input->format->start_time == AV_NOPTS_VALUE
               ? NAN
               : (double)input->format->start_time / AV_TIME_BASE;
}

static mien_status open_input(struct video_input *input, mien_error *err)
{
    mien_status status = open_format(input, err);

    if (status)
        return status;
    input->live = is_live(input);
    input->start_s = start_of(input);
    input->packet = av_packet_alloc();
    if (!input->packet)
        return error_memory(err, sizeof *input->packet);
    status = find_streams(input, err);
    return status ? status : open_decoder(input, err);
}

mien_status video_input_open(const char *name, const struct source_address *address,
                             const struct frame_source_options *options,
                             struct video_input **ret_input, mien_error *err)
{
    struct video_input *input = calloc(1, sizeof *input);
    mien_status status;

    if (!input)
        return error_memory(err, sizeof *input);
    *input = (struct video_input){.name = name,
                                  .address = address,
                                  .options = options,
                                  .hardware = AV_PIX_FMT_NONE,
                                  .asked_s = NAN,
                                  .last_s = -1};
    ffmpeg_quiet_begin(); /* until it is closed */
    av_max_alloc(MOST_BYTES_AT_ONCE);
    set_deadline(input);
    status = open_input(input, err);
    if (status) {
        video_input_close(input);
        return status;
    }
    *ret_input = input;
    return MIEN_OK;
}

void video_input_close(struct video_input *input)
{
    if (!input)
        return;
    avcodec_free_context(&input->codec);
    av_packet_free(&input->packet);
    if (input->format) /* its queue's packets may lie in a camera's memory, which closing unmaps */
        avformat_flush(input->format);
    avformat_close_input(&input->format);
    pipe_io_close(input->pipe);
    ffmpeg_quiet_end();
    free(input);
}

/* What FFmpeg knows, or guesses; 0 where the guess is absurd. */
static double frame_rate(const struct video_input *input)
{
    double rate = av_q2d(av_guess_frame_rate(input->format, input->video, NULL));

    return rate > 0 && rate <= 1000 ? rate : 0;
}

void video_input_info(const struct video_input *input, struct frame_source_info *ret_info)
{
    const AVFormatContext *format = input->format;

    *ret_info = (struct frame_source_info){
        .fps = frame_rate(input),
        .duration_s =
            !input->live && format->duration > 0 ? (double)format->duration / AV_TIME_BASE : 0,
        .live = input->live,
        .has_sound = input->audio != NULL,
    };
    strncpy(ret_info->codec, avcodec_get_name(input->video->codecpar->codec_id),
            sizeof ret_info->codec - 1);
    strncpy(ret_info->hardware, hardware_decoder_kind(input->codec), sizeof ret_info->hardware - 1);
}

const struct sound_format *video_input_sound(const struct video_input *input)
{
    return input->audio ? &input->sound : NULL;
}

/* From a display matrix, the EXIF orientation that it comes nearest to: x' = a x + c y,
 * y' = b x + d y. */
static int orientation_of(const int32_t *matrix)
{
    double a = matrix[0], b = matrix[1], c = matrix[3], d = matrix[4];

    if (fabs(a) + fabs(d) >= fabs(b) + fabs(c))
        return a >= 0 ? (d >= 0 ? 1 : 4) : (d >= 0 ? 2 : 3);
    return b >= 0 ? (c >= 0 ? 5 : 6) : (c >= 0 ? 8 : 7);
}

static int frame_orientation(const struct video_input *input, const AVFrame *frame)
{
    const AVFrameSideData *of_frame = av_frame_get_side_data(frame, AV_FRAME_DATA_DISPLAYMATRIX);
    size_t bytes = 0;
    const uint8_t *of_stream =
        av_stream_get_side_data(input->video, AV_PKT_DATA_DISPLAYMATRIX, &bytes);

    if (of_frame && of_frame->size >= 9 * sizeof(int32_t))
        return orientation_of((const int32_t *)of_frame->data);
    return of_stream && bytes >= 9 * sizeof(int32_t) ? orientation_of((const int32_t *)of_stream)
                                                     : 1;
}

/* Whether a time stamp belongs to another clock than the one before it: a sender began anew, or
 * files were joined. A file may have a long pause in it, a live source has none that we did not
 * wait for. */
static bool is_jump(const struct video_input *input, double time)
{
    double waited = input->arrival_s - input->last_arrival_s;

    return input->last_s >= 0 && (time < input->last_s - JUMP_S ||
                                  (input->live && time > input->last_s + waited + JUMP_S));
}

/* From the frame's time stamp; where it has none, or one of another clock, a step after the frame
 * before. */
static double frame_time(struct video_input *input, const AVFrame *frame)
{
    double rate = frame_rate(input);
    double next = input->last_s < 0 ? 0 : input->last_s + (rate > 0 ? 1 / rate : 0.04);
    double time = next;

    if (frame->best_effort_timestamp != AV_NOPTS_VALUE) {
        double stamp = (double)frame->best_effort_timestamp * av_q2d(input->video->time_base);
        if (isnan(input->start_s))
            input->start_s = stamp;
        if (is_jump(input, stamp - input->start_s))
            input->start_s = stamp - next;
        time = stamp - input->start_s;
    }
    input->last_arrival_s = input->arrival_s;
    return fmax(time, fmax(input->last_s, 0));
}

/* Takes a decoded frame: false where it shows what was never filmed. */
static bool accept(struct video_input *input, struct decoded_frame *frame, uint64_t *damaged)
{
    catch_up_decoded(&input->catch_up);
    if (frame->frame->flags & AV_FRAME_FLAG_CORRUPT || frame->frame->decode_error_flags) {
        av_frame_unref(frame->frame);
        ++*damaged;
        return false;
    }
    if (frame->frame->format == input->hardware && hardware_decoder_fetch(frame->frame)) {
        av_frame_unref(frame->frame);
        ++*damaged;
        return false;
    }
    frame->orientation = frame_orientation(input, frame->frame);
    frame->time_s = input->last_s = frame_time(input, frame->frame);
    frame->arrival_s = input->arrival_s;
    return true;
}

static mien_status take_sound(struct video_input *input, struct sound *sound, mien_error *err)
{
    AVRational base = input->audio->time_base;
    AVPacket *packet = input->packet;
    int64_t start;

    if (isnan(input->start_s)) { /* a live source's sound from before its first picture */
        av_packet_unref(packet);
        return MIEN_OK;
    }
    start = llrint(input->start_s / av_q2d(base));
    if (packet->pts != AV_NOPTS_VALUE)
        packet->pts -= start;
    if (packet->dts != AV_NOPTS_VALUE)
        packet->dts -= start;
    return sound_add(sound, packet, err);
}

/* A camera's packets lie in memory that the driver wants back, and takes away with the camera. */
static mien_status own_packet(AVPacket *packet, mien_error *err)
{
    size_t bytes = (size_t)packet->size + AV_INPUT_BUFFER_PADDING_SIZE;
    AVBufferRef *buffer = av_buffer_allocz(bytes);

    if (!buffer)
        return error_memory(err, bytes);
    memcpy(buffer->data, packet->data, (size_t)packet->size);
    av_buffer_unref(&packet->buf);
    packet->buf = buffer;
    packet->data = buffer->data;
    return MIEN_OK;
}

static void decode_packet(struct video_input *input, double waited_s, struct video_losses *losses)
{
    if (!input->live ||
        catch_up_takes(&input->catch_up, input->codec, input->packet, input->video->time_base,
                       input->arrival_s, waited_s, &losses->left_out))
        losses->damaged += avcodec_send_packet(input->codec, input->packet) < 0;
    else
        set_deadline(input); /* no frame comes of it, but the source is not silent */
}

static mien_status take_packet(struct video_input *input, double waited_s, struct sound *sound,
                               struct video_losses *losses, mien_error *err)
{
    AVPacket *packet = input->packet;
    mien_status status = MIEN_OK;

    if (input->address->kind == SOURCE_CAMERA)
        status = own_packet(packet, err);
    if (status)
        return status;
    if (input->audio && packet->stream_index == input->audio->index)
        return take_sound(input, sound, err);
    if (packet->stream_index == input->video->index)
        decode_packet(input, waited_s, losses);
    return MIEN_OK;
}

/* Gives the decoder what comes next. */
static mien_status feed(struct video_input *input, struct sound *sound, struct video_losses *losses,
                        mien_error *err)
{
    mien_status status;
    double waited_s;
    int error;

    if (input->draining)
        return MIEN_OK;
    if (isnan(input->asked_s))
        input->asked_s = clock_now_s();
    error = av_read_frame(input->format, input->packet);
    if (error == AVERROR(EAGAIN)) {
        if (give_up(input))
            return explain(input, AVERROR_EXIT, err);
        clock_sleep_s(DEVICE_PAUSE_S);
        return MIEN_OK;
    }
    if (error < 0) {
        if (input->live || error == AVERROR_EXIT)
            return explain(input, error, err);
        losses->damaged += error != AVERROR_EOF;
        input->draining = true;
        avcodec_send_packet(input->codec, NULL);
        return MIEN_OK;
    }
    input->arrival_s = clock_now_s();
    waited_s = input->arrival_s - input->asked_s;
    input->asked_s = NAN;
    status = take_packet(input, waited_s, sound, losses, err);
    av_packet_unref(input->packet);
    return status;
}

mien_status video_input_read(struct video_input *input, struct decoded_frame *ret_frame,
                             struct sound *sound, struct video_losses *losses, bool *ret_end,
                             mien_error *err)
{
    set_deadline(input);
    for (;;) {
        int error = avcodec_receive_frame(input->codec, ret_frame->frame);
        mien_status status;

        if (!error && accept(input, ret_frame, &losses->damaged)) {
            *ret_end = false;
            return MIEN_OK;
        }
        if (error == AVERROR_EOF) {
            *ret_end = true;
            return MIEN_OK;
        }
        if (error == AVERROR(ENOMEM))
            return explain(input, error, err);
        if (error != AVERROR(EAGAIN) && error)
            losses->damaged++;
        if (!error)
            continue;
        status = feed(input, sound, losses, err);
        if (status)
            return status;
    }
}

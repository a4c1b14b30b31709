/* sound_encoder.c - a decoder, a converter of samples, a queue that cuts them to size, an encoder.
 * SPDX-License-Identifier: MIT */
#include "media/sound_encoder.h"

#include <libavutil/audio_fifo.h>
#include <libavutil/samplefmt.h>
#include <libswresample/swresample.h>
#include <stdbool.h>
#include <stdlib.h>

enum { BITS_PER_CHANNEL = 64000 };

/* More samples in one frame, at the encoder's rate, are not believed. */
enum { SAMPLES_MAX = 1 << 22 };

/* What samples are: a decoder may change it from one frame to the next. */
struct sample_kind {
    AVChannelLayout layout;
    enum AVSampleFormat format;
    int rate;
};

/* Time stamps that are off by more than this many seconds are believed, others are jitter. */
#define GAP_S 0.1

struct sound_encoder {
    AVCodecContext *decoder, *encoder;
    SwrContext *converter;      /* NULL: none can convert what came last */
    struct sample_kind decoded; /* what it takes */
    AVAudioFifo *queue;         /* in the encoder's format */
    AVFrame *frame, *converted;
    AVPacket *packet;
    struct sound ready; /* encoded, and from number `given` on not yet received */
    size_t given;
    int64_t next; /* time of the queue's end, in samples; AV_NOPTS_VALUE: nothing came yet */
};

static int open_decoder(struct sound_encoder *encoder, const struct sound_format *sound)
{
    const AVCodec *codec = avcodec_find_decoder(sound->codec->codec_id);
    int error;

    encoder->decoder = codec ? avcodec_alloc_context3(codec) : NULL;
    if (!encoder->decoder)
        return codec ? AVERROR(ENOMEM) : AVERROR_DECODER_NOT_FOUND;
    error = avcodec_parameters_to_context(encoder->decoder, sound->codec);
    encoder->decoder->pkt_timebase = (AVRational){sound->time_base[0], sound->time_base[1]};
    return error < 0 ? error : avcodec_open2(encoder->decoder, codec, NULL);
}

/* The nearest rate that the codec has. */
static int rate_for(const AVCodec *codec, int wanted)
{
    const int *rates = codec->supported_samplerates;
    int nearest = rates ? *rates : wanted;

    for (; rates && *rates; rates++)
        if (llabs((long long)*rates - wanted) < llabs((long long)nearest - wanted))
            nearest = *rates;
    return nearest;
}

static int open_encoder(struct sound_encoder *encoder)
{
    const AVCodec *codec = avcodec_find_encoder(AV_CODEC_ID_AAC);
    const AVCodecContext *decoder = encoder->decoder;
    AVCodecContext *context = codec ? avcodec_alloc_context3(codec) : NULL;
    int channels = decoder->ch_layout.nb_channels > 1 ? 2 : 1;

    encoder->encoder = context;
    if (!context)
        return codec ? AVERROR(ENOMEM) : AVERROR_ENCODER_NOT_FOUND;
    context->sample_fmt = AV_SAMPLE_FMT_FLTP;
    context->sample_rate = rate_for(codec, decoder->sample_rate);
    av_channel_layout_default(&context->ch_layout, channels);
    context->time_base = (AVRational){1, context->sample_rate};
    context->bit_rate = (int64_t)channels * BITS_PER_CHANNEL;
    context->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
    return avcodec_open2(context, codec, NULL);
}

/* A converter of samples of this kind, in place of the one that there was. */
static int make_converter(struct sound_encoder *encoder, const struct sample_kind *from)
{
    const AVCodecContext *to = encoder->encoder;
    AVChannelLayout layout = from->layout, new_layout = to->ch_layout;
    int error;

    swr_free(&encoder->converter);
    if (layout.order == AV_CHANNEL_ORDER_UNSPEC)
        av_channel_layout_default(&layout, layout.nb_channels);
    error = swr_alloc_set_opts2(&encoder->converter, &new_layout, to->sample_fmt, to->sample_rate,
                                &layout, from->format, from->rate, 0, NULL);
    if (error >= 0)
        error = swr_init(encoder->converter);
    if (error >= 0)
        error = av_channel_layout_copy(&encoder->decoded.layout, &from->layout);
    encoder->decoded.format = from->format;
    encoder->decoded.rate = from->rate;
    if (error < 0)
        swr_free(&encoder->converter);
    return error;
}

static int open_converter(struct sound_encoder *encoder)
{
    const AVCodecContext *from = encoder->decoder, *to = encoder->encoder;
    struct sample_kind kind = {from->ch_layout, from->sample_fmt, from->sample_rate};
    int error = make_converter(encoder, &kind);

    encoder->queue =
        av_audio_fifo_alloc(to->sample_fmt, to->ch_layout.nb_channels, 4 * to->frame_size);
    encoder->frame = av_frame_alloc();
    encoder->converted = av_frame_alloc();
    encoder->packet = av_packet_alloc();
    if (error >= 0 &&
        (!encoder->queue || !encoder->frame || !encoder->converted || !encoder->packet))
        error = AVERROR(ENOMEM);
    return error;
}

int sound_encoder_open(const struct sound_format *sound, struct sound_encoder **ret_encoder)
{
    struct sound_encoder *encoder = calloc(1, sizeof *encoder);
    int error;

    if (!encoder)
        return AVERROR(ENOMEM);
    encoder->next = AV_NOPTS_VALUE;
    error = open_decoder(encoder, sound);
    if (error >= 0)
        error = open_encoder(encoder);
    if (error >= 0)
        error = open_converter(encoder);
    if (error < 0) {
        sound_encoder_free(encoder);
        return error;
    }
    *ret_encoder = encoder;
    return 0;
}

void sound_encoder_free(struct sound_encoder *encoder)
{
    if (!encoder)
        return;
    avcodec_free_context(&encoder->decoder);
    avcodec_free_context(&encoder->encoder);
    swr_free(&encoder->converter);
    av_channel_layout_uninit(&encoder->decoded.layout);
    av_audio_fifo_free(encoder->queue);
    av_frame_free(&encoder->frame);
    av_frame_free(&encoder->converted);
    av_packet_free(&encoder->packet);
    sound_free(&encoder->ready);
    free(encoder);
}

const AVCodecContext *sound_encoder_codec(const struct sound_encoder *encoder)
{
    return encoder->encoder;
}

/* Encodes a frame, or NULL at the end, and takes what is ready: the encoder takes no more before.
 */
static int encode(struct sound_encoder *encoder, const AVFrame *frame)
{
    int error = avcodec_send_frame(encoder->encoder, frame);

    if (error < 0)
        return error;
    while (!(error = avcodec_receive_packet(encoder->encoder, encoder->packet)))
        if (sound_add(&encoder->ready, encoder->packet, NULL))
            return AVERROR(ENOMEM);
    return error == AVERROR(EAGAIN) || error == AVERROR_EOF ? 0 : error;
}

/* A frame of the encoder's kind. */
static int new_samples(const AVCodecContext *context, int count, AVFrame *frame)
{
    int error;

    av_frame_unref(frame);
    frame->nb_samples = count;
    frame->format = context->sample_fmt;
    frame->sample_rate = context->sample_rate;
    error = av_channel_layout_copy(&frame->ch_layout, &context->ch_layout);
    return error < 0 ? error : av_frame_get_buffer(frame, 0);
}

/* Encodes what the queue holds in whole frames, or all of it: then the last is filled up with
 * silence, for a shorter one would be taken for the end. */
static int encode_queue(struct sound_encoder *encoder, bool all)
{
    AVCodecContext *context = encoder->encoder;
    AVFrame *frame = encoder->converted;
    int whole = context->frame_size, waiting, error = 0;

    while (error >= 0 && (waiting = av_audio_fifo_size(encoder->queue)) > 0 &&
           (all || waiting >= whole)) {
        error = new_samples(context, whole, frame);
        if (error < 0)
            return error;
        frame->pts = encoder->next - waiting;
        waiting = av_audio_fifo_read(encoder->queue, (void **)frame->data, whole);
        if (waiting >= 0 && waiting < whole)
            av_samples_set_silence(frame->data, waiting, whole - waiting,
                                   frame->ch_layout.nb_channels, frame->format);
        error = waiting < 0 ? waiting : encode(encoder, frame);
    }
    return error;
}

/* The queue's end moves to where the frame says that it begins, if that is far off. */
static int keep_time(struct sound_encoder *encoder, const AVFrame *frame)
{
    AVRational base = encoder->decoder->pkt_timebase;
    int64_t begin;

    if (frame->best_effort_timestamp == AV_NOPTS_VALUE) {
        encoder->next = encoder->next == AV_NOPTS_VALUE ? 0 : encoder->next;
        return 0;
    }
    begin = av_rescale_q(frame->best_effort_timestamp, base, encoder->encoder->time_base);
    if (encoder->next != AV_NOPTS_VALUE &&
        llabs(begin - encoder->next) < (int64_t)(GAP_S * encoder->encoder->sample_rate))
        return 0;
    if (encoder->next != AV_NOPTS_VALUE) {
        int error = encode_queue(encoder, true);
        if (error < 0)
            return error;
    }
    encoder->next = begin;
    return 0;
}

/* A converter for the frame, which may be of another kind than the last. */
static int fit_converter(struct sound_encoder *encoder, const AVFrame *frame)
{
    const struct sample_kind *last = &encoder->decoded;
    struct sample_kind kind = {frame->ch_layout, frame->format, frame->sample_rate};

    if (encoder->converter && kind.format == last->format && kind.rate == last->rate &&
        !av_channel_layout_compare(&kind.layout, &last->layout))
        return 0;
    return make_converter(encoder, &kind);
}

/* What cannot be converted is left out. */
static int queue_frame(struct sound_encoder *encoder, const AVFrame *frame)
{
    AVFrame *converted = encoder->converted;
    int error = fit_converter(encoder, frame), count;

    if (error < 0)
        return error == AVERROR(ENOMEM) ? error : 0;
    count = swr_get_out_samples(encoder->converter, frame->nb_samples);
    if (count <= 0 || count > SAMPLES_MAX)
        return 0;
    error = keep_time(encoder, frame);
    if (error >= 0)
        error = new_samples(encoder->encoder, count, converted);
    if (error >= 0)
        error = swr_convert(encoder->converter, converted->data, count,
                            (const uint8_t **)frame->extended_data, frame->nb_samples);
    if (error <= 0)
        return error;
    encoder->next += error;
    error = av_audio_fifo_write(encoder->queue, (void **)converted->data, error);
    return error < 0 ? error : encode_queue(encoder, false);
}

int sound_encoder_send(struct sound_encoder *encoder, const AVPacket *packet)
{
    int error = 0;

    if (avcodec_send_packet(encoder->decoder, packet) < 0 && packet)
        return 0;
    while (error >= 0 && !avcodec_receive_frame(encoder->decoder, encoder->frame))
        error = queue_frame(encoder, encoder->frame);
    if (error >= 0 && !packet)
        error = encode_queue(encoder, true);
    return error >= 0 && !packet ? encode(encoder, NULL) : error;
}

bool sound_encoder_receive(struct sound_encoder *encoder, AVPacket *packet)
{
    if (encoder->given < encoder->ready.count) {
        av_packet_move_ref(packet, encoder->ready.packets[encoder->given++]);
        return true;
    }
    sound_clear(&encoder->ready);
    encoder->given = 0;
    return false;
}

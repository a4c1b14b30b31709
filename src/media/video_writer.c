/* video_writer.c - FFmpeg's encoders and its MP4 muxer in fragments.
 * SPDX-License-Identifier: MIT */
#include "media/video_writer.h"

#include <libavcodec/avcodec.h>
#include <libavcodec/bsf.h>
#include <libavformat/avformat.h>
#include <libavutil/avstring.h>
#include <libavutil/opt.h>
#include <libswscale/swscale.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "image/resize.h"
#include "media/ffmpeg_quiet.h"
#include "media/sound_encoder.h"

/* Ticks a second: whole numbers of them for 24, 25, 30, 50, 60 and 29.97 frames a second, and few
 * enough for MPEG-4's 16 bits. */
enum { TICKS = 60000 };

struct video_writer {
    char *path;
    AVFormatContext *format;
    AVCodecContext *codec;
    AVStream *video, *audio;       /* of `format`; audio NULL: silent */
    AVRational audio_base;         /* of the packets that come */
    AVRational written_base;       /* of those that are written */
    struct sound_encoder *encoder; /* NULL: they are copied */
    AVBSFContext *bare;            /* takes the headers off AAC's packets; NULL: they have none */
    struct SwsContext *scaler;
    AVFrame *frame; /* in the encoder's pixels */
    AVPacket *packet;
    struct image whole; /* a picture at the video's size */
    double start_s;     /* time of the first frame */
    int64_t last_ticks, key_ticks;
    int64_t last_sound; /* decoding time of the last packet, in written_base */
    bool begun;
};

void video_writer_options_init(struct video_writer_options *options)
{
    *options = (struct video_writer_options){.fps = 30};
}

static bool fits_mp4(const struct sound_format *sound)
{
    const AVOutputFormat *mp4 = av_guess_format("mp4", NULL, NULL);

    return mp4 &&
           avformat_query_codec(mp4, sound->codec->codec_id, FF_COMPLIANCE_EXPERIMENTAL) == 1;
}

bool video_writer_keeps(const struct sound_format *sound)
{
    return fits_mp4(sound) ||
           (avcodec_find_decoder(sound->codec->codec_id) && avcodec_find_encoder(AV_CODEC_ID_AAC));
}

mien_status video_writer_check(const char *path, mien_error *err)
{
    const char *end = strrchr(path, '.');

    return end && !strcasecmp(end, ".mp4")
               ? MIEN_OK
               : error_set(err, MIEN_EINVAL, "%s: a video's name must end in .mp4", path);
}

static mien_status explain(const struct video_writer *writer, int error, mien_error *err)
{
    char words[AV_ERROR_MAX_STRING_SIZE];

    if (error == AVERROR(ENOMEM))
        return error_set(err, MIEN_ENOMEM, "%s: out of memory", writer->path);
    av_strerror(error, words, sizeof words);
    return error_set(err, MIEN_EIO, "%s: %s", writer->path, words);
}

static const AVCodec *find_encoder(void)
{
    static const char *const names[] = {"libx264", "libopenh264", "mpeg4"};
    const AVCodec *codec = NULL;

    for (size_t i = 0; !codec && i < sizeof names / sizeof *names; i++)
        codec = avcodec_find_encoder_by_name(names[i]);
    return codec;
}

/* No frame waits in the encoder for later ones: they would be lost in a kill. */
static void set_encoder(struct video_writer *writer, const struct video_writer_options *options)
{
    AVCodecContext *codec = writer->codec;

    codec->width = (options->width + 1) & ~1;
    codec->height = (options->height + 1) & ~1;
    codec->pix_fmt = AV_PIX_FMT_YUV420P;
    codec->color_range = AVCOL_RANGE_MPEG;
    codec->colorspace = AVCOL_SPC_SMPTE170M;
    codec->time_base = (AVRational){1, TICKS};
    codec->framerate = av_d2q(options->fps, 1001000);
    codec->gop_size = 600; /* key frames come by time */
    codec->max_b_frames = 0;
    codec->thread_count = 1;
    codec->flags |= AV_CODEC_FLAG_GLOBAL_HEADER | AV_CODEC_FLAG_QSCALE;
    codec->global_quality = 3 * FF_QP2LAMBDA; /* for encoders without crf */
    av_opt_set(codec->priv_data, "preset", "veryfast", 0);
    av_opt_set(codec->priv_data, "tune", "zerolatency", 0);
    av_opt_set(codec->priv_data, "crf", "20", 0);
    av_opt_set(codec->priv_data, "forced-idr", "1", 0);
}

static mien_status open_encoder(struct video_writer *writer,
                                const struct video_writer_options *options, mien_error *err)
{
    const AVCodec *codec = find_encoder();
    int error;

    if (!codec)
        return error_set(err, MIEN_EUNSUPPORTED,
                         "%s: FFmpeg here can encode neither H.264 nor MPEG-4", writer->path);
    writer->codec = avcodec_alloc_context3(codec);
    if (!writer->codec)
        return explain(writer, AVERROR(ENOMEM), err);
    set_encoder(writer, options);
    error = avcodec_open2(writer->codec, codec, NULL);
    return error < 0 ? explain(writer, error, err) : MIEN_OK;
}

/* AAC of a transport stream has a header in each packet, which MP4 wants once. */
static int open_bare(struct video_writer *writer, const struct sound_format *sound)
{
    const AVBitStreamFilter *filter = av_bsf_get_by_name("aac_adtstoasc");
    int error;

    if (sound->codec->codec_id != AV_CODEC_ID_AAC || sound->codec->extradata_size)
        return 0;
    error = filter ? av_bsf_alloc(filter, &writer->bare) : AVERROR_BSF_NOT_FOUND;
    if (error >= 0)
        error = avcodec_parameters_copy(writer->bare->par_in, sound->codec);
    if (error < 0)
        return error;
    writer->bare->time_base_in = writer->audio_base;
    return av_bsf_init(writer->bare);
}

static int encode_sound(struct video_writer *writer, const struct sound_format *sound)
{
    int error = sound_encoder_open(sound, &writer->encoder);

    if (error < 0)
        return error;
    writer->written_base = sound_encoder_codec(writer->encoder)->time_base;
    return avcodec_parameters_from_context(writer->audio->codecpar,
                                           sound_encoder_codec(writer->encoder));
}

static int copy_sound(struct video_writer *writer, const struct sound_format *sound)
{
    int error = avcodec_parameters_copy(writer->audio->codecpar, sound->codec);

    writer->audio->codecpar->codec_tag = 0; /* MP4's own, not the source's */
    writer->written_base = writer->audio_base;
    return error < 0 ? error : open_bare(writer, sound);
}

static int add_sound(struct video_writer *writer, const struct sound_format *sound)
{
    int error;

    writer->audio_base = (AVRational){sound->time_base[0], sound->time_base[1]};
    writer->audio = avformat_new_stream(writer->format, NULL);
    if (!writer->audio)
        return AVERROR(ENOMEM);
    error = fits_mp4(sound) ? copy_sound(writer, sound) : encode_sound(writer, sound);
    writer->audio->time_base = writer->written_base;
    return error;
}

static mien_status add_streams(struct video_writer *writer, const struct sound_format *sound,
                               mien_error *err)
{
    int error;

    writer->video = avformat_new_stream(writer->format, NULL);
    if (!writer->video)
        return explain(writer, AVERROR(ENOMEM), err);
    writer->video->time_base = writer->codec->time_base;
    error = avcodec_parameters_from_context(writer->video->codecpar, writer->codec);
    if (error >= 0 && sound && video_writer_keeps(sound))
        error = add_sound(writer, sound);
    return error < 0 ? explain(writer, error, err) : MIEN_OK;
}

static mien_status start_file(struct video_writer *writer, mien_error *err)
{
    AVDictionary *dictionary = NULL;
    char *url = av_asprintf("file:%s", writer->path);
    int error = url ? avio_open(&writer->format->pb, url, AVIO_FLAG_WRITE) : AVERROR(ENOMEM);

    av_free(url);
    if (error < 0)
        return explain(writer, error, err);
    writer->format->flags |= AVFMT_FLAG_FLUSH_PACKETS;
    writer->format->strict_std_compliance = FF_COMPLIANCE_EXPERIMENTAL; /* FLAC in MP4 */
    av_dict_set(&dictionary, "movflags", "frag_keyframe+delay_moov+default_base_moof", 0);
    error = avformat_write_header(writer->format, &dictionary);
    av_dict_free(&dictionary);
    return error < 0 ? explain(writer, error, err) : MIEN_OK;
}

static mien_status open_frame(struct video_writer *writer, mien_error *err)
{
    const AVCodecContext *codec = writer->codec;
    const int *coefficients = sws_getCoefficients(SWS_CS_ITU601);

    writer->packet = av_packet_alloc();
    writer->frame = av_frame_alloc();
    if (!writer->packet || !writer->frame)
        return explain(writer, AVERROR(ENOMEM), err);
    writer->frame->format = codec->pix_fmt;
    writer->frame->width = codec->width;
    writer->frame->height = codec->height;
    writer->scaler = sws_getContext(codec->width, codec->height, AV_PIX_FMT_RGB24, codec->width,
                                    codec->height, codec->pix_fmt, SWS_BILINEAR, NULL, NULL, NULL);
    if (!writer->scaler || av_frame_get_buffer(writer->frame, 0))
        return explain(writer, AVERROR(ENOMEM), err);
    sws_setColorspaceDetails(writer->scaler, coefficients, 1, coefficients, 0, 0, 1 << 16, 1 << 16);
    return MIEN_OK;
}

static mien_status open_writer(struct video_writer *writer,
                               const struct video_writer_options *options, mien_error *err)
{
    mien_status status;

    if (options->width < 2 || options->height < 2 || options->width > 16384 ||
        options->height > 16384)
        return error_set(err, MIEN_EINVAL,
                         "%s: a video of %dx%d; 2x2 to 16384x16384 can be written", writer->path,
                         options->width, options->height);
    if (avformat_alloc_output_context2(&writer->format, NULL, "mp4", writer->path) < 0)
        return explain(writer, AVERROR(ENOMEM), err);
    status = open_encoder(writer, options, err);
    if (!status)
        status = add_streams(writer, options->sound, err);
    if (!status)
        status = open_frame(writer, err);
    return status ? status : start_file(writer, err);
}

static void free_writer(struct video_writer *writer)
{
    if (writer->format)
        avio_closep(&writer->format->pb);
    avformat_free_context(writer->format);
    avcodec_free_context(&writer->codec);
    av_bsf_free(&writer->bare);
    sound_encoder_free(writer->encoder);
    sws_freeContext(writer->scaler);
    av_frame_free(&writer->frame);
    av_packet_free(&writer->packet);
    image_free(&writer->whole);
    free(writer->path);
    free(writer);
    ffmpeg_quiet_end();
}

mien_status video_writer_open(const char *path, const struct video_writer_options *options,
                              struct video_writer **ret_writer, mien_error *err)
{
    struct video_writer *writer;
    mien_status status = video_writer_check(path, err);

    if (status)
        return status;
    writer = calloc(1, sizeof *writer);
    if (!writer)
        return error_memory(err, sizeof *writer);
    ffmpeg_quiet_begin(); /* until it is closed */
    writer->path = strdup(path);
    status = writer->path ? open_writer(writer, options, err) : error_memory(err, strlen(path));
    if (status) {
        free_writer(writer);
        return status;
    }
    *ret_writer = writer;
    return MIEN_OK;
}

/* The picture at the video's size: resized, or an odd side grown by a copy of its last pixels. */
static mien_status fit(struct video_writer *writer, const struct image *picture,
                       struct image *ret_fitting, mien_error *err)
{
    int width = writer->codec->width, height = writer->codec->height;
    mien_status status;

    *ret_fitting = *picture;
    if (picture->width == width && picture->height == height)
        return MIEN_OK;
    status = image_reuse(&writer->whole, width, height, 3, err);
    *ret_fitting = writer->whole;
    if (status)
        return status;
    if (((picture->width + 1) & ~1) != width || ((picture->height + 1) & ~1) != height)
        return image_resize(picture, &writer->whole, err);
    image_crop(picture, 0, 0, IMAGE_EDGE_REPLICATE, &writer->whole);
    return MIEN_OK;
}

/* Writes what the encoder has ready. */
static int write_encoded(struct video_writer *writer)
{
    int error;

    while (!(error = avcodec_receive_packet(writer->codec, writer->packet))) {
        av_packet_rescale_ts(writer->packet, writer->codec->time_base, writer->video->time_base);
        writer->packet->stream_index = writer->video->index;
        error = av_interleaved_write_frame(writer->format, writer->packet);
        if (error < 0)
            return error;
    }
    return error == AVERROR(EAGAIN) || error == AVERROR_EOF ? 0 : error;
}

static int encode(struct video_writer *writer, const struct image *picture, int64_t ticks)
{
    const uint8_t *planes[4] = {picture->pixels};
    int strides[4] = {(int)picture->stride};
    AVFrame *frame = writer->frame;
    int error = av_frame_make_writable(frame);

    if (error < 0)
        return error;
    sws_scale(writer->scaler, planes, strides, 0, picture->height, frame->data, frame->linesize);
    frame->pts = ticks;
    frame->pict_type = AV_PICTURE_TYPE_NONE;
    if (writer->key_ticks < 0 || ticks >= writer->key_ticks + TICKS) {
        frame->pict_type = AV_PICTURE_TYPE_I;
        writer->key_ticks = ticks;
    }
    error = avcodec_send_frame(writer->codec, frame);
    return error < 0 ? error : write_encoded(writer);
}

/* Sound that lies farther ahead of the pictures is not theirs. */
#define SOUND_AHEAD_S 10

/* Whether a packet of sound fits behind the one before and beside the pictures: when a sender
 * begins anew, some do not. */
static bool sound_fits(const struct video_writer *writer, int64_t decoded)
{
    double time_s = (double)decoded * av_q2d(writer->written_base);

    return decoded > writer->last_sound &&
           time_s < (double)writer->last_ticks / TICKS + SOUND_AHEAD_S;
}

/* Writes writer->packet, which is sound, its times counted from the video's first frame. */
static int mux_sound(struct video_writer *writer)
{
    AVPacket *packet = writer->packet;
    int64_t start = llrint(writer->start_s / av_q2d(writer->written_base));

    packet->pts -= start;
    packet->dts = packet->dts == AV_NOPTS_VALUE ? packet->pts : packet->dts - start;
    if (packet->pts < 0 || !sound_fits(writer, packet->dts)) {
        av_packet_unref(packet);
        return 0;
    }
    writer->last_sound = packet->dts;
    av_packet_rescale_ts(packet, writer->written_base, writer->audio->time_base);
    packet->stream_index = writer->audio->index;
    packet->pos = -1;
    return av_interleaved_write_frame(writer->format, packet);
}

/* NULL: the end. */
static int write_encoded_sound(struct video_writer *writer, const AVPacket *packet)
{
    int error = sound_encoder_send(writer->encoder, packet);

    while (error >= 0 && sound_encoder_receive(writer->encoder, writer->packet))
        error = mux_sound(writer);
    return error;
}

static int write_copied_sound(struct video_writer *writer, const AVPacket *packet)
{
    AVPacket *copy = writer->packet;
    int error = av_packet_ref(copy, packet);

    if (error < 0)
        return error;
    if (writer->bare) {
        error = av_bsf_send_packet(writer->bare, copy);
        if (error >= 0)
            error = av_bsf_receive_packet(writer->bare, copy);
        if (error < 0) { /* a damaged one is left out */
            av_packet_unref(copy);
            return error == AVERROR(ENOMEM) ? error : 0;
        }
    }
    return mux_sound(writer);
}

/* What belongs before the first frame is left out. */
static int write_sound(struct video_writer *writer, const AVPacket *packet)
{
    if (packet->pts == AV_NOPTS_VALUE ||
        (double)packet->pts * av_q2d(writer->audio_base) < writer->start_s)
        return 0;
    return writer->encoder ? write_encoded_sound(writer, packet)
                           : write_copied_sound(writer, packet);
}

mien_status video_writer_add_sound(struct video_writer *writer, const struct sound *sound,
                                   mien_error *err)
{
    int error = 0;

    for (size_t i = 0; writer->audio && writer->begun && i < sound->count && error >= 0; i++)
        error = write_sound(writer, sound->packets[i]);
    return error < 0 ? explain(writer, error, err) : MIEN_OK;
}

mien_status video_writer_add(struct video_writer *writer, const struct image *picture,
                             double time_s, const struct sound *sound, mien_error *err)
{
    struct image fitting;
    mien_status status = fit(writer, picture, &fitting, err);
    int64_t ticks;
    int error;

    if (status)
        return status;
    if (!writer->begun) {
        writer->start_s = time_s;
        writer->last_ticks = writer->key_ticks = -1;
        writer->last_sound = INT64_MIN;
    }
    writer->begun = true;
    ticks = llrint((time_s - writer->start_s) * TICKS);
    writer->last_ticks = ticks > writer->last_ticks ? ticks : writer->last_ticks + 1;
    error = encode(writer, &fitting, writer->last_ticks);
    if (error < 0)
        return explain(writer, error, err);
    return sound ? video_writer_add_sound(writer, sound, err) : MIEN_OK;
}

mien_status video_writer_close(struct video_writer *writer, mien_error *err)
{
    mien_status status = MIEN_OK;
    int error;

    if (!writer)
        return MIEN_OK;
    avcodec_send_frame(writer->codec, NULL);
    error = write_encoded(writer);
    if (error >= 0 && writer->encoder && writer->begun)
        error = write_encoded_sound(writer, NULL);
    if (error >= 0)
        error = av_write_trailer(writer->format);
    if (error >= 0)
        error = avio_closep(&writer->format->pb);
    if (error < 0)
        status = explain(writer, error, err);
    if (!writer->begun)
        unlink(writer->path);
    free_writer(writer);
    return status;
}

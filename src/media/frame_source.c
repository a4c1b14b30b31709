/* frame_source.c - one face for the three ways that frames come: from a file, from a live source's
 * thread, from picture files.
 * SPDX-License-Identifier: MIT */
#include "media/frame_source.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/file.h"
#include "media/frame_converter.h"
#include "media/gif_blocks.h"
#include "media/live_input.h"
#include "media/picture_format.h"
#include "media/picture_reader.h"
#include "media/picture_sequence.h"
#include "media/source_address.h"
#include "media/video_input.h"

/* Frames a second of picture files. */
#define PICTURE_FPS 25

struct frame_source {
    char *name; /* the address as it was given */
    struct source_address address;
    struct frame_source_options options;
    struct frame_source_info info;
    bool ahead;     /* the first frame was read, to know its size, and not yet taken */
    int64_t number; /* of the frame that was read last; -1: none yet */
    int64_t wanted; /* the number of the next that is to be given, at least */

    /* One of these, NULL or empty the others: */
    struct video_input *input;
    struct live_input *live;
    struct picture_sequence pictures;

    /* Of videos: */
    struct decoded_frame decoded;
    struct sound sound;
    struct frame_converter grey, chroma, rgb;
    struct video_losses losses; /* damaged pictures, too */
    _Atomic uint64_t damaged;   /* of the losses, for frame_source_state() */

    /* Of a picture, as the options want it: */
    struct image picture_grey, picture_chroma[2], picture_rgb;
    size_t next;
};

static bool is_animated(const char *path)
{
    struct file_map file;
    bool animated;

    if (file_map_open(path, &file, NULL))
        return false;
    animated = gif_blocks_pictures(file.data, file.bytes, 2) > 1;
    file_map_close(&file);
    return animated;
}

static bool is_fifo(const char *path)
{
    struct stat facts;

    return !stat(path, &facts) && S_ISFIFO(facts.st_mode);
}

bool frame_source_is_video(const char *address)
{
    struct picture_format format;

    if (source_address_is_remote(address) || is_fifo(address))
        return true;
    return picture_format_of_file(address, &format) &&
           (format.video || (format.codec == AV_CODEC_ID_GIF && is_animated(address)));
}

void frame_source_options_init(struct frame_source_options *options)
{
    *options = (struct frame_source_options){.grey = true,
                                             .every = 1,
                                             .patience_s = 10,
                                             .give_up_s = 60,
                                             .max_pixels = FRAME_MAX_PIXELS};
}

void source_frame_free(struct source_frame *frame)
{
    image_free(&frame->grey);
    image_free(&frame->rgb);
    for (int i = 0; i < 2; i++)
        image_free(&frame->chroma[i]);
    sound_free(&frame->sound);
    *frame = (struct source_frame){0};
}

const struct frame_source_info *frame_source_info(const struct frame_source *source)
{
    return &source->info;
}

const struct sound_format *frame_source_sound(const struct frame_source *source)
{
    if (source->live)
        return live_input_sound(source->live);
    return source->input ? video_input_sound(source->input) : NULL;
}

struct frame_source_state frame_source_state(const struct frame_source *source)
{
    return source->live ? live_input_state(source->live)
                        : (struct frame_source_state){.damaged = atomic_load(&source->damaged)};
}

static void forget_picture(struct frame_source *source)
{
    image_free(&source->picture_grey);
    image_free(&source->picture_rgb);
    for (int i = 0; i < 2; i++)
        image_free(&source->picture_chroma[i]);
}

void frame_source_close(struct frame_source *source)
{
    if (!source)
        return;
    live_input_free(source->live);
    video_input_close(source->input);
    picture_sequence_free(&source->pictures);
    av_frame_free(&source->decoded.frame);
    sound_free(&source->sound);
    frame_converter_free(&source->grey);
    frame_converter_free(&source->chroma);
    frame_converter_free(&source->rgb);
    forget_picture(source);
    source_address_free(&source->address);
    free(source->name);
    free(source);
}

static mien_status make_chroma(const struct image *rgb, struct image chroma[2], mien_error *err)
{
    mien_status status = MIEN_OK;

    for (int i = 0; i < 2 && !status; i++)
        status = image_new(rgb->width, rgb->height, 1, &chroma[i], err);
    if (!status)
        image_chroma(rgb, chroma);
    return status;
}

/* Grey is read by itself, so that it is the same with colour and without. */
static mien_status read_picture(struct frame_source *source, const char *path, mien_error *err)
{
    struct picture_options options;
    mien_status status = MIEN_OK;

    picture_options_init(&options);
    forget_picture(source);
    if (source->options.rgb || source->options.chroma)
        status = picture_read_with(path, &options, &source->picture_rgb, err);
    if (!status && source->options.chroma)
        status = make_chroma(&source->picture_rgb, source->picture_chroma, err);
    options.channels = 1;
    if (!status && (source->options.grey || !source->options.rgb))
        status = picture_read_with(path, &options, &source->picture_grey, err);
    return status;
}

/* The next picture that can be read; the damaged ones are counted. */
static mien_status next_picture(struct frame_source *source, bool *ret_end, mien_error *err)
{
    mien_status status = MIEN_ECORRUPT;

    while (status && source->next < source->pictures.count) {
        if (source->options.stop && source->options.stop(source->options.stop_context))
            return error_set(err, MIEN_ECANCELLED, "%s: stopped", source->name);
        source->number = (int64_t)source->next;
        status = read_picture(source, source->pictures.paths[source->next++], err);
        if (status == MIEN_ENOMEM || (status && source->pictures.count == 1))
            return status;
        source->losses.damaged += status != MIEN_OK;
    }
    *ret_end = status != MIEN_OK;
    return MIEN_OK;
}

static mien_status no_frames(const struct frame_source *source, mien_error *err)
{
    return error_set(err, MIEN_ECORRUPT, "%s: no frame of it can be decoded%s", source->name,
                     source->address.kind == SOURCE_PIPE
                         ? "; a video whose index is at its end cannot come through a pipe: give "
                           "the file's name"
                         : "");
}

static mien_status next_frame(struct frame_source *source, bool *ret_end, mien_error *err)
{
    bool none_before = source->number < 0;
    mien_status status;

    *ret_end = false;
    if (source->ahead) {
        source->ahead = false;
        return MIEN_OK;
    }
    if (source->live)
        return live_input_take(source->live, &source->decoded, &source->sound, &source->number,
                               err);
    if (source->input) {
        status = video_input_read(source->input, &source->decoded, &source->sound, &source->losses,
                                  ret_end, err);
        source->number += !status && !*ret_end;
    } else {
        status = next_picture(source, ret_end, err);
    }
    return !status && *ret_end && none_before ? no_frames(source, err) : status;
}

static mien_status open_video(struct frame_source *source, mien_error *err)
{
    struct video_input *input;
    mien_status status =
        video_input_open(source->name, &source->address, &source->options, &input, err);

    if (status)
        return status;
    video_input_info(input, &source->info);
    if (source->info.live)
        return live_input_new(source->name, &source->address, &source->options, input,
                              &source->live, err);
    source->input = input;
    return MIEN_OK;
}

static double picture_rate(const struct frame_source *source)
{
    return source->options.fps > 0 ? source->options.fps : PICTURE_FPS;
}

static mien_status open_pictures(struct frame_source *source, mien_error *err)
{
    source->info.fps = picture_rate(source);
    strcpy(source->info.codec, "pictures");
    return picture_sequence_new(source->address.place, &source->pictures, err);
}

/* A photograph is a sequence of one. A GIF may move. */
static bool is_pictures(const struct source_address *address)
{
    struct picture_format format;

    return address->kind == SOURCE_PICTURES ||
           (address->kind == SOURCE_FILE && picture_format_of_file(address->place, &format) &&
            format.codec != AV_CODEC_ID_NONE && format.codec != AV_CODEC_ID_GIF);
}

/* Of the first frame, which is read for that, but for a live source's: it would be old when it is
 * asked for. */
static mien_status find_size(struct frame_source *source, mien_error *err)
{
    const struct image *picture =
        source->options.rgb ? &source->picture_rgb : &source->picture_grey;
    struct frame_source_info *info = &source->info;
    mien_status status;
    bool end;

    if (source->live)
        return live_input_size(source->live, &info->width, &info->height, err);
    status = next_frame(source, &end, err);
    if (status)
        return status;
    source->ahead = true;
    if (source->input) {
        frame_converted_size(source->decoded.frame, source->decoded.orientation, &info->width,
                             &info->height);
        return MIEN_OK;
    }
    info->width = picture->width;
    info->height = picture->height;
    info->duration_s = (double)source->pictures.count / info->fps;
    return MIEN_OK;
}

static mien_status open_source(struct frame_source *source, mien_error *err)
{
    mien_status status = source_address_parse(source->name, &source->address, err);

    source->decoded.frame = av_frame_alloc();
    if (!status && !source->decoded.frame)
        status = error_memory(err, sizeof(AVFrame));
    if (!status)
        status =
            is_pictures(&source->address) ? open_pictures(source, err) : open_video(source, err);
    return status ? status : find_size(source, err);
}

mien_status frame_source_open(const char *address, const struct frame_source_options *options,
                              struct frame_source **ret_source, mien_error *err)
{
    struct frame_source *source = calloc(1, sizeof *source);
    mien_status status;

    if (!source)
        return error_memory(err, sizeof *source);
    source->options = *options;
    source->number = -1;
    source->name = strdup(address);
    status = source->name ? open_source(source, err) : error_memory(err, strlen(address));
    if (status) {
        frame_source_close(source);
        return status;
    }
    *ret_source = source;
    return MIEN_OK;
}

static mien_status convert_video(struct frame_source *source, struct source_frame *frame,
                                 mien_error *err)
{
    const struct decoded_frame *decoded = &source->decoded;
    mien_status status = MIEN_OK;

    if (source->options.grey)
        status = frame_convert(&source->grey, decoded->frame, decoded->orientation, 1, &frame->grey,
                               err);
    if (!status && source->options.chroma)
        status = frame_convert_chroma(&source->chroma, decoded->frame, decoded->orientation,
                                      frame->chroma, err);
    if (!status && source->options.rgb)
        status =
            frame_convert(&source->rgb, decoded->frame, decoded->orientation, 3, &frame->rgb, err);
    frame->time_s = decoded->time_s;
    frame->arrival_s = decoded->arrival_s;
    return status ? error_prefix(err, status, "%s", source->name) : MIEN_OK;
}

/* Hands `picture` on in place of what `image` held. */
static void hand_on(struct image *picture, struct image *image)
{
    if (!picture->pixels)
        return;
    image_free(image);
    *image = *picture;
    *picture = (struct image){0};
}

static void take_picture(struct frame_source *source, struct source_frame *frame)
{
    if (source->options.grey)
        hand_on(&source->picture_grey, &frame->grey);
    for (int i = 0; i < 2; i++)
        hand_on(&source->picture_chroma[i], &frame->chroma[i]);
    if (source->options.rgb)
        hand_on(&source->picture_rgb, &frame->rgb);
    frame->time_s = (double)source->number / picture_rate(source);
    frame->arrival_s = clock_now_s();
}

mien_status frame_source_read(struct frame_source *source, struct source_frame *frame,
                              bool *ret_end, mien_error *err)
{
    mien_status status;
    bool end;

    do
        status = next_frame(source, &end, err);
    while (!status && !end && source->number < source->wanted);
    atomic_store(&source->damaged, source->losses.damaged);
    if (!status && !end && source->pictures.count)
        take_picture(source, frame);
    else if (!status && !end)
        status = convert_video(source, frame, err);
    av_frame_unref(source->decoded.frame);
    sound_clear(&frame->sound);
    if (!status)
        status = sound_move(&source->sound, &frame->sound, err);
    if (status)
        return status;
    if (!end)
        frame->number = source->number;
    source->wanted = source->number + source->options.every;
    *ret_end = end;
    return MIEN_OK;
}

/* frame_source.c - one face for the three ways that frames come: from a file, from a live source's
 * thread, from picture files.
 * SPDX-License-Identifier: MIT */
#include "media/frame_source.h"

#include <stdlib.h>
#include <string.h>

#include "media/frame_converter.h"
#include "media/source_address.h"
#include "media/video_input.h"

struct frame_source {
    char *name; /* the address as it was given */
    struct source_address address;
    struct frame_source_options options;
    struct frame_source_info info;
    struct frame_source_state state;
    struct video_input *input;
    struct frame_converter grey, rgb;
    struct decoded_frame decoded;
    bool ahead; /* `decoded` holds the first frame, read to know its size */
    struct sound sound;
    int64_t number;
};

void frame_source_options_init(struct frame_source_options *options)
{
    *options = (struct frame_source_options){.grey = true, .patience_s = 10, .give_up_s = 60};
}

void source_frame_free(struct source_frame *frame)
{
    image_free(&frame->grey);
    image_free(&frame->rgb);
    sound_free(&frame->sound);
    *frame = (struct source_frame){0};
}

const struct frame_source_info *frame_source_info(const struct frame_source *source)
{
    return &source->info;
}

const struct sound_format *frame_source_sound(const struct frame_source *source)
{
    return video_input_sound(source->input);
}

struct frame_source_state frame_source_state(const struct frame_source *source)
{
    return source->state;
}

void frame_source_close(struct frame_source *source)
{
    if (!source)
        return;
    video_input_close(source->input);
    av_frame_free(&source->decoded.frame);
    frame_converter_free(&source->grey);
    frame_converter_free(&source->rgb);
    sound_free(&source->sound);
    source_address_free(&source->address);
    free(source->name);
    free(source);
}

static mien_status next_frame(struct frame_source *source, bool *ret_end, mien_error *err)
{
    mien_status status = MIEN_OK;

    *ret_end = false;
    if (!source->ahead)
        status = video_input_read(source->input, &source->decoded, &source->sound,
                                  &source->state.damaged, ret_end, err);
    source->ahead = false;
    if (!status && *ret_end && source->number == 0)
        status = error_set(err, MIEN_ECORRUPT, "%s: no frame of it can be decoded", source->name);
    return status;
}

static mien_status open_source(struct frame_source *source, mien_error *err)
{
    mien_status status = source_address_parse(source->name, &source->address, err);
    bool end;

    source->decoded.frame = av_frame_alloc();
    if (!status && !source->decoded.frame)
        status = error_memory(err, sizeof(AVFrame));
    if (!status)
        status =
            video_input_open(source->name, &source->address, &source->options, &source->input, err);
    if (!status)
        status = next_frame(source, &end, err);
    if (status)
        return status;
    source->ahead = true;
    video_input_info(source->input, &source->info);
    frame_converted_size(source->decoded.frame, source->decoded.orientation, &source->info.width,
                         &source->info.height);
    return MIEN_OK;
}

mien_status frame_source_open(const char *address, const struct frame_source_options *options,
                              struct frame_source **ret_source, mien_error *err)
{
    struct frame_source *source = calloc(1, sizeof *source);
    mien_status status;

    if (!source)
        return error_memory(err, sizeof *source);
    source->options = *options;
    source->name = strdup(address);
    status = source->name ? open_source(source, err) : error_memory(err, strlen(address));
    if (status) {
        frame_source_close(source);
        return status;
    }
    *ret_source = source;
    return MIEN_OK;
}

static mien_status convert(struct frame_source *source, struct source_frame *frame, mien_error *err)
{
    const struct decoded_frame *decoded = &source->decoded;
    mien_status status = MIEN_OK;

    if (source->options.grey)
        status = frame_convert(&source->grey, decoded->frame, decoded->orientation, 1, &frame->grey,
                               err);
    if (!status && source->options.rgb)
        status =
            frame_convert(&source->rgb, decoded->frame, decoded->orientation, 3, &frame->rgb, err);
    return status ? error_prefix(err, status, "%s", source->name) : MIEN_OK;
}

mien_status frame_source_read(struct frame_source *source, struct source_frame *frame,
                              bool *ret_end, mien_error *err)
{
    bool end;
    mien_status status = next_frame(source, &end, err);

    if (status)
        return status;
    *ret_end = end;
    if (end)
        return MIEN_OK;
    status = convert(source, frame, err);
    av_frame_unref(source->decoded.frame);
    if (status)
        return status;
    sound_clear(&frame->sound);
    status = sound_move(&source->sound, &frame->sound, err);
    frame->number = source->number++;
    frame->time_s = source->decoded.time_s;
    frame->arrival_s = source->decoded.arrival_s;
    return status;
}

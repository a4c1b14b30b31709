/* sound_encoder.h - sound of any kind as AAC, for files that cannot hold it as it is.
 *
 * Threads. One at a time. Errors are FFmpeg's.
 * SPDX-License-Identifier: MIT */
#ifndef MEDIA_SOUND_ENCODER_H
#define MEDIA_SOUND_ENCODER_H

#include <libavcodec/avcodec.h>
#include <stdbool.h>

#include "media/sound.h"

struct sound_encoder;

/* Opens a decoder of this sound and the encoder; `sound` is needed no longer then. */
int sound_encoder_open(const struct sound_format *sound, struct sound_encoder **ret_encoder);
void sound_encoder_free(struct sound_encoder *encoder);

/* What comes out: its parameters and time base. */
const AVCodecContext *sound_encoder_codec(const struct sound_encoder *encoder);

/* Takes a packet, or NULL at the end; damaged ones are left out, and what comes of another kind
 * that cannot be converted. Where packets are missing, so is the sound: what comes after is not
 * moved forward. */
int sound_encoder_send(struct sound_encoder *encoder, const AVPacket *packet);

/* The next packet of what was sent; false: more must be sent first. */
bool sound_encoder_receive(struct sound_encoder *encoder, AVPacket *packet);

#endif

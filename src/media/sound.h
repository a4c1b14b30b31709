/* sound.h - compressed sound that travels with the frames, from a source to a recording.
 * SPDX-License-Identifier: MIT */
#ifndef MEDIA_SOUND_H
#define MEDIA_SOUND_H

#include <stddef.h>

#include "base/error.h"

struct AVCodecParameters;
struct AVPacket;

/* What the packets hold; belongs to the source and lives as long. */
struct sound_format {
    const struct AVCodecParameters *codec;
    int time_base[2]; /* numerator and denominator: the seconds of one tick of the packets' times,
                         which count from the source's beginning */
};

/* Packets in the order of the source. Starts as {0}. */
struct sound {
    struct AVPacket **packets; /* (count) */
    size_t count, capacity;
};

/* Takes the packet's contents over; the packet is then blank. MIEN_ENOMEM. */
mien_status sound_add(struct sound *sound, struct AVPacket *packet, mien_error *err);

/* Moves all packets of `from` behind those of `to`. MIEN_ENOMEM: none has moved. */
mien_status sound_move(struct sound *from, struct sound *to, mien_error *err);

/* Forgets the packets; the memory of the list itself stays. */
void sound_clear(struct sound *sound);
void sound_free(struct sound *sound);

#endif

/* sound.c - a list of packets.
 * SPDX-License-Identifier: MIT */
#include "media/sound.h"

#include <libavcodec/packet.h>
#include <stdlib.h>

static mien_status reserve(struct sound *sound, size_t count, mien_error *err)
{
    size_t capacity = sound->capacity;
    AVPacket **packets;

    if (count <= capacity)
        return MIEN_OK;
    while (capacity < count)
        capacity = capacity ? 2 * capacity : 16;
    packets = realloc(sound->packets, capacity * sizeof(AVPacket *));
    if (!packets)
        return error_memory(err, capacity * sizeof(AVPacket *));
    sound->packets = packets;
    sound->capacity = capacity;
    return MIEN_OK;
}

mien_status sound_add(struct sound *sound, AVPacket *packet, mien_error *err)
{
    mien_status status = reserve(sound, sound->count + 1, err);
    AVPacket *copy;

    if (status)
        return status;
    copy = av_packet_alloc();
    if (!copy)
        return error_memory(err, sizeof *copy);
    av_packet_move_ref(copy, packet);
    sound->packets[sound->count++] = copy;
    return MIEN_OK;
}

mien_status sound_move(struct sound *from, struct sound *to, mien_error *err)
{
    mien_status status = reserve(to, to->count + from->count, err);

    if (status)
        return status;
    for (size_t i = 0; i < from->count; i++)
        to->packets[to->count++] = from->packets[i];
    from->count = 0;
    return MIEN_OK;
}

void sound_clear(struct sound *sound)
{
    for (size_t i = 0; i < sound->count; i++)
        av_packet_free(&sound->packets[i]);
    sound->count = 0;
}

void sound_free(struct sound *sound)
{
    sound_clear(sound);
    free(sound->packets);
    *sound = (struct sound){0};
}

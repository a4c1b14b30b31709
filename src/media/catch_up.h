/* catch_up.h - keeps the decoder of a live stream from falling behind its sender.
 *
 * A packet is late by what it is read later than one that was read as soon as it came; the time
 * stamps tell, against the clock. While packets are late, frames that no other frame needs are not
 * decoded. When they are very late, nothing is until a key frame that is nearly in time. Of codecs
 * whose frames need no other, what is late is left out.
 *
 * Threads. One at a time.
 * SPDX-License-Identifier: MIT */
#ifndef MEDIA_CATCH_UP_H
#define MEDIA_CATCH_UP_H

#include <libavcodec/avcodec.h>
#include <stdbool.h>

/* Starts as {0}. */
struct catch_up {
    bool begun, leaving_out;
    double least_s; /* from a packet's time stamp to its being read: the least so far */
    double stamp_s; /* of the last packet */
    double since_s; /* when leaving out began */
    int waits;      /* packets that had to be waited for, one after the other */
    int64_t sent, decoded, at_skipping; /* packets to the decoder, frames from it; their difference
                                           when it began to skip */
};

/* Whether the decoder is to get this packet, of a stream with time stamps in `base`, that was read
 * at `now_s` of a clock after `waited_s` in which there was none. Sets what the decoder may skip.
 * What is left out, here or by the decoder, is added to `left_out`. */
bool catch_up_takes(struct catch_up *catch_up, AVCodecContext *codec, const AVPacket *packet,
                    AVRational base, double now_s, double waited_s, uint64_t *left_out);

/* The decoder gave a frame. */
void catch_up_decoded(struct catch_up *catch_up);

#endif

/* catch_up.c - lateness, and what to leave out for it.
 * SPDX-License-Identifier: MIT */
#include "media/catch_up.h"

#include <math.h>

/* So late the decoder skips what no other frame needs, and codecs without such frames all. */
#define LATE_S 0.2

/* So late all is left out until a key frame that is half as late at most. */
#define TOO_LATE_S 1

/* A stream that has sent no key frame for so long has none. */
#define KEYLESS_S 10

/* Time stamps further apart are of another clock, or have a pause between them. */
#define JUMP_S 10

/* Who waits so long for each of so many packets reads them as they come: then the sender is later
 * than it was, not the reader. */
#define WAIT_S 0.004
enum { WAITS = 8 };

/* How late this packet is. */
static double lateness(struct catch_up *c, double stamp_s, double now_s, double waited_s)
{
    bool same_clock = c->begun && fabs(stamp_s - c->stamp_s) < JUMP_S;

    c->waits = waited_s >= WAIT_S ? c->waits + 1 : 0;
    if (!same_clock || c->waits >= WAITS)
        c->least_s = now_s - stamp_s;
    c->least_s = fmin(c->least_s, now_s - stamp_s);
    c->stamp_s = stamp_s;
    c->begun = true;
    return now_s - stamp_s - c->least_s;
}

static bool needs_no_other(const AVCodecContext *codec)
{
    const AVCodecDescriptor *descriptor = avcodec_descriptor_get(codec->codec_id);

    return descriptor && descriptor->props & AV_CODEC_PROP_INTRA_ONLY;
}

/* The decoder skips from now on, or no longer: then it is known how many frames did not come. */
static void skip(struct catch_up *c, AVCodecContext *codec, bool skips, uint64_t *left_out)
{
    enum AVDiscard discard = skips ? AVDISCARD_NONREF : AVDISCARD_DEFAULT;
    int64_t missing = c->sent - c->decoded;

    if (codec->skip_frame == discard)
        return;
    codec->skip_frame = discard;
    if (skips)
        c->at_skipping = missing;
    else if (missing > c->at_skipping)
        *left_out += (uint64_t)(missing - c->at_skipping);
}

static bool may_go_on(const struct catch_up *c, const AVPacket *packet, double late_s, double limit,
                      double now_s)
{
    return (packet->flags & AV_PKT_FLAG_KEY && late_s < limit / 2) ||
           now_s > c->since_s + KEYLESS_S;
}

/* What the decoder still had is lost, too. */
static void begin_anew(struct catch_up *c, AVCodecContext *codec, uint64_t *left_out)
{
    avcodec_flush_buffers(codec);
    *left_out += (uint64_t)(c->sent - c->decoded);
    c->sent = c->decoded;
    c->at_skipping = 0;
    c->leaving_out = false;
}

bool catch_up_takes(struct catch_up *c, AVCodecContext *codec, const AVPacket *packet,
                    AVRational base, double now_s, double waited_s, uint64_t *left_out)
{
    int64_t stamp = packet->dts != AV_NOPTS_VALUE ? packet->dts : packet->pts;
    double limit = needs_no_other(codec) ? LATE_S : TOO_LATE_S, late_s = 0;

    if (stamp != AV_NOPTS_VALUE)
        late_s = lateness(c, (double)stamp * av_q2d(base), now_s, waited_s);
    if (c->leaving_out && may_go_on(c, packet, late_s, limit, now_s)) {
        begin_anew(c, codec, left_out);
    } else if (!c->leaving_out && late_s > limit) {
        c->leaving_out = true;
        c->since_s = now_s;
    }
    if (c->leaving_out) {
        ++*left_out;
        return false;
    }
    /* It goes on skipping until nothing is late, or it would begin anew at once. */
    skip(c, codec, late_s > (codec->skip_frame == AVDISCARD_NONREF ? LATE_S / 4 : LATE_S),
         left_out);
    c->sent++;
    return true;
}

void catch_up_decoded(struct catch_up *c)
{
    c->decoded++;
}

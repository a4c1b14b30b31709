/* stream.h - the faces of a video or camera, frame after frame: who is who and what they show.
 *
 *     struct stream *stream;
 *     if (stream_open(recognizer, &source, NULL, &stream, &err))
 *         ...;
 *     while (!stream_next(stream, 1, &frame, &event, &err) && event != STREAM_END)
 *         if (event == STREAM_FRAME)
 *             draw(frame);
 *     stream_close(stream);
 *
 * A frame passes through these stages: read, detect (in every few frames), track, classify, smooth,
 * taken by the caller. Reading has a thread of its own; the others share a team of workers, which
 * detect and classify several frames at once, but track and smooth one after the other in their
 * order. So the results do not depend on the number of workers. A ring of few frames bounds what is
 * under way.
 *
 * Of a live source, a frame that waits gives way to a newer one, and is counted as dropped. Of any
 * other source, reading waits, and every frame comes out.
 * SPDX-License-Identifier: MIT */
#ifndef RECOGNITION_STREAM_H
#define RECOGNITION_STREAM_H

#include <stdbool.h>

#include "face/tracker.h"
#include "image/image.h"
#include "mien/mien.h"
#include "recognition/smoothing.h"

/* The most faces that are followed in a frame: the most confident ones. */
enum { STREAM_FACES_MAX = 64 };

/* A frame as it comes from its source, whose memory it is. */
struct stream_picture {
    struct image grey;      /* what faces are found and recognised in */
    struct image chroma[2]; /* its colours, which help to tell who is who: Cb and Cr over the same
                               area, at any size */
    double time;            /* seconds */
};

/* Where frames come from. Called on the reading thread. */
struct stream_source {
    void *context;
    /* Reads the next frame. `payload` is the source's own memory for one frame under way: NULL at
     * first, later what it left there for a frame that is done with. `ret_picture` shows it, and is
     * zeroed before. At the end, `ret_end` becomes true and there is no frame. */
    mien_status (*read)(void *context, void **payload, struct stream_picture *ret_picture,
                        bool *ret_end, mien_error *err);
    void (*free_payload)(void *payload); /* of NULL, too */
    /* Makes a read under way return soon, from another thread; may be NULL. */
    void (*interrupt)(void *context);
    /* A live source's frame is dropped, and `heir` is the frame that comes next: it may take over
     * what must not be lost, such as sound. Quick, for the stream waits; may be NULL. */
    void (*drop)(void *dropped, void *heir);
    bool live;
};

/* The least that `smallest` may be. */
#define STREAM_SMALLEST_LEAST 0.01f

struct stream_options {
    int threads;      /* workers, 1 to 64; 0: one a processor; default 0 */
    int detect_every; /* look for faces in every so many frames, 1 to 100; default 3 */
    float smallest;   /* height of the smallest face to look for, in shares of the picture's
                         longer side, STREAM_SMALLEST_LEAST to 1; default 1/32 */
    double neutral_s; /* learn each new face's neutral in its first seconds; 0: no; default 0 */
    struct tracker_options tracker;
    struct smoothing_options smoothing;
};

void stream_options_init(struct stream_options *options);

struct stream_face {
    int id;         /* keeps for as long as the tracker recognises the face */
    mien_face face; /* `probabilities` are smoothed, `expression` is the steady label */
    float unsmoothed[MIEN_LABELS_MAX];
    bool learning; /* its neutral, at the moment */
};

struct stream_frame {
    struct stream_picture picture;
    void *payload;  /* the source's */
    size_t number;  /* from 0; frames that were dropped unseen are not counted */
    double latency; /* seconds from the end of reading until it was taken */
    bool detected;  /* faces were looked for in this frame */
    size_t count;
    struct stream_face faces[STREAM_FACES_MAX]; /* (count), by id */
};

enum stream_event { STREAM_FRAME, STREAM_NOTHING_YET, STREAM_END };

struct stream_counts {
    size_t read, dropped, taken;
};

/* One thread at a time may use it. */
struct stream;

/* Starts reading at once. `recognizer` and the source's context are borrowed until stream_close();
 * `options` NULL: the defaults. MIEN_EINVAL for an option outside its range or a neutral for a
 * model that has no such label, MIEN_EUNSUPPORTED if the library has no face detector. */
mien_status stream_open(const mien_recognizer *recognizer, const struct stream_source *source,
                        const struct stream_options *options, struct stream **ret_stream,
                        mien_error *err);

/* Interrupts what is under way and ends all threads. NULL is welcome. */
void stream_close(struct stream *stream);

/* The next frame, waiting for it at most `wait_s` seconds. It holds until the next call. After a
 * failure of the source or of a stage, which is returned once all frames before it were, and after
 * the end, there are no more. */
mien_status stream_next(struct stream *stream, double wait_s, struct stream_frame **ret_frame,
                        enum stream_event *ret_event, mien_error *err);

/* Learns anew what the faces now seen look like at rest, in the next `seconds` (smoothing.h).
 * MIEN_EINVAL if the model has no label "neutral". */
mien_status stream_learn_neutral(struct stream *stream, double seconds, mien_error *err);

struct stream_counts stream_counts(struct stream *stream);

#endif

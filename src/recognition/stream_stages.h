/* stream_stages.h - what is done with one frame of a stream, a function a stage; stream.c says
 * when.
 * SPDX-License-Identifier: MIT */
#ifndef RECOGNITION_STREAM_STAGES_H
#define RECOGNITION_STREAM_STAGES_H

#include "recognition/stream.h"

/* A frame under way. */
struct stream_work {
    struct stream_frame frame;
    double clock; /* seconds that never go back */
    size_t found_count;
    struct detection found[STREAM_FACES_MAX];
    float appearances[STREAM_FACES_MAX * APPEARANCE_FLOATS];
};

/* Scratch memory for one thread at a time. */
struct stream_scratch {
    mien_workspace *workspace;
    struct image small;
};

/* One person's smoothed probabilities. */
struct stream_person {
    int id;
    double seen; /* clock */
    struct smoothing smoothing;
};

/* The state of all smoothing. */
struct stream_people {
    struct stream_person *all; /* (capacity) */
    size_t count, capacity;
    int neutral;    /* label, -1 if the model has none */
    double learn_s; /* wanted of all people seen next; 0: nothing */
};

/* Finds and describes the faces of the frame; any number of frames at once. */
mien_status stream_detect(const mien_recognizer *recognizer, struct stream_scratch *scratch,
                          float smallest, struct stream_work *work, mien_error *err);

/* From detections to the frame's faces; frame after frame. */
mien_status stream_track(struct tracker *tracker, struct stream_work *work, mien_error *err);

/* Fills in the expressions; any number of frames at once. */
mien_status stream_classify(const mien_recognizer *recognizer, struct stream_scratch *scratch,
                            struct stream_work *work, mien_error *err);

/* Makes them steady; frame after frame. */
mien_status stream_smooth(struct stream_people *people, const mien_recognizer *recognizer,
                          const struct stream_options *options, struct stream_work *work,
                          mien_error *err);

#endif

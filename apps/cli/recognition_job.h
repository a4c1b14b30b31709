/* recognition_job.h - what `mien recognize` and `mien detect` share: they read many pictures, and
 * frames of videos, at once, do something about the faces in each, report in the order of the
 * inputs, and draw copies.
 * SPDX-License-Identifier: MIT */
#ifndef CLI_RECOGNITION_JOB_H
#define CLI_RECOGNITION_JOB_H

#include "command.h"
#include "face/detector.h"
#include "mien/mien.h"

/* The most faces of one picture. */
enum { RECOGNITION_FACES_MAX = OPTION_LIST_MAX };

/* What the command line says about it. */
struct recognition_options {
    const char *annotate; /* NULL: no copies */
    const char *hardware; /* that decodes videos, as frame_source.h says; NULL: none */
    double threshold;
    int64_t smallest, every, jobs;
    bool force, json, csv;
};

#define RECOGNITION_DEFAULTS                                                                       \
    {                                                                                              \
        .threshold = DETECTOR_THRESHOLD, .smallest = 10, .every = 1                                \
    }

/* Rows for the option table of a command whose values begin with a struct recognition_options. */
#define RECOGNITION_OPTIONS                                                                        \
    {"threshold", 0, "P", "least confidence of a face that is found",                              \
     OPTION_NUMBER(struct recognition_options, threshold, 0.01, 0.99)},                            \
        {"smallest", 0, "PIXELS", "least height of a face; from 20 on, a fifth of the time",       \
         OPTION_INTEGER(struct recognition_options, smallest, 8, 10000)},                          \
        {"annotate", 'a', "OUT", "also draw the faces: a picture file, or a folder",               \
         OPTION_STRING(struct recognition_options, annotate)},                                     \
        {"hardware", 0, "KIND",                                                                    \
         "decode videos in hardware: auto, or FFmpeg's name of a kind (vaapi, cuda)",              \
         OPTION_STRING(struct recognition_options, hardware)},                                     \
        {"every", 0, "N", "of a video, work on one frame of N",                                    \
         OPTION_INTEGER(struct recognition_options, every, 1, 1000000)},                           \
        OPTION_FORCE(struct recognition_options), OPTION_JOBS(struct recognition_options),         \
        OPTION_JSON(struct recognition_options),                                                   \
    {                                                                                              \
        "csv", 0, NULL, "print CSV, one face a line", OPTION_FLAG(struct recognition_options, csv) \
    }

/* What help says about the pictures and the copies. */
#define RECOGNITION_INPUT_DETAILS                                                                  \
    "INPUT is a picture (JPEG, PNG, BMP, GIF, WebP, TIFF, PNM), a folder of pictures, a video (a " \
    "file, an animated GIF, or a URL, http: and rtsp: among others), of which each frame is "      \
    "worked on for itself, or - for a picture or video on standard input. Of a folder, all "       \
    "pictures in it and "                                                                          \
    "below are meant, in the byte order of their paths; hidden ones are not. What cannot be read " \
    "is reported, the others are worked on, and the exit status is 3.\n\n"
#define RECOGNITION_ANNOTATE_DETAILS                                                               \
    "--annotate writes one picture to a file (.png or .jpg), or one video (.mp4, its sound "       \
    "kept). Of several pictures, or of a folder's, OUT is a folder, in which the copies have the " \
    "names that the pictures have below INPUT; where these are of another format, .png or .mp4 "   \
    "is added.\n\n"

/* Fills in the faces of one picture, at most RECOGNITION_FACES_MAX. On any thread. */
typedef mien_status recognition_work(const void *context, const mien_recognizer *recognizer,
                                     mien_workspace *workspace, const mien_picture *picture,
                                     mien_face *ret_faces, size_t *ret_count, mien_error *err);

struct recognition_task {
    const char *model;    /* NULL: the default */
    bool expressions;     /* are told; else the faces alone */
    int labels;           /* of the expressions; 0: the model's own */
    bool explain;         /* write explanations (explanation.h) beside the annotated copies */
    const char *training; /* the data set of their nearest pictures; NULL: none */
    recognition_work *work;
    const void *context;
};

/* COMMAND_DONE, or wrong usage, which is told. */
int recognition_job_check(const struct command_line *line,
                          const struct recognition_options *options);

/* The options of finding that the command line stands for. */
mien_find_options recognition_find_options(const struct recognition_options *options);

/* Works on the pictures that line->arguments stand for; returns the exit status. */
int recognition_job_run(const struct command_line *line, const struct recognition_options *options,
                        const struct recognition_task *task);

#endif

/* recognition_report.h - what was recognised or only found, on stdout: a table for people, JSON
 * lines (described in docs/json.md), or CSV.
 * SPDX-License-Identifier: MIT */
#ifndef CLI_RECOGNITION_REPORT_H
#define CLI_RECOGNITION_REPORT_H

#include <stdbool.h>
#include <stddef.h>

#include "mien/mien.h"

/* What was recognised in one picture, or one frame of a video. */
struct recognition {
    const char *source; /* its path */
    int64_t frame;      /* 0, 1, ... of a video */
    double time_s;      /* from its beginning */
    int width, height;  /* of the picture, upright */
    size_t count;
    const mien_face *faces; /* (count) */
    const int *ids;         /* (count) whose they are; NULL: they are numbered */
};

enum recognition_format { RECOGNITION_TABLE, RECOGNITION_JSON, RECOGNITION_CSV };

struct recognition_report {
    const mien_recognizer *recognizer; /* gives the labels' and the model's names */
    bool expressions;                  /* are told; else confidences and landmarks */
    enum recognition_format format;
    size_t source_columns; /* of the table: the widest path's columns (display.h) */
    bool times;            /* of the table: some sources are videos */
    bool colour;           /* of the table: show what matters */
    bool begun;            /* private: what stands above the rows is printed */
};

/* A probability of 0 to 1 as people read it. */
int recognition_percent(float probability);

/* Prints a picture's faces: one line each, in JSON one line of all. The table says so where there
 * is no face. MIEN_ENOMEM. */
mien_status recognition_report_add(struct recognition_report *report,
                                   const struct recognition *recognition, mien_error *err);

/* After the last picture: a CSV has its header even if there was none. */
mien_status recognition_report_end(struct recognition_report *report, mien_error *err);

#endif

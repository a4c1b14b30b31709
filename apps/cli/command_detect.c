/* command_detect.c - `mien detect`: the faces in pictures, without their expressions.
 * SPDX-License-Identifier: MIT */
#include "recognition_job.h"

struct values {
    struct recognition_options job;
};

static const struct values defaults = {.job = RECOGNITION_DEFAULTS};

static const struct option options[] = {RECOGNITION_OPTIONS, {0}};

static mien_status detect(const void *context, const mien_recognizer *recognizer,
                          mien_workspace *workspace, const mien_picture *picture,
                          mien_face *ret_faces, size_t *ret_count, mien_error *err)
{
    return mien_detect(recognizer, workspace, picture, context, ret_faces, RECOGNITION_FACES_MAX,
                       ret_count, err);
}

static int run(const struct command_line *line)
{
    const struct values *values = line->values;
    mien_find_options find = recognition_find_options(&values->job);
    struct recognition_task task = {.work = detect, .context = &find};
    int exit_status = recognition_job_check(line, &values->job);

    return exit_status ? exit_status : recognition_job_run(line, &values->job, &task);
}

const struct command command_detect = {
    .name = "detect",
    .summary = "Find the faces in pictures and videos.",
    .arguments = "INPUT...",
    .details = RECOGNITION_INPUT_DETAILS
    "Told are each face's box, the confidence that it is one, and its landmarks: the left "
    "eye, the right eye, the nose and the mouth as they are seen, in pixels of the picture as "
    "a person sees it, turned as its EXIF says.\n"
    "\n" RECOGNITION_ANNOTATE_DETAILS
    "--json prints an object a picture or frame; docs/json.md says what is in it. --csv prints the "
    "columns source, frame, time, width, height, id, x, y, w, h, confidence, and x and y of every "
    "landmark.\n",
    .options = options,
    .run = run,
    COMMAND_VALUES(struct values, &defaults),
};

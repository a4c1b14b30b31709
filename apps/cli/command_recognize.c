/* command_recognize.c - `mien recognize`: the expressions of faces in pictures.
 * SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "face_place.h"
#include "recognition_job.h"

struct values {
    struct recognition_options job;
    struct string_list face;
    const char *model, *training;
    bool explain;
    int64_t labels;
};

static const struct values defaults = {.job = RECOGNITION_DEFAULTS, .face = {1, {"detect"}}};

static const struct option options[] = {
    {"face", 0, "FACE",
     "where faces are: detect, whole (one fills the picture), or X,Y,W,H in pixels; "
     "may be given several times",
     OPTION_STRINGS(struct values, face)},
    {"model", 'm', "MODEL", "a model file, or the name of a built-in model",
     OPTION_STRING(struct values, model)},
    {"labels", 0, "N",
     "8 with contempt, by FER+'s votes; 7 by FER2013's labels; 0: the best that the model has",
     OPTION_INTEGER(struct values, labels, 0, MIEN_LABELS_MAX)},
    RECOGNITION_OPTIONS,
    {"explain", 0, NULL, "with --annotate: also a picture of what each answer hangs on",
     OPTION_FLAG(struct values, explain)},
    {"training", 0, "DATASET", "with --explain: show the most alike training pictures",
     OPTION_STRING(struct values, training)},
    {0},
};

/* Where faces are. */
struct places {
    size_t count;
    struct face_place places[OPTION_LIST_MAX];
    mien_find_options find; /* of a FACE_DETECT */
};

static mien_status classify(const struct places *places, const mien_recognizer *recognizer,
                            mien_workspace *workspace, const mien_picture *picture,
                            mien_face *ret_faces, mien_error *err)
{
    mien_box *boxes = calloc(places->count, sizeof *boxes);
    mien_status status;

    if (!boxes)
        return error_memory(err, places->count * sizeof *boxes);
    for (size_t i = 0; i < places->count; i++)
        boxes[i] = face_place_box(&places->places[i], picture->width, picture->height);
    status = mien_classify(recognizer, workspace, picture, boxes, places->count, ret_faces, err);
    free(boxes);
    return status;
}

static mien_status recognize(const void *context, const mien_recognizer *recognizer,
                             mien_workspace *workspace, const mien_picture *picture,
                             mien_face *ret_faces, size_t *ret_count, mien_error *err)
{
    const struct places *places = context;

    if (places->places[0].kind == FACE_DETECT)
        return mien_recognize(recognizer, workspace, picture, &places->find, ret_faces,
                              RECOGNITION_FACES_MAX, ret_count, err);
    *ret_count = places->count;
    return classify(places, recognizer, workspace, picture, ret_faces, err);
}

static int read_places(const struct command_line *line, struct places *places)
{
    const struct values *values = line->values;
    mien_error err;

    for (; places->count < values->face.count; places->count++) {
        struct face_place *place = &places->places[places->count];
        if (face_place_parse(values->face.values[places->count], place, &err))
            return command_wrong_usage(line, "--face: %s", err.message);
        if (place->kind == FACE_DETECT && values->face.count > 1)
            return command_wrong_usage(line, "--face: detect finds all faces; give it alone");
    }
    places->find = recognition_find_options(&values->job);
    return COMMAND_DONE;
}

static int run(const struct command_line *line)
{
    const struct values *values = line->values;
    struct places places = {0};
    struct recognition_task task = {.model = values->model,
                                    .expressions = true,
                                    .explain = values->explain,
                                    .training = values->training,
                                    .labels = (int)values->labels,
                                    .work = recognize,
                                    .context = &places};
    int exit_status = recognition_job_check(line, &values->job);

    if (!exit_status && values->explain && !values->job.annotate)
        exit_status = command_wrong_usage(line, "--explain: it needs --annotate OUT");
    if (!exit_status && values->training && !values->explain)
        exit_status = command_wrong_usage(line, "--training: only --explain uses it");
    if (!exit_status)
        exit_status = read_places(line, &places);
    return exit_status ? exit_status : recognition_job_run(line, &values->job, &task);
}

const struct command command_recognize = {
    .name = "recognize",
    .summary = "Tell the expressions of faces in pictures and videos.",
    .arguments = "INPUT...",
    .details = RECOGNITION_INPUT_DETAILS
    "Boxes are in pixels of the picture as a person sees it, turned as its EXIF says, and may "
    "reach beyond it. For several faces give --face several times; the faces are numbered in "
    "this order. With several pictures, the boxes are those of each.\n"
    "\n" RECOGNITION_ANNOTATE_DETAILS
    "--explain writes COPY.explained.png beside each annotated copy: every face as the model sees "
    "it, and lit where covering it makes the answer less probable; with --training, also the "
    "training pictures that the model finds most alike.\n"
    "\n"
    "--json prints an object a picture or frame; docs/json.md says what is in it. --csv prints the "
    "columns source, frame, time, width, height, id, x, y, w, h, confidence, reasons (apart by ;), "
    "uncertain (1, 0 or empty), expression, probability, and the probability of every "
    "expression.\n",
    .options = options,
    .run = run,
    COMMAND_VALUES(struct values, &defaults),
};

/* command_detector.c - `mien detector train` and `mien detector evaluate`: how the face detector
 * was made, and how good it is.
 * SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "data_options.h"
#include "detector_report.h"
#include "face/detector.h"
#include "model_story.h"
#include "network/model.h"
#include "output.h"
#include "terminal.h"
#include "training/detector_mining.h"
#include "training/detector_trainer.h"
#include "training/landmark_trainer.h"

struct values {
    const char *out, *from, *faces;
    int64_t steps, batch, seed, jobs;
    double learning_rate, threshold;
    bool mine, landmarks, conditions, force, json;
};

static const struct values defaults = {
    .steps = 20000,
    .batch = 16,
    .learning_rate = 0.002,
    .threshold = DETECTOR_THRESHOLD,
};

static const struct option options[] = {
    {"out", 'o', "FILE", "train: where the model goes", OPTION_STRING(struct values, out)},
    {"from", 0, "FILE", "train: start with the weights of this model",
     OPTION_STRING(struct values, from)},
    {"faces", 0, "FER2013", "train: also paste in the faces of this data set's training part",
     OPTION_STRING(struct values, faces)},
    {"mine", 0, NULL, "train: show more often what that model gets wrong",
     OPTION_FLAG(struct values, mine)},
    {"landmarks", 0, NULL, "train: the network that places landmarks in faces that were found",
     OPTION_FLAG(struct values, landmarks)},
    {"steps", 0, "N", "train: how many", OPTION_INTEGER(struct values, steps, 1, 100000000)},
    {"batch", 0, "N", "train: pictures a step", OPTION_INTEGER(struct values, batch, 1, 1024)},
    {"learning-rate", 0, "R", "train: the highest, of Adam",
     OPTION_NUMBER(struct values, learning_rate, 1e-9, 1)},
    {"seed", 0, "N", "train: of weights and samples",
     OPTION_INTEGER(struct values, seed, 0, 9007199254740991.0)},
    {"threshold", 0, "P", "evaluate: least score of a face",
     OPTION_NUMBER(struct values, threshold, 0.01, 0.99)},
    {"conditions", 0, NULL, "evaluate: also on darkened, blurred, tilted ... pictures",
     OPTION_FLAG(struct values, conditions)},
    OPTION_JOBS(struct values),
    OPTION_FORCE(struct values),
    OPTION_JSON(struct values),
    {0},
};

/* Everything that a training needs, released in one place. */
struct work {
    const struct command_line *line;
    const struct values *values;
    struct thread_pool *pool;
    struct detector_data data;
    struct data faces; /* to paste in, with --faces */
    struct architecture *architecture;
    struct network *network;
    struct detector_region *regions; /* hard negatives, with --mine */
    uint32_t *hard_faces;            /* of `faces`, with --mine */
    struct detector_loss loss;       /* of the last steps */
    int step;
    mien_error err; /* of a save in mid-training */
    bool failed;
};

static bool show_reading(void *context, size_t done, size_t total)
{
    (void)context;
    progress_show("reading pictures: %zu of %zu", done, total);
    return !stop_requested();
}

static mien_status save(struct work *w, mien_error *err)
{
    const struct values *v = w->values;
    struct model_story story = {0};
    mien_status status;

    model_story_tell(&story, "name", "%s", v->landmarks ? "landmarks" : "face");
    model_story_tell(&story, "task", "%s", v->landmarks ? "landmarks of faces" : "face detection");
    model_story_tell(
        &story, "command",
        "mien detector train DIR --steps %lld --batch %lld --learning-rate %g --seed %lld%s%s%s%s",
        (long long)v->steps, (long long)v->batch, v->learning_rate, (long long)v->seed,
        v->from ? " --from MODEL" : "", v->faces ? " --faces FER2013" : "",
        v->mine ? " --mine" : "", v->landmarks ? " --landmarks" : "");
    model_story_tell(&story, "mien version", "%s", MIEN_VERSION);
    model_story_tell(&story, "training loss", "step %d: score %.4f, box %.4f, landmarks %.4f",
                     w->step, w->loss.score, w->loss.box, w->loss.landmarks);
    status = model_story_check(&story, err);
    if (!status) {
        const struct model_description description = {
            .about = story.about, .about_count = story.count, .history = ""};
        status = model_save(v->out, w->network, &description, NULL, err);
    }
    model_story_free(&story);
    return status;
}

/* Writes the model now and then, so that a power cut costs little. */
enum { SAVE_EVERY = 1000 };

static bool after_step(void *context, const struct detector_training_progress *p)
{
    struct work *w = context;
    int minutes = (int)(p->seconds_left / 60);

    w->loss = p->loss;
    w->step = p->step;
    progress_show("step %d/%d  score %.4f  box %.4f  landmarks %.4f  faces' cells %.0f  %.0f "
                  "pictures/s  %d:%02d left",
                  p->step, p->steps, p->loss.score, p->loss.box, p->loss.landmarks,
                  p->loss.positives, p->pictures_per_second, minutes / 60, minutes % 60);
    if (p->step % SAVE_EVERY == 0 && p->step < p->steps)
        w->failed = save(w, &w->err) != MIEN_OK;
    return !w->failed && !stop_requested();
}

static mien_status make_network(struct work *w, mien_error *err)
{
    const char *name = w->values->landmarks ? "landmarks" : "face";
    mien_status status =
        architecture_parse(architecture_builtin(name), name, &w->architecture, err);

    if (!status)
        status = network_new(w->architecture, (uint64_t)w->values->seed, &w->network, err);
    if (status)
        return status;
    if (w->values->from)
        return model_load_weights(w->values->from, w->network, err);
    if (!w->values->landmarks)
        detector_initialize(w->network);
    return MIEN_OK;
}

/* What the model that training starts with gets wrong. */
static mien_status mine(struct work *w, struct detector_sample_options *sample, mien_error *err)
{
    mien_status status = detector_mine(w->network, &w->data, w->pool, 0.45f, &w->regions,
                                       &sample->region_count, err);

    if (!status && sample->faces)
        status = detector_mine_faces(w->network, sample->faces, sample->face_rows,
                                     sample->face_row_count, w->pool, &w->hard_faces,
                                     &sample->hard_face_row_count, err);
    if (status)
        return status;
    sample->regions = w->regions;
    sample->hard_face_rows = w->hard_faces;
    progress_keep("%zu false alarms on the training pictures, %zu of the faces hardly found",
                  sample->region_count, sample->hard_face_row_count);
    return MIEN_OK;
}

static void use_faces(const struct data *faces, struct detector_sample_options *sample)
{
    sample->faces = &faces->dataset;
    sample->face_rows = faces->split.rows[DATASET_TRAIN];
    sample->face_row_count = faces->split.count[DATASET_TRAIN];
}

static mien_status train(struct work *w, mien_error *err)
{
    const struct values *v = w->values;
    struct detector_training_options o;
    mien_status status = output_check_new(v->out, v->force, err);

    if (!status)
        status = make_network(w, err);
    if (!status)
        status = detector_data_open(w->line->arguments[1], DETECTOR_TRAIN, w->pool, show_reading,
                                    NULL, &w->data, err);
    if (status)
        return status;
    detector_training_options_init(&o);
    o.steps = (int)v->steps;
    o.batch = (int)v->batch;
    o.learning_rate = (float)v->learning_rate;
    o.seed = (uint64_t)v->seed;
    if (v->faces)
        use_faces(&w->faces, &o.sample);
    if (v->mine)
        status = mine(w, &o.sample, err);
    if (status)
        return status;
    status = v->landmarks
                 ? landmark_training_run(w->network, &w->data, &o, w->pool, after_step, w, err)
                 : detector_training_run(w->network, &w->data, &o, w->pool, after_step, w, err);
    if (!status && w->failed)
        status = error_set(err, w->err.status, "%s", w->err.message);
    return status ? status : save(w, err);
}

static mien_status evaluate(struct work *w, mien_error *err)
{
    const struct values *v = w->values;
    struct model *model = NULL;
    mien_status status = model_open(w->line->arguments[1], &model, err);

    if (!status)
        status = detector_data_open(w->line->arguments[2], DETECTOR_VAL, w->pool, show_reading,
                                    NULL, &w->data, err);
    if (!status)
        status = detector_report(model->network, &w->data, w->pool, (float)v->threshold,
                                 v->conditions, v->json, err);
    model_close(model);
    return status;
}

static int open_faces(struct work *w)
{
    struct data_request request = {.path = w->values->faces, .values = DATA_DEFAULTS};

    return w->values->faces ? data_open(w->line, &request, &w->faces) : COMMAND_DONE;
}

static int run(const struct command_line *line)
{
    struct work w = {.line = line, .values = line->values};
    bool training = strcmp(line->arguments[0], "train") == 0;
    mien_error err;
    int exit_status = COMMAND_DONE;

    if (!training && strcmp(line->arguments[0], "evaluate") != 0)
        return command_wrong_usage(line, "\"%s\": say train or evaluate", line->arguments[0]);
    if (line->argument_count != (training ? 2 : 3))
        return command_wrong_usage(line, "write %s",
                                   training ? "mien detector train DIR -o FILE"
                                            : "mien detector evaluate FILE DIR");
    if (training && !w.values->out)
        return command_wrong_usage(line, "--out: say where the model goes");
    if (w.values->mine && !w.values->from)
        return command_wrong_usage(line, "--mine: needs --from, the model whose mistakes count");
    stop_listen();
    if (training && (exit_status = open_faces(&w)))
        return exit_status;
    if (thread_pool_new((int)w.values->jobs, &w.pool, &err) ||
        (training ? train(&w, &err) : evaluate(&w, &err)))
        exit_status = command_failed(line, &err);
    else if (stop_requested())
        exit_status = COMMAND_INTERRUPTED;
    free(w.regions);
    free(w.hard_faces);
    detector_data_close(&w.data);
    data_close(&w.faces);
    network_free(w.network);
    architecture_free(w.architecture);
    thread_pool_free(w.pool);
    return exit_status;
}

const struct command command_detector = {
    .name = "detector",
    .summary = "Train the face detector, or measure one.",
    .arguments = "ACTION PATH [PATH]",
    .details = "mien detector train DIR -o FILE learns from the training part of a folder of\n"
               "pictures with marked faces; mien detector evaluate FILE DIR measures a model on\n"
               "its validation part: recall, precision and average precision at an overlap (IoU)\n"
               "of 0.5, and the error of the landmarks, by size of face. The model is written\n"
               "every 1000 steps; Ctrl-C writes what there is.\n",
    .options = options,
    .run = run,
    COMMAND_VALUES(struct values, &defaults),
};

/* detector_report.c - measure a face detector and print its figures.
 * SPDX-License-Identifier: MIT */
#include "detector_report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "evaluation/detection_metrics.h"
#include "face/detector.h"
#include "network/builtin_models.h"
#include "network/model.h"
#include "output.h"
#include "terminal.h"
#include "training/detector_condition.h"

/* Far below any useful threshold, so that the curve is whole. */
#define LEAST_SCORE 0.02f
/* At which detectors are compared. */
#define USUAL_PRECISION 0.97

static const char *const size_names[DETECTION_SIZES] = {"below 20", "20 to 40", "40 to 80",
                                                        "80 to 160", "160 and more"};

/* What one worker found in one picture. */
struct found {
    struct detection *detections;
    size_t count;
    mien_status status;
};

struct search {
    const struct detector_data *data;
    struct model *landmarks;     /* the built-in ones; NULL: none are */
    struct detector **detectors; /* one a worker */
    struct found *found;         /* (data->count) */
    struct detector_options options;
};

static void search_picture(void *context, int index, int worker)
{
    struct search *s = context;
    struct found *found = &s->found[index];
    const struct detection *detections;
    mien_error err;

    found->status = stop_requested() ? MIEN_ECANCELLED : MIEN_OK;
    if (!found->status)
        found->status = detector_find(s->detectors[worker], &s->data->pictures[index].grey,
                                      &s->options, &detections, &found->count, &err);
    if (found->status)
        return;
    found->detections = malloc((found->count + 1) * sizeof *found->detections);
    if (!found->detections)
        found->status = MIEN_ENOMEM;
    else
        memcpy(found->detections, detections, found->count * sizeof *detections);
}

static mien_status tally_all(const struct search *s, struct detection_tally *tally, mien_error *err)
{
    mien_status status = MIEN_OK;

    for (size_t i = 0; i < s->data->count && !status; i++) {
        const struct detector_picture *p = &s->data->pictures[i];
        if (s->found[i].status == MIEN_ECANCELLED)
            status = error_set(err, MIEN_ECANCELLED, "stopped by the user");
        else if (s->found[i].status)
            status = error_set(err, s->found[i].status, "%s: the detector failed", p->file);
        else
            status = detection_tally_add(tally, s->found[i].detections, s->found[i].count, p->marks,
                                         (size_t)p->mark_count, err);
    }
    return status;
}

static mien_status make_detectors(struct search *s, const struct network *network, int workers,
                                  mien_error *err)
{
    mien_status status = MIEN_OK;

    if (builtin_model_find("landmarks"))
        status = model_open("landmarks", &s->landmarks, err);
    if (status)
        return status;
    s->detectors = calloc((size_t)workers, sizeof *s->detectors);
    s->found = calloc(s->data->count, sizeof *s->found);
    if (!s->detectors || !s->found)
        return error_memory(err, s->data->count * sizeof *s->found);
    for (int i = 0; i < workers && !status; i++) {
        status = detector_new(network, &s->detectors[i], err);
        if (!status && s->landmarks)
            status = detector_use_landmarks(s->detectors[i], s->landmarks->network, err);
    }
    return status;
}

/* Makes room for another pass over as many pictures. */
static void forget_found(struct search *s)
{
    for (size_t i = 0; i < s->data->count; i++) {
        free(s->found[i].detections);
        s->found[i] = (struct found){0};
    }
}

static void release(struct search *s, int workers)
{
    for (int i = 0; s->detectors && i < workers; i++)
        detector_free(s->detectors[i]);
    model_close(s->landmarks);
    free(s->detectors);
    free(s->found);
}

static void print_text(const struct detection_metrics *m, const struct detection_point *precise)
{
    printf("pictures %zu, faces %zu, threshold %.3f\n", m->pictures, m->faces,
           (double)m->at.threshold);
    printf("recall             %.4f\n", m->at.recall);
    printf("precision          %.4f  (%zu false)\n", m->at.precision, m->at.false_positives);
    printf("average precision  %.4f\n", m->average_precision);
    printf("landmark error     %.4f of the eye distance\n", m->landmark_error);
    printf("without faces      %zu pictures, %zu false\n", m->empty_pictures,
           m->empty_false_positives);
    if (precise)
        printf("recall at precision 0.97: %.4f (threshold %.3f)\n", precise->recall,
               (double)precise->threshold);
    printf("\n%-14s %7s %7s\n", "size, pixels", "faces", "recall");
    for (int i = 0; i < DETECTION_SIZES; i++)
        printf("%-14s %7zu %7.4f\n", size_names[i], m->size_faces[i],
               m->size_faces[i] ? (double)m->size_hits[i] / (double)m->size_faces[i] : 0.0);
}

static mien_status print_json(const char *condition, const struct detection_metrics *m,
                              const struct detection_point *precise, mien_error *err)
{
    json_t *sizes = json_array();
    json_t *object = json_pack(
        "{s:s, s:I, s:I, s:o, s:o, s:o, s:o, s:o, s:I, s:o}", "condition", condition, "pictures",
        (json_int_t)m->pictures, "faces", (json_int_t)m->faces, "threshold",
        output_number(m->at.threshold), "recall", output_number(m->at.recall), "precision",
        output_number(m->at.precision), "average_precision", output_number(m->average_precision),
        "landmark_error", output_number(m->landmark_error), "false_in_pictures_without_faces",
        (json_int_t)m->empty_false_positives, "sizes", sizes);

    for (int i = 0; i < DETECTION_SIZES; i++)
        json_array_append_new(sizes, json_pack("{s:s, s:I, s:I}", "pixels", size_names[i], "faces",
                                               (json_int_t)m->size_faces[i], "found",
                                               (json_int_t)m->size_hits[i]));
    if (object && precise)
        json_object_set_new(object, "recall_at_precision_0.97", output_number(precise->recall));
    return output_json(object, err);
}

/* Runs the detector over all pictures and measures it. */
static mien_status measure(struct search *s, const struct detector_data *data,
                           struct thread_pool *pool, float threshold,
                           struct detection_metrics *ret_metrics,
                           struct detection_point *ret_precise, bool *ret_reaches, mien_error *err)
{
    struct detection_tally *tally = NULL;
    mien_status status = detection_tally_new(&tally, err);

    if (status)
        return status;
    s->data = data;
    thread_pool_run(pool, (int)data->count, search_picture, s);
    status = tally_all(s, tally, err);
    if (!status)
        status = detection_metrics(tally, threshold, ret_metrics, err);
    if (!status)
        *ret_reaches = !detection_threshold_for(tally, USUAL_PRECISION, ret_precise, NULL);
    forget_found(s);
    detection_tally_free(tally);
    return status;
}

/* The pictures as they are: everything. */
static mien_status report_plain(struct search *s, const struct detector_data *data,
                                struct thread_pool *pool, float threshold, bool json,
                                mien_error *err)
{
    struct detection_metrics metrics;
    struct detection_point precise;
    bool reaches;
    mien_status status = measure(s, data, pool, threshold, &metrics, &precise, &reaches, err);

    if (status)
        return status;
    if (json)
        return print_json("as they are", &metrics, reaches ? &precise : NULL, err);
    print_text(&metrics, reaches ? &precise : NULL);
    return MIEN_OK;
}

/* A harder condition: one line. */
static mien_status report_condition(struct search *s, const struct detector_data *data,
                                    enum detector_condition condition, struct thread_pool *pool,
                                    float threshold, bool json, mien_error *err)
{
    const char *name = detector_condition_name(condition);
    struct detector_data harder;
    struct detection_metrics m;
    struct detection_point precise;
    bool reaches;
    mien_status status = detector_condition_apply(data, condition, pool, &harder, err);

    if (status)
        return status;
    status = measure(s, &harder, pool, threshold, &m, &precise, &reaches, err);
    detector_data_close(&harder);
    if (status)
        return status;
    if (json)
        return print_json(name, &m, reaches ? &precise : NULL, err);
    printf("%-20s %7zu %7.4f %9.4f %9.4f\n", name, m.faces, m.at.recall, m.at.precision,
           m.average_precision);
    return MIEN_OK;
}

mien_status detector_report(const struct network *network, const struct detector_data *data,
                            struct thread_pool *pool, float threshold, bool conditions, bool json,
                            mien_error *err)
{
    struct search s = {.data = data};
    int workers = thread_pool_size(pool);
    mien_status status;

    detector_options_init(&s.options);
    s.options.threshold = LEAST_SCORE;
    s.options.least = 0;
    s.options.enlarge = 2;
    status = make_detectors(&s, network, workers, err);
    if (!status)
        status = report_plain(&s, data, pool, threshold, json, err);
    if (!status && conditions && !json)
        printf("\n%-20s %7s %7s %9s %9s\n", "condition", "faces", "recall", "precision", "average");
    for (int i = 0; i < CONDITIONS && conditions && !status; i++)
        status = report_condition(&s, data, (enum detector_condition)i, pool, threshold, json, err);
    release(&s, workers);
    return status;
}

/* recognition_report.c - rows of a table, JSON objects, CSV records.
 * SPDX-License-Identifier: MIT */
#include "recognition_report.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "display.h"
#include "output.h"

/* Widest box and point of a picture with sides below 10,000: "9999,9999,9999,9999". */
enum {
    BOX_COLUMNS = 19,
    POINT_COLUMNS = 9,
    NARROWEST_SOURCE = 4,
    NARROWEST_EXPRESSION = 10,
    PERCENT_COLUMNS = 5,
    LANDMARKS = sizeof((mien_face *)0)->landmarks / sizeof((mien_face *)0)->landmarks[0],
};

static const char *const landmark_heads[LANDMARKS] = {"LEFT EYE", "RIGHT EYE", "NOSE", "MOUTH"};
static const char *const landmark_names[LANDMARKS] = {"left_eye", "right_eye", "nose", "mouth"};

#define BOLD "\033[1m"
#define FAINT "\033[2m"
#define PLAIN "\033[0m"

/* Prints `text`, which it frees. */
static mien_status print_text(struct text *text, mien_error *err)
{
    mien_status status = text->failed ? error_memory(err, text->length) : MIEN_OK;

    if (!status && text->data)
        fputs(text->data, stdout); /* main() reports what could not be written */
    text_free(text);
    return status;
}

static size_t largest(size_t a, size_t b)
{
    return a > b ? a : b;
}

static size_t source_columns(const struct recognition_report *report)
{
    return largest(report->source_columns, NARROWEST_SOURCE);
}

static size_t expression_columns(const struct recognition_report *report)
{
    size_t columns = NARROWEST_EXPRESSION;

    for (int i = 0; i < mien_label_count(report->recognizer); i++)
        columns = largest(columns, display_columns(mien_label(report->recognizer, i)));
    return columns;
}

/* The most probable label but for `best`, or -1 where there is but one label. */
static int next_best(const mien_face *face, int labels)
{
    int next = -1;

    for (int i = 0; i < labels; i++)
        if (i != face->expression &&
            (next < 0 || face->probabilities[i] > face->probabilities[next]))
            next = i;
    return next;
}

int recognition_percent(float probability)
{
    return (int)(100 * probability + 0.5f);
}

/* The names of a face's reasons, apart by `between`. */
static void add_reasons(const mien_face *face, const char *between, struct text *text)
{
    const char *separator = "";

    for (int i = 0; i < MIEN_REASONS; i++) {
        if (!(face->reasons & 1u << i))
            continue;
        text_add(text, "%s%s", separator, mien_reason(i));
        separator = between;
    }
}

/* Behind the last column there are no spaces. */
static void add_next_best(const struct recognition_report *report, const mien_face *face,
                          struct text *text)
{
    const mien_recognizer *r = report->recognizer;
    int next = next_best(face, mien_label_count(r));
    bool noted = face->reasons || face->uncertain == 1;
    struct text words = {0};

    if (next >= 0)
        text_add(&words, "%s %d%%", mien_label(r, next),
                 recognition_percent(face->probabilities[next]));
    text_add(text, "  %s", report->colour ? FAINT : "");
    display_add_cell(text, words.data ? words.data : "",
                     noted ? expression_columns(report) + PERCENT_COLUMNS : 0);
    text_add(text, "%s%s", report->colour ? PLAIN : "", noted ? "  " : "");
    if (face->uncertain == 1)
        text_add(text, "uncertain%s", face->reasons ? ", " : "");
    add_reasons(face, ", ", text);
    text->failed |= words.failed;
    text_free(&words);
}

static void add_expression(const struct recognition_report *report, const mien_face *face,
                           struct text *text)
{
    text_add(text, "%s", report->colour ? BOLD : "");
    display_add_cell(text, mien_label(report->recognizer, face->expression),
                     expression_columns(report));
    text_add(text, "%s  %10d%%", report->colour ? PLAIN : "",
             recognition_percent(face->probabilities[face->expression]));
    add_next_best(report, face, text);
}

static void add_detection(const mien_face *face, struct text *text)
{
    text_add(text, "%9d%%", recognition_percent(face->confidence));
    for (int i = 0; i < LANDMARKS; i++) {
        char point[32];
        snprintf(point, sizeof point, "%.0f,%.0f", (double)face->landmarks[i][0],
                 (double)face->landmarks[i][1]);
        text_add(text, "  %-*s", i < LANDMARKS - 1 ? POINT_COLUMNS : 0, point);
    }
}

static int id_of(const struct recognition *recognition, size_t face)
{
    return recognition->ids ? recognition->ids[face] : (int)face + 1;
}

/* The columns that say which picture a row is about. */
static void add_source(const struct recognition_report *report,
                       const struct recognition *recognition, struct text *text)
{
    display_add_cell(text, recognition->source, source_columns(report));
    if (report->times)
        text_add(text, "  %9.3f", recognition->time_s);
}

static void add_table_row(const struct recognition_report *report,
                          const struct recognition *recognition, size_t index, struct text *text)
{
    const mien_face *face = &recognition->faces[index];
    char box[64];

    snprintf(box, sizeof box, "%.0f,%.0f,%.0f,%.0f", (double)face->box.x, (double)face->box.y,
             (double)face->box.w, (double)face->box.h);
    add_source(report, recognition, text);
    text_add(text, "  %4d  %-*s  ", id_of(recognition, index), BOX_COLUMNS, box);
    if (report->expressions)
        add_expression(report, face, text);
    else
        add_detection(face, text);
    text_add(text, "\n");
}

static void add_table_head(const struct recognition_report *report, struct text *text)
{
    text_add(text, "%s%-*s%s  FACE  %-*s  ", report->colour ? FAINT : "",
             (int)source_columns(report), "FILE", report->times ? "    SECONDS" : "", BOX_COLUMNS,
             "BOX");
    if (report->expressions)
        text_add(text, "%-*s  PROBABILITY  %-*s  NOTE", (int)expression_columns(report),
                 "EXPRESSION", (int)expression_columns(report) + PERCENT_COLUMNS, "NEXT BEST");
    else
        text_add(text, "CONFIDENCE");
    for (int i = 0; i < LANDMARKS && !report->expressions; i++)
        text_add(text, "  %-*s", i < LANDMARKS - 1 ? POINT_COLUMNS : 0, landmark_heads[i]);
    text_add(text, "%s\n", report->colour ? PLAIN : "");
}

static void add_table(const struct recognition_report *report,
                      const struct recognition *recognition, struct text *text)
{
    if (recognition->count == 0) {
        add_source(report, recognition, text);
        text_add(text, "  %4s  no face\n", "-");
    }
    for (size_t i = 0; i < recognition->count; i++)
        add_table_row(report, recognition, i, text);
}

static json_t *box_json(const mien_box *box)
{
    return json_pack("{s:o, s:o, s:o, s:o}", "x", output_number((double)box->x), "y",
                     output_number((double)box->y), "w", output_number((double)box->w), "h",
                     output_number((double)box->h));
}

static json_t *landmarks_json(const mien_face *face)
{
    json_t *landmarks = json_array();

    if (!face->has_landmarks) {
        json_decref(landmarks);
        return json_null();
    }
    for (size_t i = 0; i < sizeof face->landmarks / sizeof *face->landmarks; i++)
        json_array_append_new(landmarks,
                              json_pack("[o, o]", output_number((double)face->landmarks[i][0]),
                                        output_number((double)face->landmarks[i][1])));
    return landmarks;
}

static json_t *reasons_json(const mien_face *face)
{
    json_t *reasons = json_array();

    for (int i = 0; i < MIEN_REASONS; i++)
        if (face->reasons & 1u << i)
            json_array_append_new(reasons, json_string(mien_reason(i)));
    return reasons;
}

static json_t *probabilities_json(const mien_recognizer *r, const mien_face *face)
{
    json_t *probabilities = json_object();

    for (int i = 0; i < mien_label_count(r); i++)
        json_object_set_new(probabilities, mien_label(r, i),
                            output_number((double)face->probabilities[i]));
    return probabilities;
}

static json_t *face_json(const mien_recognizer *r, bool expressions, int id, const mien_face *face)
{
    json_t *confidence = face->has_landmarks ? output_number((double)face->confidence)
                                             : json_null(); /* nothing was detected */
    json_t *object = json_pack("{s:i, s:o, s:o, s:o}", "id", id, "box", box_json(&face->box),
                               "confidence", confidence, "landmarks", landmarks_json(face));

    if (expressions && object)
        json_object_update_new(
            object,
            json_pack("{s:s, s:o, s:o, s:o, s:o}", "expression", mien_label(r, face->expression),
                      "probability", output_number((double)face->probabilities[face->expression]),
                      "probabilities", probabilities_json(r, face), "uncertain",
                      face->uncertain < 0 ? json_null() : json_boolean(face->uncertain), "reasons",
                      reasons_json(face)));
    return object;
}

static json_t *model_json(const mien_recognizer *r)
{
    return json_pack("{s:s, s:s}", "name", mien_model_name(r), "sha256", mien_model_sha256(r));
}

static mien_status print_json(const struct recognition_report *report,
                              const struct recognition *recognition, mien_error *err)
{
    const mien_recognizer *r = report->recognizer;
    json_t *faces = json_array(), *object;

    for (size_t i = 0; i < recognition->count; i++)
        json_array_append_new(faces, face_json(r, report->expressions, id_of(recognition, i),
                                               &recognition->faces[i]));
    object = json_pack("{s:o, s:I, s:o, s:i, s:i, s:o}", "source",
                       output_string(recognition->source), "frame", (json_int_t)recognition->frame,
                       "time", output_number(recognition->time_s), "width", recognition->width,
                       "height", recognition->height, "faces", faces);
    if (report->expressions && object)
        json_object_set_new(object, "model", model_json(r));
    return output_json(object, err);
}

/* A field of RFC 4180: in quotes where it needs them. */
static void add_csv_text(struct text *text, const char *words)
{
    if (!words[strcspn(words, "\",\r\n")]) {
        text_add(text, "%s", words);
        return;
    }
    text_add(text, "\"");
    for (; *words; words++)
        text_add(text, "%s%c", *words == '"' ? "\"" : "", *words);
    text_add(text, "\"");
}

static void add_csv_head(const struct recognition_report *report, struct text *text)
{
    text_add(text, "source,frame,time,width,height,id,x,y,w,h,confidence");
    if (report->expressions)
        text_add(text, ",reasons,uncertain,expression,probability");
    for (int i = 0; i < mien_label_count(report->recognizer) && report->expressions; i++) {
        text_add(text, ",");
        add_csv_text(text, mien_label(report->recognizer, i));
    }
    for (int i = 0; i < LANDMARKS && !report->expressions; i++)
        text_add(text, ",%s_x,%s_y", landmark_names[i], landmark_names[i]);
    text_add(text, "\n");
}

static void add_csv_expression(const mien_recognizer *r, const mien_face *face, struct text *text)
{
    text_add(text, ",");
    add_reasons(face, ";", text);
    text_add(text, face->uncertain < 0 ? ",," : ",%d,", face->uncertain);
    add_csv_text(text, mien_label(r, face->expression));
    text_add(text, ",%.9g", (double)face->probabilities[face->expression]);
    for (int i = 0; i < mien_label_count(r); i++)
        text_add(text, ",%.9g", (double)face->probabilities[i]);
}

static void add_csv_row(const struct recognition_report *report, int id, const mien_face *face,
                        struct text *text)
{
    const mien_box *box = &face->box;

    text_add(text, ",%d,%.9g,%.9g,%.9g,%.9g,", id, (double)box->x, (double)box->y, (double)box->w,
             (double)box->h);
    if (face->has_landmarks)
        text_add(text, "%.9g", (double)face->confidence);
    if (report->expressions)
        add_csv_expression(report->recognizer, face, text);
    for (int i = 0; i < LANDMARKS && !report->expressions; i++)
        text_add(text, ",%.9g,%.9g", (double)face->landmarks[i][0], (double)face->landmarks[i][1]);
    text_add(text, "\n");
}

static void add_csv(const struct recognition_report *report, const struct recognition *recognition,
                    struct text *text)
{
    json_t *source = output_string(recognition->source); /* as UTF-8 */

    text->failed |= !source;
    for (size_t i = 0; source && i < recognition->count; i++) {
        add_csv_text(text, json_string_value(source));
        text_add(text, ",%" PRId64 ",%.9g,%d,%d", recognition->frame, recognition->time_s,
                 recognition->width, recognition->height);
        add_csv_row(report, id_of(recognition, i), &recognition->faces[i], text);
    }
    json_decref(source);
}

static void add_head(struct recognition_report *report, struct text *text)
{
    if (report->format == RECOGNITION_TABLE && !report->begun)
        add_table_head(report, text);
    else if (report->format == RECOGNITION_CSV && !report->begun)
        add_csv_head(report, text);
    report->begun = true;
}

mien_status recognition_report_add(struct recognition_report *report,
                                   const struct recognition *recognition, mien_error *err)
{
    struct text text = {0};

    if (report->format == RECOGNITION_JSON)
        return print_json(report, recognition, err);
    add_head(report, &text);
    if (report->format == RECOGNITION_CSV)
        add_csv(report, recognition, &text);
    else
        add_table(report, recognition, &text);
    return print_text(&text, err);
}

mien_status recognition_report_end(struct recognition_report *report, mien_error *err)
{
    struct text text = {0};

    if (report->format == RECOGNITION_CSV)
        add_head(report, &text);
    return print_text(&text, err);
}

/* annotation.c - names of the copies and their explanations, and drawing copies.
 * SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "annotation.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/text.h"
#include "chart/overlay.h"
#include "media/picture_writer.h"
#include "media/video_writer.h"
#include "output.h"

enum { LANDMARKS = sizeof((mien_face *)0)->landmarks / sizeof((mien_face *)0)->landmarks[0] };

void annotation_free(struct annotation *annotation)
{
    for (size_t i = 0; i < 2 * annotation->count; i++)
        free(annotation->copies[i]);
    free(annotation->copies);
    *annotation = (struct annotation){0};
}

/* A file that exists, whatever the path that led to it. */
struct file_id {
    dev_t device;
    ino_t number;
};

static int compare_ids(const void *a, const void *b)
{
    const struct file_id *x = a, *y = b;

    if (x->device != y->device)
        return x->device < y->device ? -1 : 1;
    return x->number < y->number ? -1 : x->number > y->number;
}

static bool find_id(const char *path, struct file_id *ret_id)
{
    struct stat info;

    if (stat(path, &info))
        return false;
    *ret_id = (struct file_id){info.st_dev, info.st_ino};
    return true;
}

/* Overwriting may be wanted, but never of the pictures that were given. */
static mien_status check_inputs_kept(const struct input_list *inputs,
                                     const struct annotation *annotation, mien_error *err)
{
    struct file_id *ids = calloc(inputs->count + 1, sizeof *ids), id;
    size_t count = 0;
    mien_status status = MIEN_OK;

    if (!ids)
        return error_memory(err, inputs->count * sizeof *ids);
    for (size_t i = 0; i < inputs->count; i++)
        count += find_id(inputs->inputs[i].path, &ids[count]);
    qsort(ids, count, sizeof *ids, compare_ids);
    for (size_t i = 0; i < 2 * annotation->count && !status; i++)
        if (annotation->copies[i] && find_id(annotation->copies[i], &id) &&
            bsearch(&id, ids, count, sizeof *ids, compare_ids))
            status = error_set(err, MIEN_EINVAL,
                               "--annotate: %s is one of the pictures given; choose another place",
                               annotation->copies[i]);
    free(ids);
    return status;
}

static int compare_strings(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static mien_status check_distinct(const struct annotation *annotation, mien_error *err)
{
    char **sorted = calloc(2 * annotation->count + 1, sizeof *sorted);
    size_t count = 0;
    mien_status status = MIEN_OK;

    if (!sorted)
        return error_memory(err, 2 * annotation->count * sizeof *sorted);
    for (size_t i = 0; i < 2 * annotation->count; i++)
        if (annotation->copies[i])
            sorted[count++] = annotation->copies[i];
    qsort(sorted, count, sizeof *sorted, compare_strings);
    for (size_t i = 1; i < count && !status; i++)
        if (!strcmp(sorted[i - 1], sorted[i]))
            status = error_set(err, MIEN_EINVAL,
                               "--annotate: two of the pictures would become %s; recognize them "
                               "one after the other, or give the folder that both are in",
                               sorted[i]);
    free(sorted);
    return status;
}

static mien_status check_name(const char *name, bool video, mien_error *err)
{
    return video ? video_writer_check(name, err) : picture_write_check(name, err);
}

static bool can_be_written(const char *name, bool video)
{
    return check_name(name, video, NULL) == MIEN_OK;
}

static char *path_in_folder(const char *folder, const struct input *input)
{
    const char *name = strcmp(input->path, "-") ? input->path + input->name : "stdin";
    const char *end = can_be_written(name, input->video) ? "" : input->video ? ".mp4" : ".png";
    char *path;

    if (asprintf(&path, "%s/%s%s", folder, name, end) < 0)
        return NULL;
    return path;
}

/* Whether `out` is for a folder; refuses what cannot be meant. */
static mien_status check_out(const struct input_list *inputs, const char *out, bool *ret_folder,
                             mien_error *err)
{
    bool several = inputs->has_folder || inputs->count > 1;
    struct stat info;
    bool exists = !stat(out, &info);

    *ret_folder = several || (exists && S_ISDIR(info.st_mode));
    if (several && exists && !S_ISDIR(info.st_mode))
        return error_set(err, MIEN_EINVAL,
                         "--annotate: %s is a file; several pictures need a folder", out);
    if (several && !exists && (can_be_written(out, false) || can_be_written(out, true)))
        return error_set(err, MIEN_EINVAL,
                         "--annotate: %s is the name of one copy; several pictures need a folder",
                         out);
    return MIEN_OK;
}

static mien_status plan_copies(const struct input_list *inputs, const char *out,
                               struct annotation *annotation, mien_error *err)
{
    bool folder = false;
    mien_status status = check_out(inputs, out, &folder, err);

    for (size_t i = 0; i < inputs->count && !status; i++) {
        char *path;
        if (inputs->inputs[i].problem)
            continue;
        path = folder ? path_in_folder(out, &inputs->inputs[i]) : strdup(out);
        if (!path)
            return error_memory(err, strlen(out));
        annotation->copies[i] = path;
        status = check_name(path, inputs->inputs[i].video, err);
    }
    return status;
}

static mien_status plan_explanations(const struct input_list *inputs, struct annotation *annotation,
                                     mien_error *err)
{
    for (size_t i = 0; i < annotation->count; i++) {
        const char *copy = annotation->copies[i];
        if (inputs->inputs[i].video)
            return error_set(err, MIEN_EINVAL,
                             "--explain: %s is a video; only pictures are explained",
                             inputs->inputs[i].path);
        if (copy && asprintf(&annotation->explanations[i], "%s.explained.png", copy) < 0) {
            annotation->explanations[i] = NULL;
            return error_memory(err, strlen(copy));
        }
    }
    return MIEN_OK;
}

mien_status annotation_new(const struct input_list *inputs, const char *out, bool explain,
                           bool force, struct annotation *ret_annotation, mien_error *err)
{
    char **paths = calloc(2 * inputs->count + 1, sizeof *paths);
    struct annotation annotation;
    mien_status status;

    if (!paths)
        return error_memory(err, 2 * inputs->count * sizeof *paths);
    annotation = (struct annotation){inputs->count, paths, paths + inputs->count};
    status = plan_copies(inputs, out, &annotation, err);
    if (!status && explain)
        status = plan_explanations(inputs, &annotation, err);
    if (!status)
        status = check_distinct(&annotation, err);
    if (!status)
        status = check_inputs_kept(inputs, &annotation, err);
    for (size_t i = 0; i < 2 * annotation.count && !status; i++)
        if (paths[i])
            status = output_check_new(paths[i], force, err);
    if (status)
        annotation_free(&annotation);
    else
        *ret_annotation = annotation;
    return status;
}

mien_status annotation_make_folders(const char *path, mien_error *err)
{
    char *folder = strdup(path);
    mien_status status = MIEN_OK;

    if (!folder)
        return error_memory(err, strlen(path));
    for (char *slash = strchr(folder + 1, '/'); slash && !status; slash = strchr(slash + 1, '/')) {
        *slash = 0;
        if (mkdir(folder, 0777) && errno != EEXIST)
            status = error_set(err, MIEN_EIO, "%s: %s", folder, strerror(errno));
        *slash = '/';
    }
    free(folder);
    return status;
}

static struct overlay_face describe(const struct recognition_report *report, const mien_face *face,
                                    const char *const *names, struct text *title)
{
    struct overlay_face overlay = {
        .x = face->box.x,
        .y = face->box.y,
        .w = face->box.w,
        .h = face->box.h,
        .landmark_count = face->has_landmarks ? LANDMARKS : 0,
        .landmarks = face->landmarks,
    };

    if (face->reasons & MIEN_REASON_NOT_A_FACE) { /* whose expression says nothing */
        text_add(title, "not a face");
    } else if (report->expressions) {
        text_add(title, "%s %d%%", names[face->expression],
                 recognition_percent(face->probabilities[face->expression]));
        overlay.bar_count = mien_label_count(report->recognizer);
        overlay.bar_names = names;
        overlay.bars = face->probabilities;
        overlay.colour = face->expression;
    } else {
        text_add(title, "%d%%", recognition_percent(face->confidence));
    }
    overlay.title = title->data;
    return overlay;
}

mien_status annotation_draw(const struct recognition_report *report,
                            const struct recognition *recognition, struct image *image,
                            mien_error *err)
{
    size_t count = recognition->count;
    struct overlay_face *faces = calloc(count + 1, sizeof *faces);
    struct text *titles = calloc(count + 1, sizeof *titles);
    const char *names[MIEN_LABELS_MAX];
    mien_status status = MIEN_OK;

    for (int i = 0; i < mien_label_count(report->recognizer); i++)
        names[i] = mien_label(report->recognizer, i);
    if (!faces || !titles)
        status = error_memory(err, count * sizeof *faces);
    for (size_t i = 0; i < count && !status; i++)
        faces[i] = describe(report, &recognition->faces[i], names, &titles[i]);
    if (!status) /* a title that memory did not suffice for is NULL, which is none */
        status = overlay_draw(image, faces, (int)count, err);
    for (size_t i = 0; titles && i < count; i++)
        text_free(&titles[i]);
    free(titles);
    free(faces);
    return status;
}

mien_status annotation_write(const char *path, const struct recognition_report *report,
                             const struct recognition *recognition, struct image *image,
                             mien_error *err)
{
    mien_status status = annotation_draw(report, recognition, image, err);

    return status ? status : picture_write(path, image, err);
}

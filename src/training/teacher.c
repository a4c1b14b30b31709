/* teacher.c - the mean answer of trained networks.
 * SPDX-License-Identifier: MIT */
#include "training/teacher.h"

#include <stdlib.h>
#include <string.h>

#include "network/plan.h"
#include "network/softmax.h"

struct teacher {
    int count;
    struct plan **plans;   /* (count) */
    int (*outputs)[HEADS]; /* (count): each network's number of the head's output */
    size_t classes[HEADS]; /* 0: not taught */
    float *targets[HEADS]; /* (batch, classes) */
    float *row;            /* the largest of classes */
    struct shape input;
};

/* The head's output in a network of the same width, or -1. */
static int find_output(const struct network *network, const struct architecture *architecture,
                       const struct head *head)
{
    const struct architecture *a = network->architecture;
    int output = architecture_find_output(a, architecture->outputs[head->output].name);

    if (output >= 0 && shape_count(a->outputs[output].shape) != head->classes)
        return -1;
    return output;
}

/* A head is taught if every network has it. */
static mien_status find_heads(struct teacher *t, const struct network *const *networks,
                              const struct architecture *architecture, const struct head *heads,
                              mien_error *err)
{
    for (int h = 0; h < HEADS; h++) {
        t->classes[h] = heads[h].weight > 0 ? heads[h].classes : 0;
        for (int i = 0; i < t->count && t->classes[h]; i++) {
            t->outputs[i][h] = find_output(networks[i], architecture, &heads[h]);
            if (t->outputs[i][h] < 0)
                t->classes[h] = 0;
        }
    }
    if (heads[HEAD_EXPRESSION].weight > 0 && !t->classes[HEAD_EXPRESSION])
        return error_set(err, MIEN_EINVAL,
                         "a teacher has other labels than the data set: %zu are "
                         "to be taught",
                         heads[HEAD_EXPRESSION].classes);
    return MIEN_OK;
}

static mien_status check_input(const struct network *network,
                               const struct architecture *architecture, mien_error *err)
{
    struct shape has = architecture_input(network->architecture);
    struct shape wants = architecture_input(architecture);

    if (has.H != wants.H || has.W != wants.W || has.C != wants.C)
        return error_set(err, MIEN_EINVAL,
                         "a teacher takes %dx%dx%d, the network %dx%dx%d: they must be the same",
                         has.H, has.W, has.C, wants.H, wants.W, wants.C);
    return MIEN_OK;
}

static mien_status allocate(struct teacher *t, int batch, mien_error *err)
{
    size_t most = 1;

    for (int h = 0; h < HEADS; h++) {
        if (!t->classes[h])
            continue;
        if (t->classes[h] > most)
            most = t->classes[h];
        t->targets[h] = calloc((size_t)batch * t->classes[h], sizeof(float));
        if (!t->targets[h])
            return error_memory(err, (size_t)batch * t->classes[h] * sizeof(float));
    }
    t->row = calloc(most, sizeof *t->row);
    return t->row ? MIEN_OK : error_memory(err, most * sizeof *t->row);
}

mien_status teacher_new(const struct network *const *networks, int count,
                        const struct architecture *architecture, const struct head *heads,
                        int batch, bool bf16, struct thread_pool *pool,
                        struct teacher **ret_teacher, mien_error *err)
{
    struct plan_options options = {.batch = batch, .bf16 = bf16, .pool = pool};
    struct teacher *t = calloc(1, sizeof *t);
    mien_status status = MIEN_OK;

    if (!t)
        return error_memory(err, sizeof *t);
    t->count = count;
    t->input = architecture_input(architecture);
    t->plans = calloc((size_t)count, sizeof *t->plans);
    t->outputs = calloc((size_t)count, sizeof *t->outputs);
    if (!t->plans || !t->outputs)
        status = error_memory(err, (size_t)count * sizeof *t->outputs);
    for (int i = 0; i < count && !status; i++)
        status = check_input(networks[i], architecture, err);
    if (!status)
        status = find_heads(t, networks, architecture, heads, err);
    for (int i = 0; i < count && !status; i++)
        status = plan_new(networks[i], &options, &t->plans[i], err);
    if (!status)
        status = allocate(t, batch, err);
    if (status)
        teacher_free(t);
    else
        *ret_teacher = t;
    return status;
}

void teacher_free(struct teacher *teacher)
{
    if (!teacher)
        return;
    for (int i = 0; teacher->plans && i < teacher->count; i++)
        plan_free(teacher->plans[i]);
    for (int h = 0; h < HEADS; h++)
        free(teacher->targets[h]);
    free(teacher->plans);
    free(teacher->outputs);
    free(teacher->row);
    free(teacher);
}

/* Adds `share` of one network's answers. */
static void add_answer(struct teacher *t, int number, int head, int pictures, float temperature,
                       float share)
{
    const float *logits = plan_output(t->plans[number], t->outputs[number][head]);
    size_t classes = t->classes[head];

    for (size_t i = 0; i < (size_t)pictures; i++) {
        softmax(logits + i * classes, classes, temperature, t->row);
        for (size_t c = 0; c < classes; c++)
            t->targets[head][i * classes + c] += share * t->row[c];
    }
}

/* Mirrors pictures (pictures, H, W, C) in place. */
static void mirror_pictures(struct shape shape, int pictures, float *levels)
{
    size_t C = (size_t)shape.C;

    for (int row = 0; row < pictures * shape.H; row++) {
        float *left = levels + (size_t)row * (size_t)shape.W * C;
        float *right = left + (size_t)(shape.W - 1) * C;
        for (; left < right; left += C, right -= C)
            for (size_t c = 0; c < C; c++) {
                float level = left[c];
                left[c] = right[c];
                right[c] = level;
            }
    }
}

void teacher_answer(struct teacher *teacher, const float *levels, int pictures, float temperature,
                    bool mirror)
{
    int views = mirror ? 2 : 1;
    float share = 1 / (float)(views * teacher->count);

    for (int h = 0; h < HEADS; h++)
        if (teacher->classes[h])
            memset(teacher->targets[h], 0, (size_t)pictures * teacher->classes[h] * sizeof(float));
    for (int i = 0; i < views * teacher->count; i++) {
        int number = i / views;
        float *input = plan_input(teacher->plans[number]);
        memcpy(input, levels, (size_t)pictures * shape_count(teacher->input) * sizeof *levels);
        if (i % views)
            mirror_pictures(teacher->input, pictures, input);
        plan_forward(teacher->plans[number], pictures, 0);
        for (int h = 0; h < HEADS; h++)
            if (teacher->classes[h])
                add_answer(teacher, number, h, pictures, temperature, share);
    }
}

const float *teacher_targets(const struct teacher *teacher, enum head_kind head)
{
    return teacher->targets[head];
}

/* model_report.c - measure a network and print the figures.
 * SPDX-License-Identifier: MIT */
#include "model_report.h"

#include <stdio.h>
#include <stdlib.h>

#include "assessment/findings.h"
#include "evaluation/intervals.h"
#include "evaluation/prediction.h"
#include "output.h"

mien_status model_metrics(const struct network *network, struct thread_pool *pool,
                          const struct dataset *dataset, const uint32_t *rows, size_t count,
                          struct metrics **ret_metrics, mien_error *err)
{
    int output = architecture_find_output(network->architecture, "expression");
    struct predictions said;
    uint16_t *labels;
    mien_status status = predict_logits(network, pool, dataset, rows, count, &said, err);

    if (status)
        return status;
    predictions_soften(&said, network);
    labels = malloc(count * sizeof *labels);
    for (size_t i = 0; i < count && labels; i++)
        labels[i] = dataset->labels[rows[i]];
    status = labels ? metrics_new(said.values[output], labels, count, said.width[output],
                                  ret_metrics, err)
                    : error_memory(err, count * sizeof *labels);
    free(labels);
    predictions_free(&said);
    return status;
}

static void print_confusion(const struct metrics *m, const char *const *names)
{
    printf("\nactual \\ predicted");
    for (size_t c = 0; c < m->classes; c++)
        printf(" %9s", names[c]);
    for (size_t row = 0; row < m->classes; row++) {
        printf("\n%-18s", names[row]);
        for (size_t c = 0; c < m->classes; c++)
            printf(" %9zu", m->confusion[row * m->classes + c]);
    }
    printf("\n");
}

void model_report_labels(const struct metrics *m, const char *const *names)
{
    printf("%-18s %9s %9s %9s %9s\n", "label", "pictures", "precision", "recall", "F1");
    for (size_t c = 0; c < m->classes; c++)
        printf("%-18s %9zu %9.4f %9.4f %9.4f\n", names[c], m->by_class[c].support,
               m->by_class[c].precision, m->by_class[c].recall, m->by_class[c].f1);
    print_confusion(m, names);
}

void model_report_print(const struct metrics *m, const char *const *names)
{
    const struct interval accuracy = accuracy_interval(m->correct, m->count);

    printf("accuracy           %.4f  (95%% interval %.4f to %.4f; %zu of %zu)\n", accuracy.value,
           accuracy.low, accuracy.high, m->correct, m->count);
    printf("balanced accuracy  %.4f\n", m->rates.balanced_accuracy);
    printf("macro F1           %.4f\n", m->rates.macro_f1);
    printf("top-2 accuracy     %.4f\n", m->top2);
    printf("log loss           %.4f\n\n", m->log_loss);
    model_report_labels(m, names);
}

static json_t *classes_json(const struct metrics *m, const char *const *names)
{
    json_t *classes = json_object();

    for (size_t c = 0; c < m->classes; c++) {
        const struct class_metrics *k = &m->by_class[c];
        json_object_set_new(classes, names[c],
                            json_pack("{s:I, s:o, s:o, s:o}", "pictures", (json_int_t)k->support,
                                      "precision", output_number(k->precision), "recall",
                                      output_number(k->recall), "f1", output_number(k->f1)));
    }
    return classes;
}

json_t *model_report_json(const struct metrics *m, const char *const *names)
{
    const struct interval accuracy = accuracy_interval(m->correct, m->count);

    return json_pack("{s:I, s:I, s:o, s:[o, o], s:o, s:o, s:o, s:o, s:o, s:o}", "pictures",
                     (json_int_t)m->count, "correct", (json_int_t)m->correct, "accuracy",
                     output_number(accuracy.value), "accuracy_interval",
                     output_number(accuracy.low), output_number(accuracy.high), "balanced_accuracy",
                     output_number(m->rates.balanced_accuracy), "macro_f1",
                     output_number(m->rates.macro_f1), "top2_accuracy", output_number(m->top2),
                     "log_loss", output_number(m->log_loss), "labels", classes_json(m, names),
                     "confusion", findings_confusion_json(m));
}

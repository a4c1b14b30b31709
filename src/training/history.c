/* history.c - a training's epochs, and their table.
 * SPDX-License-Identifier: MIT */
#include "training/history.h"

#include <stdlib.h>

#include "base/text.h"

mien_status training_history_add(struct training_history *history,
                                 const struct training_epoch *epoch, mien_error *err)
{
    size_t count = (size_t)history->count + 1;
    struct training_epoch *epochs = realloc(history->epochs, count * sizeof *epochs);

    if (!epochs)
        return error_memory(err, count * sizeof *epochs);
    history->epochs = epochs;
    epochs[history->count++] = *epoch;
    return MIEN_OK;
}

void training_history_free(struct training_history *history)
{
    free(history->epochs);
    *history = (struct training_history){0};
}

char *training_history_csv(const struct training_history *history)
{
    bool votes = history->count && history->epochs[0].has_votes;
    struct text text = {0};

    text_add(&text,
             "epoch,loss,accuracy,validation_loss,validation_accuracy,%slearning_rate,"
             "seconds\n",
             votes ? "votes_loss,votes_accuracy," : "");
    for (int i = 0; i < history->count; i++) {
        const struct training_epoch *e = &history->epochs[i];
        text_add(&text, "%d,%.6f,%.6f,%.6f,%.6f,", e->epoch, e->loss, e->accuracy,
                 e->validation_loss, e->validation_accuracy);
        if (votes)
            text_add(&text, "%.6f,%.6f,", e->votes_loss, e->votes_accuracy);
        text_add(&text, "%.9g,%.1f\n", e->learning_rate, e->seconds);
    }
    if (text.failed)
        text_free(&text);
    return text.data;
}

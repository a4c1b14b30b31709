/* view_figures.c - predict by views, then measure as assessment.c does.
 * SPDX-License-Identifier: MIT */
#include "assessment/view_figures.h"

static mien_status measure_set(const struct assessment *plain, const struct predictions *said,
                               const struct votes *votes, struct thread_pool *pool,
                               struct view_figures *f, mien_error *err)
{
    const struct assessment_subject *s = &plain->subject;
    const float *probabilities = said->values[plain->output];
    struct answers answers = {0};
    mien_status status =
        answers_new(probabilities, s->labels, s->count, plain->classes, &answers, err);

    if (!status)
        status = chosen_figures_new(&answers, pool, &f->all, err);
    if (!status)
        status = intervals_difference(&plain->answers, &answers, pool, f->gain, err);
    answers_free(&answers);
    for (int c = 0; c < ASSESSMENT_CHOICES && !status; c++)
        status = assessment_choose(plain, probabilities, (enum assessment_choice)c, pool,
                                   &f->choices[c], err);
    f->has_votes = votes != NULL;
    if (!status && votes)
        status = vote_figures_new(s->model, said, votes, s->rows, &plain->provenance, pool,
                                  &f->votes, err);
    return status;
}

mien_status view_figures_new(const struct assessment *plain, const struct votes *votes,
                             struct thread_pool *pool, pass_progress *progress, void *context,
                             struct view_figures ret_figures[VIEW_SETS], mien_error *err)
{
    const struct assessment_subject *s = &plain->subject;
    struct view_figures figures[VIEW_SETS] = {0};
    struct predictions said[VIEW_SETS] = {0};
    mien_status status = picture_views_predict(s->model->network, pool, s->dataset, s->rows,
                                               s->count, progress, context, said, err);

    for (int v = 0; v < VIEW_SETS && !status; v++)
        status = measure_set(plain, &said[v], votes, pool, &figures[v], err);
    for (int v = 0; v < VIEW_SETS; v++) {
        predictions_free(&said[v]);
        if (status)
            vote_figures_free(&figures[v].votes);
        else
            ret_figures[v] = figures[v];
    }
    return status;
}

void view_figures_free(struct view_figures figures[VIEW_SETS])
{
    for (int v = 0; v < VIEW_SETS; v++)
        vote_figures_free(&figures[v].votes);
}

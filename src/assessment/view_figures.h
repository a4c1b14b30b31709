/* view_figures.h - how good a model is if it answers a picture by the mean over several views of it
 * (evaluation/picture_views.h): told apart, never part of the other figures.
 * SPDX-License-Identifier: MIT */
#ifndef ASSESSMENT_VIEW_FIGURES_H
#define ASSESSMENT_VIEW_FIGURES_H

#include "assessment/assessment.h"
#include "evaluation/picture_views.h"
#include "evaluation/vote_figures.h"

/* Of one set of views. */
struct view_figures {
    struct chosen_figures all, choices[ASSESSMENT_CHOICES];
    struct interval gain[FIGURES]; /* `all` less the plain figures, by paired samples */
    bool has_votes;
    struct vote_figures votes;
};

/* Runs the model that was assessed on the same pictures. `votes`, of the data set, and `progress`
 * may be NULL. */
mien_status view_figures_new(const struct assessment *plain, const struct votes *votes,
                             struct thread_pool *pool, pass_progress *progress, void *context,
                             struct view_figures ret_figures[VIEW_SETS], mien_error *err);

/* Accepts zeroed structs. */
void view_figures_free(struct view_figures figures[VIEW_SETS]);

#endif

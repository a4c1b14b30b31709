/* evaluation_text.c - figures, labels, confusion and the past of the pictures as tables.
 * SPDX-License-Identifier: MIT */
#include "evaluation_text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "model_report.h"

enum { TOLD_PAIRS = 3 };

static void print_figures(const struct assessment *a)
{
    for (int f = 0; f < FIGURES; f++) {
        const struct interval *i = &a->intervals[f];
        if (isnan(i->value))
            continue;
        printf("%-28s %.4f  (95%% interval %.4f to %.4f", figure_name((enum figure)f), i->value,
               i->low, i->high);
        if (f == FIGURE_ACCURACY)
            printf("; %zu of %zu", a->metrics->correct, a->metrics->count);
        printf(")\n");
    }
    printf("\n");
}

static void print_pairs(const struct assessment *a)
{
    struct confused_pair pairs[TOLD_PAIRS];
    size_t count = assessment_confused(a, pairs, TOLD_PAIRS);

    printf("\nmost confused:");
    for (size_t p = 0; p < count; p++)
        printf("%s %s taken for %s %zu times", p ? "," : "",
               model_label(a->subject.model, pairs[p].actual),
               model_label(a->subject.model, pairs[p].predicted), pairs[p].count);
    printf("%s\n", count ? "" : " none");
}

/* What the model's own "uncertain" rule is worth. */
static void print_rule(const struct coverage *coverage, const struct answer_rule *rule)
{
    size_t kept = coverage_at(coverage, rule->uncertain_below);

    if (!rule->can_be_uncertain)
        return;
    printf("uncertain below %.4f: %zu of %zu pictures get an answer", (double)rule->uncertain_below,
           kept, coverage->count);
    if (kept)
        printf(", accuracy %.4f", coverage->accuracy[kept - 1]);
    printf("\n");
}

/* The rest of a line: an accuracy with its interval. */
static void print_accuracy(const struct interval *accuracy, size_t correct, size_t count)
{
    printf("%.4f  (95%% interval %.4f to %.4f; %zu of %zu)\n", accuracy->value, accuracy->low,
           accuracy->high, correct, count);
}

static void print_chosen(const struct chosen_figures *chosen)
{
    print_accuracy(&chosen->intervals[FIGURE_ACCURACY], chosen->correct, chosen->count);
}

static void print_past(const struct assessment *a)
{
    static const char *const names[] = {"without the pictures that are also in the training part",
                                        "and without near-identical ones"};

    for (int c = 0; c < ASSESSMENT_CHOICES; c++)
        if (a->choices[c].count && (c == 0 || a->choices[c].count != a->choices[c - 1].count)) {
            printf("%s: accuracy ", names[c]);
            print_chosen(&a->choices[c]);
        }
    printf("%s\n", provenance_text(&a->provenance));
}

mien_status evaluation_text_print(const struct assessment *a, mien_error *err)
{
    const char **names = malloc(a->classes * sizeof *names);

    if (!names)
        return error_memory(err, a->classes * sizeof *names);
    for (size_t c = 0; c < a->classes; c++)
        names[c] = model_label(a->subject.model, c);
    print_figures(a);
    model_report_labels(a->metrics, names);
    print_pairs(a);
    print_rule(&a->coverage, &a->subject.model->rules.expression);
    print_past(a);
    free(names);
    return MIEN_OK;
}

void evaluation_text_compare(const struct assessment *a, const struct assessment *b,
                             const struct comparison *c)
{
    char verdict[512];

    printf("A  %s\nB  %s\n\n%-28s %8s %8s  %s\n", a->subject.model_name, b->subject.model_name,
           "figure", "A", "B", "B less A, with its 95% interval");
    for (int f = 0; f < FIGURES; f++) {
        const struct interval *d = &c->difference[f];
        if (!isnan(d->value))
            printf("%-28s %8.4f %8.4f  %+.4f (%+.4f to %+.4f)\n", figure_name((enum figure)f),
                   a->intervals[f].value, b->intervals[f].value, d->value, d->low, d->high);
    }
    printf("\nboth right %zu, only A %zu, only B %zu, neither %zu\n", c->both, c->only_a, c->only_b,
           c->neither);
    assessment_verdict(a, b, c, verdict);
    printf("%s\n", verdict);
}

void evaluation_text_votes(const struct vote_figures *v)
{
    printf("\nagainst the votes (%zu of %zu pictures have a majority)\n", v->count, v->rows);
    printf("%-50s ", "majority accuracy");
    print_accuracy(&v->figures[FIGURE_ACCURACY], v->correct, v->count);
    if (v->new_count) {
        printf("%-50s ", "... without those also in training");
        print_accuracy(&v->new_accuracy, v->new_correct, v->new_count);
    }
    printf("%-50s %.4f\n", "calibration error", v->figures[FIGURE_ECE].value);
    printf("%-50s %.4f\n", "any expression with 30% of the votes", v->multi_label);
    printf("%-50s %.4f\n", "a label drawn from the votes", v->drawn);
    printf("%-50s %.4f\n", "a single tagger against the others' majority", v->tagger);
    printf("%-50s %.4f nats\n", "cross entropy", v->cross_entropy);
    printf("%-50s %.4f nats\n", "divergence of the votes from the model", v->divergence);
    print_rule(&v->coverage, v->rule);
}

void evaluation_text_views(const struct view_figures views[VIEW_SETS])
{
    for (int v = 0; v < VIEW_SETS; v++) {
        const struct view_figures *f = &views[v];
        const struct interval *gain = &f->gain[FIGURE_ACCURACY];
        printf("\nif a picture is answered by the mean over %d views (%s)\n",
               view_set_size((enum view_set)v), view_set_name((enum view_set)v));
        printf("%-50s ", "accuracy");
        print_chosen(&f->all);
        printf("%-50s %+.4f (%+.4f to %+.4f)\n", "... more than without", gain->value, gain->low,
               gain->high);
        if (f->choices[WITHOUT_IDENTICAL].count) {
            printf("%-50s ", "without those also in training: accuracy");
            print_chosen(&f->choices[WITHOUT_IDENTICAL]);
        }
        if (f->has_votes) {
            printf("%-50s ", "majority accuracy against the votes");
            print_accuracy(&f->votes.figures[FIGURE_ACCURACY], f->votes.correct, f->votes.count);
        }
    }
}

void evaluation_text_robustness(const struct robustness *robustness)
{
    printf("\naccuracy of pictures made worse\n");
    for (int p = 0; p < PERTURBATIONS; p++) {
        const struct perturbation_kind *kind = perturbation_kind((enum perturbation)p);
        printf("%-14s %7s", kind->name, "level");
        for (size_t l = 0; l < kind->level_count; l++)
            printf(" %7g", kind->levels[l]);
        printf("  (%s)\n%-14s %7s", kind->level, "", "");
        for (size_t l = 0; l < kind->level_count; l++)
            printf(" %7.4f", robustness->accuracy[p][l].value);
        printf("\n");
    }
}

/* smoothing.c - an average that starts anew when the face changes.
 * SPDX-License-Identifier: MIT */
#include "recognition/smoothing.h"

#include <math.h>
#include <string.h>

/* Below, probabilities are all the same: none. */
#define LEAST_PROBABILITY 0.005f
/* Variance of a logarithm before the face's own is known, worth so many frames, and at least: a
 * copied frame has none. */
#define FIRST_NOISE 0.15
#define FIRST_FRAMES 6
#define LEAST_NOISE 0.01
#define NOISE_SECONDS 3.0

/* So many frames must agree on a change. */
enum { AGREE = 3 };

void smoothing_options_init(struct smoothing_options *options)
{
    *options = (struct smoothing_options){.steady = 1, .window = 0.2, .surprise = 9, .margin = 0.3};
}

void smoothing_start(struct smoothing *smoothing, int labels,
                     const struct smoothing_options *options)
{
    memset(smoothing, 0, sizeof *smoothing);
    smoothing_options_init(&smoothing->options);
    if (options)
        smoothing->options = *options;
    smoothing->labels = labels;
    smoothing->neutral = -1;
    for (int k = 1; k <= SMOOTHING_WINDOW; k++)
        smoothing->noise[k] = FIRST_NOISE / sqrt(k);
}

static void centre(float *logs, int labels)
{
    float sum = 0;

    for (int i = 0; i < labels; i++)
        sum += logs[i];
    for (int i = 0; i < labels; i++)
        logs[i] -= sum / (float)labels;
}

static void to_logs(const struct smoothing *s, const float *probabilities, float *ret_logs)
{
    for (int i = 0; i < s->labels; i++)
        ret_logs[i] = logf(fmaxf(probabilities[i], LEAST_PROBABILITY));
    centre(ret_logs, s->labels);
}

static void to_probabilities(const float *logs, int labels, float *ret_probabilities)
{
    float most = logs[0], sum = 0;

    for (int i = 1; i < labels; i++)
        most = fmaxf(most, logs[i]);
    for (int i = 0; i < labels; i++)
        sum += ret_probabilities[i] = expf(logs[i] - most);
    for (int i = 0; i < labels; i++)
        ret_probabilities[i] /= sum;
}

/* Mean square over the labels. */
static double square_distance(const float *a, const float *b, int labels)
{
    double sum = 0;

    for (int i = 0; i < labels; i++)
        sum += ((double)a[i] - (double)b[i]) * ((double)a[i] - (double)b[i]);
    return sum / labels;
}

static const float *recent_logs(const struct smoothing *s, unsigned long back)
{
    return s->recent[(s->frames - 1 - back) % SMOOTHING_WINDOW].logs;
}

static void remember(struct smoothing *s, double time, const float *logs)
{
    unsigned long at = s->frames++ % SMOOTHING_WINDOW;

    s->recent[at].time = time;
    memcpy(s->recent[at].logs, logs, sizeof s->recent[at].logs);
}

/* Learns how far means of `k` frames are from the average; a change must not pass for noise. */
static void measure_noise(struct smoothing *s, unsigned long k, double dt, double seen)
{
    double share = fmax(1 - exp(-dt / NOISE_SECONDS), 1 / (FIRST_FRAMES + (double)s->frames));
    double *noise = &s->noise[k];

    *noise += share * (fmin(seen, 3 * *noise) - *noise);
    *noise = fmax(*noise, LEAST_NOISE / (double)k);
}

/* How many of the last frames lie in the window that can tell a change. */
static unsigned long frames_in_window(const struct smoothing *s, double time)
{
    unsigned long k = 0;

    while (k < SMOOTHING_WINDOW && k < s->frames &&
           time - s->recent[(s->frames - 1 - k) % SMOOTHING_WINDOW].time <= s->options.window)
        k++;
    return k;
}

/* Whether each of the last `count` frames is at least half the way from the average to `mean`,
 * which is `distance` (a mean square) away: an odd frame is no change. */
static bool agree(const struct smoothing *s, unsigned long count, const float *mean,
                  double distance)
{
    for (unsigned long back = 0; back < count; back++) {
        double product = 0;
        for (int i = 0; i < s->labels; i++)
            product += ((double)recent_logs(s, back)[i] - (double)s->mean[i]) *
                       ((double)mean[i] - (double)s->mean[i]);
        if (product / s->labels < distance / 2)
            return false;
    }
    return true;
}

/* Whether the last frames come from another face than the average: the number of them that shows
 * it best and their mean, or 0. */
static unsigned long find_change(struct smoothing *s, double time, double dt, float *ret_mean)
{
    unsigned long count = frames_in_window(s, time), found = 0;
    unsigned long least = count < AGREE ? 2 : AGREE; /* at few frames a second, two must do */
    double best = s->options.surprise;
    float sum[MIEN_LABELS_MAX] = {0}, mean[MIEN_LABELS_MAX];

    for (unsigned long k = 1; k <= count; k++) {
        for (int i = 0; i < s->labels; i++) {
            sum[i] += recent_logs(s, k - 1)[i];
            mean[i] = sum[i] / (float)k;
        }
        double distance = square_distance(mean, s->mean, s->labels);
        if (k >= least && distance > best * s->noise[k] && agree(s, least, mean, distance)) {
            best = distance / s->noise[k];
            found = k;
            memcpy(ret_mean, mean, sizeof mean);
        }
        measure_noise(s, k, dt, distance);
    }
    return found;
}

static void average(struct smoothing *s, double time, double dt, const float *logs)
{
    float fresh[MIEN_LABELS_MAX], share;
    unsigned long changed = find_change(s, time, dt, fresh);

    if (changed) {
        s->weight = (double)changed;
        memcpy(s->mean, fresh, sizeof fresh);
        return;
    }
    s->weight++;
    share = (float)fmax(1 / s->weight, 1 - exp(-dt / s->options.steady));
    for (int i = 0; i < s->labels; i++)
        s->mean[i] += share * (logs[i] - s->mean[i]);
}

static void end_learning(struct smoothing *s)
{
    float other = (1 - SMOOTHING_NEUTRAL) / (float)(s->labels - 1);
    float target[MIEN_LABELS_MAX];

    s->learning = false;
    for (int i = 0; i < s->labels; i++) {
        s->rest[i] /= (float)s->learned;
        target[i] = logf(i == s->neutral ? SMOOTHING_NEUTRAL : other);
    }
    centre(target, s->labels);
    for (int i = 0; i < s->labels; i++)
        s->shift[i] =
            fmaxf(-SMOOTHING_MOST_SHIFT, fminf(SMOOTHING_MOST_SHIFT, target[i] - s->rest[i]));
}

/* Learns from the logarithms as the model gave them; then they are shifted. */
static void take_neutral(struct smoothing *s, double time, float *logs)
{
    if (s->learning && s->learned == 0)
        s->learn_until += time;
    if (s->learning && s->learned > 0 && time >= s->learn_until)
        end_learning(s);
    if (s->learning) {
        s->learned++;
        for (int i = 0; i < s->labels; i++)
            s->rest[i] += logs[i];
    }
    for (int i = 0; i < s->labels; i++)
        logs[i] += s->shift[i];
    centre(logs, s->labels);
}

static int choose_label(const struct smoothing *s)
{
    int best = s->label;

    for (int i = 0; i < s->labels; i++)
        if (s->mean[i] > s->mean[best])
            best = i;
    return s->mean[best] > s->mean[s->label] + (float)s->options.margin ? best : s->label;
}

static int largest(const float *values, int count)
{
    int best = 0;

    for (int i = 1; i < count; i++)
        if (values[i] > values[best])
            best = i;
    return best;
}

int smoothing_step(struct smoothing *s, double time, float *probabilities)
{
    float logs[MIEN_LABELS_MAX] = {0};

    to_logs(s, probabilities, logs);
    take_neutral(s, time, logs);
    if (s->frames == 0) {
        memcpy(s->mean, logs, sizeof logs);
        s->label = largest(logs, s->labels);
        s->weight = 1;
        remember(s, time, logs);
    } else {
        double dt = fmax(0, time - s->time);
        remember(s, time, logs);
        average(s, time, dt, logs);
        s->label = choose_label(s);
    }
    s->time = time;
    to_probabilities(s->mean, s->labels, probabilities);
    return s->label;
}

void smoothing_learn_neutral(struct smoothing *s, int neutral, double seconds)
{
    s->neutral = neutral;
    s->learn_until = seconds;
    s->learned = 0;
    s->learning = true;
    memset(s->rest, 0, sizeof s->rest);
    memset(s->shift, 0, sizeof s->shift);
}

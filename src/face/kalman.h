/* kalman.h - a number that moves at a nearly constant velocity, seen through noise (Kalman, Journal
 * of Basic Engineering 82, 1960), as SORT follows the sides of a box (Bewley et al., ICIP 2016).
 * SPDX-License-Identifier: MIT */
#ifndef FACE_KALMAN_H
#define FACE_KALMAN_H

#include <math.h>

/* The estimate and its covariance: ((xx, xv), (xv, vv)). */
struct kalman {
    double x, v;
    double xx, xv, vv;
};

/* Seen once: the velocity is unknown, within `speed` (standard deviation, a second). */
static inline struct kalman kalman_start(double x, double noise, double speed)
{
    return (struct kalman){x, 0, noise * noise, 0, speed * speed};
}

/* `dt` seconds later; `acceleration` is what may change the velocity (standard deviation, a second
 * squared), `keep` the share of the velocity that is left, 1 for all. */
static inline void kalman_predict(struct kalman *k, double dt, double acceleration, double keep)
{
    double q = acceleration * acceleration * dt * dt;

    k->x += k->v * dt;
    k->xx += dt * (2 * k->xv + dt * k->vv) + q * dt * dt / 4;
    k->xv += dt * k->vv + q * dt / 2;
    k->vv += q;
    k->v *= keep;
}

/* Seen at `x` with this noise (standard deviation). */
static inline void kalman_correct(struct kalman *k, double x, double noise)
{
    double variance = k->xx + noise * noise;
    double gain_x = k->xx / variance, gain_v = k->xv / variance, error = x - k->x;

    k->x += gain_x * error;
    k->v += gain_v * error;
    k->vv -= gain_v * k->xv;
    k->xx *= 1 - gain_x;
    k->xv *= 1 - gain_x;
}

#endif

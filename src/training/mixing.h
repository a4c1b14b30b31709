/* mixing.h - pairs of pictures mixed, and their targets with them: mixup (Zhang et al., ICLR 2018)
 * and CutMix (Yun et al., ICCV 2019).
 *
 * Picture i of a batch is mixed with picture count - 1 - i: batches are shuffled, so its partner
 * is any. Each pair draws for itself: picture i keeps a share s of itself, from Beta(alpha, alpha),
 * and so does its partner. The middle one of an odd batch stays as it is.
 * SPDX-License-Identifier: MIT */
#ifndef TRAINING_MIXING_H
#define TRAINING_MIXING_H

#include <stdint.h>

#include "base/thread_pool.h"

struct mixing {
    float mixup_alpha;  /* the levels are s of its own plus 1 - s of its partner's; 0: off */
    float cutmix_alpha; /* a rectangle of 1 - s of the area is the partner's; 0: off */
    float probability; /* of a pair to be mixed, 0 to 1; one half of them each way if both are on */
};

/* Off: both alphas 0, probability 1. */
void mixing_init(struct mixing *mixing);

/* Mixes `levels` (count, H, W) in place and tells each picture's own share, `ret_shares` (count),
 * 1 where it is not mixed. The same key gives the same mixture at any thread count; `pool` may be
 * NULL. */
void mixing_apply(const struct mixing *mixing, float *levels, int count, int H, int W, uint64_t key,
                  struct thread_pool *pool, float *ret_shares);

/* Mixes rows (count, width) by the shares of their pictures: the targets of a head, or, with width
 * 1, the weights of the rows. */
void mixing_targets(const float *shares, int count, size_t width, float *targets);

#endif

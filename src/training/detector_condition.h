/* detector_condition.h - the same pictures under harder conditions, to see what a detector cannot
 * bear. Nothing is drawn at random: the same pictures give the same ones.
 * SPDX-License-Identifier: MIT */
#ifndef TRAINING_DETECTOR_CONDITION_H
#define TRAINING_DETECTOR_CONDITION_H

#include "training/detector_data.h"

enum detector_condition {
    CONDITION_HALF,    /* half as wide and high */
    CONDITION_QUARTER, /* a quarter as wide and high */
    CONDITION_BLURRED, /* a Gaussian of 2 pixels */
    CONDITION_DARK,    /* 15% of the light, and a little noise */
    CONDITION_NOISY,   /* noise of standard deviation 20 */
    CONDITION_BLOCKS,  /* as a very coarse JPEG */
    CONDITION_FADED,   /* an old print: 30% of the contrast, grain, dark edges */
    CONDITION_TILT_15, /* turned by 15 degrees, left and right in turn, with black around */
    CONDITION_TILT_30,
    CONDITIONS,
};

/* "half size", "tilted 30 degrees". */
const char *detector_condition_name(enum detector_condition condition);

/* All pictures of `data` under the condition; faces of less than 10 pixels are then to be ignored.
 * `pool` may be NULL. detector_data_close() ends it.
 * @return MIEN_ENOMEM */
mien_status detector_condition_apply(const struct detector_data *data,
                                     enum detector_condition condition, struct thread_pool *pool,
                                     struct detector_data *ret_data, mien_error *err);

#endif

/* answer_rules.h - how a classifier's logits become an answer, as its model file says: temperatures
 * (Guo, Pleiss, Sun, Weinberger: "On calibration of modern neural networks", ICML 2017), the
 * probability below which an answer is uncertain, and the one above which there is no face.
 * `mien calibrate` measures them.
 * SPDX-License-Identifier: MIT */
#ifndef NETWORK_ANSWER_RULES_H
#define NETWORK_ANSWER_RULES_H

#include "network/model_file.h"

/* The keys of a model's story that hold the rules; each value is one number. */
#define RULE_TEMPERATURE "temperature"
#define RULE_UNCERTAIN "uncertain below"
#define RULE_VOTES_TEMPERATURE "votes temperature"
#define RULE_VOTES_UNCERTAIN "votes uncertain below"
#define RULE_NOT_A_FACE "not a face above"

/* Of one output. */
struct answer_rule {
    float temperature;     /* logits are divided by it, 0.01 to 100 */
    float uncertain_below; /* the largest probability of an uncertain answer, 0 to 1 */
    bool can_be_uncertain; /* whether the model has that rule */
};

struct answer_rules {
    struct answer_rule expression, votes;
    float not_a_face_above; /* of the votes' column "not a face"; 1 where the model has no rule */
};

/* A model that says nothing has temperature 1 and is never uncertain. MIEN_ECORRUPT for what is no
 * number or out of range. */
mien_status answer_rules_read(const struct model_file *file, struct answer_rules *ret_rules,
                              mien_error *err);

#endif

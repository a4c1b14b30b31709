/* head_turn.h - a face as it would be seen with its head turned: marked faces look ahead nearly
 * all, and landmarks learned from those alone do not follow a head that does not.
 * SPDX-License-Identifier: MIT */
#ifndef TRAINING_HEAD_TURN_H
#define TRAINING_HEAD_TURN_H

#include "evaluation/face_mark.h"

/* A square around the face of `mark` (which has landmarks) in `picture` (grey), its eyes level, its
 * head turned by `angle`, -0.8 to 0.8 radians, to the right of the picture where above 0. The head
 * is a cylinder with a nose on it; what it hid before stays unseen. `ret_mark` is the face in
 * `ret_square`, which the caller frees.
 * @return MIEN_ENOMEM, or what image_warp() says */
mien_status head_turn(const struct image *picture, const struct face_mark *mark, float angle,
                      struct image *ret_square, struct face_mark *ret_mark, mien_error *err);

#endif

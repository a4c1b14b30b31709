/** mien/mien.h - recognise facial expressions in pictures.
 *
 *     mien_recognizer *recognizer;
 *     mien_workspace *workspace;
 *     mien_error err;
 *     if (mien_recognizer_open(NULL, &recognizer, &err) ||
 *         mien_workspace_new(recognizer, &workspace, &err))
 *         ...; // err.message says why
 *
 *     mien_picture picture = {pixels, width, height, 3, 3 * width};
 *     mien_box box = {120, 80, 96, 96};
 *     mien_face face;
 *     if (mien_classify(recognizer, workspace, &picture, &box, 1, &face, &err) == MIEN_OK)
 *         printf("%s %.0f%%\n", mien_label(recognizer, face.expression),
 *                100 * face.probabilities[face.expression]);
 *
 *     mien_workspace_free(workspace);
 *     mien_recognizer_close(recognizer);
 *
 * Threads. A recognizer never changes once open and may be shared by any number of threads. A
 * workspace is the scratch memory of one thread at a time. Nothing starts threads of its own: the
 * work is done on the thread that calls.
 *
 * Coordinates are pixels of the picture as given, x to the right and y down; pixel (x, y) covers
 * the square from (x, y) to (x + 1, y + 1).
 * SPDX-License-Identifier: MIT */
#ifndef MIEN_MIEN_H
#define MIEN_MIEN_H

#include <stddef.h>
#include <stdint.h>

#include "mien/error.h"

#ifdef __cplusplus
extern "C" {
#endif

/** The most labels that any model has. */
#define MIEN_LABELS_MAX 16

typedef struct mien_recognizer mien_recognizer;
typedef struct mien_workspace mien_workspace;

/** A picture that somebody else owns, 8 bits a channel. */
typedef struct mien_picture {
    const uint8_t *pixels; /**< (height, stride), 0 black to 255 full */
    int width, height;     /**< 1 to 65535 */
    int channels;          /**< 1 grey, 3 RGB */
    size_t stride;         /**< bytes from a row to the next, at least width * channels */
} mien_picture;

/** A rectangle. It may reach beyond the picture. */
typedef struct mien_box {
    float x, y, w, h;
} mien_box;

/** What was recognised in one face. */
typedef struct mien_face {
    mien_box box;
    int expression;                       /**< the most probable label, see mien_label() */
    float probabilities[MIEN_LABELS_MAX]; /**< of each label; they sum to 1 */
} mien_face;

/** Opens a model.
 * @param model          path of a .mien file, or the name of a built-in model; NULL: the default
 * @param ret_recognizer yours, until mien_recognizer_close()
 * @return MIEN_OK; MIEN_EIO, MIEN_ECORRUPT, MIEN_EUNSUPPORTED, MIEN_ENOMEM, or MIEN_EINVAL for a
 *         model that does not classify grey faces */
MIEN_API mien_status mien_recognizer_open(const char *model, mien_recognizer **ret_recognizer,
                                          mien_error *err);

/** Ends a recognizer after all its workspaces. NULL is welcome. */
MIEN_API void mien_recognizer_close(mien_recognizer *recognizer);

/** The number of labels, 1 to MIEN_LABELS_MAX. */
MIEN_API int mien_label_count(const mien_recognizer *recognizer);

/** The name of label 0 to count - 1 ("happy"), for as long as the recognizer lives. */
MIEN_API const char *mien_label(const mien_recognizer *recognizer, int label);

/** The model's name and its identity, the SHA-256 of its contents in hexadecimal. */
MIEN_API const char *mien_model_name(const mien_recognizer *recognizer);
MIEN_API const char *mien_model_sha256(const mien_recognizer *recognizer);

/** Scratch memory for one thread at a time; it allocates nothing later. */
MIEN_API mien_status mien_workspace_new(const mien_recognizer *recognizer,
                                        mien_workspace **ret_workspace, mien_error *err);

/** NULL is welcome. */
MIEN_API void mien_workspace_free(mien_workspace *workspace);

/** Recognises the expressions of faces whose place is known.
 * @param picture   borrowed for the call
 * @param boxes     (count) around the faces, each at least 1 x 1 and overlapping the picture;
 *                  what lies beyond its edge is taken to repeat the edge
 * @param ret_faces out (count); untouched on failure
 * @return MIEN_OK; MIEN_EINVAL for a bad picture or box, MIEN_ENOMEM. The same face gets the same
 *         answer whatever its neighbours, to the last bit. */
MIEN_API mien_status mien_classify(const mien_recognizer *recognizer, mien_workspace *workspace,
                                   const mien_picture *picture, const mien_box *boxes, size_t count,
                                   mien_face *ret_faces, mien_error *err);

#ifdef __cplusplus
}
#endif
#endif

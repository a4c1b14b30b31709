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
 *     mien_face faces[32];
 *     size_t count;
 *     if (mien_recognize(recognizer, workspace, &picture, NULL, faces, 32, &count, &err))
 *         ...;
 *     for (size_t i = 0; i < count; i++)
 *         printf("%s %.0f%%\n", mien_label(recognizer, faces[i].expression),
 *                100 * faces[i].probabilities[faces[i].expression]);
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

/** Why the answer for a face may be worth less. */
enum {
    MIEN_REASON_SMALL = 1,       /**< fewer pixels than the model was trained on */
    MIEN_REASON_BLURRED = 2,     /**< no fine detail */
    MIEN_REASON_DARK = 4,        /**< hardly any light */
    MIEN_REASON_TURNED = 8,      /**< looks to the side */
    MIEN_REASON_CUT_OFF = 16,    /**< reaches beyond the picture */
    MIEN_REASON_NOT_A_FACE = 32, /**< looks like none; told by models that learned FER+'s votes */
    MIEN_REASONS = 6             /**< how many there are: bits 0 to 5 */
};

/** What was found and recognised in one face. */
typedef struct mien_face {
    mien_box box;
    float confidence;      /**< that it is a face, 0 to 1; 1 for a box that was given */
    int has_landmarks;     /**< 0 for a box that was given */
    float landmarks[4][2]; /**< x, y of left eye, right eye, nose, mouth, as seen in the picture */
    unsigned reasons;      /**< MIEN_REASON_... bits */
    int expression;        /**< the most probable label, see mien_label(); -1 where only found */
    float probabilities[MIEN_LABELS_MAX]; /**< of each label; they sum to 1 */
    int uncertain; /**< 1: the highest probability is below what the model needs to be right as
                      often as it promises; 0: it is not; -1: the model has no such rule */
} mien_face;

/** How faces are found. */
typedef struct mien_find_options {
    float threshold;  /**< least confidence, above 0 and below 1; default 0.6 */
    float least_size; /**< least height of a face in pixels, above 0; default 20. At 16 and below,
                         pictures whose longer side is up to 1,228 pixels are looked at a second
                         time, enlarged 20 / least_size times, at most twice and up to 1,536
                         pixels: that takes up to five times as long */
} mien_find_options;

/** Opens a model. A built-in one goes before a file of its name.
 * @param model          name of a built-in model, or path of a .mien file; NULL: the default
 * @param ret_recognizer yours, until mien_recognizer_close()
 * @return MIEN_OK; MIEN_EIO, MIEN_ECORRUPT, MIEN_EUNSUPPORTED, MIEN_ENOMEM, or MIEN_EINVAL for a
 *         model that does not classify grey faces */
MIEN_API mien_status mien_recognizer_open(const char *model, mien_recognizer **ret_recognizer,
                                          mien_error *err);

/** Ends a recognizer after all its workspaces. NULL is welcome. */
MIEN_API void mien_recognizer_close(mien_recognizer *recognizer);

/** Chooses how many labels answers have, before any workspace is made and while no other thread has
 * the recognizer. A model that has learned the votes of FER+'s taggers answers by them, with
 * contempt as an eighth label, unless as many are asked for as it has labels: then by FER2013's
 * labels alone, which are noisier. MIEN_EINVAL for other counts. */
MIEN_API mien_status mien_recognizer_set_labels(mien_recognizer *recognizer, int count,
                                                mien_error *err);

/** The number of labels, 1 to MIEN_LABELS_MAX. */
MIEN_API int mien_label_count(const mien_recognizer *recognizer);

/** The name of label 0 to count - 1 ("happy"), for as long as the recognizer lives. */
MIEN_API const char *mien_label(const mien_recognizer *recognizer, int label);

/** The model's name and its identity, the SHA-256 of its contents in hexadecimal. */
MIEN_API const char *mien_model_name(const mien_recognizer *recognizer);
MIEN_API const char *mien_model_sha256(const mien_recognizer *recognizer);

/** Scratch memory for one thread at a time: all that the network itself needs. */
MIEN_API mien_status mien_workspace_new(const mien_recognizer *recognizer,
                                        mien_workspace **ret_workspace, mien_error *err);

/** NULL is welcome. */
MIEN_API void mien_workspace_free(mien_workspace *workspace);

/** Recognises the expressions of faces whose place is known.
 * @param picture   borrowed for the call
 * @param boxes     (count) around the faces, each at least 1 x 1 and overlapping the picture;
 *                  what lies beyond its edge is taken to repeat the edge
 * @param ret_faces out (count); untouched on failure
 * @return MIEN_OK; MIEN_EINVAL for a bad picture or box, MIEN_ECORRUPT for a model whose numbers
 *         overflow, MIEN_ENOMEM. The same face gets the same answer whatever its neighbours, to
 *         the last bit. */
MIEN_API mien_status mien_classify(const mien_recognizer *recognizer, mien_workspace *workspace,
                                   const mien_picture *picture, const mien_box *boxes, size_t count,
                                   mien_face *ret_faces, mien_error *err);

/** Fills in the defaults. */
MIEN_API void mien_find_options_init(mien_find_options *options);

/** Finds the faces in a picture: boxes, confidences and landmarks, no expressions.
 * @param options   NULL: the defaults
 * @param ret_faces out (capacity), the most confident first
 * @param ret_count out: how many were filled in; 0 is no error
 * @return MIEN_OK; MIEN_EINVAL for a bad picture or option, MIEN_ENOMEM, MIEN_EUNSUPPORTED if the
 *         library was built without a face detector */
MIEN_API mien_status mien_detect(const mien_recognizer *recognizer, mien_workspace *workspace,
                                 const mien_picture *picture, const mien_find_options *options,
                                 mien_face *ret_faces, size_t capacity, size_t *ret_count,
                                 mien_error *err);

/** Finds the faces in a picture, sets each upright by its landmarks, and recognises their
 * expressions. Arguments and errors as mien_detect(), and MIEN_ECORRUPT as mien_classify(). On
 * failure what is in `ret_faces` is undefined. */
MIEN_API mien_status mien_recognize(const mien_recognizer *recognizer, mien_workspace *workspace,
                                    const mien_picture *picture, const mien_find_options *options,
                                    mien_face *ret_faces, size_t capacity, size_t *ret_count,
                                    mien_error *err);

/** The pixels of a face that the model looks at, the size of mien_explain()'s results. */
MIEN_API void mien_input_size(const mien_recognizer *recognizer, int *ret_width, int *ret_height);

/** Which parts of a face speak for an expression: how far its probability falls when they are
 * covered. Runs the model some 330 times.
 * @param face        of this picture, as mien_recognize() or mien_classify() filled it in
 * @param label       whose probability; face->expression asks why the answer is what it is
 * @param ret_seen    out (height, width) of mien_input_size(): the face as the model sees it
 * @param ret_weights out (height, width): the mean fall over all covers of a pixel, -1 to 1; below
 *                    0 the pixel speaks against the expression. Both are untouched on failure
 * @return MIEN_OK; MIEN_EINVAL for a bad picture, face or label, MIEN_ECORRUPT as mien_classify(),
 *         MIEN_ENOMEM */
MIEN_API mien_status mien_explain(const mien_recognizer *recognizer, mien_workspace *workspace,
                                  const mien_picture *picture, const mien_face *face, int label,
                                  uint8_t *ret_seen, float *ret_weights, mien_error *err);

/** The name of reason 0 to MIEN_REASONS - 1, that of bit 1 << reason: "too small". */
MIEN_API const char *mien_reason(int reason);

#ifdef __cplusplus
}
#endif
#endif

/* onednn.h - the few calls of oneDNN that the network needs; nothing else in the tree includes
 * <dnnl.h>, so another version of oneDNN is another .c file in this folder.
 *
 * Every primitive runs on the calling thread alone. A `worker` number chooses the stream and the
 * memory objects; two threads never use the same worker at once. Activations are NHWC, f32 or bf16.
 *
 * N pictures, C channels in, H x W, K filters of R x S, output P x Q.
 * SPDX-License-Identifier: MIT */
#ifndef NETWORK_ONEDNN_H
#define NETWORK_ONEDNN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

/* Engine and one stream a worker. */
struct onednn;

mien_status onednn_new(int workers, struct onednn **ret_onednn, mien_error *err);
void onednn_free(struct onednn *onednn);

/* Whether the processor multiplies bf16 by itself (AVX-512 BF16 or AMX) and oneDNN uses it. */
bool onednn_has_bf16(void);

/* Whether it has AVX-512 (F, BW, VL, DQ) and oneDNN uses it. */
bool onednn_has_avx512(void);

struct convolution_shape {
    int N, H, W, C, K, R, S, P, Q;
    int stride, groups;
    int pad_top, pad_left; /* the far side follows from P and Q */
    bool bias;
    bool relu; /* y = max(0, ...) inside the same pass */
    /* x and dx, y and dy; y bf16 only if x is. dy of an f32 y is bf16 all the same if x is. Weights
     * are converted by packing, their gradients are f32. */
    bool x_bf16, y_bf16;
    /* Forward only, without bias and relu: x is u8 (s8 if x_signed), y s32, and packing takes s8
     * weights of -63 to 63. Sums are exact; of a signed x they are twice as large. */
    bool int8, x_signed;
};

/* Forward, and with `training` both backward passes, of one shape. Owns packed copies of the
 * weights in the layouts that the primitives want. */
struct onednn_convolution;

mien_status onednn_convolution_new(struct onednn *onednn, const struct convolution_shape *shape,
                                   bool training, struct onednn_convolution **ret_convolution,
                                   mien_error *err);
void onednn_convolution_free(struct onednn_convolution *convolution);

/* Bytes of scratch memory that each call below wants, aligned to MEMORY_ALIGNMENT. */
size_t onednn_convolution_scratch_bytes(const struct onednn_convolution *convolution);

/* False, in training, for a depthwise convolution whose weight gradient oneDNN has only general,
 * slow code for: there is none then. */
bool onednn_convolution_has_weight_gradient(const struct onednn_convolution *convolution);

/* Floats of the packed weight gradient. */
size_t onednn_convolution_gradient_floats(const struct onednn_convolution *convolution);

/* Takes new weights (K, R, S, C / groups), f32, or s8 for int8. Not while another thread runs the
 * convolution. */
void onednn_convolution_pack(struct onednn_convolution *convolution, int worker,
                             const void *weights);

/* y (N, P, Q, K) = x (N, H, W, C) * weights + bias (K). */
void onednn_convolution_forward(const struct onednn_convolution *convolution, int worker,
                                const void *x, const float *bias, void *y, void *scratch);

/* dx (N, H, W, C) from dy (N, P, Q, K). */
void onednn_convolution_backward_data(const struct onednn_convolution *convolution, int worker,
                                      const void *dy, void *dx, void *scratch);

/* The packed weight gradient and dbias (K, or NULL without bias); both are overwritten. */
void onednn_convolution_backward_weights(const struct onednn_convolution *convolution, int worker,
                                         const void *x, const void *dy, float *packed_gradient,
                                         float *dbias, void *scratch);

/* Packed gradient to dweights (K, R, S, C / groups). */
void onednn_convolution_unpack_gradient(const struct onednn_convolution *convolution, int worker,
                                        const float *packed_gradient, float *dweights);

/* C (M, N) = A (M, K) * B (K, N), each with its own distance between rows and columns. */
struct product_shape {
    int M, N, K;
    int a_row, a_column, b_row, b_column, c_row;
    bool bf16;   /* A and B are */
    bool c_bf16; /* only if A and B are */
};

struct onednn_product;

mien_status onednn_product_new(struct onednn *onednn, const struct product_shape *shape,
                               struct onednn_product **ret_product, mien_error *err);
void onednn_product_free(struct onednn_product *product);
size_t onednn_product_scratch_bytes(const struct onednn_product *product);
void onednn_product_run(const struct onednn_product *product, int worker, const void *a,
                        const void *b, void *c, void *scratch);

/* Calls `report` with each primitive's implementation name ("brgconv:avx512_core", ...). One that
 * starts with "ref" is oneDNN's slow reference code: a layout or shape it has no kernel for. */
typedef void onednn_report(void *context, const char *operation, const char *implementation);
void onednn_convolution_implementations(const struct onednn_convolution *convolution,
                                        onednn_report *report, void *context);
void onednn_product_implementations(const struct onednn_product *product, onednn_report *report,
                                    void *context);

#endif

/* layer.h - what a layer is to the architecture that describes it and to the plan that runs it.
 * One kind of layer is one file in layers/, which fills in one `struct layer_kind`.
 *
 * H, W, C: height, width, channels of one picture's activation, stored in that order.
 * SPDX-License-Identifier: MIT */
#ifndef NETWORK_LAYER_H
#define NETWORK_LAYER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct shape {
    int H, W, C;
};

static inline size_t shape_count(struct shape shape)
{
    return (size_t)shape.H * (size_t)shape.W * (size_t)shape.C;
}

/* What a parameter tensor is, which decides how it starts and how it is trained. */
enum parameter_role {
    PARAMETER_WEIGHTS, /* Glorot uniform; weight decay applies */
    PARAMETER_BIAS,    /* starts at 0 */
    PARAMETER_SCALE,   /* starts at 1 */
    PARAMETER_SHIFT,   /* starts at 0 */
    PARAMETER_MEAN,    /* running statistics: not trained */
    PARAMETER_VARIANCE
};

struct parameter {
    char name[48]; /* "convolution1.weights" */
    enum parameter_role role;
    int rank;
    size_t dims[4];
    size_t count;  /* product of dims */
    size_t offset; /* floats from the start of the network's block */
    size_t fan_in, fan_out;
};

static inline bool parameter_trained(const struct parameter *parameter)
{
    return parameter->role != PARAMETER_MEAN && parameter->role != PARAMETER_VARIANCE;
}

/* What dropout sets to 0 together. */
enum dropped { DROPPED_NUMBERS, DROPPED_CHANNELS, DROPPED_PICTURES };

enum { LAYER_INPUTS_MAX = 4, LAYER_PARAMETERS_MAX = 4, LAYER_NAME_MAX = 32 };

/* One line of an architecture. Its output is the value of the same number. */
struct layer {
    const struct layer_kind *kind;
    char name[LAYER_NAME_MAX];
    int line;                     /* of the architecture's text */
    int inputs[LAYER_INPUTS_MAX]; /* layer numbers */
    int input_count;
    struct shape in[LAYER_INPUTS_MAX], out;
    int parameters[LAYER_PARAMETERS_MAX]; /* numbers in the architecture's list */
    int parameter_count;

    /* hyperparameters; which of them mean something is up to the kind */
    int filters;            /* K of convolution, units of dense, r of squeeze */
    int filter_h, filter_w; /* R, S; window of pooling */
    int stride, groups;
    bool bias;
    float rate;            /* dropout rate, slope of leaky ReLU */
    enum dropped dropped;  /* by dropout */
    float mean, deviation; /* of normalize, in grey levels */
};

/* What a layer sees while it runs on one slice: pictures `first` to `first + pictures - 1` of the
 * batch. Buffers hold `slice` pictures. In training those from `pictures` on are computed but never
 * counted, and their gradients are zero; in inference there are none. */
struct layer_run {
    const struct layer *layer;
    const void *state;           /* what prepare() made */
    const float *const *weights; /* parameter tensors, in the layer's order */
    int worker, pictures, slice;
    size_t first;
    size_t place;     /* of the first one in the whole batch, which several processes may share */
    int slice_number; /* first / slice; whole_batch kinds: the block's number */
    const void *x[LAYER_INPUTS_MAX]; /* (slice, H, W, C) each */
    void *y;                         /* (slice, H, W, C); may be x[0] where the kind allows it */
    const void *dy;                  /* backward only */
    void *dx[LAYER_INPUTS_MAX];      /* NULL where nobody wants it; may be dy where x may be y */
    bool x_bf16, y_bf16;             /* x and dx, y and dy hold bf16 (bf16.h), else f32 */
    float *gradient;                 /* this lane's accumulator, `gradient_floats` long */
    float *const *dweights;          /* whole_batch kinds: the parameters' gradients */
    void *scratch;                   /* this worker's, `scratch_bytes` long */
    uint64_t key;                    /* random stream of this step and layer */
    bool training;
};

struct quantized;
struct plan_peers;

/* What prepare() is told and what it answers. */
struct layer_setup {
    struct onednn *onednn;
    int workers;
    int slice;  /* most pictures a call */
    int slices; /* most slices of a batch, in the passes that gather figures of it too */
    int batch;  /* whole_batch kinds: pictures a call */
    bool training;
    const struct plan_peers *peers; /* who share the batch (plan.h); NULL: nobody */
    bool x_bf16, y_bf16;            /* as in struct layer_run */
    bool relu; /* the following ReLU is computed by this layer (kinds with fuses_relu) */
    /* inference, kinds with fuses_batchnorm: the weights of the batch normalisation that follows
     * and that this layer computes, or NULL; they live as long as the plan */
    const float *const *norm;
    const struct quantized *quantized; /* inference: the layer's weights, or NULL if they are f32 */
    void *ret_state;
    size_t ret_gradient_floats; /* of a lane's accumulator: backward adds, reduce() reads */
    size_t ret_scratch_bytes;
    int ret_blocks; /* whole_batch kinds: tasks of forward and of backward */
};

struct words;

/* In a plan with bf16, what types a kind takes: f32, or bf16 (the upper half of an f32). Gradients
 * have the type of their values. */
enum layer_bf16 {
    BF16_NEVER,       /* reads and writes f32 */
    BF16_SAME,        /* reads and writes either, all of one type */
    BF16_WRITES,      /* reads f32, writes either */
    BF16_READS,       /* reads either, writes f32 */
    BF16_CONVOLUTION, /* reads either; writes bf16 only if it reads bf16 */
};

struct layer_kind {
    const char *name;
    const char *synopsis; /* how its line is written, for error messages */
    int inputs_least, inputs_most;

    /* Traits that the plan goes by. */
    bool recompute;        /* cheap: backward may run forward again instead of keeping y */
    bool in_place;         /* y may share x[0]'s memory */
    bool backward_wants_x; /* backward reads x */
    bool backward_wants_y; /* backward reads y */
    enum layer_bf16 bf16;
    int quantizes;        /* largest whole number of its weights (quantized.h); 0: f32 only */
    bool whole_batch;     /* in training runs in blocks over the whole batch, not in slices */
    bool fuses_relu;      /* can compute a ReLU that follows it */
    bool fuses_batchnorm; /* can compute a batch normalisation that follows it, in inference */

    /* Reads the rest of the line, then sets `out` and the parameters from `in`. */
    mien_status (*parse)(struct layer *layer, struct words *words, mien_error *err);
    mien_status (*shape)(struct layer *layer, struct parameter *parameters, mien_error *err);

    mien_status (*prepare)(const struct layer *layer, struct layer_setup *setup, mien_error *err);
    void (*release)(void *state);
    /* The weights have changed. Layers are updated at the same time, each by one worker. */
    void (*update)(void *state, int worker, const float *const *weights);

    void (*forward)(const struct layer_run *run);
    /* Once for each input whose gradient is wanted, the other dx NULL; kinds with parameters have
     * one input, and are called without dx too. */
    void (*backward)(const struct layer_run *run);

    /* Turns the sum of all lanes' accumulators into the parameters' gradients. */
    void (*reduce)(void *state, const struct layer *layer, int worker, const float *accumulator,
                   float *const *gradients);

    /* Kinds that need figures of the whole batch (batch normalisation): `gather` sees each slice
     * of x when it has been computed, `settle` ends the pass; the same backward for dy. */
    void (*gather_forward)(const struct layer_run *run);
    void (*settle_forward)(void *state, const struct layer *layer, int pictures,
                           float *const *weights);
    void (*gather_backward)(const struct layer_run *run);
    void (*settle_backward)(void *state, const struct layer *layer, int pictures,
                            float *const *gradients);

    /* Names the implementations that were chosen, for the test that none is a reference one. */
    void (*implementations)(const void *state,
                            void (*report)(void *context, const char *operation,
                                           const char *implementation),
                            void *context);
    /* Multiplications and additions for one picture. */
    double (*macs)(const struct layer *layer);
};

/* Those that the layer before them may compute. */
extern const struct layer_kind layer_relu, layer_batchnorm;

/* Of batch normalisation: Keras's. */
#define BATCHNORM_EPSILON 1e-3f

/* Every kind, NULL at the end. */
extern const struct layer_kind *const layer_kinds[];

/* Words of an architecture's line, read one after the other. */
struct words {
    const char *next;
    int line;
    const char *source; /* name of the text, for messages */
};

/* The next word into `ret_word`, or false at the end of the line. */
bool words_next(struct words *words, char *ret_word, size_t size);
/* True, and consumed, if the next word is `word`. */
bool words_match(struct words *words, const char *word);
mien_status words_int(struct words *words, const char *what, int least, int most, int *ret_value,
                      mien_error *err);
mien_status words_float(struct words *words, const char *what, float least, float most,
                        float *ret_value, mien_error *err);
/* "3x5" */
mien_status words_size(struct words *words, const char *what, int least, int most, int *ret_h,
                       int *ret_w, mien_error *err);

/* Adds a parameter tensor; `parameters` has room for LAYER_PARAMETERS_MAX. */
struct parameter *layer_add_parameter(struct layer *layer, struct parameter *parameters,
                                      const char *name, enum parameter_role role, int rank,
                                      const size_t *dims);

#endif

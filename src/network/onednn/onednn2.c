/* onednn2.c - onednn.h over oneDNN 2 (Debian 12 has 2.6).
 *
 * oneDNN is built with OpenMP, whose threads spin and ruin each other when two programs share the
 * processors. So every primitive is created and run with one OpenMP thread, and the network spreads
 * slices of the batch over its own pool. The caller's OpenMP setting is put back each time.
 * SPDX-License-Identifier: MIT */
#include "network/onednn/onednn.h"

#include <dnnl.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

struct onednn {
    dnnl_engine_t engine;
    int workers;
    dnnl_stream_t *streams; /* (workers) */
};

/* One primitive with the memory objects that each worker hands it. */
enum { ARGUMENTS_MAX = 5 };

struct primitive {
    const struct onednn *onednn;
    dnnl_primitive_desc_t description;
    dnnl_primitive_t primitive;
    size_t scratch_bytes;
    int arguments;             /* the last one is the scratchpad */
    dnnl_exec_arg_t *argument; /* (workers, ARGUMENTS_MAX) */
};

static int single_thread_begin(void)
{
    int threads = omp_get_max_threads();

    if (threads != 1)
        omp_set_num_threads(1);
    return threads;
}

static void single_thread_end(int threads)
{
    if (threads != 1)
        omp_set_num_threads(threads);
}

static mien_status failed(mien_error *err, const char *what, dnnl_status_t status)
{
    if (status == dnnl_out_of_memory)
        return error_set(err, MIEN_ENOMEM, "out of memory while making a %s", what);
    return error_set(err, MIEN_EUNSUPPORTED, "oneDNN cannot make this %s (status %d)", what,
                     (int)status);
}

mien_status onednn_new(int workers, struct onednn **ret_onednn, mien_error *err)
{
    struct onednn *onednn = calloc(1, sizeof *onednn);
    dnnl_status_t status;

    if (!onednn)
        return error_memory(err, sizeof *onednn);
    onednn->streams = calloc((size_t)workers, sizeof *onednn->streams);
    status =
        onednn->streams ? dnnl_engine_create(&onednn->engine, dnnl_cpu, 0) : dnnl_out_of_memory;
    for (; !status && onednn->workers < workers; onednn->workers++)
        status = dnnl_stream_create(&onednn->streams[onednn->workers], onednn->engine,
                                    dnnl_stream_default_flags);
    if (status) {
        onednn_free(onednn);
        return failed(err, "processor engine", status);
    }
    *ret_onednn = onednn;
    return MIEN_OK;
}

void onednn_free(struct onednn *onednn)
{
    if (!onednn)
        return;
    for (int i = 0; i < onednn->workers; i++)
        if (onednn->streams[i])
            dnnl_stream_destroy(onednn->streams[i]);
    if (onednn->engine)
        dnnl_engine_destroy(onednn->engine);
    free(onednn->streams);
    free(onednn);
}

bool onednn_has_bf16(void)
{
    dnnl_cpu_isa_t isa = dnnl_get_effective_cpu_isa();

    return (isa & dnnl_cpu_isa_avx512_core_bf16) == dnnl_cpu_isa_avx512_core_bf16;
}

bool onednn_has_avx512(void)
{
    dnnl_cpu_isa_t isa = dnnl_get_effective_cpu_isa();

    return (isa & dnnl_cpu_isa_avx512_core) == dnnl_cpu_isa_avx512_core;
}

static const dnnl_memory_desc_t *query(dnnl_primitive_desc_t description, dnnl_query_t what)
{
    return dnnl_primitive_desc_query_md(description, what, 0);
}

static void primitive_free(struct primitive *primitive)
{
    int count = primitive->argument ? primitive->onednn->workers * ARGUMENTS_MAX : 0;

    for (int i = 0; i < count; i++)
        if (primitive->argument[i].memory)
            dnnl_memory_destroy(primitive->argument[i].memory);
    free(primitive->argument);
    if (primitive->primitive)
        dnnl_primitive_destroy(primitive->primitive);
    if (primitive->description)
        dnnl_primitive_desc_destroy(primitive->description);
    *primitive = (struct primitive){0};
}

/* An argument of a primitive: what it is and how its memory is laid out. */
struct argument {
    int id;
    const dnnl_memory_desc_t *layout;
};

static dnnl_status_t make_memory(struct primitive *primitive, const struct argument *arguments)
{
    const struct onednn *onednn = primitive->onednn;
    dnnl_status_t status = dnnl_success;

    primitive->argument =
        calloc((size_t)onednn->workers * ARGUMENTS_MAX, sizeof *primitive->argument);
    if (!primitive->argument)
        return dnnl_out_of_memory;
    for (int worker = 0; worker < onednn->workers; worker++)
        for (int i = 0; i < primitive->arguments && !status; i++) {
            dnnl_exec_arg_t *argument = &primitive->argument[worker * ARGUMENTS_MAX + i];
            argument->arg = arguments[i].id;
            status = dnnl_memory_create(&argument->memory, arguments[i].layout, onednn->engine,
                                        DNNL_MEMORY_NONE);
        }
    return status;
}

/* Finishes a primitive whose description was just made; the scratchpad becomes its last argument.
 */
static dnnl_status_t finish(struct primitive *primitive, const struct argument *arguments,
                            int count)
{
    struct argument all[ARGUMENTS_MAX];
    dnnl_status_t status = dnnl_primitive_create(&primitive->primitive, primitive->description);

    if (status)
        return status;
    memcpy(all, arguments, (size_t)count * sizeof *all);
    all[count].id = DNNL_ARG_SCRATCHPAD;
    all[count].layout = query(primitive->description, dnnl_query_scratchpad_md);
    primitive->scratch_bytes = dnnl_memory_desc_get_size(all[count].layout);
    primitive->arguments = count + 1;
    return make_memory(primitive, all);
}

/* Runs with the data pointers in the order of the arguments; NULL keeps what was set before. */
static void run(const struct primitive *primitive, int worker, const void *const *data)
{
    dnnl_exec_arg_t *argument = primitive->argument + worker * ARGUMENTS_MAX;
    int threads = single_thread_begin();

    for (int i = 0; i < primitive->arguments; i++)
        if (data[i])
            dnnl_memory_set_data_handle(argument[i].memory, (void *)data[i]);
    dnnl_primitive_execute(primitive->primitive, primitive->onednn->streams[worker],
                           primitive->arguments, argument);
    single_thread_end(threads);
}

/* Sets one argument for all workers: what every call shares. */
static void set_everywhere(struct primitive *primitive, int argument, void *data)
{
    for (int worker = 0; worker < primitive->onednn->workers; worker++)
        dnnl_memory_set_data_handle(primitive->argument[worker * ARGUMENTS_MAX + argument].memory,
                                    data);
}

static dnnl_status_t user_scratchpad(dnnl_primitive_attr_t *ret_attributes)
{
    dnnl_status_t status = dnnl_primitive_attr_create(ret_attributes);

    return status ? status
                  : dnnl_primitive_attr_set_scratchpad_mode(*ret_attributes,
                                                            dnnl_scratchpad_mode_user);
}

/* --- convolution --- */

struct onednn_convolution {
    struct onednn *onednn;
    struct convolution_shape shape;
    dnnl_memory_desc_t weights_layout; /* ours: (K, R, S, C / groups) */
    struct primitive forward, backward_data, backward_weights;
    struct primitive pack_forward, pack_backward, unpack_gradient; /* reorders */
    float *packed_forward, *packed_backward;
    size_t gradient_floats;
};

static void all_primitives(struct onednn_convolution *c, struct primitive *ret_all[6])
{
    ret_all[0] = &c->forward;
    ret_all[1] = &c->backward_data;
    ret_all[2] = &c->backward_weights;
    ret_all[3] = &c->pack_forward;
    ret_all[4] = &c->pack_backward;
    ret_all[5] = &c->unpack_gradient;
}

/* What the three convolution descriptions share. */
struct convolution_layouts {
    dnnl_memory_desc_t x, y, dy, bias;
    dnnl_memory_desc_t weights, dweights; /* any layout */
    dnnl_dims_t strides, pad_near, pad_far;
};

static dnnl_status_t our_weights_layout(const struct convolution_shape *s,
                                        dnnl_memory_desc_t *ret_layout)
{
    dnnl_dim_t K = s->K / s->groups, C = s->C / s->groups, R = s->R, S = s->S;
    dnnl_dims_t plain = {K, C, R, S}, plain_strides = {R * S * C, 1, S * C, C};
    dnnl_dims_t grouped = {s->groups, K, C, R, S};
    dnnl_dims_t grouped_strides = {K * R * S * C, R * S * C, 1, S * C, C};
    dnnl_data_type_t type = s->int8 ? dnnl_s8 : dnnl_f32;

    if (s->groups == 1)
        return dnnl_memory_desc_init_by_strides(ret_layout, 4, plain, type, plain_strides);
    return dnnl_memory_desc_init_by_strides(ret_layout, 5, grouped, type, grouped_strides);
}

static dnnl_data_type_t activation_type(const struct convolution_shape *s, bool bf16)
{
    if (s->int8)
        return s->x_signed ? dnnl_s8 : dnnl_u8;
    return bf16 ? dnnl_bf16 : dnnl_f32;
}

static dnnl_status_t describe_layouts(const struct onednn_convolution *convolution,
                                      struct convolution_layouts *l)
{
    const struct convolution_shape *s = &convolution->shape;
    dnnl_dims_t x = {s->N, s->C, s->H, s->W}, y = {s->N, s->K, s->P, s->Q}, bias = {s->K};
    int far_h = (s->P - 1) * s->stride + s->R - s->H - s->pad_top;
    int far_w = (s->Q - 1) * s->stride + s->S - s->W - s->pad_left;
    dnnl_data_type_t x_type = activation_type(s, s->x_bf16);
    dnnl_data_type_t y_type = s->int8 ? dnnl_s32 : activation_type(s, s->y_bf16);
    dnnl_data_type_t weights_type = s->int8 ? dnnl_s8 : x_type;
    dnnl_status_t status;

    l->strides[0] = l->strides[1] = s->stride;
    l->pad_near[0] = s->pad_top;
    l->pad_near[1] = s->pad_left;
    l->pad_far[0] = far_h;
    l->pad_far[1] = far_w;
    status = dnnl_memory_desc_init_by_tag(&l->weights, convolution->weights_layout.ndims,
                                          convolution->weights_layout.dims, weights_type,
                                          dnnl_format_tag_any);
    if (!status)
        status = dnnl_memory_desc_init_by_tag(&l->x, 4, x, x_type, dnnl_nhwc);
    if (!status)
        status = dnnl_memory_desc_init_by_tag(&l->dweights, convolution->weights_layout.ndims,
                                              convolution->weights_layout.dims, dnnl_f32,
                                              dnnl_format_tag_any);
    if (!status)
        status = dnnl_memory_desc_init_by_tag(&l->y, 4, y, y_type, dnnl_nhwc);
    if (!status)
        status = dnnl_memory_desc_init_by_tag(&l->dy, 4, y, x_type, dnnl_nhwc);
    if (!status)
        status = dnnl_memory_desc_init_by_tag(&l->bias, 1, bias, dnnl_f32, dnnl_x);
    return status;
}

static dnnl_status_t forward_attributes(bool relu, dnnl_primitive_attr_t *ret_attributes)
{
    dnnl_post_ops_t post = NULL;
    dnnl_status_t status = user_scratchpad(ret_attributes);

    if (status || !relu)
        return status;
    status = dnnl_post_ops_create(&post);
    if (!status)
        status = dnnl_post_ops_append_eltwise(post, 1.0f, dnnl_eltwise_relu, 0.0f, 0.0f);
    if (!status)
        status = dnnl_primitive_attr_set_post_ops(*ret_attributes, post);
    if (post)
        dnnl_post_ops_destroy(post);
    return status;
}

static dnnl_status_t make_forward(struct onednn_convolution *c, const struct convolution_layouts *l)
{
    struct primitive *forward = &c->forward;
    dnnl_primitive_attr_t attributes = NULL;
    dnnl_convolution_desc_t description;
    dnnl_status_t status = forward_attributes(c->shape.relu, &attributes);

    if (!status)
        status = dnnl_convolution_forward_desc_init(
            &description, dnnl_forward_training, dnnl_convolution_direct, &l->x, &l->weights,
            c->shape.bias ? &l->bias : NULL, &l->y, l->strides, l->pad_near, l->pad_far);
    if (!status)
        status = dnnl_primitive_desc_create(&forward->description, &description, attributes,
                                            c->onednn->engine, NULL);
    if (!status) {
        const struct argument arguments[] = {
            {DNNL_ARG_WEIGHTS, query(forward->description, dnnl_query_weights_md)},
            {DNNL_ARG_SRC, &l->x},
            {DNNL_ARG_DST, &l->y},
            {DNNL_ARG_BIAS, &l->bias},
        };
        status = finish(forward, arguments, c->shape.bias ? 4 : 3);
    }
    if (attributes)
        dnnl_primitive_attr_destroy(attributes);
    return status;
}

static dnnl_status_t make_backward_data(struct onednn_convolution *c,
                                        const struct convolution_layouts *l,
                                        dnnl_primitive_attr_t attributes)
{
    struct primitive *backward = &c->backward_data;
    dnnl_convolution_desc_t description;
    dnnl_status_t status = dnnl_convolution_backward_data_desc_init(
        &description, dnnl_convolution_direct, &l->x, &l->weights, &l->dy, l->strides, l->pad_near,
        l->pad_far);

    if (!status)
        status = dnnl_primitive_desc_create(&backward->description, &description, attributes,
                                            c->onednn->engine, c->forward.description);
    if (!status) {
        const struct argument arguments[] = {
            {DNNL_ARG_WEIGHTS, query(backward->description, dnnl_query_weights_md)},
            {DNNL_ARG_DIFF_DST, &l->dy},
            {DNNL_ARG_DIFF_SRC, &l->x},
        };
        status = finish(backward, arguments, 3);
    }
    return status;
}

static const char *implementation(const struct primitive *primitive)
{
    const char *name = "";

    dnnl_primitive_desc_query(primitive->description, dnnl_query_impl_info_str, 0, &name);
    return name;
}

/* oneDNN's code for depthwise convolution is a class of its own: "jit_dw:avx512_core". */
static bool is_slow(const struct onednn_convolution *c, const struct primitive *primitive)
{
    return c->shape.groups == c->shape.C && c->shape.groups == c->shape.K && c->shape.C > 1 &&
           strncmp(implementation(primitive), "jit_dw", 6) != 0;
}

static dnnl_status_t make_backward_weights(struct onednn_convolution *c,
                                           const struct convolution_layouts *l,
                                           dnnl_primitive_attr_t attributes)
{
    struct primitive *backward = &c->backward_weights;
    dnnl_convolution_desc_t description;
    dnnl_status_t status = dnnl_convolution_backward_weights_desc_init(
        &description, dnnl_convolution_direct, &l->x, &l->dweights, c->shape.bias ? &l->bias : NULL,
        &l->dy, l->strides, l->pad_near, l->pad_far);

    if (!status)
        status = dnnl_primitive_desc_create(&backward->description, &description, attributes,
                                            c->onednn->engine, c->forward.description);
    if (!status && is_slow(c, backward)) {
        primitive_free(backward);
        backward->onednn = c->onednn;
    } else if (!status) {
        const dnnl_memory_desc_t *layout = query(backward->description, dnnl_query_diff_weights_md);
        const struct argument arguments[] = {
            {DNNL_ARG_DIFF_WEIGHTS, layout},
            {DNNL_ARG_SRC, &l->x},
            {DNNL_ARG_DIFF_DST, &l->dy},
            {DNNL_ARG_DIFF_BIAS, &l->bias},
        };
        c->gradient_floats = dnnl_memory_desc_get_size(layout) / sizeof(float);
        status = finish(backward, arguments, c->shape.bias ? 4 : 3);
    }
    return status;
}

static dnnl_status_t make_reorder(struct primitive *reorder, const dnnl_memory_desc_t *from,
                                  const dnnl_memory_desc_t *to, float factor)
{
    dnnl_engine_t engine = reorder->onednn->engine;
    const struct argument arguments[] = {{DNNL_ARG_FROM, from}, {DNNL_ARG_TO, to}};
    dnnl_primitive_attr_t attributes = NULL;
    dnnl_status_t status = dnnl_primitive_attr_create(&attributes);

    if (!status && factor != 1)
        status = dnnl_primitive_attr_set_output_scales(attributes, 1, 0, &factor);
    if (!status)
        status = dnnl_reorder_primitive_desc_create(&reorder->description, from, engine, to, engine,
                                                    attributes);
    if (attributes)
        dnnl_primitive_attr_destroy(attributes);
    return status ? status : finish(reorder, arguments, 2);
}

/* Without int8 units oneDNN halves the weights that meet signed numbers, so that sums of two
 * products stay within 16 bits: twice as large, they lose nothing. */
static float packing_factor(const struct onednn_convolution *c)
{
    return c->shape.int8 && c->shape.x_signed ? 2 : 1;
}

static dnnl_status_t make_packing(const struct onednn_convolution *c, struct primitive *reorder,
                                  struct primitive *user, float **ret_packed)
{
    const dnnl_memory_desc_t *theirs = query(user->description, dnnl_query_weights_md);
    dnnl_status_t status = make_reorder(reorder, &c->weights_layout, theirs, packing_factor(c));

    if (status)
        return status;
    *ret_packed = memory_aligned_new(dnnl_memory_desc_get_size(theirs));
    if (!*ret_packed)
        return dnnl_out_of_memory;
    set_everywhere(reorder, 1, *ret_packed);
    set_everywhere(user, 0, *ret_packed);
    return dnnl_success;
}

static dnnl_status_t make_convolution(struct onednn_convolution *c, bool training)
{
    struct convolution_layouts layouts;
    dnnl_primitive_attr_t attributes = NULL;
    dnnl_status_t status = our_weights_layout(&c->shape, &c->weights_layout);

    if (!status)
        status = describe_layouts(c, &layouts);
    if (!status)
        status = user_scratchpad(&attributes);
    if (!status)
        status = make_forward(c, &layouts);
    if (!status)
        status = make_packing(c, &c->pack_forward, &c->forward, &c->packed_forward);
    if (!status && training)
        status = make_backward_data(c, &layouts, attributes);
    if (!status && training)
        status = make_packing(c, &c->pack_backward, &c->backward_data, &c->packed_backward);
    if (!status && training)
        status = make_backward_weights(c, &layouts, attributes);
    if (!status && c->backward_weights.description)
        status = make_reorder(&c->unpack_gradient,
                              query(c->backward_weights.description, dnnl_query_diff_weights_md),
                              &c->weights_layout, 1);
    if (attributes)
        dnnl_primitive_attr_destroy(attributes);
    return status;
}

mien_status onednn_convolution_new(struct onednn *onednn, const struct convolution_shape *shape,
                                   bool training, struct onednn_convolution **ret_convolution,
                                   mien_error *err)
{
    struct onednn_convolution *c = calloc(1, sizeof *c);
    struct primitive *all[6];
    dnnl_status_t status;
    int threads;

    if (!c)
        return error_memory(err, sizeof *c);
    c->onednn = onednn;
    c->shape = *shape;
    all_primitives(c, all);
    for (int i = 0; i < 6; i++)
        all[i]->onednn = onednn;
    threads = single_thread_begin();
    status = make_convolution(c, training);
    single_thread_end(threads);
    if (status) {
        onednn_convolution_free(c);
        return failed(err, "convolution", status);
    }
    *ret_convolution = c;
    return MIEN_OK;
}

void onednn_convolution_free(struct onednn_convolution *c)
{
    struct primitive *all[6];

    if (!c)
        return;
    all_primitives(c, all);
    for (int i = 0; i < 6; i++)
        primitive_free(all[i]);
    free(c->packed_forward);
    free(c->packed_backward);
    free(c);
}

size_t onednn_convolution_scratch_bytes(const struct onednn_convolution *c)
{
    struct primitive *all[6];
    size_t most = 0;

    all_primitives((struct onednn_convolution *)c, all);
    for (int i = 0; i < 6; i++)
        if (all[i]->scratch_bytes > most)
            most = all[i]->scratch_bytes;
    return most;
}

bool onednn_convolution_has_weight_gradient(const struct onednn_convolution *c)
{
    return c->backward_weights.description;
}

size_t onednn_convolution_gradient_floats(const struct onednn_convolution *c)
{
    return c->gradient_floats;
}

void onednn_convolution_pack(struct onednn_convolution *c, int worker, const void *weights)
{
    run(&c->pack_forward, worker, (const void *[]){weights, NULL, NULL});
    if (c->packed_backward)
        run(&c->pack_backward, worker, (const void *[]){weights, NULL, NULL});
}

void onednn_convolution_forward(const struct onednn_convolution *c, int worker, const void *x,
                                const float *bias, void *y, void *scratch)
{
    if (c->shape.bias)
        run(&c->forward, worker, (const void *[]){NULL, x, y, bias, scratch});
    else
        run(&c->forward, worker, (const void *[]){NULL, x, y, scratch});
}

void onednn_convolution_backward_data(const struct onednn_convolution *c, int worker,
                                      const void *dy, void *dx, void *scratch)
{
    run(&c->backward_data, worker, (const void *[]){NULL, dy, dx, scratch});
}

void onednn_convolution_backward_weights(const struct onednn_convolution *c, int worker,
                                         const void *x, const void *dy, float *packed_gradient,
                                         float *dbias, void *scratch)
{
    if (c->shape.bias)
        run(&c->backward_weights, worker, (const void *[]){packed_gradient, x, dy, dbias, scratch});
    else
        run(&c->backward_weights, worker, (const void *[]){packed_gradient, x, dy, scratch});
}

void onednn_convolution_unpack_gradient(const struct onednn_convolution *c, int worker,
                                        const float *packed_gradient, float *dweights)
{
    run(&c->unpack_gradient, worker, (const void *[]){packed_gradient, dweights, NULL});
}

/* --- matrix product --- */

struct onednn_product {
    struct primitive primitive;
};

static dnnl_status_t make_product(struct primitive *primitive, const struct product_shape *s)
{
    dnnl_dims_t a_size = {s->M, s->K}, b_size = {s->K, s->N}, c_size = {s->M, s->N};
    dnnl_dims_t a_strides = {s->a_row, s->a_column}, b_strides = {s->b_row, s->b_column};
    dnnl_dims_t c_strides = {s->c_row, 1};
    dnnl_data_type_t type = s->bf16 ? dnnl_bf16 : dnnl_f32;
    dnnl_memory_desc_t a, b, c;
    dnnl_matmul_desc_t description;
    dnnl_primitive_attr_t attributes = NULL;
    dnnl_status_t status = user_scratchpad(&attributes);

    if (!status)
        status = dnnl_memory_desc_init_by_strides(&a, 2, a_size, type, a_strides);
    if (!status)
        status = dnnl_memory_desc_init_by_strides(&b, 2, b_size, type, b_strides);
    if (!status)
        status = dnnl_memory_desc_init_by_strides(&c, 2, c_size, s->c_bf16 ? dnnl_bf16 : dnnl_f32,
                                                  c_strides);
    if (!status)
        status = dnnl_matmul_desc_init(&description, &a, &b, NULL, &c);
    if (!status)
        status = dnnl_primitive_desc_create(&primitive->description, &description, attributes,
                                            primitive->onednn->engine, NULL);
    if (!status) {
        const struct argument arguments[] = {
            {DNNL_ARG_SRC, &a}, {DNNL_ARG_WEIGHTS, &b}, {DNNL_ARG_DST, &c}};
        status = finish(primitive, arguments, 3);
    }
    if (attributes)
        dnnl_primitive_attr_destroy(attributes);
    return status;
}

mien_status onednn_product_new(struct onednn *onednn, const struct product_shape *shape,
                               struct onednn_product **ret_product, mien_error *err)
{
    struct onednn_product *product = calloc(1, sizeof *product);
    dnnl_status_t status;
    int threads;

    if (!product)
        return error_memory(err, sizeof *product);
    product->primitive.onednn = onednn;
    threads = single_thread_begin();
    status = make_product(&product->primitive, shape);
    single_thread_end(threads);
    if (status) {
        onednn_product_free(product);
        return failed(err, "matrix product", status);
    }
    *ret_product = product;
    return MIEN_OK;
}

void onednn_product_free(struct onednn_product *product)
{
    if (!product)
        return;
    primitive_free(&product->primitive);
    free(product);
}

size_t onednn_product_scratch_bytes(const struct onednn_product *product)
{
    return product->primitive.scratch_bytes;
}

void onednn_product_run(const struct onednn_product *product, int worker, const void *a,
                        const void *b, void *c, void *scratch)
{
    run(&product->primitive, worker, (const void *[]){a, b, c, scratch});
}

/* --- which implementation oneDNN chose --- */

static void report_one(const struct primitive *primitive, const char *operation,
                       onednn_report *report, void *context)
{
    if (primitive->description)
        report(context, operation, implementation(primitive));
}

void onednn_convolution_implementations(const struct onednn_convolution *c, onednn_report *report,
                                        void *context)
{
    report_one(&c->forward, "convolution forward", report, context);
    report_one(&c->backward_data, "convolution backward data", report, context);
    report_one(&c->backward_weights, "convolution backward weights", report, context);
}

void onednn_product_implementations(const struct onednn_product *product, onednn_report *report,
                                    void *context)
{
    report_one(&product->primitive, "product", report, context);
}

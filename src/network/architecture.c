/* architecture.c - parse an architecture's text and work out every shape. Untrusted input: a model
 * file brings its own text, so every number is bounded before it is used.
 * SPDX-License-Identifier: MIT */
#include "network/architecture.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "network/model_format.h"

enum {
    WORD_MAX = 64,
    TEXT_MAX = 1 << 20,
    SIDE_MAX = 8192,
    CHANNELS_MAX = 1 << 22,
};
#define BLOCK_MAX ((size_t)1 << 28) /* floats of all parameters: 1 GiB */

/* --- words --- */

bool words_next(struct words *words, char *ret_word, size_t size)
{
    size_t length = 0;

    while (*words->next == ' ' || *words->next == '\t')
        words->next++;
    while (*words->next && !isspace((unsigned char)*words->next) && *words->next != '#') {
        if (length + 1 < size)
            ret_word[length++] = *words->next;
        words->next++;
    }
    ret_word[length] = 0;
    return length > 0;
}

bool words_match(struct words *words, const char *word)
{
    struct words ahead = *words;
    char next[WORD_MAX];

    if (!words_next(&ahead, next, sizeof next) || strcmp(next, word) != 0)
        return false;
    *words = ahead;
    return true;
}

static mien_status bad_word(const struct words *words, const char *word, const char *what,
                            double least, double most, mien_error *err)
{
    return error_set(err, MIEN_EINVAL, "%s:%d: %s %s%s%s: give a number from %g to %g",
                     words->source, words->line, what, word[0] ? "is \"" : "is missing", word,
                     word[0] ? "\"" : "", least, most);
}

static bool parse_int(const char *text, char **end, int least, int most, int *ret_value)
{
    long value;

    errno = 0;
    value = strtol(text, end, 10);
    if (*end == text || errno || value < least || value > most)
        return false;
    *ret_value = (int)value;
    return true;
}

mien_status words_int(struct words *words, const char *what, int least, int most, int *ret_value,
                      mien_error *err)
{
    char word[WORD_MAX], *end;

    words_next(words, word, sizeof word);
    if (!parse_int(word, &end, least, most, ret_value) || *end)
        return bad_word(words, word, what, least, most, err);
    return MIEN_OK;
}

mien_status words_float(struct words *words, const char *what, float least, float most,
                        float *ret_value, mien_error *err)
{
    char word[WORD_MAX], *end;
    float value;

    words_next(words, word, sizeof word);
    value = strtof(word, &end);
    if (end == word || *end || !(value >= least && value <= most))
        return bad_word(words, word, what, least, most, err);
    *ret_value = value;
    return MIEN_OK;
}

mien_status words_size(struct words *words, const char *what, int least, int most, int *ret_h,
                       int *ret_w, mien_error *err)
{
    char word[WORD_MAX], *end;

    words_next(words, word, sizeof word);
    if (!parse_int(word, &end, least, most, ret_h) || *end != 'x' ||
        !parse_int(end + 1, &end, least, most, ret_w) || *end)
        return error_set(err, MIEN_EINVAL,
                         "%s:%d: %s \"%s\": give height x width like 3x3, each from %d to %d",
                         words->source, words->line, what, word, least, most);
    return MIEN_OK;
}

struct parameter *layer_add_parameter(struct layer *layer, struct parameter *parameters,
                                      const char *name, enum parameter_role role, int rank,
                                      const size_t *dims)
{
    struct parameter *parameter = &parameters[layer->parameter_count++];

    snprintf(parameter->name, sizeof parameter->name, "%s.%s", layer->name, name);
    parameter->role = role;
    parameter->rank = rank;
    parameter->count = 1;
    for (int i = 0; i < rank; i++) {
        parameter->dims[i] = dims[i];
        parameter->count *= dims[i];
    }
    return parameter;
}

/* --- lines --- */

/* The input layer: `input HxWxC`. */
static mien_status input_parse(struct layer *layer, struct words *words, mien_error *err)
{
    char word[WORD_MAX], *end;
    struct shape *out = &layer->out;

    words_next(words, word, sizeof word);
    if (!parse_int(word, &end, 1, SIDE_MAX, &out->H) || *end != 'x' ||
        !parse_int(end + 1, &end, 1, SIDE_MAX, &out->W) || *end != 'x' ||
        !parse_int(end + 1, &end, 1, 65536, &out->C) || *end)
        return error_set(err, MIEN_EINVAL,
                         "%s:%d: input \"%s\": give height x width x channels, like 48x48x1",
                         words->source, words->line, word);
    return MIEN_OK;
}

static mien_status input_shape(struct layer *layer, struct parameter *parameters, mien_error *err)
{
    (void)layer;
    (void)parameters;
    (void)err;
    return MIEN_OK;
}

static const struct layer_kind layer_input = {
    .name = "input",
    .synopsis = "input HxWxC",
    .parse = input_parse,
    .shape = input_shape,
};

static const struct layer_kind *find_kind(const char *name)
{
    for (int i = 0; layer_kinds[i]; i++)
        if (strcmp(layer_kinds[i]->name, name) == 0)
            return layer_kinds[i];
    return NULL;
}

static mien_status unknown_kind(const struct words *words, const char *name, mien_error *err)
{
    const char *names[64], *nearest;
    size_t count = 0;

    while (count < 64 && layer_kinds[count]) {
        names[count] = layer_kinds[count]->name;
        count++;
    }
    nearest = text_nearest(name, names, count);
    return error_set(err, MIEN_EINVAL, "%s:%d: unknown layer \"%s\"%s%s%s", words->source,
                     words->line, name, nearest ? ": did you mean \"" : "", nearest ? nearest : "",
                     nearest ? "\"?" : "");
}

static int find_value(const struct architecture *a, const char *name)
{
    for (int i = a->layer_count; i-- > 0;)
        if (strcmp(a->layers[i].name, name) == 0)
            return i;
    return -1;
}

/* Names begin those of tensors. */
static mien_status read_name(struct words *words, const char *what, char *ret_name, mien_error *err)
{
    char word[WORD_MAX];

    words_next(words, word, sizeof word);
    if (!model_tensor_name_is_valid(word) || strlen(word) >= LAYER_NAME_MAX)
        return error_set(err, MIEN_EINVAL, "%s:%d: %s wants a name of 1 to %d ASCII characters",
                         words->source, words->line, what, LAYER_NAME_MAX - 1);
    memcpy(ret_name, word, strlen(word) + 1);
    return MIEN_OK;
}

static mien_status read_input_name(const struct architecture *a, struct layer *layer,
                                   struct words *words, mien_error *err)
{
    char name[LAYER_NAME_MAX];
    int value;
    mien_status status = read_name(words, "a layer's input", name, err);

    if (status)
        return status;
    value = find_value(a, name);
    if (value < 0)
        return error_set(err, MIEN_EINVAL, "%s:%d: no layer above is called \"%s\"", words->source,
                         words->line, name);
    layer->inputs[layer->input_count++] = value;
    return MIEN_OK;
}

/* The input is the line above; kinds with several inputs name the others right after the kind;
 * `from NAME` replaces the line above. */
static mien_status read_inputs(struct architecture *a, struct layer *layer, struct words *words,
                               mien_error *err)
{
    const struct layer_kind *kind = layer->kind;
    mien_status status;

    layer->inputs[0] = a->layer_count - 1;
    layer->input_count = 1;
    for (int i = 1; i < kind->inputs_most; i++) {
        struct words ahead = *words;
        char word[WORD_MAX];
        if (!words_next(&ahead, word, sizeof word) || strcmp(word, "as") == 0 ||
            strcmp(word, "from") == 0)
            break;
        status = read_input_name(a, layer, words, err);
        if (status)
            return status;
    }
    if (layer->input_count < kind->inputs_least)
        return error_set(err, MIEN_EINVAL, "%s:%d: %s needs %d inputs: write %s", words->source,
                         words->line, kind->name, kind->inputs_least, kind->synopsis);
    return MIEN_OK;
}

static mien_status read_suffixes(struct architecture *a, struct layer *layer, struct words *words,
                                 mien_error *err)
{
    char word[WORD_MAX];
    mien_status status = MIEN_OK;

    if (words_match(words, "from")) {
        int count = layer->input_count;
        layer->input_count = 0;
        status = read_input_name(a, layer, words, err);
        layer->input_count = count;
    }
    if (!status && words_match(words, "as"))
        status = read_name(words, "as", layer->name, err);
    if (!status && find_value(a, layer->name) >= 0)
        return error_set(err, MIEN_EINVAL, "%s:%d: the name \"%s\" is taken", words->source,
                         words->line, layer->name);
    if (!status && words_next(words, word, sizeof word))
        return error_set(err, MIEN_EINVAL, "%s:%d: \"%s\" is not understood: write %s",
                         words->source, words->line, word, layer->kind->synopsis);
    return status;
}

static mien_status add_parameters(struct architecture *a, struct layer *layer,
                                  const struct parameter *added, const struct words *words,
                                  mien_error *err)
{
    for (int i = 0; i < layer->parameter_count; i++) {
        struct parameter *parameter = &a->parameters[a->parameter_count];
        *parameter = added[i];
        if (parameter->count > BLOCK_MAX - a->block_floats)
            return error_set(err, MIEN_EINVAL, "%s:%d: more than %zu parameters", words->source,
                             words->line, BLOCK_MAX);
        parameter->offset = a->block_floats;
        a->block_floats += (parameter->count + 15) & ~(size_t)15;
        layer->parameters[i] = a->parameter_count++;
    }
    return MIEN_OK;
}

static mien_status work_out_shape(struct architecture *a, struct layer *layer,
                                  const struct words *words, mien_error *err)
{
    struct parameter added[LAYER_PARAMETERS_MAX] = {0};
    mien_error reason = {0};
    mien_status status;

    for (int i = 0; i < layer->input_count; i++)
        layer->in[i] = a->layers[layer->inputs[i]].out;
    if (layer->kind != &layer_input)
        layer->out = layer->in[0];
    status = layer->kind->shape(layer, added, &reason);
    if (status)
        return error_set(err, status, "%s:%d: %s: %s", words->source, words->line,
                         layer->kind->name, reason.message);
    if (layer->out.C > CHANNELS_MAX || shape_count(layer->out) > ARCHITECTURE_ACTIVATION_MAX)
        return error_set(err, MIEN_EINVAL, "%s:%d: %s: an activation of %dx%dx%d is too large",
                         words->source, words->line, layer->kind->name, layer->out.H, layer->out.W,
                         layer->out.C);
    return add_parameters(a, layer, added, words, err);
}

/* "convolution3": the third of its kind. */
static void name_layer(const struct architecture *a, struct layer *layer)
{
    int number = 1;

    for (int i = 0; i < a->layer_count; i++)
        number += a->layers[i].kind == layer->kind;
    snprintf(layer->name, sizeof layer->name, "%s%d", layer->kind->name, number);
}

static mien_status parse_output(struct architecture *a, struct words *words, mien_error *err)
{
    struct architecture_output *output = &a->outputs[a->output_count];
    char word[WORD_MAX];
    mien_status status;

    if (a->layer_count < 2)
        return error_set(err, MIEN_EINVAL, "%s:%d: an output needs a layer above it", words->source,
                         words->line);
    if (a->output_count == ARCHITECTURE_OUTPUTS_MAX)
        return error_set(err, MIEN_EINVAL, "%s:%d: more than %d outputs", words->source,
                         words->line, ARCHITECTURE_OUTPUTS_MAX);
    status = read_name(words, "output", output->name, err);
    if (status)
        return status;
    if (architecture_find_output(a, output->name) >= 0)
        return error_set(err, MIEN_EINVAL, "%s:%d: the output \"%s\" exists already", words->source,
                         words->line, output->name);
    if (words_next(words, word, sizeof word))
        return error_set(err, MIEN_EINVAL, "%s:%d: \"%s\" is not understood: write output NAME",
                         words->source, words->line, word);
    output->layer = a->layer_count - 1;
    output->shape = a->layers[output->layer].out;
    a->output_count++;
    return MIEN_OK;
}

static mien_status parse_layer(struct architecture *a, const char *kind_name, struct words *words,
                               mien_error *err)
{
    struct layer *layer = &a->layers[a->layer_count];
    mien_status status = MIEN_OK;

    if (a->layer_count == ARCHITECTURE_LAYERS_MAX)
        return error_set(err, MIEN_EINVAL, "%s:%d: more than %d layers", words->source, words->line,
                         ARCHITECTURE_LAYERS_MAX);
    layer->kind = a->layer_count                    ? find_kind(kind_name)
                  : strcmp(kind_name, "input") == 0 ? &layer_input
                                                    : NULL;
    if (!layer->kind)
        return a->layer_count
                   ? unknown_kind(words, kind_name, err)
                   : error_set(err, MIEN_EINVAL, "%s:%d: the first line must be input HxWxC",
                               words->source, words->line);
    layer->line = words->line;
    name_layer(a, layer);
    if (a->layer_count)
        status = read_inputs(a, layer, words, err);
    if (!status && layer->kind->parse)
        status = layer->kind->parse(layer, words, err);
    if (!status)
        status = read_suffixes(a, layer, words, err);
    if (!status)
        status = work_out_shape(a, layer, words, err);
    if (!status)
        a->layer_count++;
    return status;
}

/* A layer that nothing reads is a mistake, and would have no gradient. */
static mien_status refuse_unused(const struct architecture *a, const char *source, mien_error *err)
{
    for (int i = 0; i < a->layer_count; i++) {
        bool used = false;
        for (int j = i + 1; j < a->layer_count; j++)
            for (int k = 0; k < a->layers[j].input_count; k++)
                used |= a->layers[j].inputs[k] == i;
        for (int j = 0; j < a->output_count; j++)
            used |= a->outputs[j].layer == i;
        if (!used)
            return error_set(err, MIEN_EINVAL, "%s:%d: the result of %s is never used", source,
                             a->layers[i].line, a->layers[i].name);
    }
    return MIEN_OK;
}

static mien_status parse_lines(struct architecture *a, const char *source, mien_error *err)
{
    struct words words = {a->text, 0, source};
    const char *line = a->text;
    mien_status status = MIEN_OK;

    while (*line && !status) {
        char first[WORD_MAX];
        words.next = line;
        words.line++;
        if (words_next(&words, first, sizeof first))
            status = strcmp(first, "output") == 0 ? parse_output(a, &words, err)
                                                  : parse_layer(a, first, &words, err);
        line += strcspn(line, "\n");
        line += *line == '\n';
    }
    if (!status && a->output_count == 0)
        status = error_set(err, MIEN_EINVAL, "%s: no output: end with a line output NAME", source);
    return status ? status : refuse_unused(a, source, err);
}

/* A copy whose lines end in "\n" alone; NULL if out of memory. */
static char *copy_text(const char *text)
{
    char *copy = malloc(strlen(text) + 1), *end = copy;

    for (; copy && *text; text++)
        if (text[0] != '\r' || text[1] != '\n')
            *end++ = *text;
    if (copy)
        *end = 0;
    return copy;
}

/* What a model file would refuse, once the network is trained. */
static mien_status refuse_unclean(const char *text, const char *source, mien_error *err)
{
    size_t clean = text_clean_span(text, strlen(text), true);
    int line = 1;

    if (!text[clean])
        return MIEN_OK;
    for (size_t i = 0; i < clean; i++)
        line += text[i] == '\n';
    return error_set(err, MIEN_EINVAL,
                     "%s:%d: a control character or something that is not UTF-8: take it out, or "
                     "save the text as UTF-8",
                     source, line);
}

mien_status architecture_parse(const char *text, const char *source,
                               struct architecture **ret_architecture, mien_error *err)
{
    struct architecture *a;
    mien_status status;

    if (strlen(text) > TEXT_MAX)
        return error_set(err, MIEN_EINVAL, "%s: an architecture of more than 1 MiB", source);
    a = calloc(1, sizeof *a);
    if (!a)
        return error_memory(err, sizeof *a);
    a->text = copy_text(text);
    a->layers = calloc(ARCHITECTURE_LAYERS_MAX + 1, sizeof *a->layers);
    a->parameters = calloc(ARCHITECTURE_LAYERS_MAX * LAYER_PARAMETERS_MAX, sizeof *a->parameters);
    if (!a->text || !a->layers || !a->parameters)
        status = error_memory(err, strlen(text) + 1);
    else
        status = refuse_unclean(a->text, source, err);
    if (!status)
        status = parse_lines(a, source, err);
    if (status)
        architecture_free(a);
    else
        *ret_architecture = a;
    return status;
}

void architecture_free(struct architecture *architecture)
{
    if (!architecture)
        return;
    free(architecture->parameters);
    free(architecture->layers);
    free(architecture->text);
    free(architecture);
}

/* Where the text's first line that is no comment starts: the input's. */
static const char *find_input_line(const char *text)
{
    const char *line = text;

    while (strncmp(line + strspn(line, " \t"), "input", 5) != 0) {
        line += strcspn(line, "\n");
        line += *line == '\n';
    }
    return line;
}

/* The text with an input of H x W; what else its line says stays. */
static void write_resized(const struct architecture *a, int H, int W, struct text *ret_text)
{
    const char *line = find_input_line(a->text);
    struct words rest = {.next = line};
    char word[WORD_MAX];

    words_next(&rest, word, sizeof word); /* "input" */
    words_next(&rest, word, sizeof word); /* its size */
    text_add_bytes(ret_text, a->text, (size_t)(line - a->text));
    text_add(ret_text, "input %dx%dx%d%s", H, W, architecture_input(a).C, rest.next);
}

static bool same_parameters(const struct architecture *a, const struct architecture *b)
{
    for (int i = 0; i < a->parameter_count; i++)
        if (a->parameters[i].count != b->parameters[i].count)
            return false;
    return true;
}

mien_status architecture_resize(const struct architecture *architecture, int H, int W,
                                struct architecture **ret_architecture, mien_error *err)
{
    struct architecture *resized = NULL;
    struct text text = {0};
    mien_status status;

    write_resized(architecture, H, W, &text);
    if (text.failed)
        status = error_memory(err, strlen(architecture->text));
    else
        status = architecture_parse(text.data, "resized", &resized, err);
    text_free(&text);
    if (status)
        return status;
    if (!same_parameters(architecture, resized)) {
        architecture_free(resized);
        return error_set(err, MIEN_EINVAL, "the parameters depend on the size of the input");
    }
    *ret_architecture = resized;
    return MIEN_OK;
}

struct shape architecture_input(const struct architecture *architecture)
{
    return architecture->layers[0].out;
}

int architecture_find_output(const struct architecture *architecture, const char *name)
{
    for (int i = 0; i < architecture->output_count; i++)
        if (strcmp(architecture->outputs[i].name, name) == 0)
            return i;
    return -1;
}

mien_status architecture_add_output(struct architecture *architecture, const char *name, int layer,
                                    mien_error *err)
{
    struct architecture_output *output = &architecture->outputs[architecture->output_count];

    if (architecture->output_count == ARCHITECTURE_OUTPUTS_MAX ||
        architecture_find_output(architecture, name) >= 0 || strlen(name) >= sizeof output->name)
        return error_set(err, MIEN_EINVAL, "no output \"%s\" can be added", name);
    memcpy(output->name, name, strlen(name) + 1);
    output->layer = layer;
    output->shape = architecture->layers[layer].out;
    architecture->output_count++;
    return MIEN_OK;
}

size_t architecture_trained(const struct architecture *architecture)
{
    size_t count = 0;

    for (int i = 0; i < architecture->parameter_count; i++)
        if (parameter_trained(&architecture->parameters[i]))
            count += architecture->parameters[i].count;
    return count;
}

size_t architecture_total(const struct architecture *architecture)
{
    size_t count = 0;

    for (int i = 0; i < architecture->parameter_count; i++)
        count += architecture->parameters[i].count;
    return count;
}

double architecture_macs(const struct architecture *architecture)
{
    double macs = 0;

    for (int i = 0; i < architecture->layer_count; i++)
        if (architecture->layers[i].kind->macs)
            macs += architecture->layers[i].kind->macs(&architecture->layers[i]);
    return macs;
}

const char *architecture_builtin(const char *name)
{
    for (int i = 0; architecture_texts[i].name; i++)
        if (strcmp(architecture_texts[i].name, name) == 0)
            return architecture_texts[i].text;
    return NULL;
}

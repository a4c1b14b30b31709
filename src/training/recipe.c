/* recipe.c - the table of a recipe's fields, and text to and from it.
 * SPDX-License-Identifier: MIT */
#include "training/recipe.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"

enum { FIELDS_MAX = 128, VALUE_MAX = 64, NAME_MAX_BYTES = 64 };
#define TEXT_BYTES_MAX ((size_t)1 << 20)
#define CYCLES_RATIO_MAX 1e9 /* of the last cycle's length to the first's */

/* The offset of a field that has this type; another type does not compile. */
#define AT(field, type) _Generic(((struct recipe *)0)->field, type : offsetof(struct recipe, field))
#define INTEGER(field, low_, high_)                                                                \
    .kind = RECIPE_INTEGER, .offset = AT(field, int64_t), .low = (low_), .high = (high_)
#define NUMBER(field, low_, high_)                                                                 \
    .kind = RECIPE_NUMBER, .offset = AT(field, float), .low = (low_), .high = (high_)
#define FLAG(field) .kind = RECIPE_FLAG, .offset = AT(field, bool)
#define CHOICE(field, names) .kind = RECIPE_CHOICE, .offset = AT(field, int), .choices = (names)

static const char *const optimizers[] = {"adam", "adamw", "sgd", NULL};
static const char *const schedules[] = {"constant", "step", "plateau", "cosine", "one-cycle", NULL};
static const char *const class_weights[] = {"none", "balanced", NULL};

/* clang-format off */
const struct recipe_field recipe_fields[] = {
    {"epochs", INTEGER(epochs, 1, 100000), .help = "passes over the training pictures, at most"},
    {"batch", INTEGER(batch, 1, 65536), .help = "pictures a step"},
    {"seed", INTEGER(seed, 0, 9007199254740991.0),
     .help = "of the first weights, shuffling, dropout, augmentation and mixing"},

    {"optimizer", CHOICE(optimizer.kind, optimizers),
     .help = "adam and adamw as Keras computes them, sgd with momentum"},
    {"learning_rate", NUMBER(schedule.rate, 1e-9, 1000), .help = "the schedule's highest"},
    {"momentum", NUMBER(optimizer.momentum, 0, 0.9999), .help = "sgd"},
    {"nesterov", FLAG(optimizer.nesterov), .help = "sgd: look ahead by the momentum"},
    {"beta1", NUMBER(optimizer.beta1, 0, 0.9999), .help = "adam, adamw: decay of the mean"},
    {"beta2", NUMBER(optimizer.beta2, 0, 0.99999), .help = "adam, adamw: decay of the variance"},
    {"epsilon", NUMBER(optimizer.epsilon, 1e-12, 1), .help = "adam, adamw: added to the deviation"},
    {"weight_decay", NUMBER(optimizer.weight_decay, 0, 1),
     .help = "of filters and matrices, not of biases and normalisation; adamw: times the rate, "
             "else added to the gradient"},
    {"clip_norm", NUMBER(optimizer.clip_norm, 0, 1e6),
     .help = "longest gradient, all parameters together; 0: any"},
    {"ema_decay", NUMBER(ema_decay, 0, 0.99999),
     .help = "validate and keep a moving average of the weights and running statistics; in step t "
             "its decay is at most (1 + t) / (10 + t); 0: off"},

    {"schedule", CHOICE(schedule.kind, schedules), .help = "how the learning rate changes"},
    {"warmup_epochs", NUMBER(schedule.warmup_epochs, 0, 1000),
     .help = "the rate rises in a line from 0 first; not with one-cycle"},
    {"least_rate", NUMBER(schedule.least_rate, 0, 1000),
     .help = "the schedule never goes below, and cosine and one-cycle end there"},
    {"step_epochs", INTEGER(schedule.step_epochs, 1, 100000), .help = "step: epochs between steps"},
    {"step_factor", NUMBER(schedule.step_factor, 0, 1), .help = "step: what a step multiplies by"},
    {"plateau_patience", INTEGER(schedule.plateau_patience, 1, 100000),
     .help = "plateau: epochs without a lower validation loss"},
    {"plateau_factor", NUMBER(schedule.plateau_factor, 0, 1),
     .help = "plateau: what the rate is multiplied by then"},
    {"cycles", INTEGER(schedule.cycles, 1, 1000), .help = "cosine: each starts at the full rate"},
    {"cycle_growth", NUMBER(schedule.cycle_growth, 1, 10),
     .help = "cosine: how much longer each cycle is than the last"},
    {"peak_share", NUMBER(schedule.peak_share, 0.01, 0.99),
     .help = "one-cycle: share of the steps until the full rate"},
    {"start_divisor", NUMBER(schedule.start_divisor, 1, 1e6),
     .help = "one-cycle: starts at the full rate divided by this"},
    {"stop_patience", INTEGER(stop_patience, 0, 100000),
     .help = "stop after so many epochs without a better validation accuracy; 0: never"},
    {"stop_min_delta", NUMBER(stop_min_delta, 0, 1), .help = "what counts as better"},

    {"label_smoothing", NUMBER(label_smoothing, 0, 0.9),
     .help = "share of the target spread over all labels"},
    {"focal", NUMBER(focal, 0, 10), .help = "focal loss's gamma: what is known counts less"},
    {"class_weights", CHOICE(class_weights, class_weights),
     .help = "balanced: every label counts the same, however rare"},
    {"expression_weight", NUMBER(expression_weight, 0, 100),
     .help = "of the loss of the output expression"},
    {"votes_weight", NUMBER(votes_weight, 0, 100), .help = "of the loss of the output votes"},
    {"votes_share", NUMBER(votes_share, 0, 1),
     .help = "expression: share of the target that the votes take from the label"},

    {"teacher_weight", NUMBER(teacher_weight, 0, 1),
     .help = "with teachers: share of the loss that is distance from their answers"},
    {"teacher_temperature", NUMBER(teacher_temperature, 0.1, 100),
     .help = "with teachers: what logits are divided by before they are compared"},
    {"teacher_mirror", FLAG(teacher_mirror),
     .help = "with teachers: their answer is the mean over a picture and its mirror image"},

    {"flip", FLAG(augmentation.flip), .help = "mirror every other picture"},
    {"rotation", NUMBER(augmentation.rotation, 0, 180), .help = "turn, degrees either way"},
    {"shift", NUMBER(augmentation.shift, 0, 1), .help = "move, share of the side either way"},
    {"zoom", NUMBER(augmentation.zoom, 0, 3), .help = "enlarge by 1 / (1 + z) to 1 + z"},
    {"shear", NUMBER(augmentation.shear, 0, 1), .help = "move rows, pixels a row either way"},
    {"crop", NUMBER(augmentation.crop, 0, 0.9),
     .help = "cut away up to this share of width and height, resize the rest"},
    {"gamma", NUMBER(augmentation.gamma, 0, 4), .help = "levels to the power 1 / (1 + g) to 1 + g"},
    {"contrast", NUMBER(augmentation.contrast, 0, 1),
     .help = "deviations from the mean times 1 - c to 1 + c"},
    {"brightness", NUMBER(augmentation.brightness, 0, 1), .help = "add -b to b of white"},
    {"blur", NUMBER(augmentation.blur, 0, 8), .help = "Gaussian, up to so many pixels"},
    {"noise", NUMBER(augmentation.noise, 0, 128), .help = "up to this standard deviation, levels"},
    {"blocks", NUMBER(augmentation.blocks, 0, 64), .help = "coarse JPEG, its first step in levels"},
    {"cutout", NUMBER(augmentation.cutout, 0, 1),
     .help = "a square of the mean level, side as share of the height"},
    {"erase", NUMBER(augmentation.erase, 0, 1), .help = "probability of a rectangle of noise"},
    {"erase_area", NUMBER(augmentation.erase_area, 0.02, 1), .help = "its largest area"},
    {"mixup", NUMBER(mixing.mixup_alpha, 0, 100), .help = "alpha of mixup; 0: off"},
    {"cutmix", NUMBER(mixing.cutmix_alpha, 0, 100), .help = "alpha of CutMix; 0: off"},
    {"mixing_probability", NUMBER(mixing.probability, 0, 1), .help = "of a pair to be mixed"},
    {0},
};
/* clang-format on */

void recipe_init(struct recipe *recipe)
{
    *recipe = (struct recipe){
        .epochs = 50,
        .batch = 256,
        .stop_patience = 10,
        .stop_min_delta = 1e-4f,
        .expression_weight = 1,
        .votes_weight = 1,
        .teacher_weight = 0.5f,
        .teacher_temperature = 2,
    };
    optimizer_options_init(&recipe->optimizer);
    schedule_options_init(&recipe->schedule);
    augmentation_init(&recipe->augmentation);
    mixing_init(&recipe->mixing);
}

/* --- fields --- */

const struct recipe_field *recipe_field_find(const char *name, mien_error *err)
{
    const char *names[FIELDS_MAX], *nearest;
    size_t count = 0;

    for (const struct recipe_field *f = recipe_fields; f->name; f++) {
        if (strcmp(f->name, name) == 0)
            return f;
        names[count++] = f->name;
    }
    nearest = text_nearest(name, names, count);
    if (nearest)
        error_set(err, MIEN_EINVAL, "no field \"%s\": did you mean \"%s\"?", name, nearest);
    else
        error_set(err, MIEN_EINVAL, "no field \"%s\": docs/recipe.md lists them all", name);
    return NULL;
}

static void list_choices(const struct recipe_field *field, struct text *text)
{
    for (int i = 0; field->choices[i]; i++)
        text_add(text, "%s%s",
                 i == 0                  ? ""
                 : field->choices[i + 1] ? ", "
                                         : " or ",
                 field->choices[i]);
}

/* "learning_rate "-1": give a number from 1e-09 to 1000" */
static mien_status refuse(const struct recipe_field *field, const char *value, mien_error *err)
{
    struct text right = {0};
    mien_status status;

    if (field->kind == RECIPE_CHOICE)
        list_choices(field, &right);
    else if (field->kind == RECIPE_FLAG)
        text_add(&right, "yes or no");
    else
        text_add(&right, "a %snumber from %.16g to %.16g",
                 field->kind == RECIPE_INTEGER ? "whole " : "", field->low, field->high);
    status = error_set(err, MIEN_EINVAL, "%s \"%s\": give %s", field->name, value,
                       right.failed ? "another value" : right.data);
    text_free(&right);
    return status;
}

static bool set_number(const struct recipe_field *field, const char *value, void *place)
{
    char *end;
    double number = strtod(value, &end);

    if (end == value || *end || !(number >= field->low && number <= field->high))
        return false;
    if (field->kind == RECIPE_INTEGER && number != floor(number))
        return false;
    if (field->kind == RECIPE_INTEGER)
        *(int64_t *)place = (int64_t)number;
    else
        *(float *)place = (float)number;
    return true;
}

static bool set_choice(const struct recipe_field *field, const char *value, int *place)
{
    for (int i = 0; field->choices[i]; i++)
        if (strcmp(field->choices[i], value) == 0) {
            *place = i;
            return true;
        }
    return false;
}

static bool set_flag(const char *value, bool *place)
{
    if (strcmp(value, "yes") != 0 && strcmp(value, "no") != 0)
        return false;
    *place = value[0] == 'y';
    return true;
}

static bool set_field(struct recipe *recipe, const struct recipe_field *field, const char *value)
{
    void *place = (char *)recipe + field->offset;

    switch (field->kind) {
    case RECIPE_FLAG:
        return set_flag(value, place);
    case RECIPE_CHOICE:
        return set_choice(field, value, place);
    default:
        return set_number(field, value, place);
    }
}

mien_status recipe_set(struct recipe *recipe, const char *name, const char *value, mien_error *err)
{
    const struct recipe_field *field = recipe_field_find(name, err);

    if (!field)
        return MIEN_EINVAL;
    return set_field(recipe, field, value) ? MIEN_OK : refuse(field, value, err);
}

void recipe_number(float value, char ret_digits[RECIPE_NUMBER_BYTES])
{
    for (int precision = 6; precision <= 9; precision++) { /* %g leaves out zeros at the end */
        snprintf(ret_digits, RECIPE_NUMBER_BYTES, "%.*g", precision, (double)value);
        if (strtof(ret_digits, NULL) == value)
            break;
    }
}

void recipe_field_write(const struct recipe *recipe, const struct recipe_field *field,
                        struct text *text)
{
    const void *place = (const char *)recipe + field->offset;
    char digits[RECIPE_NUMBER_BYTES];

    switch (field->kind) {
    case RECIPE_FLAG:
        text_add(text, "%s", *(const bool *)place ? "yes" : "no");
        break;
    case RECIPE_CHOICE:
        text_add(text, "%s", field->choices[*(const int *)place]);
        break;
    case RECIPE_INTEGER:
        text_add(text, "%lld", (long long)*(const int64_t *)place);
        break;
    case RECIPE_NUMBER:
        recipe_number(*(const float *)place, digits);
        text_add(text, "%s", digits);
        break;
    }
}

void recipe_write(const struct recipe *recipe, const char *separator, struct text *text)
{
    for (const struct recipe_field *f = recipe_fields; f->name; f++) {
        text_add(text, "%s%s ", f == recipe_fields ? "" : separator, f->name);
        recipe_field_write(recipe, f, text);
    }
}

/* --- text --- */

/* Splits "name = value" in place; an empty line has the name "". */
static void split_line(char *line, char **ret_name, char **ret_value)
{
    char *end;

    line += strspn(line, " \t\r");
    *ret_name = line;
    line += strcspn(line, " \t\r=");
    end = line;
    line += strspn(line, " \t\r");
    if (*line == '=')
        line++;
    line += strspn(line, " \t\r");
    *end = 0;
    *ret_value = line;
    end = line + strlen(line);
    while (end > line && strchr(" \t\r", end[-1]))
        *--end = 0;
}

static mien_status parse_lines(struct recipe *recipe, char *text, const char *source,
                               mien_error *err)
{
    int number = 1;

    for (char *line = text, *next; line; line = next) {
        size_t length = strcspn(line, "#;\n");
        char *end = line + length + (line[length] == '#' ? strcspn(line + length, "\n") : 0);
        char ending = *end, *name, *value;
        mien_status status = MIEN_OK;
        next = ending ? end + 1 : NULL;
        line[length] = 0;
        split_line(line, &name, &value);
        if (*name)
            status = recipe_set(recipe, name, value, err);
        if (status)
            return error_prefix(err, status, "%s:%d", source, number);
        number += ending == '\n';
    }
    return MIEN_OK;
}

mien_status recipe_parse(struct recipe *recipe, const char *text, const char *source,
                         mien_error *err)
{
    struct recipe parsed = *recipe;
    char *copy = strdup(text);
    mien_status status;

    if (!copy)
        return error_memory(err, strlen(text) + 1);
    status = parse_lines(&parsed, copy, source, err);
    free(copy);
    if (!status)
        *recipe = parsed;
    return status;
}

const char *recipe_builtin(const char *name)
{
    for (int i = 0; recipe_texts[i].name; i++)
        if (strcmp(recipe_texts[i].name, name) == 0)
            return recipe_texts[i].text;
    return NULL;
}

mien_status recipe_read(struct recipe *recipe, const char *name_or_path, mien_error *err)
{
    const char *builtin = recipe_builtin(name_or_path);
    struct file_map map;
    mien_status status;
    char *text;

    if (builtin)
        return recipe_parse(recipe, builtin, name_or_path, err);
    status = file_map_open(name_or_path, &map, err);
    if (status)
        return error_prefix(err, status, "no built-in recipe, and as a file");
    if (map.bytes > TEXT_BYTES_MAX || memchr(map.data, 0, map.bytes)) {
        file_map_close(&map);
        return error_set(err, MIEN_ECORRUPT, "%s: not the text of a recipe", name_or_path);
    }
    text = strndup((const char *)map.data, map.bytes);
    file_map_close(&map);
    if (!text)
        return error_memory(err, map.bytes);
    status = recipe_parse(recipe, text, name_or_path, err);
    free(text);
    return status;
}

/* --- checks --- */

static mien_status check_field(const struct recipe *recipe, const struct recipe_field *field,
                               mien_error *err)
{
    struct recipe copy = *recipe;
    struct text value = {0};
    mien_status status = MIEN_OK;

    recipe_field_write(recipe, field, &value);
    if (value.failed)
        status = error_memory(err, VALUE_MAX);
    else if (!set_field(&copy, field, value.data))
        status = refuse(field, value.data, err);
    text_free(&value);
    return status;
}

static mien_status check_together(const struct recipe *r, mien_error *err)
{
    const struct schedule_options *s = &r->schedule;

    if (s->kind == SCHEDULE_ONE_CYCLE && s->warmup_epochs > 0)
        return error_set(err, MIEN_EINVAL,
                         "warmup_epochs with schedule one-cycle, which warms up by itself: "
                         "leave one out");
    if (s->warmup_epochs > 0 && s->warmup_epochs >= (float)r->epochs)
        return error_set(err, MIEN_EINVAL, "warmup_epochs %g of %lld epochs: give fewer",
                         (double)s->warmup_epochs, (long long)r->epochs);
    if (s->least_rate > s->rate)
        return error_set(err, MIEN_EINVAL, "least_rate %g above the learning_rate %g: give less",
                         (double)s->least_rate, (double)s->rate);
    if (s->kind == SCHEDULE_COSINE &&
        pow((double)s->cycle_growth, (double)s->cycles - 1) > CYCLES_RATIO_MAX)
        return error_set(err, MIEN_EINVAL,
                         "%lld cycles, each %g times as long as the last: the first would have no "
                         "steps; give fewer cycles, or a smaller cycle_growth",
                         (long long)s->cycles, (double)s->cycle_growth);
    return MIEN_OK;
}

mien_status recipe_check(const struct recipe *recipe, mien_error *err)
{
    for (const struct recipe_field *f = recipe_fields; f->name; f++) {
        mien_status status = check_field(recipe, f, err);
        if (status)
            return status;
    }
    return check_together(recipe, err);
}

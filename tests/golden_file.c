/* golden_file.c - read the cases of tests/golden.
 * SPDX-License-Identifier: MIT */
#include "tests/golden_file.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/random.h"
#include "tests/unit.h"

FILE *golden_open(const char *name)
{
    char path[4096];
    FILE *file;

    snprintf(path, sizeof path, "%s/tests/golden/%s", getenv("MIEN_SOURCE"), name);
    file = fopen(path, "r");
    if (!file)
        fail_msg("%s is missing", path);
    return file;
}

static struct golden_tensor *read_head(FILE *file, struct golden_case *golden)
{
    struct golden_tensor *tensor = &golden->tensors[golden->tensor_count++];

    assert_true(golden->tensor_count <= GOLDEN_TENSORS_MAX);
    assert_int_equal(fscanf(file, "%63s %d", tensor->name, &tensor->rank), 2);
    tensor->count = 1;
    for (int i = 0; i < tensor->rank; i++) {
        assert_int_equal(fscanf(file, "%zu", &tensor->dims[i]), 1);
        tensor->count *= tensor->dims[i];
    }
    tensor->values = calloc(tensor->count, sizeof *tensor->values);
    assert_non_null(tensor->values);
    return tensor;
}

static void read_values(FILE *file, struct golden_case *golden)
{
    struct golden_tensor *tensor = read_head(file, golden);

    for (size_t i = 0; i < tensor->count; i++)
        assert_int_equal(fscanf(file, "%f", &tensor->values[i]), 1);
}

static void read_random(FILE *file, struct golden_case *golden)
{
    struct golden_tensor *tensor = read_head(file, golden);
    uint64_t purpose, key;
    float centre, limit;

    assert_int_equal(fscanf(file, "%" SCNu64 " %f %f", &purpose, &centre, &limit), 3);
    key = random_key(golden->seed, purpose);
    for (size_t i = 0; i < tensor->count; i++)
        tensor->values[i] = centre + (2 * random_uniform(key, i) - 1) * limit;
}

static void read_integers(FILE *file, struct golden_case *golden)
{
    struct golden_tensor *tensor = read_head(file, golden);
    uint64_t purpose, key, levels;

    assert_int_equal(fscanf(file, "%" SCNu64 " %" SCNu64, &purpose, &levels), 2);
    key = random_key(golden->seed, purpose);
    for (size_t i = 0; i < tensor->count; i++)
        tensor->values[i] = (float)(((random_bits(key, i) >> 40) * levels) >> 24);
}

static void read_text(FILE *file, struct golden_case *golden)
{
    size_t used = strlen(golden->text);

    assert_non_null(fgets(golden->text + used, (int)(sizeof golden->text - used), file));
}

bool golden_next(FILE *file, struct golden_case *ret_case)
{
    char word[64];

    memset(ret_case, 0, sizeof *ret_case);
    while (fscanf(file, "%63s", word) == 1) {
        if (strcmp(word, "case") == 0)
            assert_int_equal(fscanf(file, "%63s %" SCNu64, ret_case->name, &ret_case->seed), 2);
        else if (strcmp(word, "tensor") == 0)
            read_values(file, ret_case);
        else if (strcmp(word, "random") == 0)
            read_random(file, ret_case);
        else if (strcmp(word, "integers") == 0)
            read_integers(file, ret_case);
        else if (strcmp(word, "text") == 0)
            read_text(file, ret_case);
        else if (strcmp(word, "end") == 0)
            return true;
        else if (word[0] == '#')
            assert_int_not_equal(fscanf(file, "%*[^\n]"), 1);
        else
            fail_msg("unknown word %s in a golden file", word);
    }
    return false;
}

void golden_free(struct golden_case *golden)
{
    for (int i = 0; i < golden->tensor_count; i++)
        free(golden->tensors[i].values);
    golden->tensor_count = 0;
}

const struct golden_tensor *golden_find(const struct golden_case *golden, const char *name)
{
    for (int i = 0; i < golden->tensor_count; i++)
        if (strcmp(golden->tensors[i].name, name) == 0)
            return &golden->tensors[i];
    return NULL;
}

static double error_of(const struct golden_tensor *expected, const float *values)
{
    double largest = 1e-6, difference = 0;

    for (size_t i = 0; i < expected->count; i++) {
        largest = fmax(largest, fabs(expected->values[i]));
        difference = fmax(difference, fabs((double)values[i] - expected->values[i]));
        if (isnan(values[i]))
            return INFINITY;
    }
    return difference / largest;
}

void golden_expect(const struct golden_case *golden, const char *name, const float *values,
                   double tolerance)
{
    const struct golden_tensor *expected = golden_find(golden, name);
    double error;

    assert_non_null(expected);
    error = error_of(expected, values);
    if (error > tolerance)
        fail_msg("%s: %s is off by %g of its largest value", golden->name, name, error);
}

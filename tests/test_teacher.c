/* test_teacher.c - what trained networks answer, together and of mirrored pictures.
 * SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/random.h"
#include "tests/unit.h"
#include "training/teacher.h"

enum { PICTURES = 3, H = 6, W = 5, C = 2, LABELS = 4, LEVELS = PICTURES * H * W * C };

static const char architecture_text[] = "input 6x5x2\n"
                                        "convolution 4 3x3\n"
                                        "relu\n"
                                        "flatten\n"
                                        "dense 4\n"
                                        "output expression\n";

struct pair {
    struct architecture *architecture;
    struct network *networks[2];
};

static int open_pair(void **state)
{
    static struct pair pair;
    mien_error err = {0};

    if (architecture_parse(architecture_text, "test", &pair.architecture, &err))
        fail_msg("%s", err.message);
    for (uint64_t i = 0; i < 2; i++)
        if (network_new(pair.architecture, i + 1, &pair.networks[i], &err))
            fail_msg("%s", err.message);
    *state = &pair;
    return 0;
}

static int close_pair(void **state)
{
    struct pair *pair = *state;

    network_free(pair->networks[0]);
    network_free(pair->networks[1]);
    architecture_free(pair->architecture);
    return 0;
}

static void make_pictures(float *levels)
{
    for (uint32_t i = 0; i < LEVELS; i++)
        levels[i] = random_range(1, i, -1, 1);
}

static void mirror(const float *levels, float *ret_mirrored)
{
    for (int row = 0; row < PICTURES * H; row++)
        for (int x = 0; x < W; x++)
            for (int c = 0; c < C; c++)
                ret_mirrored[(row * W + W - 1 - x) * C + c] = levels[(row * W + x) * C + c];
}

/* What networks[first] and `count - 1` more answer. */
static void ask(const struct pair *pair, int first, int count, const float *levels, bool mirrors,
                float *ret_answers)
{
    const struct network *networks[2] = {pair->networks[first], pair->networks[1]};
    struct head heads[HEADS] = {{.classes = LABELS, .weight = 1}, {.output = -1}};
    struct teacher *teacher;
    mien_error err = {0};

    if (teacher_new(networks, count, pair->architecture, heads, PICTURES, false, NULL, &teacher,
                    &err))
        fail_msg("%s", err.message);
    teacher_answer(teacher, levels, PICTURES, 2, mirrors);
    memcpy(ret_answers, teacher_targets(teacher, HEAD_EXPRESSION),
           sizeof(float) * PICTURES * LABELS);
    assert_null(teacher_targets(teacher, HEAD_VOTES));
    teacher_free(teacher);
}

static void expect_mean(const float *a, const float *b, const float *mean)
{
    for (int i = 0; i < PICTURES * LABELS; i++)
        assert_float_equal(mean[i], (a[i] + b[i]) / 2, 1e-6);
}

static void two_teachers_answer_with_their_mean(void **state)
{
    float levels[LEVELS], one[PICTURES * LABELS], other[PICTURES * LABELS], both[PICTURES * LABELS];

    make_pictures(levels);
    ask(*state, 0, 1, levels, false, one);
    ask(*state, 1, 1, levels, false, other);
    ask(*state, 0, 2, levels, false, both);
    assert_memory_not_equal(one, other, sizeof one);
    expect_mean(one, other, both);
}

static void a_mirrored_answer_is_the_mean_over_a_picture_and_its_mirror_image(void **state)
{
    float levels[LEVELS], mirrored[LEVELS];
    float plain[PICTURES * LABELS], turned[PICTURES * LABELS], answer[PICTURES * LABELS];

    make_pictures(levels);
    mirror(levels, mirrored);
    ask(*state, 0, 1, levels, false, plain);
    ask(*state, 0, 1, mirrored, false, turned);
    ask(*state, 0, 1, levels, true, answer);
    assert_memory_not_equal(plain, turned, sizeof plain);
    expect_mean(plain, turned, answer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_teachers_answer_with_their_mean),
        cmocka_unit_test(a_mirrored_answer_is_the_mean_over_a_picture_and_its_mirror_image),
    };
    return cmocka_run_group_tests_name("teacher", tests, open_pair, close_pair);
}

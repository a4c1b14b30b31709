/* test_options.c - reading a command line by a table of options, and the help made from it.
 * SPDX-License-Identifier: MIT */
#include "tests/unit.h"

#include <string.h>

#include "options.h"

struct values {
    bool json;
    const char *out;
    int64_t seed;
    double rate;
    int theme;
    struct integer_list k;
    struct string_list box;
};

static const char *const themes[] = {"light", "dark", NULL};
static const struct values defaults = {
    .seed = 7, .rate = 0.5, .theme = 1, .k = {4, {1, 2, 3, 9}}, .box = {2, {"here", "there"}}};

static const struct option options[] = {
    OPTION_JSON(struct values),
    {"out", 'o', "DIR", "where to write", OPTION_STRING(struct values, out), .required = true},
    {"seed", 0, "N", "seed of the shuffle", OPTION_INTEGER(struct values, seed, -5, 4294967295)},
    {"rate", 0, "X", "learning rate", OPTION_NUMBER(struct values, rate, 0, 1)},
    {"theme", 0, NULL, "colours", OPTION_CHOICE(struct values, theme, themes)},
    {"k", 'k', "LIST", "numbers of neighbours", OPTION_INTEGERS(struct values, k, 1, 2000)},
    {"box", 0, "BOX", "where to look", OPTION_STRINGS(struct values, box)},
    {0},
};

enum { WORDS_MAX = 16 };

/* A command line, its words apart by one space, and what came of it. */
struct parse {
    char line[256];
    char *words[WORDS_MAX];
    struct values values;
    int count;
    bool help;
    mien_status status;
    mien_error err;
};

static void parse_line(struct parse *parse, const char *line)
{
    int argc = 0;

    *parse = (struct parse){.values = defaults};
    snprintf(parse->line, sizeof parse->line, "%s", line);
    for (char *word = strtok(parse->line, " "); word; word = strtok(NULL, " "))
        parse->words[argc++] = word;
    parse->status = options_parse(options, argc, parse->words, &parse->values, &parse->count,
                                  &parse->help, &parse->err);
}

static void refuses(const char *line, const char *message)
{
    struct parse parse;

    parse_line(&parse, line);
    assert_int_equal(parse.status, MIEN_EINVAL);
    assert_string_equal(parse.err.message, message);
}

static void every_kind_of_option_reaches_its_field(void **state)
{
    struct parse parse;

    (void)state;
    parse_line(&parse, "--json -o there --seed 4294967295 --rate=1e-3 --theme light -k1:3,2000");
    assert_int_equal(parse.status, MIEN_OK);
    assert_true(parse.values.json);
    assert_string_equal(parse.values.out, "there");
    assert_int_equal(parse.values.seed, 4294967295);
    assert_float_equal(parse.values.rate, 1e-3, 1e-15);
    assert_int_equal(parse.values.theme, 0);
    assert_int_equal(parse.values.k.count, 4);
    assert_int_equal(parse.values.k.values[2], 3);
    assert_int_equal(parse.values.k.values[3], 2000);
}

static void options_and_arguments_may_mix(void **state)
{
    struct parse parse;

    (void)state;
    parse_line(&parse, "a --out=x - --seed -5 b -- --json");
    assert_int_equal(parse.status, MIEN_OK);
    assert_int_equal(parse.count, 4);
    assert_string_equal(parse.words[0], "a");
    assert_string_equal(parse.words[1], "-");
    assert_string_equal(parse.words[2], "b");
    assert_string_equal(parse.words[3], "--json");
    assert_int_equal(parse.values.seed, -5);
    assert_false(parse.values.json);
}

static void defaults_stay_where_nothing_is_given(void **state)
{
    struct parse parse;

    (void)state;
    parse_line(&parse, "-o x");
    assert_int_equal(parse.status, MIEN_OK);
    assert_memory_equal(&parse.values.k, &defaults.k, sizeof defaults.k);
    assert_int_equal(parse.values.theme, 1);
    assert_int_equal(parse.count, 0);
}

static void the_last_of_two_counts(void **state)
{
    struct parse parse;

    (void)state;
    parse_line(&parse, "-o x -o y -k 1:9 -k 5");
    assert_int_equal(parse.status, MIEN_OK);
    assert_string_equal(parse.values.out, "y");
    assert_int_equal(parse.values.k.count, 1);
}

static void a_list_of_strings_takes_each_in_place_of_the_defaults(void **state)
{
    struct parse parse;

    (void)state;
    parse_line(&parse, "-o x --box -1 a --box=--2");
    assert_int_equal(parse.status, MIEN_OK);
    assert_int_equal(parse.values.box.count, 2);
    assert_string_equal(parse.values.box.values[0], "-1");
    assert_string_equal(parse.values.box.values[1], "--2");
    parse_line(&parse, "-o x");
    assert_int_equal(parse.values.box.count, 2);
    assert_string_equal(parse.values.box.values[1], "there");
}

static void a_list_of_strings_has_an_end(void **state)
{
    static char out[] = "-ox", box[] = "--box=1", *words[OPTION_LIST_MAX + 2];
    struct values values = defaults;
    bool help;
    int count;
    mien_error err;

    (void)state;
    words[0] = out;
    for (int i = 1; i < OPTION_LIST_MAX + 2; i++)
        words[i] = box;
    assert_int_equal(
        options_parse(options, OPTION_LIST_MAX + 1, words, &values, &count, &help, &err), MIEN_OK);
    values = defaults;
    assert_int_equal(
        options_parse(options, OPTION_LIST_MAX + 2, words, &values, &count, &help, &err),
        MIEN_EINVAL);
    assert_string_equal(err.message, "--box is given more than 1024 times");
}

static void a_wrong_number_is_told_with_its_range(void **state)
{
    (void)state;
    refuses("--seed 12x", "--seed: \"12x\" is not a whole number from -5 to 4294967295");
    refuses("--seed=-6", "--seed: \"-6\" is not a whole number from -5 to 4294967295");
    refuses("--seed=99999999999999999999",
            "--seed: \"99999999999999999999\" is not a whole number from -5 to 4294967295");
    refuses("--rate nan", "--rate: \"nan\" is not a number from 0 to 1");
    refuses("--rate 0x1p-1", "--rate: \"0x1p-1\" is not a number from 0 to 1");
    refuses("--rate 1.01", "--rate: \"1.01\" is not a number from 0 to 1");
}

static void a_wrong_list_is_told(void **state)
{
    (void)state;
    for (size_t i = 0; i < 6; i++) {
        static const char *const wrong[] = {"1,", "3:1", "1:", "0:4", "1;2", "1,,2"};
        char line[32], message[128];
        snprintf(line, sizeof line, "-k %s", wrong[i]);
        snprintf(message, sizeof message,
                 "--k: \"%s\" is not a list such as 1:5,9 of whole numbers from 1 to 2000",
                 wrong[i]);
        refuses(line, message);
    }
    refuses("-k 1:1000,1:25", "--k: \"1:1000,1:25\" has more than 1024 numbers");
}

static void a_mistyped_name_gets_the_nearest_one(void **state)
{
    (void)state;
    refuses("--sede 1", "--sede: no such option; did you mean --seed?");
    refuses("--jsno", "--jsno: no such option; did you mean --json?");
    refuses("--transmogrify=1", "--transmogrify: no such option; --help lists them");
    refuses("-x", "-x: no such option; --help lists them");
    refuses("--theme drak", "--theme: \"drak\" is not one of light, dark; did you mean dark?");
    refuses("--theme purple", "--theme: \"purple\" is not one of light, dark");
}

static void a_missing_or_needless_value_is_told(void **state)
{
    (void)state;
    refuses("--seed", "--seed needs a value");
    refuses("--out --json", "--out needs a value");
    refuses("--out=", "--out needs a value");
    refuses("--json=yes", "--json takes no value");
    refuses("a b", "--out DIR is missing: where to write");
}

static void help_is_given_without_what_is_required(void **state)
{
    struct parse parse;

    (void)state;
    parse_line(&parse, "a --help");
    assert_int_equal(parse.status, MIEN_OK);
    assert_true(parse.help);
    parse_line(&parse, "-h");
    assert_true(parse.help);
    parse_line(&parse, "-o x -- --help");
    assert_false(parse.help);
}

static void help_is_made_from_the_table(void **state)
{
    struct text text = {0};

    (void)state;
    options_help(options, &defaults, &text);
    assert_false(text.failed);
    assert_string_equal(
        text.data, "      --json              print JSON, one object a line\n"
                   "  -o, --out DIR           where to write (required)\n"
                   "      --seed N            seed of the shuffle (-5 to 4294967295, default 7)\n"
                   "      --rate X            learning rate (0 to 1, default 0.5)\n"
                   "      --theme light|dark  colours (default dark)\n"
                   "  -k, --k LIST            numbers of neighbours (1 to 2000, default 1:3,9)\n"
                   "      --box BOX           where to look (default here there)\n"
                   "  -h, --help              show this help\n");
    text_free(&text);
}

static void long_words_are_wrapped_at_80_columns(void **state)
{
    struct text text = {0};

    (void)state;
    for (int i = 0; i < 30; i++)
        options_wrap(&text, "one two three four five six seven eight nine ten eleven twelve", 20,
                     20 + (size_t)i);
    for (char *line = strtok(text.data, "\n"); line; line = strtok(NULL, "\n"))
        assert_in_range(strlen(line), 1, 80);
    text_free(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_of_option_reaches_its_field),
        cmocka_unit_test(options_and_arguments_may_mix),
        cmocka_unit_test(defaults_stay_where_nothing_is_given),
        cmocka_unit_test(the_last_of_two_counts),
        cmocka_unit_test(a_list_of_strings_takes_each_in_place_of_the_defaults),
        cmocka_unit_test(a_list_of_strings_has_an_end),
        cmocka_unit_test(a_wrong_number_is_told_with_its_range),
        cmocka_unit_test(a_wrong_list_is_told),
        cmocka_unit_test(a_mistyped_name_gets_the_nearest_one),
        cmocka_unit_test(a_missing_or_needless_value_is_told),
        cmocka_unit_test(help_is_given_without_what_is_required),
        cmocka_unit_test(help_is_made_from_the_table),
        cmocka_unit_test(long_words_are_wrapped_at_80_columns),
    };
    return cmocka_run_group_tests_name("options", tests, NULL, NULL);
}

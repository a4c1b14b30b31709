/* test_recipe.c - recipes: text to fields and back, what is refused, and their page.
 * SPDX-License-Identifier: MIT */
#include "training/recipe.h"

#include <math.h>
#include <string.h>

#include "base/file.h"
#include "tests/unit.h"

static void a_written_recipe_is_read_back_the_same(void **state)
{
    struct recipe recipe, again;
    struct text text = {0};
    mien_error err;

    (void)state;
    recipe_init(&recipe);
    recipe.seed = INT64_C(9007199254740991);
    recipe.optimizer.kind = OPTIMIZER_SGD;
    recipe.schedule.rate = 1.0f / 3;
    recipe.augmentation.flip = false;
    recipe.augmentation.rotation = 10;
    recipe_write(&recipe, "\n", &text);
    recipe_init(&again);
    assert_int_equal(recipe_parse(&again, text.data, "text", &err), MIEN_OK);
    assert_int_equal(again.seed, recipe.seed);
    assert_int_equal(again.optimizer.kind, OPTIMIZER_SGD);
    assert_true(again.schedule.rate == recipe.schedule.rate);
    assert_false(again.augmentation.flip);
    assert_non_null(strstr(text.data, "rotation 10\n")); /* not 1e+01 */
    text_free(&text);
}

static void names_values_signs_and_comments_are_read(void **state)
{
    struct recipe recipe;
    mien_error err;

    (void)state;
    recipe_init(&recipe);
    assert_int_equal(
        recipe_parse(&recipe,
                     "# a comment; of two halves\n\n  epochs 7 # seven\r\nbatch=12;momentum = 0.5\n"
                     "schedule\tone-cycle\nnesterov no",
                     "text", &err),
        MIEN_OK);
    assert_int_equal(recipe.epochs, 7);
    assert_int_equal(recipe.batch, 12);
    assert_true(recipe.optimizer.momentum == 0.5f);
    assert_int_equal(recipe.schedule.kind, SCHEDULE_ONE_CYCLE);
    assert_false(recipe.optimizer.nesterov);
}

static void expect_refusal(const char *text, const char *message)
{
    struct recipe recipe;
    mien_error err = {0};

    recipe_init(&recipe);
    assert_int_equal(recipe_parse(&recipe, text, "r", &err), MIEN_EINVAL);
    assert_string_equal(err.message, message);
    assert_int_equal(recipe.epochs, 50);
}

static void what_is_wrong_is_named_with_its_line_and_what_would_be_right(void **state)
{
    (void)state;
    expect_refusal("epochs 3\nlerning_rate 1",
                   "r:2: no field \"lerning_rate\": did you mean \"learning_rate\"?");
    expect_refusal("colour blue", "r:1: no field \"colour\": docs/recipe.md lists them all");
    expect_refusal("learning_rate -1",
                   "r:1: learning_rate \"-1\": give a number from 1e-09 to 1000");
    expect_refusal("learning_rate nan",
                   "r:1: learning_rate \"nan\": give a number from 1e-09 to 1000");
    expect_refusal("batch 2.5", "r:1: batch \"2.5\": give a whole number from 1 to 65536");
    expect_refusal("batch", "r:1: batch \"\": give a whole number from 1 to 65536");
    expect_refusal("batch 8 9", "r:1: batch \"8 9\": give a whole number from 1 to 65536");
    expect_refusal("optimizer adan", "r:1: optimizer \"adan\": give adam, adamw or sgd");
    expect_refusal("flip maybe", "r:1: flip \"maybe\": give yes or no");
}

static void fields_that_do_not_go_together_are_refused(void **state)
{
    struct recipe recipe;
    mien_error err;

    (void)state;
    recipe_init(&recipe);
    assert_int_equal(recipe_check(&recipe, &err), MIEN_OK);
    recipe.schedule.warmup_epochs = 50;
    assert_int_equal(recipe_check(&recipe, &err), MIEN_EINVAL);
    recipe.schedule.warmup_epochs = 2;
    assert_int_equal(recipe_check(&recipe, &err), MIEN_OK);
    recipe.schedule.kind = SCHEDULE_ONE_CYCLE;
    assert_int_equal(recipe_check(&recipe, &err), MIEN_EINVAL);
    recipe.schedule.warmup_epochs = 0;
    recipe.schedule.least_rate = 1;
    assert_int_equal(recipe_check(&recipe, &err), MIEN_EINVAL);
    recipe.schedule.least_rate = NAN;
    assert_int_equal(recipe_check(&recipe, &err), MIEN_EINVAL);
    recipe.schedule.least_rate = 0;
    recipe.schedule.kind = SCHEDULE_COSINE;
    recipe.schedule.cycles = 9;
    recipe.schedule.cycle_growth = 10;
    assert_int_equal(recipe_check(&recipe, &err), MIEN_OK);
    recipe.schedule.cycles = 1000;
    assert_int_equal(recipe_check(&recipe, &err), MIEN_EINVAL);
    assert_string_equal(err.message, "1000 cycles, each 10 times as long as the last: the first "
                                     "would have no steps; give fewer cycles, or a smaller "
                                     "cycle_growth");
}

static void every_built_in_recipe_can_be_used(void **state)
{
    (void)state;
    for (int i = 0; recipe_texts[i].name; i++) {
        struct recipe recipe;
        mien_error err;
        recipe_init(&recipe);
        if (recipe_read(&recipe, recipe_texts[i].name, &err) || recipe_check(&recipe, &err))
            fail_msg("%s: %s", recipe_texts[i].name, err.message);
    }
}

/* A field's row in docs/recipe.md. */
static void write_row(const struct recipe *recipe, const struct recipe_field *field,
                      struct text *row)
{
    text_add(row, "| `%s` | ", field->name);
    if (field->kind == RECIPE_FLAG)
        text_add(row, "yes, no");
    for (int i = 0; field->choices && field->choices[i]; i++)
        text_add(row, "%s%s", i ? ", " : "", field->choices[i]);
    if (field->kind == RECIPE_INTEGER || field->kind == RECIPE_NUMBER)
        text_add(row, "%.16g to %.16g", field->low, field->high);
    text_add(row, " | ");
    recipe_field_write(recipe, field, row);
    text_add(row, " | %s |\n", field->help);
}

static void the_page_of_recipes_has_every_field_as_the_table_has_it(void **state)
{
    struct recipe recipe;
    struct file_map map;
    struct text path = {0}, rows = {0};
    mien_error err;
    char *page;

    (void)state;
    recipe_init(&recipe);
    for (const struct recipe_field *f = recipe_fields; f->name; f++)
        write_row(&recipe, f, &rows);
    text_add(&path, "%s/docs/recipe.md", getenv("MIEN_SOURCE"));
    assert_int_equal(file_map_open(path.data, &map, &err), MIEN_OK);
    page = strndup((const char *)map.data, map.bytes);
    if (!strstr(page, rows.data)) {
        fputs(rows.data, stderr);
        fail_msg("docs/recipe.md should have the table above");
    }
    free(page);
    file_map_close(&map);
    text_free(&path);
    text_free(&rows);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_written_recipe_is_read_back_the_same),
        cmocka_unit_test(names_values_signs_and_comments_are_read),
        cmocka_unit_test(what_is_wrong_is_named_with_its_line_and_what_would_be_right),
        cmocka_unit_test(fields_that_do_not_go_together_are_refused),
        cmocka_unit_test(every_built_in_recipe_can_be_used),
        cmocka_unit_test(the_page_of_recipes_has_every_field_as_the_table_has_it),
    };
    return cmocka_run_group_tests_name("recipe", tests, NULL, NULL);
}

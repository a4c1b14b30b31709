/* test_output.c - results as JSON, and files that must not be overwritten.
 * SPDX-License-Identifier: MIT */
#include "tests/unit.h"

#include <math.h>
#include <string.h>

#include "output.h"

/* What output_json() prints for `value`. */
static void printed(json_t *value, char *ret_line, size_t size)
{
    FILE *file = tmpfile();
    int saved;
    size_t length;

    assert_non_null(file);
    fflush(stdout);
    saved = dup(STDOUT_FILENO);
    dup2(fileno(file), STDOUT_FILENO);
    assert_int_equal(output_json(value, NULL), MIEN_OK);
    fflush(stdout);
    dup2(saved, STDOUT_FILENO);
    close(saved);
    rewind(file);
    length = fread(ret_line, 1, size - 1, file);
    ret_line[length] = 0;
    fclose(file);
}

static void json_is_one_line_in_the_order_of_its_making(void **state)
{
    char line[256];
    json_t *value = json_object();

    (void)state;
    json_object_set_new(value, "rows", json_integer(35887));
    json_object_set_new(value, "accuracy", output_number(0.56));
    json_object_set_new(value, "loss", output_number((double)0.1F));
    json_object_set_new(value, "best", output_number(NAN));
    printed(value, line, sizeof line);
    assert_string_equal(
        line, "{\"rows\": 35887, \"accuracy\": 0.56, \"loss\": 0.100000001, \"best\": null}\n");
}

static void text_that_is_no_utf8_is_mended(void **state)
{
    static const char *const raw[] = {("a\xFF"
                                       "b"),
                                      "\xC3",
                                      "\xE2\x82",
                                      "\xF0\x9F\x98\x80\x80",
                                      "a\nb",
                                      ""};
    static const char *const mended[] = {("a\xEF\xBF\xBD"
                                          "b"),
                                         "\xEF\xBF\xBD",
                                         "\xEF\xBF\xBD\xEF\xBF\xBD",
                                         "\xF0\x9F\x98\x80\xEF\xBF\xBD",
                                         "a\nb",
                                         ""};

    (void)state;
    for (int i = 0; i < 6; i++) {
        json_t *string = output_string(raw[i]);
        assert_non_null(string);
        assert_string_equal(json_string_value(string), mended[i]);
        json_decref(string);
    }
}

static void json_that_could_not_be_made_is_an_error(void **state)
{
    mien_error err;

    (void)state;
    assert_int_equal(output_json(NULL, &err), MIEN_ENOMEM);
    assert_string_equal(err.message, "JSON: out of memory");
}

static void an_existing_file_is_overwritten_only_by_force(void **state)
{
    char path[] = "/tmp/mien-test-XXXXXX";
    mien_error err;

    (void)state;
    close(mkstemp(path));
    assert_int_equal(output_check_new(path, false, &err), MIEN_EINVAL);
    assert_non_null(strstr(err.message, ": exists; --force overwrites it"));
    assert_int_equal(output_check_new(path, true, &err), MIEN_OK);
    unlink(path);
    assert_int_equal(output_check_new(path, false, &err), MIEN_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(json_is_one_line_in_the_order_of_its_making),
        cmocka_unit_test(text_that_is_no_utf8_is_mended),
        cmocka_unit_test(json_that_could_not_be_made_is_an_error),
        cmocka_unit_test(an_existing_file_is_overwritten_only_by_force),
    };
    return cmocka_run_group_tests_name("output", tests, NULL, NULL);
}

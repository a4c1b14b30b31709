/* test_display.c - names as a terminal shows them.
 * SPDX-License-Identifier: MIT */
#include "tests/unit.h"

#include <string.h>

#include "display.h"

static void shows(const char *words, const char *expected, size_t columns)
{
    struct text text = {0};

    assert_int_equal(display_add(&text, words), columns);
    assert_int_equal(display_columns(words), columns);
    assert_string_equal(text.data ? text.data : "", expected);
    text_free(&text);
}

static void text_takes_the_columns_of_its_characters(void **state)
{
    (void)state;
    shows("", "", 0);
    shows("face.jpg", "face.jpg", 8);
    shows("gr\xC3\xBC\xC3\x9F"
          "e",
          "gr\xC3\xBC\xC3\x9F"
          "e",
          5);
    shows("\xE5\x86\x99\xE7\x9C\x9F", "\xE5\x86\x99\xE7\x9C\x9F", 4); /* two wide ones */
    shows("e\xCC\x81", "e\xCC\x81", 1);                               /* a combining accent */
}

static void what_could_command_a_terminal_is_replaced(void **state)
{
    (void)state;
    shows("a\nb\x1b[31m",
          "a\xEF\xBF\xBD"
          "b\xEF\xBF\xBD[31m",
          8);
    shows("\xC2\x9B"
          "2J",
          "\xEF\xBF\xBD"
          "2J",
          3); /* a control character beyond ASCII */
}

static void bytes_that_are_no_utf_8_are_replaced(void **state)
{
    (void)state;
    shows("a\xFF"
          "b",
          "a\xEF\xBF\xBD"
          "b",
          3);
    shows("\xC3", "\xEF\xBF\xBD", 1);
    shows("\xE5\x86", "\xEF\xBF\xBD\xEF\xBF\xBD", 2);
}

static void a_cell_is_filled_up_by_columns_not_bytes(void **state)
{
    struct text text = {0};

    (void)state;
    display_add_cell(&text, "\xE5\x86\x99", 4);
    display_add_cell(&text, "longer", 3);
    assert_string_equal(text.data, "\xE5\x86\x99  longer");
    text_free(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_takes_the_columns_of_its_characters),
        cmocka_unit_test(what_could_command_a_terminal_is_replaced),
        cmocka_unit_test(bytes_that_are_no_utf_8_are_replaced),
        cmocka_unit_test(a_cell_is_filled_up_by_columns_not_bytes),
    };
    return cmocka_run_group_tests_name("display", tests, NULL, NULL);
}

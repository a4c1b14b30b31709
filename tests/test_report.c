/* test_report.c - the page: whole in itself, well-formed, and nothing in it is markup by accident.
 * SPDX-License-Identifier: MIT */
#include "tests/unit.h"

#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/thread_pool.h"
#include "chart/report.h"

static const double counts[] = {3, 1, 2};
static const char *const labels[] = {"a", "<b>", "c & d"};
static const struct chart_series series = {.name = "rows", .y = counts, .count = 3};
static const struct chart bars = {
    .type = CHART_BARS,
    .title = "Bars",
    .bars = {.categories = labels, .category_count = 3, .series = &series, .series_count = 1}};

/* A report with one of everything, and texts that try to be markup. */
static void fill(struct report *report)
{
    static const struct report_fact facts[] = {{"rows", "6"}, {"<i>", "\"&\""}};
    static const struct report_column columns[] = {{"label", false}, {"rows", true}};
    static const char *const cells[] = {"</td><script>x</script>", "1,000"};

    report_start(report, "A <title> & more", "\x01\xff </style>");
    report_section(report, "first", "First & foremost");
    report_facts(report, facts, 2);
    report_paragraph(report, "%d <pictures>", 6);
    report_figure(report, "bars", &bars, "What <bars> say.");
    report_section(report, "second", "]]>");
    report_lines(report, "row  label\n  0  <angry>\n");
    report_table(report, "Rows", columns, 2);
    report_row(report, columns, cells, 2);
    report_table_end(report);
    report_figure(report, "again", &bars, "The same.");
}

/* The page in a new folder, whose path takes 64 bytes; the caller closes the map. */
static struct file_map page_of(struct report *report, struct thread_pool *pool, char *folder)
{
    struct file_map map;
    char path[96];
    mien_error err;

    strcpy(folder, "/tmp/mien-report-XXXXXX");
    assert_non_null(mkdtemp(folder));
    if (report_write(report, folder, pool, &err))
        fail_msg("%s", err.message);
    snprintf(path, sizeof path, "%s/report.html", folder);
    assert_int_equal(file_map_open(path, &map, NULL), MIEN_OK);
    return map;
}

static void remove_folder(const char *folder)
{
    static const char *const names[] = {"report.html", "bars.png", "bars.svg", "again.png",
                                        "again.svg"};
    char path[96];

    for (size_t i = 0; i < 5; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        assert_int_equal(unlink(path), 0);
    }
    assert_int_equal(rmdir(folder), 0);
}

static size_t count_of(const char *text, const char *part)
{
    size_t count = 0;

    for (const char *at = text; (at = strstr(at, part)); at += strlen(part))
        count++;
    return count;
}

static char *text_of(const struct file_map *map)
{
    char *text = strndup((const char *)map->data, map->bytes);

    assert_non_null(text);
    assert_int_equal(strlen(text), map->bytes);
    return text;
}

static void a_page_holds_each_figure_light_and_dark_and_writes_its_files(void **state)
{
    struct report report = {0};
    struct file_map map;
    char folder[64], *text;

    (void)state;
    fill(&report);
    map = page_of(&report, NULL, folder);
    text = text_of(&map);
    assert_int_equal(count_of(text, "<figure id="), 2);
    assert_int_equal(count_of(text, "<svg "), 4);
    assert_int_equal(count_of(text, "class=\"mark\""), 4 * 3);
    assert_int_equal(count_of(text, "<li><a href=\"#first\">First &amp; foremost</a></li>"), 1);
    assert_int_equal(count_of(text, "<section id=\"second\">"), 1);
    free(text);
    file_map_close(&map);
    remove_folder(folder);
    report_free(&report);
}

static void nothing_in_a_page_comes_from_elsewhere(void **state)
{
    /* What may name an address: namespaces, which nobody fetches. */
    static const char *const namespaces[] = {"=\"http://www.w3.org/1999/xhtml\"",
                                             "=\"http://www.w3.org/2000/svg\"",
                                             "=\"http://www.w3.org/1999/xlink\""};
    struct report report = {0};
    struct file_map map;
    size_t named = 0;
    char folder[64], *text;

    (void)state;
    fill(&report);
    map = page_of(&report, NULL, folder);
    text = text_of(&map);
    for (size_t i = 0; i < 3; i++)
        named += count_of(text, namespaces[i]);
    assert_int_equal(count_of(text, "://"), named);
    assert_int_equal(count_of(text, "href=\""), count_of(text, "href=\"#"));
    assert_int_equal(count_of(text, " src="), 0);
    assert_int_equal(count_of(text, "@import"), 0);
    assert_int_equal(count_of(text, "default-src 'none'"), 1);
    free(text);
    file_map_close(&map);
    remove_folder(folder);
    report_free(&report);
}

enum { MOST_DEPTH = 64, MOST_NAME = 32, MOST_IDS = 4096 };

static size_t name_length(const char *at)
{
    return strcspn(at, " \t\n/>");
}

/* Reads the tag at `at` and keeps the stack of open elements; returns where it ends. */
static const char *read_tag(const char *at, char (*open)[MOST_NAME], int *depth)
{
    const char *end = strchr(at, '>');
    size_t length;

    assert_non_null(end);
    if (at[1] == '/') {
        length = name_length(at + 2);
        assert_true(*depth > 0);
        --*depth;
        if (strlen(open[*depth]) != length || strncmp(open[*depth], at + 2, length))
            fail_msg("</%.*s> ends <%s>", (int)length, at + 2, open[*depth]);
    } else if (end[-1] != '/') {
        length = name_length(at + 1);
        assert_true(*depth < MOST_DEPTH && length < MOST_NAME);
        memcpy(open[*depth], at + 1, length);
        open[*depth][length] = 0;
        ++*depth;
    }
    return end + 1;
}

static void a_page_is_well_formed(void **state)
{
    struct report report = {0};
    struct file_map map;
    char folder[64], *text, open[MOST_DEPTH][MOST_NAME];
    const char *at;
    int depth = 0;

    (void)state;
    fill(&report);
    map = page_of(&report, NULL, folder);
    text = text_of(&map);
    assert_int_equal(strncmp(text, "<!DOCTYPE html>", 15), 0);
    for (at = text + 15; *at;) {
        unsigned char c = (unsigned char)*at;
        if (!strncmp(at, "<![CDATA[", 9)) {
            at = strstr(at, "]]>");
            assert_non_null(at);
            at += 3;
            continue;
        }
        assert_true(c >= 0x20 || c == '\n');
        if (c == '&') {
            size_t length = strcspn(at, "; <\n");
            assert_true(length < 8 && at[length] == ';');
        }
        at = c == '<' ? read_tag(at, open, &depth) : at + 1;
    }
    assert_int_equal(depth, 0);
    assert_int_equal(count_of(text, "<script"), 1);
    free(text);
    file_map_close(&map);
    remove_folder(folder);
    report_free(&report);
}

static void no_id_is_there_twice(void **state)
{
    static const char *ids[MOST_IDS];
    struct report report = {0};
    struct file_map map;
    size_t count = 0;
    char folder[64], *text;

    (void)state;
    fill(&report);
    map = page_of(&report, NULL, folder);
    text = text_of(&map);
    for (const char *at = text; (at = strstr(at, " id=\"")); at++) {
        size_t length = strcspn(at + 5, "\"") + 1;
        for (size_t i = 0; i < count; i++)
            if (!strncmp(ids[i], at + 5, length))
                fail_msg("id \"%.*s is there twice", (int)length, at + 5);
        assert_true(count < MOST_IDS);
        ids[count++] = at + 5;
    }
    assert_true(count > 20);
    free(text);
    file_map_close(&map);
    remove_folder(folder);
    report_free(&report);
}

static void a_page_is_the_same_at_any_number_of_threads(void **state)
{
    struct report report = {0};
    struct file_map one, many;
    struct thread_pool *pool;
    char first[64], second[64];

    (void)state;
    fill(&report);
    one = page_of(&report, NULL, first);
    assert_int_equal(thread_pool_new(3, &pool, NULL), MIEN_OK);
    many = page_of(&report, pool, second);
    thread_pool_free(pool);
    assert_int_equal(one.bytes, many.bytes);
    assert_memory_equal(one.data, many.data, one.bytes);
    file_map_close(&one);
    file_map_close(&many);
    remove_folder(first);
    remove_folder(second);
    report_free(&report);
}

static void a_figure_that_cannot_be_drawn_is_named(void **state)
{
    static const struct chart empty = {.type = CHART_PICTURES};
    struct report report = {0};
    mien_error err;

    (void)state;
    report_start(&report, "t", "s");
    report_section(&report, "a", "A");
    report_figure(&report, "faces", &empty, "Nothing.");
    assert_int_equal(report_write(&report, "/tmp", NULL, &err), MIEN_EINVAL);
    assert_non_null(strstr(err.message, "figure faces"));
    report_free(&report);
}

static void a_folder_that_is_not_there_is_an_error(void **state)
{
    struct report report = {0};
    mien_error err;

    (void)state;
    fill(&report);
    assert_int_equal(report_write(&report, "/nowhere/at/all", NULL, &err), MIEN_EIO);
    assert_non_null(strstr(err.message, "/nowhere/at/all/bars.png"));
    report_free(&report);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_page_holds_each_figure_light_and_dark_and_writes_its_files),
        cmocka_unit_test(nothing_in_a_page_comes_from_elsewhere),
        cmocka_unit_test(a_page_is_well_formed),
        cmocka_unit_test(no_id_is_there_twice),
        cmocka_unit_test(a_page_is_the_same_at_any_number_of_threads),
        cmocka_unit_test(a_figure_that_cannot_be_drawn_is_named),
        cmocka_unit_test(a_folder_that_is_not_there_is_an_error),
    };
    return cmocka_run_group_tests_name("report", tests, NULL, NULL);
}

/* test_pixel_parser.c - the fast pixel parsers against the plain one.
 * SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "tests/unit.h"

#include <string.h>
#include <sys/mman.h>

#include "base/random.h"
#include "dataset/pixel_parser.h"

enum { TEXT_BYTES = 1 << 12, PIXELS = 1 << 11 };

static struct pixel_kernel kernels[PIXEL_KERNELS_MAX];
static size_t kernel_count;

/* A page of text between pages that may not be read. */
static uint8_t *guarded_page;

static int set_up(void **state)
{
    uint8_t *pages =
        mmap(NULL, 3 * TEXT_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    (void)state;
    kernel_count = pixel_kernels(kernels);
    for (size_t i = 0; i + 1 < kernel_count; i++)
        print_message("kernel %s\n", kernels[i].name);
    if (pages == MAP_FAILED || mprotect(pages, TEXT_BYTES, PROT_NONE) ||
        mprotect(pages + 2 * TEXT_BYTES, TEXT_BYTES, PROT_NONE))
        return -1;
    guarded_page = pages + TEXT_BYTES;
    return 0;
}

/* Parses with every kernel and compares everything that the contract promises. */
static void compare_kernels(const uint8_t *text, size_t bytes, size_t count)
{
    uint8_t expected[PIXELS + PIXEL_PARSER_SLACK], pixels[PIXELS + PIXEL_PARSER_SLACK + 1];
    const uint8_t *expected_stop, *stop;
    size_t expected_parsed, parsed;

    expected_parsed = pixel_parse(&kernels[kernel_count - 1], text, text + bytes, expected, count,
                                  &expected_stop);
    assert_true(expected_parsed <= count);
    for (size_t i = 0; i + 1 < kernel_count; i++) {
        pixels[count + PIXEL_PARSER_SLACK] = 0xa5;
        parsed = pixel_parse(&kernels[i], text, text + bytes, pixels, count, &stop);
        if (parsed != expected_parsed || stop != expected_stop)
            fail_msg("%s: %zu pixels to %td, not %zu to %td, of \"%.*s\"", kernels[i].name, parsed,
                     stop - text, expected_parsed, expected_stop - text, (int)bytes, text);
        if (parsed)
            assert_memory_equal(pixels, expected, parsed);
        assert_int_equal(pixels[count + PIXEL_PARSER_SLACK], 0xa5);
    }
}

/* Against the end of the page and against its start. */
static void compare_at_both_edges(const char *text, size_t bytes, size_t count)
{
    uint8_t *at_end = guarded_page + TEXT_BYTES - bytes;

    memcpy(at_end, text, bytes);
    compare_kernels(at_end, bytes, count);
    memcpy(guarded_page, text, bytes);
    compare_kernels(guarded_page, bytes, count);
}

static void every_number_is_read_or_refused_alike_at_every_position(void **state)
{
    char text[512];

    (void)state;
    for (int shift = 0; shift < 70; shift++) {
        for (int number = 0; number < 1100; number += number < 305 ? 1 : 11) {
            size_t bytes = 0;
            for (int i = 0; i < shift; i++)
                text[bytes++] = i % 3 == 2 || i == shift - 1 ? ' ' : '1';
            bytes += (size_t)sprintf(text + bytes, "%d", number);
            for (int i = 0; i < 40; i++)
                bytes += (size_t)sprintf(text + bytes, " %d", 7 * i % 256);
            compare_at_both_edges(text, bytes, 200);
        }
    }
}

/* Text of mostly regular numbers, with a fault of every kind now and then. */
static size_t random_text(uint64_t key, char *text, size_t most, unsigned faults)
{
    static const char odd[] = ",\"\r\n-.x/:\t\x80\xb0\xff";
    size_t bytes = 0;
    uint64_t counter = 0;

    while (bytes + 8 < most) {
        uint64_t bits = random_bits(key, counter++);
        bytes += (size_t)sprintf(text + bytes, bits & 1 ? "%u" : "%03u",
                                 (unsigned)(bits >> 8) % (bits & 6 ? 256 : 10));
        if (bits >> 32 < UINT32_MAX / 1000 * faults)
            text[bytes++] = odd[(bits >> 16) % sizeof odd]; /* the closing NUL is one, too */
        else if (bits >> 32 < UINT32_MAX / 500 * faults)
            bytes += (size_t)sprintf(text + bytes, "%u", (unsigned)(bits >> 20) % 100);
        if (bits >> 32 > UINT32_MAX - UINT32_MAX / 1000 * faults)
            text[bytes++] = ' ';
        text[bytes++] = ' ';
    }
    return bytes;
}

static void random_text_is_read_alike_by_every_kernel(void **state)
{
    char text[TEXT_BYTES];

    (void)state;
    for (uint64_t key = 0; key < 6000; key++) {
        size_t most = 10 + random_bits(key, 1 << 20) % (key % 4 ? 600 : TEXT_BYTES - 20);
        size_t bytes = random_text(key, text, most, key % 5);
        size_t count = random_bits(key, 2 << 20) % (bytes / 2 + 2);
        compare_at_both_edges(text, bytes, count < PIXELS ? count : PIXELS);
    }
}

static void any_change_of_one_character_is_seen_alike(void **state)
{
    static const char characters[] = " 0259,\"\n-.:/\x80";
    char text[512];
    size_t bytes = random_text(7, text, 300, 0);

    (void)state;
    for (size_t i = 0; i < bytes; i++) {
        char kept = text[i];
        for (size_t c = 0; c < sizeof characters; c++) {
            text[i] = characters[c];
            compare_at_both_edges(text, bytes, 200);
        }
        text[i] = kept;
    }
}

static void every_length_of_text_and_count_is_read_alike(void **state)
{
    char text[512];
    size_t bytes = random_text(11, text, 260, 0);

    (void)state;
    for (size_t length = 0; length <= bytes; length++)
        for (size_t count = 0; count < 90; count += 1 + count / 8)
            compare_at_both_edges(text, length, count);
}

static void the_fast_kernels_do_nearly_all_of_a_regular_row(void **state)
{
    uint8_t pixels[PIXELS + PIXEL_PARSER_SLACK];
    char text[TEXT_BYTES];
    size_t bytes = random_text(3, text, TEXT_BYTES - 8, 0), parsed;

    (void)state;
    for (size_t i = 0; i + 1 < kernel_count; i++) {
        const uint8_t *stop = kernels[i].blocks(
            (const uint8_t *)text, (const uint8_t *)text + bytes, pixels, PIXELS, &parsed);
        assert_true(parsed > 900);
        assert_true((const uint8_t *)text + bytes - stop < 68);
    }
}

static void numbers_are_read_up_to_the_first_that_is_none(void **state)
{
    static const struct {
        const char *text;
        size_t parsed, stop;
    } cases[] = {
        {"", 0, 0},
        {"   ", 0, 3},
        {"0", 1, 1},
        {"255 ", 1, 4},
        {"256", 0, 0},
        {"1 300 2", 1, 2},
        {"1 -1", 1, 2},
        {"1 1.5", 1, 2},
        {"1,2", 1, 1},
        {"  7   8  ", 2, 9},
        {"1 2\r\n3", 2, 3},
        {"007 0255", 2, 8},
        {"1 99999999999999999999", 1, 2},
        {"12x 3", 0, 0},
        {"1\t2", 0, 0},
    };
    uint8_t pixels[8 + PIXEL_PARSER_SLACK];
    const uint8_t *stop;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const uint8_t *text = (const uint8_t *)cases[i].text;
        for (size_t k = 0; k < kernel_count; k++) {
            size_t parsed =
                pixel_parse(&kernels[k], text, text + strlen(cases[i].text), pixels, 8, &stop);
            assert_int_equal(parsed, cases[i].parsed);
            assert_int_equal(stop - text, cases[i].stop);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_read_up_to_the_first_that_is_none),
        cmocka_unit_test(every_number_is_read_or_refused_alike_at_every_position),
        cmocka_unit_test(random_text_is_read_alike_by_every_kernel),
        cmocka_unit_test(any_change_of_one_character_is_seen_alike),
        cmocka_unit_test(every_length_of_text_and_count_is_read_alike),
        cmocka_unit_test(the_fast_kernels_do_nearly_all_of_a_regular_row),
    };
    return cmocka_run_group_tests_name("pixel_parser", tests, set_up, NULL);
}

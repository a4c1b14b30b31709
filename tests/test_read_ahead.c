/* test_read_ahead.c - windows of text that another thread fills.
 * SPDX-License-Identifier: MIT */
#include "tests/unit.h"

#include <sched.h>
#include <stdatomic.h>
#include <string.h>

#include "base/random.h"
#include "dataset/read_ahead.h"

enum { KEEP = 1000 };

/* A text of `bytes` numbered bytes, then a failure if `fails`. */
struct source {
    size_t bytes, read;
    bool fails;
    _Atomic(const uint8_t *) held; /* the end of the window that the reader has */
    atomic_bool overwritten;
};

static uint8_t byte_at(size_t i)
{
    return (uint8_t)(i >> 14 ^ i * 7);
}

static mien_status read_source(void *context, uint8_t *to, size_t bytes, size_t *ret_read,
                               mien_error *err)
{
    struct source *source = context;
    size_t count = source->bytes - source->read;
    const uint8_t *held = atomic_load(&source->held);

    if (held && held > to && held <= to + bytes)
        atomic_store(&source->overwritten, true);
    if (count > bytes)
        count = bytes;
    for (size_t i = 0; i < count; i++)
        to[i] = byte_at(source->read + i);
    source->read += count;
    *ret_read = count;
    if (count < bytes && source->fails)
        return error_set(err, MIEN_EIO, "the disk is gone");
    return MIEN_OK;
}

/* Reads everything, keeping a changing number of bytes of every window; returns how many came. */
static size_t read_all(struct source *source, mien_status *ret_status, mien_error *err)
{
    struct read_ahead *reader;
    size_t bytes = 0, keep = 0, total = 0;
    const uint8_t *text;
    bool last = false;

    assert_int_equal(read_ahead_new(read_source, source, KEEP, &reader, NULL), MIEN_OK);
    while (!last && !(*ret_status = read_ahead_next(reader, keep, &text, &bytes, &last, err))) {
        atomic_store(&source->held, text + bytes);
        for (int i = 0; i < 20; i++) /* time for the source to go too far */
            sched_yield();
        total -= keep;
        for (size_t i = 0; i < bytes; i++)
            if (text[i] != byte_at(total + i))
                fail_msg("byte %zu is wrong", total + i);
        total += bytes;
        keep = random_bits(bytes, total) % (KEEP + 1);
        if (keep > bytes)
            keep = bytes;
        atomic_store(&source->held, NULL);
    }
    read_ahead_free(reader);
    assert_false(source->overwritten);
    return total;
}

static void windows_join_to_the_whole_text(void **state)
{
    static const size_t sizes[] = {0, 1, 1000, 1 << 18, (1 << 18) + 1, 3 << 18, 5000000};

    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct source source = {.bytes = sizes[i]};
        mien_status status;
        assert_int_equal(read_all(&source, &status, NULL), sizes[i]);
        assert_int_equal(status, MIEN_OK);
    }
}

static void a_failure_comes_after_the_text_in_front_of_it(void **state)
{
    struct source source = {.bytes = 3000000, .fails = true};
    mien_status status;
    mien_error err;

    (void)state;
    assert_in_range(read_all(&source, &status, &err), 2700000, 3000000);
    assert_int_equal(status, MIEN_EIO);
    assert_string_equal(err.message, "the disk is gone");
}

static void reading_may_end_at_any_time(void **state)
{
    (void)state;
    for (int windows = 0; windows < 10; windows++) {
        struct source source = {.bytes = SIZE_MAX};
        struct read_ahead *reader;
        const uint8_t *text;
        size_t bytes;
        bool last;
        assert_int_equal(read_ahead_new(read_source, &source, KEEP, &reader, NULL), MIEN_OK);
        for (int i = 0; i < windows; i++)
            assert_int_equal(read_ahead_next(reader, 0, &text, &bytes, &last, NULL), MIEN_OK);
        read_ahead_free(reader);
    }
    read_ahead_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(windows_join_to_the_whole_text),
        cmocka_unit_test(a_failure_comes_after_the_text_in_front_of_it),
        cmocka_unit_test(reading_may_end_at_any_time),
    };
    return cmocka_run_group_tests_name("read_ahead", tests, NULL, NULL);
}

/* test_base.c - sizes, text, hashes, random numbers, files and threads.
 * SPDX-License-Identifier: MIT */
#include "tests/unit.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/random.h"
#include "base/sha256.h"
#include "base/sha256_kernel.h"
#include "base/text.h"
#include "base/thread_pool.h"

static void an_error_message_stays_on_one_line(void **state)
{
    mien_error err;

    (void)state;
    assert_int_equal(error_set(&err, MIEN_EIO, "%s: gone", "a\nb\x1b[31m"), MIEN_EIO);
    assert_string_equal(err.message, "a?b?[31m: gone");
    assert_int_equal(error_prefix(&err, err.status, "model %d", 7), MIEN_EIO);
    assert_string_equal(err.message, "model 7: a?b?[31m: gone");
    error_set(&err, MIEN_EIO, "%s", "a\xc2\x9b[31m \xc2\xa0\xc3\x9b\xc2"); /* a CSI; letters stay */
    assert_string_equal(err.message, "a??[31m \xc2\xa0\xc3\x9b\xc2");
    assert_int_equal(error_set(NULL, MIEN_EIO, "x"), MIEN_EIO);
}

static void sizes_that_overflow_are_refused(void **state)
{
    size_t result = 5;

    (void)state;
    assert_false(mul_size(SIZE_MAX / 2, 3, &result));
    assert_false(add_size(SIZE_MAX, 1, &result));
    assert_true(mul_size(6, 7, &result));
    assert_int_equal(result, 42);
    assert_null(memory_aligned_new(SIZE_MAX - 3));
}

static void sha256_gives_the_digests_of_the_standard(void **state)
{
    /* FIPS 180-4 example messages: "abc", the 56-byte one, and a million letters a. */
    static const char *const expected[] = {
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
        "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"};
    static const char *const messages[] = {
        "abc", "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", "aaaaaaaaaa"};
    static const int repeats[] = {1, 1, 100000};

    (void)state;
    for (int i = 0; i < 3; i++) {
        struct sha256 hash;
        uint8_t digest[SHA256_BYTES];
        char text[SHA256_TEXT];
        sha256_init(&hash);
        for (int r = 0; r < repeats[i]; r++)
            sha256_update(&hash, messages[i], strlen(messages[i]));
        sha256_final(&hash, digest);
        sha256_text(digest, text);
        assert_string_equal(text, expected[i]);
    }
}

/* The digest by the plain compression function alone, with FIPS 180-4's padding by hand. */
static void plain_digest(const uint8_t *message, size_t length, uint8_t ret_digest[SHA256_BYTES])
{
    struct sha256 hash;
    uint8_t padded[512] = {0};
    size_t blocks = (length + 8) / 64 + 1;

    memcpy(padded, message, length);
    padded[length] = 0x80;
    for (int i = 0; i < 8; i++)
        padded[64 * blocks - 1 - (size_t)i] = (uint8_t)((uint64_t)length * 8 >> 8 * i);
    sha256_init(&hash);
    sha256_compress_plain(hash.state, padded, blocks);
    for (int i = 0; i < SHA256_BYTES; i++)
        ret_digest[i] = (uint8_t)(hash.state[i / 4] >> (24 - 8 * (i % 4)));
}

static void sha256_of_any_length_in_any_pieces_is_what_the_plain_code_gives(void **state)
{
    uint8_t message[300], expected[SHA256_BYTES], digest[SHA256_BYTES];

    (void)state;
    for (size_t length = 0; length <= sizeof message; length++) {
        for (size_t i = 0; i < length; i++)
            message[i] = (uint8_t)random_bits(length, i);
        plain_digest(message, length, expected);
        for (size_t piece = 1; piece <= length + 1; piece += 1 + piece / 4) {
            struct sha256 hash;
            sha256_init(&hash);
            for (size_t at = 0; at < length; at += piece)
                sha256_update(&hash, message + at, piece < length - at ? piece : length - at);
            sha256_final(&hash, digest);
            assert_memory_equal(digest, expected, SHA256_BYTES);
        }
    }
}

static void the_processors_own_sha256_is_the_plain_one(void **state)
{
    sha256_compress *compress = sha256_compress_x86();

    (void)state;
    if (!compress) {
        fprintf(stderr, "SKIPPED: this processor has no SHA extensions\n");
        skip();
    }
    for (size_t count = 0; count <= 8; count++) {
        uint8_t blocks[8 * 64];
        uint32_t fast[8], plain[8];
        for (size_t i = 0; i < sizeof blocks; i++)
            blocks[i] = (uint8_t)random_bits(count, i);
        for (size_t i = 0; i < 8; i++)
            fast[i] = plain[i] = (uint32_t)random_bits(count + 100, i);
        compress(fast, blocks, count);
        sha256_compress_plain(plain, blocks, count);
        assert_memory_equal(fast, plain, sizeof plain);
    }
}

static void the_mersenne_twister_matches_numpy(void **state)
{
    /* numpy.random.RandomState(121).permutation(10) and .random_sample() of seed 121. */
    static const uint32_t expected[10] = {8, 9, 7, 3, 6, 1, 4, 0, 5, 2};
    struct mersenne_twister generator;
    uint32_t order[10];

    (void)state;
    mersenne_twister_seed(&generator, 121);
    mersenne_twister_permutation(&generator, 10, order);
    assert_memory_equal(order, expected, sizeof order);
    mersenne_twister_seed(&generator, 121);
    assert_float_equal(mersenne_twister_uniform(&generator), 0.11133082800524441, 1e-15);
}

static void a_shuffle_keeps_every_element_once(void **state)
{
    uint32_t order[1000];
    bool seen[1000] = {false};
    int moved = 0;

    (void)state;
    for (uint32_t i = 0; i < 1000; i++)
        order[i] = i;
    random_shuffle(random_key(1, 2), order, 1000);
    for (uint32_t i = 0; i < 1000; i++) {
        assert_false(seen[order[i]]);
        seen[order[i]] = true;
        moved += order[i] != i;
    }
    assert_true(moved > 900);
}

static void random_normals_have_mean_0_and_deviation_1(void **state)
{
    double sum = 0, squares = 0;

    (void)state;
    for (uint64_t i = 0; i < 100000; i++) {
        double x = random_normal(7, i);
        sum += x;
        squares += x * x;
    }
    assert_float_equal(sum / 100000, 0, 0.02);
    assert_float_equal(squares / 100000, 1, 0.02);
}

static void text_grows_and_keeps_what_was_added(void **state)
{
    struct text text = {0};

    (void)state;
    for (int i = 0; i < 1000; i++)
        text_add(&text, "%d,", i);
    assert_false(text.failed);
    assert_int_equal(text.length, 10 * 2 + 90 * 3 + 900 * 4);
    assert_memory_equal(text.data + text.length - 4, "999,", 5);
    text_free(&text);
}

static void the_nearest_name_is_found_only_if_near(void **state)
{
    static const char *const names[] = {"recognize", "evaluate", "train"};

    (void)state;
    assert_string_equal(text_nearest("recognise", names, 3), "recognize");
    assert_string_equal(text_nearest("trian", names, 3), "train");
    assert_null(text_nearest("zebra", names, 3));
}

static void text_from_outside_is_clean_up_to_what_no_terminal_should_see(void **state)
{
    static const struct {
        const char *text;
        size_t clean, clean_lines;
    } cases[] = {
        {"", 0, 0},
        {"Fr\xc3\xb6hlich \xf0\x9f\x98\x80\tx", 16, 16},
        {"a\nb", 1, 3},
        {"a\x1b[2J", 1, 1},
        {"a\x7f", 1, 1},
        {"ab\xc2\x9b", 2, 2},       /* C1 */
        {"ab\xc2", 2, 2},           /* cut */
        {"ab\x80", 2, 2},           /* no beginning */
        {"\xc0\xaf", 0, 0},         /* too long for a slash */
        {"a\xed\xa0\x80", 1, 1},    /* half of a pair */
        {"\xf4\x90\x80\x80", 0, 0}, /* beyond Unicode */
        {"\xff", 0, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        size_t bytes = strlen(cases[i].text);
        assert_int_equal(text_clean_span(cases[i].text, bytes, false), cases[i].clean);
        assert_int_equal(text_clean_span(cases[i].text, bytes, true), cases[i].clean_lines);
    }
}

static void a_file_appears_whole_or_not_at_all(void **state)
{
    char path[] = "/tmp/mien-test-XXXXXX";
    struct atomic_file file;
    struct file_map map;
    mien_error err;

    (void)state;
    close(mkstemp(path));
    assert_int_equal(atomic_file_open(path, &file, &err), MIEN_OK);
    fputs("half", file.stream);
    atomic_file_abandon(&file);
    assert_int_equal(file_map_open(path, &map, &err), MIEN_OK);
    assert_int_equal(map.bytes, 0);
    file_map_close(&map);

    assert_int_equal(atomic_file_open(path, &file, &err), MIEN_OK);
    fputs("whole", file.stream);
    assert_int_equal(atomic_file_commit(&file, &err), MIEN_OK);
    assert_int_equal(file_map_open(path, &map, &err), MIEN_OK);
    assert_int_equal(map.bytes, 5);
    assert_memory_equal(map.data, "whole", 5);
    file_map_close(&map);
    unlink(path);
}

static void write_text(const char *path, const char *text)
{
    struct atomic_file file;
    mien_error err;

    if (atomic_file_open(path, &file, &err))
        fail_msg("%s", err.message);
    fputs(text, file.stream);
    assert_int_equal(atomic_file_commit(&file, &err), MIEN_OK);
}

static mode_t mode_of(const char *path)
{
    struct stat facts;

    assert_int_equal(lstat(path, &facts), 0);
    return facts.st_mode;
}

static void a_new_file_has_the_umasks_permissions_and_an_old_one_keeps_its_own(void **state)
{
    static const mode_t modes[] = {0600, 0666, 0440};
    char path[] = "/tmp/mien-test-XXXXXX";
    mode_t before = umask(027);
    struct atomic_file file;

    (void)state;
    close(mkstemp(path));
    unlink(path);
    write_text(path, "new");
    assert_int_equal(mode_of(path) & 0777, 0640);
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        assert_int_equal(chmod(path, modes[i]), 0);
        assert_int_equal(atomic_file_open(path, &file, NULL), MIEN_OK);
        assert_int_equal(mode_of(file.temporary) & 0777, modes[i]); /* nobody reads it meanwhile */
        assert_int_equal(atomic_file_commit(&file, NULL), MIEN_OK);
        assert_int_equal(mode_of(path) & 0777, modes[i]);
    }
    umask(before);
    unlink(path);
}

/* Eight threads, each its own files. */
struct writing {
    char path[40];
    atomic_int wrong; /* files with other permissions than the umask leaves */
};

static void write_task(void *context, int index, int worker)
{
    struct writing *writing = context;
    struct atomic_file file;
    struct stat facts;
    char path[64];

    (void)index;
    snprintf(path, sizeof path, "%s.%d", writing->path, worker);
    if (atomic_file_open(path, &file, NULL) || atomic_file_commit(&file, NULL) ||
        stat(path, &facts) || (facts.st_mode & 0777) != 0640)
        writing->wrong++;
    unlink(path);
}

static void files_written_by_many_threads_leave_the_umask_as_it_is(void **state)
{
    struct writing writing = {"/dev/shm/mien-test-XXXXXX", 0};
    mode_t before = umask(027);
    struct thread_pool *pool;

    (void)state;
    close(mkstemp(writing.path));
    assert_int_equal(thread_pool_new(8, &pool, NULL), MIEN_OK);
    thread_pool_run(pool, 20000, write_task, &writing);
    thread_pool_free(pool);
    assert_int_equal(umask(before), 027);
    assert_int_equal(writing.wrong, 0);
    unlink(writing.path);
}

static void a_link_is_followed_and_no_device_is_replaced(void **state)
{
    char folder[] = "/tmp/mien-test-XXXXXX", path[64], link[64];
    struct atomic_file file;
    mien_error err;

    (void)state;
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/file", folder);
    snprintf(link, sizeof link, "%s/link", folder);
    write_text(path, "one");
    assert_int_equal(symlink("file", link), 0);
    write_text(link, "other");
    assert_true(S_ISLNK(mode_of(link)));
    assert_true(S_ISREG(mode_of(path)));
    unlink(link);
    unlink(path);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_int_equal(atomic_file_open(path, &file, &err), MIEN_EIO);
    assert_memory_equal(err.message, path, strlen(path));
    assert_non_null(strstr(err.message, ": not a regular file"));
    assert_int_equal(symlink("/dev/null", link), 0);
    assert_int_equal(atomic_file_open(link, &file, &err), MIEN_EIO);
    assert_int_equal(atomic_file_open(folder, &file, &err), MIEN_EIO);
    unlink(link);
    unlink(path);
    assert_int_equal(rmdir(folder), 0); /* nothing is left beside it */
}

/* Writes beyond the file size that the process may have, as on a full disk. */
static void a_write_that_failed_is_told_at_the_end(void **state)
{
    char path[] = "/tmp/mien-test-XXXXXX", block[1 << 16] = {0};
    struct rlimit before, small;
    struct atomic_file file;
    struct file_map map;
    mien_error err;

    (void)state;
    close(mkstemp(path));
    getrlimit(RLIMIT_FSIZE, &before);
    small = (struct rlimit){100000, before.rlim_max};
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(atomic_file_open(path, &file, &err), MIEN_OK);
    setrlimit(RLIMIT_FSIZE, &small);
    for (int i = 0; i < 3; i++)
        fwrite(block, 1, sizeof block, file.stream);
    setrlimit(RLIMIT_FSIZE, &before);
    assert_int_equal(atomic_file_commit(&file, &err), MIEN_EIO);
    assert_int_equal(file_map_open(path, &map, &err), MIEN_OK);
    assert_int_equal(map.bytes, 0);
    file_map_close(&map);
    unlink(path);
}

static void a_missing_file_is_named(void **state)
{
    struct file_map map;
    mien_error err;

    (void)state;
    assert_int_equal(file_map_open("/nowhere/at/all", &map, &err), MIEN_EIO);
    assert_string_equal(err.message, "/nowhere/at/all: No such file or directory");
    assert_int_equal(file_map_open("/", &map, &err), MIEN_EIO);
    assert_string_equal(err.message, "/: not a regular file");
}

static void count_task(void *context, int index, int worker)
{
    (void)worker;
    ((int *)context)[index]++;
}

static void every_task_runs_exactly_once_at_any_pool_size(void **state)
{
    (void)state;
    for (int threads = 1; threads <= 5; threads++) {
        struct thread_pool *pool;
        int counts[97] = {0};
        assert_int_equal(thread_pool_new(threads, &pool, NULL), MIEN_OK);
        for (int run = 0; run < 50; run++)
            thread_pool_run(pool, 97, count_task, counts);
        thread_pool_free(pool);
        for (int i = 0; i < 97; i++)
            assert_int_equal(counts[i], 50);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_error_message_stays_on_one_line),
        cmocka_unit_test(sizes_that_overflow_are_refused),
        cmocka_unit_test(sha256_gives_the_digests_of_the_standard),
        cmocka_unit_test(sha256_of_any_length_in_any_pieces_is_what_the_plain_code_gives),
        cmocka_unit_test(the_processors_own_sha256_is_the_plain_one),
        cmocka_unit_test(the_mersenne_twister_matches_numpy),
        cmocka_unit_test(a_shuffle_keeps_every_element_once),
        cmocka_unit_test(random_normals_have_mean_0_and_deviation_1),
        cmocka_unit_test(text_grows_and_keeps_what_was_added),
        cmocka_unit_test(the_nearest_name_is_found_only_if_near),
        cmocka_unit_test(text_from_outside_is_clean_up_to_what_no_terminal_should_see),
        cmocka_unit_test(a_file_appears_whole_or_not_at_all),
        cmocka_unit_test(a_new_file_has_the_umasks_permissions_and_an_old_one_keeps_its_own),
        cmocka_unit_test(files_written_by_many_threads_leave_the_umask_as_it_is),
        cmocka_unit_test(a_link_is_followed_and_no_device_is_replaced),
        cmocka_unit_test(a_write_that_failed_is_told_at_the_end),
        cmocka_unit_test(a_missing_file_is_named),
        cmocka_unit_test(every_task_runs_exactly_once_at_any_pool_size),
    };
    return cmocka_run_group_tests_name("base", tests, NULL, NULL);
}

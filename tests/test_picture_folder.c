/* test_picture_folder.c - data sets that are folders of pictures.
 * SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "tests/temp_folder.h"

#include <string.h>
#include <sys/stat.h>

#include "base/thread_pool.h"
#include "dataset/dataset.h"
#include "media/picture_writer.h"

static char folder[64]; /* a new one for each test */

static int new_folder(void **state)
{
    static int number;

    (void)state;
    snprintf(folder, sizeof folder, "%s/%d", temp_folder, number++);
    return mkdir(folder, 0755);
}

/* The path of `name` in the test's folder; the folders on the way are made. */
static const char *path_of(const char *name)
{
    static char path[256];

    snprintf(path, sizeof path, "%s/%s", folder, name);
    for (char *slash = path + strlen(folder) + 1; (slash = strchr(slash, '/')); slash++) {
        *slash = 0;
        mkdir(path, 0755);
        *slash = '/';
    }
    return path;
}

/* A grey picture, darker to its left, that is `level` bright at its right. */
static void add_picture(const char *name, int side, uint8_t level)
{
    struct image image;
    mien_error err;

    assert_int_equal(image_new(side, side, 1, &image, NULL), MIEN_OK);
    for (int y = 0; y < side; y++)
        for (int x = 0; x < side; x++)
            image_row(&image, y)[x] = (uint8_t)(level * x / (side - 1));
    if (picture_write(path_of(name), &image, &err))
        fail_msg("%s", err.message);
    image_free(&image);
}

static void add_text(const char *name, const char *text)
{
    FILE *file = fopen(path_of(name), "w");

    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void open_good(const struct dataset_options *options, struct dataset *ret_data)
{
    mien_error err;

    if (dataset_open(folder, options, ret_data, &err))
        fail_msg("%s", err.message);
}

/* Opening fails with the folder's path, or `below` in it, and `message` behind it. */
static void assert_refused(mien_status status, const char *below, const char *message)
{
    struct dataset data;
    mien_error err;
    char expected[1024];

    snprintf(expected, sizeof expected, "%s%s: %s", folder, below, message);
    assert_int_equal(dataset_open(folder, NULL, &data, &err), status);
    assert_string_equal(err.message, expected);
}

static void parts_and_labels_come_from_the_folders_names(void **state)
{
    struct dataset data;

    (void)state;
    add_picture("test/happy/b.png", 48, 10);
    add_picture("test/happy/a.jpg", 48, 20);
    add_picture("Val/Anger/c.jpeg", 48, 30);
    add_picture("train/sadness/d.PNG.png", 48, 40);
    add_picture("train/disgusted/e.png", 48, 50);
    add_text("train/disgusted/notes.txt", "no picture");
    add_text("train/disgusted/.hidden.png", "no picture");
    add_text("train/Thumbs/db", "no label");
    add_text("README", "no part");
    open_good(NULL, &data);
    assert_int_equal(data.count, 5);
    assert_true(data.has_parts);
    assert_int_equal(data.label_count, 7);
    assert_string_equal(data.label_names[3], "happy");
    static const char *const files[] = {"train/disgusted/e.png", "train/sadness/d.PNG.png",
                                        "Val/Anger/c.jpeg", "test/happy/a.jpg", "test/happy/b.png"};
    static const uint16_t labels[] = {1, 4, 0, 3, 3};
    static const uint8_t parts[] = {DATASET_TRAIN, DATASET_TRAIN, DATASET_VALIDATION, DATASET_TEST,
                                    DATASET_TEST};
    assert_memory_equal(data.labels, labels, sizeof labels);
    assert_memory_equal(data.parts, parts, sizeof parts);
    for (int row = 0; row < 5; row++)
        assert_string_equal(data.files[row], files[row]);
    dataset_close(&data);
}

static void without_part_folders_all_pictures_are_for_training(void **state)
{
    struct dataset data;

    (void)state;
    add_picture("neutral/a.png", 48, 10);
    add_picture("contempt/a.png", 48, 10);
    open_good(NULL, &data);
    assert_false(data.has_parts);
    assert_int_equal(data.label_count, 8);
    assert_int_equal(data.labels[0], 7);
    assert_int_equal(data.labels[1], 6);
    assert_int_equal(data.parts[0], DATASET_TRAIN);
    dataset_close(&data);
}

static void other_labels_are_the_folders_names_sorted(void **state)
{
    static const char *const names[] = {"happy", "zebra", "zoo"};
    struct dataset data;

    (void)state;
    add_picture("train/zoo/a.png", 48, 10);
    add_picture("train/happy/a.png", 48, 10);
    add_picture("test/zebra/a.png", 48, 10);
    add_picture("test/happy/a.png", 48, 10);
    open_good(NULL, &data);
    assert_int_equal(data.label_count, 3);
    for (int i = 0; i < 3; i++)
        assert_string_equal(data.label_names[i], names[i]);
    static const uint16_t labels[] = {0, 2, 0, 1};
    assert_memory_equal(data.labels, labels, sizeof labels);
    dataset_close(&data);
}

static void pictures_become_grey_and_of_one_size(void **state)
{
    struct dataset_options options;
    struct dataset data;
    struct image colour;

    (void)state;
    add_picture("sad/grey.png", 16, 240);
    add_picture("sad/large.png", 160, 240);
    assert_int_equal(image_new(40, 20, 3, &colour, NULL), MIEN_OK);
    for (int y = 0; y < 20; y++)
        for (int x = 0; x < 40; x++)
            memcpy(image_row(&colour, y) + 3 * x, (uint8_t[]){255, 0, 0}, 3);
    assert_int_equal(picture_write(path_of("sad/red.png"), &colour, NULL), MIEN_OK);
    image_free(&colour);
    dataset_options_init(&options);
    options.size = 16;
    open_good(&options, &data);
    assert_int_equal(data.width, 16);
    assert_int_equal(data.height, 16);
    for (int i = 0; i < 256; i++) {
        assert_int_equal(dataset_picture(&data, 0)[i], 240 * (i % 16) / 15);
        assert_in_range(dataset_picture(&data, 1)[i], 240 * (2 * (i % 16)) / 32,
                        240 * (2 * (i % 16) + 2) / 32);
        assert_int_equal(dataset_picture(&data, 2)[i], 76); /* red's luma */
    }
    dataset_close(&data);
}

static void any_number_of_threads_gives_the_same_data(void **state)
{
    uint8_t expected[SHA256_BYTES], digest[SHA256_BYTES];
    struct dataset_options options;
    struct dataset data;

    (void)state;
    for (int i = 0; i < 10; i++) {
        char name[32];
        snprintf(name, sizeof name, "%s/%d.png", i % 2 ? "fear" : "surprise", i);
        add_picture(name, 20 + i, (uint8_t)(25 * i));
    }
    open_good(NULL, &data);
    dataset_sha256(&data, expected);
    dataset_close(&data);
    for (int threads = 1; threads < 5; threads++) {
        dataset_options_init(&options);
        assert_int_equal(thread_pool_new(threads, &options.pool, NULL), MIEN_OK);
        open_good(&options, &data);
        dataset_sha256(&data, digest);
        assert_memory_equal(digest, expected, sizeof digest);
        dataset_close(&data);
        thread_pool_free(options.pool);
    }
}

static void a_bad_picture_is_named_or_skipped_and_counted(void **state)
{
    struct dataset_options options;
    struct dataset data;
    mien_error err;
    char beginning[128];

    (void)state;
    add_picture("happy/a.png", 48, 100);
    add_text("happy/b.png", "not a picture");
    add_text("happy/c.png", "");
    add_picture("sad/a.png", 48, 200);
    dataset_options_init(&options);
    assert_int_equal(thread_pool_new(3, &options.pool, NULL), MIEN_OK);
    assert_int_not_equal(dataset_open(folder, &options, &data, &err), MIEN_OK);
    snprintf(beginning, sizeof beginning, "%s/happy/b.png: ", folder);
    assert_memory_equal(err.message, beginning, strlen(beginning));
    options.skip_bad = true;
    open_good(&options, &data);
    assert_int_equal(data.count, 2);
    assert_int_equal(data.skipped, 2);
    assert_int_equal(data.labels[1], 4);
    for (int i = 0; i < 48 * 48; i++) {
        assert_int_equal(dataset_picture(&data, 0)[i], 100 * (i % 48) / 47);
        assert_int_equal(dataset_picture(&data, 1)[i], 200 * (i % 48) / 47);
    }
    assert_string_equal(data.files[1], "sad/a.png");
    dataset_close(&data);
    thread_pool_free(options.pool);
}

static void of_several_bad_pictures_the_first_is_named_at_any_number_of_threads(void **state)
{
    struct dataset_options options;
    struct dataset data;
    mien_error err;

    (void)state;
    for (int i = 0; i < 60; i++) {
        char name[32];
        snprintf(name, sizeof name, "sad/%02d.png", i);
        add_text(name, "not a picture");
    }
    dataset_options_init(&options);
    assert_int_equal(thread_pool_new(4, &options.pool, NULL), MIEN_OK);
    for (int run = 0; run < 50; run++) {
        assert_int_not_equal(dataset_open(folder, &options, &data, &err), MIEN_OK);
        assert_non_null(strstr(err.message, "/sad/00.png: "));
    }
    thread_pool_free(options.pool);
}

static void if_all_pictures_are_bad_even_skip_bad_fails(void **state)
{
    struct dataset_options options;
    struct dataset data;
    mien_error err;

    (void)state;
    add_text("happy/a.png", "not a picture");
    add_text("happy/b.png", "not a picture");
    dataset_options_init(&options);
    options.skip_bad = true;
    assert_int_equal(dataset_open(folder, &options, &data, &err), MIEN_ECORRUPT);
    assert_non_null(strstr(err.message, "all 2 pictures are bad, the first: "));
    assert_non_null(strstr(err.message, "/happy/a.png: "));
}

static void a_link_that_leads_nowhere_is_named(void **state)
{
    struct dataset data;
    mien_error err;
    char expected[128];

    (void)state;
    add_picture("happy/a.png", 48, 100);
    assert_int_equal(symlink("nowhere", path_of("happy/b.jpg")), 0);
    assert_int_equal(dataset_open(folder, NULL, &data, &err), MIEN_EIO);
    snprintf(expected, sizeof expected, "%s/happy/b.jpg: No such file or directory", folder);
    assert_string_equal(err.message, expected);
}

static void links_to_folders_and_pictures_are_followed(void **state)
{
    struct dataset data;

    (void)state;
    add_picture("a/happy/a.png", 48, 100);
    assert_int_equal(symlink("../a/happy", path_of("b/sad")), 0);
    assert_int_equal(symlink("../a/happy/a.png", path_of("b/x.png")), 0);
    strcat(folder, "/b");
    open_good(NULL, &data);
    assert_int_equal(data.count, 1);
    assert_int_equal(data.labels[0], 4);
    dataset_close(&data);
}

static void a_folder_that_is_no_data_set_is_refused(void **state)
{
    (void)state;
    assert_refused(MIEN_ECORRUPT, "",
                   "no pictures; the layout is <part>/<label>/*.png (or .jpg), or <label>/*.png");
    add_picture("a.png", 48, 100);
    assert_refused(MIEN_ECORRUPT, "",
                   "no pictures; the layout is <part>/<label>/*.png (or .jpg), or <label>/*.png");
    add_picture("train/happy/a.png", 48, 100);
    add_picture("old/happy/a.png", 48, 100);
    assert_refused(MIEN_ECORRUPT, "",
                   "the folder old is none of the parts train, validation and test, but others "
                   "are");
}

static void a_folders_name_that_no_model_could_hold_is_no_label(void **state)
{
    static const char *const names[] = {"happ\xff", "gl\xc3\xbc\xc2\x9b"};
    static const char hint[] = "cannot be a label, which has at most 63 bytes of UTF-8 without "
                               "control characters; rename it";
    struct dataset data;
    mien_error err;
    char name[72], path[96], message[256];

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(name, sizeof name, "train/%s/a.png", names[i]);
        add_picture(name, 48, 100);
        assert_int_equal(dataset_open(folder, NULL, &data, &err), MIEN_ECORRUPT);
        assert_memory_equal(err.message, folder, strlen(folder));
        assert_non_null(strstr(err.message, hint));
        assert_int_equal(remove(path_of(name)), 0);
    }
    memset(name, 'x', 63);
    strcpy(name + 63, "/a.png");
    snprintf(path, sizeof path, "train/%s", name);
    add_picture(path, 48, 100);
    open_good(NULL, &data);
    dataset_close(&data);
    snprintf(path, sizeof path, "test/x%s", name);
    add_picture(path, 48, 100);
    snprintf(message, sizeof message, "the folder \"x%.63s\" %s", name, hint);
    assert_refused(MIEN_ECORRUPT, "", message);
}

static void a_thousand_labels_are_enough(void **state)
{
    (void)state;
    for (int i = 0; i < 1001; i++) {
        char name[32];
        snprintf(name, sizeof name, "%04d/a.png", i);
        add_text(name, "");
    }
    assert_refused(MIEN_EUNSUPPORTED, "",
                   "more than 1000 folders of pictures, but each would be a label; the layout is "
                   "<part>/<label>/*.png (or .jpg), or <label>/*.png");
}

#define folder_test(name) cmocka_unit_test_setup(name, new_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        folder_test(parts_and_labels_come_from_the_folders_names),
        folder_test(without_part_folders_all_pictures_are_for_training),
        folder_test(other_labels_are_the_folders_names_sorted),
        folder_test(pictures_become_grey_and_of_one_size),
        folder_test(any_number_of_threads_gives_the_same_data),
        folder_test(a_bad_picture_is_named_or_skipped_and_counted),
        folder_test(of_several_bad_pictures_the_first_is_named_at_any_number_of_threads),
        folder_test(if_all_pictures_are_bad_even_skip_bad_fails),
        folder_test(a_link_that_leads_nowhere_is_named),
        folder_test(links_to_folders_and_pictures_are_followed),
        folder_test(a_folder_that_is_no_data_set_is_refused),
        folder_test(a_folders_name_that_no_model_could_hold_is_no_label),
        folder_test(a_thousand_labels_are_enough),
    };
    return cmocka_run_group_tests_name("picture_folder", tests, temp_folder_new, temp_folder_free);
}

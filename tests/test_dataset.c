/* test_dataset.c - FER2013 CSV files: flavours, packings, faults, and the real data.
 * SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "tests/temp_folder.h"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/random.h"
#include "base/text.h"
#include "dataset/csv_reader.h"
#include "dataset/dataset.h"
#include "dataset/split.h"

enum { SIDE = 8, PIXELS = SIDE * SIDE };

static char path[128]; /* of the file that write_file() wrote last */

static void name_file(const char *name)
{
    if (*path)
        unlink(path);
    snprintf(path, sizeof path, "%s", temp_path(name));
}

static void write_file(const char *name, const void *bytes, size_t count)
{
    FILE *file;

    name_file(name);
    file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, count, file), count);
    assert_int_equal(fclose(file), 0);
}

static uint8_t pixel(size_t row, size_t i)
{
    return (uint8_t)(random_bits(row, i) >> (i % 3 ? 0 : 5));
}

/* Adds row `row`'s pixels, `count` of them. */
static void add_pixels(struct text *text, size_t row, size_t count)
{
    for (size_t i = 0; i < count; i++)
        text_add(text, i ? " %u" : "%u", pixel(row, i));
}

/* Fills a line in: L is row's label, P its pixels, U its part; everything else stays. */
static void add_line(struct text *text, size_t row, const char *line)
{
    static const char *const parts[] = {"Training", "PublicTest", "PrivateTest"};

    for (; *line; line++) {
        if (*line == 'L')
            text_add(text, "%u", (unsigned)(row * 5 % 7));
        else if (*line == 'P')
            add_pixels(text, row, PIXELS);
        else if (*line == 'U')
            text_add(text, "%s", parts[row % 3]);
        else
            text_add_bytes(text, line, 1);
    }
}

static struct text csv_of(const char *header, const char *line, size_t rows)
{
    struct text text = {0};

    text_add(&text, "%s", header);
    for (size_t row = 0; row < rows; row++)
        add_line(&text, row, line);
    assert_false(text.failed);
    return text;
}

static mien_status open_path(bool skip_bad, struct dataset *ret_data, mien_error *err)
{
    struct dataset_options options;

    dataset_options_init(&options);
    options.size = SIDE;
    options.skip_bad = skip_bad;
    return dataset_open(path, &options, ret_data, err);
}

static void open_good(struct dataset *ret_data)
{
    mien_error err;

    if (open_path(false, ret_data, &err))
        fail_msg("%s", err.message);
}

static void assert_rows(const struct dataset *data, size_t rows)
{
    assert_int_equal(data->count, rows);
    assert_int_equal(data->width, SIDE);
    assert_int_equal(data->height, SIDE);
    assert_int_equal(data->label_count, 7);
    assert_string_equal(data->label_names[0], "angry");
    assert_string_equal(data->label_names[6], "neutral");
    assert_null(data->files);
    for (size_t row = 0; row < rows; row++) {
        assert_int_equal(data->labels[row], row * 5 % 7);
        assert_int_equal(data->parts[row], data->has_parts ? row % 3 : DATASET_TRAIN);
        for (size_t i = 0; i < PIXELS; i++)
            assert_int_equal(dataset_picture(data, row)[i], pixel(row, i));
    }
}

static void both_flavours_and_their_relatives_hold_the_same_rows(void **state)
{
    static const struct {
        const char *header, *line;
    } flavours[] = {
        {"emotion,pixels,Usage\n", "L,P,U\n"},
        {"emotion, Usage, pixels\n", "L,U,P\n"},
        {"emotion, Usage, pixels\n", "L, U, P\n"},
        {"emotion,pixels,Usage\r\n", "L,P,U\r\n"},
        {"\xef\xbb\xbf"
         "emotion,pixels,Usage\n",
         "L,P,U\n"},
        {"pixels,Usage,emotion\n", "P,U,L\n"},
        {"\"emotion\",\"pixels\",\"Usage\"\r\n", "\"L\",\"P\",\"U\"\r\n"},
        {" Emotion , PIXELS , usage \n", " L , P , U \n"},
        {"emotion,pixels,Usage\n", "\"L\" , \" P \" ,\" U \"\n\n \r\n"},
        {",name,emotion,note,pixels,Usage,x\n", "7,\"a \"\"b\"\", c\nd\",L,not 1 2 3,P,U,\n"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof flavours / sizeof *flavours; i++) {
        struct text text = csv_of(flavours[i].header, flavours[i].line, 40);
        struct dataset data;
        for (int cut = 0; cut < 2; cut++) { /* the last line may lack its end */
            write_file("data.csv", text.data, text.length - (size_t)cut);
            open_good(&data);
            assert_true(data.has_parts);
            assert_rows(&data, 40);
            dataset_close(&data);
        }
        text_free(&text);
    }
}

static void without_usage_all_rows_are_for_training(void **state)
{
    struct text text = csv_of("emotion,pixels\n", "L,P\n", 10);
    struct dataset data;

    (void)state;
    write_file("train.csv", text.data, text.length);
    open_good(&data);
    assert_false(data.has_parts);
    assert_rows(&data, 10);
    dataset_close(&data);
    text_free(&text);
}

static void pixels_of_double_spaces_and_leading_zeros_are_read(void **state)
{
    struct text text = {0};
    struct dataset data;

    (void)state;
    text_add(&text, "emotion,pixels\n3,");
    for (int i = 0; i < PIXELS; i++)
        text_add(&text, "  %03d ", i);
    write_file("data.csv", text.data, text.length);
    open_good(&data);
    for (int i = 0; i < PIXELS; i++)
        assert_int_equal(data.pixels[i], i);
    dataset_close(&data);
    text_free(&text);
}

/* A file for an archive. */
struct member {
    const char *name;
    const struct text *text;
};

typedef int set_archive(struct archive *archive);

static void write_archive(const char *name, set_archive *format, set_archive *filter,
                          const struct member *members, size_t count)
{
    struct archive *archive = archive_write_new();
    struct archive_entry *entry = archive_entry_new();

    name_file(name);
    assert_int_equal(format(archive), ARCHIVE_OK);
    assert_int_equal(filter(archive), ARCHIVE_OK);
    archive_write_set_bytes_in_last_block(archive, 1);
    assert_int_equal(archive_write_open_filename(archive, path), ARCHIVE_OK);
    for (size_t i = 0; i < count; i++) {
        archive_entry_clear(entry);
        archive_entry_set_pathname(entry, members[i].name);
        archive_entry_set_filetype(entry, AE_IFREG);
        archive_entry_set_perm(entry, 0644);
        archive_entry_set_size(entry, (la_int64_t)members[i].text->length);
        assert_int_equal(archive_write_header(archive, entry), ARCHIVE_OK);
        assert_int_equal(
            archive_write_data(archive, members[i].text->data, members[i].text->length),
            members[i].text->length);
    }
    archive_entry_free(entry);
    assert_int_equal(archive_write_close(archive), ARCHIVE_OK);
    archive_write_free(archive);
}

struct packing {
    const char *name;
    set_archive *format, *filter;
};

static const struct packing packings[] = {
    {"fer2013.csv.gz", archive_write_set_format_raw, archive_write_add_filter_gzip},
    {"fer2013.csv.zst", archive_write_set_format_raw, archive_write_add_filter_zstd},
    {"fer2013.csv.xz", archive_write_set_format_raw, archive_write_add_filter_xz},
    {"fer2013.csv.bz2", archive_write_set_format_raw, archive_write_add_filter_bzip2},
    {"fer2013.zip", archive_write_set_format_zip, archive_write_add_filter_none},
    {"fer2013.tar", archive_write_set_format_pax_restricted, archive_write_add_filter_none},
    {"fer2013.tar.gz", archive_write_set_format_ustar, archive_write_add_filter_gzip},
    {"fer2013.tar.zst", archive_write_set_format_ustar, archive_write_add_filter_zstd},
};

enum { PACKINGS = sizeof packings / sizeof *packings };

static void the_same_data_have_the_same_hash_however_they_are_packed(void **state)
{
    struct text text = csv_of("emotion,pixels,Usage\n", "L,P,U\n", 3000); /* several blocks */
    struct member member = {"fer2013/fer2013.csv", &text};
    uint8_t expected[SHA256_BYTES], digest[SHA256_BYTES];
    struct dataset data;

    (void)state;
    write_file("plain.csv", text.data, text.length);
    open_good(&data);
    assert_rows(&data, 3000);
    dataset_sha256(&data, expected);
    dataset_close(&data);
    for (int i = 0; i < PACKINGS; i++) {
        write_archive(packings[i].name, packings[i].format, packings[i].filter, &member, 1);
        open_good(&data);
        assert_rows(&data, 3000);
        dataset_sha256(&data, digest);
        assert_memory_equal(digest, expected, sizeof digest);
        dataset_close(&data);
    }
    text_free(&text);
}

static void every_change_of_the_data_changes_the_hash(void **state)
{
    struct text text = csv_of("emotion,pixels,Usage\n", "L,P,U\n", 20);
    uint8_t expected[SHA256_BYTES], digest[SHA256_BYTES];
    struct dataset data;

    (void)state;
    write_file("plain.csv", text.data, text.length);
    open_good(&data);
    dataset_sha256(&data, expected);
    for (int change = 0; change < 5; change++) {
        uint8_t *const changed[] = {&data.pixels[777], &data.parts[5], (uint8_t *)&data.labels[19],
                                    (uint8_t *)data.label_names[2], (uint8_t *)&data.width};
        *changed[change] ^= 1;
        dataset_sha256(&data, digest);
        assert_memory_not_equal(digest, expected, sizeof digest);
        *changed[change] ^= 1;
    }
    dataset_sha256(&data, digest);
    assert_memory_equal(digest, expected, sizeof digest);
    dataset_close(&data);
    text_free(&text);
}

static void a_minus_reads_standard_input_even_from_a_pipe(void **state)
{
    struct text text = csv_of("emotion,pixels,Usage\n", "L,P,U\n", 60);
    int ends[2], kept = dup(STDIN_FILENO);
    struct dataset data;

    (void)state;
    assert_true(text.length < 60000); /* fits into the pipe */
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], text.data, text.length), text.length);
    close(ends[1]);
    dup2(ends[0], STDIN_FILENO);
    close(ends[0]);
    name_file("-");
    strcpy(path, "-");
    open_good(&data);
    *path = 0;
    dup2(kept, STDIN_FILENO);
    close(kept);
    assert_rows(&data, 60);
    dataset_close(&data);
    text_free(&text);
}

/* What the members of a zip and a tar.gz lead to: `message` says, NULL that it is `good`. */
static void check_members(const struct member *members, size_t count, size_t good_rows,
                          const char *message)
{
    for (int i = 4; i < PACKINGS; i++) {
        struct dataset data;
        mien_error err;
        write_archive(packings[i].name, packings[i].format, packings[i].filter, members, count);
        if (!message) {
            open_good(&data);
            assert_int_equal(data.count, good_rows);
            dataset_close(&data);
        } else {
            struct text expected = {0};
            for (const char *c = message; *c; c++) /* @ stands for the archive's path */
                text_add(&expected, *c == '@' ? "%s" : "%.1s", *c == '@' ? path : c);
            assert_int_equal(open_path(false, &data, &err), MIEN_ECORRUPT);
            assert_string_equal(err.message, expected.data);
            text_free(&expected);
        }
    }
}

static void the_right_csv_is_found_among_others_in_an_archive(void **state)
{
    struct text parts = csv_of("emotion,pixels,Usage\n", "L,P,U\n", 9);
    struct text plain = csv_of("emotion,pixels\n", "L,P\n", 6);
    struct text readme = csv_of("Read me\n", "nothing", 2), test = csv_of("pixels\n", "P\n", 4);
    struct text broken = csv_of("emotion,pixels\n", "9,P\n", 1);
    struct text other = csv_of("emotion,pixels,Usage\n", "L,P,U\n", 12);
    const struct member kaggle[] = {
        {"example_submission.csv", &readme}, {"train.csv", &plain}, {"fer2013.tar.gz", &readme},
        {"icml_face_data.csv", &parts},      {"other.csv", &other}, {"test.csv", &test}};
    const struct member preferred[] = {{"b/ICML_face_data.csv", &plain},
                                       {"b/all.csv", &plain},
                                       {"b/fer2013.csv", &parts},
                                       {"c/icml_face_data.csv", &other},
                                       {"b/also.csv", &plain}};
    const struct member with_parts[] = {{"a.csv", &plain}, {"b.csv", &plain}, {"c.csv", &parts}};
    const struct member fault_elsewhere[] = {{"a.csv", &broken}, {"fer2013.csv", &parts}};

    (void)state;
    check_members(kaggle, 6, 9, NULL);
    check_members(preferred, 5, 9, NULL);
    check_members(with_parts, 3, 9, NULL);
    check_members(fault_elsewhere, 2, 9, NULL);
    text_free(&parts);
    text_free(&plain);
    text_free(&readme);
    text_free(&test);
    text_free(&broken);
    text_free(&other);
}

static void an_archive_without_one_right_csv_is_refused(void **state)
{
    struct text parts = csv_of("emotion,pixels,Usage\n", "L,P,U\n", 9);
    struct text readme = csv_of("Read me\n", "nothing", 2);
    struct text broken = csv_of("emotion,pixels\n", "L,P\n9,P\n", 1);
    const struct member two[] = {{"a/fer2013.csv", &parts}, {"b/fer2013.csv", &parts}};
    const struct member none[] = {{"a.csv", &readme}, {"b.csv", &readme}, {"c.png", &readme}};
    const struct member one[] = {{"a.csv", &readme}, {"c.png", &readme}};
    const struct member fault[] = {{"x", &readme}, {"d/a.csv", &broken}};

    (void)state;
    check_members(two, 2, 0,
                  "@(a/fer2013.csv) and @(b/fer2013.csv): both are data sets; unpack the one that "
                  "is meant");
    check_members(none, 3, 0,
                  "@: none of its 3 files is a CSV with the columns emotion and pixels (pictures "
                  "have to be unpacked into a folder)");
    check_members(one, 2, 0,
                  "@(a.csv):1:1: no column \"emotion\" among \"Read me\", but the first line has "
                  "to name the columns, like emotion,pixels,Usage");
    check_members(fault, 2, 0,
                  "@(d/a.csv):3:1: label \"9\", but labels are 0 (angry) to 6 (neutral)");
    text_free(&parts);
    text_free(&readme);
    text_free(&broken);
}

static void a_truncated_archive_is_refused(void **state)
{
    struct text text = csv_of("emotion,pixels,Usage\n", "L,P,U\n", 1500);
    struct member member = {"fer2013/fer2013.csv", &text};

    (void)state;
    for (int i = 0; i < PACKINGS; i++) {
        struct stat info;
        write_archive(packings[i].name, packings[i].format, packings[i].filter, &member, 1);
        assert_int_equal(stat(path, &info), 0);
        for (int quarters = 3; quarters > 0; quarters--) {
            struct dataset data;
            mien_error err;
            char beginning[200];
            assert_int_equal(truncate(path, info.st_size * quarters / 4), 0);
            assert_int_equal(open_path(false, &data, &err), MIEN_ECORRUPT);
            snprintf(beginning, sizeof beginning, "%s: cannot be unpacked: ", path);
            if (strncmp(err.message, beginning, strlen(beginning)))
                fail_msg("%s", err.message);
        }
    }
    text_free(&text);
}

struct fault {
    const char *header, *line; /* the file's first line, and its third: the second is good */
    const char *message;       /* behind the path */
};

#define FER "emotion,pixels,Usage\n"
#define GOOD "L,P,U\n"

/* P is 64 good pixels. Messages name the line and the column of the fault. */
static const struct fault row_faults[] = {
    {FER, "3\n", ":3:2: 1 cell, but the header names 3 columns"},
    {FER, "L,P\n", ":3:@: 2 cells, but the header names 3 columns"},
    {FER, "L,P,U,9\n", ":3:@: more cells than the header's 3 columns"},
    {FER, "L,1 2 3,U\n", ":3:8: 3 pixels, but pictures of 8x8 have 64"},
    {FER, "L,,U\n", ":3:3: 0 pixels, but pictures of 8x8 have 64"},
    {FER, "L,P 5,U\n", ":3:@: more than 64 pixels, but pictures of 8x8 have 64"},
    {FER, "L,1 300 3,U\n", ":3:5: pixel 2 is \"300\", but pixels are whole numbers from 0 to 255"},
    {FER, "L,1 -1 3,U\n", ":3:5: pixel 2 is \"-1\", but pixels are whole numbers from 0 to 255"},
    {FER, "L,1.5 2 3,U\n", ":3:3: pixel 1 is \"1.5\", but pixels are whole numbers from 0 to 255"},
    {FER, "L,P x,U\n", ":3:@: pixel 65 is \"x\", but pixels are whole numbers from 0 to 255"},
    {FER, "L,1\t2,U\n", ":3:3: pixel 1 is \"1?2\", but pixels are whole numbers from 0 to 255"},
    {FER, "L,\"1 2,U\n", ":3:7: 2 pixels, but pictures of 8x8 have 64"},
    {FER, "L,\"P,U\n", ":3:@: a quote is not closed"},
    {FER, "L,\"P\"7,U\n", ":3:@: a comma or the line's end is missing here"},
    {FER, "9,P,U\n", ":3:1: label \"9\", but labels are 0 (angry) to 6 (neutral)"},
    {FER, "7,P,U\n", ":3:1: label \"7\", but labels are 0 (angry) to 6 (neutral)"},
    {FER, "-1,P,U\n", ":3:1: label \"-1\", but labels are 0 (angry) to 6 (neutral)"},
    {FER, ",P,U\n", ":3:1: label \"\", but labels are 0 (angry) to 6 (neutral)"},
    {FER, "happy,P,U\n", ":3:1: label \"happy\", but labels are 0 (angry) to 6 (neutral)"},
    {FER, "L,P,Tests\n", ":3:@: Usage \"Tests\", but it is Training, PublicTest or PrivateTest"},
    {FER, "L,P,\n", ":3:@: Usage \"\", but it is Training, PublicTest or PrivateTest"},
    {FER, "L,P,\"Training\n", ":3:@: a quote is not closed"},
    {FER, "L,P,U\r9\n",
     ":3:@: Usage \"PublicTest?9\", but it is Training, PublicTest or "
     "PrivateTest"},
    {FER, "L;P;U\n", ":3:1: label \"L;P;U\", but labels are 0 (angry) to 6 (neutral)"},
};

enum { ROW_FAULTS = sizeof row_faults / sizeof *row_faults };

/* The message expected of a fault: its path and, for "@", the column that the one found has. */
static void assert_message(const char *found, const char *expected)
{
    const char *at = strchr(expected, '@');
    size_t before = at ? (size_t)(at - expected) : strlen(expected);

    assert_int_equal(strncmp(found, path, strlen(path)), 0);
    found += strlen(path);
    if (strncmp(found, expected, before) ||
        (at ? strcmp(found + before + strspn(found + before, "0123456789"), at + 1)
            : found[before]))
        fail_msg("\"%s\" is not \"%s\"", found, expected);
}

static struct text faulty_csv(const struct fault *fault, bool good_row_behind)
{
    struct text text = csv_of(fault->header, GOOD, 1);

    if (strcmp(fault->line, "L;P;U\n"))
        add_line(&text, 1, fault->line);
    else
        text_add(&text, "%s", fault->line);
    if (good_row_behind)
        add_line(&text, 2, GOOD);
    return text;
}

static void a_bad_row_is_named_with_line_column_and_what_would_be_right(void **state)
{
    (void)state;
    for (int i = 0; i < ROW_FAULTS; i++) {
        struct text text = faulty_csv(&row_faults[i], i % 2);
        struct dataset data;
        mien_error err;
        write_file("bad.csv", text.data, text.length);
        assert_int_equal(open_path(false, &data, &err), MIEN_ECORRUPT);
        assert_message(err.message, row_faults[i].message);
        text_free(&text);
    }
}

static void the_column_of_a_fault_is_exact(void **state)
{
    struct text text = {0};
    struct dataset data;
    mien_error err;
    size_t column;
    char expected[256];

    (void)state;
    text_add(&text, "emotion,pixels\n0,");
    add_pixels(&text, 0, 40);
    column = text.length - strlen("emotion,pixels\n") + 2;
    text_add(&text, " 256 ");
    add_pixels(&text, 0, 23);
    write_file("bad.csv", text.data, text.length);
    assert_int_equal(open_path(false, &data, &err), MIEN_ECORRUPT);
    snprintf(expected, sizeof expected,
             "%s:2:%zu: pixel 41 is \"256\", but pixels are whole numbers from 0 to 255", path,
             column);
    assert_string_equal(err.message, expected);
    text_free(&text);
}

static void skip_bad_counts_bad_rows_and_keeps_the_others(void **state)
{
    struct text text = csv_of(FER, "", 0);
    struct dataset data;
    mien_error err;

    (void)state;
    for (int i = 0; i < ROW_FAULTS; i++) {
        add_line(&text, 2 * (size_t)i, GOOD);
        add_line(&text, 0, row_faults[i].line);
    }
    write_file("bad.csv", text.data, text.length);
    if (open_path(true, &data, &err))
        fail_msg("%s", err.message);
    assert_int_equal(data.skipped, ROW_FAULTS);
    assert_int_equal(data.count, ROW_FAULTS);
    for (size_t row = 0; row < data.count; row++)
        assert_int_equal(data.labels[row], row * 10 % 7);
    dataset_close(&data);
    text_free(&text);
}

/* More rows behind the quote than one row may be long, and quotes that pair up with it wrongly. */
static void a_stray_quote_swallows_no_good_row(void **state)
{
    static const struct {
        const char *bad, *good;
        size_t rows;
        const char *message;
    } cases[] = {
        {"n,L,P,\"U\n", "n,L,P,U\n", 400, ":3:@: a quote is not closed"},
        {"\"n,L,P,U\n", "n,L,P,U\n", 400, ":3:1: a quote is not closed"},
        {"n,L,P, \"U\n", "n,L,P,U\n", 4, ":3:@: a quote is not closed"},
        {"\"n,L,P,U\n", "\"n\",L,P,U\n", 4, ":3:@: a comma or the line's end is missing here"},
        {"n,L,P,\"U\n", "\"n\",L,P,U\n", 400,
         ":3:@: Usage \"Training?\", but it is Training, PublicTest or PrivateTest"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct text text = csv_of("note,emotion,pixels,Usage\n", cases[i].good, 1);
        struct dataset data;
        mien_error err;
        add_line(&text, 0, cases[i].bad);
        for (size_t row = 1; row < cases[i].rows; row++)
            add_line(&text, row, cases[i].good);
        write_file("bad.csv", text.data, text.length);
        assert_int_equal(open_path(false, &data, &err), MIEN_ECORRUPT);
        assert_message(err.message, cases[i].message);
        if (open_path(true, &data, &err))
            fail_msg("%s", err.message);
        assert_int_equal(data.skipped, 1);
        assert_rows(&data, cases[i].rows);
        dataset_close(&data);
        text_free(&text);
    }
}

static void lines_are_counted_through_blank_ones_and_quoted_cells(void **state)
{
    struct text text = csv_of("note,emotion,pixels\n", "\"a\n\nb\",L,P\n", 2); /* lines 2 to 7 */
    struct dataset data;
    mien_error err;

    (void)state;
    text_add(&text, "\n\r\nx,8,1\n"); /* 8 to 10 */
    write_file("bad.csv", text.data, text.length);
    assert_int_equal(open_path(false, &data, &err), MIEN_ECORRUPT);
    assert_message(err.message, ":10:3: label \"8\", but labels are 0 (angry) to 6 (neutral)");
    text_free(&text);
}

static void a_bad_beginning_is_named_with_what_would_be_right(void **state)
{
    static const struct {
        const char *text;
        size_t bytes; /* 0: to its NUL */
        const char *message;
    } cases[] = {
        {"", 0, ":1:1: empty, but a data set begins with a line like emotion,pixels,Usage"},
        {FER, 0, ":2:1: no row follows the header"},
        {"emotion,pixels", 0, ":2:1: no row follows the header"},
        {FER "\n\n", 0, ":4:1: no row follows the header"},
        {"\n" FER, 0,
         ":1:1: no column \"emotion\" among \"\", but the first line has to name the columns, like "
         "emotion,pixels,Usage"},
        {"emotion,Usage\n", 0,
         ":1:1: no column \"pixels\" among \"emotion\", \"Usage\", but the first line has to name "
         "the columns, like emotion,pixels,Usage"},
        {"pixels,a,b,c,d,e,f,g\n", 0,
         ":1:1: no column \"emotion\" among \"pixels\", \"a\", \"b\", \"c\", \"d\", \"e\", ..., "
         "but the first line has to name the columns, like emotion,pixels,Usage"},
        {"0,70 80 82 72 58 58 60 63 54 58 60 48 89 115 121,Training\n", 0,
         ":1:1: no column \"emotion\" among \"0\", \"70 80 82 72 58 58 60 63 54 5...\", "
         "\"Training\", but the first line has to name the columns, like emotion,pixels,Usage"},
        {"emotion;pixels;Usage\n", 0,
         ":1:1: no column \"emotion\" among \"emotion;pixels;Usage\", but the first line has to "
         "name the columns, like emotion,pixels,Usage"},
        {"emotion,pixels,Usage, Pixels\n", 0,
         ":1:22: a second column \"Pixels\", but a data set has one"},
        {"emotion,\"pixels\n", 0, ":1:9: a quote is not closed"},
        {"\"emotion\"s,pixels\n", 0, ":1:1: text follows a quoted name"},
        {"\x89PNG\0\0\0\0", 8, ":1:1: a NUL byte: damaged, or not a text file"},
        {"\xff\xfe"
         "e\0m\0",
         6, ":1:1: UTF-16 text, but it has to be UTF-8"},
        {FER "0,1 2\0 3", sizeof FER - 1 + 8, ":2:6: a NUL byte: damaged, or not a text file"},
        {FER "\0\0\0\0", sizeof FER - 1 + 4, ":2:1: a NUL byte: damaged, or not a text file"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct dataset data;
        mien_error err;
        write_file("bad.csv", cases[i].text,
                   cases[i].bytes ? cases[i].bytes : strlen(cases[i].text));
        assert_int_equal(open_path(false, &data, &err), MIEN_ECORRUPT);
        assert_message(err.message, cases[i].message);
    }
}

static void if_all_rows_are_bad_even_skip_bad_fails(void **state)
{
    struct text text = csv_of(FER, "8,P,U\n", 3);
    struct dataset data;
    mien_error err;

    (void)state;
    write_file("bad.csv", text.data, text.length);
    assert_int_equal(open_path(true, &data, &err), MIEN_ECORRUPT);
    assert_non_null(strstr(err.message, "all 3 rows are bad, the first: "));
    assert_non_null(strstr(err.message, ":2:1: label \"8\""));
    text_free(&text);
}

static void fill_up(struct text *text, const char *fill, size_t bytes)
{
    char many[4096];

    for (size_t i = 0; i < sizeof many; i++)
        many[i] = fill[i % strlen(fill)];
    while (text->length < bytes)
        text_add_bytes(text, many, sizeof many);
}

/* 16 MB: if the reader kept a whole line, one of 1 GB would be kept as well. */
static void an_endless_line_is_refused_or_skipped_without_being_kept(void **state)
{
    static const char *const endings[] = {"data.csv", "data.csv.zst"};
    static const char *const fills[] = {" ", "x", "1 ", ","};
    struct dataset data;
    mien_error err;

    (void)state;
    for (int i = 0; i < 8; i++) {
        const char *fill = fills[i / 2];
        struct text text = csv_of("emotion,pixels,note\n", "L,P,a\n", 1);
        struct member member = {"data.csv", &text};
        text_add(&text, "1,");
        if (*fill == 'x' || *fill == ',')
            add_line(&text, 1, "P,");
        fill_up(&text, fill, 16 << 20);
        add_line(&text, 1, "\nL,P,b\n");
        if (i % 2)
            write_archive(endings[1], archive_write_set_format_raw, archive_write_add_filter_zstd,
                          &member, 1);
        else
            write_file(endings[0], text.data, text.length);
        assert_int_equal(open_path(false, &data, &err), MIEN_ECORRUPT);
        assert_message(err.message, *fill == ',' ? ":3:@: more cells than the header's 3 columns"
                                    : *fill == '1'
                                        ? ":3:@: more than 64 pixels, but pictures of 8x8 have 64"
                                        : ":3:65793: the line is longer than 65792 bytes, but no "
                                          "picture of 8x8 takes as many");
        assert_int_equal(open_path(true, &data, &err), MIEN_OK);
        assert_int_equal(data.count, 2);
        assert_int_equal(data.skipped, 1);
        dataset_close(&data);
        text_free(&text);
    }
}

static void a_long_line_is_refused_even_at_the_end(void **state)
{
    struct text text = csv_of("emotion,pixels,note\n", "L,P,a\n", 1);
    struct dataset data;
    mien_error err;

    (void)state;
    add_line(&text, 1, "L,P,");
    fill_up(&text, "1", 100000);
    write_file("data.csv", text.data, text.length);
    assert_int_equal(open_path(false, &data, &err), MIEN_ECORRUPT);
    assert_message(err.message, ":3:65793: the line is longer than 65792 bytes, but no picture of "
                                "8x8 takes as many");
    assert_int_equal(open_path(true, &data, &err), MIEN_OK);
    assert_int_equal(data.count, 1);
    assert_int_equal(data.skipped, 1);
    dataset_close(&data);
    text_free(&text);
}

static void an_endless_first_line_is_refused(void **state)
{
    struct text text = {0};
    struct dataset data;
    mien_error err;

    (void)state;
    fill_up(&text, "aaa,", 1 << 20);
    write_file("data.csv", text.data, text.length);
    assert_int_equal(open_path(false, &data, &err), MIEN_ECORRUPT);
    assert_message(err.message, ":1:@: the first line goes on and on, but it has to name the "
                                "columns, like emotion,pixels,Usage");
    text_free(&text);
}

static void what_cannot_be_opened_is_named(void **state)
{
    struct dataset_options options;
    struct dataset data;
    mien_error err;

    (void)state;
    assert_int_equal(dataset_open("/nowhere/fer2013.csv", NULL, &data, &err), MIEN_EIO);
    assert_string_equal(err.message, "/nowhere/fer2013.csv: No such file or directory");
    dataset_options_init(&options);
    options.size = 7;
    assert_int_equal(dataset_open("/tmp", &options, &data, &err), MIEN_EINVAL);
    assert_string_equal(err.message, "size 7: give 8 to 512");
}

/* Reads `text` in windows of `step` bytes and what was left of the window before. */
static mien_status read_in_windows(const uint8_t *text, size_t bytes, size_t step, bool skip_bad,
                                   struct dataset_builder *builder, mien_error *err)
{
    struct csv_reader reader;
    size_t start, end;
    mien_status status;

    dataset_builder_init(builder, SIDE, 0);
    csv_reader_init(&reader, "x", builder, skip_bad);
    status = csv_reader_header(&reader, text, bytes, true, &start, err);
    for (end = start; !status && end < bytes;) {
        size_t used;
        end = end + step < bytes ? end + step : bytes;
        status = csv_reader_rows(&reader, text + start, end - start, end == bytes, &used, err);
        start += used;
    }
    return status ? status : csv_reader_finish(&reader, err);
}

static void rows_do_not_depend_on_where_the_text_is_cut(void **state)
{
    struct text text = csv_of("note,emotion,pixels,Usage\r\n", "\"x\"\"\n,y\", L,P,U\r\n", 3);
    struct dataset_builder whole, cut;
    mien_error err;
    uint8_t expected[SHA256_BYTES], digest[SHA256_BYTES];

    (void)state;
    for (int i = 0; i < ROW_FAULTS; i++) {
        text_add(&text, " ,");
        add_line(&text, 4, row_faults[i].line);
        add_line(&text, (size_t)i, i % 2 ? "n,L,P,U\n" : "\"n\",\"L\",\"P\",U\r\n\r\n");
    }
    if (read_in_windows((uint8_t *)text.data, text.length, text.length, true, &whole, &err))
        fail_msg("%s", err.message);
    assert_int_equal(whole.data.count, 3 + ROW_FAULTS);
    dataset_sha256(&whole.data, expected);
    for (size_t step = 1; step < 700; step += 1 + step / 16) {
        assert_int_equal(read_in_windows((uint8_t *)text.data, text.length, step, true, &cut, NULL),
                         0);
        dataset_sha256(&cut.data, digest);
        assert_memory_equal(digest, expected, sizeof digest);
        assert_int_equal(cut.data.skipped, whole.data.skipped);
        dataset_builder_free(&cut);
    }
    dataset_builder_free(&whole);
    text_free(&text);
}

static void a_data_set_of_unknown_size_grows_with_its_rows(void **state)
{
    struct text text = csv_of("emotion,pixels\n", "L,P\n", 1000);
    struct dataset_builder builder;

    (void)state;
    assert_int_equal(
        read_in_windows((uint8_t *)text.data, text.length, 5000, false, &builder, NULL), 0);
    assert_int_equal(dataset_builder_name_labels(&builder, dataset_expressions, 7, NULL), 0);
    assert_rows(&builder.data, 1000);
    dataset_builder_free(&builder);
    text_free(&text);
}

static void a_fault_is_told_the_same_wherever_the_text_is_cut(void **state)
{
    (void)state;
    for (int i = 0; i < ROW_FAULTS; i++) {
        struct text text = faulty_csv(&row_faults[i], true);
        struct dataset_builder builder;
        mien_error expected, err;
        assert_int_equal(read_in_windows((uint8_t *)text.data, text.length, text.length, false,
                                         &builder, &expected),
                         MIEN_ECORRUPT);
        dataset_builder_free(&builder);
        for (size_t step = 40; step < 300; step += 7) {
            assert_int_equal(
                read_in_windows((uint8_t *)text.data, text.length, step, false, &builder, &err),
                MIEN_ECORRUPT);
            /* The word that is shown may be cut off, its place is not. */
            if (strncmp(err.message, expected.message, strcspn(err.message, " ")))
                fail_msg("%s is not %s", err.message, expected.message);
            dataset_builder_free(&builder);
        }
        text_free(&text);
    }
}

static void the_real_data_have_the_rows_labels_and_parts_that_are_known(void **state)
{
    static const size_t totals[] = {4953, 547, 5121, 8989, 6077, 4002, 6198};
    static const size_t deck_test[] = {619, 80, 638, 1046, 677, 516, 730};
    static const uint16_t labels[] = {0, 0, 2, 4, 6};
    static const uint8_t first[] = {70, 80, 82, 72, 58, 58, 60, 63, 54, 58, 60, 48, 89, 115, 121};
    static const uint8_t line_end[] = {52, 43, 41};
    struct split_options options = {.kind = SPLIT_DECK};
    struct dataset data;
    struct split split;
    size_t counts[7];
    char file[512];
    mien_error err;

    (void)state;
    unit_data_path("fer2013/fer2013.csv.zst", file, sizeof file);
    if (dataset_open(file, NULL, &data, &err))
        fail_msg("%s", err.message);
    assert_int_equal(data.count, 35887);
    assert_int_equal(data.skipped, 0);
    assert_memory_equal(data.labels, labels, sizeof labels);
    assert_memory_equal(data.pixels, first, sizeof first);
    assert_memory_equal(data.pixels + 45, line_end, sizeof line_end);
    dataset_count_labels(&data, NULL, 0, counts);
    assert_memory_equal(counts, totals, sizeof totals);
    for (size_t row = 0; row < data.count; row++)
        assert_int_equal(data.parts[row], row < 28709   ? DATASET_TRAIN
                                          : row < 32298 ? DATASET_VALIDATION
                                                        : DATASET_TEST);
    assert_int_equal(split_new(&data, &options, &split, NULL), MIEN_OK);
    dataset_count_labels(&data, split.rows[DATASET_TEST], split.count[DATASET_TEST], counts);
    assert_memory_equal(counts, deck_test, sizeof deck_test);
    split_free(&split);
    dataset_close(&data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_flavours_and_their_relatives_hold_the_same_rows),
        cmocka_unit_test(without_usage_all_rows_are_for_training),
        cmocka_unit_test(pixels_of_double_spaces_and_leading_zeros_are_read),
        cmocka_unit_test(the_same_data_have_the_same_hash_however_they_are_packed),
        cmocka_unit_test(every_change_of_the_data_changes_the_hash),
        cmocka_unit_test(a_minus_reads_standard_input_even_from_a_pipe),
        cmocka_unit_test(the_right_csv_is_found_among_others_in_an_archive),
        cmocka_unit_test(an_archive_without_one_right_csv_is_refused),
        cmocka_unit_test(a_truncated_archive_is_refused),
        cmocka_unit_test(a_bad_row_is_named_with_line_column_and_what_would_be_right),
        cmocka_unit_test(the_column_of_a_fault_is_exact),
        cmocka_unit_test(skip_bad_counts_bad_rows_and_keeps_the_others),
        cmocka_unit_test(a_stray_quote_swallows_no_good_row),
        cmocka_unit_test(lines_are_counted_through_blank_ones_and_quoted_cells),
        cmocka_unit_test(a_bad_beginning_is_named_with_what_would_be_right),
        cmocka_unit_test(if_all_rows_are_bad_even_skip_bad_fails),
        cmocka_unit_test(an_endless_line_is_refused_or_skipped_without_being_kept),
        cmocka_unit_test(a_long_line_is_refused_even_at_the_end),
        cmocka_unit_test(an_endless_first_line_is_refused),
        cmocka_unit_test(what_cannot_be_opened_is_named),
        cmocka_unit_test(rows_do_not_depend_on_where_the_text_is_cut),
        cmocka_unit_test(a_data_set_of_unknown_size_grows_with_its_rows),
        cmocka_unit_test(a_fault_is_told_the_same_wherever_the_text_is_cut),
        cmocka_unit_test(the_real_data_have_the_rows_labels_and_parts_that_are_known),
    };
    return cmocka_run_group_tests_name("dataset", tests, temp_folder_new, temp_folder_free);
}

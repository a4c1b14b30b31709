/* test_votes.c - FER+'s votes: read by column name, agreed upon, measured.
 * SPDX-License-Identifier: MIT */
#include "tests/unit.h"

#include <string.h>

#include "dataset/votes.h"

#define HEADER "Usage,Image name,neutral,happiness,surprise,sadness,anger,disgust,fear,contempt,"
#define NAMES HEADER "unknown,NF\r\n"

/* Reads `text` as a file of `count` rows. */
static mien_status read_votes(const char *text, size_t count, struct votes *votes, mien_error *err)
{
    char path[] = "/tmp/mien-votes-XXXXXX";
    FILE *file = fdopen(mkstemp(path), "w");
    mien_status status;

    assert_non_null(file);
    fputs(text, file);
    fclose(file);
    status = votes_open(path, count, votes, err);
    unlink(path);
    return status;
}

static void columns_are_found_by_name(void **state)
{
    static const uint8_t expected[] = {4, 5, 6, 1, 3, 2, 0, 7, 8, 9};
    struct votes votes;

    (void)state;
    assert_int_equal(read_votes(NAMES "Training,fer0.png,0,1,2,3,4,5,6,7,8,9\r\n"
                                      "Training,,10,0,0,0,0,0,0,0,0,0",
                                2, &votes, NULL),
                     MIEN_OK);
    assert_memory_equal(votes_of(&votes, 0), expected, sizeof expected);
    assert_int_equal(votes_of(&votes, 1)[6], 10);
    votes_close(&votes);
    assert_int_equal(read_votes("NF,fear,neutral,happiness,surprise,sadness,anger,disgust,contempt,"
                                "unknown\n9,1,0,0,0,0,0,0,0,0\n",
                                1, &votes, NULL),
                     MIEN_OK);
    assert_int_equal(votes_of(&votes, 0)[VOTES_NOT_A_FACE], 9);
    assert_int_equal(votes_of(&votes, 0)[2], 1);
    votes_close(&votes);
}

static void a_wrong_file_is_refused_in_words(void **state)
{
    static const struct {
        const char *text, *words;
    } cases[] = {
        {"", ":1: 0 of the 10 columns"},
        {"emotion,pixels,Usage\n", ":1: 0 of the 10 columns of votes"},
        {HEADER "unknown\n", ":1: 9 of the 10 columns"},
        {NAMES "T,f,0,1,2,3,4,5,6,7,8,x\n", ":2: column 12 holds \"x\""},
        {NAMES "T,f,0,1,2,3,4,5,6,7,8,256\n", ":2: column 12 holds \"256\""},
        {NAMES "T,f,0,1,2,3,4,5,6,7,8,-1\n", ":2: column 12 holds \"-1\""},
        {NAMES "T,f,0,1,2,3,4,5,6,7,8\n", ":2: not the 12 cells of the first line"},
        {NAMES "T,f,0,1,2,3,4,5,6,7,8,9,0\n", ":2: not the 12 cells of the first line"},
        {NAMES "T,\"f,0,1,2,3,4,5,6,7,8,9\n", ":2: a quote is not closed"},
        {NAMES "T,\"f\"x,0,1,2,3,4,5,6,7,8,9\n", ":2: "},
        {NAMES, "only 0 rows of votes, but the data set has 1"},
        {NAMES "T,f,0,1,2,3,4,5,6,7,8,9\nT,f,0,1,2,3,4,5,6,7,8,9\n", "more than 1 rows of votes"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct votes votes = {0};
        mien_error err;
        assert_int_equal(read_votes(cases[i].text, 1, &votes, &err), MIEN_ECORRUPT);
        if (!strstr(err.message, cases[i].words))
            fail_msg("\"%s\" does not say \"%s\"", err.message, cases[i].words);
        assert_null(votes.votes);
    }
    assert_int_equal(votes_open("/nowhere/votes.csv", 1, NULL, NULL), MIEN_EIO);
}

static void a_majority_holds_more_than_half_of_the_votes_that_count(void **state)
{
    static const struct {
        uint8_t votes[VOTES_COLUMNS];
        int majority;
    } cases[] = {
        {{10}, 0},
        {{0, 0, 0, 6, 4}, 3},
        {{0, 0, 0, 5, 5}, -1},
        {{4, 2, 1, 1, 1, 1}, 0}, /* 4 of the 6 votes that are not alone */
        {{4, 4, 1, 1}, -1},
        {{1, 1, 1, 1, 1, 1, 1, 1, 1, 1}, -1},
        {{0, 0, 0, 0, 0, 0, 0, 0, 9, 1}, -1}, /* unknown is no expression */
        {{0, 0, 0, 0, 0, 0, 0, 0, 0, 10}, -1},
        {{0, 0, 0, 0, 0, 0, 0, 9, 0, 1}, 7},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(votes_majority(cases[i].votes), cases[i].majority);
}

static void entropy_is_zero_in_agreement_and_one_bit_in_halves(void **state)
{
    static const uint8_t agreed[VOTES_COLUMNS] = {0, 10}, halves[VOTES_COLUMNS] = {5, 0, 0, 5};
    static const uint8_t none[VOTES_COLUMNS] = {0};

    (void)state;
    assert_float_equal(votes_entropy(agreed), 0, 1e-12);
    assert_float_equal(votes_entropy(halves), 1, 1e-12);
    assert_float_equal(votes_entropy(none), 0, 0);
}

static void fer_plus_keeps_the_usual_test_pictures(void **state)
{
    enum { ROWS = 35887, FIRST_TEST_ROW = 32298 };
    char path[4096];
    struct votes votes;
    size_t kept = 0, not_faces = 0;
    mien_error err;

    (void)state;
    unit_data_path("fer2013/fer2013new.csv", path, sizeof path);
    if (votes_open(path, ROWS, &votes, &err))
        fail_msg("%s", err.message);
    for (size_t row = 0; row < ROWS; row++) {
        kept += row >= FIRST_TEST_ROW && votes_majority(votes_of(&votes, row)) >= 0;
        not_faces += votes_of(&votes, row)[VOTES_NOT_A_FACE] == 10;
    }
    assert_int_equal(kept, 3153);
    assert_int_equal(not_faces, 176);
    votes_close(&votes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(columns_are_found_by_name),
        cmocka_unit_test(a_wrong_file_is_refused_in_words),
        cmocka_unit_test(a_majority_holds_more_than_half_of_the_votes_that_count),
        cmocka_unit_test(entropy_is_zero_in_agreement_and_one_bit_in_halves),
        cmocka_unit_test(fer_plus_keeps_the_usual_test_pictures),
    };
    return cmocka_run_group_tests_name("votes", tests, NULL, NULL);
}

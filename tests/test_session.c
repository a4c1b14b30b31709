/* test_session.c - session logs: what is written can be read, survives a kill, keeps what is
 * private private, and harms nobody else's file.
 * SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "tests/temp_folder.h"

#include <math.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "session/session_page.h"
#include "session/session_story.h"

enum { LABELS = 3 };

static const char *const labels[LABELS] = {"happy", "sad", "a \"quoted\" one"};
static char path[128];

static int make_folder(void **state)
{
    if (temp_folder_new(state))
        return -1;
    snprintf(path, sizeof path, "%s", temp_path("session.db"));
    return 0;
}

/* Skips the test where SQLite was not there. */
static struct session_log *open_about(const struct session_about *about)
{
    struct session_log *log = NULL;
    mien_error err;
    mien_status status = session_log_open(path, about, &log, &err);

    if (status == MIEN_EUNSUPPORTED) {
        fprintf(stderr, "SKIPPED: %s\n", err.message);
        skip();
    }
    if (status)
        fail_msg("%s", err.message);
    return log;
}

static struct session_log *open_log(bool is_private)
{
    const struct session_about about = {"film.mp4", "deck", "abc", labels, LABELS, is_private};

    return open_about(&about);
}

/* Frame `frame` of 30 a second: person 1 is happy for 2 s and then sad, person 2 comes after 1 s
 * and is happy. */
static void add_frame(struct session_log *log, int frame)
{
    static const float happy[LABELS] = {0.8f, 0.15f, 0.05f}, sad[LABELS] = {0.2f, 0.7f, 0.1f};
    double time = 10 + frame / 30.0;
    bool later = frame >= 60;
    const struct session_face faces[] = {
        {1, 10, 20, 30, 40, 0.9f, later, later ? sad : happy},
        {2, 50, 20, 30, 40, 0.9f, 0, happy},
    };
    mien_error err;

    if (session_log_add(log, time, faces, frame < 30 ? 1 : 2, &err))
        fail_msg("%s", err.message);
}

static void write_log(bool is_private, int frames)
{
    struct session_log *log = open_log(is_private);

    for (int frame = 0; frame < frames; frame++)
        add_frame(log, frame);
    assert_int_equal(session_log_close(log, 7, NULL), MIEN_OK);
}

static struct session_story read_log(long session)
{
    struct session_story story;
    mien_error err;

    if (session_story_read(path, session, 60, &story, &err))
        fail_msg("%s", err.message);
    return story;
}

static void what_is_written_can_be_read(void **state)
{
    struct session_story s;

    (void)state;
    write_log(false, 120);
    s = read_log(0);
    assert_int_equal(s.id, 1);
    assert_string_equal(s.source, "film.mp4");
    assert_string_equal(s.labels[2], labels[2]);
    assert_int_equal(s.frames, 120);
    assert_int_equal(s.dropped, 7);
    assert_true(fabs(s.seconds - 119 / 30.0) < 1e-9);
    assert_true(fabs(s.most_faces - 2) < 1e-9);
    assert_int_equal(s.person_count, 2);
    assert_int_equal(s.people[0].samples, 120);
    assert_true(fabs(s.people[0].shares[0] - 0.5) < 1e-9);
    assert_true(fabs(s.people[0].shares[1] - 0.5) < 1e-9);
    assert_true(fabs(s.people[1].first - 11) < 1e-9);
    assert_true(fabs(s.people[1].shares[0] - 1) < 1e-9);
    assert_true(fabs(s.shares[0] - 150.0 / 210) < 1e-9);
    session_story_free(&s);
}

static void a_timeline_shows_who_showed_what_when(void **state)
{
    struct session_story s;

    (void)state;
    write_log(false, 120);
    s = read_log(0);
    assert_true(s.bins == 4);
    assert_true(fabs(s.bin_s - 1) < 1e-9);
    assert_int_equal(s.people[0].shown[0], 0);
    assert_int_equal(s.people[0].shown[1], 0);
    assert_int_equal(s.people[0].shown[2], 1);
    assert_int_equal(s.people[1].shown[0], -1);
    assert_int_equal(s.people[1].shown[3], 0);
    assert_true(fabs(s.people[0].timeline[2 * LABELS + 1] - 0.7) < 1e-6);
    assert_true(fabs(s.faces[3 * LABELS + 1] - 1) < 1e-9);
    session_story_free(&s);
}

static void two_programs_write_the_same_log(void **state)
{
    struct session_log *logs[2];

    (void)state;
    logs[0] = open_log(false);
    logs[1] = open_log(false);
    for (int frame = 0; frame < 90; frame++) {
        add_frame(logs[0], frame);
        add_frame(logs[1], frame);
    }
    for (int i = 0; i < 2; i++)
        assert_int_equal(session_log_close(logs[i], 0, NULL), MIEN_OK);
    for (int session = 1; session <= 2; session++) {
        struct session_story s = read_log(session);
        assert_int_equal(s.frames, 90);
        assert_int_equal(s.people[0].samples, 90);
        session_story_free(&s);
    }
}

static void a_log_that_exists_is_continued(void **state)
{
    struct session_story s;
    mien_error err;

    (void)state;
    write_log(false, 30);
    write_log(false, 60);
    s = read_log(0);
    assert_int_equal(s.id, 2);
    assert_int_equal(s.sessions, 2);
    assert_int_equal(s.frames, 60);
    session_story_free(&s);
    s = read_log(1);
    assert_int_equal(s.frames, 30);
    session_story_free(&s);
    assert_int_equal(session_story_read(path, 3, 60, &s, &err), MIEN_EINVAL);
    assert_non_null(strstr(err.message, "there is no session 3 among its 2"));
}

static void a_label_that_is_a_column_of_every_sample_is_refused(void **state)
{
    static const char *const taken[] = {"happy", "Person"};
    const struct session_about about = {"film.mp4", "odd", "abc", taken, 2, false};
    struct session_log *log = NULL;
    mien_error err;

    (void)state;
    session_log_close(open_log(false), 0, NULL);
    assert_int_equal(session_log_open(path, &about, &log, &err), MIEN_EINVAL);
    assert_non_null(strstr(err.message, "has a label \"Person\""));
    assert_null(log);
}

/* SQLite takes columns that differ in case alone for the same. */
static void a_model_whose_labels_differ_in_case_continues_a_log(void **state)
{
    static const char *const capitals[LABELS] = {"Happy", "SAD", "a \"Quoted\" one"};
    const struct session_about about = {"film.mp4", "deck", "abc", capitals, LABELS, false};
    struct session_log *log;
    struct session_story s;

    (void)state;
    write_log(false, 30);
    log = open_about(&about);
    for (int frame = 0; frame < 120; frame++)
        add_frame(log, frame);
    assert_int_equal(session_log_close(log, 0, NULL), MIEN_OK);
    s = read_log(2);
    assert_string_equal(s.labels[0], "Happy");
    assert_true(fabs(s.people[0].timeline[2 * LABELS + 1] - 0.7) < 1e-6);
    assert_true(fabs(s.people[0].shares[1] - 0.5) < 1e-9);
    session_story_free(&s);
}

static void texts_that_are_not_utf8_can_be_reported(void **state)
{
    static const char *const latin1[LABELS] = {"happy", "sad", "g\xean\xe9"};
    const struct session_about about = {"caf\xe9.mp4", "d\xe9j\xe0", "abc", latin1, LABELS, false};
    struct session_log *log = open_about(&about);
    struct session_story s;
    json_t *json;
    mien_error err;

    (void)state;
    for (int frame = 0; frame < 120; frame++)
        add_frame(log, frame);
    assert_int_equal(session_log_close(log, 0, NULL), MIEN_OK);
    s = read_log(0);
    assert_true(fabs(s.people[0].timeline[2 * LABELS + 2] - 0.1) < 1e-6);
    json = session_story_json(&s);
    assert_non_null(json);
    assert_string_equal(json_string_value(json_object_get(json, "source")), "caf\xef\xbf\xbd.mp4");
    assert_int_equal(json_object_size(json_object_get(json, "shares")), LABELS);
    json_decref(json);
    if (session_page_write(&s, temp_folder, NULL, &err))
        fail_msg("%s", err.message);
    session_story_free(&s);
}

static void a_private_log_holds_nothing_about_single_people(void **state)
{
    struct session_story s;

    (void)state;
    write_log(true, 120);
    s = read_log(0);
    assert_true(s.is_private);
    assert_int_equal(s.person_count, 0);
    assert_true(fabs(s.shares[0] - 150.0 / 210) < 1e-9);
    session_story_free(&s);
}

static void add_in_real_time(int lifeline)
{
    struct session_log *log = open_log(false);

    for (int frame = 0; frame < 30 * 60; frame++) {
        add_frame(log, frame);
        if (write(lifeline, &frame, sizeof frame) != sizeof frame)
            _exit(1);
        nanosleep(&(struct timespec){0, 33333333}, NULL);
    }
}

static void a_kill_loses_less_than_a_second(void **state)
{
    struct session_story s;
    int pipes[2], frame = 0, last = 0;
    pid_t child;

    (void)state;
    session_log_close(open_log(false), 0, NULL); /* skips without SQLite */
    assert_int_equal(pipe(pipes), 0);
    child = fork();
    if (child == 0) {
        add_in_real_time(pipes[1]);
        _exit(0);
    }
    close(pipes[1]);
    while (last < 75 && read(pipes[0], &frame, sizeof frame) == sizeof frame)
        last = frame;
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    while (read(pipes[0], &frame, sizeof frame) == sizeof frame)
        last = frame;
    close(pipes[0]);
    s = read_log(0);
    assert_int_equal(s.id, 2);
    assert_true(last >= 75);
    assert_true(s.people[0].last > 10 + last / 30.0 - 1);
    assert_true(s.people[0].samples + 30 > (size_t)last);
    session_story_free(&s);
    write_log(false, 30); /* and the log can be continued */
}

static void files_of_others_are_left_alone(void **state)
{
    struct session_about about = {"film.mp4", "deck", "abc", labels, LABELS, false};
    struct session_log *log;
    struct session_story s;
    char command[256];
    struct stat info;
    mien_error err;
    FILE *file;

    (void)state;
    session_log_close(open_log(false), 0, NULL);
    unlink(path);
    file = fopen(path, "w");
    fputs("these are somebody's notes, and they are long enough to be taken for a page\n", file);
    fclose(file);
    assert_int_equal(session_log_open(path, &about, &log, &err), MIEN_ECORRUPT);
    assert_non_null(strstr(err.message, "file is not a database"));
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_size, 76);
    assert_int_equal(session_story_read(path, 0, 60, &s, &err), MIEN_ECORRUPT);
    unlink(path);
    assert_int_equal(session_log_open("/nowhere/log.db", &about, &log, &err), MIEN_EIO);
    assert_int_equal(session_story_read("/nowhere/log.db", 0, 60, &s, &err), MIEN_EIO);
    snprintf(command, sizeof command, "sqlite3 %s 'CREATE TABLE notes (text)' 2>/dev/null", path);
    if (system(command)) {
        fprintf(stderr, "SKIPPED in part: sqlite3 is not here\n");
        return;
    }
    assert_int_equal(session_log_open(path, &about, &log, &err), MIEN_EINVAL);
    assert_non_null(strstr(err.message, "a database of another program"));
    assert_int_equal(session_story_read(path, 0, 60, &s, &err), MIEN_EINVAL);
}

/* What the program `sqlite3` answers, in `answer`. */
static bool ask(const char *sql, char *answer, size_t size)
{
    char command[512];
    size_t bytes;
    FILE *pipe;

    snprintf(command, sizeof command, "sqlite3 %s \"%s\" 2>&1", path, sql);
    pipe = popen(command, "r");
    bytes = fread(answer, 1, size - 1, pipe);
    answer[bytes] = 0;
    return pclose(pipe) == 0;
}

/* Skips the test where the program is not there. */
static void needs_sqlite3(void)
{
    if (system("command -v sqlite3 >/dev/null")) {
        fprintf(stderr, "SKIPPED: sqlite3 is not here\n");
        skip();
    }
}

static void a_log_of_a_later_version_is_neither_read_nor_written(void **state)
{
    const struct session_about about = {"film.mp4", "deck", "abc", labels, LABELS, false};
    struct session_log *log;
    struct session_story s;
    char answer[64];
    mien_error err;

    (void)state;
    write_log(false, 30);
    needs_sqlite3();
    assert_true(ask("PRAGMA user_version = 2", answer, sizeof answer));
    assert_int_equal(session_story_read(path, 0, 60, &s, &err), MIEN_EUNSUPPORTED);
    assert_non_null(strstr(err.message, "version 2; this program knows version 1"));
    assert_int_equal(session_log_open(path, &about, &log, &err), MIEN_EUNSUPPORTED);
    assert_non_null(strstr(err.message, "version 2; this program knows version 1"));
}

static void a_length_that_cannot_be_is_refused(void **state)
{
    static const char *const damages[] = {
        "UPDATE session SET seconds = 9e999",
        "UPDATE session SET seconds = 1e300",
        "UPDATE session SET seconds = -9e999",
        "UPDATE session SET seconds = 1; UPDATE second SET second = 9e999 WHERE second = 12",
        "UPDATE second SET second = -9e999 WHERE second = 10",
        "UPDATE second SET second = 9000000000000000000 WHERE second = -9e999",
    };
    struct session_story s;
    char answer[64];
    mien_error err;

    (void)state;
    write_log(false, 120);
    needs_sqlite3();
    for (size_t i = 0; i < sizeof damages / sizeof *damages; i++) {
        assert_true(ask(damages[i], answer, sizeof answer));
        assert_int_equal(session_story_read(path, 0, 60, &s, &err), MIEN_ECORRUPT);
        assert_non_null(strstr(err.message, "session 1 lasts"));
    }
}

static void views_answer_the_usual_questions(void **state)
{
    char answer[1024];

    (void)state;
    write_log(false, 120);
    needs_sqlite3();
    assert_true(ask("SELECT person, expression, share FROM person_share ORDER BY 1, 2", answer,
                    sizeof answer));
    assert_string_equal(answer, "1|happy|0.5\n1|sad|0.5\n2|happy|1.0\n");
    assert_true(
        ask("SELECT person, before, after, time FROM expression_change", answer, sizeof answer));
    assert_string_equal(answer, "1|happy|sad|12.0\n");
    assert_true(ask("SELECT person, second, expression FROM person_second WHERE second = 12",
                    answer, sizeof answer));
    assert_string_equal(answer, "1|12|sad\n2|12|happy\n");
    assert_true(ask("SELECT expression, ROUND(share, 3) FROM expression_share ORDER BY 2 DESC",
                    answer, sizeof answer));
    assert_string_equal(answer, "happy|0.714\nsad|0.286\n");
    assert_true(
        ask("SELECT person, seconds FROM person_time WHERE person = 2", answer, sizeof answer));
    assert_memory_equal(answer, "2|2.96", 6);
    assert_true(ask("PRAGMA journal_mode", answer, sizeof answer));
    assert_string_equal(answer, "wal\n");
}

static void the_page_has_a_figure_of_each_person(void **state)
{
    static const char *const names[] = {"report.html", "summary.json", "timeline.svg",
                                        "shares.png",  "person-1.svg", "person-2.svg"};
    struct session_story s;
    mien_error err;

    (void)state;
    write_log(false, 120);
    s = read_log(0);
    if (session_page_write(&s, temp_folder, NULL, &err))
        fail_msg("%s", err.message);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char name[256];
        snprintf(name, sizeof name, "%s/%s", temp_folder, names[i]);
        assert_int_equal(access(name, R_OK), 0);
    }
    session_story_free(&s);
}

static void an_empty_session_can_be_read_too(void **state)
{
    struct session_story s;
    mien_error err;

    (void)state;
    session_log_close(open_log(false), 0, NULL);
    s = read_log(0);
    assert_int_equal(s.frames, 0);
    assert_int_equal(s.person_count, 0);
    if (session_page_write(&s, temp_folder, NULL, &err))
        fail_msg("%s", err.message);
    session_story_free(&s);
    session_story_free(NULL);
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, make_folder, temp_folder_free)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(what_is_written_can_be_read),
        IN_FOLDER(a_timeline_shows_who_showed_what_when),
        IN_FOLDER(two_programs_write_the_same_log),
        IN_FOLDER(a_log_that_exists_is_continued),
        IN_FOLDER(a_label_that_is_a_column_of_every_sample_is_refused),
        IN_FOLDER(a_model_whose_labels_differ_in_case_continues_a_log),
        IN_FOLDER(texts_that_are_not_utf8_can_be_reported),
        IN_FOLDER(a_private_log_holds_nothing_about_single_people),
        IN_FOLDER(a_kill_loses_less_than_a_second),
        IN_FOLDER(files_of_others_are_left_alone),
        IN_FOLDER(a_log_of_a_later_version_is_neither_read_nor_written),
        IN_FOLDER(a_length_that_cannot_be_is_refused),
        IN_FOLDER(views_answer_the_usual_questions),
        IN_FOLDER(the_page_has_a_figure_of_each_person),
        IN_FOLDER(an_empty_session_can_be_read_too),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

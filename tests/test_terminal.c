/* test_terminal.c - the progress line on a terminal of our own, Ctrl-C, colours.
 * SPDX-License-Identifier: MIT */
#define _XOPEN_SOURCE 700 /* pseudo-terminals */

#include "tests/unit.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>

#include "terminal.h"

/* A pseudo-terminal in place of stderr. */
struct screen {
    int master, saved_stderr;
    char seen[1024];
};

static void screen_open(struct screen *screen, unsigned short columns)
{
    struct winsize size = {.ws_row = 24, .ws_col = columns};
    int terminal;

    screen->master = posix_openpt(O_RDWR | O_NOCTTY);
    if (screen->master < 0) {
        fprintf(stderr, "SKIPPED: this system has no pseudo-terminals\n");
        skip();
    }
    assert_true(!grantpt(screen->master) && !unlockpt(screen->master));
    terminal = open(ptsname(screen->master), O_RDWR | O_NOCTTY);
    assert_true(terminal >= 0);
    assert_int_equal(ioctl(terminal, TIOCSWINSZ, &size), 0);
    screen->saved_stderr = dup(STDERR_FILENO);
    dup2(terminal, STDERR_FILENO);
    close(terminal);
}

/* Gives stderr back; what was written is in `seen`. */
static void screen_close(struct screen *screen)
{
    size_t length = 0;
    ssize_t bytes;

    fflush(stderr);
    dup2(screen->saved_stderr, STDERR_FILENO);
    close(screen->saved_stderr);
    do { /* with its last writer gone, the terminal gives what is left and then an error */
        bytes = read(screen->master, screen->seen + length, sizeof screen->seen - 1 - length);
        length += bytes > 0 ? (size_t)bytes : 0;
    } while (bytes > 0);
    screen->seen[length] = 0;
    close(screen->master);
}

static void progress_is_one_line_that_is_taken_away(void **state)
{
    struct screen screen;

    (void)state;
    screen_open(&screen, 80);
    progress_show("epoch %d", 1);
    progress_clear();
    progress_clear();
    screen_close(&screen);
    assert_string_equal(screen.seen, "\repoch 1\033[K\r\033[K");
}

static void progress_that_comes_too_fast_is_left_out(void **state)
{
    struct screen screen;

    (void)state;
    screen_open(&screen, 80);
    for (int i = 0; i < 100; i++)
        progress_show("%d", i);
    progress_keep("done");
    screen_close(&screen);
    assert_memory_equal(screen.seen, "\r0\033[K", 5);
    assert_true(strlen(screen.seen) < 100);
    assert_non_null(strstr(screen.seen, "\rdone\033[K\r\n"));
}

static void progress_never_reaches_the_right_edge(void **state)
{
    struct screen screen;

    (void)state;
    screen_open(&screen, 6);
    progress_show("h\xC3\xA4\xC3\xB6\xC3\xBC, too long");
    progress_clear();
    screen_close(&screen);
    assert_memory_equal(screen.seen, "\rh\xC3\xA4\xC3\xB6\xC3\xBC,\033[K", 12);
}

static void progress_is_silent_where_stderr_is_no_terminal(void **state)
{
    FILE *file = tmpfile();
    int saved = dup(STDERR_FILENO);

    (void)state;
    assert_non_null(file);
    dup2(fileno(file), STDERR_FILENO);
    progress_show("nothing");
    progress_keep("nothing");
    progress_clear();
    fflush(stderr);
    dup2(saved, STDERR_FILENO);
    close(saved);
    assert_int_equal(lseek(fileno(file), 0, SEEK_END), 0);
    fclose(file);
}

static void colours_need_a_terminal_that_knows_them(void **state)
{
    struct screen screen;
    bool plain, dumb, refused, empty;

    (void)state;
    unsetenv("NO_COLOR");
    setenv("TERM", "xterm", 1);
    screen_open(&screen, 80);
    plain = terminal_colour(stderr);
    setenv("NO_COLOR", "1", 1);
    refused = terminal_colour(stderr);
    setenv("NO_COLOR", "", 1);
    empty = terminal_colour(stderr);
    setenv("TERM", "dumb", 1);
    dumb = terminal_colour(stderr);
    screen_close(&screen);
    assert_true(plain);
    assert_false(refused);
    assert_true(empty);
    assert_false(dumb);
}

static void the_first_ctrl_c_asks_and_the_second_ends(void **state)
{
    pid_t child = fork();
    int status = 0;

    (void)state;
    assert_true(child >= 0);
    if (!child) {
        if (stop_requested())
            _exit(1);
        stop_listen();
        raise(SIGINT);
        if (!stop_requested())
            _exit(2);
        raise(SIGINT);
        _exit(3);
    }
    waitpid(child, &status, 0);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGINT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(progress_is_one_line_that_is_taken_away),
        cmocka_unit_test(progress_that_comes_too_fast_is_left_out),
        cmocka_unit_test(progress_never_reaches_the_right_edge),
        cmocka_unit_test(progress_is_silent_where_stderr_is_no_terminal),
        cmocka_unit_test(colours_need_a_terminal_that_knows_them),
        cmocka_unit_test(the_first_ctrl_c_asks_and_the_second_ends),
    };
    return cmocka_run_group_tests_name("terminal", tests, NULL, NULL);
}

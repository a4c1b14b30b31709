/* terminal_guard.c - raw mode, the other screen, and handlers that undo both. What the handlers
 * call is async-signal-safe (write, tcsetattr, signal, raise).
 * SPDX-License-Identifier: MIT */
#define _DEFAULT_SOURCE
#include "terminal_guard.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#ifndef SIGWINCH
#define SIGWINCH 28
#endif

static const char enter_screen[] = "\033[?1049h\033[?25l\033[2J";
static const char leave_screen[] = "\033[0m\033[?25h\033[?1049l";

static const int polite[] = {SIGINT, SIGTERM, SIGHUP};
static const int deadly[] = {SIGQUIT, SIGSEGV, SIGBUS,  SIGFPE,  SIGILL,
                             SIGABRT, SIGSYS,  SIGXCPU, SIGXFSZ, SIGALRM};
enum { POLITE = sizeof polite / sizeof *polite, DEADLY = sizeof deadly / sizeof *deadly };

static struct termios usual, raw;
static int keys = -1;
static volatile sig_atomic_t taken, stop, changed, continued;
static struct sigaction old_polite[POLITE], old_deadly[DEADLY], old_stop, old_continue, old_size;

static void write_all(const char *text, size_t bytes)
{
    while (bytes > 0) {
        ssize_t done = write(STDOUT_FILENO, text, bytes);
        if (done <= 0 && errno != EINTR)
            return;
        text += done > 0 ? done : 0;
        bytes -= done > 0 ? (size_t)done : 0;
    }
}

static void restore(void)
{
    if (!taken)
        return;
    taken = 0;
    write_all(leave_screen, sizeof leave_screen - 1);
    tcsetattr(keys, TCSADRAIN, &usual);
}

static void take(void)
{
    tcsetattr(keys, TCSADRAIN, &raw);
    write_all(enter_screen, sizeof enter_screen - 1);
    taken = 1;
    changed = 1;
}

static void unblock(int number)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, number);
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}

/* Lets the signal do what it does by itself. */
static void pass_on(int number)
{
    signal(number, SIG_DFL);
    raise(number);
    unblock(number);
}

static void on_deadly(int number)
{
    restore();
    pass_on(number);
}

/* The program's own handler hears of it, too. */
static void on_polite(int number)
{
    if (stop)
        on_deadly(number);
    stop = 1;
    for (int i = 0; i < POLITE; i++)
        if (polite[i] == number && old_polite[i].sa_handler != SIG_DFL &&
            old_polite[i].sa_handler != SIG_IGN)
            old_polite[i].sa_handler(number);
}

static void on_size(int number)
{
    (void)number;
    changed = 1;
}

static void handle(int number, void (*handler)(int), struct sigaction *old)
{
    struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART};

    sigemptyset(&action.sa_mask);
    sigaction(number, &action, old);
}

/* Ctrl-Z: the shell gets its terminal as it was. Where it waits for another process of the job, it
 * may have continued this one before it comes to stop, and would not do so again: then it does not
 * stop. The signal is raised while it is blocked, for SIGCONT takes a pending one away. */
static void on_stop(int number)
{
    int before = errno;

    continued = 0;
    restore();
    signal(number, SIG_DFL);
    raise(number);
    if (continued)
        signal(number, SIG_IGN); /* which forgets it */
    unblock(number);             /* sleeps here until it is continued */
    take();
    handle(SIGTSTP, on_stop, NULL);
    errno = before;
}

/* After SIGSTOP, too, which cannot be handled: the shell has changed the terminal meanwhile. */
static void on_continue(int number)
{
    (void)number;
    continued = 1;
    if (keys >= 0)
        take();
}

static void handle_all(void)
{
    for (int i = 0; i < POLITE; i++)
        handle(polite[i], on_polite, &old_polite[i]);
    for (int i = 0; i < DEADLY; i++)
        handle(deadly[i], on_deadly, &old_deadly[i]);
    handle(SIGTSTP, on_stop, &old_stop);
    handle(SIGCONT, on_continue, &old_continue);
    handle(SIGWINCH, on_size, &old_size);
}

mien_status terminal_guard_enter(int *ret_keys, mien_error *err)
{
    static bool at_exit;

    if (!isatty(STDOUT_FILENO))
        return error_set(err, MIEN_EINVAL,
                         "standard output is no terminal; --headless with --json, --csv, --record "
                         "or --log needs none");
    keys = open("/dev/tty", O_RDONLY | O_CLOEXEC);
    if (keys < 0 || tcgetattr(keys, &usual))
        return error_set(err, MIEN_EIO, "the terminal: %s", strerror(errno));
    raw = usual;
    raw.c_iflag &= ~(tcflag_t)(ICRNL | IXON);
    raw.c_lflag &= ~(tcflag_t)(ECHO | ICANON | IEXTEN);
    raw.c_cc[VMIN] = 0;
    raw.c_cc[VTIME] = 0;
    stop = 0;
    if (!at_exit)
        atexit(restore);
    at_exit = true;
    handle_all();
    take();
    *ret_keys = keys;
    return MIEN_OK;
}

void terminal_guard_leave(void)
{
    if (keys < 0)
        return;
    restore();
    for (int i = 0; i < POLITE; i++)
        sigaction(polite[i], &old_polite[i], NULL);
    for (int i = 0; i < DEADLY; i++)
        sigaction(deadly[i], &old_deadly[i], NULL);
    sigaction(SIGTSTP, &old_stop, NULL);
    sigaction(SIGCONT, &old_continue, NULL);
    sigaction(SIGWINCH, &old_size, NULL);
    close(keys);
    keys = -1;
}

bool terminal_guard_stop_requested(void)
{
    return stop;
}

bool terminal_guard_changed(void)
{
    bool was = changed;

    changed = 0;
    return was;
}

/* terminal.c - the progress line, Ctrl-C, colours.
 * SPDX-License-Identifier: MIT */
#include "terminal.h"

#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

static const int64_t INTERVAL_MS = 100;

static bool shown;         /* a line is on the screen and not kept */
static int64_t shown_when; /* ms */

static atomic_bool stop;

static int64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * INT64_C(1000) + now.tv_nsec / 1000000;
}

static int columns(void)
{
    struct winsize size;

    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) || size.ws_col < 2)
        return 80;
    return size.ws_col;
}

/* Ends `line` where its characters would reach the right edge: a line that breaks cannot be
 * overwritten. Every code point counts as one column. */
static void cut(char *line, int width)
{
    for (; *line; line++) {
        bool starts = ((unsigned char)*line & 0xC0) != 0x80;
        if (starts && width-- <= 1) {
            *line = 0;
            return;
        }
    }
}

static void draw(const char *end, const char *format, va_list args)
{
    char line[512];

    vsnprintf(line, sizeof line, format, args);
    cut(line, columns());
    fprintf(stderr, "\r%s\033[K%s", line, end);
    fflush(stderr);
}

void progress_show(const char *format, ...)
{
    int64_t now = now_ms();
    va_list args;

    if (!isatty(STDERR_FILENO) || (shown && now - shown_when < INTERVAL_MS))
        return;
    va_start(args, format);
    draw("", format, args);
    va_end(args);
    shown = true;
    shown_when = now;
}

void progress_keep(const char *format, ...)
{
    va_list args;

    if (!isatty(STDERR_FILENO))
        return;
    va_start(args, format);
    draw("\n", format, args);
    va_end(args);
    shown = false;
}

void progress_clear(void)
{
    if (shown) {
        fputs("\r\033[K", stderr);
        fflush(stderr);
    }
    shown = false;
}

static void on_signal(int number)
{
    (void)number;
    atomic_store(&stop, true);
}

void stop_listen(void)
{
    /* SA_RESETHAND: the second one finds the system's own handling, which ends the program.
     * SA_RESTART: writes go on, so that nothing is half printed. */
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESETHAND | SA_RESTART};

    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

bool stop_requested(void)
{
    return atomic_load(&stop);
}

bool terminal_colour(FILE *stream)
{
    const char *no_color = getenv("NO_COLOR"), *terminal = getenv("TERM");

    return isatty(fileno(stream)) && !(no_color && *no_color) && terminal &&
           strcmp(terminal, "dumb");
}

/* main.c - the command `mien`: finds the command, reads its options, runs it.
 * SPDX-License-Identifier: MIT */
#include <errno.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "command_help.h"
#include "terminal.h"

extern const struct command command_help;
extern const struct command command_recognize;
extern const struct command command_detect;
extern const struct command command_live;
extern const struct command command_explore;
extern const struct command command_audit;
extern const struct command command_split;
extern const struct command command_train;
extern const struct command command_tune;
extern const struct command command_evaluate;
extern const struct command command_calibrate;
extern const struct command command_baselines;
extern const struct command command_knn;
extern const struct command command_pca;
extern const struct command command_convert;
extern const struct command command_info;
extern const struct command command_report;
extern const struct command command_bench;
extern const struct command command_detector;

/* clang-format off */
const struct command *const commands[] = {
    &command_recognize,
    &command_detect,
    &command_live,
    &command_explore,
    &command_audit,
    &command_split,
    &command_train,
    &command_tune,
    &command_evaluate,
    &command_calibrate,
    &command_baselines,
    &command_knn,
    &command_pca,
    &command_convert,
    &command_info,
    &command_report,
    &command_bench,
    &command_detector,
    &command_help,
    NULL,
};
/* clang-format on */

/* Whether the reader of stdout has gone, as `head` does when it had enough. */
static bool reader_left(void)
{
    struct pollfd out = {.fd = STDOUT_FILENO};

    return poll(&out, 1, 0) == 1 && (out.revents & POLLERR);
}

/* Sees to it that what was printed has arrived; otherwise the exit status says that it has not. */
static int close_stdout(int status)
{
    bool failed = ferror(stdout);

    errno = 0;
    if (!fflush(stdout) && !failed)
        return status;
    if (errno == EPIPE || reader_left()) { /* end silently, as other programs do */
        signal(SIGPIPE, SIG_DFL);
        raise(SIGPIPE);
    }
    fprintf(stderr, "mien: standard output: %s\n",
            errno ? strerror(errno) : "not everything could be written");
    return COMMAND_FAILED;
}

static int usage_error(const char *command, const mien_error *err)
{
    if (command_may_tell())
        fprintf(stderr, "mien%s%s: %s\n", command ? " " : "", command ? command : "", err->message);
    return COMMAND_USAGE;
}

static int run_command(const struct command *command, int argc, char **argv)
{
    struct command_line line = {.command = command, .arguments = argv};
    void *values = calloc(1, command->values_bytes ? command->values_bytes : 1);
    int count = 0, status;
    bool help = false;
    mien_error err;

    if (!values) {
        error_memory(&err, command->values_bytes);
        return command_failed(&line, &err);
    }
    if (command->defaults)
        memcpy(values, command->defaults, command->values_bytes);
    line.values = values;
    if (options_parse(command->options, argc, argv, values, &count, &help, &err)) {
        status = usage_error(command->name, &err);
    } else if (help) {
        status = help_print_command(command);
    } else if (command_check_arguments(command, argv, count, &err)) {
        status = usage_error(command->name, &err);
    } else {
        line.argument_count = (size_t)count;
        status = command->run(&line);
    }
    progress_clear();
    free(values);
    return status;
}

static int start(int argc, char **argv)
{
    const struct command *command;
    mien_error err;

    if (argc < 2 || !strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"))
        return help_print_overview();
    if (!strcmp(argv[1], "--version")) {
        puts("mien " MIEN_VERSION);
        return COMMAND_DONE;
    }
    command = command_find(argv[1], &err);
    if (!command)
        return usage_error(NULL, &err);
    return run_command(command, argc - 2, argv + 2);
}

int main(int argc, char **argv)
{
    /* UTF-8 names in messages; numbers stay as C writes them. */
    setlocale(LC_CTYPE, "");
    signal(SIGPIPE, SIG_IGN); /* a closed pipe must not cut off work whose result is a file */
    return close_stdout(start(argc, argv));
}

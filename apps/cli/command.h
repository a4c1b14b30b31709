/* command.h - what a command of `mien` is, and what every command may use.
 *
 * To add a command, write apps/cli/command_<name>.c,
 *
 *     struct values { int64_t count; bool json; };
 *     static const struct values defaults = {.count = 3};
 *     static const struct option options[] = {
 *         {"count", 'n', "N", "how many to show", OPTION_INTEGER(struct values, count, 1, 100)},
 *         OPTION_JSON(struct values),
 *         {0},
 *     };
 *
 *     static int run(const struct command_line *line)
 *     {
 *         const struct values *values = line->values;
 *         struct dataset dataset;
 *         mien_error err;
 *
 *         if (dataset_open(line->arguments[0], NULL, &dataset, &err))
 *             return command_failed(line, &err);
 *         ...
 *         return COMMAND_DONE;
 *     }
 *
 *     const struct command command_head = {
 *         .name = "head", .summary = "Show the first pictures of a data set.",
 *         .arguments = "DATASET", .options = options, .run = run,
 *         COMMAND_VALUES(struct values, &defaults),
 *     };
 *
 * name it in the array of main.c and in apps/cli/meson.build, and give it tests/cli/head.bats.
 *
 * Results go to stdout with printf or output.h, everything else to stderr with the functions
 * below. main() flushes stdout at the end and reports what could not be written. Long work shows
 * a progress line and polls stop_requested() (terminal.h).
 * SPDX-License-Identifier: MIT */
#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "options.h"

/* The exit statuses of `mien`. */
enum command_status {
    COMMAND_DONE = 0,
    COMMAND_FAILED = 1,
    COMMAND_USAGE = 2,         /* an option, argument or command is wrong */
    COMMAND_PARTLY = 3,        /* done, but some of several inputs failed and were reported */
    COMMAND_INTERRUPTED = 130, /* stopped by Ctrl-C; what was done is kept */
};

/* What the user wrote, checked against the command's tables. Valid during run(). */
struct command_line {
    const struct command *command;
    const void *values;     /* the command's own struct */
    char *const *arguments; /* (argument_count), as many as command->arguments allows */
    size_t argument_count;
};

struct command {
    const char *name;
    const char *summary;   /* one sentence, for the list of commands */
    const char *arguments; /* "DATASET", "MODEL DATASET", "INPUT...", "[COMMAND]"; NULL: none.
                              Their number is checked by these words: brackets may be left out,
                              dots stand for one or more */
    const char *details; /* further help: paragraphs apart by an empty line are wrapped, those that
                            start with a space are shown as they are; may be NULL */
    const struct option *options; /* may be NULL */
    const void *defaults;         /* a values struct; NULL: all zero */
    size_t values_bytes;
    int (*run)(const struct command_line *line); /* returns an enum command_status */
};

#define COMMAND_VALUES(type, defaults_)                                                            \
    .defaults = (1 ? (defaults_) : (const type *)0), .values_bytes = sizeof(type)

/* All commands in the order of help, ending with NULL (main.c). */
extern const struct command *const commands[];

/* The command of this name, or NULL and a message that names the nearest one. */
const struct command *command_find(const char *name, mien_error *err);

/* Compares the number of arguments with command->arguments; the message names what is missing. */
mien_status command_check_arguments(const struct command *command, char *const *arguments,
                                    int count, mien_error *err);

/* False if mpirun has ended this process meanwhile. Processes that were started together mostly
 * fail alike: before a message, all but the first wait here for three seconds, in which the end of
 * the first ends them, so that one message is seen. What only another knows is still told. */
bool command_may_tell(void);

/* Prints "mien <command>: <message>" on stderr. Returns COMMAND_INTERRUPTED for MIEN_ECANCELLED
 * and COMMAND_FAILED for everything else: `return command_failed(line, &err);` */
int command_failed(const struct command_line *line, const mien_error *err);

/* The same for a value that only the command could judge: "mien split: --split: ...". */
int command_wrong_usage(const struct command_line *line, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* A line on stderr about something that does not stop the command. */
void command_warn(const struct command_line *line, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif

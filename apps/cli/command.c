/* command.c - finding commands, counting their arguments, telling what went wrong.
 * SPDX-License-Identifier: MIT */
#include "command.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/text.h"
#include "terminal.h"

enum { COMMANDS_MAX = 64 };

const struct command *command_find(const char *name, mien_error *err)
{
    const char *names[COMMANDS_MAX], *nearest;
    size_t count = 0;

    for (; count < COMMANDS_MAX && commands[count]; count++) {
        if (!strcmp(commands[count]->name, name))
            return commands[count];
        names[count] = commands[count]->name;
    }
    nearest = text_nearest(name, names, count);
    if (nearest)
        error_set(err, MIEN_EINVAL, "%s: no such command; did you mean %s?", name, nearest);
    else
        error_set(err, MIEN_EINVAL, "%s: no such command; \"mien help\" lists them", name);
    return NULL;
}

/* Reads "MODEL [MODEL] DATASET", "[SOURCE]" or "INPUT..." word by word against the arguments'
 * number. */
mien_status command_check_arguments(const struct command *command, char *const *arguments,
                                    int count, mien_error *err)
{
    const char *word = command->arguments ? command->arguments : "";
    int allowed = 0, needed = 0;

    while (*word) {
        int length = (int)strcspn(word, " ");
        bool repeated = strstr(word, "...") && strcspn(word, ".") < (size_t)length;
        needed += word[0] != '[';
        if (count < needed && word[0] != '[')
            return error_set(err, MIEN_EINVAL, "%.*s is missing: mien %s %s", length, word,
                             command->name, command->arguments);
        if (repeated)
            return MIEN_OK;
        allowed++;
        word += length + (int)strspn(word + length, " ");
    }
    if (count > allowed)
        return error_set(err, MIEN_EINVAL, "\"%s\" is one argument too many: mien %s %s",
                         arguments[allowed], command->name,
                         command->arguments ? command->arguments : "");
    return MIEN_OK;
}

/* The rank that mpirun or srun gave this process, 0 for one that was started alone. */
static int process_rank(void)
{
    static const char *const names[] = {"OMPI_COMM_WORLD_RANK", "PMIX_RANK", "PMI_RANK"};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *rank = getenv(names[i]);
        if (rank)
            return atoi(rank);
    }
    return 0;
}

bool command_may_tell(void)
{
    static const struct timespec patience = {3, 0}; /* Open MPI takes one to end the others */

    return process_rank() == 0 || stop_requested() || nanosleep(&patience, NULL) == 0;
}

static void print_message(const struct command_line *line, const char *message)
{
    progress_clear();
    fflush(stdout); /* keeps the order where both go to one terminal */
    fprintf(stderr, "mien %s: %s\n", line->command->name, message);
}

int command_failed(const struct command_line *line, const mien_error *err)
{
    if (command_may_tell())
        print_message(line, err->message);
    return err->status == MIEN_ECANCELLED ? COMMAND_INTERRUPTED : COMMAND_FAILED;
}

static void print_formatted(const struct command_line *line, const char *format, va_list args)
{
    char words[sizeof((mien_error *)0)->message];
    mien_error err;

    vsnprintf(words, sizeof words, format, args);
    error_set(&err, MIEN_EINVAL, "%s", words); /* takes control characters out */
    print_message(line, err.message);
}

int command_wrong_usage(const struct command_line *line, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    if (command_may_tell())
        print_formatted(line, format, args);
    va_end(args);
    return COMMAND_USAGE;
}

void command_warn(const struct command_line *line, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    print_formatted(line, format, args);
    va_end(args);
}

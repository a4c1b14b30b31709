/* command_help.c - `mien help`: all commands, or one of them with its options.
 * SPDX-License-Identifier: MIT */
#include "command_help.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"

static int print_text(struct text *text)
{
    int status = COMMAND_DONE;

    if (text->failed) {
        fputs("mien help: out of memory\n", stderr);
        status = COMMAND_FAILED;
    } else {
        fputs(text->data, stdout);
    }
    text_free(text);
    return status;
}

int help_print_overview(void)
{
    struct text text = {0};

    text_add(&text, "mien: what faces express, in photographs and data sets\n\n"
                    "Usage: mien COMMAND [OPTIONS] ARGUMENTS\n\nCommands:\n");
    for (size_t i = 0; commands[i]; i++) {
        text_add(&text, "  %-11s ", commands[i]->name);
        options_wrap(&text, commands[i]->summary, 14, 14);
    }
    text_add(&text,
             "\n\"mien help COMMAND\" shows its options, \"mien --version\" the version.\n"
             "Exit status: 0 done, 1 failed, 2 wrong usage, 3 some of several inputs failed,\n"
             "130 interrupted.\n");
    return print_text(&text);
}

/* Paragraphs, each with an empty line in front. One that starts with a space stays as it is. */
static void add_details(const char *details, struct text *text)
{
    while (*details) {
        const char *end = strstr(details, "\n\n");
        size_t length = end ? (size_t)(end - details) : strlen(details);
        struct text paragraph = {0};

        if (!end && length && details[length - 1] == '\n')
            length--;
        text_add_bytes(&paragraph, details, length);
        text_add(text, "\n");
        if (!paragraph.failed && details[0] == ' ')
            text_add(text, "%s\n", paragraph.data);
        else if (!paragraph.failed)
            options_wrap(text, paragraph.data, 0, 0);
        text->failed |= paragraph.failed;
        text_free(&paragraph);
        details += length;
        details += strspn(details, "\n");
    }
}

int help_print_command(const struct command *command)
{
    struct text text = {0};

    text_add(&text, "Usage: mien %s [OPTIONS]%s%s\n\n", command->name,
             command->arguments ? " " : "", command->arguments ? command->arguments : "");
    options_wrap(&text, command->summary, 0, 0);
    if (command->details)
        add_details(command->details, &text);
    text_add(&text, "\nOptions:\n");
    options_help(command->options, command->defaults, &text);
    return print_text(&text);
}

static int run(const struct command_line *line)
{
    const struct command *command;
    mien_error err;

    if (!line->argument_count)
        return help_print_overview();
    command = command_find(line->arguments[0], &err);
    if (!command)
        return command_wrong_usage(line, "%s", err.message);
    return help_print_command(command);
}

const struct command command_help = {
    .name = "help",
    .summary = "Show all commands, or what one of them does.",
    .arguments = "[COMMAND]",
    .run = run,
};

/* command_help.h - help as text on stdout, made from the commands' tables.
 * SPDX-License-Identifier: MIT */
#ifndef CLI_COMMAND_HELP_H
#define CLI_COMMAND_HELP_H

#include "command.h"

/* Both return an enum command_status. */
int help_print_overview(void);
int help_print_command(const struct command *command);

#endif

/* Finds the command that was typed and runs it. */
#pragma once

#include "client/client.h"

/* What an arena of a command may hold. */
#define COMMAND_MAX_BYTES ((size_t)1 << 30)

/* argv[0] is the program; the global options have been taken out. Exit code. */
int command_run(struct client *c, int argc, char **argv);

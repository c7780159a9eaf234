/* purser batch: command lines from a file or stdin, one after the other over one connection. */
#pragma once

#include "client/client.h"

int command_batch(struct client *c, int argc, char **argv);

/* Words of a line as a shell splits them: blanks, '…', "…" and \ ; # begins a comment. argv is made of them
 * and `program` before them; false: *ret_why. */
bool batch_split(struct client *c, const char *program, const char *line, int *ret_argc, char ***ret_argv,
                 const char **ret_why);

/* The options that every command knows, taken out of argv before the rest is read. */
#pragma once

#include "client/client.h"

/* Language, colours and defaults from the environment. */
void options_init(struct client *c);
/* Takes the global options out of argv (argv[0] too); false after saying what is wrong (usage). A --unit that
 * is not a unit of money is left in place: it names a department. */
bool options_take(struct client *c, int *argc, char **argv);
void options_help(const struct client *c, FILE *out);

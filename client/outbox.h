/* The outbox: writes that were signed and have no final answer yet. */
#pragma once

#include "client/client.h"
#include "client/store.h"

/* Sends all that waits, in order; a refusal blocks only what refers to it. Exit code: 75 when the server is
 * not reached, 8 when something was refused. */
int outbox_flush(struct client *c);
int command_outbox(struct client *c, int argc, char **argv);

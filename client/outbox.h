/* The outbox: writes that were signed and have no final answer yet. */
#pragma once

#include "client/client.h"
#include "client/store.h"

/* Sends all that waits (made before `seq`; 0: all), in order; a refusal blocks only what refers to it. Exit
 * code: 75 when the server is not reached, 8 when something was refused. */
int outbox_flush(struct client *c, int64_t seq);
/* Does it refer to a write that was refused? Then it is marked so, and that is said. */
bool outbox_is_blocked(struct client *c, const struct sent *s);
int command_outbox(struct client *c, int argc, char **argv);

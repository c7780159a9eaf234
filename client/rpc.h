/* purser rpc list | describe | call: anything, with JSON. */
#pragma once

#include "client/client.h"

int command_rpc(struct client *c, int argc, char **argv);

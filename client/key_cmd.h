/* purser key show | passphrase | rotate */
#pragma once

#include "client/client.h"

int command_key(struct client *c, int argc, char **argv);

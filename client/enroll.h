/* How one becomes somebody: invites are made and redeemed. The only room that knows methods by name. */
#pragma once

#include "client/client.h"

int command_invite(struct client *c, int argc, char **argv);
int command_enroll(struct client *c, int argc, char **argv);
/* purser key rotate: the old key names the one that follows it. */
int key_rotate(struct client *c);
int command_ping(struct client *c);

/* Fills what a change needs and nobody likes to type: the etag, and ids that the object itself knows. */
#pragma once

#include "client/args.h"
#include "client/client.h"

/* Asks the server for the object that field 1 names (or, offline, the outbox for the write that touched it last) and fills
 * etag and unset _id fields by the same name. EXIT_DONE, or an exit code after saying what went wrong. */
int complete_request(struct client *c, struct method m, struct filled *f);

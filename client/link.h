/* One request, one reply, over a connection that is kept while the process lives; its end closes it. */
#pragma once

#include "client/client.h"

/* Sends to the context's servers in turn and waits for the reply (in the arena). UNAVAILABLE: nobody took it;
 * DEADLINE_EXCEEDED or CANCELLED: it was sent and nothing came back, so the outcome is unknown. ret_err says
 * why. */
enum status link_ask(struct client *c, struct bytes message, int timeout_ms, struct bytes *ret,
                     const char **ret_err) MUST_CHECK;

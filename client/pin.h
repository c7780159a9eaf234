/* The newest checkpoint that this machine has seen: a signed note in a file of the context's folder, which
 * anybody may read and which costs a read no more than opening it. */
#pragma once

#include "client/client.h"

/* False when nothing has been pinned. */
bool pin_read(const struct client *c, const char **ret_note);
/* Size of the pinned tree; 0 when nothing is pinned or nothing is kept. */
uint64_t pin_size(const struct client *c);
/* Never goes back to a smaller tree, whichever process comes later. False after saying why it cannot be
 * written. */
bool pin_move(const struct client *c, const char *note, uint64_t size);
/* By the user's own will only; false with errno. */
bool pin_forget(const struct client *c);

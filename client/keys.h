/* The person's Ed25519 key in the context's folder, readable by its owner only; optionally under a
 * passphrase. */
#pragma once

#include "client/client.h"
#include "common/sign.h"

/* Loads the context's key, asking for the passphrase on the terminal when there is one. False after saying
 * why not. */
bool key_load(struct client *c, struct sign_secret *ret, int *ret_exit);
/* The file holds another key now, or none. */
void key_forget(struct client *c);
/* The same from another file of the context's folder, asked anew. */
bool key_read(const struct client *c, const char *name, struct sign_secret *ret, int *ret_exit);
bool key_is_sealed(const struct client *c);
/* Stores a key in a file of the context's folder, sealed with the passphrase unless it is NULL or empty. */
bool key_store(const struct client *c, const struct context *ctx, const char *name,
               const struct sign_secret *key, const char *passphrase);
/* Asks on the terminal, without echo; twice when it is new. NULL after saying why not. */
const char *passphrase_ask(const struct client *c, bool is_new);

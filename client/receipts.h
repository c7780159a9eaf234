/* Receipts: checked on arrival and at any time later without the network; the newest checkpoint is pinned. */
#pragma once

#include "client/client.h"
#include "client/store.h"
#include "common/note.h"
#include "purser/v1/envelope.pb-c.h"

/* Is this the receipt of this very command and answer, under the journal's key? False: *ret_why (English,
 * static). */
bool receipt_holds(struct client *c, const struct sent *s, const Purser__V1__Reply *reply,
                   struct checkpoint *ret, const char **ret_why);
/* The journal's line that this command and answer make; its leaf hash is what the receipt proves. */
struct bytes receipt_entry(struct client *c, const struct sent *s, const Purser__V1__Reply *reply);
/* Checks it and moves the pin; asks the server for a consistency proof when the tree has another size than
 * the pinned one. EXIT_DONE, or EXIT_FORGED after a loud sentence. */
int receipt_arrived(struct client *c, const struct sent *s, const Purser__V1__Reply *reply);

int command_receipt(struct client *c, int argc, char **argv);

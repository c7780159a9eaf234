/* Doing what was asked: purser NOUN VERB … from request to printed reply. */
#pragma once

#include "client/args.h"
#include "client/client.h"
#include "client/refused.h"
#include "client/trip.h"

/* purser NOUN VERB ARGS. Exit code. */
int command_noun(struct client *c, const ProtobufCServiceDescriptor *s, int argc, char **argv);
/* Sends a request that is complete and prints the reply. */
int perform(struct client *c, struct method m, struct filled *f);
/* A write to its end: found or signed, kept, sent, verified. On EXIT_DONE ret->body is set; a refusal has
 * been told, with the places in `source` when rows of a file were sent. */
int perform_write(struct client *c, struct write *w, const struct source *source, struct answer *ret);
/* Says that the write waits in the outbox, and how later ones refer to it. EXIT_QUEUED. */
int keep_offline(const struct client *c, const struct sent *s);
/* Says, after what was printed, that the receipt holds. */
void receipt_remark(const struct client *c, const struct answer *a);

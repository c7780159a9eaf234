/* A write to its end. */
#pragma once

#include "client/client.h"
#include "client/refused.h"
#include "client/trip.h"

/* Found or signed, kept, sent, verified. On EXIT_DONE ret->body is set; a refusal has been told, with the
 * places in `source` when rows of a file were sent. */
int write_through(struct client *c, struct write *w, const struct source *source, struct answer *ret);
/* Says that the write waits in the outbox, and how later ones refer to it. EXIT_QUEUED. */
int keep_offline(const struct client *c, const struct sent *s);
/* Says, after what was printed, that the receipt holds. */
void receipt_remark(const struct client *c, const struct answer *a);

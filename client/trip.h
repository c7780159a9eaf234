/* A request's trip to the server and back: signing, sending, retrying, and what the answer means. */
#pragma once

#include "client/client.h"
#include "client/nouns.h"
#include "client/store.h"
#include "purser/v1/envelope.pb-c.h"

/* What came back. Everything lives in the client's arena. */
struct answer {
    bool reached; /* false: nobody answered, `why` says it */
    const char *why;
    const Purser__V1__Reply *reply;
    struct bytes reply_bytes;
    enum status status;
    ProtobufCMessage *body; /* when status is OK */
    const char *request_id; /* text */
};

/* Signed when there is a key (a passphrase may be asked); unsigned otherwise. False: could not be made (said,
 * ret_exit). */
bool trip_read(struct client *c, struct method m, const ProtobufCMessage *request, struct answer *ret,
               int *ret_exit);
/* A write with validate_only: every rule, no effect, not kept. */
bool trip_dry_run(struct client *c, struct method m, const ProtobufCMessage *request, struct answer *ret,
                  int *ret_exit);

/* A write, signed and kept before it is sent. `typed` is the request before etags were looked up. */
struct write {
    struct method method;
    const ProtobufCMessage *request;
    struct hash typed;
    bool is_unfinished;        /* its etag is not known: kept as typed, signed when it is sent */
    const uint8_t *request_id; /* NULL: a new one */
    const struct sent *after;  /* it makes sense only after this one; NULL: it stands alone */
    struct sent sent;          /* filled by trip_sign or trip_find */
};
struct hash trip_typed(struct client *c, struct method m, const ProtobufCMessage *request);
/* An earlier signing of the same: by its request id, or one whose outcome is not known. 0 none, 1 found, −1
 * the id belongs to something else (said). */
int trip_find(struct client *c, struct write *w);
bool trip_sign(struct client *c, struct write *w, int *ret_exit);
/* Looks up what an unfinished write lacks and signs it. EXIT_DONE, EXIT_QUEUED when that cannot be done now,
 * or what went wrong. */
int trip_finish(struct client *c, struct sent *s);
/* Sends what is kept and keeps the answer. The answer may be a refusal; when not reached, the write stays
 * pending. EXIT_DONE, or EXIT_FORGED after saying that the receipt is wrong. */
int trip_send(struct client *c, struct sent *s, struct answer *ret);

/* May the same bytes succeed later? */
bool is_transient(enum status s);
/* How a call ended, as an exit code; writes that were not reached stay in the outbox. */
int exit_of(const struct answer *a, bool is_write);

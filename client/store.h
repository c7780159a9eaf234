/* What the client keeps: every write it signed, with its answer. SQLite, one file a context; reads never open
 * it. */
#pragma once

#include "client/client.h"
#include "common/merkle.h"

enum sent_state { SENT_PENDING, SENT_DONE, SENT_REFUSED, SENT_BLOCKED };

/* A write as it was signed. */
struct sent {
    int64_t seq;
    uint8_t request_id[16];
    const char *method;   /* path */
    const char *object;   /* what it is about: the text of field 1 */
    const char *needs;    /* request ids it refers to by @, separated by spaces */
    struct hash typed;    /* SHA-256 over method and the request as typed, before etags were looked up */
    struct bytes request; /* serialized, as typed; kept while there is no command */
    struct bytes command,
        signature; /* empty while the etag cannot be known: finished and signed when it is sent */
    enum sent_state state;
    int64_t made_us;
    int64_t tries;
    const char *last_error;
    struct bytes reply; /* serialized Reply; empty while pending */
    int64_t entry;      /* index in the journal, −1 while unknown */
};

/* Opens the context's file, once. False after saying why not. */
bool store_open(struct client *c);
void store_close(struct client *c);

/* Between the two, what is kept is kept together: all of it or nothing, in one go. */
bool store_begin(struct client *c);
bool store_end(struct client *c);
/* Whether an answer is on the disk before the next is asked for. Without, a power cut may forget the newest,
 * and the same bytes hear it again. What is added is always waited for. */
void store_wait_for_answers(struct client *c, bool waits);
/* Keeps a new write; false when its request id is there already. */
bool store_add(struct client *c, struct sent *s);
bool store_by_id(struct client *c, const uint8_t id[16], struct sent *ret);
/* Gives a write kept unfinished its command and signature; false when another process did so first (then *s
 * is what it made). */
bool store_finish(struct client *c, struct sent *s);
/* The newest pending write that was typed the same. */
bool store_pending_like(struct client *c, const struct hash *typed, struct sent *ret);
/* The newest pending write about an object that was made before `seq` (0: of all). */
bool store_pending_about(struct client *c, const char *object, int64_t seq, struct sent *ret);
void store_answer(struct client *c, const struct sent *s, enum sent_state state, struct bytes reply,
                  int64_t entry);
void store_failed(struct client *c, const struct sent *s, const char *error);
bool store_drop(struct client *c, const uint8_t id[16]);

enum store_list { STORE_PENDING, STORE_UNDONE, STORE_RECEIPTS };
/* In the order they were made. */
int store_list(struct client *c, enum store_list which, struct sent **ret);
bool store_by_entry(struct client *c, int64_t entry, struct sent *ret);
int store_count_pending(struct client *c);

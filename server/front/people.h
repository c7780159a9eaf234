/* Who holds which key, as the reader and the listener may know it: a cache that the writer renews after each
 * batch that touched people, before it answers, so that a revocation counts at once, on open sessions too.
 * Also the sessions. */
#pragma once

#include "server/base/call.h"

/* Renews the cache from the writer's connection (a round trip) when the version in the database is another.
 */
enum status people_refresh(struct db *db, int64_t version, struct day today,
                           struct db_error *reterr) MUST_CHECK;
struct day people_day(void); /* for which day's roles it was read */

/* Fills actor and public key of an active key; texts are copied into the arena. False when there is none. A
 * key that was replaced by another is found: what it signed before is good whenever it comes. */
bool people_find(struct bytes key_id, struct arena *a, struct actor *ret, struct bytes *ret_public_key);
/* The same for reading and signing in, which a key that was replaced does no more. */
bool people_find_reader(struct bytes key_id, struct arena *a, struct actor *ret,
                        struct bytes *ret_public_key);

/* Sessions live in memory: after a restart clients sign in again. All times in µs of the server's clock. */
#define SESSION_BYTES 32
/* A nonce costs the server nothing to remember: it says itself when it was given, under a secret. */
void session_challenge(int64_t now_us, uint8_t ret_nonce[SESSION_BYTES]);
/* False when the nonce was not given out in the last minute or was used. A key has at most 16 sessions: the
 * oldest ends. */
bool session_open(struct bytes nonce, struct bytes key_id, int64_t now_us, uint8_t ret_token[SESSION_BYTES],
                  int64_t *ret_expires_us);
bool session_find(struct bytes token, int64_t now_us, struct arena *a, struct bytes *ret_key_id);
void session_close(struct bytes token);

/* A signed read may come once; it is remembered until the given moment. */
enum once { ONCE_FRESH, ONCE_SEEN, ONCE_CROWDED /* too many to remember: it cannot be said */ };
enum once read_once(struct bytes key_id, struct bytes request_id, int64_t now_us, int64_t until_us);

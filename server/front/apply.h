/* One command, decided: signer, facts, rules, queued writes. The writer and `verify` both go through here. */
#pragma once

#include "server/front/job.h"

/* The stored answer to an earlier command of the same signer, for `@<request id>`: false when there is none.
 * *ret_method is the method that was answered, *ret_reply its serialized Reply. */
typedef bool apply_find(void *ctx, struct bytes request_id, struct bytes key_id, const char **ret_method,
                        struct bytes *ret_reply);

/* Loads and decides inside db's transaction. OK: j->status is the outcome (OK or a refusal), and what it
 * writes is queued on db. Anything else: the database failed, nothing was decided. j->call.now_us, today and
 * index are set by the caller. */
enum status apply_command(struct db *db, struct job *j, apply_find *find, void *ctx,
                          struct db_error *reterr) MUST_CHECK;

/* Serialized Entry of an accepted command, into j->entry; the units are j->call.units. False when the job's
 * memory does not hold it. */
bool apply_entry(struct job *j) MUST_CHECK;
/* Adds `unit_id` unless it is there or empty. */
void apply_concern_actor(struct job *j);

/* Raised when a release decides anything differently; decisions then branch on the entry's number. */
#define BEHAVIOUR 1

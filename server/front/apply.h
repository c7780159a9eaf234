/* What belongs to one command alone: its references to earlier ones, whether its signer may, its entry. */
#pragma once

#include "server/domain/unit/unit.h"
#include "server/front/job.h"

/* The stored answer to an earlier command of the same signer, for `@<request id>`: false when there is none.
 * *ret_method is the method that was answered, *ret_reply its serialized Reply. */
typedef bool apply_find(void *ctx, struct bytes request_id, struct bytes key_id, const char **ret_method,
                        struct bytes *ret_reply);

/* Does an id or an etag of the request refer to an earlier command? */
bool apply_refers(const struct job *j);
/* Puts what they refer to in its place. False: refused, or the job's memory is full. */
bool apply_resolve(struct job *j, apply_find *find, void *ctx);
/* In time, the key good, the role right; false after refusing. */
bool apply_may(struct job *j, const struct signer *signer);

/* Serialized Entry of an accepted command, into j->entry; the units are j->call.units. False when the job's
 * memory does not hold it. */
bool apply_entry(struct job *j) MUST_CHECK;
/* Adds `unit_id` unless it is there or empty. */
void apply_concern_actor(struct job *j);

/* Raised when a release decides anything differently; decisions then branch on the entry's number. */
#define BEHAVIOUR 1

/* From a job's outcome to the bytes of its reply. */
#pragma once

#include "server/front/job.h"

/* The reply's stable part (status, body, request id, receipt) into j->answer. receipt may be NULL. False when
 * the job's memory did not hold it: then j->answer says so, and is empty only when there is no memory at all.
 */
bool reply_pack(struct job *j, const PB(Receipt) *receipt);
/* The same without a receipt and without touching the job; .data NULL when there is no room. */
struct bytes reply_draft(struct job *j);
/* What goes on the wire: the stable part, then replayed and the server's time. Never empty. */
struct bytes reply_frame(struct job *j);
/* SHA-256 of serialized Status ‖ body; false when there is no room. */
bool reply_outcome(struct job *j, struct hash *ret);

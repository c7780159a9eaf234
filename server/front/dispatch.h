/* The order in which a call is looked at; nothing else in the program knows it:
 * frame → pre-scan → envelope → row → signature or session → body → text sane → (writer: id known? → who, may
 * he) → handler → pack. */
#pragma once

#include "server/front/job.h"

/* Decodes envelope and command, finds the row, checks audience, signature or session, unpacks and validates
 * the body. STATUS_OK: the job is ready for the writer, the reader, or the front's own methods. Otherwise
 * j->call holds the refusal and j->status the same status. Safe on any thread; asks no database. */
enum status dispatch_open(struct job *j, struct bytes frame, const char *audience) MUST_CHECK;

/* The same for a command that the server signed itself: no clock is asked. */
enum status dispatch_open_command(struct job *j, struct bytes command, struct bytes signature,
                                  const char *audience) MUST_CHECK;

/* The same for one that stands in the journal: its signature is checked by whoever replays it, with the key
 * as the replayed tables know it; an enrolment brings its own. */
enum status dispatch_open_entry(struct job *j, struct bytes command, struct bytes signature,
                                const char *audience) MUST_CHECK;

/* Checks roles of a read against the actor that the cache knows; sets actor and scope. */
enum status dispatch_admit(struct job *j) MUST_CHECK;
